/*
 * A torn content: whatever is lost of it, what comes out is what was sealed, under the name it was
 * sealed with; and what sits in evidence and looks like frames or headers makes no files.
 */
#include "archive/torn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/frame_format.h"
#include "lib/content.h"
#include "lib/fixture.h"
#include "lib/unit_check.h"

static const struct envelope envelope = {
    .file_key = "not a secret", .params = {.slot_count = SLOTS_FEW}, .head_len = HEAD_LEN(8)};

/* ---- Making ------------------------------------------------------------------------------- */

struct made {
    struct tar tar;
    struct buffer content;
    struct buffer file; /* sealed */
    size_t tables_off;  /* in the content */
};

enum kind { STORED, PACKED };

static void add_stored(struct buffer *out, const uint8_t *data, size_t len)
{
    uint8_t header[RAW_FRAME_HEADER_LEN], block[BLOCK_HEADER_LEN];

    raw_frame_header_write(header, len);
    content_add(out, header, sizeof header);
    for (size_t at = 0; at < len; at += ZSTD_BLOCK_LEN_MAX) {
        const size_t n = len - at < ZSTD_BLOCK_LEN_MAX ? len - at : ZSTD_BLOCK_LEN_MAX;

        raw_block_header_write(block, n, at + n == len);
        content_add(out, block, sizeof block);
        content_add(out, data + at, n);
    }
}

/* The tar, which ends here, in frames of so many bytes, with tables, sealed. */
static void make(struct made *m, size_t frame_len, enum kind kind)
{
    struct seek_row rows[512];
    size_t count = 0;

    tar_zeros(&m->tar, 1024);
    for (size_t at = 0; at < m->tar.bytes.len; at += frame_len, count++) {
        const size_t left = m->tar.bytes.len - at, n = left < frame_len ? left : frame_len;
        const size_t before = m->content.len;

        if (kind == STORED)
            add_stored(&m->content, m->tar.bytes.data + at, n);
        else
            forge_frame(&m->content, m->tar.bytes.data + at, n, (struct frame_options){.level = 1});
        rows[count] = (struct seek_row){(uint32_t)(m->content.len - before), (uint32_t)n};
    }
    m->tables_off = m->content.len;
    forge_u32(&m->content, MAGIC_OFFSETS);
    forge_u32(&m->content, (uint32_t)m->tar.offsets.len);
    content_add(&m->content, m->tar.offsets.data, m->tar.offsets.len);
    rows[count++] = (struct seek_row){(uint32_t)m->tar.offsets.len + 8, 0};
    forge_seek_table(&m->content, rows, count);
    content_seal(m->content.data, m->content.len);
    m->file = fixture_read(check_scratch("sealed"));
}

static void done(struct made *m)
{
    buffer_free(&m->tar.bytes);
    buffer_free(&m->tar.offsets);
    buffer_free(&m->content);
    buffer_free(&m->file);
}

/* ---- Salvaging ---------------------------------------------------------------------------- */

/* What a walk came to. */
struct seen {
    const struct made *made;
    struct torn *torn;
    size_t entries, certain, falses, whole, strays;
    uint64_t there; /* bytes */
};

/* The data of the entry of that path, in the tar that was sealed. */
static const uint8_t *true_data(const struct made *m, const char *path, uint64_t size)
{
    for (size_t i = 0; i < m->tar.offsets.len; i += 8) {
        const char *header = (const char *)m->tar.bytes.data + load_u64(m->tar.offsets.data + i);

        if (strcmp(header, path) == 0 && strtoull(header + 124, NULL, 8) == size)
            return (const uint8_t *)header + TAR_BLOCK;
    }
    return NULL;
}

