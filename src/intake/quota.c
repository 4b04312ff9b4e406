#include "intake/quota.h"

static enum seal_status too_much(enum seal_reason reason, struct fault *fault)
{
    return fault_set(fault, reason, NULL);
}

static uint64_t times(uint64_t a, uint64_t b)
{
    return a != 0 && b > UINT64_MAX / a ? UINT64_MAX : a * b;
}

/* total: bytes that come out in all. */
static enum seal_status check_bytes(const struct intake_limits *l, uint64_t total,
                                    const struct stream_reader *from, struct fault *fault)
{
    if (total > l->room)
        return too_much(REASON_OVER_ROOM, fault);
    if (total > l->bytes && total > times(l->per_byte, stream_extent(from)))
        return too_much(REASON_OVER_BYTES, fault);
    return SEAL_OK;
}

enum seal_status quota_add_bytes(struct quota *q, uint64_t bytes, struct fault *fault)
{
    q->bytes = bytes > UINT64_MAX - q->bytes ? UINT64_MAX : q->bytes + bytes;
    return check_bytes(q->limits, q->bytes, q->from, fault);
}

enum seal_status quota_reach(struct quota *q, uint64_t bytes, struct fault *fault)
{
    q->bytes = bytes;
    return check_bytes(q->limits, q->bytes, q->from, fault);
}

enum seal_status quota_check_listed(const struct quota *q, const struct bag_check *check,
                                    struct fault *fault)
{
    uint64_t most = q->limits->files, count = bag_check_item_count(check);
    struct bag_totals totals;

    bag_check_totals(check, &totals);
    /* So many files, folders and links, and data/ itself. */
    if (totals.remarks[BAG_LINK] > most || (count > 1 && (count - 1) / 3 > most))
        return too_much(REASON_OVER_FILES, fault);
    return SEAL_OK;
}

enum seal_status quota_add_entry(struct quota *q, const struct tar_entry *e,
                                 const struct bag_place *place, struct fault *fault)
{
    const char *name = bag_payload_name(e->path);

    if (name == NULL) /* a file of the record, which has a fixed number of them */
        return SEAL_OK;
    if (!place->is_known) { /* the folders of its path below the one that is known */
        size_t from = (size_t)(name - e->path);

        for (size_t i = place->known_len < from ? from : place->known_len + 1; i < e->path_len; i++)
            q->folders += e->path[i] == '/';
        q->folders += e->is_dir;
    }
    q->files += !e->is_dir;
    if (q->files > q->limits->files || q->folders > q->limits->files)
        return too_much(REASON_OVER_FILES, fault);
    return SEAL_OK;
}

/* False: the tables cannot be read. */
static bool read_declared(struct stream_reader *from, enum content_type type, uint64_t *bytes,
                          uint64_t *entries)
{
    uint8_t digest[SHA256_LEN], receipt[32];
    struct fault ignored = {.status = SEAL_OK};
    uint64_t content_len;

    return stream_reader_trailer(from, &content_len, digest, receipt, &ignored) == SEAL_OK &&
           content_read_totals(from, type, content_len, bytes, entries, &ignored) == SEAL_OK;
}

enum seal_status quota_check_declared(struct stream_reader *from, enum content_type type,
                                      const struct intake_limits *limits, struct fault *fault)
{
    uint64_t bytes, entries;

    if (!read_declared(from, type, &bytes, &entries))
        return SEAL_OK;
    /* At most limits.files files, as many folders, the record and the folder data/. */
    if (entries > RECORD_ENTRIES + 1 && (entries - RECORD_ENTRIES - 1) / 2 > limits->files)
        return too_much(REASON_OVER_FILES, fault);
    return check_bytes(limits, bytes, from, fault);
}
