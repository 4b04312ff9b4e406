/*
 * The text form of keys: blocks of base64 between a BEGIN and an END line. All other lines are
 * comments. Accepted is what mail and editors add: CRLF, a byte order mark, blanks at line ends. A
 * line that was altered so that it looks like a comment is refused: to take it for one would pass
 * over a key in silence.
 */
#include "keys/record.h"

#include <string.h>

#include <sodium.h>

#define LINE_CHARS 64
#define LINE_BYTES (LINE_CHARS / 4 * 3)
#define BASE64 sodium_base64_VARIANT_ORIGINAL

static const char *const begin_lines[BLOCK_KIND_COUNT] = {
    [BLOCK_PUBLIC] = "-----BEGIN SEAL PUBLIC KEY-----",
    [BLOCK_SECRET] = "-----BEGIN SEAL SECRET KEY-----",
};
static const char *const end_lines[BLOCK_KIND_COUNT] = {
    [BLOCK_PUBLIC] = "-----END SEAL PUBLIC KEY-----",
    [BLOCK_SECRET] = "-----END SEAL SECRET KEY-----",
};

/* A line without its line end and the blanks before that. */
struct line {
    const char *text;
    size_t len;
};

/* Takes the line at *pos, which is below len, and moves *pos to the next. */
static struct line line_take(const char *text, size_t len, size_t *pos)
{
    const char *start = text + *pos;
    const char *newline = memchr(start, '\n', len - *pos);
    struct line line = {start, newline != NULL ? (size_t)(newline - start) : len - *pos};

    *pos += line.len + (newline != NULL);
    while (line.len > 0 && memchr(" \t\r", line.text[line.len - 1], 3) != NULL)
        line.len--;
    return line;
}

static bool line_is(struct line line, const char *text)
{
    return line.len == strlen(text) && memcmp(line.text, text, line.len) == 0;
}

static bool line_begins(struct line line, const char *text)
{
    return line.len >= strlen(text) && memcmp(line.text, text, strlen(text)) == 0;
}

/* The line without a byte order mark: one may begin the file, and each part of a file that was
 * joined from several. */
static struct line without_mark(struct line line)
{
    static const char mark[] = "\xef\xbb\xbf";

    if (line_begins(line, mark))
        line = (struct line){line.text + strlen(mark), line.len - strlen(mark)};
    return line;
}

/* The line without what mail programs put before a quoted one. */
static struct line without_quoting(struct line line)
{
    while (line.len > 0 && memchr("> \t", line.text[0], 3) != NULL)
        line = (struct line){line.text + 1, line.len - 1};
    return line;
}

/* Which of lines (begin_lines or end_lines) it is; BLOCK_KIND_COUNT if none. */
static enum block_kind kind_of(struct line line, const char *const lines[static BLOCK_KIND_COUNT])
{
    enum block_kind kind = 0;

    while (kind < BLOCK_KIND_COUNT && !line_is(line, lines[kind]))
        kind++;
    return kind;
}

/* Where in the line one of lines (begin_lines or end_lines) begins; line.len if nowhere. */
static size_t find_in(struct line line, const char *const lines[static BLOCK_KIND_COUNT],
                      size_t *found_len)
{
    for (size_t at = 0; at < line.len; at++)
        for (size_t kind = 0; kind < BLOCK_KIND_COUNT; kind++) {
            *found_len = strlen(lines[kind]);
            if (line_begins((struct line){line.text + at, line.len - at}, lines[kind]))
                return at;
        }
    return line.len;
}

static bool has_small_letters(struct line line)
{
    for (size_t i = 0; i < line.len; i++)
        if (line.text[i] >= 'a' && line.text[i] <= 'z')
            return true;
    return false;
}

/* What is wrong with a line that looks like the first or the last one of a key. */
static enum seal_reason odd_line(struct line line)
{
    enum seal_reason cause = mangled_cause(line.text, line.len);
    size_t len, at = find_in(line, begin_lines, &len);

    if (cause != REASON_NONE)
        return cause;
    if (kind_of(line, end_lines) != BLOCK_KIND_COUNT)
        return REASON_KEY_LINE_ALONE;
    if (at == line.len)
        at = find_in(line, end_lines, &len);
    if (at < line.len)
        return at + len < line.len ? REASON_KEY_LINE_JOINED : REASON_KEY_LINE_PREFIXED;
    if (line_begins(line, "-----BEGIN SEAL ") && memcmp(line.text + line.len - 5, "-----", 5) == 0)
        return REASON_KEY_LINE_UNKNOWN;
    return has_small_letters(line) ? REASON_KEY_LINE_CASE : REASON_KEY_LINE_ODD;
}

