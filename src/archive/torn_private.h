/*
 * Inside a torn content (torn.h), private to this room: torn_tables.c takes the frames from the
 * tables, torn_scan.c finds them without, torn_plain.c and torn_raw.c decompress, torn_walk.c finds
 * entries.
 */
#ifndef SEAL_TORN_PRIVATE_H
#define SEAL_TORN_PRIVATE_H

#include <zstd.h>

#include "archive/frame_format.h"
#include "archive/torn.h"

struct torn_frame {
    uint64_t packed_off; /* in the content */
    uint64_t plain_off;
    uint64_t stretch_end;
    uint32_t packed_len, plain_len;
    bool begins_stretch;
};

/* Honest content has one for each 4 MiB. */
#define TORN_FRAMES_MAX ((size_t)1 << 22)

/* Of a frame that is not whole, what could be decompressed. A frame of 8 MiB has 130 blocks of the
 * sealed file, so at most half as many holes. */
#define TORN_RUNS_MAX 256
struct torn_run {
    uint32_t from, to;
};

struct torn {
    struct holed *from;
    enum content_type type;
    struct torn_frame *frames;
    size_t count, cap;
    uint64_t plain_len;
    struct torn_facts facts;
    uint64_t *offsets; /* of the entries, NULL: not there */
    size_t entry_count;
    uint64_t budget; /* bytes that may still be looked at in vain */
    uint64_t work;   /* bytes that were decompressed, and came out */
    /* The frame decompressed last: */
    ZSTD_DCtx *zstd;
    bool has_plain;
    uint64_t plain_of; /* its packed_off */
    uint8_t *plain;
    size_t plain_cap;
    struct torn_run runs[TORN_RUNS_MAX];
    size_t run_count;
    uint8_t *packed; /* room for TORN_PIECE bytes */
    /* The header read last: */
    struct buffer path, pax;
};

#define TORN_PIECE ((size_t)64 * 1024)

/* Appends a frame, which begins a stretch or goes on. SEAL_NO_MEMORY. Beyond TORN_FRAMES_MAX it is
 * left out, and facts.gave_up set. */
MUST_USE enum seal_status torn_add_frame(struct torn *t, uint64_t packed_off, uint32_t packed_len,
                                         uint32_t plain_len, bool begins_stretch,
                                         struct fault *fault);
/* Takes the frames from the tables; *found is false where these are not there. */
MUST_USE enum seal_status torn_load_tables(struct torn *t, bool *found, struct fault *fault);
/* Finds the frames without tables. */
MUST_USE enum seal_status torn_scan(struct torn *t, struct fault *fault);
/* Decompresses what there is of a frame into plain and runs. */
MUST_USE enum seal_status torn_decode(struct torn *t, const struct torn_frame *f,
                                      struct fault *fault);
/* The same of a frame that is not whole, if all its blocks are raw: *is_raw. */
MUST_USE enum seal_status torn_decode_raw(struct torn *t, const struct torn_frame *f, bool *is_raw,
                                          struct fault *fault);
/* Adds to what was decompressed of another one the raw blocks behind it, as far as they are there
 * and their place is known. */
MUST_USE enum seal_status torn_add_raw(struct torn *t, const struct torn_frame *f,
                                       struct fault *fault);
/* Whether something of that part is lost. */
MUST_USE enum seal_status torn_has_hole(struct torn *t, uint64_t off, uint64_t end, bool *has_hole,
                                        struct fault *fault);
/* The last frame that begins at off or before. SIZE_MAX: none. */
size_t torn_find_frame(const struct torn *t, uint64_t off);
/* Copies len bytes; *there is false if not all are. */
MUST_USE enum seal_status torn_copy(struct torn *t, uint64_t off, void *out, size_t len,
                                    bool *there, struct fault *fault);
/* Notes that so many bytes were looked at in vain. False: no more is to be looked for. */
bool torn_spend(struct torn *t, uint64_t bytes);

#endif
