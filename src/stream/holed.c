#include "stream/holed.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "stream/holed_slice.h"

struct holed {
    struct slice *slices; /* in sodium_malloc: keys are in it */
    size_t count;
    bool base_is_guess; /* of the only volume there is */
    uint64_t end;       /* of the content; or of all that may be */
    bool end_is_known;
    struct holed_totals totals;
    /* The block fetched last: */
    bool has_block;
    size_t slice;
    uint64_t number;
    uint8_t *block; /* BLOCK_LEN bytes */
    const uint8_t *text;
    size_t len;
};

static uint32_t index_of(const struct slice *s)
{
    return s->env->params.index;
}

/* ---- Where the volumes stand -------------------------------------------------------------- */

/* All volumes but the last have one size. One that is told by its end says it; else the longest
 * that is left is the best guess. 0: there is no such volume. */
static uint64_t full_total(const struct holed *h)
{
    uint64_t longest = 0;

    for (size_t i = 0; i + 1 < h->count; i++) {
        const struct slice *s = &h->slices[i];

        if (s->total != 0)
            return s->total;
        if (volume_size(s->in) > longest)
            longest = volume_size(s->in);
    }
    return stream_fixed_len(longest, h->slices[0].env->params.parity);
}

static void find_totals(struct holed *h)
{
    uint64_t full;

    for (size_t i = 0; i < h->count; i++)
        slice_find_total(&h->slices[i], h->block);
    full = full_total(h);
    for (size_t i = 0; i + 1 < h->count; i++)
        h->slices[i].total = full;
}

/* Content of a slice that is the last there is, and may be cut short. */
static uint64_t last_len(const struct slice *s)
{
    uint64_t most = s->data_count * CHUNK_LEN;

    if (s->total != 0)
        return stream_content_max(shape_of(s->env), s->total);
    return most > s->env->head_len ? most - s->env->head_len : 0;
}

/* Where each begins, and how much it holds. */
static void place_slices(struct holed *h)
{
    struct slice *last = &h->slices[h->count - 1];
    const uint64_t full = h->count > 1 ? h->slices[0].total : last->total;
    const uint64_t content = full == 0 ? 0 : stream_content_max(shape_of(last->env), full);

    for (size_t i = 0; i < h->count; i++) {
        struct slice *s = &h->slices[i];

        s->base = index_of(s) * content;
        s->len = s == last ? last_len(s) : content;
    }
    h->base_is_guess = h->count == 1 && index_of(last) > 0 && (!last->has_trailer || last->is_last);
    if (last->has_trailer && last->is_last && last->content_len <= last->len) {
        h->end_is_known = true;
        last->len = last->content_len;
    }
    h->end = last->base + last->len;
}

static void sum_up(struct holed *h)
{
    const struct slice *last = &h->slices[h->count - 1];

    h->totals.missing_volumes = (uint64_t)index_of(last) + 1 - h->count;
    h->totals.has_more_volumes = last->has_trailer && !last->is_last;
    for (size_t i = 0; i < h->count; i++) {
        h->totals.blocks += h->slices[i].data_count;
        h->totals.lost_blocks += h->slices[i].lost;
    }
}

bool holed_correct_end(struct holed *h, uint64_t end)
{
    struct slice *only = &h->slices[0];

    if (!h->base_is_guess || end < only->len || h->end != only->base + only->len)
        return false;
    only->base = end - only->len;
    h->end = end;
    return true;
}

/* ---- What there is ------------------------------------------------------------------------ */

/* The slice that off is in; NULL: none that is here. */
static const struct slice *slice_at(const struct holed *h, uint64_t off)
{
    for (size_t i = 0; i < h->count; i++)
        if (off >= h->slices[i].base && off - h->slices[i].base < h->slices[i].len)
            return &h->slices[i];
    return NULL;
}

/* The data block that off is in, and where that ends in the content. */
static uint64_t block_at(const struct slice *s, uint64_t off, uint64_t *end)
{
    const uint64_t head = s->env->head_len, number = (off - s->base + head) / CHUNK_LEN;
    const uint64_t slice_end = s->base + s->len;

    *end = s->base + (number + 1) * CHUNK_LEN - head;
    if (*end > slice_end)
        *end = slice_end;
    return number;
}

/* Whether off is there, and how far it goes on like that, at least. */
static bool is_there(const struct holed *h, uint64_t off, uint64_t *end)
{
    const struct slice *s = slice_at(h, off);
    uint64_t number;

    if (s != NULL) {
        number = block_at(s, off, end);
        return slice_has(s, number);
    }
    *end = UINT64_MAX;
    for (size_t i = 0; i < h->count; i++)
        if (h->slices[i].base > off && h->slices[i].base < *end)
            *end = h->slices[i].base;
    return false;
}

bool holed_has(const struct holed *h, uint64_t off, uint64_t len)
{
    uint64_t end;

    if (len > h->end || off > h->end - len)
        return false;
    for (uint64_t at = off; at - off < len; at = end)
        if (!is_there(h, at, &end))
            return false;
    return true;
}