static enum seal_status on_entry(void *ctx, const struct tar_entry *e, uint64_t off,
                                 bool is_certain, struct fault *fault)
{
    struct seen *s = ctx;
    const uint8_t *want = true_data(s->made, e->path, e->size), *data;
    const uint64_t end = torn_stretch_end(s->torn, off);
    uint64_t there = 0;
    size_t len;

    s->entries++;
    s->certain += is_certain;
    s->falses += want == NULL;
    if (!CHECK(want != NULL || !is_certain) || want == NULL)
        return SEAL_OK;
    for (uint64_t at = 0; at < e->size && off + at < end; at += len) {
        if (torn_peek(s->torn, off + at, &data, &len, fault) != SEAL_OK || len == 0)
            break;
        if (len > e->size - at)
            len = (size_t)(e->size - at);
        if (data != NULL && CHECK(memcmp(want + at, data, len) == 0))
            there += len;
    }
    s->there += there;
    s->whole += there == e->size;
    return fault->status;
}

static enum seal_status on_stray(void *ctx, uint64_t number, uint64_t off, uint64_t end,
                                 struct fault *fault)
{
    struct seen *s = ctx;

    (void)number;
    (void)fault;
    CHECK(off < end);
    s->strays++;
    return SEAL_OK;
}

/* Of the file as it is now. */
static struct seen walk(const struct made *m, struct torn_facts *facts)
{
    struct holed_volume v = {.env = &envelope};
    struct fault fault = {.status = SEAL_OK};
    struct seen s = {.made = m};
    const struct torn_listener listener = {&s, on_entry, on_stray};
    struct holed *holed = NULL;

    fixture_write(check_scratch("sealed"), m->file.data, m->file.len);
    CHECK_INT(SEAL_OK, volume_open(&v.in, check_scratch("sealed"), &fault));
    if (CHECK_INT(SEAL_OK, holed_new(&holed, &v, 1, NULL, NULL, &fault)) &&
        CHECK_INT(SEAL_OK, torn_new(&s.torn, holed, CONTENT_BAG, &fault))) {
        CHECK_INT(SEAL_OK, torn_walk(s.torn, &listener, &fault));
        torn_facts(s.torn, facts);
    }
    torn_free(s.torn);
    holed_free(holed);
    volume_close(v.in);
    return s;
}

static void lose(struct made *m, size_t block)
{
    const size_t at = block * BLOCK_LEN;

    memset(m->file.data + at, 0, m->file.len - at < BLOCK_LEN ? m->file.len - at : BLOCK_LEN);
}

static size_t block_of(size_t content_off)
{
    return (content_off + HEAD_LEN(8)) / (BLOCK_LEN - TAG_LEN);
}

static void lose_tables(struct made *m)
{
    for (size_t b = block_of(m->tables_off); b * BLOCK_LEN < m->file.len; b++)
        lose(m, b);
}

/* ---- Honest content ----------------------------------------------------------------------- */

#define ENTRIES 40
#define MOST 40000

static struct made honest(size_t frame_len, enum kind kind)
{
    struct made m = {.tables_off = 0};
    uint8_t *data = fixture_alloc(MOST);

    for (size_t i = 0; i < ENTRIES; i++) {
        const size_t len = (i * 7919) % MOST;
        char name[32];

        (void)snprintf(name, sizeof name, "data/%02zu", i);
        content_fill(data, len, i);
        tar_note(&m.tar);
        tar_header(&m.tar, name, '0', len);
        tar_data(&m.tar, data, len);
    }
    free(data);
    make(&m, frame_len, kind);
    return m;
}

static void test_nothing_lost(void)
{
    for (int tables = 0; tables < 2; tables++)
        for (enum kind kind = STORED; kind <= PACKED; kind++) {
            struct made m = honest(102400, kind);
            struct torn_facts facts = {.len = 0};
            struct seen s;

            check_about("nothing lost, kind %d, tables %d", (int)kind, tables);
            if (!tables)
                lose_tables(&m);
            s = walk(&m, &facts);
            CHECK_INT(tables, facts.has_tables);
            CHECK_INT(tables, facts.has_offsets);
            CHECK(s.whole >= (tables ? ENTRIES : ENTRIES / 2));
            CHECK_INT(s.entries, s.certain);
            CHECK_INT(0, facts.gave_up);
            done(&m);
        }
}

