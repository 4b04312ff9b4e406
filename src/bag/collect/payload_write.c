/*
 * Reading the source and writing the payload of the bag.
 *
 * A file may change while it is read. Its header, with size and time, is in the archive before its
 * data. So a small file is read whole before its header is written, and once more if it changed. Of
 * a large one it can only be recorded that it changed, and what it is now.
 */
#include "bag/collect/bag_writer.h"

#include <errno.h>
#include <string.h>

#include "base/base.h"
#include "bag/collect/source_open.h"
#include "bag/collect/unkept.h"

/* ---- Headers and remarks ------------------------------------------------------------------ */

/* The item gets the time that the tar can hold, so that the listing says the same. */
static enum seal_status round_time(struct bag_writer *w, struct item *item, struct fault *fault)
{
    const struct bag_notice notice = {.kind = BAG_ROUNDED,
                                      .path = item_path(&w->source->table, item),
                                      .time = {item->sec, item->nsec}};

    item->nsec = tar_time_floor(notice.time).nsec;
    return item->nsec == notice.time.nsec ? SEAL_OK : source_remark(w->source, &notice, fault);
}

static enum seal_status write_entry(struct bag_writer *w, struct item *item, struct fault *fault)
{
    enum seal_status status = round_time(w, item, fault);
    struct tar_entry e = {.path = item_path(&w->source->table, item),
                          .path_len = item->path_len,
                          .is_dir = item->type == ITEM_DIR,
                          .exec = (item->marks & MARK_EXEC) != 0,
                          .size = item->size,
                          .mtime = {item->sec, item->nsec}};

    return status == SEAL_OK ? content_write_entry(w->to, &e, fault) : status;
}

/* Writes the header of a file as it was when reading began, and puts that into the item: it may
 * have changed since it was listed. */
static enum seal_status write_header(struct bag_writer *w, struct item *item,
                                     const struct file_reader *r, struct fault *fault)
{
    w->source->totals.bytes += r->before.size - item->size;
    item->size = r->before.size;
    item->sec = r->before.mtime.sec;
    item->nsec = r->before.mtime.nsec;
    return write_entry(w, item, fault);
}

/* Counts it, too, where zeros stand for all of it. */
static enum seal_status remark_bad_ranges(struct bag_writer *w, const char *path,
                                          struct file_reader *r, struct fault *fault)
{
    const struct buffer *texts;
    const bool is_lost = file_reader_got_nothing(r);

    w->source->totals.unread += is_lost;
    if (!file_reader_is_damaged(r))
        return SEAL_OK;
    w->source->damaged_files++;
    if (file_reader_bad_ranges(r, &texts) != SEAL_OK)
        return fault_no_memory(fault);
    for (size_t at = 0; at < texts->len;) {
        const char *ranges = (const char *)texts->data + at;
        const struct bag_notice notice = {
            .kind = BAG_DAMAGED,
            .path = path,
            .cause = is_lost ? BAG_CAUSE_NOTHING_READ : BAG_CAUSE_NONE,
            .ranges = ranges,
        };

        if (source_remark(w->source, &notice, fault) != SEAL_OK)
            return fault->status;
        at += strlen(ranges) + 1;
    }
    return SEAL_OK;
}

/* That a file changed while it was read. */
static struct bag_notice change_notice(const char *path, const struct file_reader *r,
                                       enum file_change change)
{
    struct bag_notice notice = {BAG_CHANGED, path, BAG_CAUSE_RETIMED, .sys = 0};

    if (change == FILE_SHORT) {
        notice.cause = BAG_CAUSE_SHORT;
        notice.len = r->file_len;
        notice.size = r->before.size;
    } else if (change == FILE_LONGER)
        notice.cause = BAG_CAUSE_LONGER;
    else if (change == FILE_TIME_ONLY)
        notice.cause = BAG_CAUSE_TIME_ONLY;
    return notice;
}

/* Begins to read a file a second time, which first (maybe the same) was started on. -1: it is no
 * file any more, or cannot be opened. */
