/*
 * zstd frames, the offsets frame and the seek table (section 5; RFC 8878; the zstd seekable
 * format), written and read.
 */
#include "archive/frames.h"

#include <stdlib.h>
#include <string.h>

#include <zstd.h>
#include <zstd_errors.h>

#define MAGIC_ZSTD 0xFD2FB528u
#define MAGIC_OFFSETS 0x184D2A5Cu
#define MAGIC_SEEK 0x184D2A5Eu
#define MAGIC_SEEK_FOOTER 0x8F92EAB1u
#define SKIPPABLE_HEAD_LEN 8
#define SEEK_ROW_LEN 8
#define SEEK_FOOTER_LEN 9
#define BLOCK_HEAD_LEN 3
#define CHECKSUM_LEN 4
#define ZSTD_BLOCK_LEN_MAX ((size_t)128 * 1024)
#define WINDOW_LOG_MAX 23
#define RAW_FRAME_HEAD_LEN 9

_Static_assert((1 << WINDOW_LOG_MAX) == FRAME_LEN_MAX, "section 5: window and frame, 8 MiB");

/* ---- Writing ------------------------------------------------------------------------------ */

/* A frame being filled, compressed or waiting for those before it. */
struct frame {
    struct task task; /* first, so that it leads here */
    struct frames_writer *writer;
    ZSTD_CCtx *zstd;
    uint8_t *plain; /* FRAME_LEN */
    size_t plain_len;
    uint8_t *packed;   /* not touched, and so no memory yet, while nothing shrinks */
    size_t packed_len; /* or zstd's error */
    bool is_stored;    /* it goes out from plain */
    struct fault fault;
};

/* Frames are filled one after the other, compressed side by side, and go out in their order. */
struct frames_writer {
    struct stream_writer *to;
    struct crew *crew;
    struct lane lane;
    int level;
    uint64_t position;
    struct buffer rows; /* of the seek table; while frames are under way, theirs to use */
    bool failed;        /* likewise */
    size_t frame_count, at;
    struct frame frames[];
};

static void frame_free(struct frame *f)
{
    (void)ZSTD_freeCCtx(f->zstd);
    free(f->plain);
    free(f->packed);
}

static bool frame_make(struct frames_writer *w, struct frame *f);

enum seal_status frames_writer_new(struct frames_writer **out, int level, struct crew *crew,
                                   struct stream_writer *to, struct fault *fault)
{
    /* One to be filled while all others are compressed. */
    size_t count = crew_size(crew) > 1 ? crew_size(crew) + 1 : 1;
    struct frames_writer *w = calloc(1, sizeof *w + count * sizeof w->frames[0]);
    bool made = w != NULL;

    *out = NULL;
    if (w != NULL) {
        w->to = to;
        w->crew = crew;
        w->level = level;
        w->frame_count = count;
    }
    for (size_t i = 0; made && i < count; i++)
        made = frame_make(w, &w->frames[i]);
    if (!made) {
        frames_writer_free(w);
        return fault_set(fault, SEAL_NO_MEMORY, NULL, NULL);
    }
    *out = w;
    return SEAL_OK;
}

static size_t compress(struct frame *f, const void *data, size_t len, int level)
{
    (void)ZSTD_CCtx_setParameter(f->zstd, ZSTD_c_compressionLevel, level);
    return ZSTD_compress2(f->zstd, f->packed, ZSTD_compressBound(FRAME_LEN), data, len);
}

/* Whether compressing the frame is worth the work. Photos, video and archives do not shrink; small
 * samples at the fastest level tell, for a sixty-fourth of the cost. One sample that shrinks by a
 * fiftieth will do: many small texts may stand between large pictures. */
static bool is_worth_compressing(struct frame *f)
{
    const size_t sample = 2048, samples = 32;
    size_t step = f->plain_len / samples;

    if (step <= sample)
        return true;
    for (size_t i = 0; i < samples; i++) {
        size_t n = compress(f, f->plain + i * step, sample, 1);

        if (ZSTD_isError(n) || n < sample - sample / 50)
            return true;
    }
    return false;
}

/* A frame of raw blocks (RFC 8878, 3.1.1): the bytes as they are. An empty one has a block, too. */
static size_t raw_block_count(size_t plain_len)
{
    return plain_len == 0 ? 1 : (plain_len + ZSTD_BLOCK_LEN_MAX - 1) / ZSTD_BLOCK_LEN_MAX;
}

static size_t stored_len(size_t plain_len)
{
    return RAW_FRAME_HEAD_LEN + raw_block_count(plain_len) * BLOCK_HEAD_LEN + plain_len;
}

static void frame_work(struct task *t)
{
    struct frame *f = (struct frame *)t;
    int level = f->writer->level;

    f->is_stored = level == LEVEL_STORE || !is_worth_compressing(f);
    if (f->is_stored)
        f->packed_len = stored_len(f->plain_len);
    else
        f->packed_len = compress(f, f->plain, f->plain_len, level);
}

static enum seal_status add_row(struct frames_writer *w, size_t packed_len, size_t plain_len,
                                struct fault *fault)
{
    uint8_t row[SEEK_ROW_LEN];

    store_u32(row, (uint32_t)packed_len);
    store_u32(row + 4, (uint32_t)plain_len);
    if (buffer_append(&w->rows, row, sizeof row) != SEAL_OK)
        return fault_set(fault, SEAL_NO_MEMORY, NULL, NULL);
    return SEAL_OK;
}

