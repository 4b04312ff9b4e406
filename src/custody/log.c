/*
 * The log of drops: a line each, that only grows. A crash may tear its last line; what was written
 * before stays whole, and so does what is written after.
 */
#include "custody/custody.h"
#include "platform/files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_LINE "# seal log 1\n"
#define HEAD   \
    FIRST_LINE \
    "# time\tsealed-sha256\tcommitment\tbag-id\tD\treceipt\tverdict\tfile\n"

/* Before the line of a drop that was only checked (--verify): nothing was unsealed then. It comes
 * first: where writing was cut, a drop may pass for not unsealed, but not the other way round. */
#define VERIFIED "# verified, not unsealed:"

/* Behind a torn line, so that nobody takes it for a whole one, wherever it was torn: it then has
 * too many columns or too few, or "-" for a verdict. A new column must stand in front of the
 * verdict, or a line that was torn behind it would pass for whole. */
#define TORN "\t-\t(cut short)\n"

enum column {
    COLUMN_TIME,
    COLUMN_SEALED,
    COLUMN_COMMITMENT,
    COLUMN_BAG_ID,
    COLUMN_DIGEST,
    COLUMN_RECEIPT,
    COLUMN_VERDICT,
    COLUMN_FILE,
    COLUMN_COUNT
};

#define HEX_DIGITS (2 * SHA256_LEN)
/* A line is at most this long; what is longer is none of ours. */
#define LINE_MAX_LEN 65536
/* These two see to it. The record has the digests of more files, and the whole name. */
#define SEALED_MAX 500
#define NAME_MAX_LEN 4096

struct custody_log {
    int fd;
    char *path;
    uint64_t size;
    bool is_torn; /* it does not end with the end of a line */
};

/* ---- Opening ------------------------------------------------------------------------------ */

void custody_log_close(struct custody_log *log)
{
    if (log == NULL)
        return;
    if (log->fd >= 0)
        (void)plat_close(log->fd);
    free(log->path);
    free(log);
}

/* All len bytes at off. */
static enum seal_status read_exactly(struct custody_log *log, void *buf, size_t len, uint64_t off,
                                     struct fault *fault)
{
    for (size_t got = 0; got < len;) {
        int64_t n = plat_read_at(log->fd, (uint8_t *)buf + got, len - got, off + got);

        if (n == 0)
            errno = EIO; /* it is locked, and yet somebody cut it */
        if (n <= 0)
            return fault_set_errno(fault, REASON_READ, log->path);
        got += (size_t)n;
    }
    return SEAL_OK;
}

/* Whether it begins as a log does, and ends with the end of a line. An empty file is a log; so is
 * one whose first line was torn. */
static enum seal_status look_at_ends(struct custody_log *log, struct fault *fault)
{
    char begin[sizeof FIRST_LINE - 1], last;
    size_t len = log->size < sizeof begin ? (size_t)log->size : sizeof begin;

    if (read_exactly(log, begin, len, 0, fault) != SEAL_OK)
        return fault->status;
    if (memcmp(begin, FIRST_LINE, len) != 0)
        return fault_set(fault, REASON_LOG_NONE, log->path);
    if (log->size == 0)
        return SEAL_OK;
    if (read_exactly(log, &last, 1, log->size - 1, fault) != SEAL_OK)
        return fault->status;
    log->is_torn = last != '\n';
    return SEAL_OK;
}

/* Before it is opened, since opening a device may do something to it. */
static enum seal_status refuse_what_is_no_file(int result, const struct plat_stat *st,
                                               const char *path, struct fault *fault)
{
    if (result == 0 && st->type != PLAT_FILE)
        return fault_set(fault, REASON_LOG_NONE, path);
    if (result != 0 && errno != ENOENT)
        return fault_set_errno(fault, REASON_OPEN, path);
    return SEAL_OK;
}

static enum seal_status open_and_lock(struct custody_log *log, struct fault *fault)
{
    struct plat_stat st;

