/*
 * Reading the source and writing the bag: payload first, then the record of what was read.
 */
#include "bag/source.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define READ_LEN ((size_t)256 * 1024)
/* What is given up at a time where a medium fails, and how often a read is tried. */
#define SECTOR_LEN ((size_t)4096)
#define READ_TRIES 3

struct packer {
    struct bag_source *source;
    struct archive_writer *to;
    uint8_t *buf; /* READ_LEN */
    struct timestamp now;
    uint8_t tag_digests[TAG_COUNT][SHA256_LEN];
};

/* ---- Files -------------------------------------------------------------------------------- */

/* Byte ranges of one file that could not be read, joined where they touch. A dying card may have
 * very many: a remark holds some hundreds, and there may be several. */
struct holes {
    struct buffer text;  /* "FIRST-LAST,FIRST-LAST": for the remark at hand */
    struct buffer lines; /* remarks that are full, each with a NUL */
    uint64_t first, end; /* the range not yet in text; end 0: none */
};

#define REMARK_LEN ((size_t)4000)

static enum seal_status holes_flush(struct holes *h)
{
    if (h->end == 0)
        return SEAL_OK;
    if (h->text.len > REMARK_LEN) {
        if (buffer_append(&h->lines, h->text.data, h->text.len) != SEAL_OK ||
            buffer_append(&h->lines, "", 1) != SEAL_OK)
            return SEAL_NO_MEMORY;
        h->text.len = 0;
    }
    return buffer_printf(&h->text, "%s%" PRIu64 "-%" PRIu64, h->text.len > 0 ? "," : "", h->first,
                         h->end - 1);
}

static enum seal_status holes_add(struct holes *h, uint64_t off, uint64_t len)
{
    if (h->end == 0 || h->end != off) {
        if (holes_flush(h) != SEAL_OK)
            return SEAL_NO_MEMORY;
        h->first = off;
    }
    h->end = off + len;
    return SEAL_OK;
}

/* All ranges, in remarks. */
static enum seal_status holes_remark(struct bag_source *s, struct holes *h, const char *path,
                                     struct fault *fault)
{
    if (holes_flush(h) != SEAL_OK ||
        buffer_append(&h->lines, h->text.data, h->text.len) != SEAL_OK ||
        buffer_append(&h->lines, "", 1) != SEAL_OK)
        return fault_set(fault, SEAL_NO_MEMORY, NULL, NULL);
    for (size_t at = 0; at < h->lines.len;) {
        const char *line = (const char *)h->lines.data + at;

        if (source_remark(s, BAG_DAMAGED, path, line, fault) != SEAL_OK)
            return fault->status;
        at += strlen(line) + 1;
    }
    return SEAL_OK;
}

static void holes_free(struct holes *h)
{
    buffer_free(&h->text);
    buffer_free(&h->lines);
}

static int64_t read_with_patience(int fd, uint8_t *buf, size_t len, uint64_t off)
{
    int64_t n = -1;

    for (int i = 0; i < READ_TRIES && n < 0; i++)
        n = plat_read_at(fd, buf, len, off);
    return n;
}

/* The next piece of a file: what is there, or, where the medium fails, zeros for one sector. *len
 * is 0 at the end of the file. */
static enum seal_status read_piece(int fd, uint8_t *buf, uint64_t off, uint64_t left, size_t *len,
                                   struct holes *holes)
{
    size_t want = left < READ_LEN ? (size_t)left : READ_LEN;
    size_t sector = SECTOR_LEN - (size_t)(off % SECTOR_LEN);
    int64_t n = plat_read_at(fd, buf, want, off);

    if (sector > left)
        sector = (size_t)left;
    if (n < 0 && want > sector) /* good sectors in front of the bad one are worth having */
        n = read_with_patience(fd, buf, sector, off);
    else if (n < 0)
        n = read_with_patience(fd, buf, want, off);
    if (n < 0) {
        memset(buf, 0, sector);
        *len = sector;
        return holes_add(holes, off, sector);
    }
    *len = (size_t)n;
    return SEAL_OK;
}

static void progress(const struct bag_source *s, uint64_t bytes)
{
    if (s->observer.progress != NULL)
        s->observer.progress(s->observer.ctx, bytes);
}

