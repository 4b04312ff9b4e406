/*
 * The list of what is to be sealed: remarks, totals, and its end.
 */
#include "bag/collect/source.h"

#include <stdlib.h>

#include "bag/mtree.h"
#include "platform/files.h"

enum seal_status source_remark_twice(struct bag_source *s, enum bag_remark kind, const char *path,
                                     const char *told, const char *recorded, struct fault *fault)
{
    s->totals.remarks[kind]++;
    if (s->observer.remark != NULL)
        s->observer.remark(s->observer.ctx, kind, path, told);
    /* Links are entries of the listing; renamed items get their comment line before their entry. */
    if (kind == BAG_LINK || kind == BAG_RENAMED)
        return SEAL_OK;
    if (mtree_remark(&s->remarks, kind, path, recorded) != SEAL_OK)
        return fault_no_memory(fault);
    return SEAL_OK;
}

enum seal_status source_remark(struct bag_source *s, enum bag_remark kind, const char *path,
                               const char *detail, struct fault *fault)
{
    return source_remark_twice(s, kind, path, detail, detail, fault);
}

enum seal_status source_leave_out(struct bag_source *s, struct item *item, const char *why,
                                  struct fault *fault)
{
    item->marks |= MARK_ABSENT;
    s->totals.files--;
    s->totals.bytes -= item->size;
    source_progress(s, item->size);
    return source_remark(s, BAG_MISSING, item_path(&s->table, item), why, fault);
}

void source_progress(const struct bag_source *s, uint64_t bytes)
{
    if (s->observer.progress != NULL)
        s->observer.progress(s->observer.ctx, bytes);
}

void bag_source_totals(const struct bag_source *s, struct bag_totals *totals)
{
    *totals = s->totals;
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