/* Each block in turn, and the tables too. */
static void test_holes(void)
{
    for (enum kind kind = STORED; kind <= PACKED; kind++)
        for (int tables = 0; tables < 2; tables++) {
            struct made m = honest(102400, kind);
            const size_t blocks = block_of(m.tables_off);
            struct buffer good = fixture_read(check_scratch("sealed"));

            for (size_t b = 0; b < blocks; b++) {
                struct torn_facts facts = {.len = 0};
                struct seen s;

                check_about("block %zu lost, kind %d, tables %d", b, (int)kind, tables);
                memcpy(m.file.data, good.data, good.len);
                lose(&m, b);
                if (!tables)
                    lose_tables(&m);
                s = walk(&m, &facts);
                CHECK(s.whole >= ENTRIES / 4);
                CHECK_INT(0, s.falses);
                CHECK(s.whole <= s.entries && s.entries <= ENTRIES);
                CHECK(tables || s.whole < ENTRIES);
            }
            buffer_free(&good);
            done(&m);
        }
}

static void test_many_holes(void)
{
    struct random random = fixture_random("holes");
    struct made m = honest(30720, PACKED);
    struct buffer good = fixture_read(check_scratch("sealed"));
    const uint32_t blocks = (uint32_t)(good.len / BLOCK_LEN);

    for (size_t turn = fixture_share(60, 6); turn > 0; turn--) {
        struct torn_facts facts;

        check_about("holes, turn %zu", turn);
        memcpy(m.file.data, good.data, good.len);
        for (uint32_t n = 1 + random_below(&random, blocks / 2); n > 0; n--)
            lose(&m, random_below(&random, blocks + 1));
        (void)walk(&m, &facts);
    }
    buffer_free(&good);
    done(&m);
}

/* A hole in a stored frame costs what is in the hole, and no more. */
static void test_stored(void)
{
    struct made m = {.tables_off = 0};
    const size_t len = 3000000;
    uint8_t *data = fixture_alloc(len);
    struct torn_facts facts;
    struct seen s;

    for (int tables = 1; tables >= 0; tables--) {
        m = (struct made){.tables_off = 0};
        content_fill(data, len, 1);
        tar_note(&m.tar);
        tar_header(&m.tar, "data/video", '0', len);
        tar_data(&m.tar, data, len);
        make(&m, 4 * MIB, STORED);
        check_about("a stored frame, tables %d", tables);
        lose(&m, 20);
        if (!tables)
            lose_tables(&m);
        s = walk(&m, &facts);
        CHECK_INT(1, s.entries);
        CHECK(s.there >= len - 4 * (size_t)BLOCK_LEN);
        done(&m);
    }
    free(data);
}

/* One of which only a half shrinks loses what is in the hole, and what was compressed behind it. */
static void test_raw_among_others(void)
{
    struct made m = {.tables_off = 0};
    const size_t len = 3000000;
    uint8_t *data = fixture_alloc(len);
    struct torn_facts facts;
    struct seen s;

    content_fill(data, len, 1);
    tar_note(&m.tar);
    tar_header(&m.tar, "data/mixed", '0', len);
    tar_data(&m.tar, data, len);
    free(data);
    make(&m, 2 * MIB, PACKED);
    for (size_t block = 8; block < 12; block++) {
        struct buffer good = fixture_read(check_scratch("sealed"));

        check_about("raw blocks among others, block %zu", block);
        lose(&m, block);
        s = walk(&m, &facts);
        CHECK_INT(1, s.entries);
        CHECK(s.there >= len - 900000);
        memcpy(m.file.data, good.data, good.len);
        fixture_write(check_scratch("sealed"), good.data, good.len);
        buffer_free(&good);
    }
    done(&m);
}

/* ---- Evidence that looks like content ----------------------------------------------------- */

/* A tar of files that are not to come out, as a stored file may have it. */
static struct tar false_tar(void)
{
    struct tar t = {{0}, {0}};
    uint8_t data[20000];

