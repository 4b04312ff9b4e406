/*
 * A file that appears under its name only when it is whole.
 */
#include "output/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void output_free(struct output *o)
{
    if (o->lock >= 0)
        (void)plat_close(o->lock);
    if (o->dirfd >= 0)
        (void)plat_close(o->dirfd);
    free(o->path);
    free(o->temporary);
    *o = (struct output){.fd = -1, .lock = -1, .dirfd = -1};
}

enum seal_status output_fault(int dirfd, const char *path, struct fault *fault)
{
    int saved = errno;
    struct plat_space room;

    if (saved == ENOSPC && plat_space_fd(dirfd, &room) == 0 && room.files == 0)
        return fault_set(fault, REASON_FILES_USED_UP, path);
    errno = saved;
    return fault_set_errno(fault, REASON_CREATE, path);
}

/* Whether something may be there that cannot be looked at: a medium that this user may not see, or
 * that is gone. What else is wrong is said when it is created. */
static bool is_unseen(int error)
{
    return error != ENOENT && error != ENOTDIR && error != ENAMETOOLONG && error != EINVAL;
}

enum seal_status output_refuse_taken(int at, const char *name, const char *path,
                                     struct fault *fault)
{
    struct plat_stat st;

    if (plat_stat_at(at, name, false, &st) != 0)
        return is_unseen(errno) ? fault_set_errno(fault, REASON_CREATE, path) : SEAL_OK;
    if (plat_stat_at(at, name, true, &st) == 0 && st.type != PLAT_FILE && st.type != PLAT_DIR)
        return fault_set(fault, REASON_EXISTS_NO_FILE, path);
    return fault_set(fault, REASON_EXISTS, path);
}

static enum seal_status output_open(struct output *o, const char *path, struct fault *fault)
{
    char *dir = NULL;

    o->path = strdup(path);
    if (o->path == NULL || !path_split(o->path, &dir, &o->name))
        return fault_no_memory(fault);
    o->dirfd = plat_open_dir(PLAT_CWD, dir, true);
    free(dir);
    if (o->dirfd < 0)
        return fault_set_errno(fault, REASON_FOLDER_OPEN, path);
    if (output_refuse_taken(o->dirfd, o->name, path, fault) != SEAL_OK)
        return fault->status;
    o->fd = partial_create_file(o->dirfd, o->name, o->access, &o->temporary);
    if (o->fd < 0)
        return output_fault(o->dirfd, path, fault);
    o->lock = plat_duplicate(o->fd);
    return o->lock < 0 ? fault_set_errno(fault, REASON_CREATE, path) : SEAL_OK;
}

enum seal_status output_create(struct output *o, const char *path, enum plat_access access,
                               struct fault *fault)
{
    enum seal_status status;

    *o = (struct output){.fd = -1, .lock = -1, .dirfd = -1, .access = access};
    if (strcmp(path, "-") == 0) {
        o->fd = STDOUT_FILENO;
        o->is_stdout = true;
        return SEAL_OK;
    }
    status = output_open(o, path, fault);
    if (status != SEAL_OK && o->temporary == NULL)
        output_free(o);
    return status;
}

enum seal_status output_finish(struct output *o, struct fault *fault)
{
    bool done;

    if (o->is_stdout) {
        /* Standard output may be redirected to a file, and writing that to the medium may fail. */
        if (plat_sync(o->fd) != 0)
            return fault_set_errno(fault, REASON_WRITE, NAME_STDOUT);
        return SEAL_OK;
    }
    if (o->fd < 0)
        return SEAL_OK; /* output_finish was called before */
    done = plat_sync(o->fd) == 0;
    if (done) {
        done = plat_close(o->fd) == 0;
        o->fd = -1;
    }
    return done ? SEAL_OK : fault_set_errno(fault, REASON_WRITE, o->name);
}

int output_reopen(const struct output *o)
{
    return plat_open_file(o->dirfd, o->temporary, false);
}

/* Whether what has the name is as long as what was written: some file systems return 0 and lose
 * what was in a file when it gets another name. */
static bool is_whole(const struct output *o)
{
    struct plat_stat before, after;

    return plat_stat_fd(o->lock, &before) == 0 &&
           plat_stat_at(o->dirfd, o->name, false, &after) == 0 && before.size == after.size;
}

/* Takes back what has its name already. */
static enum seal_status undo_name(struct output *o, enum seal_reason reason, struct fault *fault)
{
    int saved = errno;
    bool is_gone = plat_unlink(o->dirfd, o->name) == 0;

    errno = saved;
    return reason != REASON_NONE
               ? fault_set(fault, reason, o->name)
               : fault_set_errno(fault, is_gone ? REASON_FOLDER_WRITE : REASON_FOLDER_WRITE_STAYS,
                                 o->name);
}

enum seal_status output_commit(struct output *o, struct fault *fault)
{
    int same;

    if (output_finish(o, fault) != SEAL_OK || o->is_stdout)
        return fault->status;
    if (plat_rename_new(o->dirfd, o->temporary, o->name) != 0) {
        if (errno == EEXIST)
            return fault_set(fault, REASON_EXISTS, o->name);
        return fault_set_errno(fault, REASON_RENAME, o->name);
    }
    same = plat_is_same(o->dirfd, o->name, o->lock);
    /* Until the folder is on the medium, a power failure could undo the renaming. */
    if (same == 0)
        (void)fault_set(fault, REASON_EXCHANGED, o->name);
    else if (same < 0 || plat_sync(o->dirfd) != 0)
        (void)undo_name(o, REASON_NONE, fault);
    else if (!is_whole(o))
        (void)undo_name(o, REASON_RENAME_LOST, fault);
    output_free(o);
    return fault->status;
}

void output_abort(struct output *o, enum leftover_fate fate,
                  void (*tell)(const char *path, enum leftover_fate fate, int sys))
{
    if (o->is_stdout || o->temporary == NULL)
        return;
    if (o->fd >= 0)
        (void)plat_close(o->fd);
    if (plat_unlink(o->dirfd, o->temporary) != 0 && errno != ENOENT)
        leftover_tell(o->path, o->temporary, fate, errno, tell);
    output_free(o);
}