static enum seal_status put_bytes(struct packer *p, struct sha256 *hash, const void *data,
                                  size_t len, struct fault *fault)
{
    sha256_add(hash, data, len);
    progress(p->source, len);
    return archive_write_data(p->to, data, len, fault);
}

/* size bytes in any case: zeros where the file ends before. *got is how many were the file's. */
static enum seal_status put_content(struct packer *p, struct item *item, int fd, uint64_t *got,
                                    struct holes *holes, struct fault *fault)
{
    struct sha256 hash;
    bool ended = false;

    sha256_start(&hash);
    *got = 0;
    for (uint64_t off = 0; off < item->size;) {
        size_t len = 0;

        if (stop_requested())
            return fault_set(fault, SEAL_INTERRUPTED, NULL, NULL);
        if (!ended && read_piece(fd, p->buf, off, item->size - off, &len, holes) != SEAL_OK)
            return fault_set(fault, SEAL_NO_MEMORY, NULL, NULL);
        if (len == 0) {
            ended = true;
            len = item->size - off < READ_LEN ? (size_t)(item->size - off) : READ_LEN;
            memset(p->buf, 0, len);
        }
        if (put_bytes(p, &hash, p->buf, len, fault) != SEAL_OK)
            return fault->status;
        off += len;
        if (!ended)
            *got = off;
    }
    sha256_end(&hash, item->digest);
    return SEAL_OK;
}

/* Says in the record what was not as it should be. before is what the file was when opened. */
static enum seal_status remark_content(struct packer *p, const struct item *item, int fd,
                                       const struct plat_stat *before, uint64_t got,
                                       struct holes *holes, struct fault *fault)
{
    const char *path = item_path(&p->source->table, item);
    struct plat_stat after;
    char text[128];

    if (holes->end != 0 && holes_remark(p->source, holes, path, fault) != SEAL_OK)
        return fault->status;
    if (got < item->size) {
        (void)snprintf(text, sizeof text,
                       "it ended after %" PRIu64 " of %" PRIu64 " bytes; zeros follow", got,
                       item->size);
        return source_remark(p->source, BAG_CHANGED, path, text, fault);
    }
    if (plat_read_at(fd, p->buf, 1, item->size) > 0)
        return source_remark(p->source, BAG_CHANGED, path,
                             "it is longer than it was said to be; the rest is not here", fault);
    if (plat_stat_fd(fd, &after) == 0 && after.size == before->size &&
        after.mtime.sec == before->mtime.sec && after.mtime.nsec == before->mtime.nsec)
        return SEAL_OK;
    return source_remark(p->source, BAG_CHANGED, path, "its size or time is another now", fault);
}

static enum seal_status put_entry(struct packer *p, const struct item *item, struct fault *fault)
{
    struct archive_entry e = {.path = item_path(&p->source->table, item),
                              .path_len = item->path_len,
                              .is_dir = item->type == ITEM_DIR,
                              .exec = (item->marks & MARK_EXEC) != 0,
                              .size = item->size,
                              .mtime = {item->sec, item->nsec}};

    return archive_write_entry(p->to, &e, fault);
}

/* A file that was listed and cannot be opened now is left out; the totals had it in. */
static enum seal_status leave_out(struct packer *p, struct item *item, const char *why,
                                  struct fault *fault)
{
    item->marks |= MARK_ABSENT;
    p->source->totals.files--;
    p->source->totals.bytes -= item->size;
    progress(p->source, item->size);
    return source_remark(p->source, BAG_MISSING, item_path(&p->source->table, item), why, fault);
}

static enum seal_status put_file(struct packer *p, struct item *item, struct fault *fault)
{
    struct holes holes = {.end = 0};
    struct plat_stat st;
    uint64_t got;
    enum seal_status status;
    int fd = source_open_item(p->source, item);

