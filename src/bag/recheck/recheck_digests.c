/*
 * Checking a bag on disk: the bytes of one file against the digests that manifests list for it.
 */
#include "bag/recheck/recheck_digests.h"
#include "platform/process.h"

#include <errno.h>
#include <inttypes.h>
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
static void tell_digests(struct recheck *r, const struct manifest_set *m, const struct item *item,
                         unsigned int agree, uint64_t size)
{
    unsigned int listed = item->recheck.manifests;
    const char *path = item_path(&m->table, item);
    const char *yes = digest_name(strongest(agree)), *no = digest_name(strongest(listed & ~agree));

    if (agree == listed && item->marks & MARK_IN_LISTING && item->size != size)
        recheck_tell(r, BAG_RECORD_OFF, path, "metadata.mtree has another size");
    else if (agree == listed)
        return;
    else if (agree == 0 && item->marks & MARK_IN_LISTING && item->size != size)
        recheck_tell(r, BAG_ALTERED, path, "%" PRIu64 " bytes -> %" PRIu64, item->size, size);
    else if (agree == 0)
        recheck_tell(r, BAG_ALTERED, path, NULL);
    else
        recheck_tell(r, agree & DIGEST_BIT(strongest(listed)) ? BAG_RECORD_OFF : BAG_ALTERED, path,
                     "%s%s.txt has its digest, %s%s.txt has another", m->prefix, yes, m->prefix,
                     no);
}

enum seal_status recheck_compare(struct recheck *r, const struct manifest_set *m,
                                 const struct item *item, int fd, struct fault *fault)
{
    bool is_payload = m == &r->payload;
    struct digests d;
    uint64_t size;
    int sys;

    digests_start(&d, item->recheck.manifests);
    if (hash_file(r, fd, &d, is_payload, &size, &sys, fault) != SEAL_OK)
        return fault->status;
    if (sys != 0) {
        recheck_tell(r, BAG_UNREADABLE, item_path(&m->table, item), "%s", plat_strerror(sys));
        return SEAL_OK;
    }
    if (is_payload) {
        r->result->files++;
        r->result->bytes += size;
    }
    tell_digests(r, m, item, agreeing(m, item, &d), size);
    return SEAL_OK;
}