    content_fill(data, sizeof data, 99);
    for (int i = 0; i < 8; i++) {
        char name[32];

        (void)snprintf(name, sizeof name, "data/false%d", i);
        tar_header(&t, name, '0', sizeof data);
        tar_data(&t, data, sizeof data);
    }
    tar_zeros(&t, 1024);
    return t;
}

/* The evidence begins behind a hole in which its own header is, and ends before the next. Returns
 * how many entries were found that are none. */
static size_t check_evidence(const struct buffer *evidence, const char *about)
{
    struct made m = {.tables_off = 0};
    uint8_t *noise = fixture_alloc(2 * MIB);
    struct torn_facts facts;
    struct seen s;

    check_about("%s", about);
    content_fill(noise, MIB, 1);
    memset(noise + MIB, 'x', MIB);
    tar_note(&m.tar);
    tar_header(&m.tar, "data/a", '0', 60000);
    tar_data(&m.tar, noise, 60000);
    tar_note(&m.tar);
    tar_header(&m.tar, "data/evidence", '0', 70000 + evidence->len + 70000);
    content_add(&m.tar.bytes, noise, 70000);
    content_add(&m.tar.bytes, evidence->data, evidence->len);
    tar_data(&m.tar, noise + 1, 70000);
    for (char name[] = "data/x0"; name[6] < '9'; name[6]++) {
        tar_note(&m.tar);
        tar_header(&m.tar, name, '0', 1000);
        tar_data(&m.tar, noise, 1000);
    }
    make(&m, 4 * MIB, STORED);
    lose(&m, block_of(60000 + 1024));
    lose_tables(&m);
    s = walk(&m, &facts);
    CHECK_INT(0, facts.gave_up);
    done(&m);
    free(noise);
    return s.falses;
}

static void test_false_entries(void)
{
    struct tar t = false_tar();
    struct buffer evidence = {0}, frames = {0};
    const uint8_t filling[512 - 144] = {0};

    /* At a multiple of 512 from the begin of the entry's data: 70000 is 144 less than one. */
    content_add(&evidence, filling, 144);
    content_add(&evidence, t.bytes.data, t.bytes.len);
    CHECK_INT(0, check_evidence(&evidence, "a tar in the evidence"));
    forge_frame(&frames, t.bytes.data, t.bytes.len, (struct frame_options){.level = 1});
    forge_frame(&frames, t.bytes.data, t.bytes.len, (struct frame_options){.level = 3});
    CHECK_INT(0, check_evidence(&frames, "frames in the evidence"));
    buffer_free(&evidence);
    buffer_free(&frames);
    buffer_free(&t.bytes);
}

/* Whoever writes nothing but begins of frames, or headers, makes nobody wait. */
static void test_costs(void)
{
    struct buffer magics = {0}, headers = {0};
    struct tar t = {{0}, {0}};

    while (magics.len < 2 * MIB) {
        uint8_t header[RAW_FRAME_HEADER_LEN];

        raw_frame_header_write(header, 4096);
        content_add(&magics, header, sizeof header);
    }
    CHECK_INT(0, check_evidence(&magics, "begins of frames"));
    content_add(&headers,
                "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
                "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
                "0123456789abcdef",
                144);
    while (t.bytes.len < 2 * MIB)
        tar_header(&t, "data/false", '0', 512 * 1000);
    content_add(&headers, t.bytes.data, t.bytes.len);
    /* Some reach to the next hole, and so cannot be told from true ones; but they are not certain.
     */
    CHECK(check_evidence(&headers, "headers") <= 10);
    buffer_free(&magics);
    buffer_free(&headers);
    buffer_free(&t.bytes);
}

int main(int argc, char **argv)
{
    check_start("torn", argc, argv);
    fixture_start(argc, argv);
    CHECK_CASE(test_nothing_lost());
    CHECK_CASE(test_holes());
    CHECK_CASE(test_many_holes());
    CHECK_CASE(test_stored());
    CHECK_CASE(test_raw_among_others());
    CHECK_CASE(test_false_entries());
    CHECK_CASE(test_costs());
    return check_done();
}
