/*
 * The entries of a torn tar.
 *
 * Evidence can have a tar in it that was stored as it is, so a header that is looked for counts
 * only if what is behind it goes on as a tar does, entry after entry, up to the next hole, or the
 * end.
 */
#include <string.h>

#include "archive/tar.h"
#include "archive/torn_private.h"
#include "platform/process.h"

/* ---- One entry ---------------------------------------------------------------------------- */

/* What stands at a place. */
struct met {
    enum { MET_ENTRY, MET_HOLE, MET_END, MET_ELSE } kind;
    struct tar_entry entry;
    uint64_t data_off;
    uint64_t next; /* where the next entry begins */
};

/* A broken rule is no fault here. */
static enum seal_status judge(struct met *m, struct fault *met, struct fault *fault)
{
    if (met->status == SEAL_HOSTILE) {
        m->kind = MET_ELSE;
        return SEAL_OK;
    }
    *fault = *met;
    return fault->status;
}

static enum seal_status read_header(struct torn *t, uint64_t off, struct ustar_header *h,
                                    struct met *m, struct fault *fault)
{
    bool there;

    m->kind = MET_HOLE;
    if (off + sizeof *h > torn_stretch_end(t, off) ||
        torn_copy(t, off, h, sizeof *h, &there, fault) != SEAL_OK || !there)
        return fault->status;
    m->kind = bytes_are_zero(h, sizeof *h) ? MET_END : ustar_is_valid(h) ? MET_ENTRY : MET_ELSE;
    return SEAL_OK;
}

/* The records behind an x header. */
static enum seal_status read_pax(struct torn *t, const struct ustar_header *h, struct met *m,
                                 struct pax_values *values, struct fault *fault)
{
    struct fault broken = {.status = SEAL_OK};
    uint64_t size;
    size_t whole;
    bool there;

    m->kind = MET_ELSE;
    if (!USTAR_READ(&size, h->size) || size > PAX_LEN_MAX)
        return SEAL_OK;
    whole = (size_t)size + tar_padding_len(size);
    t->pax.len = 0;
    if (buffer_reserve(&t->pax, whole + 1) != SEAL_OK)
        return fault_no_memory(fault);
    if (torn_copy(t, m->data_off, t->pax.data, whole, &there, fault) != SEAL_OK)
        return fault->status;
    m->kind = there ? MET_ENTRY : MET_HOLE;
    m->data_off += whole;
    if (!there)
        return SEAL_OK;
    if (!bytes_are_zero(t->pax.data + size, whole - (size_t)size))
        m->kind = MET_ELSE;
    t->pax.len = (size_t)size;
    IGNORE_RESULT(pax_read(values, (const char *)t->pax.data, t->pax.len, &broken));
    return judge(m, &broken, fault);
}

static enum seal_status meet(struct torn *t, uint64_t off, struct met *m, struct fault *fault)
{
    struct pax_values pax = {.path = &t->path};
    struct fault broken = {.status = SEAL_OK};
    struct ustar_header h;

    t->pax.len = 0;
    m->data_off = off + TAR_BLOCK_LEN;
    if (read_header(t, off, &h, m, fault) != SEAL_OK || m->kind != MET_ENTRY)
        return fault->status;
    if (h.type == TAR_TYPE_PAX) {
        if (read_pax(t, &h, m, &pax, fault) != SEAL_OK || m->kind != MET_ENTRY ||
            read_header(t, m->data_off, &h, m, fault) != SEAL_OK)
            return fault->status;
        m->data_off += TAR_BLOCK_LEN;
        m->kind = m->kind == MET_END ? MET_ELSE : m->kind;
    }
    if (m->kind != MET_ENTRY)
        return SEAL_OK;
    IGNORE_RESULT(tar_entry_take(&m->entry, &h, &pax, &broken));
    m->entry.pax_len = t->pax.len;
    if (broken.status == SEAL_OK && m->entry.size > UINT64_MAX / 2 - m->data_off)
        m->kind = MET_ELSE;
    m->next = m->data_off + m->entry.size + tar_padding_len(m->entry.size);
    return judge(m, &broken, fault);
}

/* ---- Looking for a header ----------------------------------------------------------------- */

/* Behind the end of a tar are zeros, up to a full record. */
#define END_MOST 10240

static enum seal_status check_end(struct torn *t, uint64_t off, bool *is_good, struct fault *fault)
{
    const uint64_t end = torn_stretch_end(t, off);

