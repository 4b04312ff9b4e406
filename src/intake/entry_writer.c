#include "intake/entry_writer.h"
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum seal_status entry_writer_start(struct entry_writer *w, const struct unpack_target *target,
                                    struct fault *fault)
{
    *w = (struct entry_writer){.target = target};
    folder_start(&w->folder, target->dirfd);
    if (target->dirfd < 0 || target->exact_names)
        return SEAL_OK;
    return bag_spelling_new(&w->spelling, fault);
}

void entry_writer_end(struct entry_writer *w)
{
    folder_end(&w->folder);
    bag_spelling_free(w->spelling);
}

void entry_writer_times(const struct entry_writer *w, uint64_t times[static BAG_TIME_KINDS])
{
    for (int kind = 0; kind < BAG_TIME_KINDS; kind++)
        times[kind] = w->times[kind];
}

/* ---- Names -------------------------------------------------------------------------------- */

char *entry_writer_path(struct entry_writer *w, const char *path, size_t len)
{
    const char *spelled = w->spelling == NULL ? NULL : bag_spelling_of(w->spelling, path, len);

    if (w->spelling == NULL)
        return text_copy(path, len);
    return spelled == NULL ? NULL : strdup(spelled);
}

/* Whether a part has become too long because it is spelled differently. */
static bool has_long_spelling(const char *on_disk, const char *path)
{
    for (;;) {
        size_t len = strcspn(on_disk, "/"), path_len = strcspn(path, "/");

        if (len > NAME_LEN_MAX && (len != path_len || memcmp(on_disk, path, len) != 0))
            return true;
        if (on_disk[len] == '\0')
            return false;
        on_disk += len + 1;
        path += path_len + 1;
    }
}

/* A path that is spelled differently can be longer than paths in a bag may be. */
static enum seal_status check_path(const char *on_disk, const char *path, struct fault *fault)
{
    if (on_disk == NULL)
        return fault_no_memory(fault);
    if (strlen(on_disk) <= PATH_LEN_MAX && !has_long_spelling(on_disk, path))
        return SEAL_OK;
    return fault_set(fault, REASON_NAME_SPELLED_LONG, path);
}

static enum seal_status make_folder(struct entry_writer *w, const char *path, size_t len,
                                    struct fault *fault)
{
    char *name = entry_writer_path(w, path, len);
    enum seal_status status = check_path(name, path, fault);

    if (status == SEAL_OK)
        status = folder_make(&w->folder, name, fault);
    free(name);
    return status;
}

enum seal_status entry_writer_make_folders(struct entry_writer *w, const struct tar_entry *e,
                                           const struct bag_place *place, struct fault *fault)
{
    enum seal_status status = SEAL_OK;

    if (w->target->dirfd < 0)
        return SEAL_OK;
    if (w->spelling != NULL)
        status = bag_spelling_add(w->spelling, e->path, e->path_len, place->known_len, fault);
    if (place->is_known)
        return status;
    for (size_t i = place->known_len + 1; i < e->path_len && status == SEAL_OK; i++)
        if (e->path[i] == '/')
            status = make_folder(w, e->path, i, fault);
    if (status == SEAL_OK && e->is_dir)
        status = make_folder(w, e->path, e->path_len, fault);
    return status;
}

/* ---- Files -------------------------------------------------------------------------------- */

/* A tag file of a bag in which names are spelled differently on disk. As it was sealed, it goes to
 * BAG_AS_SEALED_DIR. Beside data/ it is written too if it has no names of files in it; the others
 * are made anew there, by write_record. */
static enum seal_status create_tag_file(struct entry_writer *w, const struct tar_entry *e,
                                        struct entry_file *f, struct fault *fault)
{
    bool has_names = strcmp(e->path, "bag-info.txt") != 0 && strcmp(e->path, "bagit.txt") != 0;
    struct buffer path = {0};

    if (!w->has_as_sealed && folder_make(&w->folder, BAG_AS_SEALED_DIR, fault) != SEAL_OK)
        return fault->status;
    w->has_as_sealed = true;
    if (buffer_printf(&path, "%s/%s", BAG_AS_SEALED_DIR, e->path) != SEAL_OK) {
        buffer_free(&path);
        return fault_no_memory(fault);
    }
    f->path = (char *)path.data;
    if (folder_create(&w->folder, f->path, &f->fds[0], fault) != SEAL_OK)
        return fault->status;
    return has_names ? SEAL_OK : folder_create(&w->folder, e->path, &f->fds[1], fault);
}

enum seal_status entry_writer_create_file(struct entry_writer *w, const struct tar_entry *e,
                                          struct entry_file *f, struct fault *fault)
{
    *f = (struct entry_file){
        .mtime = e->mtime, .is_evidence = bag_payload_name(e->path) != NULL, .fds = {-1, -1}};
    if (w->target->dirfd < 0)
        return SEAL_OK;
    if (w->spelling != NULL && bag_spelling_count(w->spelling) > 0 &&
        bag_payload_name(e->path) == NULL)
        return create_tag_file(w, e, f, fault);
    f->path = entry_writer_path(w, e->path, e->path_len);
    if (check_path(f->path, e->path, fault) != SEAL_OK)
        return fault->status;
    /* Whatever the entry says, the file may not be executed: what looks like a photo could run. */
    return folder_create(&w->folder, f->path, &f->fds[0], fault);
}

