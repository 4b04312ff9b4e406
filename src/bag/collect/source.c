/*
 * The list of what is to be sealed: remarks, totals, and its end.
 */
#include "bag/collect/source.h"

#include <errno.h>
#include <stdlib.h>

#include "bag/collect/remark_lines.h"
#include "platform/files.h"

/* Whether this program lacks something, and nothing is wrong with the source. */
static bool is_our_lack(int sys)
{
    return sys == EMFILE || sys == ENFILE || sys == ENOMEM;
}

static enum seal_status fail(const struct bag_notice *notice, struct fault *fault)
{
    const char *name = bag_payload_name(notice->path);

    errno = notice->sys;
    return fault_set_errno(fault, REASON_OPEN, name == NULL ? notice->path : name);
}

enum seal_status source_remark(struct bag_source *s, const struct bag_notice *notice,
                               struct fault *fault)
{
    if (is_our_lack(notice->sys))
        return fail(notice, fault);
    s->totals.remarks[notice->kind]++;
    if (s->observer.remark != NULL)
        s->observer.remark(s->observer.ctx, notice);
    /* Links are entries of the listing; renamed items get their comment line before their entry. */
    if (notice->kind == BAG_LINK || notice->kind == BAG_RENAMED)
        return SEAL_OK;
    return remark_line(&s->remarks, notice) == SEAL_OK ? SEAL_OK : fault_no_memory(fault);
}

enum seal_status source_remark_error(struct bag_source *s, const char *path, int sys,
                                     struct fault *fault)
{
    const struct bag_notice notice = {BAG_MISSING, path, BAG_CAUSE_SYSTEM, .sys = sys};

    return source_remark(s, &notice, fault);
}

enum seal_status source_leave_out(struct bag_source *s, struct item *item, enum bag_cause cause,
                                  int sys, struct fault *fault)
{
    const struct bag_notice notice = {BAG_MISSING, item_path(&s->table, item), cause, .sys = sys};

    item->marks |= MARK_ABSENT;
    s->totals.files--;
    s->totals.bytes -= item->size;
    source_progress(s, item->size);
    return source_remark(s, &notice, fault);
}

uint64_t source_found(const struct bag_source *s)
{
    return s->totals.files + s->totals.remarks[BAG_MISSING] + s->totals.remarks[BAG_SKIPPED];
}

void source_progress(const struct bag_source *s, uint64_t bytes)
{
    if (s->observer.progress != NULL)
        s->observer.progress(s->observer.ctx, bytes);
}

void bag_source_digest(const struct bag_source *s, uint8_t digest[static SHA256_LEN])
{
    struct sha256 hash;

    sha256_start(&hash);
    sha256_add(&hash, s->table.text.data, s->table.text.len);
    sha256_add(&hash, s->remarks.data, s->remarks.len);
    for (size_t i = 0; i < s->table.count; i++) {
        const struct item *item = &s->table.items[i];
        uint8_t numbers[20];

        store_u64(numbers, item->size);
        store_u64(numbers + 8, (uint64_t)item->sec);
        store_u32(numbers + 16, item->nsec);
        sha256_add(&hash, numbers, sizeof numbers);
    }
    sha256_end(&hash, digest);
}

void bag_source_totals(const struct bag_source *s, struct bag_totals *totals)
{
    *totals = s->totals;
    totals->remarks[BAG_DAMAGED] = s->damaged_files;
}

size_t bag_source_next_bare(const struct bag_source *s, size_t number)
{
    while (number < s->root_count && s->roots[number].has_some)
        number++;
    return number;
}

void bag_source_free(struct bag_source *s)
{
    if (s == NULL)
        return;
    if (s->open_fd >= 0)
        (void)plat_close(s->open_fd);
    free(s->open_path);
    table_free(&s->table);
    free(s->roots);
    buffer_free(&s->remarks);
    free(s);
}
