/*
 * The reading pipeline of frames: gathered from the stream one after the other, decompressed ahead
 * and side by side by the threads of the crew, given out in their order. Or, by seeking, one frame
 * at a time.
 */
#include <stdlib.h>
#include <string.h>

#include "archive/frame_unpack.h"
#include "archive/frames.h"
#include "archive/seek_map.h"
#include "archive/seek_table.h"
#include "platform/crew.h"

/* Shorter frames are decompressed sooner than handed to another thread; and a hostile file may have
 * very many. */
#define WORTH_POSTING ((uint64_t)64 * 1024)
/* Bytes that frames_peek shows at a time: what stays in a processor's cache while it is hashed and
 * written. */
#define PEEK_LEN_MAX ((size_t)256 * 1024)

/* One frame, which is being gathered, is being decompressed, or is given out. */
struct frame_ahead {
    struct task task; /* first, so that a task's address is its frame's */
    struct frame frame;
    struct fault fault; /* why there is no frame */
};

/* Frames stand in a ring: the current one, and behind it those that are gathered already. */
struct frames_reader {
    struct stream_reader *from;
    struct crew *crew;
    struct lane lane;
    struct seek_map *map;  /* NULL: reading from begin to end */
    struct tables_met met; /* then what was met is noted here */
    bool has_current;      /* the current frame is being given out, from pos to end of it */
    size_t pos, end;
    bool ended;         /* there is no data frame any more */
    uint32_t end_magic; /* of the skippable frame there */
    uint64_t consumed;
    size_t current, gathered; /* gathered: the current one included */
    bool gathered_all;        /* the last of them is the end, or failed */
    size_t ring_len;
    struct frame_ahead ring[];
};

/* ---- Reading ahead ------------------------------------------------------------------------ */

static void ahead_work(struct task *t)
{
    frame_decompress(&((struct frame_ahead *)t)->frame);
}

/* Gathers one frame more, and has it decompressed. */
static void gather_ahead(struct frames_reader *r)
{
    struct frame_ahead *a = &r->ring[(r->current + r->gathered) % r->ring_len];
    struct frame *f = &a->frame;

    a->fault.status = SEAL_OK;
    r->gathered_all = frame_gather(f, r->from, r->map, &a->fault) != SEAL_OK || f->is_end;
    r->gathered++;
    if (r->gathered_all)
        return;
    if (f->packed_len + f->header.plain_len < WORTH_POSTING)
        frame_decompress(f);
    else
        crew_post(r->crew, &r->lane, &a->task);
}

/* ---- Giving out --------------------------------------------------------------------------- */

/* Begins to give out the current frame, and has those behind it gathered. */
static enum seal_status enter_frame(struct frames_reader *r, struct fault *fault)
{
    struct frame_ahead *a = &r->ring[r->current];
    const struct frame *f = &a->frame;
    bool seeks = r->map != NULL;

    r->ended = seeks && seek_map_at_end(r->map);
    if (r->ended)
        return SEAL_OK;
    if (seeks && stream_reader_seek(r->from, seek_map_packed_off(r->map), fault) != SEAL_OK)
        return fault->status;
    while (!r->gathered_all && r->gathered < (seeks ? 1 : r->ring_len))
        gather_ahead(r);
    crew_await(r->crew, &a->task);
    if (a->fault.status != SEAL_OK) {
        *fault = a->fault;
        return fault->status;
    }
    r->ended = f->is_end && !seeks;
    r->end_magic = f->end_magic;
    if (f->is_end)
        return seeks ? seek_table_differs(fault) : SEAL_OK;
    if (frame_check(f, r->map, fault) != SEAL_OK)
        return fault->status;
    if (!seeks)
        tables_met_add_frame(&r->met, (uint32_t)f->packed_len, (uint32_t)f->plain_len);
    r->has_current = true;
    r->pos = 0;
    r->end = f->plain_len;
    return SEAL_OK;
}

/* All of the current frame was taken. */
static void leave_frame(struct frames_reader *r)
{
    r->has_current = false;
    r->current = (r->current + 1) % r->ring_len;
    r->gathered--;
    if (r->map != NULL)
        seek_map_next_frame(r->map);
}

/* Forgets the current frame and all that were gathered. */
static void drop_frames(struct frames_reader *r)
{
    for (size_t i = 0; i < r->ring_len; i++)
        crew_await(r->crew, &r->ring[i].task);
    r->has_current = r->ended = r->gathered_all = false;
    r->gathered = r->current = r->pos = r->end = 0;
}

