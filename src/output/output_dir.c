/*
 * A folder that appears under its name only when it is whole.
 */
#include "output/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/hash.h"

static void output_dir_free(struct output_dir *o)
{
    if (o->fd >= 0)
        (void)plat_close(o->fd);
    if (o->parent >= 0)
        (void)plat_close(o->parent);
    free(o->path);
    free(o->temporary);
    *o = (struct output_dir){.fd = -1, .parent = -1};
}

static enum seal_status output_dir_open(struct output_dir *o, const char *path, struct fault *fault)
{
    char *dir = NULL;

    o->path = strdup(path);
    if (o->path == NULL || !path_split(o->path, &dir, &o->name))
        return fault_no_memory(fault);
    o->parent = plat_open_dir(PLAT_CWD, dir, true);
    free(dir);
    if (o->parent < 0)
        return fault_set_errno(fault, REASON_FOLDER_OPEN, path);
    if (output_refuse_taken(o->parent, o->name, path, fault) != SEAL_OK)
        return fault->status;
    o->fd = partial_create_dir(o->parent, o->name, &o->temporary);
    return o->fd < 0 ? output_fault(o->parent, path, fault) : SEAL_OK;
}

enum seal_status output_dir_create(struct output_dir *o, const char *path, struct fault *fault)
{
    *o = (struct output_dir){.fd = -1, .parent = -1};
    if (output_dir_open(o, path, fault) != SEAL_OK)
        output_dir_free(o);
    return fault->status;
}

/* ---- Looking at it again ------------------------------------------------------------------ */

/* What lies in a folder and in the folders in it, whatever the order: a sum over all entries. */
struct content_view {
    int fd;
    bool is_inner;
    uint64_t count, sum;
};

static int look_at_entry(void *ctx, const char *name);

static int look_at_folder(struct content_view *v, int at, const char *name)
{
    struct content_view inner = {.fd = plat_open_dir(at, name, false), .is_inner = true};
    int result = inner.fd < 0 ? -1 : plat_list_dir(inner.fd, look_at_entry, &inner);

    v->count += inner.count;
    v->sum += inner.sum * 3;
    if (inner.fd >= 0)
        (void)plat_close(inner.fd);
    return result;
}

static int look_at_entry(void *ctx, const char *name)
{
    struct content_view *v = ctx;
    uint8_t digest[SHA256_LEN];
    struct plat_stat st;

    if (plat_stat_at(v->fd, name, false, &st) != 0)
        return -1;
    sha256_of(digest, name, strlen(name));
    v->count++;
    v->sum += load_u64(digest) + (uint64_t)st.type + (st.type == PLAT_FILE ? st.size : 0);
    return st.type == PLAT_DIR && !v->is_inner ? look_at_folder(v, v->fd, name) : 0;
}

/* What can be seen by that name, through a new descriptor. */
static int look_by_name(struct content_view *v, int parent, const char *name)
{
    int result = -1;

    *v = (struct content_view){.fd = plat_open_dir(parent, name, false)};
    if (v->fd >= 0)
        result = plat_list_dir(v->fd, look_at_entry, v);
    if (v->fd >= 0)
        (void)plat_close(v->fd);
    return result;
}

/* Some file systems return 0 and lose what is in a folder when it gets another name. */
static enum seal_status rename_and_look(struct output_dir *o, struct fault *fault)
{
    struct content_view before, after;
    int same;

    if (look_by_name(&before, o->parent, o->temporary) != 0)
        return fault_set_errno(fault, REASON_LOOK, o->name);
    if (plat_rename_new(o->parent, o->temporary, o->name) != 0) {
        if (errno == EEXIST || errno == ENOTEMPTY)
            return fault_set(fault, REASON_EXISTS, o->name);
        return fault_set_errno(fault, REASON_RENAME, o->name);
    }
    same = plat_is_same(o->parent, o->name, o->fd);
    if (same == 0)
        return fault_set(fault, REASON_EXCHANGED, o->name);
    o->committed = true;
    if (same < 0)
        return fault_set_errno(fault, REASON_LOOK, o->name);
    if (look_by_name(&after, o->parent, o->name) != 0 || before.count != after.count ||
        before.sum != after.sum)
        return fault_set(fault, REASON_RENAME_LOST, o->name);
    return SEAL_OK;
}

enum seal_status output_dir_commit(struct output_dir *o, struct fault *fault)
{
    if (plat_sync_filesystem(o->fd) != 0)
        return fault_set_errno(fault, REASON_WRITE, o->name);
    if (stop_requested()) /* it may have taken minutes */
        return fault_set(fault, REASON_INTERRUPTED, NULL);
    if (rename_and_look(o, fault) != SEAL_OK)
        return fault->status;
    IGNORE_RESULT(plat_share_dir(o->fd)); /* it fails only where there are no rights to give */
    if (plat_sync(o->parent) != 0)
        return fault_set_errno(fault, REASON_FOLDER_WRITE, o->name);
    return SEAL_OK;
}

void output_dir_keep(struct output_dir *o)
{
    output_dir_free(o);
}

void output_dir_abort(struct output_dir *o,
                      void (*tell)(const char *path, enum leftover_fate fate, int sys))
{
    if (o->temporary == NULL)
        return;
    if (o->committed && plat_rename_new(o->parent, o->name, o->temporary) != 0)
        leftover_tell(o->path, o->name, LEFTOVER_OWN, errno, tell);
    else if (plat_remove_tree(o->parent, o->temporary, o->fd, false) != 0)
        leftover_tell(o->path, o->temporary, LEFTOVER_OWN, errno, tell);
    output_dir_free(o);
}