    *is_good = end - off <= END_MOST;
    while (off < end && *is_good) {
        const uint8_t *data;
        size_t len;

        if (torn_peek(t, off, &data, &len, fault) != SEAL_OK)
            return fault->status;
        if (len > end - off)
            len = (size_t)(end - off);
        *is_good = data == NULL || bytes_are_zero(data, len);
        off += len;
    }
    return SEAL_OK;
}

/* Only this is where an entry may lie. */
static bool is_bag_path(const struct tar_entry *e)
{
    static const char *const tags[] = {"manifest-sha256.txt", "metadata.mtree", "bag-info.txt",
                                       "bagit.txt", "tagmanifest-sha256.txt"};

    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        if (strcmp(e->path, tags[i]) == 0)
            return !e->is_dir;
    return strncmp(e->path, "data/", 5) == 0 || (e->is_dir && strcmp(e->path, "data") == 0);
}

/* Whether an entry is there, and entry follows entry. *end: as far as they do. */
static enum seal_status try_chain(struct torn *t, uint64_t off, uint64_t *end, bool *is_good,
                                  struct fault *fault)
{
    struct met m = {.kind = MET_ENTRY};
    bool has_hole = false;

    *is_good = true;
    for (*end = off; *is_good && !has_hole && m.kind == MET_ENTRY;) {
        if (stop_requested())
            return fault_set(fault, REASON_INTERRUPTED, NULL);
        if (meet(t, *end, &m, fault) != SEAL_OK)
            return fault->status;
        if (m.kind == MET_END && check_end(t, *end, is_good, fault) != SEAL_OK)
            return fault->status;
        if (m.kind == MET_ENTRY) {
            *is_good = is_bag_path(&m.entry);
            if (torn_has_hole(t, *end, m.next, &has_hole, fault) != SEAL_OK)
                return fault->status;
        } else if (m.kind == MET_ELSE || *end == off) {
            *is_good = false;
        }
        if (*is_good && m.kind == MET_ENTRY)
            *end = m.next;
    }
    return SEAL_OK;
}

/* Whether these are pax records, or may be: "LENGTH KEYWORD=VALUE\n". */
static bool may_be_records(const uint8_t *block)
{
    size_t len = TAR_BLOCK_LEN;

    while (len > 0 && block[len - 1] == 0)
        len--;
    return len > 0 && block[len - 1] == '\n' && memchr(block, '=', len) != NULL;
}

/* A header that has no x header in front of it may have lost it in a hole, and its right name with
 * it. What stands there tells, if it is there. */
static enum seal_status may_begin(struct torn *t, uint64_t off, uint64_t stretch, bool *may,
                                  struct fault *fault)
{
    uint8_t block[TAR_BLOCK_LEN];
    struct ustar_header h;
    bool there;

    *may = false;
    if (torn_copy(t, off, &h, sizeof h, &there, fault) != SEAL_OK || !there || !ustar_is_valid(&h))
        return fault->status;
    *may = h.type == TAR_TYPE_PAX || off == 0;
    if (*may || off < stretch + sizeof block)
        return SEAL_OK;
    if (torn_copy(t, off - sizeof block, block, sizeof block, &there, fault) == SEAL_OK)
        *may = there && !may_be_records(block);
    return fault->status;
}

/* Tries a place. *next: where to look next, or UINT64_MAX if this is one. What lies within entries
 * that lead nowhere is not tried: they would be gone over again and again. */
static enum seal_status try_place(struct torn *t, uint64_t off, uint64_t stretch, uint64_t *next,
                                  struct fault *fault)
{
    const uint64_t before = t->work;
    uint64_t looked;
    bool is_good;

    *next = off + TAR_BLOCK_LEN;
    if (may_begin(t, off, stretch, &is_good, fault) != SEAL_OK)
        return fault->status;
    if (!is_good) {
        (void)torn_spend(t, TAR_BLOCK_LEN);
        return SEAL_OK;
    }
    if (try_chain(t, off, &looked, &is_good, fault) != SEAL_OK)
        return fault->status;
    if (is_good)
        *next = UINT64_MAX;
    else if (looked > *next)
        *next = looked;
    if (!is_good)
        (void)torn_spend(t, looked - off + TAR_BLOCK_LEN + t->work - before);
    return SEAL_OK;
}

