/*
 * The frames of a torn content where its tables are lost: one behind the other, and behind a hole
 * that hides where the next begins, looked for.
 *
 * A frame is followed by the headers of its blocks: what lies between them may be a hole. Evidence
 * can have frames in it, too, such as a file in zstd's own format that was stored as it is. So a
 * frame that is looked for counts only if what is behind it goes on as a content does, frame after
 * frame, up to the next hole, or the tables.
 */
#include <string.h>

#include "archive/torn_private.h"
#include "platform/process.h"

/* What stands at a place. */
struct found {
    enum {
        FOUND_FRAME,  /* all its block headers are there */
        FOUND_TORN,   /* the begin of one: a header is in a hole, and so where it ends */
        FOUND_HOLE,   /* a hole */
        FOUND_TABLES, /* the frames have ended */
        FOUND_ELSE
    } kind;
    uint64_t len;       /* of a frame; of a torn one, up to the hole */
    uint32_t plain_len; /* 0 of one whose header is torn */
};

/* ---- One frame ---------------------------------------------------------------------------- */

static enum seal_status copy(struct torn *t, uint64_t off, void *out, size_t len, bool *there,
                             struct fault *fault)
{
    *there = holed_has(t->from, off, len);
    return *there ? holed_read(t->from, off, out, len, fault) : SEAL_OK;
}

static enum seal_status find_magic(struct torn *t, uint64_t off, struct found *f,
                                   struct fault *fault)
{
    uint8_t magic[MAGIC_LEN];
    bool there;

    *f = (struct found){.kind = FOUND_HOLE};
    if (copy(t, off, magic, sizeof magic, &there, fault) != SEAL_OK || !there)
        return fault->status;
    switch (load_u32(magic)) {
    case MAGIC_ZSTD:
        *f = (struct found){FOUND_TORN, MAGIC_LEN, 0};
        break;
    case MAGIC_OFFSETS:
    case MAGIC_SEEK_TABLE:
        f->kind = FOUND_TABLES;
        break;
    default:
        f->kind = FOUND_ELSE;
    }
    return SEAL_OK;
}

/* The frame header, behind the magic. f stays torn if it is not all there. */
static enum seal_status find_header(struct torn *t, uint64_t off, struct found *f,
                                    struct frame_header *header, struct fault *fault)
{
    uint8_t bytes[15];
    size_t len;
    bool there;

    if (copy(t, off + f->len, bytes, 1, &there, fault) != SEAL_OK || !there)
        return fault->status;
    len = frame_header_len(bytes[0]);
    if (len == 0) {
        f->kind = FOUND_ELSE;
        return SEAL_OK;
    }
    if (copy(t, off + f->len, bytes, len, &there, fault) != SEAL_OK || !there)
        return fault->status;
    if (frame_header_read(header, bytes, len) != REASON_NONE) {
        f->kind = FOUND_ELSE;
        return SEAL_OK;
    }
    f->kind = FOUND_FRAME;
    f->len += len;
    f->plain_len = (uint32_t)header->plain_len;
    return SEAL_OK;
}

static enum seal_status find_blocks(struct torn *t, uint64_t off, struct found *f,
                                    const struct frame_header *header, struct fault *fault)
{
    struct block_header block = {.is_last = false};
    uint8_t bytes[BLOCK_HEADER_LEN];
    bool there;

    while (!block.is_last && f->kind == FOUND_FRAME) {
        if (stop_requested())
            return fault_set(fault, REASON_INTERRUPTED, NULL);
        if (copy(t, off + f->len, bytes, sizeof bytes, &there, fault) != SEAL_OK)
            return fault->status;
        if (!there) {
            f->kind = FOUND_TORN;
            return SEAL_OK;
        }
        block_header_read(&block, bytes);
        f->len += sizeof bytes + block.packed_len;
        if (block.len > header->block_len_max || f->len > UINT32_MAX - FRAME_CHECKSUM_LEN)
            f->kind = FOUND_ELSE;
    }
    f->len += header->has_checksum ? FRAME_CHECKSUM_LEN : 0;
    return SEAL_OK;
}

/* Whether the bytes there, if they are, are the header of that raw block: *seen counts. */
static enum seal_status check_raw_block(struct torn *t, uint64_t off, uint32_t left, bool *is_raw,
                                        size_t *seen, struct fault *fault)
{
    const uint32_t len = left < ZSTD_BLOCK_LEN_MAX ? left : (uint32_t)ZSTD_BLOCK_LEN_MAX;
    uint8_t want[BLOCK_HEADER_LEN], is[BLOCK_HEADER_LEN];
    bool there;

    raw_block_header_write(want, len, len == left);
    if (copy(t, off, is, sizeof is, &there, fault) != SEAL_OK || !there)
        return fault->status;
    *is_raw = memcmp(is, want, sizeof is) == 0;
    *seen += *is_raw;
    return SEAL_OK;
}

/* A torn frame of raw blocks alone, as this program writes photos and video, tells its length all
 * the same: if blocks behind the hole are where they should be, or a frame behind all of them. */
static enum seal_status complete_raw(struct torn *t, uint64_t off, struct found *f,
                                     struct fault *fault)
{
    uint64_t at = RAW_FRAME_HEADER_LEN;
    struct found next;
    bool is_raw = true;
    size_t before = 0, behind = 0;

