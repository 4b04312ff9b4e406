/*
 * Salvage: a content of frames, offsets and seek table, honest or altered, of which blocks are lost
 * as the input says. Of an honest one only what was sealed comes out; of any, what comes out ends.
 */
#include <stdlib.h>
#include <string.h>

#include "archive/torn.h"
#include "lib/fixture.h"
#include "lib/forge.h"
#include "lib/sealed.h"

#define TYPE_STREAM 1
#define ALTERED 2
#define CUT 4

/* A tar of some blocks, the same for all inputs: files that do not shrink among others. */
static const struct forged *some_bag(void)
{
    static struct forged bag;
    struct buffer noise = {fixture_alloc(90000), 90000, 90000};
    struct random random = fixture_random("salvage");

    if (bag.tar.len > 0) {
        free(noise.data);
        return &bag;
    }
    random_bytes(&random, noise.data, noise.len);
    bag = forge_new();
    forge_put_folder(&bag, "data", 3);
    forge_put_file(&bag, "data/a");
    forge_entry(&bag, "data/b", '0', &noise, 4, NULL, NULL);
    forge_put_file(&bag, "data/c");
    forge_entry(&bag, "data/d", '0', &noise, 5, "mtime", "5.5");
    forge_put_file(&bag, "data/e");
    forge_finish(&bag);
    free(noise.data);
    return &bag;
}

/* ---- Losing ------------------------------------------------------------------------------- */

static void lose(struct input *in, bool cut)
{
    struct buffer file = memory_get();
    const size_t blocks = file.len / BLOCK_LEN + 1;
    uint8_t count = input_byte(in) % 8;

    for (; count > 0; count--) {
        const size_t at = input_byte(in) % blocks * BLOCK_LEN;

        if (at < file.len)
            memset(file.data + at, 0, file.len - at < BLOCK_LEN ? file.len - at : BLOCK_LEN);
    }
    if (cut && file.len > BLOCK_LEN)
        file.len -= (size_t)(input_u16(in) * 8 % (file.len - BLOCK_LEN));
    memory_put(file.data, file.len);
    buffer_free(&file);
}

/* ---- Salvaging ---------------------------------------------------------------------------- */

struct walk {
    struct torn *torn;
    const struct forged *honest; /* NULL: it was altered */
    uint64_t looked;
};

/* Whether the tar has these bytes in it. */
static bool is_in_tar(const struct forged *bag, const uint8_t *data, size_t len)
{
    return len == 0 || memmem(bag->tar.data, bag->tar.len, data, len) != NULL;
}

static enum seal_status on_entry(void *ctx, const struct tar_entry *e, uint64_t off,
                                 bool is_certain, struct fault *fault)
{
    struct walk *w = ctx;
    const uint64_t end = torn_stretch_end(w->torn, off);
    const uint8_t *data;
    size_t len;

    FUZZ_CHECK(tar_path_is_clean(e->path, e->path_len));
    FUZZ_CHECK(w->honest == NULL || is_in_tar(w->honest, (const uint8_t *)e->path, e->path_len));
    FUZZ_CHECK(w->honest == NULL || is_certain || e->size <= 90000);
    for (uint64_t at = 0; at < e->size && off + at < end; at += len) {
        if (torn_peek(w->torn, off + at, &data, &len, fault) != SEAL_OK || len == 0)
            break;
        if (len > e->size - at)
            len = (size_t)(e->size - at);
        FUZZ_CHECK(data == NULL || w->honest == NULL || is_in_tar(w->honest, data, len));
        w->looked += len;
    }
    return fault->status;
}

static enum seal_status on_stray(void *ctx, uint64_t number, uint64_t off, uint64_t end,
                                 struct fault *fault)
{
    (void)ctx;
    (void)number;
    (void)fault;
    FUZZ_CHECK(off <= end);
    return SEAL_OK;
}

static void salvage(enum content_type type, const struct forged *honest)
{
    struct holed_volume v = {.env = &forge_envelope};
    struct fault fault = {.status = SEAL_OK};
    struct walk w = {.honest = honest};
    const struct torn_listener listener = {&w, on_entry, on_stray};
    struct holed *holed;
    const uint8_t *data;
    size_t len;

    FUZZ_OK(volume_open(&v.in, memory_path(), &fault));
    FUZZ_OK(holed_new(&holed, &v, 1, NULL, NULL, &fault));
    FUZZ_OK(torn_new(&w.torn, holed, type, &fault));
    if (type == CONTENT_BAG)
        FUZZ_OK(torn_walk(w.torn, &listener, &fault));
    for (uint64_t off = 0;; off += len) {
        FUZZ_OK(torn_peek(w.torn, off, &data, &len, &fault));
        if (len == 0)
            break;
    }
    torn_free(w.torn);
    holed_free(holed);
    volume_close(v.in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t digest[32] = {0};
    struct input in = {data, size};
    const struct forged *bag;
    struct buffer content;
    uint8_t mode;

    fuzz_start();
    bag = some_bag();
    mode = input_byte(&in);
    content = content_of_tar(&bag->tar, &bag->offsets, 512 * (1 + (size_t)input_byte(&in)));
    if ((mode & ALTERED) != 0) {
        struct span kept = input_take(&in, 12); /* for lose */

        input_edit(&in, &content);
        in = (struct input){kept.data, kept.len};
    }
    sealed_put(&content, digest);
    lose(&in, (mode & CUT) != 0);
    salvage((mode & TYPE_STREAM) != 0 ? CONTENT_STREAM : CONTENT_BAG,
            (mode & ALTERED) != 0 ? NULL : bag);
    buffer_free(&content);
    return 0;
}
