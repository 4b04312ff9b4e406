#include "content.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/unit_check.h"
#include "lib/fixture.h"
#include "lib/forge.h"

struct crew *content_crew;

/* ---- Content into a sealed file, and out of one ------------------------------------------- */

/* One envelope for all: the stream is not what is tested here. */
static const struct envelope content_envelope = {
    .file_key = "not a secret", .params = {.slot_count = SLOTS_FEW}, .head_len = HEAD_LEN(8)};

void sealing_start(struct sealing *s)
{
    static const uint8_t head[HEAD_LEN_MAX];

    *s = (struct sealing){.random = fixture_random("archive")};
    s->fd = fixture_create(check_scratch("sealed"));
    CHECK_INT(SEAL_OK, stream_writer_new(&s->stream, &content_envelope, head, (struct padding){0},
                                         NULL, s->fd, &s->fault));
}

void sealing_end(struct sealing *s)
{
    uint8_t digest[32] = {0}, receipt[32];

    CHECK_INT(SEAL_OK, stream_writer_finish(s->stream, digest, &s->random, receipt, &s->fault));
    stream_writer_free(s->stream);
    (void)close(s->fd);
}

void content_seal(const void *content, size_t len)
{
    struct sealing s;

    sealing_start(&s);
    CHECK_INT(SEAL_OK, stream_write(s.stream, content, len, &s.fault));
    sealing_end(&s);
}

void unsealing_start(struct unsealing *u)
{
    *u = (struct unsealing){.in = NULL};
    CHECK_INT(SEAL_OK, volume_open(&u->in, check_scratch("sealed"), &u->fault));
    CHECK_INT(SEAL_OK,
              stream_reader_new(&u->stream, &content_envelope, u->in, content_crew, &u->fault));
}

void unsealing_end(struct unsealing *u)
{
    stream_reader_free(u->stream);
    volume_close(u->in);
}

/* ---- Entries ------------------------------------------------------------------------------ */

void content_fill(uint8_t *data, size_t len, size_t i)
{
    char seed[32];
    struct random random;

    (void)snprintf(seed, sizeof seed, "entry %zu", i);
    random = fixture_random(seed);
    memset(data, (int)(i & 0xff), len);
    random_bytes(&random, data, len / 2);
}

void write_entries(const struct tar_entry *entries, size_t count, int level)
{
    struct content_writer *w;
    struct sealing s;

    sealing_start(&s);
    CHECK_INT(SEAL_OK, content_writer_new(&w, CONTENT_BAG, level, NULL, s.stream, &s.fault));
    for (size_t i = 0; i < count; i++) {
        size_t len = (size_t)entries[i].size, first = len / 3;
        uint8_t *data = fixture_alloc(len);

        content_fill(data, len, i);
        CHECK_INT(SEAL_OK, content_write_entry(w, &entries[i], &s.fault));
        if (first > 0)
            CHECK_INT(SEAL_OK, content_write_data(w, data, first, &s.fault));
        if (len > first)
            CHECK_INT(SEAL_OK, content_write_data(w, data + first, len - first, &s.fault));
        free(data);
    }
    CHECK_INT(SEAL_OK, content_writer_finish(w, &s.fault));
    content_writer_free(w);
    sealing_end(&s);
}

void content_check_data(struct content_reader *r, size_t len, size_t i, struct fault *fault)
{
    uint8_t *want = fixture_alloc(len);
    const uint8_t *data;
    size_t at = 0, n;

    content_fill(want, len, i);
    do {
        if (!CHECK_INT(SEAL_OK, content_read_data(r, &data, &n, fault)) ||
            !CHECK(n <= len - at && (n == 0 || memcmp(want + at, data, n) == 0)))
            break;
        at += n;
    } while (n > 0);
    CHECK_INT(len, at);
    free(want);
}

/* ---- By seeking --------------------------------------------------------------------------- */

enum seal_status content_seek_start(struct seeking *k)
{
    uint8_t digest[32], receipt[32];
    uint64_t content_len = 0;

    k->count = 0;
    unsealing_start(&k->u);
    CHECK_INT(SEAL_OK,
              stream_reader_trailer(k->u.stream, &content_len, digest, receipt, &k->u.fault));
    CHECK_INT(SEAL_OK, content_reader_new(&k->r, CONTENT_BAG, k->u.stream, &k->u.fault));
    return content_reader_load_tables(k->r, content_len, &k->count, &k->u.fault);
}

void content_seek_end(struct seeking *k)
{
    content_reader_free(k->r);
    unsealing_end(&k->u);
}

struct tar_entry content_file(const char *path, uint64_t size)
{
    return (struct tar_entry){.path = path, .path_len = strlen(path), .size = size};
}

/* ---- Altered and forged content ----------------------------------------------------------- */

/* From that entry to the end, data and all. */
static enum seal_status seek_and_read(struct seeking *k, uint64_t from)
{
    enum seal_status status = content_reader_seek_entry(k->r, from, &k->u.fault);
    struct tar_entry e;
    const uint8_t *data;
    size_t len;
    bool more = true;

    while (status == SEAL_OK && more) {
        status = content_read_entry(k->r, &e, &more, &k->u.fault);
        for (len = 1; status == SEAL_OK && len > 0;)
            status = content_read_data(k->r, &data, &len, &k->u.fault);
    }
    CHECK_INT(status, k->u.fault.status);
    return status;
}