static bool looks_like_key(const char *text, size_t len, size_t start, size_t end, struct line line)
{
    size_t at;

    line = without_quoting(line);
    return line_begins(line, "-----BEGIN SEAL ") || line_begins(line, "-----END SEAL ") ||
           mangled_find(text, len, start, end, &at);
}

/* What is wrong with one that stands in a block, and is not its END line. */
static enum seal_reason odd_end(struct line line)
{
    if (kind_of(line, begin_lines) != BLOCK_KIND_COUNT)
        return REASON_KEY_END_MISSING;
    if (kind_of(line, end_lines) != BLOCK_KIND_COUNT)
        return REASON_KEY_END_OTHER;
    return odd_line(line);
}

/* Moves *pos from behind the BEGIN line to behind its END line. False: there is none. */
static bool find_end(const char *text, size_t len, size_t *pos, struct block *block,
                     struct flaw *flaw)
{
    block->body = *pos;
    while (*pos < len) {
        size_t start = *pos;
        struct line line = line_take(text, len, pos);

        if (line_is(line, end_lines[block->kind])) {
            block->body_end = start;
            block->end = *pos;
            return true;
        }
        if (looks_like_key(text, len, start, *pos, line) || line_begins(line, "-----")) {
            flaw->reason = odd_end(line);
            flaw->at = flaw->reason == REASON_KEY_END_MISSING ? block->start : start;
            return false;
        }
    }
    *flaw = (struct flaw){REASON_KEY_END_MISSING, block->start};
    return false;
}

enum seal_status block_next(const char *text, size_t len, size_t *pos, struct block *out,
                            bool *found, bool *marked, struct flaw *flaw)
{
    size_t before = *pos;

    *found = false;
    while (*pos < len) {
        size_t start = *pos;
        struct line line = without_mark(line_take(text, len, pos));
        enum block_kind kind = kind_of(line, begin_lines);

        if (line_is(line, KEY_PUBLIC_MARK))
            *marked = true;
        if (kind != BLOCK_KIND_COUNT) {
            *out = (struct block){.kind = kind, .start = start, .before = before};
            *found = find_end(text, len, pos, out, flaw);
            return *found ? SEAL_OK : SEAL_BAD_KEY;
        }
        if (looks_like_key(text, len, start, *pos, line)) {
            *flaw = (struct flaw){odd_line(line), start};
            return SEAL_BAD_KEY;
        }
        before = start;
    }
    return SEAL_OK;
}

/* What is wrong with a line between BEGIN and END. */
static enum seal_reason odd_body(struct line line, bool is_last)
{
    enum seal_reason cause = mangled_cause(line.text, line.len);

    if (cause != REASON_NONE)
        return cause;
    return line.len > LINE_CHARS || line.len == 0 || (line.len < LINE_CHARS && !is_last)
               ? REASON_KEY_LINE_LENGTH
               : REASON_KEY_BASE64;
}

static bool decode_line(uint8_t *out, size_t *n, struct line line, bool is_last)
{
    /* Only the last line may be shorter. */
    if (line.len == 0 || line.len > LINE_CHARS || (line.len < LINE_CHARS && !is_last))
        return false;
    return sodium_base642bin(out, LINE_BYTES, line.text, line.len, NULL, n, NULL, BASE64) == 0;
}

bool block_decode(uint8_t *out, size_t *out_len, const char *text, const struct block *block,
                  struct flaw *flaw)
{
    size_t pos = block->body;

    *out_len = 0;
    while (pos < block->body_end) {
        size_t start = pos, n = 0;
        struct line line = line_take(text, block->body_end, &pos);
        bool is_last = pos == block->body_end;

        if (!decode_line(out + *out_len, &n, line, is_last)) {
            *flaw = (struct flaw){odd_body(line, is_last), start};
            return false;
        }
        *out_len += n;
    }
    return true;
}

size_t block_text_len(enum block_kind kind, size_t len)
{
    size_t chars = (len + 2) / 3 * 4;

    return strlen(begin_lines[kind]) + 1 + chars + (chars + LINE_CHARS - 1) / LINE_CHARS +
           strlen(end_lines[kind]) + 1;
}

static char *put_line(char *out, const char *text)
{
    size_t len = strlen(text);

    memcpy(out, text, len);
    out[len] = '\n';
    return out + len + 1;
}

void block_write(char *out, enum block_kind kind, const uint8_t *data, size_t len)
{
    out = put_line(out, begin_lines[kind]);
    for (size_t done = 0; done < len; done += LINE_BYTES) {
        size_t n = len - done < LINE_BYTES ? len - done : LINE_BYTES;
        size_t chars = (n + 2) / 3 * 4;

        /* libsodium fills all of the size that it is told, so that is the line and its NUL. */
        (void)sodium_bin2base64(out, chars + 1, data + done, n, BASE64);
        out += chars;
        *out++ = '\n';
    }
    (void)put_line(out, end_lines[kind]);
}