    if (fd < 0 || plat_stat_fd(fd, &st) != 0 || st.type != PLAT_FILE) {
        status = leave_out(p, item, fd < 0 ? strerror(errno) : "it is no longer a file", fault);
        goto out;
    }
    /* As it is now, which may be other than when it was listed. */
    p->source->totals.bytes += st.size - item->size;
    item->size = st.size;
    item->sec = st.mtime.sec;
    item->nsec = st.mtime.nsec;
    plat_hint_sequential(fd);
    status = put_entry(p, item, fault);
    if (status == SEAL_OK)
        status = put_content(p, item, fd, &got, &holes, fault);
    if (status == SEAL_OK)
        status = remark_content(p, item, fd, &st, got, &holes, fault);
out:
    holes_free(&holes);
    if (fd >= 0)
        (void)plat_close(fd);
    return status;
}

static enum seal_status put_payload(struct packer *p, struct fault *fault)
{
    struct table *t = &p->source->table;

    for (size_t i = 0; i < t->count; i++) {
        struct item *item = &t->items[i];
        enum seal_status status = SEAL_OK;

        if (stop_requested())
            return fault_set(fault, SEAL_INTERRUPTED, NULL, NULL);
        if (item->type == ITEM_FILE)
            status = put_file(p, item, fault);
        else if (item->type == ITEM_DIR)
            status = put_entry(p, item, fault);
        if (status != SEAL_OK)
            return status;
    }
    return SEAL_OK;
}

/* ---- Tag files ---------------------------------------------------------------------------- */

/* Appends the text that belongs to one item. */
typedef enum seal_status (*line_maker)(struct buffer *out, const struct table *t,
                                       const struct item *item);

static enum seal_status make_manifest_line(struct buffer *out, const struct table *t,
                                           const struct item *item)
{
    if (item->type != ITEM_FILE || (item->marks & MARK_ABSENT) != 0)
        return SEAL_OK;
    return manifest_line(out, item->digest, item_path(t, item));
}

static enum seal_status make_mtree_line(struct buffer *out, const struct table *t,
                                        const struct item *item)
{
    if ((item->marks & MARK_ABSENT) != 0)
        return SEAL_OK;
    if ((item->marks & MARK_RENAMED) != 0 &&
        mtree_renamed(out, item_path(t, item), item_original(t, item)) != SEAL_OK)
        return SEAL_NO_MEMORY;
    return mtree_line(out, t, item);
}

/* A tag file as text in front, lines made for each item, and text behind. It is made twice, once
 * for its size and digest and once for the archive, because it may be large. */
struct tag_text {
    struct span front, back;
    line_maker line; /* or NULL */
};

static enum seal_status each_piece(const struct bag_source *s, const struct tag_text *text,
                                   const struct sink *to, struct fault *fault)
{
    struct buffer b = {0};
    enum seal_status status = to->write(to->self, text->front.data, text->front.len, fault);

    for (size_t i = 0; status == SEAL_OK && text->line != NULL && i < s->table.count; i++) {
        if (text->line(&b, &s->table, &s->table.items[i]) != SEAL_OK)
            status = fault_set(fault, SEAL_NO_MEMORY, NULL, NULL);
        else if (b.len >= READ_LEN || i + 1 == s->table.count) {
            status = to->write(to->self, b.data, b.len, fault);
            b.len = 0;
        }
    }
    buffer_free(&b);
    return status == SEAL_OK ? to->write(to->self, text->back.data, text->back.len, fault) : status;
}

struct measure {
    struct sha256 hash;
    uint64_t size;
};

static enum seal_status measure_write(void *self, const void *data, size_t len, struct fault *fault)
{
    struct measure *m = self;

    (void)fault;
    sha256_add(&m->hash, data, len);
    m->size += len;
    return SEAL_OK;
}

static enum seal_status archive_sink_write(void *self, const void *data, size_t len,
                                           struct fault *fault)
{
    return archive_write_data(self, data, len, fault);
}

static enum seal_status put_tag_file(struct packer *p, enum tag_file which,
                                     const struct tag_text *text, struct fault *fault)
{
    struct measure m = {.size = 0};
    struct archive_entry e = {
        .path = tag_file_names[which], .path_len = strlen(tag_file_names[which]), .mtime = p->now};

    sha256_start(&m.hash);
    if (each_piece(p->source, text, &(struct sink){measure_write, &m}, fault) != SEAL_OK)
        return fault->status;
    sha256_end(&m.hash, p->tag_digests[which]);
    e.size = m.size;
    if (archive_write_entry(p->to, &e, fault) != SEAL_OK)
        return fault->status;
    return each_piece(p->source, text, &(struct sink){archive_sink_write, p->to}, fault);
}

