#include "intake/unpack_bag.h"

#include <string.h>

#include "archive/archive.h"
#include "intake/quota.h"
#include "intake/small_files.h"

/* One bag on its way from the stream to disk. */
struct bag_intake {
    struct stream_reader *from;
    struct content_reader *archive;
    struct bag_check *check;
    struct entry_writer writer;
    struct small_files *small_files;
    struct quota quota;
    struct progress_meter meter;
};

static enum seal_status take_content(struct bag_intake *in, struct entry_file *file, bool is_listed,
                                     struct fault *fault)
{
    for (;;) {
        const uint8_t *data;
        size_t len;

        if (content_read_data(in->archive, &data, &len, fault) != SEAL_OK)
            return fault->status;
        if (len == 0)
            return bag_check_entry_end(in->check, fault);
        if (quota_add_bytes(&in->quota, len, fault) != SEAL_OK ||
            bag_check_data(in->check, data, len, fault) != SEAL_OK ||
            (is_listed && quota_add_listed(&in->quota, len, in->check, fault) != SEAL_OK) ||
            entry_file_write(file, data, len, fault) != SEAL_OK)
            return fault->status;
        progress_meter_update(&in->meter);
    }
}

static enum seal_status take_file(struct bag_intake *in, const struct tar_entry *entry,
                                  struct fault *fault)
{
    struct entry_file file;
    enum seal_status status = entry_writer_create_file(&in->writer, entry, &file, fault);

    if (status == SEAL_OK)
        status = take_content(in, &file, bag_payload_name(entry->path) == NULL, fault);
    return entry_writer_close_file(&in->writer, &file, status, fault);
}

/* Only reads the content; other threads hash and write it. */
static enum seal_status take_small_file(struct bag_intake *in, const struct tar_entry *entry,
                                        struct fault *fault)
{
    size_t got = 0;
    uint8_t *room;

    if (small_files_reserve(in->small_files, &room, fault) != SEAL_OK)
        return fault->status;
    for (;;) {
        const uint8_t *data;
        size_t len;

        if (content_read_data(in->archive, &data, &len, fault) != SEAL_OK)
            return fault->status;
        if (len == 0)
            return small_files_add(in->small_files, entry, got, fault);
        if (len > SMALL_FILE_MAX - got)
            return fault_set(fault, REASON_ARCHIVE_MALFORMED, entry->path);
        if (quota_add_bytes(&in->quota, len, fault) != SEAL_OK)
            return fault->status;
        memcpy(room + got, data, len);
        got += len;
        progress_meter_update(&in->meter);
    }
}

/* Everything of an entry but its folders. */
static enum seal_status take_body(struct bag_intake *in, const struct tar_entry *entry,
                                  struct fault *fault)
{
    if (entry->is_dir)
        return bag_check_entry_end(in->check, fault);
    if (bag_payload_name(entry->path) == NULL)
        return small_files_finish(in->small_files, SEAL_OK, fault) == SEAL_OK
                   ? take_file(in, entry, fault)
                   : fault->status;
    return entry->size <= SMALL_FILE_MAX ? take_small_file(in, entry, fault)
                                         : take_file(in, entry, fault);
}

static enum seal_status take_entries(struct bag_intake *in, struct fault *fault)
{
    for (;;) {
        struct tar_entry entry;
        struct bag_place place;
        enum seal_status status;
        bool more;

        if (content_read_entry(in->archive, &entry, &more, fault) != SEAL_OK)
            return fault->status;
        status = quota_reach(&in->quota, content_reader_consumed(in->archive), fault);
        if (status == SEAL_OK && !more)
            return SEAL_OK;
        if (status == SEAL_OK)
            status = bag_check_entry(in->check, &entry, &place, fault);
        if (status == SEAL_OK)
            status = quota_add_entry(&in->quota, &entry, &place, in->check, fault);
        if (status == SEAL_OK)
            status = entry_writer_make_folders(&in->writer, &entry, &place, fault);
        if (status == SEAL_OK)
            status = take_body(in, &entry, fault);
        if (status != SEAL_OK)
            return status;
    }
}

/* What people are told, and the custody record keeps. */
static enum seal_status fill_result(struct bag_intake *in, struct intake_result *result,
                                    struct fault *fault)
{
    const char *remarks = bag_check_remarks(in->check, &result->remarks_are_cut);
    const struct entry_writer *w = &in->writer;

    bag_check_totals(in->check, &result->totals);
    if (w->spelling != NULL) {
        result->spelled = bag_spelling_count(w->spelling);
        result->totals.coded_names = bag_check_coded(in->check, w->spelling);
    }
    memcpy(result->disk_digest, w->has_as_sealed ? w->respelled_digest : result->digest,
           SHA256_LEN);
    result->is_read_only = !w->target->writable && !w->not_read_only;
    entry_writer_times(w, result->times);
    if (buffer_append_text(&result->bag_info, bag_check_info(in->check, &result->info_is_cut)) !=
        SEAL_OK)
        return fault_no_memory(fault);
    if (result->spelled > 0 &&
        bag_check_spelled(in->check, w->spelling, BAG_REMARKS_KEPT_MAX, &result->remarks,
                          &result->remarks_are_cut, fault) != SEAL_OK)
        return fault->status;
    if (buffer_append_text(&result->remarks, remarks) != SEAL_OK)
        return fault_no_memory(fault);
    return SEAL_OK;
}

/* After the last entry: makes the checks that need all of the bag, then finishes what is on disk.
 */
static enum seal_status finish_bag(struct bag_intake *in, struct intake_result *result,
                                   struct fault *fault)
{
    uint8_t digest[SHA256_LEN];

    if (content_reader_finish(in->archive, fault) != SEAL_OK ||
        stream_reader_finish(in->from, result->digest, result->receipt, fault) != SEAL_OK ||
        bag_check_end(in->check, digest, fault) != SEAL_OK)
        return fault->status;
    if (memcmp(digest, result->digest, sizeof digest) != 0)
        return fault_set(fault, REASON_BAG_DIGEST_D, NULL);
    if (entry_writer_finish(&in->writer, in->check, fault) != SEAL_OK ||
        fill_result(in, result, fault) != SEAL_OK)
        return fault->status;
    progress_meter_update(&in->meter);
    return SEAL_OK;
}

enum seal_status intake_unpack_bag(struct intake_result *result, struct stream_reader *from,
                                   const struct unpack_target *target,
                                   const struct intake_limits *limits,
                                   const struct intake_progress *progress, struct fault *fault)
{
    struct bag_intake in = {.from = from,
                            .quota = {.limits = limits, .from = from},
                            .meter = {.from = from, .progress = progress}};
    enum seal_status status;

    *result = (struct intake_result){.is_read_only = false};
    status = entry_writer_start(&in.writer, target, fault);
    if (status == SEAL_OK)
        status = content_reader_new(&in.archive, CONTENT_BAG, from, fault);
    if (status == SEAL_OK)
        status = bag_check_new(&in.check, BAG_WHOLE, fault);
    if (status == SEAL_OK)
        status =
            small_files_new(&in.small_files, stream_reader_crew(from), &in.writer, in.check, fault);
    if (status == SEAL_OK)
        status = small_files_finish(in.small_files, take_entries(&in, fault), fault);
    if (status == SEAL_OK)
        status = finish_bag(&in, result, fault);
    small_files_free(in.small_files);
    bag_check_free(in.check);
    content_reader_free(in.archive);
    entry_writer_end(&in.writer);
    return status;
}
