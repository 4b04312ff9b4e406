/*
 * One pass over a file of the source, private to this room: what a failing medium and a file that
 * changes meanwhile make of it.
 */
#ifndef SEAL_BAG_READING_H
#define SEAL_BAG_READING_H

#include "base/bytes.h"
#include "base/status.h"
#include "platform/platform.h"

/* Byte ranges of one file that could not be read, joined where they touch. A dying card may have
 * very many: a remark holds some hundreds, and there may be several. */
struct holes {
    struct buffer text;  /* "FIRST-LAST,FIRST-LAST": for the remark at hand */
    struct buffer lines; /* remarks that are full, each with a NUL */
    uint64_t first, end; /* the range not yet in text; end 0: none */
};

enum reading_change {
    READ_STABLE,
    READ_SHORT,  /* it ended before its size */
    READ_LONGER, /* it went on behind its size */
    READ_RETIMED /* its size or time is another now */
};

struct reading {
    int fd;
    struct plat_stat before; /* what the file was when the reading began */
    uint64_t off;            /* bytes handed out, in the end before.size */
    uint64_t got;            /* so many of them were the file's; behind them are zeros */
    uint64_t careful_until;  /* up to there it is read sector by sector */
    bool ended;
    struct holes holes;
};

/* Begins, or begins again, to read the open file. -1: it is no file, or cannot be looked at. */
int reading_start(struct reading *r, int fd);
/* The next piece, at most room bytes; *len is 0 at the end. Zeros stand where the medium fails and
 * where the file ended too early. SEAL_NO_MEMORY, SEAL_INTERRUPTED. */
MUST_USE enum seal_status reading_next(struct reading *r, uint8_t *buf, size_t room, size_t *len,
                                       struct fault *fault);
/* After the last piece: whether it was the same file from begin to end. */
enum reading_change reading_end(const struct reading *r);
bool reading_has_holes(const struct reading *r);
/* The ranges that could not be read, in texts with a NUL behind each. */
MUST_USE enum seal_status reading_holes(struct reading *r, const struct buffer **texts);
void reading_free(struct reading *r);

#endif