static enum seal_status write_raw_block(struct frames_writer *w, const uint8_t *data, size_t len,
                                        bool is_last, struct fault *fault)
{
    uint8_t head[4];

    store_u32(head, (uint32_t)len << 3 | is_last); /* type 0: raw */
    if (stream_write(w->to, head, BLOCK_HEAD_LEN, fault) != SEAL_OK)
        return fault->status;
    return stream_write(w->to, data, len, fault);
}

static enum seal_status write_stored(struct frames_writer *w, const struct frame *f,
                                     struct fault *fault)
{
    size_t count = raw_block_count(f->plain_len);
    uint8_t head[RAW_FRAME_HEAD_LEN];
    enum seal_status status;

    store_u32(head, MAGIC_ZSTD);
    head[4] = 0xA0; /* a single segment; the content size has four bytes */
    store_u32(head + 5, (uint32_t)f->plain_len);
    status = stream_write(w->to, head, sizeof head, fault);
    for (size_t i = 0; i < count && status == SEAL_OK; i++) {
        size_t at = i * ZSTD_BLOCK_LEN_MAX;
        bool is_last = i + 1 == count;

        status = write_raw_block(w, f->plain + at, is_last ? f->plain_len - at : ZSTD_BLOCK_LEN_MAX,
                                 is_last, fault);
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
        (void)fault_set(&f->fault, SEAL_NO_MEMORY, "compressing failed", NULL);
    else if (add_row(w, f->packed_len, f->plain_len, &f->fault) == SEAL_OK)
        (void)!(f->is_stored ? write_stored(w, f, &f->fault)
                             : stream_write(w->to, f->packed, f->packed_len, &f->fault));
    w->failed = f->fault.status != SEAL_OK;
}

static bool frame_make(struct frames_writer *w, struct frame *f)
{
    f->task = (struct task){.work = frame_work, .settle = frame_settle};
    f->writer = w;
    f->zstd = ZSTD_createCCtx();
    f->plain = plat_alloc_large(FRAME_LEN);
    f->packed = malloc(ZSTD_compressBound(FRAME_LEN));
    return f->zstd != NULL && f->plain != NULL && f->packed != NULL;
}

/* Makes the frame free to be filled, or says what became of it. */
static enum seal_status frame_await(struct frames_writer *w, struct frame *f, struct fault *fault)
{
    crew_await(w->crew, &f->task);
    f->plain_len = 0;
    if (f->fault.status != SEAL_OK)
        *fault = f->fault;
    return f->fault.status;
}

/* Sends the frame that was filled on its way. */
static enum seal_status next_to_fill(struct frames_writer *w, struct fault *fault)
{
    crew_post(w->crew, &w->lane, &w->frames[w->at].task);
    w->at = (w->at + 1) % w->frame_count;
    return frame_await(w, &w->frames[w->at], fault);
}

uint8_t *frames_room(struct frames_writer *w, size_t *len)
{
    struct frame *f = &w->frames[w->at];

    *len = FRAME_LEN - f->plain_len;
    return f->plain + f->plain_len;
}

enum seal_status frames_filled(struct frames_writer *w, size_t len, struct fault *fault)
{
    struct frame *f = &w->frames[w->at];

    w->position += len;
    f->plain_len += len;
    return f->plain_len == FRAME_LEN ? next_to_fill(w, fault) : SEAL_OK;
}

enum seal_status frames_write(struct frames_writer *w, const void *data, size_t len,
                              struct fault *fault)
{
    const uint8_t *p = data;

    while (len > 0) {
        size_t room;
        uint8_t *to = frames_room(w, &room);
        size_t n = len < room ? len : room;

        memcpy(to, p, n);
        if (frames_filled(w, n, fault) != SEAL_OK)
            return fault->status;
        p += n;
        len -= n;
    }
    return SEAL_OK;
}

/* The first fault in the order of frames. */
static enum seal_status await_all(struct frames_writer *w, struct fault *fault)
{
    for (size_t i = 1; i <= w->frame_count; i++)
        if (frame_await(w, &w->frames[(w->at + i) % w->frame_count], fault) != SEAL_OK)
            return fault->status;
    return SEAL_OK;
}

uint64_t frames_position(const struct frames_writer *w)
{
    return w->position;
}

static enum seal_status write_skippable(struct frames_writer *w, uint32_t magic, const void *data,
                                        size_t len, struct fault *fault)
{
    uint8_t head[SKIPPABLE_HEAD_LEN];

    if (len > UINT32_MAX)
        return fault_set(fault, SEAL_NO_ROOM, "there are more files than the format can list",
                         NULL);
    store_u32(head, magic);
    store_u32(head + 4, (uint32_t)len);
    if (stream_write(w->to, head, sizeof head, fault) != SEAL_OK)
        return fault->status;
    return stream_write(w->to, data, len, fault);
}

static enum seal_status write_seek_table(struct frames_writer *w, struct fault *fault)
{
    uint8_t footer[SEEK_FOOTER_LEN];

