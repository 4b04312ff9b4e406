#include "intake/seek_view.h"

#include <stdlib.h>
#include <string.h>

struct seek_view {
    struct stream_reader *from;
    struct content_reader *archive;
    struct bag_check *record;
    struct quota quota;
    uint64_t entry_count; /* of the whole archive */
};

/* ---- The record --------------------------------------------------------------------------- */

static enum seal_status read_tag_file(struct seek_view *v, const struct tar_entry *entry,
                                      struct fault *fault)
{
    struct bag_place place;

    if (bag_check_entry(v->record, entry, &place, fault) != SEAL_OK ||
        quota_add_entry(&v->quota, entry, &place, v->record, fault) != SEAL_OK)
        return fault->status;
    for (;;) {
        const uint8_t *data;
        size_t len;

        if (content_read_data(v->archive, &data, &len, fault) != SEAL_OK)
            return fault->status;
        if (len == 0)
            return bag_check_entry_end(v->record, fault);
        if (quota_add_bytes(&v->quota, len, fault) != SEAL_OK ||
            bag_check_data(v->record, data, len, fault) != SEAL_OK ||
            quota_add_listed(&v->quota, len, v->record, fault) != SEAL_OK)
            return fault->status;
    }
}

static enum seal_status read_record(struct seek_view *v, struct fault *fault)
{
    if (v->entry_count < RECORD_ENTRIES)
        return fault_set(fault, REASON_BAG_RECORD_MISSING, NULL);
    if (content_reader_seek_entry(v->archive, v->entry_count - RECORD_ENTRIES, fault) != SEAL_OK)
        return fault->status;
    for (;;) {
        struct tar_entry entry;
        bool more;

        if (content_read_entry(v->archive, &entry, &more, fault) != SEAL_OK)
            return fault->status;
        if (!more)
            return SEAL_OK;
        if (read_tag_file(v, &entry, fault) != SEAL_OK)
            return fault->status;
    }
}

static enum seal_status open_view(struct seek_view *v, struct fault *fault)
{
    struct stream_reader *from = v->from;
    uint8_t sealed[SHA256_LEN], digest[SHA256_LEN], receipt[32];
    uint64_t content_len;

    if (stream_reader_trailer(from, &content_len, sealed, receipt, fault) != SEAL_OK ||
        content_reader_new(&v->archive, CONTENT_BAG, from, fault) != SEAL_OK ||
        content_reader_load_tables(v->archive, content_len, &v->entry_count, fault) != SEAL_OK ||
        bag_check_new(&v->record, BAG_RECORD_ALONE, fault) != SEAL_OK ||
        read_record(v, fault) != SEAL_OK || bag_check_end(v->record, digest, fault) != SEAL_OK)
        return fault->status;
    if (memcmp(digest, sealed, sizeof digest) != 0)
        return fault_set(fault, REASON_BAG_DIGEST_D, NULL);
    return SEAL_OK;
}

enum seal_status seek_view_open(struct seek_view **out, struct stream_reader *from,
                                const struct intake_limits *limits, struct fault *fault)
{
    struct seek_view *v = calloc(1, sizeof *v);

    *out = NULL;
    if (v == NULL)
        return fault_no_memory(fault);
    v->from = from;
    v->quota = (struct quota){.limits = limits, .from = from};
    if (open_view(v, fault) == SEAL_OK)
        *out = v;
    else
        seek_view_free(v);
    return fault->status;
}

void seek_view_free(struct seek_view *v)
{
    if (v == NULL)
        return;
    content_reader_free(v->archive);
    bag_check_free(v->record);
    free(v);
}

const struct bag_check *seek_view_record(const struct seek_view *v)
{
    return v->record;
}

/* ---- Single entries ----------------------------------------------------------------------- */

enum seal_status seek_view_read_entry(struct seek_view *v, uint64_t number, struct tar_entry *entry,
                                      bool *found, struct fault *fault)
{
    if (content_reader_seek_entry(v->archive, number, fault) != SEAL_OK)
        return fault->status;
    return content_read_entry(v->archive, entry, found, fault);
}

enum seal_status seek_view_read_data(struct seek_view *v, const uint8_t **data, size_t *len,
                                     struct fault *fault)
{
    return content_read_data(v->archive, data, len, fault);
}

struct quota seek_view_new_quota(const struct seek_view *v)
{
    return (struct quota){.limits = v->quota.limits, .from = v->quota.from};
}
