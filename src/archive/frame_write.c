/*
 * The writing pipeline of frames: filled one after the other, compressed side by side by the
 * threads of the crew, written into the stream in their order.
 */
#include <stdlib.h>
#include <string.h>

#include <zstd.h>

#include "base/base.h"
#include "archive/frame_format.h"
#include "archive/frames.h"
#include "archive/seek_table.h"
#include "platform/crew.h"
#include "platform/process.h"

/* One frame, which is being filled, is being compressed, or waits for those before it. */
struct frame {
    struct task task; /* first, so that a task's address is its frame's */
    struct frames_writer *writer;
    ZSTD_CCtx *zstd;
    uint8_t *plain; /* FRAME_LEN bytes */
    size_t plain_len;
    uint8_t *packed;   /* takes no memory before it is written to, so none if nothing shrinks */
    size_t packed_len; /* or the error that zstd returned */
    bool is_stored;    /* written as raw blocks, from plain */
    struct fault fault;
};

struct frames_writer {
    struct stream_writer *to;
    struct crew *crew;
    struct lane lane;
    int level;
    uint64_t position;
    /* These two belong to the crew's threads as long as frames are under way. */
    struct buffer rows; /* of the seek table */
    bool failed;
    size_t frame_count, current; /* current: the frame being filled */
    struct frame frames[];
};

/* ---- A frame, by any thread --------------------------------------------------------------- */

static size_t compress(struct frame *f, const void *data, size_t len, int level)
{
    (void)ZSTD_CCtx_setParameter(f->zstd, ZSTD_c_compressionLevel, level);
    return ZSTD_compress2(f->zstd, f->packed, ZSTD_compressBound(FRAME_LEN), data, len);
}

#define SAMPLES 32
#define SAMPLE_LEN ((size_t)2048)

static size_t sample_len(struct frame *f, const uint8_t *sample, int level)
{
    size_t n = compress(f, sample, SAMPLE_LEN, level);

    return ZSTD_isError(n) ? 0 : n; /* the frame tells */
}

/* Photos, video and archives do not shrink, and compressing them would take most of the time. Small
 * samples tell, for a sixty-fourth of the cost. One that shrinks by a fiftieth is enough: many
 * small texts may stand between large pictures. LEVEL_STORE: none does. One of which level 1 sees
 * much less has little but very short matches, as pictures and video without compression have: of
 * such a frame level 3 saves much more than level 2. */
static int level_for(struct frame *f, int level)
{
    const int fast = level < LEVEL_DEFAULT ? level : LEVEL_DEFAULT;
    size_t step = f->plain_len / SAMPLES;

    if (level == LEVEL_STORE || step <= SAMPLE_LEN)
        return level;
    for (size_t i = 0; i < SAMPLES; i++) {
        const uint8_t *sample = f->plain + i * step;
        size_t len = sample_len(f, sample, fast);

        if (len >= SAMPLE_LEN - SAMPLE_LEN / 50)
            continue;
        return level == LEVEL_DEFAULT && sample_len(f, sample, LEVEL_MIN) > len + SAMPLE_LEN / 8
                   ? level + 1
                   : level;
    }
    return LEVEL_STORE;
}

static void frame_work(struct task *t)
{
    struct frame *f = (struct frame *)t;
    int level = level_for(f, f->writer->level);

    f->is_stored = level == LEVEL_STORE;
    if (f->is_stored)
        f->packed_len = raw_frame_len(f->plain_len);
    else
        f->packed_len = compress(f, f->plain, f->plain_len, level);
}

/* ---- A frame, in its turn ----------------------------------------------------------------- */

static enum seal_status write_raw_block(struct frames_writer *w, const uint8_t *data, size_t len,
                                        bool is_last, struct fault *fault)
{
    uint8_t header[BLOCK_HEADER_LEN];

    raw_block_header_write(header, len, is_last);
    if (stream_write(w->to, header, sizeof header, fault) != SEAL_OK)
        return fault->status;
    return stream_write(w->to, data, len, fault);
}

static enum seal_status write_raw_frame(struct frames_writer *w, const struct frame *f,
                                        struct fault *fault)
{
    size_t count = raw_block_count(f->plain_len);
    uint8_t header[RAW_FRAME_HEADER_LEN];
    enum seal_status status;

    raw_frame_header_write(header, f->plain_len);
    status = stream_write(w->to, header, sizeof header, fault);
    for (size_t i = 0; i < count && status == SEAL_OK; i++) {
        size_t off = i * ZSTD_BLOCK_LEN_MAX;
        bool is_last = i + 1 == count;

        status = write_raw_block(w, f->plain + off,
                                 is_last ? f->plain_len - off : ZSTD_BLOCK_LEN_MAX, is_last, fault);
    }
    return status;
}

