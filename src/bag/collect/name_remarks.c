/*
 * Remarks on names that will cause trouble on another system than the source's: names it cannot
 * hold or show, and names in one folder that it takes for the same.
 */
#include "bag/collect/name_remarks.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>
#include <utf8proc.h>

/* ---- Names that some system takes for the same -------------------------------------------- */

/* A name by the hash of its folded form (bag_name_fold). The form itself is not kept, so that a
 * folder of a million files costs 16 bytes for each. */
struct folded {
    uint64_t hash;
    uint32_t number; /* of the name */
};

static int compare_folded(const void *a, const void *b)
{
    const struct folded *x = a, *y = b;

    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

/* Puts the folded form of the name into out. */
static enum seal_status fold(struct buffer *out, const char *name)
{
    out->len = 0;
    return bag_name_fold(out, name, strlen(name));
}

/* One row for each name, sorted by hash. The hash has a secret key: else names could be chosen that
 * all have the same, which would make find_twins slow. */
static enum seal_status fold_all(struct folded *rows, const char *const *names, size_t count)
{
    uint8_t key[crypto_shorthash_KEYBYTES], hash[crypto_shorthash_BYTES];
    struct buffer text = {0};
    enum seal_status status = SEAL_OK;

    randombytes_buf(key, sizeof key);
    for (size_t i = 0; i < count && status == SEAL_OK; i++) {
        status = fold(&text, names[i]);
        (void)crypto_shorthash(hash, text.data, text.len, key);
        rows[i] = (struct folded){load_u64(hash), (uint32_t)i};
    }
    buffer_free(&text);
    if (status == SEAL_OK && count > 1)
        qsort(rows, count, sizeof *rows, compare_folded);
    return status;
}

/* Sets twins[i] to 1 + the number of a name that folds to the same as name i; it stays 0 if there
 * is none. Of several such names the first gets the second, and all others get the first. */
static enum seal_status find_twins(uint32_t *twins, const char *const *names, size_t count)
{
    struct folded *rows = malloc((count + 1) * sizeof *rows);
    struct buffer a = {0}, b = {0};
    enum seal_status status = rows == NULL ? SEAL_NO_MEMORY : fold_all(rows, names, count);

    for (size_t i = 1, first = 0; i < count && status == SEAL_OK; i++) {
        if (rows[i].hash != rows[first].hash) {
            first = i;
            continue;
        }
        if (fold(&a, names[rows[first].number]) != SEAL_OK ||
            fold(&b, names[rows[i].number]) != SEAL_OK) {
            status = SEAL_NO_MEMORY;
        } else if (a.len == b.len && memcmp(a.data, b.data, a.len) == 0) {
            twins[rows[i].number] = rows[first].number + 1;
            if (twins[rows[first].number] == 0)
                twins[rows[first].number] = rows[i].number + 1;
        }
    }
    buffer_free(&a);
    buffer_free(&b);
    free(rows);
    return status;
}

/* Whether both become the same by this mapping; false for want of memory. */
static bool same_when(const char *a, const char *b, utf8proc_option_t how)
{
    const utf8proc_option_t to_end = UTF8PROC_NULLTERM | UTF8PROC_STABLE;
    utf8proc_uint8_t *x = NULL, *y = NULL;
    bool same = utf8proc_map((const utf8proc_uint8_t *)a, 0, &x, how | to_end) >= 0 &&
                utf8proc_map((const utf8proc_uint8_t *)b, 0, &y, how | to_end) >= 0 &&
                strcmp((char *)x, (char *)y) == 0;

    free(x);
    free(y);
    return same;
}

/* How two names that fold to the same differ. */
static enum bag_twin difference(const char *a, const char *b)
{
    if (same_when(a, b, UTF8PROC_COMPOSE))
        return BAG_TWIN_NORMALIZATION;
    if (same_when(a, b, UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD))
        return BAG_TWIN_CASE;
    return BAG_TWIN_INVISIBLE;
}

/* ---- Remarks ------------------------------------------------------------------------------ */

/* odd: what bag_name_oddities found; twin: a name that folds to the same, or NULL. */
static enum seal_status note_name(struct bag_source *s, const char *folder, const char *name,
                                  unsigned int odd, const char *twin, struct fault *fault)
{
    struct bag_notice notice = {.kind = BAG_ODD_NAME,
                                .oddities = odd,
                                .twin = twin == NULL ? BAG_TWIN_NONE : difference(name, twin),
                                .twin_name = twin};
    struct buffer path = {0};
    enum seal_status status;

    if (buffer_printf(&path, "%s/%s", folder, name) != SEAL_OK) {
        status = fault_no_memory(fault);
    } else {
        notice.path = (char *)path.data;
        status = source_remark(s, &notice, fault);
    }
    buffer_free(&path);
    return status;
}

enum seal_status source_note_names(struct bag_source *s, const char *folder,
                                   const char *const *names, size_t count, struct fault *fault)
{
    uint32_t *twins = calloc(count + 1, sizeof *twins);
    enum seal_status status = twins == NULL ? SEAL_NO_MEMORY : find_twins(twins, names, count);

    if (status != SEAL_OK)
        (void)fault_set_status(fault, status);
    for (size_t i = 0; i < count && status == SEAL_OK; i++) {
        size_t len = strlen(names[i]);
        unsigned int odd = bag_name_oddities(names[i], len);

        if (len > NAME_LEN_MAX)
            odd |= NAME_LONG; /* no spelling helps, so it is none of the bag's rules */
        if (odd != 0 || twins[i] != 0)
            status = note_name(s, folder, names[i], odd, twins[i] == 0 ? NULL : names[twins[i] - 1],
                               fault);
    }
    free(twins);
    return status;
}
