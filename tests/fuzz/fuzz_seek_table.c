/*
 * Frames, offsets and seek table: honest ones around a small tar or a few bytes, of frames of any
 * length made in any way, or bytes as they come; then altered, sealed, and read from begin to end
 * and by seeking.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/fixture.h"
#include "lib/forge.h"
#include "lib/sealed.h"

#define TYPE_STREAM 1
#define AS_IT_COMES 2
#define FEW_FRAMES 4

/* A small tar, the same for all inputs. */
static const struct forged *small_bag(void)
{
    static struct forged bag;

    if (bag.tar.len > 0)
        return &bag;
    bag = forge_new();
    forge_put_folder(&bag, "data", 3);
    forge_put_file(&bag, "data/a");
    forge_put_folder(&bag, "data/d", 2);
    forge_put_file(&bag, "data/d/\303\251");
    forge_put_file(&bag, "data/long-name-long-name-long-name-long-name-long-name-long-name-"
                         "long-name-long-name-long-name-long-name-");
    forge_finish(&bag);
    return &bag;
}

static struct frame_options options_from(uint8_t byte)
{
    return (struct frame_options){.checksum = byte & 1,
                                  .no_size = (byte & 0x0e) == 0x0e,
                                  .window_log = (byte & 0x10) != 0 ? 10 + (byte >> 5) * 3 : 0,
                                  .level = 1};
}

/* Cuts bytes into frames as the input says; an empty one now and then. */
static void put_frames(struct buffer *content, struct buffer *rows, struct span bytes,
                       struct input *in, bool few)
{
    const uint8_t *at = bytes.data;

    for (size_t left = bytes.len; left > 0;) {
        uint8_t how = input_byte(in);
        size_t len = few ? left : input_u16(in) % 4096u, before = content->len;
        struct seek_row row;

        if (in->len == 0 || len > left)
            len = left;
        forge_frame(content, at, len, options_from(how));
        row = (struct seek_row){(uint32_t)(content->len - before), (uint32_t)len};
        forge_bytes(rows, &row, sizeof row);
        at += len;
        left -= len;
    }
}

static void put_offsets(struct buffer *content, struct buffer *rows, const struct buffer *offsets)
{
    struct seek_row row = {(uint32_t)offsets->len + 8, 0};

    forge_u32(content, 0x184D2A5C);
    forge_u32(content, (uint32_t)offsets->len);
    forge_bytes(content, offsets->data, offsets->len);
    forge_bytes(rows, &row, sizeof row);
}

static void put_honest(struct buffer *content, struct input *in, uint8_t mode)
{
    static const char text[] = "what a stream may hold, what a stream may hold, and so on";
    const struct forged *bag = small_bag();
    struct buffer rows = {0};
    bool few = (mode & FEW_FRAMES) != 0;

    if ((mode & TYPE_STREAM) != 0) {
        put_frames(content, &rows, (struct span){text, sizeof text}, in, few);
    } else {
        put_frames(content, &rows, (struct span){bag->tar.data, bag->tar.len}, in, few);
        put_offsets(content, &rows, &bag->offsets);
    }
    forge_seek_table(content, (struct seek_row *)(void *)rows.data,
                     rows.len / sizeof(struct seek_row));
    buffer_free(&rows);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    static const uint8_t digest[32] = {0};
    struct buffer content = {0};
    uint8_t mode;
    enum seal_status status;

    fuzz_start();
    mode = input_byte(&in);
    if ((mode & AS_IT_COMES) != 0) {
        if (in.len > 0)
            forge_bytes(&content, in.data, in.len);
    } else {
        put_honest(&content, &in, mode);
        input_edit(&in, &content);
    }
    sealed_put(&content, digest);
    status = sealed_read((mode & TYPE_STREAM) != 0 ? CONTENT_STREAM : CONTENT_BAG);
    (void)status; /* either will do: what it must not do is checked on the way */
    buffer_free(&content);
    return 0;
}
