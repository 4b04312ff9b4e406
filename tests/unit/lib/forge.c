#include "forge.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zstd.h>

#include "archive/frames.h"
#include "base/text.h"
#include "fixture.h"

static void need(enum seal_status status)
{
    if (status != SEAL_OK)
        abort();
}

/* ---- Bytes -------------------------------------------------------------------------------- */

void forge_bytes(struct buffer *b, const void *data, size_t len)
{
    need(buffer_append(b, data, len));
}

void forge_text(struct buffer *b, const char *text)
{
    forge_bytes(b, text, strlen(text));
}

void forge_tag(struct forged *b, enum tag_file tag, const char *text)
{
    b->tags[tag].len = 0;
    forge_text(&b->tags[tag], text);
}

struct forged forge_new(void)
{
    struct forged b = {.left_out = {false}};

    forge_tag(&b, TAG_MTREE, "#mtree\n. type=dir\n");
    forge_tag(&b, TAG_BAG_INFO, "Bagging-Date: 2024-05-17\n");
    forge_tag(&b, TAG_BAGIT, "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n");
    return b;
}

void forge_free(struct forged *b)
{
    buffer_free(&b->tar);
    buffer_free(&b->offsets);
    for (int i = 0; i < TAG_COUNT; i++)
        buffer_free(&b->tags[i]);
}

void forge_digest(char hex[static 2 * SHA256_LEN + 1], const void *data, size_t len)
{
    struct sha256 hash;
    uint8_t digest[SHA256_LEN];

    sha256_start(&hash);
    sha256_add(&hash, data, len);
    sha256_end(&hash, digest);
    hex_encode(hex, digest, sizeof digest);
}

/* ---- Entries ------------------------------------------------------------------------------ */

void forge_header(struct forged *b, const char *name, char type, size_t size, unsigned int sec)
{
    char h[TAR_BLOCK] = "", text[24];
    unsigned int sum = 0;

    memcpy(h, name, strnlen(name, 100));
    memcpy(h + 100, "0000644\0000000000\0000000000", 24);
    (void)snprintf(text, sizeof text, "%011zo", size);
    memcpy(h + 124, text, 12);
    (void)snprintf(text, sizeof text, "%011o", sec);
    memcpy(h + 136, text, 12);
    memset(h + 148, ' ', 8);
    h[156] = type;
    memcpy(h + 257, "ustar\00000", 8);
    for (size_t i = 0; i < sizeof h; i++)
        sum += (uint8_t)h[i];
    (void)snprintf(text, sizeof text, "%06o", sum & 0777777u);
    memcpy(h + 148, text, 7);
    forge_bytes(&b->tar, h, sizeof h);
}

void forge_blocks(struct forged *b, const void *data, size_t len)
{
    static const uint8_t zeros[TAR_BLOCK];

    forge_bytes(&b->tar, data, len);
    forge_bytes(&b->tar, zeros, -len % TAR_BLOCK);
}

void forge_record(struct buffer *b, const char *key, const char *value)
{
    size_t rest = strlen(key) + strlen(value) + 3, len = rest;

    for (int i = 0; i < 8; i++)
        len = rest + (size_t)snprintf(NULL, 0, "%zu", len);
    need(buffer_printf(b, "%zu %s=%s\n", len, key, value));
}

void forge_entry(struct forged *b, const char *path, char type, const struct buffer *data,
                 unsigned int sec, const char *key, const char *value)
{
    struct buffer records = {0};
    uint8_t row[8];

    store_u64(row, b->tar.len);
    forge_bytes(&b->offsets, row, sizeof row);
    if (strlen(path) > 99)
        forge_record(&records, "path", path);
    if (key != NULL)
        forge_record(&records, key, value);
    if (records.len > 0) {
        forge_header(b, "PaxHeaders/entry", 'x', records.len, 0);
        forge_blocks(b, records.data, records.len);
    }
    forge_header(b, path, type, data->len, sec);
    forge_blocks(b, data->data, data->len);
    buffer_free(&records);
}

void forge_list(struct forged *b, const char *format, ...)
{
    va_list args;
    char *line;

    va_start(args, format);
    if (vasprintf(&line, format, args) < 0)
        abort();
    va_end(args);
    forge_text(&b->tags[TAG_MTREE], line);
    free(line);
}

void forge_file(struct forged *b, const char *path, const char *key, const char *value)
{
    const struct buffer data = {(uint8_t *)(uintptr_t)FORGE_FOUR, 4, 4};
    char hex[2 * SHA256_LEN + 1];

    forge_digest(hex, FORGE_FOUR, 4);
    forge_entry(b, path, '0', &data, 0, key, value);
    need(buffer_printf(&b->tags[TAG_MANIFEST], "%s  %s\n", hex, path));
}

