/*
 * Checking a bag on disk: the bytes of one file against the digests that manifests list for it.
 */
#include "bag/recheck/recheck_digests.h"

#include <errno.h>
#include <string.h>

/* Reads all of an open file through d. *sys gets errno if it could not be read to its end, else 0;
 * *size the bytes read. */
static enum seal_status hash_file(struct recheck *r, int fd, struct digests *d, bool progress,
                                  uint64_t *size, int *sys, struct fault *fault)
{
    *size = 0;
    *sys = 0;
    for (;;) {
        int64_t n;

        if (stop_requested())
            return fault_set(fault, REASON_INTERRUPTED, NULL);
        n = plat_read_at(fd, r->chunk, RECHECK_CHUNK, *size);
        if (n < 0)
            *sys = errno;
        if (n <= 0)
            break;
        digests_add(d, r->chunk, (size_t)n);
        *size += (uint64_t)n;
        if (progress && r->observer != NULL && r->observer->progress != NULL)
            r->observer->progress(r->observer->ctx, (uint64_t)n);
    }
    /* A signal may have made the read fail. */
    return stop_requested() ? fault_set(fault, REASON_INTERRUPTED, NULL) : SEAL_OK;
}

/* The strongest of these kinds; the weakest of all if there is none. */
static enum digest_kind strongest(unsigned int kinds)
{
    int kind = DIGEST_KINDS - 1;

    while (kind > 0 && !(kinds & 1U << kind))
        kind--;
    return (enum digest_kind)kind;
}

/* Which of the manifests that list the item have the digest of what was read. */
static unsigned int agreeing(const struct manifest_set *m, const struct item *item,
                             struct digests *d)
{
    unsigned int agree = 0;

    for (int i = 0; i < DIGEST_KINDS; i++) {
        enum digest_kind kind = (enum digest_kind)i;
        uint8_t digest[DIGEST_LEN_MAX];

        if (!(item->recheck.manifests & DIGEST_BIT(kind)))
            continue;
        digests_end(d, kind, digest);
        if (memcmp(digest, manifest_set_digest(m, item, kind), digest_len(kind)) == 0)
            agree |= DIGEST_BIT(kind);
    }
    return agree;
}

/* Where manifests contradict each other, the strongest digest says whether the bytes are those that
 * were recorded. */
static void tell_contradiction(struct recheck *r, const struct manifest_set *m,
                               const struct item *item, unsigned int agree)
{
    unsigned int listed = item->recheck.manifests;
    bool is_good = (agree & DIGEST_BIT(strongest(listed))) != 0;

    recheck_tell_difference(
        r, &(struct bag_difference){is_good ? BAG_RECORD_OFF : BAG_ALTERED,
                                    item_path(&m->table, item), BAG_DETAIL_DIGESTS_DIFFER,
                                    .file = manifest_set_file(m, strongest(agree)),
                                    .other = manifest_set_file(m, strongest(listed & ~agree))});
}

/* agree: which of the manifests that list the item have the digest of what was read. */
static void tell_digests(struct recheck *r, const struct manifest_set *m, const struct item *item,
                         unsigned int agree, uint64_t size)
{
    bool is_whole = agree == item->recheck.manifests;
    struct bag_difference d = {.path = item_path(&m->table, item)};

    if (agree != 0 && !is_whole) {
        tell_contradiction(r, m, item, agree);
        return;
    }
    d.kind = is_whole ? BAG_RECORD_OFF : BAG_ALTERED;
    if (item->marks & MARK_IN_LISTING && item->size != size) {
        d.detail = is_whole ? BAG_DETAIL_LISTED_SIZE : BAG_DETAIL_SIZE;
        d.file = is_whole ? BAG_RECORD_LISTING : BAG_RECORD_NO_FILE;
        d.was.bytes = item->size;
        d.is.bytes = size;
    } else if (is_whole)
        return;
    recheck_tell_difference(r, &d);
}

/* Files that are so much longer than they may be are not read: that of a sparse file takes days,
 * and says nothing new. */
#define EXCESS_READ (UINT64_C(1) << 30)
#define TAG_FILE_READ (UINT64_C(8) << 30)

static bool is_read(struct recheck *r, const struct manifest_set *m, const struct item *item,
                    int fd)
{
    bool is_payload = m == &r->payload, is_listed = (item->marks & MARK_IN_LISTING) != 0;
    struct bag_difference d = {.kind = BAG_ALTERED,
                               .path = item_path(&m->table, item),
                               .detail = BAG_DETAIL_SIZE,
                               .was.bytes = item->size};
    struct plat_stat st;

    if (plat_stat_fd(fd, &st) != 0 || st.size < EXCESS_READ)
        return true;
    if (is_payload && is_listed && st.size - EXCESS_READ > item->size) {
        d.is.bytes = st.size;
        recheck_tell_difference(r, &d);
        r->result->files++;
        return false;
    }
    if (!is_payload && st.size > TAG_FILE_READ) {
        recheck_tell_error(r, d.path, EFBIG);
        return false;
    }
    return true;
}

enum seal_status recheck_compare(struct recheck *r, const struct manifest_set *m,
                                 const struct item *item, int fd, struct fault *fault)
{
    bool is_payload = m == &r->payload;
    struct digests d;
    uint64_t size;
    int sys;

    if (!is_read(r, m, item, fd))
        return SEAL_OK;
    digests_start(&d, item->recheck.manifests);
    if (hash_file(r, fd, &d, is_payload, &size, &sys, fault) != SEAL_OK)
        return fault->status;
    if (sys != 0) {
        recheck_tell_error(r, item_path(&m->table, item), sys);
        return SEAL_OK;
    }
    if (is_payload) {
        r->result->files++;
        r->result->bytes += size;
    }
    tell_digests(r, m, item, agreeing(m, item, &d), size);
    return SEAL_OK;
}
