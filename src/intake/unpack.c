#include "intake/unpack.h"
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static enum seal_status out_of_memory(struct fault *fault)
{
    return fault_no_memory(fault);
}

enum seal_status unpack_start(struct unpack *u, const struct intake_target *target,
                              struct fault *fault)
{
    *u = (struct unpack){.target = target};
    folder_start(&u->folder, target->dirfd);
    if (target->dirfd < 0 || target->exact_names)
        return SEAL_OK;
    return bag_spelling_new(&u->spelling, fault);
}

void unpack_end(struct unpack *u)
{
    folder_end(&u->folder);
    bag_spelling_free(u->spelling);
}

/* ---- Names -------------------------------------------------------------------------------- */

char *unpack_path(struct unpack *u, const char *path, size_t len)
{
    const char *spelled = u->spelling == NULL ? NULL : bag_spelling_of(u->spelling, path, len);

    if (u->spelling == NULL)
        return text_copy(path, len);
    return spelled == NULL ? NULL : strdup(spelled);
}

/* Spelled differently, a path may become longer than any that a bag may have. */
static enum seal_status check_path(const char *on_disk, const char *path, struct fault *fault)
{
    if (on_disk == NULL)
        return out_of_memory(fault);
    if (strlen(on_disk) <= PATH_LEN_MAX)
        return SEAL_OK;
    return fault_set(fault, REASON_NAME_SPELLED_LONG, path);
}

static enum seal_status make_folder(struct unpack *u, const char *path, size_t len,
                                    struct fault *fault)
{
    char *name = unpack_path(u, path, len);
    enum seal_status status = check_path(name, path, fault);

    if (status == SEAL_OK)
        status = folder_make(&u->folder, name, fault);

    free(name);
    return status;
}

enum seal_status unpack_folders(struct unpack *u, const struct tar_entry *e,
                                const struct bag_place *place, struct fault *fault)
{
    enum seal_status status = SEAL_OK;

    if (u->target->dirfd < 0)
        return SEAL_OK;
    if (u->spelling != NULL)
        status = bag_spelling_add(u->spelling, e->path, e->path_len, place->known_len, fault);
    if (place->is_known)
        return status;
    for (size_t i = place->known_len + 1; i < e->path_len && status == SEAL_OK; i++)
        if (e->path[i] == '/')
            status = make_folder(u, e->path, i, fault);
    if (status == SEAL_OK && e->is_dir)
        status = make_folder(u, e->path, e->path_len, fault);
    return status;
}

/* ---- Files -------------------------------------------------------------------------------- */

/* A tag file beside data/ where names were spelled differently: as it was sealed it stands in a
 * folder of its own. What does not speak of names, here as well. */
static enum seal_status create_tag_file(struct unpack *u, const struct tar_entry *e,
                                        struct unpack_file *f, struct fault *fault)
{
    bool speaks_of_names =
        strcmp(e->path, "bag-info.txt") != 0 && strcmp(e->path, "bagit.txt") != 0;
    struct buffer path = {0};

    if (!u->has_as_sealed && folder_make(&u->folder, BAG_AS_SEALED_DIR, fault) != SEAL_OK)
        return fault->status;
    u->has_as_sealed = true;
    if (buffer_printf(&path, "%s/%s", BAG_AS_SEALED_DIR, e->path) != SEAL_OK) {
        buffer_free(&path);
        return out_of_memory(fault);
    }
    f->path = (char *)path.data;
    if (folder_create(&u->folder, f->path, false, &f->fds[0], fault) != SEAL_OK)
        return fault->status;
    return speaks_of_names ? SEAL_OK : folder_create(&u->folder, e->path, false, &f->fds[1], fault);
}

enum seal_status unpack_create(struct unpack *u, const struct tar_entry *e, struct unpack_file *f,
                               struct fault *fault)
{
    *f = (struct unpack_file){.mtime = e->mtime, .fds = {-1, -1}};
    if (u->target->dirfd < 0)
        return SEAL_OK;
    if (u->spelling != NULL && bag_spelling_count(u->spelling) > 0 &&
        bag_payload_name(e->path) == NULL)
        return create_tag_file(u, e, f, fault);
    f->path = unpack_path(u, e->path, e->path_len);
    if (check_path(f->path, e->path, fault) != SEAL_OK)
        return fault->status;
    return folder_create(&u->folder, f->path, e->exec, &f->fds[0], fault);
}

