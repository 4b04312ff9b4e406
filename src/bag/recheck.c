/*
 * Checking a bag on disk again: what is there against what the record says.
 */
#include "bag/recheck.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

static enum seal_status out_of_memory(struct fault *fault)
{
    return fault_no_memory(fault);
}

void recheck_tell(struct recheck *r, enum bag_change kind, const char *path, const char *format,
                  ...)
{
    char detail[256];
    va_list args;

    r->result->changes[kind]++;
    if (r->observer == NULL || r->observer->change == NULL)
        return;
    if (format != NULL) {
        va_start(args, format);
        (void)vsnprintf(detail, sizeof detail, format, args);
        va_end(args);
    }
    r->observer->change(r->observer->ctx, kind, path, format == NULL ? NULL : detail);
}

/* ---- Tables ------------------------------------------------------------------------------- */

static bool grow_rows(struct listed *l)
{
    size_t len = l->table.count * l->row_len;

    if (len <= l->rows.len)
        return true;
    if (buffer_reserve(&l->rows, len - l->rows.len) != SEAL_OK)
        return false;
    memset(l->rows.data + l->rows.len, 0, len - l->rows.len);
    l->rows.len = len;
    return true;
}

struct item *listed_item(struct listed *l, const char *path, size_t path_len)
{
    struct item *item = table_find(&l->table, path, path_len);

    if (item != NULL)
        return item;
    item = table_add(&l->table, path, path_len);
    return item != NULL && grow_rows(l) ? item : NULL;
}

uint8_t *listed_digest(const struct listed *l, const struct item *item, enum digest_kind kind)
{
    return l->rows.data + (size_t)(item - l->table.items) * l->row_len + l->row_off[kind];
}

const struct item *prefixes_find(struct prefixes *p, const char *path, size_t path_len)
{
    for (size_t len = path_len; len > 0 && p->table.count > 0; len--) {
        const struct item *item;

        if (len > PATH_LEN_MAX || !p->lens[len] || (len < path_len && path[len] != '/'))
            continue;
        item = table_find(&p->table, path, len);
        if (item != NULL)
            return item;
    }
    return NULL;
}

enum seal_status prefixes_add(struct prefixes *p, const char *path, size_t path_len,
                              const char *text, size_t text_len)
{
    if (path_len > PATH_LEN_MAX) /* nothing that the record may list is below it */
        return SEAL_OK;
    if (table_add(&p->table, path, path_len) == NULL ||
        (text != NULL && table_add_text(&p->table, text, text_len) != SEAL_OK))
        return SEAL_NO_MEMORY;
    p->lens[path_len] = true;
    return SEAL_OK;
}

/* ---- One file ----------------------------------------------------------------------------- */

/* All of an open file, through d; *sys is errno, or 0, and *size the bytes read. */
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
    /* A signal may have ended the reading. */
    return stop_requested() ? fault_set(fault, REASON_INTERRUPTED, NULL) : SEAL_OK;
}

/* The strongest of these kinds; any if there is none. */
static enum digest_kind strongest(unsigned int kinds)
{
    int kind = DIGEST_KINDS - 1;

    while (kind > 0 && !(kinds & 1U << kind))
        kind--;
    return (enum digest_kind)kind;
}

/* Which manifests agree with the digests of what was read, of those that list the item. */
static unsigned int agreeing(const struct listed *l, const struct item *item, struct digests *d)
{
    unsigned int agree = 0;

    for (int i = 0; i < DIGEST_KINDS; i++) {
        enum digest_kind kind = (enum digest_kind)i;
        uint8_t digest[DIGEST_LEN_MAX];

        if (!(item->root & MET_IN(kind)))
            continue;
        digests_end(d, kind, digest);
        if (memcmp(digest, listed_digest(l, item, kind), digest_len(kind)) == 0)
            agree |= MET_IN(kind);
    }
    return agree;
}

/* Where manifests contradict each other, the strongest digest says whether the bytes are those that
 * were recorded. */
static void tell_digests(struct recheck *r, const struct listed *l, const struct item *item,
                         unsigned int agree, uint64_t size)
{
    unsigned int listed = item->root & MET_IN_ANY;
    const char *path = item_path(&l->table, item);
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
        recheck_tell(r, agree & MET_IN(strongest(listed)) ? BAG_RECORD_OFF : BAG_ALTERED, path,
                     "%s%s.txt has its digest, %s%s.txt has another", l->prefix, yes, l->prefix,
                     no);
}

/* An item that some manifest lists, open at fd. */
static enum seal_status check_digests(struct recheck *r, const struct listed *l,
                                      const struct item *item, int fd, struct fault *fault)
{
    bool is_payload = l == &r->payload;
    struct digests d;
    uint64_t size;
    int sys;

    digests_start(&d, item->root & MET_IN_ANY);
    if (hash_file(r, fd, &d, is_payload, &size, &sys, fault) != SEAL_OK)
        return fault->status;
    if (sys != 0) {
        recheck_tell(r, BAG_UNREADABLE, item_path(&l->table, item), "%s", plat_strerror(sys));
        return SEAL_OK;
    }
    if (is_payload) {
        r->result->files++;
        r->result->bytes += size;
    }
    tell_digests(r, l, item, agreeing(l, item, &d), size);
    return SEAL_OK;
}