static enum seal_status put_plain_tag_file(struct packer *p, enum tag_file which,
                                           const struct buffer *b, struct fault *fault)
{
    return put_tag_file(p, which, &(struct tag_text){.front = {b->data, b->len}}, fault);
}

static enum seal_status put_bag_info(struct packer *p, const struct bag_info *info,
                                     struct fault *fault)
{
    const struct bag_totals *t = &p->source->totals;
    struct date day = date_from_days(p->now.sec < 0 ? 0 : (uint32_t)(p->now.sec / 86400));
    struct buffer b = {0};
    enum seal_status status;

    status = buffer_printf(&b,
                           "Bagging-Date: %04d-%02d-%02d\n"
                           "Bag-Software-Agent: %s\n"
                           "Payload-Oxum: %" PRIu64 ".%" PRIu64 "\n"
                           "Seal-Format-Version: %d\n",
                           day.year, day.month, day.day, info->software, t->bytes, t->files,
                           SEAL_FORMAT_VERSION);
    if (status != SEAL_OK)
        (void)fault_set(fault, status, NULL, NULL);
    else
        status = put_plain_tag_file(p, TAG_BAG_INFO, &b, fault);
    buffer_free(&b);
    return status;
}

static enum seal_status put_tagmanifest(struct packer *p, struct fault *fault)
{
    static const enum tag_file listed[] = {TAG_BAG_INFO, TAG_BAGIT, TAG_MANIFEST, TAG_MTREE};
    struct buffer b = {0};
    enum seal_status status = SEAL_OK;

    for (size_t i = 0; i < sizeof listed / sizeof listed[0] && status == SEAL_OK; i++)
        status = manifest_line(&b, p->tag_digests[listed[i]], tag_file_names[listed[i]]);
    if (status != SEAL_OK)
        (void)fault_set(fault, status, NULL, NULL);
    else
        status = put_plain_tag_file(p, TAG_TAGMANIFEST, &b, fault);
    buffer_free(&b);
    return status;
}

static enum seal_status put_record(struct packer *p, const struct bag_info *info,
                                   struct fault *fault)
{
    static const char bagit[] = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";
    const struct buffer *remarks = &p->source->remarks;
    struct tag_text manifest = {.line = make_manifest_line};
    struct tag_text mtree = {
        {MTREE_HEAD, strlen(MTREE_HEAD)}, {remarks->data, remarks->len}, make_mtree_line};
    struct tag_text bagit_text = {.front = {bagit, strlen(bagit)}};

    if (put_tag_file(p, TAG_MANIFEST, &manifest, fault) != SEAL_OK ||
        put_tag_file(p, TAG_MTREE, &mtree, fault) != SEAL_OK ||
        put_bag_info(p, info, fault) != SEAL_OK ||
        put_tag_file(p, TAG_BAGIT, &bagit_text, fault) != SEAL_OK)
        return fault->status;
    return put_tagmanifest(p, fault);
}

enum seal_status bag_source_write(struct bag_source *source, struct archive_writer *to,
                                  const struct bag_info *info, uint8_t digest[static SHA256_LEN],
                                  struct fault *fault)
{
    struct packer p = {.source = source, .to = to, .now = {info->now.sec, 0}};
    struct item *data = &source->table.items[0];
    enum seal_status status;

    p.buf = malloc(READ_LEN);
    if (p.buf == NULL)
        return fault_set(fault, SEAL_NO_MEMORY, NULL, NULL);
    /* Otherwise data/ is ours, and new. */
    if (!source->data_is_given)
        data->sec = p.now.sec;
    status = put_payload(&p, fault);
    if (status == SEAL_OK)
        status = put_record(&p, info, fault);
    if (status == SEAL_OK)
        memcpy(digest, p.tag_digests[TAG_TAGMANIFEST], SHA256_LEN);
    free(p.buf);
    return status;
}