    store_u32(footer, (uint32_t)(w->rows.len / SEEK_ROW_LEN));
    footer[4] = 0; /* descriptor: no checksums */
    store_u32(footer + 5, MAGIC_SEEK_FOOTER);
    if (buffer_append(&w->rows, footer, sizeof footer) != SEAL_OK)
        return fault_set(fault, SEAL_NO_MEMORY, NULL, NULL);
    return write_skippable(w, MAGIC_SEEK, w->rows.data, w->rows.len, fault);
}

enum seal_status frames_writer_finish(struct frames_writer *w, const struct buffer *offsets,
                                      struct fault *fault)
{
    /* An empty stream gets one empty frame, so that every zstd reads it. */
    if (w->frames[w->at].plain_len > 0 || w->position == 0)
        crew_post(w->crew, &w->lane, &w->frames[w->at].task);
    if (await_all(w, fault) != SEAL_OK)
        return fault->status;
    if (offsets != NULL) {
        if (write_skippable(w, MAGIC_OFFSETS, offsets->data, offsets->len, fault) != SEAL_OK ||
            add_row(w, SKIPPABLE_HEAD_LEN + offsets->len, 0, fault) != SEAL_OK)
            return fault->status;
    }
    return write_seek_table(w, fault);
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

/* ---- Reading ------------------------------------------------------------------------------ */

/* Rows and offsets are not held but hashed, as they are met and as they are listed: the memory
 * for them does not depend on what a stranger sends. */
struct row_digest {
    struct sha256 hash;
    uint64_t count;
};

/* More rows than this would need a bag of 64 TiB by our sealer. */
#define SEEK_ROWS_MAX ((uint64_t)1 << 24)
/* Offsets held at a time: entries one after the other need the table only now and then. */
#define OFFSETS_HELD 1024
/* Entries of a tar begin at whole blocks. */
#define OFFSET_UNIT 512

/* What reading by seeking needs besides. */
struct frame_map {
    uint8_t *rows;       /* of the data frames, as they stand in the seek table */
    uint64_t count;      /* of those */
    uint64_t plain_len;  /* of the tar */
    uint64_t offsets_at; /* where in the content the first offset stands */
    uint64_t entry_count;
    uint64_t entry; /* the next to be noted */
    /* The frame at hand, or the one that comes next: */
    uint64_t frame;
    uint64_t packed_at; /* where it begins in the content */
    uint64_t plain_at;  /* and in the tar */
    uint64_t held_first, held_count;
    uint8_t held[OFFSETS_HELD * 8];
};

/* A frame that is gathered, decompressed or being taken. */
struct unit {
    struct task task; /* first, so that it leads here */
    ZSTD_DCtx *zstd;
    struct buffer packed;
    bool has_checksum;
    size_t block_most;   /* bytes of a block */
    bool is_whole;       /* all of it is in packed; else a part, behind what was there before */
    uint64_t packed_len; /* of the frame, so far */
    uint8_t *plain;      /* room bytes */
    size_t room;
    uint64_t plain_len; /* that the frame says it has */
    size_t plain_done;
    size_t more;        /* what zstd said last */
    struct fault fault; /* why there is no frame */
    bool is_end;        /* there is none any more */
};

struct frames_reader {
    struct stream_reader *from;
    struct frame_map *map; /* NULL: reading from begin to end */
    struct crew *crew;
    struct lane lane;
    bool in_frame, ended;
    uint32_t end_magic; /* of the skippable frame where data ended */
    uint64_t consumed;
    struct row_digest rows, offsets;
    size_t pos, end;              /* of what the unit at hand has */
    size_t unit_count, at, ahead; /* units from at on are gathered already, so many */
    bool no_more;                 /* the last of those is the end, or failed */
    struct unit units[];
};

static void unit_work(struct task *t);

static bool unit_make(struct unit *u)
{
    u->task = (struct task){.work = unit_work};
    u->zstd = ZSTD_createDCtx();
    return u->zstd != NULL &&
           !ZSTD_isError(ZSTD_DCtx_setParameter(u->zstd, ZSTD_d_windowLogMax, WINDOW_LOG_MAX));
}

static void unit_free(struct unit *u)
{
    (void)ZSTD_freeDCtx(u->zstd);
    buffer_free(&u->packed);
    free(u->plain);
}

enum seal_status frames_reader_new(struct frames_reader **out, struct stream_reader *from,
                                   struct fault *fault)
{
    struct crew *crew = stream_reader_crew(from);
    /* One to be taken while all others are decompressed. */
    size_t count = crew_size(crew) > 1 ? (size_t)crew_size(crew) + 1 : 1;
    struct frames_reader *r = calloc(1, sizeof *r + count * sizeof r->units[0]);
    bool made = r != NULL;

    *out = NULL;
    if (r != NULL) {
        r->from = from;
        r->crew = crew;
        r->unit_count = count;
        sha256_start(&r->rows.hash);
        sha256_start(&r->offsets.hash);
    }
    for (size_t i = 0; made && i < count; i++)
        made = unit_make(&r->units[i]);
    if (!made) {
        frames_reader_free(r);
        return fault_set(fault, SEAL_NO_MEMORY, NULL, NULL);
    }
    *out = r;
    return SEAL_OK;
}

static void digest_add(struct row_digest *d, const uint8_t row[static 8])
{
    sha256_add(&d->hash, row, 8);
    d->count++;
}

static bool digest_equal(struct row_digest *a, struct row_digest *b)
{
    uint8_t x[SHA256_LEN], y[SHA256_LEN];

    sha256_end(&a->hash, x);
    sha256_end(&b->hash, y);
    return a->count == b->count && memcmp(x, y, sizeof x) == 0;
}

static const char table_fault[] = "its seek table differs from what is there";
static const char offsets_fault[] = "its table of offsets differs from what is there";

static enum seal_status table_differs(struct fault *fault)
{
    return fault_set(fault, SEAL_HOSTILE, table_fault, NULL);
}

static enum seal_status offsets_differ(struct fault *fault)
{
    return fault_set(fault, SEAL_HOSTILE, offsets_fault, NULL);
}

/* Exactly len bytes of content that have to be there. */
static enum seal_status read_exact(struct frames_reader *r, void *out, size_t len,
                                   struct fault *fault)
{
    size_t got;