    for (uint32_t left = f->plain_len; left > 0 && is_raw;) {
        if (check_raw_block(t, off + at, left, &is_raw, at < f->len ? &before : &behind, fault) !=
            SEAL_OK)
            return fault->status;
        at += BLOCK_HEADER_LEN + (left < ZSTD_BLOCK_LEN_MAX ? left : ZSTD_BLOCK_LEN_MAX);
        left -= left < ZSTD_BLOCK_LEN_MAX ? left : (uint32_t)ZSTD_BLOCK_LEN_MAX;
    }
    if (!is_raw || before + behind == 0 || find_magic(t, off + at, &next, fault) != SEAL_OK)
        return fault->status;
    if (behind > 0 || next.kind == FOUND_TORN || next.kind == FOUND_TABLES)
        *f = (struct found){FOUND_FRAME, at, f->plain_len};
    return SEAL_OK;
}

static enum seal_status find_at(struct torn *t, uint64_t off, struct found *f, struct fault *fault)
{
    struct frame_header header;

    if (find_magic(t, off, f, fault) != SEAL_OK || f->kind != FOUND_TORN ||
        find_header(t, off, f, &header, fault) != SEAL_OK || f->kind != FOUND_FRAME ||
        find_blocks(t, off, f, &header, fault) != SEAL_OK)
        return fault->status;
    return f->kind == FOUND_TORN ? complete_raw(t, off, f, fault) : SEAL_OK;
}

/* ---- Looking for one ---------------------------------------------------------------------- */

/* Whether a frame that is all there is one. */
static enum seal_status try_frame(struct torn *t, uint64_t off, const struct found *f,
                                  bool *is_good, struct fault *fault)
{
    const struct torn_frame frame = {
        .packed_off = off, .packed_len = (uint32_t)f->len, .plain_len = f->plain_len};

    if (torn_decode(t, &frame, fault) == SEAL_OK)
        *is_good = t->run_count > 0 || f->plain_len == 0;
    return fault->status;
}

/* Whether what begins there goes on as a content does. *end: as far as it does. */
static enum seal_status try_chain(struct torn *t, uint64_t start, uint64_t *end, bool *is_good,
                                  struct fault *fault)
{
    struct found f = {.kind = FOUND_FRAME};
    bool is_whole = true;

    *is_good = true;
    for (*end = start; f.kind == FOUND_FRAME && is_whole && *is_good;) {
        if (find_at(t, *end, &f, fault) != SEAL_OK)
            return fault->status;
        *is_good = f.kind != FOUND_ELSE;
        if (f.kind != FOUND_FRAME)
            break;
        is_whole = holed_has(t->from, *end, f.len);
        if (*end == start && is_whole && try_frame(t, start, &f, is_good, fault) != SEAL_OK)
            return fault->status;
        *end += f.len;
    }
    return SEAL_OK;
}

/* The first magic from off on in that part, which is there; end: none. */
static enum seal_status find_next_magic(struct torn *t, uint64_t *off, uint64_t end,
                                        struct fault *fault)
{
    uint8_t piece[4096];

    for (; *off + MAGIC_LEN <= end; *off += sizeof piece - MAGIC_LEN + 1) {
        const size_t len = end - *off < sizeof piece ? (size_t)(end - *off) : sizeof piece;

        if (stop_requested())
            return fault_set(fault, REASON_INTERRUPTED, NULL);
        if (holed_read(t->from, *off, piece, len, fault) != SEAL_OK)
            return fault->status;
        for (size_t i = 0; i + MAGIC_LEN <= len; i++) {
            if (load_u32(piece + i) != MAGIC_ZSTD)
                continue;
            *off += i;
            return SEAL_OK;
        }
    }
    *off = end;
    return SEAL_OK;
}

/* The first frame in that part, which is there. UINT64_MAX: none. What begins within frames that
 * lead nowhere is not tried: they would be gone over again and again. */
static enum seal_status search_run(struct torn *t, uint64_t off, uint64_t end, uint64_t *found,
                                   struct fault *fault)
{
    for (*found = UINT64_MAX; off < end;) {
        const uint64_t before = t->work;
        uint64_t looked;
        bool is_good;

        if (find_next_magic(t, &off, end, fault) != SEAL_OK || off >= end)
            return fault->status;
        if (try_chain(t, off, &looked, &is_good, fault) != SEAL_OK)
            return fault->status;
        if (is_good)
            *found = off;
        if (is_good || !torn_spend(t, looked - off + t->work - before))
            return SEAL_OK;
        off = looked > off ? looked : off + 1;
    }
    return SEAL_OK;
}

/* The first frame from off on; UINT64_MAX: none. */
static enum seal_status search(struct torn *t, uint64_t off, uint64_t *found, struct fault *fault)
{
    *found = UINT64_MAX;
    for (off = holed_next(t->from, off); off != UINT64_MAX && !t->facts.gave_up;) {
        const uint64_t end = holed_run_end(t->from, off);

        if (search_run(t, off, end, found, fault) != SEAL_OK || *found != UINT64_MAX)
            return fault->status;
        off = holed_next(t->from, end);
    }
    return SEAL_OK;
}

/* ---- All of them -------------------------------------------------------------------------- */

enum seal_status torn_scan(struct torn *t, struct fault *fault)
{
    bool begins = true;

    for (uint64_t off = 0; off != UINT64_MAX && t->count < TORN_FRAMES_MAX;) {
        struct found f;

        if (find_at(t, off, &f, fault) != SEAL_OK)
            return fault->status;
        if ((f.kind == FOUND_FRAME || f.kind == FOUND_TORN) &&
            torn_add_frame(t, off, (uint32_t)f.len, f.plain_len, begins, fault) != SEAL_OK)
            return fault->status;
        if (f.kind == FOUND_TABLES)
            return SEAL_OK;
        begins = f.kind != FOUND_FRAME;
        if (f.kind == FOUND_FRAME)
            off += f.len;
        else if (search(t, f.kind == FOUND_TORN ? off + f.len : off + 1, &off, fault) != SEAL_OK)
            return fault->status;
    }
    t->facts.gave_up |= t->count == TORN_FRAMES_MAX;
    return SEAL_OK;
}