    if (refuse_what_is_no_file(plat_stat_at(PLAT_CWD, log->path, true, &st), &st, log->path,
                               fault) != SEAL_OK)
        return fault->status;
    log->fd = plat_open_append(log->path);
    if (log->fd < 0)
        return fault_set_errno(fault, REASON_OPEN, log->path);
    if (plat_stat_fd(log->fd, &st) != 0)
        return fault_set_errno(fault, REASON_LOOK, log->path);
    if (refuse_what_is_no_file(0, &st, log->path, fault) != SEAL_OK)
        return fault->status;
    if (plat_lock(log->fd) != 0)
        return fault_set_errno(fault, REASON_LOCK, log->path);
    /* Again: others may have written while we waited. */
    if (plat_stat_fd(log->fd, &st) != 0)
        return fault_set_errno(fault, REASON_LOOK, log->path);
    log->size = st.size;
    return look_at_ends(log, fault);
}

enum seal_status custody_log_open(struct custody_log **out, const char *path, struct fault *fault)
{
    struct custody_log *log = malloc(sizeof *log);
    enum seal_status status;

    *out = NULL;
    if (log == NULL)
        return fault_no_memory(fault);
    *log = (struct custody_log){.fd = -1, .path = strdup(path)};
    status = log->path == NULL ? fault_no_memory(fault) : open_and_lock(log, fault);
    if (status == SEAL_OK)
        *out = log;
    else
        custody_log_close(log);
    return status;
}

/* ---- Finding ------------------------------------------------------------------------------ */

/* The drop that is looked for, in the form it has in the log; "" matches nothing. */
struct wanted {
    const struct custody *drop;
    bool only_unsealed; /* the same files, and not in lines of drops that were only checked */
    char commitment[HEX_DIGITS + 1];
    char bag_id[33];
    char digest[HEX_DIGITS + 1];
};

/* With CUSTODY_RAW the digest is what somebody claims. */
static bool has_digest(const struct custody *c)
{
    return c->was_checked && c->content != CUSTODY_RAW;
}

static void wanted_set(struct wanted *w, const struct custody *c)
{
    *w = (struct wanted){.drop = c};
    if (c->was_opened) {
        hex_encode(w->commitment, c->commitment, sizeof c->commitment);
        hex_encode(w->bag_id, c->bag_id, sizeof c->bag_id);
    }
    if (has_digest(c))
        hex_encode(w->digest, c->digest, sizeof c->digest);
}

/* Cuts a line, which has a NUL behind it, at its tabs. */
static bool split(char *line, char *columns[static COLUMN_COUNT])
{
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        char *tab = strchr(line, '\t');

        if ((tab == NULL) != (i == COLUMN_COUNT - 1))
            return false;
        columns[i] = line;
        if (tab != NULL) {
            *tab = '\0';
            line = tab + 1;
        }
    }
    return true;
}

/* The same sealed files, in any order. */
static bool is_same_files(const char *column, const struct custody *c)
{
    size_t len = strlen(column);

    if (c->file_count == 0 || len != c->file_count * (HEX_DIGITS + 1) - 1)
        return false;
    for (size_t i = 0; i < c->file_count; i++) {
        char digest[HEX_DIGITS + 1];

        hex_encode(digest, c->files[i].sha256, SHA256_LEN);
        if (strstr(column, digest) == NULL)
            return false;
    }
    return true;
}

static bool is_same(const char *column, const char *wanted)
{
    return wanted[0] != '\0' && strcmp(column, wanted) == 0;
}

static enum custody_double compare(char *columns[static COLUMN_COUNT], const struct wanted *w)
{
    const char *verdict = columns[COLUMN_VERDICT];

    if (strcmp(verdict, custody_verdict_word(VERDICT_ACCEPTED)) != 0 &&
        strcmp(verdict, custody_verdict_word(VERDICT_INCOMPLETE)) != 0 &&
        strcmp(verdict, custody_verdict_word(VERDICT_UNCHECKED)) != 0)
        return NOT_SEEN;
    if (w->only_unsealed && strcmp(verdict, custody_verdict_word(VERDICT_UNCHECKED)) == 0)
        return NOT_SEEN;
    if (is_same_files(columns[COLUMN_SEALED], w->drop))
        return SEEN_FILE;
    if (is_same(columns[COLUMN_COMMITMENT], w->commitment))
        return SEEN_HEAD;
    if (is_same(columns[COLUMN_DIGEST], w->digest))
        return w->drop->content == CUSTODY_STREAM ? SEEN_CONTENT : SEEN_BAG;
    /* The number is the sender's to choose: alone it proves nothing. */
    return is_same(columns[COLUMN_BAG_ID], w->bag_id) ? SEEN_NUMBER : NOT_SEEN;
}