    if (stream_read(r->from, out, len, &got, fault) != SEAL_OK)
        return fault->status;
    if (got < len)
        return fault_set(fault, SEAL_HOSTILE, "its content ends too early", NULL);
    return SEAL_OK;
}

/* The frame header after the magic (RFC 8878, 3.1.1.1): its length, or 0 if it breaks a rule that
 * one byte shows. */
static size_t frame_header_len(uint8_t descriptor)
{
    static const uint8_t id_lens[4] = {0, 1, 2, 4};
    static const uint8_t size_lens[4] = {0, 2, 4, 8};
    bool single = (descriptor & 0x20) != 0;
    size_t size_len = size_lens[descriptor >> 6];

    if (size_len == 0 && single)
        size_len = 1;
    if (size_len == 0 || (descriptor & 0x08) != 0)
        return 0;
    return (single ? 1u : 2u) + id_lens[descriptor & 3] + size_len;
}

/* head: descriptor, window, dictionary id, content size. */
static const char *frame_header_fault(const uint8_t *head, size_t len, uint64_t *window_len,
                                      uint64_t *plain_len)
{
    bool single = (head[0] & 0x20) != 0;
    size_t size_len = head[0] >> 6 == 0 ? 1 : (size_t)1 << (head[0] >> 6);
    uint64_t base = UINT64_C(1) << (10 + (head[1] >> 3));
    uint8_t size[8] = {0};

    *window_len = base + base / 8 * (head[1] & 7);
    if (!single && *window_len > FRAME_LEN_MAX)
        return "a compressed frame wants more memory than it may";
    if (!bytes_are_zero(head + 1 + !single, len - 1 - !single - size_len))
        return "a compressed frame wants a dictionary";
    memcpy(size, head + len - size_len, size_len);
    *plain_len = load_u64(size) + (size_len == 2 ? 256 : 0);
    if (single)
        *window_len = *plain_len;
    return *plain_len > FRAME_LEN_MAX ? "a compressed frame is larger than it may be" : NULL;
}

/* For want of memory nobody else is to blame. */
static enum seal_status malformed(size_t result, struct fault *fault)
{
    if (ZSTD_getErrorCode(result) == ZSTD_error_memory_allocation)
        return fault_set(fault, SEAL_NO_MEMORY, NULL, NULL);
    return fault_set(fault, SEAL_HOSTILE, "a compressed frame is malformed", NULL);
}

static uint32_t row_packed(const struct frame_map *m, uint64_t frame)
{
    return load_u32(m->rows + frame * SEEK_ROW_LEN);
}

static uint32_t row_plain(const struct frame_map *m, uint64_t frame)
{
    return load_u32(m->rows + frame * SEEK_ROW_LEN + 4);
}

static void map_forward(struct frame_map *m)
{
    m->packed_at += row_packed(m, m->frame);
    m->plain_at += row_plain(m, m->frame);
    m->frame++;
}

static void map_back(struct frame_map *m)
{
    m->frame--;
    m->packed_at -= row_packed(m, m->frame);
    m->plain_at -= row_plain(m, m->frame);
}

/* More of the frame into u->packed. */
static enum seal_status gather(struct frames_reader *r, struct unit *u, size_t len,
                               struct fault *fault)
{
    size_t before = u->packed.len;

    if (r->map != NULL && u->packed_len + len > row_packed(r->map, r->map->frame))
        return table_differs(fault); /* or it would be followed to the end of the file */
    if (buffer_reserve(&u->packed, len) != SEAL_OK)
        return fault_set(fault, SEAL_NO_MEMORY, NULL, NULL);
    if (read_exact(r, u->packed.data + before, len, fault) != SEAL_OK)
        return fault->status;
    u->packed.len += len;
    u->packed_len += len;
    return SEAL_OK;
}

/* Behind the magic. */
static enum seal_status gather_header(struct frames_reader *r, struct unit *u, struct fault *fault)
{
    uint8_t magic[4];
    uint64_t window_len;
    size_t len;
    const char *what;

    store_u32(magic, MAGIC_ZSTD);
    if (buffer_append(&u->packed, magic, sizeof magic) != SEAL_OK)
        return fault_set(fault, SEAL_NO_MEMORY, NULL, NULL);
    u->packed_len = sizeof magic;
    if (gather(r, u, 1, fault) != SEAL_OK)
        return fault->status;
    len = frame_header_len(u->packed.data[4]);
    if (len == 0)
        return fault_set(fault, SEAL_HOSTILE, "a compressed frame has a header that is not allowed",
                         NULL);
    if (gather(r, u, len - 1, fault) != SEAL_OK)
        return fault->status;
    u->has_checksum = (u->packed.data[4] & 0x04) != 0;
    what = frame_header_fault(u->packed.data + 4, len, &window_len, &u->plain_len);
    if (what != NULL)
        return fault_set(fault, SEAL_HOSTILE, what, NULL);
    u->block_most = window_len < ZSTD_BLOCK_LEN_MAX ? (size_t)window_len : ZSTD_BLOCK_LEN_MAX;
    if (r->map != NULL && u->plain_len != row_plain(r->map, r->map->frame))
        return table_differs(fault);
    return SEAL_OK;
}

/* A block of the frame (RFC 8878, 3.1.1.2). How much it may hold we look at, since zstd does so
 * only where it gets a frame in parts. */
static enum seal_status gather_block(struct frames_reader *r, struct unit *u, bool *is_last,
                                     struct fault *fault)
{
    const uint8_t *head;
    uint32_t bits;
    bool is_one_byte;

