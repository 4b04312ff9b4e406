/*
 * From the plaintext of one drop to files under one folder, every check made.
 */
#include "intake/intake.h"

#include <stdlib.h>
#include <string.h>

#include "intake/folder.h"

struct intake {
    struct stream_reader *from;
    struct archive_reader *archive;
    struct bag_check *check;
    struct folder folder;
    const struct intake_progress *progress;
    uint64_t reported;
};

void intake_result_free(struct intake_result *result)
{
    buffer_free(&result->remarks);
}

static void report_progress(struct intake *in)
{
    uint64_t now = stream_consumed(in->from);

    if (in->progress->add != NULL && now > in->reported)
        in->progress->add(in->progress->ctx, now - in->reported);
    in->reported = now;
}

/* ---- A bag -------------------------------------------------------------------------------- */

static enum seal_status take_content(struct intake *in, const char *path, int fd,
                                     struct fault *fault)
{
    for (;;) {
        const uint8_t *data;
        size_t len;

        if (archive_read_data(in->archive, &data, &len, fault) != SEAL_OK)
            return fault->status;
        if (len == 0)
            return bag_check_entry_end(in->check, fault);
        if (bag_check_data(in->check, data, len, fault) != SEAL_OK)
            return fault->status;
        if (fd_write_full(fd, data, len, fault) != SEAL_OK) {
            fault_add_name(fault, path);
            return fault->status;
        }
        report_progress(in);
    }
}

static enum seal_status take_file(struct intake *in, const struct archive_entry *entry,
                                  struct fault *fault)
{
    /* The entry's path belongs to the archive, which goes on. */
    char *path = strdup(entry->path);
    struct timestamp mtime = entry->mtime;
    enum seal_status status;
    int fd = -1;

    if (path == NULL)
        return fault_set(fault, SEAL_NO_MEMORY, NULL, NULL);
    status = folder_create(&in->folder, path, entry->exec, &fd, fault);
    if (status == SEAL_OK)
        status = take_content(in, path, fd, fault);
    if (status == SEAL_OK && plat_set_mtime_fd(fd, mtime) != 0)
        status = fault_set_errno(fault, "could not be given its time", path);
    if (fd >= 0 && plat_close(fd) != 0 && status == SEAL_OK)
        status = fault_set_errno(fault, "could not be written", path);
    free(path);
    return status;
}

/* The folders above an entry that had none of their own; and the entry, if it is one. */
static enum seal_status make_folders(struct intake *in, const struct archive_entry *entry,
                                     const struct bag_place *place, struct fault *fault)
{
    char *path = strdup(entry->path);
    enum seal_status status = SEAL_OK;

    if (path == NULL)
        return fault_set(fault, SEAL_NO_MEMORY, NULL, NULL);
    for (size_t i = place->known_len + 1; i < entry->path_len && status == SEAL_OK; i++) {
        if (path[i] != '/')
            continue;
        path[i] = '\0';
        status = folder_make(&in->folder, path, fault);
        path[i] = '/';
    }
    if (status == SEAL_OK && entry->is_dir && !place->is_known)
        status = folder_make(&in->folder, path, fault);
    free(path);
    return status;
}

static enum seal_status take_entries(struct intake *in, struct fault *fault)
{
    for (;;) {
        struct archive_entry entry;
        struct bag_place place;
        enum seal_status status;
        bool more;

        if (stop_requested())
            return fault_set(fault, SEAL_INTERRUPTED, NULL, NULL);
        if (archive_read_entry(in->archive, &entry, &more, fault) != SEAL_OK)
            return fault->status;
        if (!more)
            return SEAL_OK;
        status = bag_check_entry(in->check, &entry, &place, fault);
        if (status == SEAL_OK)
            status = make_folders(in, &entry, &place, fault);
        if (status == SEAL_OK)
            status =
                entry.is_dir ? bag_check_entry_end(in->check, fault) : take_file(in, &entry, fault);
        if (status != SEAL_OK)
            return status;
    }
}

