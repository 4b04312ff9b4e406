/*
 * The input is a tar. It is walked as a reader would, checksums are put right, offsets noted; cut
 * into frames, sealed, read from begin to end and by seeking, and taken in as a bag.
 */
#include <stdlib.h>
#include <string.h>

#include "intake/quota.h"
#include "intake/unpack_bag.h"
#include "lib/fixture.h"
#include "lib/forge.h"
#include "lib/mutate.h"
#include "lib/sealed.h"

#define KEEP_SUMS 1
#define NO_END 2

/* ---- Walking ------------------------------------------------------------------------------ */

struct walk {
    struct buffer tar, offsets;
    uint8_t digest[SHA256_LEN]; /* of the last entry's data: D, if that is the tag manifest */
};

static void fix_sum(uint8_t *h)
{
    unsigned int sum = 0;

    memset(h + 148, ' ', 8);
    for (int i = 0; i < TAR_BLOCK; i++)
        sum += h[i];
    for (int i = 5; i >= 0; i--, sum >>= 3)
        h[148 + i] = (uint8_t)('0' + (sum & 7));
    h[154] = '\0';
}

static size_t size_of(const uint8_t *h)
{
    size_t size = 0;

    for (int i = 124; i < 136 && h[i] >= '0' && h[i] <= '7'; i++)
        size = size << 3 | (size_t)(h[i] - '0');
    return size;
}

static void walk(struct walk *w, bool fix)
{
    bool is_new = true;

    for (size_t at = 0; at + TAR_BLOCK <= w->tar.len;) {
        uint8_t *h = w->tar.data + at, row[8];
        size_t left = w->tar.len - at - TAR_BLOCK, size = size_of(h);
        struct sha256 hash;

        if (bytes_are_zero(h, TAR_BLOCK))
            return;
        if (fix)
            fix_sum(h);
        store_u64(row, at);
        if (is_new)
            forge_bytes(&w->offsets, row, sizeof row);
        is_new = h[156] != 'x';
        if (size > left)
            size = left;
        sha256_start(&hash);
        sha256_add(&hash, h + TAR_BLOCK, size);
        sha256_end(&hash, w->digest);
        at += TAR_BLOCK + (size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
    }
}

/* ---- Taking it in ------------------------------------------------------------------------- */

static enum seal_status take_in(void)
{
    const struct intake_progress progress = {NULL, NULL};
    struct intake_result result;
    struct opened o;
    enum seal_status status;

    opened_start(&o, &forge_envelope);
    status = intake_unpack_bag(&result, o.stream, &(struct unpack_target){.dirfd = -1},
                               &INTAKE_NO_LIMITS, &progress, &o.fault);
    FUZZ_CHECK(status == o.fault.status);
    FUZZ_CHECK(status == SEAL_OK || status == SEAL_HOSTILE || status == SEAL_LOCAL_NAME);
    intake_result_free(&result);
    opened_end(&o);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    static const uint8_t end[2 * TAR_BLOCK];
    struct buffer content;
    struct walk w = {.digest = {0}};
    enum seal_status status;
    size_t frame_len;
    uint8_t how;

    fuzz_start();
    how = input_byte(&in);
    frame_len = ((size_t)input_byte(&in) + 1) * 300;
    forge_bytes(&w.tar, in.len > 0 ? in.data : data, in.len);
    if ((how & NO_END) == 0) {
        forge_bytes(&w.tar, end, -w.tar.len % TAR_BLOCK);
        forge_bytes(&w.tar, end, sizeof end);
    }
    walk(&w, (how & KEEP_SUMS) == 0);
    content = content_of_tar(&w.tar, &w.offsets, frame_len);
    sealed_put(&content, w.digest);
    status = sealed_read(CONTENT_BAG);
    if (take_in() == SEAL_OK)
        FUZZ_CHECK(status == SEAL_OK);
    buffer_free(&content);
    buffer_free(&w.tar);
    buffer_free(&w.offsets);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed)
{
    return mutate_pieces(data, size, max, seed, 2, TAR_BLOCK);
}