    if (gather(r, u, BLOCK_HEAD_LEN, fault) != SEAL_OK)
        return fault->status;
    head = u->packed.data + u->packed.len - BLOCK_HEAD_LEN;
    bits = head[0] | (uint32_t)head[1] << 8 | (uint32_t)head[2] << 16;
    *is_last = (bits & 1) != 0;
    is_one_byte = (bits >> 1 & 3) == 1;
    if (bits >> 3 > u->block_most)
        return fault_set(fault, SEAL_HOSTILE, "a compressed frame is malformed", NULL);
    return gather(r, u, is_one_byte ? 1 : bits >> 3, fault);
}

/* No frame by any usual compressor is longer; of one that is, a part at a time is held. */
#define PACKED_HELD (FRAME_LEN_MAX + FRAME_LEN_MAX / 64)

/* To the end of the frame, or as much as is held. */
static enum seal_status gather_blocks(struct frames_reader *r, struct unit *u, struct fault *fault)
{
    while (!u->is_whole && u->packed.len < PACKED_HELD)
        if (gather_block(r, u, &u->is_whole, fault) != SEAL_OK)
            return fault->status;
    return u->is_whole && u->has_checksum ? gather(r, u, CHECKSUM_LEN, fault) : SEAL_OK;
}

static enum seal_status make_room(struct unit *u, struct fault *fault)
{
    /* zstd wants a place to write to even if there is nothing. */
    size_t wanted = u->plain_len > 0 ? (size_t)u->plain_len : 1;

    if (wanted > u->room) {
        free(u->plain);
        u->room = 0;
        u->plain = malloc(wanted);
        if (u->plain == NULL)
            return fault_set(fault, SEAL_NO_MEMORY, NULL, NULL);
        u->room = wanted;
    }
    return SEAL_OK;
}

/* What there is in packed. zstd decompresses a whole frame at once to where it is to be. */
static void unit_work(struct task *t)
{
    struct unit *u = (struct unit *)t;
    ZSTD_outBuffer out = {u->plain, (size_t)u->plain_len, u->plain_done};
    ZSTD_inBuffer in = {u->packed.data, u->packed.len, 0};

    do
        u->more = ZSTD_decompressStream(u->zstd, &out, &in);
    while (!ZSTD_isError(u->more) && u->more != 0 && in.pos < in.size);
    u->plain_done = out.pos;
    if (in.pos < in.size && !ZSTD_isError(u->more))
        u->more = 1; /* it did not take all: the rest belongs to no block */
}

/* A frame that is longer than what is held: a part after the other, here and now. */
static enum seal_status finish_long(struct frames_reader *r, struct unit *u, struct fault *fault)
{
    while (!u->is_whole) {
        unit_work(&u->task);
        if (ZSTD_isError(u->more) || u->more == 0)
            return malformed(u->more, fault);
        u->packed.len = 0;
        if (gather_blocks(r, u, fault) != SEAL_OK)
            return fault->status;
    }
    return SEAL_OK;
}

static enum seal_status start_unit(struct frames_reader *r, struct unit *u, struct fault *fault)
{
    uint8_t magic[4];

    u->packed.len = 0;
    u->packed_len = 0;
    u->plain_done = 0;
    u->is_whole = u->is_end = false;
    u->fault.status = SEAL_OK;
    (void)ZSTD_DCtx_reset(u->zstd, ZSTD_reset_session_only);
    if (read_exact(r, magic, sizeof magic, fault) != SEAL_OK)
        return fault->status;
    u->is_end = load_u32(magic) != MAGIC_ZSTD;
    if (u->is_end) {
        r->end_magic = load_u32(magic);
        return SEAL_OK;
    }
    if (gather_header(r, u, fault) != SEAL_OK || make_room(u, fault) != SEAL_OK ||
        gather_blocks(r, u, fault) != SEAL_OK || finish_long(r, u, fault) != SEAL_OK)
        return fault->status;
    return SEAL_OK;
}

/* Shorter frames are decompressed sooner than handed on. A hostile file may have very many. */
#define WORTH_SENDING ((uint64_t)64 * 1024)

/* The next frame on its way, or what there is in its place. */
static void send_unit(struct frames_reader *r)
{
    struct unit *u = &r->units[(r->at + r->ahead) % r->unit_count];

    r->no_more = start_unit(r, u, &u->fault) != SEAL_OK || u->is_end;
    r->ahead++;
    if (r->no_more)
        return;
    if (u->packed_len + u->plain_len < WORTH_SENDING)
        unit_work(&u->task);
    else
        crew_post(r->crew, &r->lane, &u->task);
}

/* What was decompressed must be what the frame and its row say. */
static enum seal_status check_unit(struct frames_reader *r, const struct unit *u,
                                   struct fault *fault)
{
    uint8_t row[SEEK_ROW_LEN];

    if (ZSTD_isError(u->more) || u->more != 0)
        return malformed(u->more, fault);
    if (u->plain_done != u->plain_len || u->packed_len > UINT32_MAX)
        return fault_set(fault, SEAL_HOSTILE, "a compressed frame has another size than it says",
                         NULL);
    store_u32(row, (uint32_t)u->packed_len);
    store_u32(row + 4, (uint32_t)u->plain_len);
    if (r->map == NULL)
        digest_add(&r->rows, row);
    else if (memcmp(row, r->map->rows + r->map->frame * SEEK_ROW_LEN, sizeof row) != 0)
        return table_differs(fault);
    return SEAL_OK;
}

/* Takes up the frame at hand, and sends others. */
static enum seal_status next_frame(struct frames_reader *r, struct fault *fault)
{
    struct unit *u = &r->units[r->at];