/* The time is shown to people: nothing else may stand there. */
static bool is_time(const char *text)
{
    size_t len = strlen(text);

    return len > 0 && len < TIME_TEXT_SIZE && strspn(text, "0123456789-:.TZ@") == len;
}

static enum custody_double match_line(char *line, const struct wanted *w,
                                      char when[static TIME_TEXT_SIZE])
{
    char *columns[COLUMN_COUNT];
    enum custody_double seen;

    if (line[0] == '#' || !split(line, columns) || !is_time(columns[COLUMN_TIME]))
        return NOT_SEEN;
    seen = compare(columns, w);
    if (seen != NOT_SEEN)
        memcpy(when, columns[COLUMN_TIME], strlen(columns[COLUMN_TIME]) + 1);
    return seen;
}

/* A window on the log that moves line by line; its memory is the same for any log. */
struct reader {
    uint64_t off; /* of what comes behind the window */
    size_t len;
    bool skipping;    /* the line at hand is too long */
    bool is_verified; /* the line at hand is of a drop that was only checked */
    char data[LINE_MAX_LEN + 1];
};

/* Looks at all lines that end in the window, and keeps the begin of the last. */
static enum custody_double match_window(struct reader *r, const struct wanted *w,
                                        char when[static TIME_TEXT_SIZE])
{
    char *line = r->data, *end;

    while ((end = memchr(line, '\n', (size_t)(r->data + r->len - line))) != NULL) {
        enum custody_double seen = NOT_SEEN;

        *end = '\0';
        if (!r->skipping && strlen(line) == (size_t)(end - line) &&
            !(w->only_unsealed && r->is_verified))
            seen = match_line(line, w, when);
        if (seen != NOT_SEEN)
            return seen;
        r->is_verified = strcmp(line, VERIFIED) == 0;
        r->skipping = false;
        line = end + 1;
    }
    r->len -= (size_t)(line - r->data);
    memmove(r->data, line, r->len);
    if (r->len == sizeof r->data) {
        r->skipping = true;
        r->len = 0;
    }
    return NOT_SEEN;
}

static enum seal_status find(struct custody_log *log, const struct wanted *wanted,
                             enum custody_double *seen, char when[static TIME_TEXT_SIZE],
                             struct fault *fault)
{
    struct reader *r = malloc(sizeof *r);
    enum seal_status status = SEAL_OK;

    *seen = NOT_SEEN;
    when[0] = '\0';
    if (r == NULL)
        return fault_no_memory(fault);
    r->off = r->len = 0;
    r->skipping = r->is_verified = false;
    while (r->off < log->size && *seen == NOT_SEEN && status == SEAL_OK) {
        size_t room = sizeof r->data - r->len;
        size_t len = log->size - r->off < room ? (size_t)(log->size - r->off) : room;

        status = stop_requested() ? fault_set(fault, REASON_INTERRUPTED, NULL)
                                  : read_exactly(log, r->data + r->len, len, r->off, fault);
        if (status != SEAL_OK)
            break;
        r->off += len;
        r->len += len;
        *seen = match_window(r, wanted, when);
    }
    free(r);
    return status;
}

enum seal_status custody_log_find(struct custody_log *log, const struct custody *c,
                                  enum custody_double *seen, char when[static TIME_TEXT_SIZE],
                                  struct fault *fault)
{
    struct wanted wanted;

    wanted_set(&wanted, c);
    return find(log, &wanted, seen, when, fault);
}

enum seal_status custody_log_find_unsealed(struct custody_log *log,
                                           const struct custody_file *files, size_t count,
                                           bool *found, char when[static TIME_TEXT_SIZE],
                                           struct fault *fault)
{
    const struct custody drop = {.files = files, .file_count = count};
    const struct wanted wanted = {.drop = &drop, .only_unsealed = true};
    enum custody_double seen;

    (void)find(log, &wanted, &seen, when, fault);
    *found = seen == SEEN_FILE;
    return fault->status;
}

/* ---- Adding ------------------------------------------------------------------------------- */

static enum seal_status append_sealed(struct buffer *out, const struct custody *c)
{
    if (c->file_count == 0 || c->file_count > SEALED_MAX)
        return buffer_append_text(out, "-");
    for (size_t i = 0; i < c->file_count; i++) {
        char digest[HEX_DIGITS + 1];

        hex_encode(digest, c->files[i].sha256, SHA256_LEN);
        if (buffer_printf(out, "%s%s", i == 0 ? "" : ",", digest) != SEAL_OK)
            return SEAL_NO_MEMORY;
    }
    return SEAL_OK;
}