static void frame_settle(struct task *t)
{
    struct frame *f = (struct frame *)t;
    struct frames_writer *w = f->writer;

    if (w->failed)
        return;
    if (ZSTD_isError(f->packed_len))
        (void)fault_set(&f->fault, REASON_COMPRESS, NULL);
    else if (seek_table_add_row(&w->rows, f->packed_len, f->plain_len, &f->fault) == SEAL_OK)
        IGNORE_RESULT(f->is_stored ? write_raw_frame(w, f, &f->fault)
                                   : stream_write(w->to, f->packed, f->packed_len, &f->fault));
    w->failed = f->fault.status != SEAL_OK;
}

/* ---- Filling ------------------------------------------------------------------------------ */

static bool frame_init(struct frames_writer *w, struct frame *f)
{
    f->task = (struct task){.work = frame_work, .settle = frame_settle};
    f->writer = w;
    f->zstd = ZSTD_createCCtx();
    f->plain = plat_alloc_large(FRAME_LEN);
    f->packed = malloc(ZSTD_compressBound(FRAME_LEN));
    return f->zstd != NULL && f->plain != NULL && f->packed != NULL;
}

static void frame_free(struct frame *f)
{
    (void)ZSTD_freeCCtx(f->zstd);
    free(f->plain);
    free(f->packed);
}

enum seal_status frames_writer_new(struct frames_writer **out, int level, struct crew *crew,
                                   struct stream_writer *to, struct fault *fault)
{
    /* One to be filled while all others are compressed. */
    size_t count = crew_size(crew) > 1 ? crew_size(crew) + 1 : 1;
    struct frames_writer *w = calloc(1, sizeof *w + count * sizeof w->frames[0]);
    bool is_made = w != NULL;

    *out = NULL;
    if (w != NULL) {
        w->to = to;
        w->crew = crew;
        w->level = level;
        w->frame_count = count;
    }
    for (size_t i = 0; is_made && i < count; i++)
        is_made = frame_init(w, &w->frames[i]);
    if (!is_made) {
        frames_writer_free(w);
        return fault_no_memory(fault);
    }
    *out = w;
    return SEAL_OK;
}

/* Waits until the frame is written and can be filled again; or says why it was not written. */
static enum seal_status frame_await(struct frames_writer *w, struct frame *f, struct fault *fault)
{
    crew_await(w->crew, &f->task);
    f->plain_len = 0;
    if (f->fault.status != SEAL_OK)
        *fault = f->fault;
    return f->fault.status;
}

/* Gives the current frame to the crew, and makes the next one current. */
static enum seal_status next_frame(struct frames_writer *w, struct fault *fault)
{
    crew_post(w->crew, &w->lane, &w->frames[w->current].task);
    w->current = (w->current + 1) % w->frame_count;
    return frame_await(w, &w->frames[w->current], fault);
}

uint8_t *frames_reserve(struct frames_writer *w, size_t *len)
{
    struct frame *f = &w->frames[w->current];

    *len = FRAME_LEN - f->plain_len;
    return f->plain + f->plain_len;
}

enum seal_status frames_commit(struct frames_writer *w, size_t len, struct fault *fault)
{
    struct frame *f = &w->frames[w->current];

    w->position += len;
    f->plain_len += len;
    return f->plain_len == FRAME_LEN ? next_frame(w, fault) : SEAL_OK;
}

enum seal_status frames_write(struct frames_writer *w, const void *data, size_t len,
                              struct fault *fault)
{
    const uint8_t *p = data;

    while (len > 0) {
        size_t room;
        uint8_t *to = frames_reserve(w, &room);
        size_t n = len < room ? len : room;

        memcpy(to, p, n);
        if (frames_commit(w, n, fault) != SEAL_OK)
            return fault->status;
        p += n;
        len -= n;
    }
    return SEAL_OK;
}

uint64_t frames_position(const struct frames_writer *w)
{
    return w->position;
}

/* ---- The end ------------------------------------------------------------------------------ */

/* In the order in which they were posted, so that the first fault is the one that is told. */
static enum seal_status await_all(struct frames_writer *w, struct fault *fault)
{
    for (size_t i = 1; i <= w->frame_count; i++)
        if (frame_await(w, &w->frames[(w->current + i) % w->frame_count], fault) != SEAL_OK)
            return fault->status;
    return SEAL_OK;
}

enum seal_status frames_writer_finish(struct frames_writer *w, const struct buffer *offsets,
                                      struct fault *fault)
{
    /* An empty stream gets one empty frame, so that every zstd reads it. */
    if (w->frames[w->current].plain_len > 0 || w->position == 0)
        crew_post(w->crew, &w->lane, &w->frames[w->current].task);
    if (await_all(w, fault) != SEAL_OK)
        return fault->status;
    return seek_table_write(w->to, &w->rows, offsets, fault);
}

void frames_writer_free(struct frames_writer *w)
{
    if (w == NULL)
        return;
    for (size_t i = 0; i < w->frame_count; i++) {
        crew_await(w->crew, &w->frames[i].task);
        frame_free(&w->frames[i]);
    }
    buffer_free(&w->rows);
    free(w);
}