    r->ended = r->map != NULL && r->map->frame == r->map->count;
    if (r->ended)
        return SEAL_OK;
    if (r->map != NULL && stream_reader_seek(r->from, r->map->packed_at, fault) != SEAL_OK)
        return fault->status;
    while (!r->no_more && r->ahead < (r->map == NULL ? r->unit_count : 1))
        send_unit(r);
    crew_await(r->crew, &u->task);
    if (u->fault.status != SEAL_OK) {
        *fault = u->fault;
        return fault->status;
    }
    r->ended = u->is_end && r->map == NULL;
    if (u->is_end)
        return r->map == NULL ? SEAL_OK : table_differs(fault);
    if (check_unit(r, u, fault) != SEAL_OK)
        return fault->status;
    r->in_frame = true;
    r->pos = 0;
    r->end = u->plain_done;
    return SEAL_OK;
}

/* The frame at hand was taken. */
static void leave_frame(struct frames_reader *r)
{
    r->in_frame = false;
    r->at = (r->at + 1) % r->unit_count;
    r->ahead--;
    if (r->map != NULL)
        map_forward(r->map);
}

/* No frame is at hand, and none sent. */
static void drop_units(struct frames_reader *r)
{
    for (size_t i = 0; i < r->unit_count; i++)
        crew_await(r->crew, &r->units[i].task);
    r->in_frame = r->ended = r->no_more = false;
    r->ahead = r->at = r->pos = r->end = 0;
}

/* As much as stays in a processor's cache while it is hashed and written. */
#define SHOWN_MOST ((size_t)256 * 1024)

enum seal_status frames_peek(struct frames_reader *r, const uint8_t **data, size_t *len,
                             struct fault *fault)
{
    while (r->pos == r->end && !r->ended) {
        if (r->in_frame)
            leave_frame(r);
        if (next_frame(r, fault) != SEAL_OK) {
            if (r->map != NULL)
                drop_units(r); /* the next seek begins anew */
            return fault->status;
        }
    }
    *data = r->pos == r->end ? (const uint8_t *)"" : r->units[r->at].plain + r->pos;
    *len = r->end - r->pos < SHOWN_MOST ? r->end - r->pos : SHOWN_MOST;
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

/* ---- Offsets ---- */

/* Reads a piece of the table of offsets that has this one in it. Whatever an honest table cannot
 * hold shows here, not only when somebody goes where it points. */
static enum seal_status hold_offsets(struct frames_reader *r, uint64_t entry, struct fault *fault)
{
    struct frame_map *m = r->map;
    uint64_t first = entry - entry % OFFSETS_HELD;
    uint64_t count = m->entry_count - first;
    uint64_t before = 0;

    if (count > OFFSETS_HELD)
        count = OFFSETS_HELD;
    m->held_count = 0;
    if (stream_reader_seek(r->from, m->offsets_at + first * 8, fault) != SEAL_OK ||
        read_exact(r, m->held, (size_t)count * 8, fault) != SEAL_OK)
        return fault->status;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t offset = load_u64(m->held + i * 8);

        if (offset >= m->plain_len || offset % OFFSET_UNIT != 0 || (i > 0 && offset <= before))
            return offsets_differ(fault);
        before = offset;
    }
    m->held_first = first;
    m->held_count = count;
    return SEAL_OK;
}

/* What the table of offsets says. The stream may stand elsewhere then. */
static enum seal_status map_offset(struct frames_reader *r, uint64_t entry, uint64_t *offset,
                                   struct fault *fault)
{
    struct frame_map *m = r->map;

    if ((entry < m->held_first || entry - m->held_first >= m->held_count) &&
        hold_offsets(r, entry, fault) != SEAL_OK)
        return fault->status;
    *offset = load_u64(m->held + (entry - m->held_first) * 8);
    return SEAL_OK;
}

enum seal_status frames_note_offset(struct frames_reader *r, uint64_t offset, struct fault *fault)
{
    uint64_t listed;
    uint8_t row[8];

    if (r->map != NULL) {
        if (r->map->entry == r->map->entry_count)
            return offsets_differ(fault);
        if (map_offset(r, r->map->entry++, &listed, fault) != SEAL_OK)
            return fault->status;
        return listed == offset ? SEAL_OK : offsets_differ(fault);
    }
    store_u64(row, offset);
    digest_add(&r->offsets, row);
    return SEAL_OK;
}

enum seal_status frames_note_end(struct frames_reader *r, struct fault *fault)
{
    if (r->map != NULL && r->map->entry != r->map->entry_count)
        return offsets_differ(fault);
    return SEAL_OK;
}

/* count rows of eight bytes of content, compared with what was met. */
static enum seal_status compare_rows(struct frames_reader *r, struct row_digest *met,
                                     uint64_t count, const char *what, struct fault *fault)
{
    struct row_digest listed = {.count = 0};
    uint8_t row[8];

    sha256_start(&listed.hash);
    for (uint64_t i = 0; i < count; i++) {
        if (read_exact(r, row, sizeof row, fault) != SEAL_OK)
            return fault->status;
        digest_add(&listed, row);
    }
    return digest_equal(&listed, met) ? SEAL_OK : fault_set(fault, SEAL_HOSTILE, what, NULL);
}

static enum seal_status read_offsets(struct frames_reader *r, struct fault *fault)
{
    uint8_t size[4], row[SEEK_ROW_LEN], magic[4];
    uint32_t len;

    if (r->end_magic != MAGIC_OFFSETS)
        return fault_set(fault, SEAL_HOSTILE, "it has no table of offsets", NULL);
    if (read_exact(r, size, sizeof size, fault) != SEAL_OK)
        return fault->status;
    len = load_u32(size);
    if (len % 8 != 0 || len > UINT32_MAX - SKIPPABLE_HEAD_LEN)
        return offsets_differ(fault);
    if (compare_rows(r, &r->offsets, len / 8, offsets_fault, fault) != SEAL_OK)
        return fault->status;
    store_u32(row, len + SKIPPABLE_HEAD_LEN);
    store_u32(row + 4, 0);
    digest_add(&r->rows, row);
    if (read_exact(r, magic, sizeof magic, fault) != SEAL_OK)
        return fault->status;
    r->end_magic = load_u32(magic);
    return SEAL_OK;
}

static enum seal_status read_seek_table(struct frames_reader *r, struct fault *fault)
{
    uint8_t size[4], footer[SEEK_FOOTER_LEN];
    uint64_t rows = r->rows.count;