/* The first header from off on, in this stretch, that others follow; UINT64_MAX: none. */
static enum seal_status search(struct torn *t, uint64_t off, uint64_t *found, struct fault *fault)
{
    const uint64_t end = torn_stretch_end(t, off), stretch = off;

    for (*found = UINT64_MAX; off + TAR_BLOCK_LEN <= end && !t->facts.gave_up;) {
        const uint8_t *data;
        uint64_t next;
        size_t len;

        if (stop_requested())
            return fault_set(fault, REASON_INTERRUPTED, NULL);
        if (torn_peek(t, off, &data, &len, fault) != SEAL_OK)
            return fault->status;
        next = off + (len < TAR_BLOCK_LEN ? TAR_BLOCK_LEN : len / TAR_BLOCK_LEN * TAR_BLOCK_LEN);
        if (data != NULL && try_place(t, off, stretch, &next, fault) != SEAL_OK)
            return fault->status;
        if (next == UINT64_MAX) {
            *found = off;
            return SEAL_OK;
        }
        off = next;
    }
    return SEAL_OK;
}

/* ---- All entries -------------------------------------------------------------------------- */

/* Each entry lies where the table says, or nowhere. */
static enum seal_status walk_by_offsets(struct torn *t, const struct torn_listener *l,
                                        struct fault *fault)
{
    for (size_t i = 0; i < t->entry_count; i++) {
        const bool is_last = i + 1 == t->entry_count;
        const uint64_t off = t->offsets[i], end = is_last ? t->plain_len : t->offsets[i + 1];
        struct met m;

        if (stop_requested())
            return fault_set(fault, REASON_INTERRUPTED, NULL);
        if (meet(t, off, &m, fault) != SEAL_OK)
            return fault->status;
        if (m.kind == MET_ENTRY && is_bag_path(&m.entry) &&
            (is_last ? m.next <= end : m.next == end))
            IGNORE_RESULT(l->entry(l->ctx, &m.entry, m.data_off, true, fault));
        else
            IGNORE_RESULT(
                l->stray(l->ctx, m.kind == MET_HOLE ? i : TORN_NO_NUMBER, off, end, fault));
        if (fault->status != SEAL_OK)
            return fault->status;
    }
    return SEAL_OK;
}

/* Entry after entry, as long as headers are there. *off: where there is none. */
static enum seal_status walk_chain(struct torn *t, const struct torn_listener *l, uint64_t *off,
                                   uint64_t end, bool is_certain, bool *ended, struct fault *fault)
{
    *ended = false;
    while (*off < end) {
        struct met m;

        if (stop_requested())
            return fault_set(fault, REASON_INTERRUPTED, NULL);
        if (meet(t, *off, &m, fault) != SEAL_OK)
            return fault->status;
        *ended = m.kind == MET_END;
        if (m.kind != MET_ENTRY || !is_bag_path(&m.entry))
            return SEAL_OK;
        if (l->entry(l->ctx, &m.entry, m.data_off, is_certain, fault) != SEAL_OK)
            return fault->status;
        *off = m.next;
    }
    return SEAL_OK;
}

/* is_begin: the tar begins there, else a header has to be looked for. */
static enum seal_status walk_stretch(struct torn *t, const struct torn_listener *l, uint64_t off,
                                     uint64_t end, bool is_begin, struct fault *fault)
{
    uint64_t next = off;
    bool ended = false;

    while (off < end && !ended) {
        if (!is_begin && search(t, off, &next, fault) != SEAL_OK)
            return fault->status;
        next = next < end ? next : end;
        if (next > off && l->stray(l->ctx, TORN_NO_NUMBER, off, next, fault) != SEAL_OK)
            return fault->status;
        off = next;
        if (walk_chain(t, l, &off, end, is_begin, &ended, fault) != SEAL_OK)
            return fault->status;
        is_begin = false;
    }
    return SEAL_OK;
}

enum seal_status torn_walk(struct torn *t, const struct torn_listener *l, struct fault *fault)
{
    if (t->offsets != NULL)
        return walk_by_offsets(t, l, fault);
    for (size_t i = 0; i < t->count && fault->status == SEAL_OK; i++) {
        const struct torn_frame *f = &t->frames[i];

        if (f->begins_stretch)
            IGNORE_RESULT(
                walk_stretch(t, l, f->plain_off, f->stretch_end, f->packed_off == 0, fault));
    }
    return fault->status;
}
