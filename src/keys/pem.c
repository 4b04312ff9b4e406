/*
 * The text form of keys: blocks of base64 between a BEGIN and an END line. All other lines are
 * comments. Accepted is what mail and editors add: CRLF, a byte order mark, blanks at line ends.
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

/* Moves *pos from behind the BEGIN line to behind its END line. REASON_NONE, or the rule that is
 * broken. */
static enum seal_reason find_end(const char *text, size_t len, size_t *pos, struct block *block)
{
    block->body = *pos;
    while (*pos < len) {
        size_t start = *pos;
        struct line line = line_take(text, len, pos);

        if (line_is(line, end_lines[block->kind])) {
            block->body_end = start;
            block->end = *pos;
            return REASON_NONE;
        }
        if (line_begins(line, "-----"))
            return REASON_KEY_END_OTHER;
    }
    return REASON_KEY_END_MISSING;
}

enum seal_status block_next(const char *text, size_t len, size_t *pos, struct block *out,
                            bool *found, bool *marked, enum seal_reason *reason)
{
    *found = false;
    while (*pos < len) {
        size_t start = *pos;
        struct line line = without_mark(line_take(text, len, pos));
        enum block_kind kind = kind_of(line, begin_lines);

        if (line_is(line, KEY_PUBLIC_MARK))
            *marked = true;
        if (kind != BLOCK_KIND_COUNT) {
            *out = (struct block){.kind = kind, .start = start};
            *reason = find_end(text, len, pos, out);
            *found = *reason == REASON_NONE;
            return *found ? SEAL_OK : SEAL_BAD_KEY;
        }
        /* It looks like a key. To take it for a comment would pass over a key in silence. */
        line = without_quoting(line);
        if (line_begins(line, "-----BEGIN SEAL ") || line_begins(line, "-----END SEAL ")) {
            *reason = REASON_KEY_LINE_ODD;
            return SEAL_BAD_KEY;
        }
    }
    return SEAL_OK;
}

bool block_decode(uint8_t *out, size_t *out_len, const char *text, const struct block *block)
{
    size_t pos = block->body;

    *out_len = 0;
    while (pos < block->body_end) {
        struct line line = line_take(text, block->body_end, &pos);
        size_t n = 0;

        /* Only the last line may be shorter. */
        if (line.len == 0 || line.len > LINE_CHARS ||
            (line.len < LINE_CHARS && pos < block->body_end))
            return false;
        if (sodium_base642bin(out + *out_len, LINE_BYTES, line.text, line.len, NULL, &n, NULL,
                              BASE64) != 0)
            return false;
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