enum seal_status seek_status(void)
{
    struct seeking k;
    enum seal_status first = content_seek_start(&k), status;
    uint64_t count = k.count;

    for (int i = 0; i < 3 && count > 0; i++) {
        k.u.fault = (struct fault){.status = SEAL_OK};
        status = seek_and_read(&k, i == 0 ? count - 1 : i == 1 ? count / 2 : 0);
        if (first == SEAL_OK)
            first = status;
    }
    content_seek_end(&k);
    return first;
}

/* What reading from begin to end accepts, seeking does too; what it refuses, seeking may not see,
 * but it says nothing else of it. */
static void check_by_seeking(enum seal_status sequential)
{
    enum seal_status status = seek_status();

    CHECK(status == SEAL_OK || (status == SEAL_HOSTILE && sequential == SEAL_HOSTILE));
}

enum seal_status read_status(enum content_type type)
{
    uint8_t digest[32], receipt[32];
    enum seal_status status;
    struct content_reader *r;
    struct tar_entry e;
    struct unsealing u;
    const uint8_t *data;
    size_t len = 0;
    bool more = type == CONTENT_BAG;

    unsealing_start(&u);
    status = content_reader_new(&r, type, u.stream, &u.fault);
    while (status == SEAL_OK && more)
        status = content_read_entry(r, &e, &more, &u.fault);
    if (type == CONTENT_STREAM) {
        do
            status = content_read_data(r, &data, &len, &u.fault);
        while (status == SEAL_OK && len > 0);
    }
    if (status == SEAL_OK)
        status = content_reader_finish(r, &u.fault);
    if (status == SEAL_OK)
        status = stream_reader_finish(u.stream, digest, receipt, &u.fault);
    CHECK_INT(status, u.fault.status);
    content_reader_free(r);
    unsealing_end(&u);
    if (type == CONTENT_BAG)
        check_by_seeking(status);
    return status;
}

enum seal_status content_status(const struct buffer *content, enum content_type type)
{
    content_seal(content->data, content->len);
    return read_status(type);
}

void content_add(struct buffer *b, const void *data, size_t len)
{
    CHECK(buffer_append(b, data, len) == SEAL_OK);
}

/* ---- Forged tars -------------------------------------------------------------------------- */

void tar_checksum(char *h)
{
    unsigned int sum = 0;
    char text[9];

    memset(h + 148, ' ', 8);
    for (size_t i = 0; i < TAR_BLOCK; i++)
        sum += (uint8_t)h[i];
    (void)snprintf(text, sizeof text, "%06o", sum & 0777777u);
    memcpy(h + 148, text, 7);
}

void tar_header(struct tar *t, const char *name, char type, size_t size)
{
    char h[TAR_BLOCK] = "", text[24];

    memcpy(h, name, strlen(name) < 100 ? strlen(name) : 100);
    memcpy(h + 100, "0000644", 7);
    memcpy(h + 108, "0000000", 7);
    memcpy(h + 116, "0000000", 7);
    (void)snprintf(text, sizeof text, "%011zo", size);
    memcpy(h + 124, text, 12);
    memcpy(h + 136, "00000000000", 12);
    h[156] = type;
    memcpy(h + 257, "ustar\00000", 8);
    tar_checksum(h);
    content_add(&t->bytes, h, sizeof h);
}

void tar_note(struct tar *t)
{
    uint8_t row[8];

    store_u64(row, t->bytes.len);
    content_add(&t->offsets, row, sizeof row);
}

void tar_data(struct tar *t, const void *data, size_t len)
{
    static const uint8_t zeros[TAR_BLOCK];

    content_add(&t->bytes, data, len);
    content_add(&t->bytes, zeros, -len % TAR_BLOCK);
}

void tar_zeros(struct tar *t, size_t len)
{
    static const uint8_t zeros[2 * 10240];

    content_add(&t->bytes, zeros, len);
}

void tar_entry(struct tar *t, const char *name, char type, const char *data)
{
    tar_note(t);
    tar_header(t, name, type, strlen(data));
    tar_data(t, data, strlen(data));
}

struct tar tar_one_entry(void)
{
    struct tar t = {{0}, {0}};

    tar_entry(&t, "data/a", '0', "data");
    return t;
}

void tar_pax(struct tar *t, const char *records, size_t len)
{
    tar_note(t);
    tar_header(t, "PaxHeaders/entry", 'x', len);
    tar_data(t, records, len);
    tar_header(t, "data/short", '0', 4);
    tar_data(t, "four", 4);
}

enum seal_status tar_status(struct tar *t)
{
    struct buffer b = {0};
    struct seek_row rows[2];
    enum seal_status status;

    forge_frame(&b, t->bytes.data, t->bytes.len, (struct frame_options){.level = 1});
    rows[0] = (struct seek_row){(uint32_t)b.len, (uint32_t)t->bytes.len};
    forge_u32(&b, 0x184D2A5C);
    forge_u32(&b, (uint32_t)t->offsets.len);
    content_add(&b, t->offsets.data, t->offsets.len);
    rows[1] = (struct seek_row){(uint32_t)t->offsets.len + 8, 0};
    forge_seek_table(&b, rows, 2);
    status = content_status(&b, CONTENT_BAG);
    buffer_free(&b);
    buffer_free(&t->bytes);
    buffer_free(&t->offsets);
    return status;
}
