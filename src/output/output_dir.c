/*
 * A folder that appears under its name only when it is whole.
 */
#include "output/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void output_dir_free(struct output_dir *o)
{
    if (o->fd >= 0)
        (void)plat_close(o->fd);
    if (o->parent >= 0)
        (void)plat_close(o->parent);
    free(o->name);
    free(o->temporary);
    *o = (struct output_dir){.fd = -1, .parent = -1};
}

static enum seal_status output_dir_open(struct output_dir *o, const char *path, struct fault *fault)
{
    char *dir = NULL;
    const char *name;
    struct plat_stat st;

    if (!path_split(path, &dir, &name))
        return fault_no_memory(fault);
    o->parent = plat_open_dir(PLAT_CWD, dir, true);
    free(dir);
    if (o->parent < 0)
        return fault_set_errno(fault, REASON_FOLDER_OPEN, path);
    o->name = strdup(name);
    if (o->name == NULL)
        return fault_no_memory(fault);
    if (plat_stat_at(o->parent, name, false, &st) == 0)
        return fault_set(fault, REASON_EXISTS, path);
    o->fd = partial_create_dir(o->parent, name, &o->temporary);
    return o->fd < 0 ? output_fault(o->parent, path, fault) : SEAL_OK;
}

enum seal_status output_dir_create(struct output_dir *o, const char *path, struct fault *fault)
{
    *o = (struct output_dir){.fd = -1, .parent = -1};
    if (output_dir_open(o, path, fault) != SEAL_OK)
        output_dir_free(o);
    return fault->status;
}

enum seal_status output_dir_commit(struct output_dir *o, struct fault *fault)
{
    int same;

    if (plat_sync_filesystem(o->fd) != 0)
        return fault_set_errno(fault, REASON_WRITE, o->name);
    if (stop_requested()) /* it may have taken minutes */
        return fault_set(fault, REASON_INTERRUPTED, NULL);
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
    IGNORE_RESULT(plat_share_dir(o->fd)); /* it fails only where there are no rights to give */
    if (plat_sync(o->parent) != 0)
        return fault_set_errno(fault, REASON_FOLDER_WRITE, o->name);
    return SEAL_OK;
}

void output_dir_keep(struct output_dir *o)
{
    output_dir_free(o);
}

bool output_dir_abort(struct output_dir *o)
{
    bool done = true;

    if (o->temporary == NULL)
        return true;
    if (o->committed && plat_rename_new(o->parent, o->name, o->temporary) != 0)
        done = false;
    if (done)
        done = plat_remove_tree(o->parent, o->temporary, o->fd, false) == 0;
    if (done)
        output_dir_free(o);
    return done;
}