/* more: further words on its line. */
void forge_list_file(struct forged *b, const char *path, const char *time, const char *more)
{
    char hex[2 * SHA256_LEN + 1];

    forge_digest(hex, FORGE_FOUR, 4);
    forge_list(b, "./%s type=file size=4 time=%s sha256digest=%s%s\n", path, time, hex, more);
}

void forge_put_file(struct forged *b, const char *path)
{
    forge_file(b, path, NULL, NULL);
    forge_list_file(b, path, FORGE_NO_TIME, "");
}

void forge_put_folder(struct forged *b, const char *path, unsigned int sec)
{
    const struct buffer none = {0};
    struct buffer name = {0};

    forge_text(&name, path);
    forge_bytes(&name, "/", 2);
    forge_entry(b, (char *)name.data, '5', &none, sec, NULL, NULL);
    forge_list(b, "./%s type=dir time=%u.000000000\n", path, sec);
    buffer_free(&name);
}

static void add_tags(struct forged *b)
{
    struct buffer *last = &b->tags[TAG_TAGMANIFEST];
    char hex[2 * SHA256_LEN + 1];

    for (int i = 0; i < TAG_COUNT; i++) {
        const struct buffer *tag = &b->tags[i];

        if (b->left_out[i])
            continue;
        forge_entry(b, tag_file_names[i], '0', tag, 0, NULL, NULL);
        forge_digest(hex, tag->data, tag->len);
        if (i != TAG_TAGMANIFEST)
            need(buffer_printf(last, "%s  %s\n", hex, tag_file_names[i]));
    }
    forge_digest(hex, last->data, last->len);
    if (!hex_decode(b->digest, SHA256_LEN, hex))
        abort();
}

void forge_finish(struct forged *b)
{
    static const uint8_t end[2 * TAR_BLOCK];

    add_tags(b);
    forge_bytes(&b->tar, end, sizeof end);
}

/* ---- Frames ------------------------------------------------------------------------------ */

void forge_u32(struct buffer *b, uint32_t v)
{
    uint8_t bytes[4];

    store_u32(bytes, v);
    forge_bytes(b, bytes, sizeof bytes);
}

void forge_frame(struct buffer *b, const void *data, size_t len, struct frame_options o)
{
    size_t cap = ZSTD_compressBound(len), n;
    void *packed = fixture_alloc(cap);
    ZSTD_CCtx *c = ZSTD_createCCtx();

    (void)ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, o.checksum);
    (void)ZSTD_CCtx_setParameter(c, ZSTD_c_contentSizeFlag, !o.no_size);
    (void)ZSTD_CCtx_setParameter(c, ZSTD_c_compressionLevel, o.level);
    if (o.window_log != 0)
        (void)ZSTD_CCtx_setParameter(c, ZSTD_c_windowLog, o.window_log);
    n = ZSTD_compress2(c, packed, cap, data, len);
    if (ZSTD_isError(n))
        abort();
    forge_bytes(b, packed, n);
    (void)ZSTD_freeCCtx(c);
    free(packed);
}

void forge_seek_table(struct buffer *b, const struct seek_row *rows, size_t count)
{
    forge_u32(b, 0x184D2A5E);
    forge_u32(b, (uint32_t)(8 * count + 9));
    for (size_t i = 0; i < count; i++) {
        forge_u32(b, rows[i].packed);
        forge_u32(b, rows[i].plain);
    }
    forge_u32(b, (uint32_t)count);
    forge_bytes(b, "", 1);
    forge_u32(b, 0x8F92EAB1);
}

/* ---- Sealed ------------------------------------------------------------------------------- */

const struct envelope forge_envelope = {.file_key = "not a secret",
                                        .params = {.slot_count = SLOTS_FEW, .type = CONTENT_BAG},
                                        .head_len = HEAD_LEN(SLOTS_FEW)};

void forge_seal(const struct forged *b, int fd)
{
    static const uint8_t head[HEAD_LEN_MAX];
    struct random random = fixture_random("forge");
    struct fault fault = {.status = SEAL_OK};
    struct stream_writer *stream;
    struct frames_writer *frames;
    uint8_t receipt[32];

    need(stream_writer_new(&stream, &forge_envelope, head, (struct padding){0}, NULL, fd, &fault));
    need(frames_writer_new(&frames, 1, NULL, stream, &fault));
    need(frames_write(frames, b->tar.data, b->tar.len, &fault));
    need(frames_writer_finish(frames, &b->offsets, &fault));
    frames_writer_free(frames);
    need(stream_writer_finish(stream, b->digest, &random, receipt, &fault));
    stream_writer_free(stream);
}
