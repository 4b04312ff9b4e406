/*
 * Reading the source and writing the bag: payload first, then the record of what was read.
 */
#include "bag/ahead.h"
#include "bag/reading.h"
#include "bag/source.h"
#include "base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define READ_LEN ((size_t)256 * 1024)
/* Up to this size a file is read before its header is written, so that one that changed meanwhile
 * can be read again; what is in the stream cannot be taken back. */
#define SMALL_LEN ((size_t)1024 * 1024)

struct packer {
    struct bag_source *source;
    struct content_writer *to;
    struct ahead *ahead;
    uint8_t *buf; /* SMALL_LEN */
    struct timestamp now;
    uint8_t tag_digests[TAG_COUNT][SHA256_LEN];
};

/* ---- Files -------------------------------------------------------------------------------- */

static void progress(const struct bag_source *s, uint64_t bytes)
{
    if (s->observer.progress != NULL)
        s->observer.progress(s->observer.ctx, bytes);
}

static enum seal_status put_entry(struct packer *p, const struct item *item, struct fault *fault)
{
    struct tar_entry e = {.path = item_path(&p->source->table, item),
                          .path_len = item->path_len,
                          .is_dir = item->type == ITEM_DIR,
                          .exec = (item->marks & MARK_EXEC) != 0,
                          .size = item->size,
                          .mtime = {item->sec, item->nsec}};

    return content_write_entry(p->to, &e, fault);
}

/* The header of a file, which is as it was when the reading began; that may be other than when it
 * was listed. */
static enum seal_status put_header(struct packer *p, struct item *item, const struct reading *r,
                                   struct fault *fault)
{
    p->source->totals.bytes += r->before.size - item->size;
    item->size = r->before.size;
    item->sec = r->before.mtime.sec;
    item->nsec = r->before.mtime.nsec;
    return put_entry(p, item, fault);
}

static enum seal_status remark_holes(struct packer *p, const char *path, struct reading *r,
                                     struct fault *fault)
{
    const struct buffer *texts;

    if (!reading_has_holes(r))
        return SEAL_OK;
    p->source->damaged_files++;
    if (reading_holes(r, &texts) != SEAL_OK)
        return fault_no_memory(fault);
    for (size_t at = 0; at < texts->len;) {
        const char *text = (const char *)texts->data + at;

        if (source_remark(p->source, BAG_DAMAGED, path, text, fault) != SEAL_OK)
            return fault->status;
        at += strlen(text) + 1;
    }
    return SEAL_OK;
}

static enum seal_status append_change(struct buffer *out, const struct reading *r,
                                      enum reading_change change)
{
    switch (change) {
    case READ_SHORT:
        return buffer_printf(out, "it ended after %" PRIu64 " of %" PRIu64 " bytes; zeros follow",
                             r->got, r->before.size);
    case READ_LONGER:
        return buffer_append_text(out, "it is longer than it was said to be; the rest is not here");
    case READ_STABLE:
    case READ_RETIMED:
    default:
        return buffer_append_text(out, "its size or time is another now");
    }
}

/* ---- Small files -------------------------------------------------------------------------- */

/* All of it into p->buf. */
static enum seal_status read_small(struct packer *p, struct reading *r, struct fault *fault)
{
    enum seal_status status;
    size_t len;

    do
        status = reading_next(r, p->buf + r->off, SMALL_LEN - (size_t)r->off, &len, fault);
    while (status == SEAL_OK && len > 0);
    return status;
}

/* data, of which item->digest is the digest, is what reading all of it gave. */
static enum seal_status put_small(struct packer *p, struct item *item, struct reading *r,
                                  const uint8_t *data, enum reading_change change,
                                  struct fault *fault)
{
    const char *path = item_path(&p->source->table, item);
    struct buffer text = {0};
    enum seal_status status = put_header(p, item, r, fault);

    if (status == SEAL_OK) {
        progress(p->source, item->size);
        status = content_write_data(p->to, data, (size_t)item->size, fault);
    }
    if (status == SEAL_OK)
        status = remark_holes(p, path, r, fault);
    if (status == SEAL_OK && change != READ_STABLE)
        status = append_change(&text, r, change) != SEAL_OK
                     ? fault_no_memory(fault)
                     : source_remark(p->source, BAG_CHANGED, path, (char *)text.data, fault);
    buffer_free(&text);
    return status;
}

/* ---- Large files -------------------------------------------------------------------------- */

/* Reads the file once more, to compare. *now gets its digest; *stable is false if it did not hold
 * still, or not all of it could be read. */