/* ---- Tag files ---------------------------------------------------------------------------- */

static enum seal_status check_tag_file(struct recheck *r, const struct item *item,
                                       struct fault *fault)
{
    const char *path = item_path(&r->tags.table, item);
    struct plat_stat st;
    int fd = ondisk_open(r->dirfd, path, &st);
    enum seal_status status;

    if (fd == ONDISK_NO_FILE) {
        recheck_tell(r, BAG_GONE, path, "%s is in its place", ondisk_type_text(st.type));
        return SEAL_OK;
    }
    if (fd < 0) {
        bool gone = errno == ENOENT || errno == ENOTDIR || errno == ELOOP;

        if (gone)
            recheck_tell(r, BAG_GONE, path, NULL);
        else
            recheck_tell(r, BAG_UNREADABLE, path, "%s", plat_strerror(errno));
        return SEAL_OK;
    }
    status = check_digests(r, &r->tags, item, fd, fault);
    (void)plat_close(fd);
    return status;
}

static enum seal_status check_tag_files(struct recheck *r, struct fault *fault)
{
    for (size_t i = 0; i < r->tags.table.count; i++) {
        if (stop_requested())
            return fault_set(fault, REASON_INTERRUPTED, NULL);
        if (check_tag_file(r, &r->tags.table.items[i], fault) != SEAL_OK)
            return fault->status;
    }
    return SEAL_OK;
}

/* ---- Times -------------------------------------------------------------------------------- */

/* Whether a file system that keeps times in steps would show the one for the other: NTFS 100 ns,
 * exFAT 10 ms, ext3 and HFS+ 1 s, FAT 2 s. */
static bool may_be_rounded(struct timestamp was, struct timestamp is)
{
    static const int64_t steps[] = {100, 1000, 10000000, 1000000000, 2000000000};
    int64_t apart, within;

    if (was.sec > is.sec + 2 || is.sec > was.sec + 2)
        return false;
    apart = (is.sec - was.sec) * 1000000000 + is.nsec - was.nsec;
    within = (is.sec & 1) * 1000000000 + is.nsec;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        if (apart < steps[i] && -apart < steps[i] && within % steps[i] == 0)
            return true;
    return false;
}

static void check_time(struct recheck *r, const struct item *item, struct timestamp is)
{
    struct timestamp was = {item->sec, item->nsec};
    char before[TIME_TEXT_SIZE], after[TIME_TEXT_SIZE];

    if (!(item->marks & MARK_IN_LISTING) ||
        (was.sec == is.sec && was.nsec / PLAT_TIME_UNIT == is.nsec / PLAT_TIME_UNIT))
        return;
    time_format(before, was, true);
    time_format(after, is, true);
    recheck_tell(r, BAG_RETIMED, item_path(&r->payload.table, item), "%s -> %s%s", before, after,
                 may_be_rounded(was, is) ? " (this file system may have rounded it)" : "");
}

/* ---- What is below data/ ------------------------------------------------------------------ */

/* Nothing is known of files that are not listed where a manifest could not be read. */
static enum bag_change unlisted(const struct recheck *r)
{
    return r->payload.whole == r->payload.kinds ? BAG_ADDED : BAG_UNREADABLE;
}

static enum seal_status meet_listed(struct recheck *r, struct item *item,
                                    const struct ondisk_entry *e, struct fault *fault)
{
    struct plat_stat st;
    enum seal_status status;
    int fd = ondisk_open_name(e->dirfd, e->name, &st);

    item->root |= MET_ON_DISK;
    if (fd < 0) {
        recheck_tell(r, BAG_UNREADABLE, e->path, "%s",
                     fd == ONDISK_NO_FILE ? ondisk_type_text(st.type) : plat_strerror(errno));
        return SEAL_OK;
    }
    check_time(r, item, st.mtime);
    plat_hint_sequential(fd);
    status = check_digests(r, &r->payload, item, fd, fault);
    (void)plat_close(fd);
    return status;
}

static enum seal_status meet_file(void *ctx, const struct ondisk_entry *e, struct fault *fault)
{
    struct recheck *r = ctx;
    struct item *item = table_find(&r->payload.table, e->path, e->path_len);

    if (e->st.type != PLAT_FILE) {
        recheck_tell(r, BAG_ADDED, e->path, "%s", ondisk_type_text(e->st.type));
        return SEAL_OK;
    }
    if (item != NULL && item->root & MET_IN_ANY)
        return meet_listed(r, item, e, fault);
    if (item != NULL && item->type == ITEM_FILE) /* no manifest has it, but something else has */
        item->root |= MET_ON_DISK;
    if (unlisted(r) == BAG_ADDED)
        recheck_tell(r, BAG_ADDED, e->path, NULL);
    else
        recheck_tell(r, BAG_UNREADABLE, e->path, "the manifest that may list it");
    return SEAL_OK;
}

static enum seal_status meet_folder(void *ctx, const struct ondisk_entry *e, struct fault *fault)
{
    struct recheck *r = ctx;
    struct item *item = table_find(&r->payload.table, e->path, e->path_len);

