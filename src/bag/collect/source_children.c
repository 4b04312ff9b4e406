/*
 * The entries of one folder while it is listed.
 */
#include "bag/collect/source_children.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bag/collect/name_remarks.h"
#include "bag/collect/unkept.h"
#include "base/text.h"

struct child *children_add(struct children *c, const char *name)
{
    if (c->count == c->cap) {
        size_t cap = c->cap == 0 ? 16 : c->cap * 2;
        struct child *list = realloc(c->list, cap * sizeof *list);

        if (list == NULL)
            return NULL;
        c->list = list;
        c->cap = cap;
    }
    c->list[c->count] = (struct child){.name = strdup(name), .root = c->root};
    return c->list[c->count].name == NULL ? NULL : &c->list[c->count++];
}

static void child_free(struct child *child)
{
    if (child->bag_name != child->name)
        free(child->bag_name);
    free(child->name);
}

void children_free(struct children *c)
{
    for (size_t i = 0; i < c->count; i++)
        child_free(&c->list[i]);
    free(c->list);
    *c = (struct children){0};
}

static int add_listed(void *ctx, const char *name)
{
    struct children *c = ctx;

    if (children_add(c, name) != NULL)
        return 0;
    c->no_memory = true;
    return 1;
}

/* ---- Alternate data streams (of NTFS) ----------------------------------------------------- */

struct streams {
    struct bag_source *source;
    const char *folder, *name; /* of the file or folder that has them */
    struct fault *fault;
};

static int remark_stream(void *ctx, const char *stream)
{
    const struct streams *x = ctx;
    struct buffer path = {0};
    enum seal_status status = SEAL_NO_MEMORY;

    if (buffer_printf(&path, "%s/%s:%s", x->folder, x->name, stream) != SEAL_OK)
        (void)fault_no_memory(x->fault);
    else
        status = source_remark(
            x->source,
            &(struct bag_notice){BAG_SKIPPED, (char *)path.data, BAG_CAUSE_STREAM, .sys = 0},
            x->fault);
    buffer_free(&path);
    return status == SEAL_OK ? 0 : -1;
}

enum seal_status children_note_streams(struct bag_source *s, int at, const char *path,
                                       const char *folder, const char *name, struct fault *fault)
{
    struct streams x = {s, folder, name, fault};

    if (plat_list_streams(at, path, remark_stream, &x) == 0)
        return SEAL_OK;
    return fault->status != SEAL_OK ? fault->status : fault_no_memory(fault);
}

/* ---- Listing ------------------------------------------------------------------------------ */

/* Sets child->st. *stays is false if it cannot be looked at, which becomes a remark. */
static enum seal_status look_at_child(struct bag_source *s, int fd, const char *path,
                                      struct child *child, bool *stays, struct fault *fault)
{
    struct buffer where = {0};
    enum seal_status status;

    *stays = plat_stat_at(fd, child->name, false, &child->st) == 0;
    if (*stays)
        return children_note_streams(s, fd, child->name, path, child->name, fault);
    status = buffer_printf(&where, "%s/%s", path, child->name) != SEAL_OK
                 ? fault_no_memory(fault)
                 : source_remark_error(s, (char *)where.data, errno, fault);
    buffer_free(&where);
    return status;
}

/* Some names that were listed are no reason to call the folder left out, or whole. */
static enum seal_status remark_unlisted(struct bag_source *s, const char *path, bool has_some,
                                        struct fault *fault)
{
    const struct bag_notice notice = {
        BAG_MISSING, path, has_some ? BAG_CAUSE_LISTING : BAG_CAUSE_SYSTEM, .sys = errno};

    return source_remark(s, &notice, fault);
}

enum seal_status children_list(struct children *c, struct bag_source *s, int fd, const char *path,
                               struct fault *fault)
{
    enum seal_status status = SEAL_OK;
    size_t kept = c->count;

    if (source_note_unkept(s, path, fd, fault) != SEAL_OK)
        return fault->status;
    if (plat_list_dir(fd, add_listed, c) != 0)
        status = c->no_memory ? fault_no_memory(fault)
                              : remark_unlisted(s, path, c->count > kept, fault);
    for (size_t i = kept; i < c->count; i++) {
        struct child child = c->list[i];
        bool stays = false;

        if (status == SEAL_OK)
            status = look_at_child(s, fd, path, &child, &stays, fault);
        if (stays)
            c->list[kept++] = child;
        else
            free(child.name);
    }
    c->count = kept;
    return status;
}

