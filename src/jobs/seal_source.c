#include "jobs/seal_source_private.h"

/* bag_observer.remark */
static void pass_remark(void *ctx, const struct bag_notice *notice)
{
    const struct seal_observer *o = ctx;

    o->event(o->ctx, &(struct seal_event){.kind = SEAL_EVENT_REMARK, .notice = notice});
}

/* bag_observer.progress */
static void pass_progress(void *ctx, uint64_t bytes)
{
    const struct seal_observer *o = ctx;

    o->work_done(o->ctx, bytes);
}

/* Folders, and nothing in them, not even something that could not be read. */
static bool is_empty(const struct bag_source *source)
{
    struct bag_totals totals;

    bag_source_totals(source, &totals);
    return totals.files == 0 && totals.remarks[BAG_LINK] == 0 && !bag_is_incomplete(&totals);
}

enum seal_status seal_source_list(struct bag_source **source, const struct seal_request *request,
                                  const struct seal_observer *observer, struct fault *fault)
{
    /* The bag hands ctx back as it is; it is only read here. */
    struct bag_observer passing = {(void *)(uintptr_t)observer, pass_remark, pass_progress};

    if (bag_source_new(source, request->paths, request->path_count, &passing, fault) != SEAL_OK)
        return fault->status;
    observer->event(observer->ctx, &(struct seal_event){.kind = SEAL_EVENT_LISTED});
    if (!request->allow_empty && is_empty(*source))
        return fault_set(fault, REASON_SOURCE_EMPTY, request->paths[0]);
    return SEAL_OK;
}