static enum seal_status set_folder_mtime(void *ctx, const char *path, struct timestamp mtime,
                                         struct fault *fault)
{
    struct intake *in = ctx;

    return folder_set_mtime(&in->folder, path, mtime, fault);
}

/* All entries are read: everything that could not be checked before, and the folders' times, which
 * each file put into them has changed. */
static enum seal_status finish_bag(struct intake *in, struct intake_result *result,
                                   struct fault *fault)
{
    uint8_t digest[SHA256_LEN];
    const char *remarks;

    if (archive_reader_finish(in->archive, fault) != SEAL_OK ||
        stream_reader_finish(in->from, result->digest, result->receipt, fault) != SEAL_OK ||
        bag_check_end(in->check, digest, fault) != SEAL_OK)
        return fault->status;
    if (memcmp(digest, result->digest, sizeof digest) != 0)
        return fault_set(fault, SEAL_HOSTILE, "its digest D is not that of its content", NULL);
    if (bag_check_each_folder(in->check, set_folder_mtime, in, fault) != SEAL_OK)
        return fault->status;
    bag_check_totals(in->check, &result->totals);
    remarks = bag_check_remarks(in->check);
    if (buffer_append(&result->remarks, remarks, strlen(remarks) + 1) != SEAL_OK)
        return fault_set(fault, SEAL_NO_MEMORY, NULL, NULL);
    report_progress(in);
    return SEAL_OK;
}

enum seal_status intake_bag(struct intake_result *result, struct stream_reader *from, int dirfd,
                            const struct intake_progress *progress, struct fault *fault)
{
    struct intake in = {.from = from, .progress = progress};
    enum seal_status status;

    *result = (struct intake_result){0};
    folder_start(&in.folder, dirfd);
    status = archive_reader_new(&in.archive, CONTENT_BAG, from, fault);
    if (status == SEAL_OK)
        status = bag_check_new(&in.check, fault);
    if (status == SEAL_OK)
        status = take_entries(&in, fault);
    if (status == SEAL_OK)
        status = finish_bag(&in, result, fault);
    bag_check_free(in.check);
    archive_reader_free(in.archive);
    folder_end(&in.folder);
    return status;
}

/* ---- A stream ----------------------------------------------------------------------------- */

static enum seal_status take_stream(struct intake *in, struct intake_result *result,
                                    const struct sink *to, struct fault *fault)
{
    struct sha256 hash;
    uint8_t digest[SHA256_LEN];

    sha256_start(&hash);
    for (;;) {
        const uint8_t *data;
        size_t len;

        if (archive_read_data(in->archive, &data, &len, fault) != SEAL_OK)
            return fault->status;
        if (len == 0)
            break;
        sha256_add(&hash, data, len);
        result->totals.bytes += len;
        if (to != NULL && to->write(to->self, data, len, fault) != SEAL_OK)
            return fault->status;
        report_progress(in);
    }
    sha256_end(&hash, digest);
    if (archive_reader_finish(in->archive, fault) != SEAL_OK ||
        stream_reader_finish(in->from, result->digest, result->receipt, fault) != SEAL_OK)
        return fault->status;
    if (memcmp(digest, result->digest, sizeof digest) != 0)
        return fault_set(fault, SEAL_HOSTILE, "its digest D is not that of its content", NULL);
    report_progress(in);
    return SEAL_OK;
}

enum seal_status intake_stream(struct intake_result *result, struct stream_reader *from,
                               const struct sink *to, const struct intake_progress *progress,
                               struct fault *fault)
{
    struct intake in = {.from = from, .progress = progress};
    enum seal_status status;

    *result = (struct intake_result){0};
    status = archive_reader_new(&in.archive, CONTENT_STREAM, from, fault);
    if (status == SEAL_OK)
        status = take_stream(&in, result, to, fault);
    archive_reader_free(in.archive);
    return status;
}