static const char *or_dash(const char *text)
{
    return text[0] == '\0' ? "-" : text;
}

static enum seal_status append_line(struct buffer *out, const struct custody *c)
{
    char opened[TIME_TEXT_SIZE], receipt[sizeof c->receipt] = "";
    struct wanted w;
    size_t len = 0;

    wanted_set(&w, c);
    time_format(opened, c->opened, false);
    for (const char *s = c->was_checked ? c->receipt : ""; *s != '\0'; s++)
        if (*s != ' ')
            receipt[len++] = *s;
    if (buffer_printf(out, "%s\t", opened) != SEAL_OK || append_sealed(out, c) != SEAL_OK ||
        buffer_printf(out, "\t%s\t%s\t%s\t%s\t%s\t", or_dash(w.commitment), or_dash(w.bag_id),
                      or_dash(w.digest), or_dash(receipt),
                      custody_verdict_word(c->verdict)) != SEAL_OK)
        return SEAL_NO_MEMORY;
    if (c->file_count == 0 || c->files[0].name == NULL || c->files[0].name[0] == '\0')
        return buffer_append_text(out, "-\n");
    if (text_escape_cell(out, c->files[0].name, strnlen(c->files[0].name, NAME_MAX_LEN)) != SEAL_OK)
        return SEAL_NO_MEMORY;
    return buffer_append_text(out, "\n");
}

/* What must stand before the new line: nothing, or the head or the rest of it, or what ends a line
 * that was torn. */
static const char *line_before(const struct custody_log *log, const char *begin)
{
    if (log->size < strlen(HEAD) && memcmp(HEAD, begin, (size_t)log->size) == 0)
        return &HEAD[log->size];
    return log->is_torn ? TORN : "";
}

static enum seal_status make_addition(struct buffer *out, struct custody_log *log,
                                      const struct custody *c, struct fault *fault)
{
    char begin[sizeof HEAD];
    size_t len = log->size < sizeof begin ? (size_t)log->size : sizeof begin;

    if (read_exactly(log, begin, len, 0, fault) != SEAL_OK)
        return fault->status;
    if (buffer_append_text(out, line_before(log, begin)) != SEAL_OK ||
        (c->step == STEP_VERIFIED && buffer_append_text(out, VERIFIED "\n") != SEAL_OK) ||
        append_line(out, c) != SEAL_OK)
        return fault_no_memory(fault);
    return SEAL_OK;
}

/* The folder that has the name of the log, which may be new. */
static enum seal_status sync_folder(const struct custody_log *log, struct fault *fault)
{
    enum seal_status status = SEAL_OK;
    char *dir = NULL;
    const char *name;
    int fd;

    if (!path_split(log->path, &dir, &name))
        return fault_no_memory(fault);
    fd = plat_open_dir(PLAT_CWD, dir, true);
    free(dir);
    if (fd < 0 || plat_sync(fd) != 0)
        status = fault_set_errno(fault, REASON_FOLDER_SYNC, log->path);
    if (fd >= 0)
        (void)plat_close(fd);
    return status;
}

static enum seal_status write_and_sync(struct custody_log *log, const struct buffer *addition,
                                       struct fault *fault)
{
    /* In one piece, unless the system takes less. */
    if (fd_write_full(log->fd, addition->data, addition->len, fault) != SEAL_OK)
        return fault->status;
    if (plat_sync(log->fd) != 0)
        return fault_set_errno(fault, REASON_SYNC, log->path);
    return log->size == 0 ? sync_folder(log, fault) : SEAL_OK;
}

enum seal_status custody_log_add(struct custody_log *log, const struct custody *c,
                                 struct fault *fault)
{
    struct buffer addition = {0};
    enum seal_status status = make_addition(&addition, log, c, fault);

    if (status == SEAL_OK) {
        status = write_and_sync(log, &addition, fault);
        if (status == SEAL_OK) {
            log->size += addition.len;
            log->is_torn = false;
        } else {
            /* Nobody else writes meanwhile. Should this fail too, the line is a torn one. */
            fault_add_name(fault, log->path);
            (void)plat_truncate(log->fd, log->size);
        }
    }
    buffer_free(&addition);
    return status;
}
