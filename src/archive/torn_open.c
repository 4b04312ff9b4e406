/*
 * Begin and end of a torn content: where its frames are.
 */
#include <stdlib.h>

#include "archive/torn_private.h"

static void find_stretch_ends(struct torn *t)
{
    uint64_t end = t->plain_len;

    for (size_t i = t->count; i-- > 0;) {
        struct torn_frame *f = &t->frames[i];

        if (i + 1 == t->count || t->frames[i + 1].begins_stretch)
            end = f->plain_off + f->plain_len;
        f->stretch_end = end;
    }
}

/* What is looked at in vain may be so many times the content, and some more. */
#define BUDGET_TIMES 8
#define BUDGET_LEAST (UINT64_C(64) << 20)

static enum seal_status find_frames(struct torn *t, struct fault *fault)
{
    bool found = false;

    if (torn_load_tables(t, &found, fault) == SEAL_OK && !found)
        IGNORE_RESULT(torn_scan(t, fault));
    find_stretch_ends(t);
    return fault->status;
}

enum seal_status torn_new(struct torn **out, struct holed *from, enum content_type type,
                          struct fault *fault)
{
    struct torn *t = calloc(1, sizeof *t);
    uint8_t digest[32];
    uint64_t end;

    *out = NULL;
    if (t == NULL)
        return fault_no_memory(fault);
    t->from = from;
    t->type = type;
    (void)holed_end(from, &end, digest);
    t->budget = BUDGET_LEAST + BUDGET_TIMES * end;
    t->zstd = ZSTD_createDCtx();
    t->packed = malloc(TORN_PIECE);
    if (t->packed == NULL || t->zstd == NULL ||
        ZSTD_isError(ZSTD_DCtx_setParameter(t->zstd, ZSTD_d_windowLogMax, WINDOW_LOG_MAX)))
        (void)fault_no_memory(fault);
    if (fault->status == SEAL_OK && find_frames(t, fault) == SEAL_OK) {
        *out = t;
        return SEAL_OK;
    }
    torn_free(t);
    return fault->status;
}

void torn_free(struct torn *t)
{
    if (t == NULL)
        return;
    (void)ZSTD_freeDCtx(t->zstd);
    free(t->frames);
    free(t->offsets);
    free(t->plain);
    free(t->packed);
    buffer_free(&t->path);
    buffer_free(&t->pax);
    free(t);
}

void torn_facts(const struct torn *t, struct torn_facts *facts)
{
    *facts = t->facts;
    facts->len = t->plain_len;
}
