/*
 * From the plaintext of one drop to files under one folder, every check made.
 */
#include "intake/receive.h"

#include <stdlib.h>
#include <string.h>

#include "intake/small.h"
#include "intake/unpack.h"

/* Bytes of lines about names spelled differently that are kept for the custody record. */
#define SPELLED_MAX ((size_t)16 * 1024 * 1024)

struct intake {
    struct stream_reader *from;
    struct content_reader *archive;
    struct bag_check *check;
    struct unpack unpack;
    struct smalls *smalls;
    struct tally tally;
    const struct intake_progress *progress;
    uint64_t reported;
};

static void report_progress(struct intake *in)
{
    uint64_t now = stream_consumed(in->from);

    if (in->progress->add != NULL && now > in->reported)
        in->progress->add(in->progress->ctx, now - in->reported);
    in->reported = now;
}

/* ---- How much ----------------------------------------------------------------------------- */

static enum seal_status too_much(enum seal_reason reason, struct fault *fault)
{
    return fault_set(fault, reason, NULL);
}

static uint64_t times(uint64_t a, uint64_t b)
{
    return a != 0 && b > UINT64_MAX / a ? UINT64_MAX : a * b;
}

/* total bytes in all. */
static enum seal_status check_bytes(const struct intake_limits *l, uint64_t total,
                                    const struct stream_reader *from, struct fault *fault)
{
    if (total > l->room)
        return too_much(REASON_OVER_ROOM, fault);
    if (total > l->bytes && total > times(l->per_byte, stream_extent(from)))
        return too_much(REASON_OVER_BYTES, fault);
    return SEAL_OK;
}

enum seal_status tally_bytes(struct tally *t, uint64_t bytes, const struct stream_reader *from,
                             struct fault *fault)
{
    t->bytes = bytes > UINT64_MAX - t->bytes ? UINT64_MAX : t->bytes + bytes;
    return check_bytes(t->limits, t->bytes, from, fault);
}

enum seal_status tally_entry(struct tally *t, const struct tar_entry *e,
                             const struct bag_place *place, struct fault *fault)
{
    const char *name = bag_payload_name(e->path);

    if (name == NULL) /* the record has few */
        return SEAL_OK;
    if (!place->is_known) {
        size_t from = (size_t)(name - e->path);

        for (size_t i = place->known_len < from ? from : place->known_len + 1; i < e->path_len; i++)
            t->folders += e->path[i] == '/';
        t->folders += e->is_dir;
    }
    t->files += !e->is_dir;
    if (t->files > t->limits->files || t->folders > t->limits->files)
        return too_much(REASON_OVER_FILES, fault);
    return SEAL_OK;
}

#define RECORD_ENTRIES (TAG_ENTRIES + 1) /* and data, which is no sender's folder */

/* Tables that cannot be read say nothing; what is wrong with them shows later. */
static bool read_declared(struct stream_reader *from, enum content_type type, uint64_t *bytes,
                          uint64_t *entries)
{
    uint8_t digest[SHA256_LEN], receipt[32];
    struct fault ignored = {.status = SEAL_OK};
    uint64_t content_len;

    return stream_reader_trailer(from, &content_len, digest, receipt, &ignored) == SEAL_OK &&
           content_read_totals(from, type, content_len, bytes, entries, &ignored) == SEAL_OK;
}

enum seal_status intake_declared(struct stream_reader *from, enum content_type type,
                                 const struct intake_limits *limits, struct fault *fault)
{
    uint64_t bytes, entries;

    if (!read_declared(from, type, &bytes, &entries))
        return SEAL_OK;
    if (entries > RECORD_ENTRIES && (entries - RECORD_ENTRIES) / 2 > limits->files)
        return too_much(REASON_OVER_FILES, fault);
    return check_bytes(limits, bytes, from, fault);
}

/* ---- A bag -------------------------------------------------------------------------------- */

static enum seal_status take_content(struct intake *in, struct unpack_file *file,
                                     struct fault *fault)
{
    for (;;) {
        const uint8_t *data;
        size_t len;

        if (content_read_data(in->archive, &data, &len, fault) != SEAL_OK)
            return fault->status;
        if (len == 0)
            return bag_check_entry_end(in->check, fault);
        if (tally_bytes(&in->tally, len, in->from, fault) != SEAL_OK ||
            bag_check_data(in->check, data, len, fault) != SEAL_OK ||
            unpack_write(file, data, len, fault) != SEAL_OK)
            return fault->status;
        report_progress(in);
    }
}

static enum seal_status take_file(struct intake *in, const struct tar_entry *entry,
                                  struct fault *fault)
{
    struct unpack_file file;
    enum seal_status status = unpack_create(&in->unpack, entry, &file, fault);

    if (status == SEAL_OK)
        status = take_content(in, &file, fault);
    return unpack_close(&in->unpack, &file, status, fault);
}

/* Other threads do the rest. */
static enum seal_status take_small(struct intake *in, const struct tar_entry *entry,
                                   struct fault *fault)
{
    size_t got = 0;
    uint8_t *to;

    if (smalls_room(in->smalls, &to, fault) != SEAL_OK)
        return fault->status;
    for (;;) {
        const uint8_t *data;
        size_t len;

        if (content_read_data(in->archive, &data, &len, fault) != SEAL_OK)
            return fault->status;
        if (len == 0)
            return smalls_add(in->smalls, entry, got, fault);
        if (len > SMALL_LEN - got)
            return fault_set(fault, REASON_ARCHIVE_MALFORMED, entry->path);
        if (tally_bytes(&in->tally, len, in->from, fault) != SEAL_OK)
            return fault->status;
        memcpy(to + got, data, len);
        got += len;
        report_progress(in);
    }
}