static int start_again(struct bag_writer *w, const struct item *item,
                       const struct file_reader *first, struct file_reader *again)
{
    const bool is_forward = first->is_forward;
    int fd = is_forward ? source_open_item(w->source, item) : first->fd;

    if (fd < 0)
        return -1;
    if (file_reader_start(again, fd) != 0) {
        if (is_forward)
            (void)plat_close(fd);
        return -1;
    }
    again->owns_fd = is_forward;
    return 0;
}

/* ---- Small files -------------------------------------------------------------------------- */

/* Reads all of it into w->buf. */
static enum seal_status read_small(struct bag_writer *w, struct file_reader *r, struct fault *fault)
{
    enum seal_status status;
    size_t len;

    do
        status = file_reader_next(r, w->buf + r->off, SMALL_FILE_LEN - (size_t)r->off, &len, fault);
    while (status == SEAL_OK && len > 0);
    return status;
}

/* Writes a small file. data is all of it, and item->digest its digest. */
static enum seal_status write_small(struct bag_writer *w, struct item *item, struct file_reader *r,
                                    const uint8_t *data, enum file_change change,
                                    struct fault *fault)
{
    const char *path = item_path(&w->source->table, item);
    enum seal_status status = write_header(w, item, r, fault);

    if (status == SEAL_OK) {
        source_progress(w->source, item->size);
        status = content_write_data(w->to, data, (size_t)item->size, fault);
    }
    if (status == SEAL_OK)
        status = remark_bad_ranges(w, path, r, fault);
    if (status == SEAL_OK && change != FILE_STABLE) {
        const struct bag_notice notice = change_notice(path, r, change);

        status = source_remark(w->source, &notice, fault);
    }
    return status;
}

/* ---- Large files -------------------------------------------------------------------------- */

/* A second reading, only to compare. */
struct second {
    struct file_reader reader;
    enum file_change change;
    bool is_whole; /* nothing was missing, and its size stayed the same */
    uint8_t digest[SHA256_LEN];
};

static enum seal_status read_again(struct bag_writer *w, const struct item *item,
                                   const struct file_reader *first, struct second *again,
                                   struct fault *fault)
{
    struct sha256 hash;
    size_t len = 1;

    if (start_again(w, item, first, &again->reader) != 0)
        return SEAL_OK;
    sha256_start(&hash);
    while (len > 0) {
        if (file_reader_next(&again->reader, w->buf, READ_LEN, &len, fault) != SEAL_OK)
            return fault->status;
        sha256_add(&hash, w->buf, len);
    }
    sha256_end(&hash, again->digest);
    again->change = file_reader_change(&again->reader);
    again->is_whole = !file_reader_is_damaged(&again->reader) &&
                      (again->change == FILE_STABLE || again->change == FILE_RETIMED ||
                       again->change == FILE_TOUCHED);
    return SEAL_OK;
}

static bool is_as_sealed(const struct second *again, const struct item *item)
{
    return again->is_whole && again->reader.before.size == item->size &&
           memcmp(again->digest, item->digest, SHA256_LEN) == 0;
}

/* Whether all that changed is the time of the last change (ctime). */
static bool is_touched(const struct file_reader *r, enum file_change change,
                       const struct second *again)
{
    return change == FILE_TOUCHED && again->change != FILE_RETIMED &&
           timestamp_equal(again->reader.before.mtime, r->before.mtime);
}

/* Adds what is known of a change after the file was read again. */
static void add_again(struct bag_notice *notice, const struct item *item,
                      const struct second *again)
{
    const bool is_same = is_as_sealed(again, item);

    if (!is_same && (!again->is_whole || again->change == FILE_RETIMED))
        return; /* it goes on changing */
    notice->size_now = again->reader.before.size;
    notice->digest_now = again->digest;
    if (is_same) {
        notice->cause = BAG_CAUSE_TIME_ONLY;
        notice->len = notice->size = 0;
    }
}

static enum seal_status remark_large(struct bag_writer *w, const struct item *item,
                                     const struct file_reader *r, enum file_change change,
                                     bool may_read_again, struct fault *fault)
{
    struct bag_notice notice = change_notice(item_path(&w->source->table, item), r, change);
    struct second again = {.reader = {.fd = -1}};
    enum seal_status status = may_read_again ? read_again(w, item, r, &again, fault) : SEAL_OK;

    add_again(&notice, item, &again);
    if (status == SEAL_OK && !(is_as_sealed(&again, item) && is_touched(r, change, &again)))
        status = source_remark(w->source, &notice, fault);
    file_reader_free(&again.reader);
    return status;
}