static enum seal_status read_again(struct packer *p, struct reading *again, int fd, bool *stable,
                                   uint8_t now[static SHA256_LEN], struct fault *fault)
{
    enum seal_status status = SEAL_OK;
    struct sha256 hash;
    size_t len = 1;

    *stable = false;
    if (reading_start(again, fd) != 0)
        return SEAL_OK;
    sha256_start(&hash);
    while (status == SEAL_OK && len > 0) {
        status = reading_next(again, p->buf, READ_LEN, &len, fault);
        if (status == SEAL_OK)
            sha256_add(&hash, p->buf, len);
    }
    sha256_end(&hash, now);
    *stable = status == SEAL_OK && reading_end(again) == READ_STABLE && !reading_has_holes(again);
    return status;
}

static enum seal_status describe_change(struct buffer *out, const struct item *item,
                                        const struct reading *r, enum reading_change change,
                                        const struct reading *again,
                                        const uint8_t now[static SHA256_LEN])
{
    char hex[2 * SHA256_LEN + 1];

    hex_encode(hex, now, SHA256_LEN);
    if (again->before.size == item->size && memcmp(now, item->digest, SHA256_LEN) == 0)
        return buffer_append_text(out,
                                  "its time changed; read again, its content is what was sealed");
    if (append_change(out, r, change) != SEAL_OK)
        return SEAL_NO_MEMORY;
    return buffer_printf(out, "; read again, it has %" PRIu64 " bytes and SHA-256 %s",
                         again->before.size, hex);
}

static enum seal_status remark_large(struct packer *p, const struct item *item,
                                     const struct reading *r, enum reading_change change,
                                     bool may_read_again, struct fault *fault)
{
    struct reading again = {.fd = -1};
    uint8_t now[SHA256_LEN];
    struct buffer text = {0};
    bool stable = false;
    enum seal_status status = SEAL_OK;

    if (may_read_again)
        status = read_again(p, &again, r->fd, &stable, now, fault);
    if (status == SEAL_OK && (stable ? describe_change(&text, item, r, change, &again, now)
                                     : append_change(&text, r, change)) != SEAL_OK)
        status = fault_no_memory(fault);
    if (status == SEAL_OK)
        status = source_remark(p->source, BAG_CHANGED, item_path(&p->source->table, item),
                               (char *)text.data, fault);
    buffer_free(&text);
    reading_free(&again);
    return status;
}

/* The next piece, read to where it is compressed from. Not more than stays in a processor's cache
 * until it is hashed. */
static enum seal_status put_piece(struct packer *p, struct sha256 *hash, struct reading *r,
                                  size_t *len, struct fault *fault)
{
    size_t room;
    uint8_t *to = content_reserve(p->to, &room);

    if (reading_next(r, to, room < READ_LEN ? room : READ_LEN, len, fault) != SEAL_OK)
        return fault->status;
    sha256_add(hash, to, *len);
    progress(p->source, *len);
    return content_commit(p->to, *len, fault);
}

static enum seal_status put_large(struct packer *p, struct item *item, struct reading *r,
                                  bool may_read_again, struct fault *fault)
{
    enum seal_status status = put_header(p, item, r, fault);
    enum reading_change change;
    struct sha256 hash;
    size_t len = 1;

    sha256_start(&hash);
    while (status == SEAL_OK && len > 0)
        status = put_piece(p, &hash, r, &len, fault);
    sha256_end(&hash, item->digest);
    if (status == SEAL_OK)
        status = remark_holes(p, item_path(&p->source->table, item), r, fault);
    if (status != SEAL_OK)
        return status;
    change = reading_end(r);
    return change == READ_STABLE ? SEAL_OK
                                 : remark_large(p, item, r, change, may_read_again, fault);
}

/* ---- Either ------------------------------------------------------------------------------- */

/* One that did not hold still is read again, whatever it is now. */
static enum seal_status put_again(struct packer *p, struct item *item, struct reading *r,
                                  struct fault *fault)
{
    enum reading_change change;

    if (reading_start(r, r->fd) != 0)
        return source_leave_out(p->source, item, "it can no longer be looked at", fault);
    if (r->before.size > SMALL_LEN)
        return put_large(p, item, r, false, fault);
    if (read_small(p, r, fault) != SEAL_OK)
        return fault->status;
    change = reading_end(r);
    sha256_of(item->digest, p->buf, (size_t)r->off);
    return put_small(p, item, r, p->buf, change, fault);
}

static enum seal_status put_open(struct packer *p, struct item *item, struct reading *r,
                                 struct fault *fault)
{
    if (r->before.size > SMALL_LEN) {
        plat_hint_sequential(r->fd);
        return put_large(p, item, r, true, fault);
    }
    if (read_small(p, r, fault) != SEAL_OK)
        return fault->status;
    if (reading_end(r) != READ_STABLE)
        return put_again(p, item, r, fault);
    sha256_of(item->digest, p->buf, (size_t)r->off);
    return put_small(p, item, r, p->buf, READ_STABLE, fault);
}