    if (r->end_magic != MAGIC_SEEK)
        return fault_set(fault, SEAL_HOSTILE, "something other than its seek table follows", NULL);
    if (read_exact(r, size, sizeof size, fault) != SEAL_OK)
        return fault->status;
    if (load_u32(size) != rows * SEEK_ROW_LEN + SEEK_FOOTER_LEN)
        return table_differs(fault);
    if (compare_rows(r, &r->rows, rows, table_fault, fault) != SEAL_OK ||
        read_exact(r, footer, sizeof footer, fault) != SEAL_OK)
        return fault->status;
    if (load_u32(footer) != rows || footer[4] != 0 || load_u32(footer + 5) != MAGIC_SEEK_FOOTER)
        return table_differs(fault);
    return SEAL_OK;
}

enum seal_status frames_reader_finish(struct frames_reader *r, bool is_bag, struct fault *fault)
{
    if (is_bag && read_offsets(r, fault) != SEAL_OK)
        return fault->status;
    return read_seek_table(r, fault);
}

/* ---- Reading by seeking ------------------------------------------------------------------- */

/* The whole frame. */
static uint64_t seek_table_len(uint64_t rows)
{
    return SKIPPABLE_HEAD_LEN + rows * SEEK_ROW_LEN + SEEK_FOOTER_LEN;
}

static enum seal_status read_footer(struct frames_reader *r, uint64_t content_len, uint64_t *rows,
                                    struct fault *fault)
{
    uint8_t footer[SEEK_FOOTER_LEN];

    if (content_len < seek_table_len(0))
        return fault_set(fault, SEAL_HOSTILE, "its content ends too early", NULL);
    if (stream_reader_seek(r->from, content_len - SEEK_FOOTER_LEN, fault) != SEAL_OK ||
        read_exact(r, footer, sizeof footer, fault) != SEAL_OK)
        return fault->status;
    *rows = load_u32(footer);
    if (footer[4] != 0 || load_u32(footer + 5) != MAGIC_SEEK_FOOTER ||
        seek_table_len(*rows) > content_len)
        return table_differs(fault);
    if (*rows > SEEK_ROWS_MAX)
        return fault_set(fault, SEAL_NO_MEMORY, "its seek table is longer than we hold", NULL);
    return SEAL_OK;
}

static enum seal_status read_rows(struct frames_reader *r, uint64_t table_at, uint64_t rows,
                                  struct fault *fault)
{
    uint8_t head[SKIPPABLE_HEAD_LEN];

    if (stream_reader_seek(r->from, table_at, fault) != SEAL_OK ||
        read_exact(r, head, sizeof head, fault) != SEAL_OK)
        return fault->status;
    if (load_u32(head) != MAGIC_SEEK || load_u32(head + 4) != rows * SEEK_ROW_LEN + SEEK_FOOTER_LEN)
        return table_differs(fault);
    r->map->rows = malloc((size_t)rows * SEEK_ROW_LEN);
    if (r->map->rows == NULL)
        return fault_set(fault, SEAL_NO_MEMORY, NULL, NULL);
    return read_exact(r, r->map->rows, (size_t)rows * SEEK_ROW_LEN, fault);
}

/* All frames, the last of them that of the offsets, must lead exactly to the seek table. No sum
 * overflows: 2^24 rows of less than 2^32 each. */
static enum seal_status check_rows(struct frame_map *m, uint64_t table_at, struct fault *fault)
{
    uint64_t packed = 0;

    for (uint64_t i = 0; i <= m->count; i++) {
        if (row_packed(m, i) == 0 || row_plain(m, i) > FRAME_LEN_MAX)
            return table_differs(fault);
        if (i == m->count)
            m->offsets_at = packed + SKIPPABLE_HEAD_LEN;
        packed += row_packed(m, i);
        m->plain_len += row_plain(m, i);
    }
    return packed == table_at && row_plain(m, m->count) == 0 ? SEAL_OK : table_differs(fault);
}

static enum seal_status read_offsets_head(struct frames_reader *r, struct fault *fault)
{
    struct frame_map *m = r->map;
    uint32_t packed = row_packed(m, m->count);
    uint8_t head[SKIPPABLE_HEAD_LEN];

    if (stream_reader_seek(r->from, m->offsets_at - SKIPPABLE_HEAD_LEN, fault) != SEAL_OK ||
        read_exact(r, head, sizeof head, fault) != SEAL_OK)
        return fault->status;
    if (load_u32(head) != MAGIC_OFFSETS)
        return fault_set(fault, SEAL_HOSTILE, "it has no table of offsets", NULL);
    if (packed < SKIPPABLE_HEAD_LEN || load_u32(head + 4) != packed - SKIPPABLE_HEAD_LEN)
        return table_differs(fault);
    if (packed % 8 != 0)
        return offsets_differ(fault);
    m->entry_count = (packed - SKIPPABLE_HEAD_LEN) / 8;
    return SEAL_OK;
}

static void map_free(struct frame_map *m)
{
    if (m != NULL)
        free(m->rows);
    free(m);
}

static enum seal_status read_map(struct frames_reader *r, uint64_t content_len, struct fault *fault)
{
    uint64_t rows = 0, table_at;