/* Reads the next piece into the buffer that it is compressed from, which saves a copy; not more
 * than stays in the processor's cache until it is hashed. */
static enum seal_status write_piece(struct bag_writer *w, struct sha256 *hash,
                                    struct file_reader *r, size_t *len, struct fault *fault)
{
    size_t room;
    uint8_t *to = content_reserve(w->to, &room);

    if (file_reader_next(r, to, room < READ_LEN ? room : READ_LEN, len, fault) != SEAL_OK)
        return fault->status;
    sha256_add(hash, to, *len);
    source_progress(w->source, *len);
    return content_commit(w->to, *len, fault);
}

static enum seal_status write_large(struct bag_writer *w, struct item *item, struct file_reader *r,
                                    bool may_read_again, struct fault *fault)
{
    enum seal_status status = write_header(w, item, r, fault);
    enum file_change change;
    struct sha256 hash;
    size_t len = 1;

    sha256_start(&hash);
    while (status == SEAL_OK && len > 0)
        status = write_piece(w, &hash, r, &len, fault);
    sha256_end(&hash, item->digest);
    if (status == SEAL_OK)
        status = remark_bad_ranges(w, item_path(&w->source->table, item), r, fault);
    if (status != SEAL_OK)
        return status;
    change = file_reader_change(r);
    return change == FILE_STABLE ? SEAL_OK
                                 : remark_large(w, item, r, change, may_read_again, fault);
}

/* ---- A file ------------------------------------------------------------------------------- */

/* Reads a file once more that is too large for memory, now that its size was found out. */
static enum seal_status write_counted(struct bag_writer *w, struct item *item,
                                      struct file_reader *r, struct fault *fault)
{
    const uint64_t size = r->before.size;

    if (start_again(w, item, r, r) != 0)
        return source_leave_out(w->source, item, BAG_CAUSE_LOST, 0, fault);
    r->before.size = size;
    return write_large(w, item, r, false, fault);
}

/* A file whose size is not what it says (0 in /proc and on some phones, 4096 in /sys) is read to
 * its end, and was written then. */
static enum seal_status write_untrue(struct bag_writer *w, struct item *item, struct file_reader *r,
                                     bool *is_written, struct fault *fault)
{
    struct buffer whole = {0};
    bool is_whole = false;

    if (file_reader_untrue_size(r, &whole, is_written, fault) == SEAL_OK && *is_written) {
        is_whole = whole.len == r->before.size;
        sha256_of(item->digest, whole.data, whole.len);
        if (is_whole)
            IGNORE_RESULT(write_small(w, item, r, whole.data, FILE_STABLE, fault));
    }
    buffer_free(&whole);
    return *is_written && !is_whole ? write_counted(w, item, r, fault) : fault->status;
}

/* What is to be said of a small file after its second reading, which is sealed. */
static enum file_change judge_again(enum file_change change, bool is_same)
{
    if (is_same && change == FILE_TOUCHED)
        return FILE_STABLE;
    return is_same && change == FILE_RETIMED ? FILE_TIME_ONLY : change;
}

/* Reads a file again that changed while it was read, whatever its size is now; digest is that of
 * the first reading. */
static enum seal_status write_again(struct bag_writer *w, struct item *item, struct file_reader *r,
                                    enum file_change change,
                                    const uint8_t digest[static SHA256_LEN], struct fault *fault)
{
    const uint64_t len = r->file_len;
    const bool was_damaged = file_reader_is_damaged(r);
    bool is_written = false, is_there = start_again(w, item, r, r) == 0, is_same;

    if (is_there && r->before.size <= SMALL_FILE_LEN && file_reader_may_be_untrue(r, change)) {
        if (write_untrue(w, item, r, &is_written, fault) != SEAL_OK || is_written)
            return fault->status;
        is_there = !r->is_forward || start_again(w, item, r, r) == 0;
    }
    if (!is_there)
        return source_leave_out(w->source, item, BAG_CAUSE_LOST, 0, fault);
    if (r->before.size > SMALL_FILE_LEN)
        return write_large(w, item, r, false, fault);
    if (read_small(w, r, fault) != SEAL_OK)
        return fault->status;
    sha256_of(item->digest, w->buf, (size_t)r->off);
    is_same = !was_damaged && !file_reader_is_damaged(r) && r->file_len == len &&
              memcmp(item->digest, digest, SHA256_LEN) == 0;
    change = judge_again(file_reader_change(r), is_same);
    return write_small(w, item, r, w->buf, change, fault);
}