static enum seal_status no_longer_a_file(struct packer *p, struct item *item, struct fault *fault)
{
    return source_leave_out(p->source, item, "it is no longer a file", fault);
}

static enum seal_status put_ahead(struct packer *p, struct item *item, struct ahead_file *f,
                                  struct fault *fault)
{
    if (f->error != 0)
        return source_leave_out(p->source, item, plat_strerror(f->error), fault);
    if (!f->is_file)
        return no_longer_a_file(p, item, fault);
    if (!f->is_read)
        return put_open(p, item, &f->reading, fault);
    if (f->fault.status != SEAL_OK) {
        *fault = f->fault;
        return fault->status;
    }
    if (f->change != READ_STABLE)
        return put_again(p, item, &f->reading, fault);
    memcpy(item->digest, f->digest, SHA256_LEN);
    return put_small(p, item, &f->reading, f->data, READ_STABLE, fault);
}

static enum seal_status put_file(struct packer *p, struct item *item, struct fault *fault)
{
    struct reading r = {.fd = -1};
    enum seal_status status;
    int fd = source_open_item(p->source, item);

    if (fd < 0)
        return source_leave_out(p->source, item, plat_strerror(errno), fault);
    status = reading_start(&r, fd) == 0 ? put_open(p, item, &r, fault)
                                        : no_longer_a_file(p, item, fault);
    reading_free(&r);
    (void)plat_close(fd);
    return status;
}

static enum seal_status put_item(struct packer *p, size_t number, struct fault *fault)
{
    struct item *item = &p->source->table.items[number];
    struct ahead_file *f;

    switch (item->type) {
    case ITEM_FILE:
        f = ahead_take(p->ahead, number);
        return f == NULL ? put_file(p, item, fault) : put_ahead(p, item, f, fault);
    case ITEM_DIR:
        return put_entry(p, item, fault);
    default:
        return SEAL_OK;
    }
}

static enum seal_status put_payload(struct packer *p, struct fault *fault)
{
    for (size_t i = 0; i < p->source->table.count; i++) {
        if (stop_requested())
            return fault_set(fault, REASON_INTERRUPTED, NULL);
        if (put_item(p, i, fault) != SEAL_OK)
            return fault->status;
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
            status = fault_no_memory(fault);
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
    return content_write_data(self, data, len, fault);
}

static enum seal_status put_tag_file(struct packer *p, enum tag_file which,
                                     const struct tag_text *text, struct fault *fault)
{
    struct measure m = {.size = 0};
    struct tar_entry e = {
        .path = tag_file_names[which], .path_len = strlen(tag_file_names[which]), .mtime = p->now};

    sha256_start(&m.hash);
    if (each_piece(p->source, text, &(struct sink){measure_write, &m}, fault) != SEAL_OK)
        return fault->status;
    sha256_end(&m.hash, p->tag_digests[which]);
    e.size = m.size;
    if (content_write_entry(p->to, &e, fault) != SEAL_OK)
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
    struct bag_totals totals = p->source->totals;
    struct buffer b = {0};
    enum seal_status status;

    totals.remarks[BAG_DAMAGED] = p->source->damaged_files;
    status = bag_info_text(&b, info, &totals);
    if (status != SEAL_OK)
        (void)fault_set_status(fault, status);
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
        (void)fault_set_status(fault, status);
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

enum seal_status bag_source_write(struct bag_source *source, struct content_writer *to,
                                  struct crew *crew, const struct bag_info *info,
                                  uint8_t digest[static SHA256_LEN], struct fault *fault)
{
    struct packer p = {.source = source, .to = to, .now = {info->now.sec, 0}};
    struct item *data = &source->table.items[0];
    enum seal_status status;

    p.buf = malloc(SMALL_LEN);
    if (p.buf == NULL)
        return fault_no_memory(fault);
    if (ahead_new(&p.ahead, source, crew, fault) != SEAL_OK) {
        free(p.buf);
        return fault->status;
    }
    /* Otherwise data/ is ours, and new. */
    if (!source->data_is_given)
        data->sec = p.now.sec;
    status = put_payload(&p, fault);
    if (status == SEAL_OK)
        status = put_record(&p, info, fault);
    if (status == SEAL_OK)
        memcpy(digest, p.tag_digests[TAG_TAGMANIFEST], SHA256_LEN);
    ahead_free(p.ahead);
    free(p.buf);
    return status;
}
