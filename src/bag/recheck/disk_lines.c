/*
 * A bag on disk: reading a file line by line.
 */
#include "bag/recheck/disk_access.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define READ_LEN ((size_t)64 * 1024)

struct line_reader {
    const struct line_taker *taker;
    struct buffer line; /* the beginning of a line */
    uint64_t number;
    bool cut;      /* of the line: the rest did not fit */
    bool after_cr; /* the last line ended with CR: an LF may belong to it */
    struct decoder decoder;
    char *decoded; /* the piece that was read, in UTF-8 */
};

static enum seal_status end_line(struct line_reader *r, struct fault *fault)
{
    struct text_line line = {.len = r->line.len, .number = ++r->number, .cut = r->cut};

    if (buffer_append(&r->line, "", 1) != SEAL_OK)
        return fault_no_memory(fault);
    line.text = (char *)r->line.data;
    r->line.len = 0;
    r->cut = false;
    return r->taker->take(r->taker->ctx, &line, fault);
}

static enum seal_status add_to_line(struct line_reader *r, const char *text, size_t len,
                                    struct fault *fault)
{
    size_t room = DISK_LINE_MAX - r->line.len;

    r->cut = r->cut || len > room;
    if (buffer_append(&r->line, text, len < room ? len : room) != SEAL_OK)
        return fault_no_memory(fault);
    return SEAL_OK;
}

/* The first end of a line in text; NULL: there is none. */
static const char *find_end(const struct line_reader *r, const char *text, size_t len)
{
    const char *lf = memchr(text, '\n', len);
    const char *cr =
        r->taker->cr_ends ? memchr(text, '\r', lf == NULL ? len : (size_t)(lf - text)) : NULL;

    return cr != NULL ? cr : lf;
}

static enum seal_status take_text(struct line_reader *r, const char *text, size_t len,
                                  struct fault *fault)
{
    while (len > 0) {
        const char *end;
        size_t n;

        if (r->after_cr && *text == '\n') { /* CR LF is one end */
            text++;
            len--;
        }
        r->after_cr = false;
        end = find_end(r, text, len);
        n = end == NULL ? len : (size_t)(end - text);
        if (n > 0 && add_to_line(r, text, n, fault) != SEAL_OK)
            return fault->status;
        if (end == NULL)
            return SEAL_OK;
        if (end_line(r, fault) != SEAL_OK)
            return fault->status;
        r->after_cr = *end == '\r';
        text += n + 1;
        len -= n + 1;
    }
    return SEAL_OK;
}

/* No line is so long, but that of a sparse file may be many terabytes. */
#define LINE_READ_MAX (UINT64_C(1) << 26)

static enum seal_status take_piece(struct line_reader *r, const uint8_t *bytes, size_t len,
                                   struct fault *fault)
{
    return take_text(r, r->decoded, decoder_take(&r->decoder, bytes, len, r->decoded), fault);
}

static enum seal_status read_lines(struct line_reader *r, int fd, uint8_t *chunk, int *sys,
                                   struct sha256 *hash, struct fault *fault)
{
    uint64_t off = 0, line = 0; /* where the last line began */
    uint64_t lines = 0;

    for (;;) {
        int64_t n;

        if (stop_requested())
            return fault_set(fault, REASON_INTERRUPTED, NULL);
        n = plat_read_at(fd, chunk, READ_LEN, off);
        if (n < 0)
            *sys = errno;
        if (n <= 0)
            break;
        sha256_add(hash, chunk, (size_t)n);
        if (take_piece(r, chunk, (size_t)n, fault) != SEAL_OK)
            return fault->status;
        off += (uint64_t)n;
        if (lines != r->number)
            line = off;
        lines = r->number;
        if (off - line > LINE_READ_MAX) {
            *sys = EFBIG;
            break;
        }
    }
    if (take_text(r, r->decoded, decoder_end(&r->decoder, r->decoded), fault) != SEAL_OK)
        return fault->status;
    return r->line.len > 0 ? end_line(r, fault) : SEAL_OK; /* the last end may be missing */
}

enum seal_status disk_lines(struct line_file *file, int fd, const struct line_taker *taker,
                            struct fault *fault)
{
    struct line_reader r = {.taker = taker, .decoder = {.from = taker->encoding}};
    uint8_t *chunk = malloc(READ_LEN);
    struct sha256 hash;
    enum seal_status status;

    *file = (struct line_file){.sys = 0};
    sha256_start(&hash);
    r.decoded = malloc(DECODED_MAX(READ_LEN));
    status = chunk == NULL || r.decoded == NULL
                 ? fault_no_memory(fault)
                 : read_lines(&r, fd, chunk, &file->sys, &hash, fault);
    file->has_bom = r.decoder.has_bom;
    sha256_end(&hash, file->digest);
    buffer_free(&r.line);
    free(r.decoded);
    free(chunk);
    return status;
}
