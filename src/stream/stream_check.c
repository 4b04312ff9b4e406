/*
 * Reading to the end: padding and trailer, and whether the content has the length that it says.
 */
#include "stream/stream_reader.h"

/* Everything from here to the trailer must be zero. */
static enum seal_status read_padding(struct stream_reader *r, struct fault *fault)
{
    for (;;) {
        const uint8_t *data;
        size_t len;

        if (stream_peek(r, &data, &len, fault) != SEAL_OK)
            return fault->status;
        if (len == 0)
            return SEAL_OK;
        if (!bytes_are_zero(data, len))
            return fault_set(fault, REASON_PADDING_NOT_ZERO, NULL);
        r->pos = r->end;
    }
}

/* At the end. content_len is that of the current volume. */
static enum seal_status read_last_trailer(const struct stream_reader *r, uint64_t *content_len,
                                          uint8_t digest[static 32], struct fault *fault)
{
    if (!reader_has_right_size(r))
        return fault_set(fault, REASON_VOLUME_LAST_LARGE, NULL);
    return trailer_read(r->trailer, reader_is_volume(r), content_len, digest, fault);
}

static enum seal_status length_differs(struct fault *fault)
{
    return fault_set(fault, REASON_CONTENT_LENGTH, NULL);
}

enum seal_status stream_reader_finish(struct stream_reader *r, uint8_t digest[static 32],
                                      uint8_t receipt[static 32], struct fault *fault)
{
    uint64_t content_len;

    if (read_padding(r, fault) != SEAL_OK || reader_drain(r, fault) != SEAL_OK ||
        read_last_trailer(r, &content_len, digest, fault) != SEAL_OK)
        return fault->status;
    if (r->consumed < r->content_before || content_len != r->consumed - r->content_before)
        return length_differs(fault);
    receipt_derive(receipt, r->env, r->trailer);
    return SEAL_OK;
}

/* Where the last byte of data that is not zero ends; 0 if there is none. */
static size_t nonzero_len(const uint8_t *data, size_t len)
{
    while (len > 0 && data[len - 1] == 0)
        len--;
    return len;
}

enum seal_status stream_reader_copy(struct stream_reader *r, const struct sink *to,
                                    uint64_t *content_len, uint8_t digest[static 32],
                                    uint8_t receipt[static 32], struct fault *fault)
{
    uint64_t nonzero_end = 0;

    for (;;) {
        const uint8_t *data;
        size_t len, nonzero;

        if (stream_peek(r, &data, &len, fault) != SEAL_OK)
            return fault->status;
        if (len == 0)
            break;
        if (to->write(to->self, data, len, fault) != SEAL_OK)
            return fault->status;
        nonzero = nonzero_len(data, len);
        if (nonzero > 0)
            nonzero_end = r->consumed + nonzero;
        stream_skip(r, len);
    }
    if (reader_drain(r, fault) != SEAL_OK ||
        read_last_trailer(r, content_len, digest, fault) != SEAL_OK)
        return fault->status;
    if (*content_len > r->consumed - r->content_before)
        return length_differs(fault);
    *content_len += r->content_before;
    if (nonzero_end > *content_len)
        return fault_set(fault, REASON_PADDING_NOT_ZERO, NULL);
    receipt_derive(receipt, r->env, r->trailer);
    return SEAL_OK;
}

/* ---- One volume by itself ----------------------------------------------------------------- */

/* hash may be NULL. */
static enum seal_status read_volume(struct stream_reader *r, struct sha256 *hash,
                                    void (*progress)(void *ctx, uint64_t bytes), void *ctx,
                                    struct fault *fault)
{
    while (!reader_is_at_end(r)) {
        if (stop_requested())
            return fault_set(fault, REASON_INTERRUPTED, NULL);
        if (reader_next_block(r, fault) != SEAL_OK)
            return fault->status;
        if (hash != NULL)
            sha256_add(hash, r->text, r->end);
        stream_skip(r, r->end);
        if (progress != NULL)
            progress(ctx, BLOCK_LEN);
    }
    return reader_drain(r, fault);
}

static enum seal_status check_trailer(const struct stream_reader *r, bool *is_last,
                                      struct fault *fault)
{
    uint8_t digest[32];
    uint64_t content_len;

    *is_last = !reader_is_volume(r) || trailer_is_last(r->trailer);
    if (!*is_last)
        return trailer_check_full(r->trailer, r->consumed, fault);
    if (trailer_read(r->trailer, reader_is_volume(r), &content_len, digest, fault) != SEAL_OK)
        return fault->status;
    return content_len > r->consumed ? length_differs(fault) : SEAL_OK;
}

void stream_reader_check_parity(struct stream_reader *r)
{
    r->checks_parity = r->env->params.parity != 0 && volume_is_file(r->in);
}

enum seal_status stream_reader_check(struct stream_reader *r, bool *is_last,
                                     void (*progress)(void *ctx, uint64_t bytes), void *ctx,
                                     struct fault *fault)
{
    if (read_volume(r, NULL, progress, ctx, fault) != SEAL_OK)
        return fault->status;
    return check_trailer(r, is_last, fault);
}

enum seal_status stream_reader_check_digest(struct stream_reader *r, bool *is_last,
                                            uint8_t digest[static SHA256_LEN], struct fault *fault)
{
    struct sha256 hash;

    sha256_start(&hash);
    if (read_volume(r, &hash, NULL, NULL, fault) != SEAL_OK)
        return fault->status;
    sha256_add(&hash, r->trailer, TRAILER_SAID_LEN);
    sha256_end(&hash, digest);
    return check_trailer(r, is_last, fault);
}