enum seal_status entry_file_write(struct entry_file *f, const void *data, size_t len,
                                  struct fault *fault)
{
    for (int i = 0; i < 2; i++)
        if (f->fds[i] >= 0 && fd_write_full(f->fds[i], data, len, fault) != SEAL_OK) {
            fault_add_name(fault, f->path);
            return fault->status;
        }
    return SEAL_OK;
}

/* After a call that failed: whether the file system just does not have what was asked for. The
 * result says so; it is no failure. */
static bool is_lacking(void)
{
    return errno == EPERM || errno == ENOTSUP || errno == ENOSYS || errno == EINVAL;
}

/* That it was set is not believed: file systems return 0 and have another time. */
static enum seal_status set_time(struct entry_writer *w, int fd, const char *path,
                                 struct timestamp mtime, bool is_evidence, struct fault *fault)
{
    struct plat_stat st;

    if (plat_set_mtime_fd(fd, mtime) != 0 && !is_lacking())
        return fault_set_errno(fault, REASON_SET_TIME, path);
    if (!is_evidence)
        return SEAL_OK;
    if (plat_stat_fd(fd, &st) != 0)
        return fault_set_errno(fault, REASON_LOOK, path);
    atomic_fetch_add(&w->times[bag_time_compare(mtime, st.mtime)], 1);
    return SEAL_OK;
}

static enum seal_status make_read_only(struct entry_writer *w, int fd, const char *path,
                                       struct fault *fault)
{
    if (w->target->writable || plat_make_read_only(fd) == 0)
        return SEAL_OK;
    if (!is_lacking())
        return fault_set_errno(fault, REASON_SET_READ_ONLY, path);
    w->not_read_only = true;
    return SEAL_OK;
}

static enum seal_status close_one(struct entry_writer *w, const struct entry_file *f, int fd,
                                  enum seal_status status, struct fault *fault)
{
    if (status == SEAL_OK)
        plat_mark_downloaded(fd);
    if (status == SEAL_OK)
        status = set_time(w, fd, f->path, f->mtime, f->is_evidence, fault);
    if (status == SEAL_OK)
        status = make_read_only(w, fd, f->path, fault);
    if (plat_close(fd) != 0 && status == SEAL_OK)
        status = fault_set_errno(fault, REASON_WRITE, f->path);
    return status;
}

enum seal_status entry_writer_close_file(struct entry_writer *w, struct entry_file *f,
                                         enum seal_status status, struct fault *fault)
{
    for (int i = 0; i < 2; i++)
        if (f->fds[i] >= 0)
            status = close_one(w, f, f->fds[i], status, fault);
    free(f->path);
    f->path = NULL;
    return status;
}

/* ---- The end ------------------------------------------------------------------------------ */

static enum seal_status write_to_file(void *self, const void *data, size_t len, struct fault *fault)
{
    return entry_file_write(self, data, len, fault);
}

/* Writes manifests and listing with the names on disk, beside data/. */
static enum seal_status write_record(struct entry_writer *w, const struct bag_check *check,
                                     struct fault *fault)
{
    static const char *const names[] = {"manifest-sha256.txt", "metadata.mtree",
                                        "tagmanifest-sha256.txt"};
    struct entry_file files[3];
    struct sink sinks[3];
    enum seal_status status = SEAL_OK;
    struct timestamp now = clock_now();

    for (size_t i = 0; i < 3; i++) {
        files[i] = (struct entry_file){.mtime = now, .fds = {-1, -1}};
        sinks[i] = (struct sink){write_to_file, &files[i]};
    }
    for (size_t i = 0; i < 3 && status == SEAL_OK; i++) {
        files[i].path = strdup(names[i]);
        status = files[i].path == NULL
                     ? fault_no_memory(fault)
                     : folder_create(&w->folder, names[i], &files[i].fds[0], fault);
    }
    if (status == SEAL_OK)
        status = bag_check_respell(check, w->spelling, &sinks[0], &sinks[1], &sinks[2],
                                   w->respelled_digest, fault);
    for (size_t i = 0; i < 3; i++)
        status = entry_writer_close_file(w, &files[i], status, fault);
    return status;
}

static enum seal_status finish_folder(void *ctx, const char *path, const struct timestamp *mtime,
                                      struct fault *fault)
{
    struct entry_writer *w = ctx;
    char *name = entry_writer_path(w, path, strlen(path));
    int fd = -1;
    enum seal_status status = SEAL_OK;

    if (name == NULL)
        return fault_no_memory(fault);
    if (folder_open(&w->folder, name, &fd, fault) != SEAL_OK)
        status = fault->status;
    else if (mtime != NULL)
        status = set_time(w, fd, name, *mtime, true, fault);
    if (status == SEAL_OK)
        status = make_read_only(w, fd, name, fault);
    if (fd >= 0)
        (void)plat_close(fd);
    free(name);
    return status;
}

enum seal_status entry_writer_finish(struct entry_writer *w, struct bag_check *check,
                                     struct fault *fault)
{
    if (w->target->dirfd < 0)
        return SEAL_OK;
    if (w->has_as_sealed && (bag_check_settle_links(check, w->spelling, fault) != SEAL_OK ||
                             write_record(w, check, fault) != SEAL_OK ||
                             finish_folder(w, BAG_AS_SEALED_DIR, NULL, fault) != SEAL_OK))
        return fault->status;
    if (bag_check_each_folder(check, finish_folder, w, fault) != SEAL_OK)
        return fault->status;
    return make_read_only(w, w->target->dirfd, "the bag's folder", fault);
}
