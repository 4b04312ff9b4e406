#include "damaged.h"

#include <string.h>

#include "fixture.h"
#include "stream/layout.h"
#include "unit_check.h"

static enum seal_status read_all(struct damaged *d, struct buffer *out)
{
    struct fault fault = {.status = SEAL_OK};
    const struct sink to = {fixture_append, out};
    struct stream_volume v = {.env = &d->s.env, .told = {.count = d->told}};
    struct stream_reader *reader;
    uint8_t digest[32], receipt[32];
    uint64_t content_len;

    fixture_write(check_scratch("damaged"), d->file.data, d->file.len);
    CHECK_INT(SEAL_OK, volume_open(&v.in, check_scratch("damaged"), &fault));
    if (stream_reader_new_set(&reader, &v, 1, payload_crew, &fault) == SEAL_OK &&
        stream_reader_copy(reader, &to, &content_len, digest, receipt, &fault) == SEAL_OK) {
        d->mended = *stream_reader_mended(reader);
        CHECK_INT(d->s.content.len, content_len);
        CHECK_BYTES(d->s.receipt, receipt, sizeof receipt);
    }
    stream_reader_free(reader);
    volume_close(v.in);
    return fault.status;
}

enum seal_status damaged_read(struct damaged *d)
{
    struct buffer out = {0};
    enum seal_status status;
    size_t n;

    CHECK_INT(SEAL_OK, buffer_reserve(&out, 1));
    status = read_all(d, &out);
    n = out.len < d->s.content.len ? out.len : d->s.content.len;
    CHECK(status != SEAL_OK || out.len >= d->s.content.len);
    CHECK(memcmp(out.data, d->s.content.data, n) == 0);
    buffer_free(&out);
    return status;
}

void damaged_restore(struct damaged *d)
{
    d->file.len = d->s.file.len;
    d->told = d->s.blocks;
    memcpy(d->file.data, d->s.file.data, d->s.file.len);
}

struct damaged damaged_make(uint8_t m, uint64_t data_blocks)
{
    const size_t len = (size_t)data_blocks * (BLOCK_LEN - TAG_LEN) - HEAD_LEN(8) - TRAILER_LEN;
    const uint64_t total = layout_block_count(data_blocks, m) * BLOCK_LEN;
    struct damaged d = {
        .s = payload_seal_repair(SLOTS_FEW, m, len - 5,
                                 (struct padding){.rule = PAD_FIXED, .size = total})};

    CHECK_INT(total, d.s.file.len);
    CHECK_INT(total, d.s.blocks * BLOCK_LEN);
    d.file = (struct buffer){fixture_alloc(d.s.file.len + 3 * BLOCK_LEN), 0, 0};
    damaged_restore(&d);
    return d;
}

void damaged_free(struct damaged *d)
{
    buffer_free(&d->file);
    payload_free(&d->s);
}