/* ---- Names in the bag --------------------------------------------------------------------- */

/* A name that is not UTF-8 as UTF-8: each byte that belongs to no character as %XX, and a literal %
 * as %25 (format section 5.4). malloc'ed; NULL for want of memory. */
static char *spell_in_utf8(const char *name, size_t len)
{
    const uint8_t *s = (const uint8_t *)name;
    struct buffer out = {0};
    enum seal_status status = SEAL_OK;

    for (size_t i = 0; i < len && status == SEAL_OK;) {
        size_t n = utf8_char_len(s + i, len - i);

        if (n == 0 || s[i] == '%')
            status = buffer_printf(&out, "%%%02X", s[i]);
        else
            status = buffer_append(&out, s + i, n);
        i += n == 0 ? 1 : n;
    }
    if (status != SEAL_OK || buffer_append(&out, "", 1) != SEAL_OK) {
        buffer_free(&out);
        return NULL;
    }
    return (char *)out.data;
}

static int compare_plain(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Byte order of the paths: a folder's name counts with the slash behind it. */
static int compare_in_bag(const void *a, const void *b)
{
    const struct child *x = a, *y = b;
    const char *p = x->bag_name, *q = y->bag_name;
    uint8_t c, d;

    for (; *p != '\0' && *p == *q; p++)
        q++;
    c = *p != '\0' ? (uint8_t)*p : x->st.type == PLAT_DIR ? '/' : 0;
    d = *q != '\0' ? (uint8_t)*q : y->st.type == PLAT_DIR ? '/' : 0;
    return (c > d) - (c < d);
}

/* A NUL that is coded is in no name: it tells a spelling from one that is taken. */
static bool append_taken_mark(char **name)
{
    char *longer = realloc(*name, strlen(*name) + 4);

    if (longer == NULL)
        return false;
    *name = longer;
    strcat(longer, "%00");
    return true;
}

/* Sets bag_name of all children. One that had to be spelled in UTF-8 differs from all names that
 * are UTF-8 already. */
static bool children_spell(struct children *c)
{
    const char **taken = malloc((c->count + 1) * sizeof *taken);
    size_t taken_count = 0;
    bool ok = taken != NULL;

    for (size_t i = 0; ok && i < c->count; i++)
        if (utf8_is_valid(c->list[i].name, strlen(c->list[i].name)))
            taken[taken_count++] = c->list[i].name;
    if (ok && taken_count < c->count)
        qsort(taken, taken_count, sizeof *taken, compare_plain);
    for (size_t i = 0; ok && i < c->count; i++) {
        struct child *child = &c->list[i];

        child->bag_name = child->name;
        if (utf8_is_valid(child->name, strlen(child->name)))
            continue;
        child->bag_name = spell_in_utf8(child->name, strlen(child->name));
        ok = child->bag_name != NULL;
        while (ok && bsearch(&child->bag_name, taken, taken_count, sizeof *taken, compare_plain))
            ok = append_taken_mark(&child->bag_name);
    }
    free(taken);
    return ok;
}

/* Some file systems of networks list a name twice. */
static void drop_doubles(struct children *c)
{
    size_t kept = 0;

    for (size_t i = 0; i < c->count; i++) {
        struct child *last = kept > 0 ? &c->list[kept - 1] : NULL;

        if (last == NULL || strcmp(last->name, c->list[i].name) != 0)
            c->list[kept++] = c->list[i];
        else
            child_free(&c->list[i]);
    }
    c->count = kept;
}

/* Links are not unpacked and special files are left out: no system has to hold their names. */
static enum seal_status note_names(struct bag_source *s, const struct children *c,
                                   const char *folder, struct fault *fault)
{
    const char **names = malloc((c->count + 1) * sizeof *names);
    enum seal_status status;
    size_t count = 0;

    if (names == NULL)
        return fault_no_memory(fault);
    for (size_t i = 0; i < c->count; i++)
        if (c->list[i].st.type == PLAT_FILE || c->list[i].st.type == PLAT_DIR)
            names[count++] = c->list[i].bag_name;
    status = source_note_names(s, folder, names, count, fault);
    free(names);
    return status;
}

enum seal_status children_name(struct children *c, struct bag_source *s, const char *folder,
                               struct fault *fault)
{
    if (!children_spell(c))
        return fault_no_memory(fault);
    if (c->count > 1)
        qsort(c->list, c->count, sizeof *c->list, compare_in_bag);
    drop_doubles(c);
    return note_names(s, c, folder, fault);
}
