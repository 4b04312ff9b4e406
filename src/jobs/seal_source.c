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

enum seal_status seal_source_check(const struct bag_source *source,
                                   const struct seal_request *request, struct fault *fault)
{
    struct bag_totals totals;

    bag_source_totals(source, &totals);
    if (request->allow_empty || totals.files > totals.unread)
        return SEAL_OK;
    if (totals.remarks[BAG_MISSING] > 0 || totals.unread > 0)
        return fault_set(fault, REASON_SOURCE_UNREAD, request->paths[0]);
    /* A special file is something that was there, and is on record. */
    if (bag_is_incomplete(&totals))
        return SEAL_OK;
    return fault_set(fault,
                     totals.remarks[BAG_LINK] > 0 ? REASON_SOURCE_ONLY_LINKS : REASON_SOURCE_EMPTY,
                     request->paths[0]);
}

/* Beside others that have files: a medium that is not mounted leaves an empty folder. */
static void name_bare_paths(const struct bag_source *source, const struct seal_request *request,
                            const struct seal_observer *observer)
{
    size_t i = bag_source_next_bare(source, 0);

    for (; i < request->path_count; i = bag_source_next_bare(source, i + 1))
        observer->event(observer->ctx, &(struct seal_event){.kind = SEAL_EVENT_PATH_BARE,
                                                            .name = request->paths[i]});
}

enum seal_status seal_source_list(struct bag_source **source, const struct seal_request *request,
                                  const struct seal_observer *observer, struct fault *fault)
{
    /* The bag hands ctx back as it is; it is only read here. */
    struct bag_observer passing = {(void *)(uintptr_t)observer, pass_remark, pass_progress};

    if (bag_source_new(source, request->paths, request->path_count, &passing, fault) != SEAL_OK)
        return fault->status;
    observer->event(observer->ctx, &(struct seal_event){.kind = SEAL_EVENT_LISTED});
    if (seal_source_check(*source, request, fault) != SEAL_OK)
        return fault->status;
    if (!request->allow_empty)
        name_bare_paths(*source, request, observer);
    return SEAL_OK;
}