uint64_t holed_next(const struct holed *h, uint64_t off)
{
    uint64_t end;

    while (off < h->end) {
        if (is_there(h, off, &end))
            return off;
        off = end;
    }
    return UINT64_MAX;
}

uint64_t holed_run_end(const struct holed *h, uint64_t off)
{
    uint64_t end;

    while (off < h->end && is_there(h, off, &end))
        off = end;
    return off;
}

bool holed_end(const struct holed *h, uint64_t *end, uint8_t digest[static 32])
{
    *end = h->end;
    if (h->end_is_known)
        memcpy(digest, h->slices[h->count - 1].digest, 32);
    return h->end_is_known;
}

bool holed_is_whole(const struct holed *h)
{
    return h->end_is_known && h->totals.lost_blocks == 0 && h->totals.missing_volumes == 0;
}

bool holed_has_more(const struct holed *h)
{
    for (size_t i = 0; i < h->count; i++) {
        const struct slice *s = &h->slices[i];

        if (s->env->params.parity == 0 && s->total != 0 && s->total < volume_size(s->in))
            return true;
    }
    return false;
}

void holed_totals(const struct holed *h, struct holed_totals *totals)
{
    *totals = h->totals;
}

/* ---- Reading ------------------------------------------------------------------------------ */

static enum seal_status fetch(struct holed *h, size_t slice, uint64_t number, struct fault *fault)
{
    if (h->has_block && h->slice == slice && h->number == number)
        return SEAL_OK;
    if (h->slice != slice)
        slice_rest(&h->slices[h->slice]);
    h->slice = slice;
    h->has_block = false;
    if (slice_fetch(&h->slices[slice], number, h->block, &h->text, &h->len, fault) != SEAL_OK)
        return fault->status;
    h->has_block = true;
    h->number = number;
    return SEAL_OK;
}

enum seal_status holed_read(struct holed *h, uint64_t off, void *out, size_t len,
                            struct fault *fault)
{
    uint8_t *to = out;

    while (len > 0) {
        const struct slice *s = slice_at(h, off);
        uint64_t end, number;
        size_t n, at;

        if (s == NULL)
            return fault_set(fault, REASON_DAMAGED, NULL);
        number = block_at(s, off, &end);
        if (fetch(h, (size_t)(s - h->slices), number, fault) != SEAL_OK)
            return fault->status;
        n = end - off < len ? (size_t)(end - off) : len;
        at = (size_t)((off - s->base + s->env->head_len) % CHUNK_LEN);
        at -= number == 0 ? s->env->head_len : 0;
        if (at > h->len || n > h->len - at)
            return fault_set(fault, REASON_DAMAGED, NULL);
        memcpy(to, h->text + at, n);
        to += n;
        off += n;
        len -= n;
    }
    return SEAL_OK;
}

/* ---- Begin and end ------------------------------------------------------------------------ */

static enum seal_status take_volumes(struct holed *h, const struct holed_volume *volumes,
                                     size_t count, struct fault *fault)
{
    h->slices = sodium_allocarray(count, sizeof *h->slices);
    h->block = malloc(BLOCK_LEN);
    if (h->slices == NULL || h->block == NULL)
        return fault_no_memory(fault);
    memset(h->slices, 0, count * sizeof *h->slices);
    h->count = count;
    for (size_t i = 0; i < count; i++) {
        h->slices[i].env = volumes[i].env;
        h->slices[i].in = volumes[i].in;
        h->slices[i].told = volumes[i].told;
        chunk_derive_key(h->slices[i].key, volumes[i].env);
        if (volume_need_file(volumes[i].in, fault) != SEAL_OK)
            return fault->status;
    }
    return SEAL_OK;
}

enum seal_status holed_new(struct holed **out, const struct holed_volume *volumes, size_t count,
                           void (*progress)(void *ctx, uint64_t bytes), void *ctx,
                           struct fault *fault)
{
    struct holed *h = calloc(1, sizeof *h);

    *out = h;
    if (h == NULL)
        return fault_no_memory(fault);
    if (take_volumes(h, volumes, count, fault) == SEAL_OK)
        find_totals(h);
    for (size_t i = 0; i < h->count && fault->status == SEAL_OK; i++)
        IGNORE_RESULT(slice_survey(&h->slices[i], h->block, progress, ctx, fault));
    if (fault->status == SEAL_OK) {
        place_slices(h);
        sum_up(h);
        return SEAL_OK;
    }
    holed_free(h);
    *out = NULL;
    return fault->status;
}

void holed_free(struct holed *h)
{
    if (h == NULL)
        return;
    for (size_t i = 0; i < h->count; i++)
        slice_end(&h->slices[i]);
    sodium_free(h->slices);
    if (h->block != NULL)
        sodium_memzero(h->block, BLOCK_LEN);
    free(h->block);
    free(h);
}