/* What is in an entry. */
static enum seal_status take_inside(struct intake *in, const struct tar_entry *entry,
                                    struct fault *fault)
{
    if (entry->is_dir)
        return bag_check_entry_end(in->check, fault);
    if (bag_payload_name(entry->path) == NULL)
        return smalls_settle(in->smalls, SEAL_OK, fault) == SEAL_OK ? take_file(in, entry, fault)
                                                                    : fault->status;
    return entry->size <= SMALL_LEN ? take_small(in, entry, fault) : take_file(in, entry, fault);
}

static enum seal_status take_entries(struct intake *in, struct fault *fault)
{
    for (;;) {
        struct tar_entry entry;
        struct bag_place place;
        enum seal_status status;
        bool more;

        if (content_read_entry(in->archive, &entry, &more, fault) != SEAL_OK)
            return fault->status;
        if (!more)
            return SEAL_OK;
        status = bag_check_entry(in->check, &entry, &place, fault);
        if (status == SEAL_OK)
            status = tally_entry(&in->tally, &entry, &place, fault);
        if (status == SEAL_OK)
            status = unpack_folders(&in->unpack, &entry, &place, fault);
        if (status == SEAL_OK)
            status = take_inside(in, &entry, fault);
        if (status != SEAL_OK)
            return status;
    }
}

/* What people are told and the custody record keeps. */
static enum seal_status collect(struct intake *in, struct intake_result *result,
                                struct fault *fault)
{
    const char *remarks = bag_check_remarks(in->check, &result->remarks_are_cut);
    const struct unpack *u = &in->unpack;

    bag_check_totals(in->check, &result->totals);
    if (u->spelling != NULL) {
        result->spelled = bag_spelling_count(u->spelling);
        result->totals.coded_names = bag_check_coded(in->check, u->spelling);
    }
    result->is_read_only = !u->target->writable && !u->not_read_only;
    if (buffer_append_text(&result->bag_info, bag_check_info(in->check)) != SEAL_OK)
        return fault_no_memory(fault);
    if (result->spelled > 0 &&
        bag_check_spelled(in->check, u->spelling, SPELLED_MAX, &result->remarks,
                          &result->remarks_are_cut, fault) != SEAL_OK)
        return fault->status;
    if (buffer_append_text(&result->remarks, remarks) != SEAL_OK)
        return fault_no_memory(fault);
    return SEAL_OK;
}

/* All entries are read: everything that could not be checked before. */
static enum seal_status finish_bag(struct intake *in, struct intake_result *result,
                                   struct fault *fault)
{
    uint8_t digest[SHA256_LEN];

    if (content_reader_finish(in->archive, fault) != SEAL_OK ||
        stream_reader_finish(in->from, result->digest, result->receipt, fault) != SEAL_OK ||
        bag_check_end(in->check, digest, fault) != SEAL_OK)
        return fault->status;
    if (memcmp(digest, result->digest, sizeof digest) != 0)
        return fault_set(fault, REASON_BAG_DIGEST_D, NULL);
    if (unpack_finish(&in->unpack, in->check, fault) != SEAL_OK ||
        collect(in, result, fault) != SEAL_OK)
        return fault->status;
    report_progress(in);
    return SEAL_OK;
}

enum seal_status intake_bag(struct intake_result *result, struct stream_reader *from,
                            const struct intake_target *target,
                            const struct intake_progress *progress, struct fault *fault)
{
    struct intake in = {.from = from, .progress = progress, .tally = {.limits = &target->limits}};
    enum seal_status status;

    *result = (struct intake_result){.is_read_only = false};
    status = unpack_start(&in.unpack, target, fault);
    if (status == SEAL_OK)
        status = content_reader_new(&in.archive, CONTENT_BAG, from, fault);
    if (status == SEAL_OK)
        status = bag_check_new(&in.check, BAG_WHOLE, fault);
    if (status == SEAL_OK)
        status = smalls_new(&in.smalls, stream_reader_crew(from), &in.unpack, in.check, fault);
    if (status == SEAL_OK)
        status = smalls_settle(in.smalls, take_entries(&in, fault), fault);
    if (status == SEAL_OK)
        status = finish_bag(&in, result, fault);
    smalls_free(in.smalls);
    bag_check_free(in.check);
    content_reader_free(in.archive);
    unpack_end(&in.unpack);
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

        if (content_read_data(in->archive, &data, &len, fault) != SEAL_OK)
            return fault->status;
        if (len == 0)
            break;
        sha256_add(&hash, data, len);
        result->totals.bytes += len;
        if (tally_bytes(&in->tally, len, in->from, fault) != SEAL_OK)
            return fault->status;
        if (to != NULL && to->write(to->self, data, len, fault) != SEAL_OK)
            return fault->status;
        report_progress(in);
    }
    sha256_end(&hash, digest);
    if (content_reader_finish(in->archive, fault) != SEAL_OK ||
        stream_reader_finish(in->from, result->digest, result->receipt, fault) != SEAL_OK)
        return fault->status;
    if (memcmp(digest, result->digest, sizeof digest) != 0)
        return fault_set(fault, REASON_BAG_DIGEST_D, NULL);
    report_progress(in);
    return SEAL_OK;
}

enum seal_status intake_stream(struct intake_result *result, struct stream_reader *from,
                               const struct sink *to, const struct intake_limits *limits,
                               const struct intake_progress *progress, struct fault *fault)
{
    struct intake in = {.from = from, .progress = progress, .tally = {.limits = limits}};
    enum seal_status status;

    *result = (struct intake_result){.is_read_only = false};
    status = content_reader_new(&in.archive, CONTENT_STREAM, from, fault);
    if (status == SEAL_OK)
        status = take_stream(&in, result, to, fault);
    content_reader_free(in.archive);
    return status;
}