enum seal_status frames_peek(struct frames_reader *r, const uint8_t **data, size_t *len,
                             struct fault *fault)
{
    while (r->pos == r->end && !r->ended) {
        if (r->has_current)
            leave_frame(r);
        if (enter_frame(r, fault) != SEAL_OK) {
            if (r->map != NULL)
                drop_frames(r); /* so that the next seek begins afresh */
            return fault->status;
        }
    }
    *data = r->pos == r->end ? (const uint8_t *)"" : r->ring[r->current].frame.plain + r->pos;
    *len = r->end - r->pos < PEEK_LEN_MAX ? r->end - r->pos : PEEK_LEN_MAX;
    return SEAL_OK;
}

void frames_skip(struct frames_reader *r, size_t len)
{
    r->pos += len;
    r->consumed += len;
}

enum seal_status frames_read(struct frames_reader *r, void *out, size_t len, size_t *got,
                             struct fault *fault)
{
    for (*got = 0; *got < len;) {
        const uint8_t *data;
        size_t have, n;

        if (frames_peek(r, &data, &have, fault) != SEAL_OK)
            return fault->status;
        if (have == 0)
            break;
        n = have < len - *got ? have : len - *got;
        memcpy((uint8_t *)out + *got, data, n);
        frames_skip(r, n);
        *got += n;
    }
    return SEAL_OK;
}

uint64_t frames_consumed(const struct frames_reader *r)
{
    return r->consumed;
}

/* ---- The tables --------------------------------------------------------------------------- */

enum seal_status frames_note_offset(struct frames_reader *r, uint64_t offset, struct fault *fault)
{
    if (r->map != NULL)
        return seek_map_check_entry(r->map, r->from, offset, fault);
    tables_met_add_entry(&r->met, offset);
    return SEAL_OK;
}

enum seal_status frames_note_end(struct frames_reader *r, struct fault *fault)
{
    return r->map != NULL ? seek_map_check_end(r->map, fault) : SEAL_OK;
}

enum seal_status frames_reader_finish(struct frames_reader *r, bool is_bag, struct fault *fault)
{
    return tables_met_compare(&r->met, r->from, r->end_magic, is_bag, fault);
}

enum seal_status frames_reader_load_tables(struct frames_reader *r, uint64_t content_len,
                                           uint64_t *entry_count, struct fault *fault)
{
    drop_frames(r);
    seek_map_free(r->map);
    r->consumed = 0;
    if (seek_map_new(&r->map, r->from, content_len, fault) != SEAL_OK)
        return fault->status;
    *entry_count = seek_map_entry_count(r->map);
    return SEAL_OK;
}

/* ---- Seeking ------------------------------------------------------------------------------ */

enum seal_status frames_seek(struct frames_reader *r, uint64_t offset, struct fault *fault)
{
    uint64_t begin = seek_map_plain_off(r->map);

    if (offset >= seek_map_plain_len(r->map))
        return fault_set(fault, REASON_ARCHIVE_NO_END, NULL);
    if (!r->has_current || offset < begin || offset - begin >= r->end) {
        seek_map_find_frame(r->map, offset);
        drop_frames(r);
        if (enter_frame(r, fault) != SEAL_OK) {
            drop_frames(r);
            return fault->status;
        }
    }
    r->pos = (size_t)(offset - seek_map_plain_off(r->map));
    r->consumed = offset;
    return SEAL_OK;
}

enum seal_status frames_seek_entry(struct frames_reader *r, uint64_t entry, struct fault *fault)
{
    uint64_t offset;

    if (seek_map_find_entry(r->map, r->from, entry, &offset, fault) != SEAL_OK)
        return fault->status;
    return frames_seek(r, offset, fault);
}

/* ---- Beginning and end of a reader -------------------------------------------------------- */

static bool ahead_init(struct frame_ahead *a)
{
    a->task = (struct task){.work = ahead_work};
    return frame_init(&a->frame);
}

enum seal_status frames_reader_new(struct frames_reader **out, struct stream_reader *from,
                                   struct fault *fault)
{
    struct crew *crew = stream_reader_crew(from);
    /* One to be given out while all others are decompressed. */
    size_t count = crew_size(crew) > 1 ? (size_t)crew_size(crew) + 1 : 1;
    struct frames_reader *r = calloc(1, sizeof *r + count * sizeof r->ring[0]);
    bool is_made = r != NULL;

    *out = NULL;
    if (r != NULL) {
        r->from = from;
        r->crew = crew;
        r->ring_len = count;
        tables_met_start(&r->met);
    }
    for (size_t i = 0; is_made && i < count; i++)
        is_made = ahead_init(&r->ring[i]);
    if (!is_made) {
        frames_reader_free(r);
        return fault_no_memory(fault);
    }
    *out = r;
    return SEAL_OK;
}

void frames_reader_free(struct frames_reader *r)
{
    if (r == NULL)
        return;
    for (size_t i = 0; i < r->ring_len; i++) {
        crew_await(r->crew, &r->ring[i].task);
        frame_free(&r->ring[i].frame);
    }
    seek_map_free(r->map);
    free(r);
}
