#include "intake/salvage_look.h"

static void add_lost(struct custody_piece *p, uint64_t off, uint64_t len)
{
    struct custody_range *last = p->lost_count == 0 ? NULL : &p->lost[p->lost_count - 1];

    if (last != NULL && last->off + last->len == off && !p->lost_is_cut)
        last->len += len;
    else if (p->lost_count < CUSTODY_RANGES_MAX)
        p->lost[p->lost_count++] = (struct custody_range){off, len};
    else
        p->lost_is_cut = true;
}

void salvage_note_part(struct custody_piece *piece, bool is_there, uint64_t at, uint64_t len)
{
    if (is_there)
        piece->there += len;
    else
        add_lost(piece, at, len);
}

enum seal_status salvage_each_part(struct torn *from, uint64_t off, uint64_t size,
                                   enum seal_status (*each)(void *ctx, const uint8_t *data,
                                                            uint64_t at, uint64_t len,
                                                            struct fault *fault),
                                   void *ctx, struct fault *fault)
{
    const uint64_t stretch = torn_stretch_end(from, off), end = off + size;

    for (uint64_t at = off; at < end && fault->status == SEAL_OK;) {
        const uint8_t *data = NULL;
        uint64_t n = end - at;
        size_t len = 0;

        if (stop_requested())
            return fault_set(fault, REASON_INTERRUPTED, NULL);
        if (at < stretch && torn_peek(from, at, &data, &len, fault) != SEAL_OK)
            return fault->status;
        if (at < stretch && n > stretch - at)
            n = stretch - at;
        if (len > 0 && n > len)
            n = len;
        IGNORE_RESULT(each(ctx, data, at - off, n, fault));
        at += n;
    }
    return fault->status;
}

struct looking {
    struct salvage_look *look;
    struct sha256 hash;
};

static enum seal_status look_at_part(void *ctx, const uint8_t *data, uint64_t at, uint64_t len,
                                     struct fault *fault)
{
    struct looking *l = ctx;

    (void)fault;
    salvage_note_part(&l->look->piece, data != NULL, at, len);
    if (data != NULL && l->look->piece.lost_count == 0)
        sha256_add(&l->hash, data, (size_t)len);
    return SEAL_OK;
}

enum seal_status salvage_look_at(struct torn *from, struct salvage_look *look, uint64_t off,
                                 uint64_t size, struct fault *fault)
{
    struct looking l = {.look = look};

    *look = (struct salvage_look){.piece = {.size = size}};
    sha256_start(&l.hash);
    if (salvage_each_part(from, off, size, look_at_part, &l, fault) == SEAL_OK)
        sha256_end(&l.hash, look->digest);
    return fault->status;
}