    if (read_footer(r, content_len, &rows, fault) != SEAL_OK)
        return fault->status;
    if (rows < 2) /* a bag has a frame of data and one of offsets */
        return table_differs(fault);
    table_at = content_len - seek_table_len(rows);
    r->map->count = rows - 1;
    if (read_rows(r, table_at, rows, fault) != SEAL_OK ||
        check_rows(r->map, table_at, fault) != SEAL_OK)
        return fault->status;
    return read_offsets_head(r, fault);
}

enum seal_status frames_reader_tables(struct frames_reader *r, uint64_t content_len,
                                      uint64_t *entry_count, struct fault *fault)
{
    drop_units(r);
    map_free(r->map);
    r->consumed = 0;
    r->map = calloc(1, sizeof *r->map);
    if (r->map == NULL)
        return fault_set(fault, SEAL_NO_MEMORY, NULL, NULL);
    if (read_map(r, content_len, fault) != SEAL_OK) {
        map_free(r->map);
        r->map = NULL;
        return fault->status;
    }
    *entry_count = r->map->entry_count;
    return SEAL_OK;
}

/* Leaves the frame at hand for the one that has the offset in it. */
static void to_frame_of(struct frames_reader *r, uint64_t offset)
{
    struct frame_map *m = r->map;

    while (offset < m->plain_at)
        map_back(m);
    while (offset >= m->plain_at + row_plain(m, m->frame))
        map_forward(m);
    drop_units(r);
}

enum seal_status frames_seek(struct frames_reader *r, uint64_t offset, struct fault *fault)
{
    struct frame_map *m = r->map;

    if (offset >= m->plain_len)
        return fault_set(fault, SEAL_HOSTILE, "its archive has no end", NULL);
    if (!r->in_frame || offset < m->plain_at || offset - m->plain_at >= r->end) {
        to_frame_of(r, offset);
        if (next_frame(r, fault) != SEAL_OK) {
            drop_units(r);
            return fault->status;
        }
    }
    r->pos = (size_t)(offset - m->plain_at);
    r->consumed = offset;
    return SEAL_OK;
}

enum seal_status frames_seek_entry(struct frames_reader *r, uint64_t entry, struct fault *fault)
{
    uint64_t offset;

    r->map->entry = entry;
    if (map_offset(r, entry, &offset, fault) != SEAL_OK)
        return fault->status;
    return frames_seek(r, offset, fault);
}

/* ---- What the tables say ------------------------------------------------------------------ */

static enum seal_status read_at(struct stream_reader *from, uint64_t off, void *out, size_t len,
                                struct fault *fault)
{
    size_t got;

    if (stream_reader_seek(from, off, fault) != SEAL_OK ||
        stream_read(from, out, len, &got, fault) != SEAL_OK)
        return fault->status;
    return got == len ? SEAL_OK
                      : fault_set(fault, SEAL_HOSTILE, "its content ends too early", NULL);
}

/* What all rows come to, a piece of the table at a time. */
struct row_sums {
    uint64_t packed, plain;
    uint8_t last[SEEK_ROW_LEN];
};

static enum seal_status add_rows(struct stream_reader *from, uint64_t off, uint64_t rows,
                                 struct row_sums *sums, struct fault *fault)
{
    uint8_t piece[256 * SEEK_ROW_LEN];

    *sums = (struct row_sums){.packed = 0};
    while (rows > 0) {
        size_t n = rows < 256 ? (size_t)rows : 256;

        if (read_at(from, off, piece, n * SEEK_ROW_LEN, fault) != SEAL_OK)
            return fault->status;
        for (size_t i = 0; i < n; i++) {
            if (load_u32(piece + i * SEEK_ROW_LEN + 4) > FRAME_LEN_MAX)
                return table_differs(fault);
            sums->packed += load_u32(piece + i * SEEK_ROW_LEN);
            sums->plain += load_u32(piece + i * SEEK_ROW_LEN + 4);
        }
        memcpy(sums->last, piece + (n - 1) * SEEK_ROW_LEN, SEEK_ROW_LEN);
        off += n * SEEK_ROW_LEN;
        rows -= n;
    }
    return SEAL_OK;
}

enum seal_status content_read_totals(struct stream_reader *from, enum content_type type,
                                     uint64_t content_len, uint64_t *bytes, uint64_t *entries,
                                     struct fault *fault)
{
    uint8_t footer[SEEK_FOOTER_LEN];
    struct row_sums sums;
    uint64_t rows, len;

    if (content_len < seek_table_len(0))
        return fault_set(fault, SEAL_HOSTILE, "its content ends too early", NULL);
    if (read_at(from, content_len - SEEK_FOOTER_LEN, footer, sizeof footer, fault) != SEAL_OK)
        return fault->status;
    rows = load_u32(footer);
    len = seek_table_len(rows);
    if (len > content_len || load_u32(footer + 5) != MAGIC_SEEK_FOOTER)
        return table_differs(fault);
    if (add_rows(from, content_len - len + SKIPPABLE_HEAD_LEN, rows, &sums, fault) != SEAL_OK)
        return fault->status;
    if (sums.packed != content_len - len || (type == CONTENT_BAG && load_u32(sums.last + 4) != 0))
        return table_differs(fault);
    *bytes = sums.plain;
    *entries = type == CONTENT_BAG ? load_u32(sums.last) / 8 : 0; /* the last is the offsets' */
    return SEAL_OK;
}

void frames_reader_free(struct frames_reader *r)
{
    if (r == NULL)
        return;
    for (size_t i = 0; i < r->unit_count; i++) {
        crew_await(r->crew, &r->units[i].task);
        unit_free(&r->units[i]);
    }
    map_free(r->map);
    free(r);
}
