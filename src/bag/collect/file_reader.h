/*
 * Reading one file of the source from begin to end, on a medium that may fail and while the file
 * may change. Private to bag/collect.
 */
#ifndef SEAL_BAG_FILE_READER_H
#define SEAL_BAG_FILE_READER_H

#include "base/bytes.h"
#include "base/status.h"
#include "platform/files.h"

/* Byte ranges of a file that could not be read, as text for remarks; adjacent ones are joined. A
 * failing card may have very many, so a remark holds some hundreds, and there may be several. */
struct bad_ranges {
    struct buffer text;  /* of the remark that is being filled: "FIRST-LAST,FIRST-LAST" */
    struct buffer lines; /* remarks that are full, each with a NUL */
    uint64_t first, end; /* the last range, not yet in text; end 0: none */
};

enum file_change {
    FILE_STABLE,
    FILE_SHORT,    /* it ended before its size */
    FILE_LONGER,   /* it went on behind its size */
    FILE_RESIZED,  /* its size is another now */
    FILE_RETIMED,  /* its time is another now */
    FILE_TOUCHED,  /* only its ctime is, which a network file system may set on reading */
    FILE_TIME_ONLY /* a second reading tells: its time is another, its content the same */
};

/* {.fd = -1} is one that was not started. */
struct file_reader {
    int fd;                   /* the caller's, unless owns_fd */
    struct plat_stat before;  /* what the file was when reading began; size: what it is read for */
    uint64_t said;            /* the size that it had by the system */
    uint64_t off;             /* bytes handed out; in the end before.size */
    uint64_t file_len;        /* so many of them are from the file; behind them are zeros */
    uint64_t sectors_until;   /* up to this offset it is read sector by sector, since it failed */
    uint64_t zeros_until;     /* up to this offset it is given up */
    unsigned int bad_sectors; /* in a row, the last that were read */
    uint64_t got;             /* bytes that the medium gave */
    bool ended;               /* the file ended before its size */
    bool is_forward;          /* it cannot be sought in (ESPIPE): it is read from where fd is, */
    uint64_t at;              /* which is here */
    bool owns_fd;             /* file_reader_free closes fd */
    struct bad_ranges bad;
};

/* Begins to read the open file. -1: it is no file, or cannot be looked at. A file that was read
 * already may be given again, unless it is_forward: that one has to be opened anew. */
int file_reader_start(struct file_reader *r, int fd);
/* Reads the next piece, at most room bytes; *len is 0 at the end. Together the pieces have
 * before.size bytes: zeros stand where the medium fails and where the file ended too early.
 * SEAL_NO_MEMORY, SEAL_INTERRUPTED. */
MUST_USE enum seal_status file_reader_next(struct file_reader *r, uint8_t *buf, size_t room,
                                           size_t *len, struct fault *fault);
/* After the last piece: whether the file is the same as when reading began. */
enum file_change file_reader_change(struct file_reader *r);
/* After the last piece: whether a change may come of a size that is not true, as in /proc. */
bool file_reader_may_be_untrue(const struct file_reader *r, enum file_change change);
/* Then, after file_reader_start and instead of file_reader_next: reads it to its end. *is_untrue:
 * it has another size than it says, and did not change meanwhile; before.size is then what it has.
 * out is all of it if it has so many bytes; it has fewer if the file is larger than 64 MiB (never
 * one of /proc or /sys, which may have no end), which is to be started again and read for that
 * size. SEAL_NO_MEMORY, SEAL_INTERRUPTED. */
MUST_USE enum seal_status file_reader_untrue_size(struct file_reader *r, struct buffer *out,
                                                  bool *is_untrue, struct fault *fault);
bool file_reader_is_damaged(const struct file_reader *r);
/* Whether it should have bytes, and all that was handed out are zeros that stand for them. */
bool file_reader_got_nothing(const struct file_reader *r);
/* After the last piece, once: the ranges that could not be read, as texts with a NUL behind each.
 */
MUST_USE enum seal_status file_reader_bad_ranges(struct file_reader *r,
                                                 const struct buffer **texts);
void file_reader_free(struct file_reader *r);

#endif