    (void)fault;
    if (item != NULL && item->type == ITEM_DIR) {
        item->root |= MET_ON_DISK;
        check_time(r, item, e->st.mtime);
    } else if (item != NULL || (r->result->has_listing && strcmp(e->path, PAYLOAD_DIR) != 0))
        recheck_tell(r, BAG_ADDED, e->path, "%s", ondisk_type_text(e->st.type));
    return SEAL_OK;
}

static enum seal_status meet_trouble(void *ctx, const char *path, size_t path_len, const char *why,
                                     struct fault *fault)
{
    struct recheck *r = ctx;
    struct item *item = table_find(&r->payload.table, path, path_len);

    if (item != NULL)
        item->root |= MET_ON_DISK;
    recheck_tell(r, BAG_UNREADABLE, path, "%s", why);
    if (prefixes_add(&r->unreadable, path, path_len, NULL, 0) != SEAL_OK)
        return out_of_memory(fault);
    return SEAL_OK;
}

static enum seal_status check_payload(struct recheck *r, struct fault *fault)
{
    const struct ondisk_visitor visitor = {r, meet_file, meet_folder, meet_trouble};

    return ondisk_walk(r->dirfd, PAYLOAD_DIR, &visitor, fault);
}

/* ---- The end ------------------------------------------------------------------------------ */

static void tell_not_met(struct recheck *r, const struct item *item)
{
    const char *path = item_path(&r->payload.table, item);

    if (item->root & MET_ON_DISK || item->marks & MARK_IMPLIED)
        return;
    if (prefixes_find(&r->unreadable, path, item->path_len) != NULL)
        recheck_tell(r, BAG_UNREADABLE, path, "its folder could not be read");
    else if (item->root & MET_IN_FETCH)
        recheck_tell(r, BAG_GONE, path, "fetch.txt says where it can be fetched");
    else if (item->type == ITEM_DIR)
        recheck_tell(r, BAG_GONE, path, "a folder");
    else
        recheck_tell(r, BAG_GONE, path, NULL);
}

/* RFC 8493, 2.2.2. Against the record where it says enough; against what is there only if that is
 * what was recorded, for else the sum differs for a reason that was told already. */
static void check_oxum(struct recheck *r)
{
    const uint64_t *changes = r->result->changes;
    uint64_t files = 0, bytes = 0, sizes = 0;

    for (size_t i = 0; i < r->payload.table.count; i++) {
        const struct item *item = &r->payload.table.items[i];

        if (!(item->root & MET_IN_ANY))
            continue;
        files++;
        bytes += item->size;
        sizes += (item->marks & MARK_IN_LISTING) != 0;
    }
    if (sizes < files && changes[BAG_GONE] + changes[BAG_ALTERED] + changes[BAG_UNREADABLE] > 0)
        bytes = r->oxum_bytes;
    else if (sizes < files)
        bytes = r->result->bytes;
    if (r->oxum_in != NULL && (files != r->oxum_files || bytes != r->oxum_bytes))
        recheck_tell(r, BAG_RECORD_OFF, r->oxum_in,
                     "its Payload-Oxum is %" PRIu64 ".%" PRIu64 ", and the files are %" PRIu64
                     ".%" PRIu64,
                     r->oxum_bytes, r->oxum_files, bytes, files);
}

static enum seal_status check_all(struct recheck *r, struct fault *fault)
{
    if (recheck_record(r, fault) != SEAL_OK || check_tag_files(r, fault) != SEAL_OK ||
        recheck_sealed(r, fault) != SEAL_OK || recheck_own(r, fault) != SEAL_OK ||
        check_payload(r, fault) != SEAL_OK)
        return fault->status;
    for (size_t i = 0; i < r->payload.table.count; i++)
        tell_not_met(r, &r->payload.table.items[i]);
    check_oxum(r);
    return SEAL_OK;
}

static void listed_free(struct listed *l)
{
    table_free(&l->table);
    buffer_free(&l->rows);
}

enum seal_status bag_recheck(struct bag_recheck *result, int dirfd, const char *name,
                             const struct bag_recheck_observer *observer, struct fault *fault)
{
    struct recheck *r = calloc(1, sizeof *r);
    enum seal_status status;

    *result = (struct bag_recheck){0};
    if (r == NULL)
        return out_of_memory(fault);
    r->result = result;
    r->observer = observer;
    r->name = name;
    r->dirfd = dirfd;
    randombytes_buf(r->link_key, sizeof r->link_key);
    r->payload.prefix = "manifest-";
    r->tags.prefix = "tagmanifest-";
    table_init(&r->payload.table, true);
    table_init(&r->tags.table, true);
    table_init(&r->spelled.table, true);
    table_init(&r->unreadable.table, true);
    r->chunk = malloc(RECHECK_CHUNK);
    status = r->chunk == NULL ? out_of_memory(fault) : check_all(r, fault);
    listed_free(&r->payload);
    listed_free(&r->tags);
    table_free(&r->spelled.table);
    table_free(&r->unreadable.table);
    free(r->chunk);
    free(r);
    return status;
}
