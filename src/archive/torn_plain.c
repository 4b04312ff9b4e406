/*
 * A torn content decompressed, as far as it is there.
 */
#include <stdlib.h>
#include <string.h>

#include <zstd_errors.h>

#include "archive/tar.h"
#include "archive/torn_private.h"
#include "platform/process.h"

/* ---- Frames ------------------------------------------------------------------------------- */

enum seal_status torn_add_frame(struct torn *t, uint64_t packed_off, uint32_t packed_len,
                                uint32_t plain_len, bool begins_stretch, struct fault *fault)
{
    if (t->count == TORN_FRAMES_MAX) {
        t->facts.gave_up = true;
        return SEAL_OK;
    }
    if (t->count == t->cap) {
        const size_t cap = t->cap == 0 ? 64 : 2 * t->cap;
        struct torn_frame *frames = realloc(t->frames, cap * sizeof *frames);

        if (frames == NULL)
            return fault_no_memory(fault);
        t->frames = frames;
        t->cap = cap;
    }
    /* So far apart that the end of one is not the begin of the next. */
    if (begins_stretch && t->count > 0)
        t->plain_len += tar_padding_len(t->plain_len) + TAR_BLOCK_LEN;
    t->frames[t->count++] = (struct torn_frame){.packed_off = packed_off,
                                                .packed_len = packed_len,
                                                .plain_off = t->plain_len,
                                                .plain_len = plain_len,
                                                .begins_stretch = begins_stretch};
    t->plain_len += plain_len;
    return SEAL_OK;
}

size_t torn_find_frame(const struct torn *t, uint64_t off)
{
    size_t low = 0, high = t->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (t->frames[middle].plain_off <= off)
            low = middle + 1;
        else
            high = middle;
    }
    return low == 0 ? SIZE_MAX : low - 1;
}

uint64_t torn_stretch_end(const struct torn *t, uint64_t off)
{
    const size_t i = torn_find_frame(t, off);

    return i == SIZE_MAX ? off : t->frames[i].stretch_end;
}

static bool is_whole(const struct torn *t, const struct torn_frame *f)
{
    return holed_has(t->from, f->packed_off, f->packed_len);
}

bool torn_spend(struct torn *t, uint64_t bytes)
{
    t->facts.gave_up |= bytes >= t->budget;
    t->budget -= bytes < t->budget ? bytes : t->budget;
    return !t->facts.gave_up;
}

/* ---- A frame as zstd reads it ------------------------------------------------------------- */

/* Whether the frame begins as it should; len bytes of it are there. */
static enum seal_status check_header(struct torn *t, const struct torn_frame *f, uint64_t len,
                                     bool *good, struct fault *fault)
{
    uint8_t start[MAGIC_LEN + 1 + 14];
    struct frame_header header;
    size_t header_len;

    *good = false;
    if (len < MAGIC_LEN + 1)
        return SEAL_OK;
    if (holed_read(t->from, f->packed_off, start, len < sizeof start ? (size_t)len : sizeof start,
                   fault) != SEAL_OK)
        return fault->status;
    header_len = frame_header_len(start[MAGIC_LEN]);
    *good = load_u32(start) == MAGIC_ZSTD && header_len != 0 && len >= MAGIC_LEN + header_len &&
            frame_header_read(&header, start + MAGIC_LEN, header_len) == REASON_NONE &&
            header.plain_len == f->plain_len;
    return SEAL_OK;
}

/* Decompresses len bytes of the frame. *out bytes come out; *left as zstd tells: 0 at the end of a
 * frame, or an error. */
static enum seal_status run_zstd(struct torn *t, const struct torn_frame *f, uint64_t len,
                                 size_t *out, size_t *left, struct fault *fault)
{
    ZSTD_outBuffer to = {t->plain, f->plain_len, 0};

    *left = 1;
    (void)ZSTD_DCtx_reset(t->zstd, ZSTD_reset_session_only);
    for (uint64_t done = 0; done < len && *left != 0 && !ZSTD_isError(*left);) {
        const size_t n = len - done < TORN_PIECE ? (size_t)(len - done) : TORN_PIECE;
        ZSTD_inBuffer in = {t->packed, n, 0};

        if (stop_requested())
            return fault_set(fault, REASON_INTERRUPTED, NULL);
        if (holed_read(t->from, f->packed_off + done, t->packed, n, fault) != SEAL_OK)
            return fault->status;
        do
            *left = ZSTD_decompressStream(t->zstd, &to, &in);
        while (!ZSTD_isError(*left) && *left != 0 && in.pos < in.size);
        done += in.pos;
        if (*left == 0 && done < len)
            *left = (size_t)-ZSTD_error_corruption_detected; /* more than one frame */
    }
    if (ZSTD_isError(*left) && ZSTD_getErrorCode(*left) == ZSTD_error_memory_allocation)
        return fault_no_memory(fault);
    *out = to.pos;
    return SEAL_OK;
}

/* Of a frame that is not whole, what is in front of its first hole. */
static enum seal_status decode_begin(struct torn *t, const struct torn_frame *f,
                                     struct fault *fault)
{
    uint64_t len = holed_has(t->from, f->packed_off, 1)
                       ? holed_run_end(t->from, f->packed_off) - f->packed_off
                       : 0;
    size_t out, left;
    bool good;

