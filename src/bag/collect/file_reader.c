/*
 * Reading one file of the source.
 */
#include "bag/collect/file_reader.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* Where a medium fails, so much is given up at a time, after so many tries. */
#define SECTOR_LEN ((size_t)4096)
#define READ_TRIES 3
/* After so many sectors in a row that all failed, it is given up in ever longer runs. */
#define PATIENT_SECTORS 16
#define RUN_DOUBLINGS 40
/* A file that says a wrong size is held in memory up to here, read in such steps. */
#define WHOLE_MAX ((size_t)64 * 1024 * 1024)
#define WHOLE_STEP ((size_t)256 * 1024)
#define COUNT_MAX ((uint64_t)1 << 40) /* beyond that it is only counted, up to here */
#define REMARK_LEN ((size_t)4000)     /* a remark that is longer takes no more ranges */

/* ---- Ranges that could not be read -------------------------------------------------------- */

/* Puts the last range into text. */
static enum seal_status ranges_flush(struct bad_ranges *h)
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

static enum seal_status ranges_add(struct bad_ranges *h, uint64_t off, uint64_t len)
{
    if (h->end == 0 || h->end != off) {
        if (ranges_flush(h) != SEAL_OK)
            return SEAL_NO_MEMORY;
        h->first = off;
    }
    h->end = off + len;
    return SEAL_OK;
}

static void ranges_free(struct bad_ranges *h)
{
    buffer_free(&h->text);
    buffer_free(&h->lines);
    *h = (struct bad_ranges){.end = 0};
}

bool file_reader_is_damaged(const struct file_reader *r)
{
    return r->bad.end != 0;
}

bool file_reader_got_nothing(const struct file_reader *r)
{
    return r->before.size > 0 && r->got == 0;
}

enum seal_status file_reader_bad_ranges(struct file_reader *r, const struct buffer **texts)
{
    struct bad_ranges *h = &r->bad;

    *texts = &h->lines;
    if (h->end == 0)
        return SEAL_OK;
    if (ranges_flush(h) != SEAL_OK ||
        buffer_append(&h->lines, h->text.data, h->text.len) != SEAL_OK ||
        buffer_append(&h->lines, "", 1) != SEAL_OK)
        return SEAL_NO_MEMORY;
    return SEAL_OK;
}

/* ---- Reading ------------------------------------------------------------------------------ */

int file_reader_start(struct file_reader *r, int fd)
{
    file_reader_free(r);
    *r = (struct file_reader){.fd = fd};
    if (plat_stat_fd(fd, &r->before) != 0 || r->before.type != PLAT_FILE)
        return -1;
    r->said = r->before.size;
    return 0;
}

/* What lies behind a place that could not be read is out of reach, too. */
static int64_t read_forward(struct file_reader *r, uint8_t *buf, size_t len, uint64_t off)
{
    int64_t n;

    if (off != r->at)
        return -1;
    do
        n = plat_read(r->fd, buf, len);
    while (n < 0 && errno == EINTR && !stop_requested());
    r->at += n > 0 ? (uint64_t)n : 0;
    return n;
}

/* Some file systems of other programs (FUSE) have files that can only be read from begin to end. */
static int64_t read_at(struct file_reader *r, uint8_t *buf, size_t len, uint64_t off)
{
    int64_t n = r->is_forward ? -1 : plat_read_at(r->fd, buf, len, off);

    if (n < 0 && !r->is_forward)
        r->is_forward = errno == ESPIPE;
    return r->is_forward ? read_forward(r, buf, len, off) : n;
}

static int64_t read_with_patience(struct file_reader *r, uint8_t *buf, size_t len)
{
    const int tries = r->bad_sectors < PATIENT_SECTORS ? READ_TRIES : 1;
    int64_t n = -1;

    for (int i = 0; i < tries && n < 0; i++)
        n = read_at(r, buf, len, r->off);
    return n;
}

/* How much is given up where a sector failed. A medium may take half a minute for each, so a dead
 * file would take days, and nothing of the others would be sealed. After some, a run is given up
 * whose last byte fails as well, twice as long each time; where that is good, what is in front of
 * it is read sector by sector again. */
static uint64_t give_up(struct file_reader *r, size_t sector)
{
    uint64_t left = r->before.size - r->off, run = sector;
    unsigned int doublings =
        r->bad_sectors < PATIENT_SECTORS ? 0 : r->bad_sectors - PATIENT_SECTORS;
    uint8_t last;

    if (r->bad_sectors < PATIENT_SECTORS + RUN_DOUBLINGS)
        r->bad_sectors++;
    if (doublings > 0)
        run = (uint64_t)SECTOR_LEN << doublings;
    if (run > left)
        run = left;
    if (run > sector && read_at(r, &last, 1, r->off + run - 1) >= 0) {
        r->bad_sectors = PATIENT_SECTORS;
        run = sector;
    }
    return run;
}

/* Zeros, and in the record that they are. */
static enum seal_status give_zeros(struct file_reader *r, uint8_t *buf, size_t want, size_t *len)
{
    uint64_t left = r->zeros_until - r->off;

    *len = left < want ? (size_t)left : want;
    memset(buf, 0, *len);
    return ranges_add(&r->bad, r->off, *len);
}

/* Reads a piece; where the medium fails, gives zeros; 0 bytes at the end of the file. A failing
 * read may take a medium many seconds. So a large one that failed is not repeated, but its sectors
 * are read one by one, to save the good ones among them. */