/* Writes the file that reader r was started on. */
static enum seal_status write_open(struct bag_writer *w, struct item *item, struct file_reader *r,
                                   struct fault *fault)
{
    uint8_t digest[SHA256_LEN];
    enum file_change change;

    if (r->before.size > SMALL_FILE_LEN) {
        plat_hint_sequential(r->fd);
        return write_large(w, item, r, true, fault);
    }
    if (read_small(w, r, fault) != SEAL_OK)
        return fault->status;
    sha256_of(digest, w->buf, (size_t)r->off);
    change = file_reader_change(r);
    if (change != FILE_STABLE)
        return write_again(w, item, r, change, digest, fault);
    memcpy(item->digest, digest, SHA256_LEN);
    return write_small(w, item, r, w->buf, FILE_STABLE, fault);
}

static enum seal_status no_longer_a_file(struct bag_writer *w, struct item *item,
                                         struct fault *fault)
{
    return source_leave_out(w->source, item, BAG_CAUSE_NO_FILE, 0, fault);
}

/* Writes a file that was read ahead. */
static enum seal_status write_ahead(struct bag_writer *w, struct item *item, struct ahead_file *f,
                                    struct fault *fault)
{
    if (f->fault.status != SEAL_OK) {
        *fault = f->fault;
        return fault->status;
    }
    if (f->error != 0)
        return source_leave_out(w->source, item, BAG_CAUSE_SYSTEM, f->error, fault);
    if (!f->is_file)
        return no_longer_a_file(w, item, fault);
    if (!f->is_read)
        return write_open(w, item, &f->reader, fault);
    if (f->change != FILE_STABLE)
        return write_again(w, item, &f->reader, f->change, f->digest, fault);
    memcpy(item->digest, f->digest, SHA256_LEN);
    return write_small(w, item, &f->reader, f->data, FILE_STABLE, fault);
}

static enum seal_status write_file(struct bag_writer *w, struct item *item, struct fault *fault)
{
    struct file_reader r = {.fd = -1};
    enum seal_status status;
    int fd = source_open_item(w->source, item);

    if (fd < 0)
        return source_leave_out(w->source, item, BAG_CAUSE_SYSTEM, errno, fault);
    status = source_note_unkept(w->source, item_path(&w->source->table, item), fd, fault);
    if (status == SEAL_OK)
        status = file_reader_start(&r, fd) == 0 ? write_open(w, item, &r, fault)
                                                : no_longer_a_file(w, item, fault);
    file_reader_free(&r);
    (void)plat_close(fd);
    return status;
}

/* ---- All of it ---------------------------------------------------------------------------- */

static enum seal_status write_item(struct bag_writer *w, size_t number, struct fault *fault)
{
    struct item *item = &w->source->table.items[number];
    struct ahead_file *f;

    switch (item->type) {
    case ITEM_FILE:
        f = read_ahead_take(w->ahead, number);
        return f == NULL ? write_file(w, item, fault) : write_ahead(w, item, f, fault);
    case ITEM_DIR:
        return write_entry(w, item, fault);
    default:
        return SEAL_OK;
    }
}

enum seal_status bag_write_payload(struct bag_writer *w, struct fault *fault)
{
    for (size_t i = 0; i < w->source->table.count; i++) {
        if (stop_requested())
            return fault_set(fault, REASON_INTERRUPTED, NULL);
        if (write_item(w, i, fault) != SEAL_OK)
            return fault->status;
    }
    return SEAL_OK;
}
