#include "intake/quota.h"

static enum seal_status too_much(enum seal_reason reason, struct fault *fault)
{
    return fault_set(fault, reason, NULL);
}

static uint64_t times(uint64_t a, uint64_t b)
{
    return a != 0 && b > UINT64_MAX / a ? UINT64_MAX : a * b;
}

/* Bytes of the sealed file. */
static uint64_t sealed_len(const struct quota *q)
{
    return q->from != NULL ? stream_extent(q->from) : q->sealed;
}

/* total: bytes that come out in all. */
static enum seal_status check_bytes(const struct quota *q, uint64_t total, struct fault *fault)
{
    const struct intake_limits *l = q->limits;

    if (total > l->room)
        return too_much(REASON_OVER_ROOM, fault);
    if (total > l->bytes && total > times(l->per_byte, sealed_len(q)))
        return too_much(REASON_OVER_BYTES, fault);
    return SEAL_OK;
}

enum seal_status quota_add_bytes(struct quota *q, uint64_t bytes, struct fault *fault)
{
    q->bytes = bytes > UINT64_MAX - q->bytes ? UINT64_MAX : q->bytes + bytes;
    return check_bytes(q, q->bytes, fault);
}

enum seal_status quota_reach(struct quota *q, uint64_t bytes, struct fault *fault)
{
    q->bytes = bytes;
    return check_bytes(q, q->bytes, fault);
}

/* Each entry of an archive has eight bytes in the table of offsets, which are not compressed. What
 * has no entry (folders that only a path implies, and links) may be as many. */
#define SEALED_PER_FILE 8
/* Names, headers and lists shrink more than evidence does, and cost more time and memory. */
#define NAMES_PER_BYTE 64

static uint64_t files_allowed(const struct quota *q)
{
    const struct intake_limits *l = q->limits;
    uint64_t usual = sealed_len(q) / SEALED_PER_FILE;

    if (usual < l->files_least)
        usual = l->files_least;
    return usual < l->files ? usual : l->files;
}

static enum seal_status check_files(const struct quota *q, uint64_t count, struct fault *fault)
{
    if (count <= q->limits->files_least || count <= files_allowed(q))
        return SEAL_OK;
    fault_add_numbers(fault, 0, files_allowed(q));
    return too_much(REASON_OVER_FILES, fault);
}

static enum seal_status check_cost(const struct quota *q, uint64_t cost, struct fault *fault)
{
    uint64_t most = q->limits->names;

    if (cost <= most)
        return SEAL_OK;
    if (most < times(NAMES_PER_BYTE, sealed_len(q)))
        most = times(NAMES_PER_BYTE, sealed_len(q));
    if (cost <= most)
        return SEAL_OK;
    fault_add_numbers(fault, 0, most);
    return too_much(REASON_OVER_NAMES, fault);
}

static enum seal_status check_names(const struct quota *q, const struct bag_check *check,
                                    struct fault *fault)
{
    const uint64_t cost = bag_check_names_cost(check);

    return check_cost(q, cost < q->lists ? q->lists : cost, fault);
}

enum seal_status quota_add_name(struct quota *q, uint64_t bytes, struct fault *fault)
{
    q->lists += bytes;
    return check_cost(q, q->lists, fault);
}

enum seal_status quota_add_listed(struct quota *q, uint64_t bytes, const struct bag_check *check,
                                  struct fault *fault)
{
    uint64_t count = bag_check_item_count(check);
    struct bag_totals totals;

    bag_check_totals(check, &totals);
    /* So many files, folders and links, and data/ itself. */
    if (check_files(q, totals.remarks[BAG_LINK], fault) != SEAL_OK ||
        check_files(q, count / 3, fault) != SEAL_OK)
        return fault->status;
    q->lists += bytes;
    return check_names(q, check, fault);
}

enum seal_status quota_add_entry(struct quota *q, const struct tar_entry *e,
                                 const struct bag_place *place, const struct bag_check *check,
                                 struct fault *fault)
{
    const char *name = bag_payload_name(e->path);

    q->lists += e->pax_len;
    if (check_names(q, check, fault) != SEAL_OK)
        return fault->status;
    if (name == NULL) /* a file of the record, which has a fixed number of them */
        return SEAL_OK;
    if (!place->is_known) { /* the folders of its path below the one that is known */
        size_t from = (size_t)(name - e->path);

        for (size_t i = place->known_len < from ? from : place->known_len + 1; i < e->path_len; i++)
            q->folders += e->path[i] == '/';
        q->folders += e->is_dir;
    }
    q->files += !e->is_dir;
    return check_files(q, q->files > q->folders ? q->files : q->folders, fault);
}

enum seal_status quota_add_file(struct quota *q, struct fault *fault)
{
    q->files++;
    return check_files(q, q->files, fault);
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
    const struct quota q = {.limits = limits, .from = from};
    uint64_t bytes, entries;

    if (!read_declared(from, type, &bytes, &entries))
        return SEAL_OK;
    /* At most limits.files files, as many folders, the record and the folder data/. */
    if (entries > RECORD_ENTRIES + 1 &&
        check_files(&q, (entries - RECORD_ENTRIES - 1) / 2, fault) != SEAL_OK)
        return fault->status;
    return check_bytes(&q, bytes, fault);
}