static enum seal_status read_piece(struct file_reader *r, uint8_t *buf, size_t want, size_t *len)
{
    size_t sector = SECTOR_LEN - (size_t)(r->off % SECTOR_LEN);
    int64_t n = -1;

    if (sector > want)
        sector = want;
    if (r->off < r->zeros_until)
        return give_zeros(r, buf, want, len);
    if (r->off >= r->sectors_until) {
        n = read_at(r, buf, want, r->off);
        if (n < 0)
            r->sectors_until = r->off + want;
    }
    if (n < 0)
        n = read_with_patience(r, buf, sector);
    if (n < 0) {
        r->zeros_until = r->off + give_up(r, sector);
        return give_zeros(r, buf, want, len);
    }
    *len = (size_t)n;
    r->got += *len;
    r->bad_sectors = 0;
    return SEAL_OK;
}

enum seal_status file_reader_next(struct file_reader *r, uint8_t *buf, size_t room, size_t *len,
                                  struct fault *fault)
{
    uint64_t left = r->before.size - r->off;
    size_t want = left < room ? (size_t)left : room;

    *len = 0;
    if (stop_requested())
        return fault_set(fault, REASON_INTERRUPTED, NULL);
    if (want == 0)
        return SEAL_OK;
    if (!r->ended && read_piece(r, buf, want, len) != SEAL_OK)
        return fault_no_memory(fault);
    if (*len == 0) {
        r->ended = true;
        *len = want;
        memset(buf, 0, want);
    }
    r->off += *len;
    if (!r->ended)
        r->file_len = r->off;
    return SEAL_OK;
}

/* What the system says of the file now, beside what it said in the beginning. */
static enum file_change compare(const struct file_reader *r)
{
    struct plat_stat after;

    if (plat_stat_fd(r->fd, &after) != 0 || after.size != r->said)
        return FILE_RESIZED;
    if (!timestamp_equal(after.mtime, r->before.mtime))
        return FILE_RETIMED;
    return timestamp_equal(after.changed, r->before.changed) ? FILE_STABLE : FILE_TOUCHED;
}

/* Whether there is something behind the size that it says. Where that is 0, an error is no end. */
static bool goes_on(struct file_reader *r)
{
    uint8_t more;
    int64_t n = read_at(r, &more, 1, r->before.size);

    return n > 0 || (n < 0 && r->before.size == 0);
}

enum file_change file_reader_change(struct file_reader *r)
{
    if (r->file_len < r->before.size)
        return FILE_SHORT;
    if (goes_on(r))
        return FILE_LONGER;
    return compare(r);
}

/* Appends what is behind out->len; *ended at the end of the file. */
static enum seal_status read_more(struct file_reader *r, struct buffer *out, bool *ended,
                                  struct fault *fault)
{
    int64_t n;

    if (stop_requested())
        return fault_set(fault, REASON_INTERRUPTED, NULL);
    if (buffer_reserve(out, WHOLE_STEP) != SEAL_OK)
        return fault_no_memory(fault);
    n = read_at(r, out->data + out->len, WHOLE_STEP, out->len);
    *ended = n <= 0;
    out->len += n > 0 ? (size_t)n : 0;
    return SEAL_OK;
}

/* Reads on, only to count: out is where bytes go. */
static enum seal_status count_rest(struct file_reader *r, struct buffer *out, uint64_t *len,
                                   bool *ended, struct fault *fault)
{
    int64_t n = 1;

    while (n > 0 && *len <= COUNT_MAX) {
        if (stop_requested())
            return fault_set(fault, REASON_INTERRUPTED, NULL);
        n = read_at(r, out->data, WHOLE_STEP, *len);
        *len += n > 0 ? (uint64_t)n : 0;
    }
    *ended = n <= 0;
    return SEAL_OK;
}

bool file_reader_may_be_untrue(const struct file_reader *r, enum file_change change)
{
    /* One that ends too early is suspicious elsewhere: a medium or a network may have gone. */
    return change == FILE_LONGER || (change == FILE_SHORT && plat_size_is_made_up(r->fd));
}

enum seal_status file_reader_untrue_size(struct file_reader *r, struct buffer *out, bool *is_untrue,
                                         struct fault *fault)
{
    const bool is_made_up = plat_size_is_made_up(r->fd);
    bool ended = false;
    uint64_t len;
    uint8_t more;

    *is_untrue = false;
    while (!ended && out->len <= WHOLE_MAX)
        if (read_more(r, out, &ended, fault) != SEAL_OK)
            return fault->status;
    len = out->len;
    if (!ended && !is_made_up && count_rest(r, out, &len, &ended, fault) != SEAL_OK)
        return fault->status;
    /* At the end nothing more is there, and no error. One that ends too early is suspicious
     * anywhere but where the kernel makes sizes up: a medium or a network may have gone. */
    *is_untrue = ended && len != r->said && (len > r->said || is_made_up) &&
                 read_at(r, &more, 1, len) == 0 && compare(r) == FILE_STABLE;
    if (*is_untrue)
        r->before.size = r->got = len;
    return SEAL_OK;
}

void file_reader_free(struct file_reader *r)
{
    ranges_free(&r->bad);
    if (r->owns_fd)
        (void)plat_close(r->fd);
    r->owns_fd = false;
}