enum seal_status unpack_write(struct unpack_file *f, const void *data, size_t len,
                              struct fault *fault)
{
    for (int i = 0; i < 2; i++)
        if (f->fds[i] >= 0 && fd_write_full(f->fds[i], data, len, fault) != SEAL_OK) {
            fault_add_name(fault, f->path);
            return fault->status;
        }
    return SEAL_OK;
}

/* Some file systems (FAT) do not have such rights; that is said, and is no failure. */
static enum seal_status make_read_only(struct unpack *u, int fd, const char *path,
                                       struct fault *fault)
{
    if (u->target->writable || plat_make_read_only(fd) == 0)
        return SEAL_OK;
    if (errno != EPERM && errno != ENOTSUP && errno != ENOSYS && errno != EINVAL)
        return fault_set_errno(fault, REASON_SET_READ_ONLY, path);
    u->not_read_only = true;
    return SEAL_OK;
}

static enum seal_status close_one(struct unpack *u, const struct unpack_file *f, int fd,
                                  enum seal_status status, struct fault *fault)
{
    if (status == SEAL_OK)
        plat_mark_downloaded(fd);
    if (status == SEAL_OK && plat_set_mtime_fd(fd, f->mtime) != 0)
        status = fault_set_errno(fault, REASON_SET_TIME, f->path);
    if (status == SEAL_OK)
        status = make_read_only(u, fd, f->path, fault);
    if (plat_close(fd) != 0 && status == SEAL_OK)
        status = fault_set_errno(fault, REASON_WRITE, f->path);
    return status;
}

enum seal_status unpack_close(struct unpack *u, struct unpack_file *f, enum seal_status status,
                              struct fault *fault)
{
    for (int i = 0; i < 2; i++)
        if (f->fds[i] >= 0)
            status = close_one(u, f, f->fds[i], status, fault);
    free(f->path);
    f->path = NULL;
    return status;
}

/* ---- The end ------------------------------------------------------------------------------ */

static enum seal_status write_to_file(void *self, const void *data, size_t len, struct fault *fault)
{
    return unpack_write(self, data, len, fault);
}

/* Manifests and listing for the names on disk, beside the folder with those that were sealed. */
static enum seal_status write_record(struct unpack *u, const struct bag_check *check,
                                     struct fault *fault)
{
    static const char *const names[] = {"manifest-sha256.txt", "metadata.mtree",
                                        "tagmanifest-sha256.txt"};
    struct unpack_file files[3];
    struct sink sinks[3];
    enum seal_status status = SEAL_OK;
    struct timestamp now = clock_now();

    for (size_t i = 0; i < 3; i++) {
        files[i] = (struct unpack_file){.mtime = now, .fds = {-1, -1}};
        sinks[i] = (struct sink){write_to_file, &files[i]};
    }
    for (size_t i = 0; i < 3 && status == SEAL_OK; i++) {
        files[i].path = strdup(names[i]);
        status = files[i].path == NULL
                     ? out_of_memory(fault)
                     : folder_create(&u->folder, names[i], false, &files[i].fds[0], fault);
    }
    if (status == SEAL_OK)
        status = bag_check_respell(check, u->spelling, &sinks[0], &sinks[1], &sinks[2], fault);
    for (size_t i = 0; i < 3; i++)
        status = unpack_close(u, &files[i], status, fault);
    return status;
}

static enum seal_status finish_folder(void *ctx, const char *path, const struct timestamp *mtime,
                                      struct fault *fault)
{
    struct unpack *u = ctx;
    char *name = unpack_path(u, path, strlen(path));
    int fd = -1;
    enum seal_status status = SEAL_OK;

    if (name == NULL)
        return out_of_memory(fault);
    if (folder_open(&u->folder, name, &fd, fault) != SEAL_OK)
        status = fault->status;
    else if (mtime != NULL && plat_set_mtime_fd(fd, *mtime) != 0)
        status = fault_set_errno(fault, REASON_SET_TIME, name);
    else
        status = make_read_only(u, fd, name, fault);
    if (fd >= 0)
        (void)plat_close(fd);
    free(name);
    return status;
}

enum seal_status unpack_finish(struct unpack *u, struct bag_check *check, struct fault *fault)
{
    if (u->target->dirfd < 0)
        return SEAL_OK;
    if (u->has_as_sealed && (bag_check_settle_links(check, u->spelling, fault) != SEAL_OK ||
                             write_record(u, check, fault) != SEAL_OK ||
                             finish_folder(u, BAG_AS_SEALED_DIR, NULL, fault) != SEAL_OK))
        return fault->status;
    if (bag_check_each_folder(check, finish_folder, u, fault) != SEAL_OK)
        return fault->status;
    return make_read_only(u, u->target->dirfd, "the bag's folder", fault);
}