    if (len > f->packed_len)
        len = f->packed_len;
    if (check_header(t, f, len, &good, fault) != SEAL_OK || !good)
        return fault->status;
    if (run_zstd(t, f, len, &out, &left, fault) != SEAL_OK)
        return fault->status;
    if (!ZSTD_isError(left) && out > 0)
        t->runs[t->run_count++] = (struct torn_run){0, (uint32_t)out};
    return SEAL_OK;
}

/* A frame that is there and cannot be decompressed is none of an honest sender. */
static enum seal_status decode_whole(struct torn *t, const struct torn_frame *f,
                                     struct fault *fault)
{
    size_t out, left;
    bool good;

    if (check_header(t, f, f->packed_len, &good, fault) != SEAL_OK || !good)
        return fault->status;
    if (run_zstd(t, f, f->packed_len, &out, &left, fault) != SEAL_OK)
        return fault->status;
    if (left == 0 && out == f->plain_len)
        t->runs[t->run_count++] = (struct torn_run){0, f->plain_len};
    return SEAL_OK;
}

/* ---- Any frame ---------------------------------------------------------------------------- */

static enum seal_status reserve(struct torn *t, size_t len, struct fault *fault)
{
    if (len <= t->plain_cap && t->plain != NULL)
        return SEAL_OK;
    free(t->plain);
    t->plain_cap = len > 0 ? len : 1; /* zstd wants a place to write to even for nothing */
    t->plain = malloc(t->plain_cap);
    if (t->plain != NULL)
        return SEAL_OK;
    t->plain_cap = 0;
    return fault_no_memory(fault);
}

static enum seal_status decode_torn(struct torn *t, const struct torn_frame *f, struct fault *fault)
{
    bool is_raw = false;

    if (torn_decode_raw(t, f, &is_raw, fault) != SEAL_OK || is_raw)
        return fault->status;
    t->run_count = 0;
    if (decode_begin(t, f, fault) != SEAL_OK)
        return fault->status;
    return torn_add_raw(t, f, fault);
}

enum seal_status torn_decode(struct torn *t, const struct torn_frame *f, struct fault *fault)
{
    if (t->has_plain && t->plain_of == f->packed_off)
        return SEAL_OK;
    t->has_plain = false;
    t->run_count = 0;
    t->work += (uint64_t)f->packed_len + f->plain_len;
    if (reserve(t, f->plain_len, fault) != SEAL_OK ||
        (is_whole(t, f) ? decode_whole : decode_torn)(t, f, fault) != SEAL_OK)
        return fault->status;
    t->has_plain = true;
    t->plain_of = f->packed_off;
    return SEAL_OK;
}

/* ---- Reading ------------------------------------------------------------------------------ */

/* From at on in the frame that was decoded. */
static void show_run(const struct torn *t, uint32_t at, uint32_t end, const uint8_t **data,
                     size_t *len)
{
    for (size_t i = 0; i < t->run_count && t->runs[i].from < end; i++) {
        if (t->runs[i].to <= at)
            continue;
        if (t->runs[i].from <= at) {
            *data = t->plain + at;
            end = t->runs[i].to;
        } else {
            end = t->runs[i].from;
        }
        break;
    }
    *len = end - at;
}

enum seal_status torn_peek(struct torn *t, uint64_t off, const uint8_t **data, size_t *len,
                           struct fault *fault)
{
    const struct torn_frame *f;
    size_t i;

    *data = NULL;
    *len = 0;
    if (off >= t->plain_len)
        return SEAL_OK;
    i = torn_find_frame(t, off); /* the first frame begins at 0 */
    f = &t->frames[i];
    if (off - f->plain_off >= f->plain_len) { /* between two stretches */
        *len = (size_t)(t->frames[i + 1].plain_off - off);
        return SEAL_OK;
    }
    if (torn_decode(t, f, fault) != SEAL_OK)
        return fault->status;
    show_run(t, (uint32_t)(off - f->plain_off), f->plain_len, data, len);
    return SEAL_OK;
}

/* Frames that are whole need not be decompressed. */
enum seal_status torn_has_hole(struct torn *t, uint64_t off, uint64_t end, bool *has_hole,
                               struct fault *fault)
{
    *has_hole = off < end && end > torn_stretch_end(t, off);
    while (off < end && !*has_hole) {
        const struct torn_frame *f = &t->frames[torn_find_frame(t, off)];
        const uint8_t *data;
        size_t len;

        if (is_whole(t, f)) {
            off = f->plain_off + f->plain_len;
            continue;
        }
        if (torn_peek(t, off, &data, &len, fault) != SEAL_OK)
            return fault->status;
        *has_hole = data == NULL;
        off += len;
    }
    return SEAL_OK;
}

enum seal_status torn_copy(struct torn *t, uint64_t off, void *out, size_t len, bool *there,
                           struct fault *fault)
{
    uint8_t *to = out;

    *there = true;
    while (len > 0) {
        const uint8_t *data;
        size_t n;

        if (torn_peek(t, off, &data, &n, fault) != SEAL_OK)
            return fault->status;
        *there = data != NULL;
        if (!*there)
            break;
        n = n < len ? n : len;
        memcpy(to, data, n);
        to += n;
        off += n;
        len -= n;
    }
    return SEAL_OK;
}
