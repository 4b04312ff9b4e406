/*
 * Blocks in the text of a key file: finding them, decoding them, writing them.
 */
#define MEMCHR_LINES 2
#include "string_model.h"
#include "prove.h"
#include "sodium_model.h"

#include "keys/record.h"

/* The run has odd_line and block_next call these. */
struct line;
size_t find_in_model(struct line line, const char *const lines[static BLOCK_KIND_COUNT],
                     size_t *found_len);
bool find_end_model(const char *text, size_t len, size_t *pos, struct block *block,
                    struct flaw *flaw);

#include "keys/pem.c"

/* The run scales the lines: 8 characters of base64, "-----BP" for the first line of a block. */
#define TEXT_MAX 12 /* the first line of a block, or the last, and more */
#define BODY_MAX 12 /* a full line, and more */
#define DATA_MAX 14 /* two full lines, and more */

bool mangled_find(const char *text, size_t len, size_t from, size_t to, size_t *at)
{
    PROVE(from <= to && to <= len && __CPROVER_r_ok(text, len));
    *at = nondet_size();
    ASSUME(from <= *at && *at < to);
    return nondet_bool();
}

enum seal_reason mangled_cause(const char *line, size_t len)
{
    PROVE(__CPROVER_r_ok(line, len));
    return nondet_bool() ? REASON_NONE : REASON_KEY_LINE_DASHES;
}

/* It writes no more than the characters stand for, even if they turn out to be no base64. */
int sodium_base642bin(unsigned char *const bin, const size_t bin_maxlen, const char *const b64,
                      const size_t b64_len, const char *const ignore, size_t *const bin_len,
                      const char **const b64_end, const int variant)
{
    size_t most = b64_len / 4 * 3 + b64_len % 4 * 3 / 4;

    (void)b64_end;
    PROVE(ignore == NULL && variant == BASE64);
    PROVE(__CPROVER_r_ok(b64, b64_len));
    most = most < bin_maxlen ? most : bin_maxlen;
    PROVE(__CPROVER_w_ok(bin, most));
    *bin_len = any_up_to(most);
    return nondet_bool() ? 0 : -1;
}

/* It fills all of bin_maxlen, and ends the program if that is too little. */
char *sodium_bin2base64(char *const b64, const size_t b64_maxlen, const unsigned char *const bin,
                        const size_t bin_len, const int variant)
{
    PROVE(variant == BASE64 && b64_maxlen > (bin_len + 2) / 3 * 4);
    PROVE(__CPROVER_r_ok(bin, bin_len));
    PROVE(__CPROVER_w_ok(b64, b64_maxlen));
    return b64;
}

static bool in_fits(size_t at, size_t found_len, struct line line)
{
    return at == line.len || (at < line.len && found_len > 0 && found_len <= line.len - at);
}

static void find_in_any(void)
{
    struct line line;
    size_t at, found_len;

    line.text = any_end(TEXT_MAX, &line.len);
    at = find_in(line, nondet_bool() ? begin_lines : end_lines, &found_len);
    PROVE(in_fits(at, found_len, line));
}

size_t find_in_model(struct line line, const char *const lines[static BLOCK_KIND_COUNT],
                     size_t *found_len)
{
    size_t at = nondet_size();

    (void)lines;
    PROVE(__CPROVER_r_ok(line.text, line.len));
    *found_len = nondet_size();
    ASSUME(in_fits(at, *found_len, line));
    return at;
}

/* What is found behind the BEGIN line. */
static bool end_fits(bool found, size_t start, size_t pos, size_t len, const struct block *block)
{
    return start <= pos && pos <= len &&
           IMPLIES(found, block->body == start && start <= block->body_end &&
                              block->body_end < block->end && block->end == pos);
}

static void find_end_any(void)
{
    size_t len;
    const char *text = any_end(TEXT_MAX, &len);
    size_t pos = 0;
    struct block block = {.kind = nondet_bool() ? BLOCK_PUBLIC : BLOCK_SECRET};
    struct flaw flaw = {REASON_NONE, 0};
    bool found;

    newlines_found = 0;
    found = find_end(text, len, &pos, &block, &flaw);
    PROVE(end_fits(found, 0, pos, len, &block));
    PROVE(IMPLIES(found, text[block.body_end] == '-'));
    PROVE(IMPLIES(!found, flaw.reason != REASON_NONE && flaw.at <= len));
}

bool find_end_model(const char *text, size_t len, size_t *pos, struct block *block,
                    struct flaw *flaw)
{
    bool found = nondet_bool();
    size_t start = *pos;

    PROVE(start <= len && __CPROVER_r_ok(text, len));
    PROVE(block->kind == BLOCK_PUBLIC || block->kind == BLOCK_SECRET);
    *pos = nondet_size();
    block->body = start;
    block->body_end = nondet_size();
    block->end = *pos;
    ASSUME(end_fits(found, start, *pos, len, block));
    *flaw = (struct flaw){REASON_KEY_END_MISSING, block->start};
    return found;
}

static void find_any(void)
{
    size_t len, pos = 0;
    const char *text = any_end(TEXT_MAX, &len);
    struct block block;
    bool found = nondet_bool(), marked = false;
    struct flaw flaw = {REASON_NONE, 0};
    enum seal_status status;

    newlines_found = 0;
    status = block_next(text, len, &pos, &block, &found, &marked, &flaw);
    PROVE(pos <= len);
    PROVE(status == SEAL_OK ||
          (status == SEAL_BAD_KEY && !found && flaw.reason != REASON_NONE && flaw.at <= len));
    PROVE(IMPLIES(status == SEAL_OK && !found, pos == len));
    if (found) {
        PROVE(block.before <= block.start);
        PROVE(block.start < block.body && block.body <= block.body_end);
        PROVE(block.body_end < block.end && block.end == pos);
        PROVE(IMPLIES(block.body < len, text[block.body - 1] == '\n'));
    }
}

static void decode_any(void)
{
    size_t len, out_len;
    const char *text = any_end(BODY_MAX, &len);
    struct block block = {.body_end = len};
    struct flaw flaw;
    uint8_t *out = any_bytes(BLOCK_DATA_MAX(&block));

    IGNORE_RESULT(block_decode(out, &out_len, text, &block, &flaw));
    PROVE(out_len <= BLOCK_DATA_MAX(&block));
}

static void write_block(enum block_kind kind)
{
    for (size_t len = 0; len <= DATA_MAX; len++) {
        const uint8_t *data = any_bytes(len);
        size_t text_len = block_text_len(kind, len);
        char *text = any_bytes(text_len + 1);

        block_write(text, kind, data, len);
        PROVE(text[text_len - 1] == '\n');
    }
}

static void write_any(void)
{
    write_block(BLOCK_PUBLIC);
    write_block(BLOCK_SECRET);
}

int main(void)
{
    find_in_any();
    find_end_any();
    find_any();
    decode_any();
    write_any();
    return 0;
}
