/*
 * Reading the log, and looking for a drop in it.
 */
#include "custody/log_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "platform/files.h"

enum seal_status log_read(struct custody_log *log, void *buf, size_t len, uint64_t off,
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

/* With CUSTODY_RAW the digest is what somebody claims. */
static bool has_digest(const struct custody *c)
{
    return c->was_checked && c->content != CUSTODY_RAW;
}

void wanted_set(struct wanted *w, const struct custody *c)
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

/* "-", or so many hexadecimal digits; a list may have more of them, behind commas. */
static bool is_hex(const char *text, size_t digits, bool is_list)
{
    if (strcmp(text, "-") == 0)
        return true;
    while (strspn(text, "0123456789abcdef") == digits) {
        text += digits;
        if (*text == '\0')
            return true;
        if (!is_list || *text++ != ',')
            return false;
    }
    return false;
}

static bool is_verdict(const char *text)
{
    for (enum custody_verdict v = 0; v < VERDICT_COUNT; v++)
        if (strcmp(text, custody_verdict_word(v)) == 0)
            return true;
    return false;
}

/* As for what is compared. */
static bool is_as_written(char *columns[static COLUMN_COUNT])
{
    return is_hex(columns[COLUMN_SEALED], HEX_DIGITS, true) &&
           is_hex(columns[COLUMN_COMMITMENT], HEX_DIGITS, false) &&
           is_hex(columns[COLUMN_BAG_ID], BAG_ID_DIGITS, false) &&
           is_hex(columns[COLUMN_DIGEST], HEX_DIGITS, false) && is_verdict(columns[COLUMN_VERDICT]);
}

/* A window on the log that moves line by line; its memory is the same for any log. */
struct reader {
    uint64_t off; /* of what comes behind the window */
    size_t len;
    bool skipping;    /* the line at hand is too long */
    bool is_verified; /* the line at hand is of a drop that was only checked */
    char data[LOG_LINE_MAX + 1];
};

struct found {
    enum custody_double seen;
    char when[TIME_TEXT_SIZE];
    uint64_t odd;              /* lines that are not as they are written */
    char last[TIME_TEXT_SIZE]; /* of the line before the next */
};

static bool says_more(enum custody_double a, enum custody_double b)
{
    return a != NOT_SEEN && (b == NOT_SEEN || a < b);
}

/* Nothing, a comment, or torn. */
static bool is_no_drop(const char *line, size_t len)
{
    size_t end = strlen(TORN_END);

    return len == 0 || line[0] == '#' ||
           (len >= end && memcmp(line + len - end, TORN_END, end) == 0);
}

/* Looks at a line of len bytes, with a NUL behind them. The first match of those that say most
 * wins: a sender who uses somebody's bag ID must not hide a copy. */
static void match_line(const struct reader *r, char *line, size_t len, const struct wanted *w,
                       struct found *found)
{
    char *columns[COLUMN_COUNT];
    enum custody_double seen;

    if (!r->skipping && is_no_drop(line, len))
        return;
    if (r->skipping || strlen(line) != len || !split(line, columns) ||
        !is_time(columns[COLUMN_TIME])) {
        found->odd++;
        return;
    }
    found->odd += !is_as_written(columns);
    memcpy(found->last, columns[COLUMN_TIME], strlen(columns[COLUMN_TIME]) + 1);
    seen = w->only_unsealed && r->is_verified ? NOT_SEEN : compare(columns, w);
    if (!says_more(seen, found->seen))
        return;
    found->seen = seen;
    memcpy(found->when, columns[COLUMN_TIME], strlen(columns[COLUMN_TIME]) + 1);
}

/* Looks at all lines that end in the window, with LF or CR LF, and keeps the begin of the last. */
static void match_window(struct reader *r, const struct wanted *w, struct found *found)
{
    char *line = r->data, *end;

    while ((end = memchr(line, '\n', (size_t)(r->data + r->len - line))) != NULL) {
        char *last = end > line && end[-1] == '\r' ? end - 1 : end;

        *last = '\0';
        match_line(r, line, (size_t)(last - line), w, found);
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
}

static enum seal_status find(struct custody_log *log, const struct wanted *wanted,
                             struct found *found, struct fault *fault)
{
    struct reader *r = malloc(sizeof *r);
    enum seal_status status = SEAL_OK;

    *found = (struct found){.seen = NOT_SEEN};
    if (r == NULL)
        return fault_no_memory(fault);
    r->off = r->len = 0;
    r->skipping = r->is_verified = false;
    while (r->off < log->size && found->seen != SEEN_FILE && status == SEAL_OK) {
        size_t room = sizeof r->data - r->len;
        size_t len = log->size - r->off < room ? (size_t)(log->size - r->off) : room;

        status = stop_requested() ? fault_set(fault, REASON_INTERRUPTED, NULL)
                                  : log_read(log, r->data + r->len, len, r->off, fault);
        if (status != SEAL_OK)
            break;
        r->off += len;
        r->len += len;
        match_window(r, wanted, found);
    }
    free(r);
    return status;
}

enum seal_status custody_log_find(struct custody_log *log, const struct custody *c,
                                  enum custody_double *seen, char when[static TIME_TEXT_SIZE],
                                  struct fault *fault)
{
    struct wanted wanted;
    struct found found;

    wanted_set(&wanted, c);
    IGNORE_RESULT(find(log, &wanted, &found, fault));
    *seen = found.seen;
    memcpy(when, found.when, sizeof found.when);
    return fault->status;
}

enum seal_status custody_log_find_unsealed(struct custody_log *log, const struct custody *c,
                                           enum custody_double *seen,
                                           char when[static TIME_TEXT_SIZE], struct fault *fault)
{
    struct wanted wanted = {.drop = c, .only_unsealed = true};
    struct found best;

    hex_encode(wanted.commitment, c->commitment, sizeof c->commitment);
    IGNORE_RESULT(find(log, &wanted, &best, fault));
    *seen = best.seen;
    memcpy(when, best.when, sizeof best.when);
    return fault->status;
}

enum seal_status custody_log_survey(struct custody_log *log, uint64_t *odd,
                                    char last[static TIME_TEXT_SIZE], struct fault *fault)
{
    const struct custody nothing = {.file_count = 0};
    const struct wanted wanted = {.drop = &nothing};
    struct found found;

    IGNORE_RESULT(find(log, &wanted, &found, fault));
    *odd = found.odd;
    memcpy(last, found.last, sizeof found.last);
    return fault->status;
}
