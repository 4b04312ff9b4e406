#include "jobs/receive_relay_private.h"

#include <stdlib.h>
#include <string.h>

void relay_progress(void *relay, uint64_t bytes)
{
    const struct receive_relay *r = relay;

    r->observer->work_done(r->observer->ctx, bytes);
}

void relay_uncaged(void *relay, unsigned int missing)
{
    const struct receive_relay *r = relay;

    r->observer->event(r->observer->ctx,
                       &(struct receive_event){.kind = RECEIVE_SANDBOX_LACKS, .number = missing});
}

void tell_name(const struct receive_observer *observer, enum receive_event_kind kind,
               const char *name)
{
    observer->event(observer->ctx, &(struct receive_event){.kind = kind, .name = name});
}

void tell_exposed(const struct receive_observer *observer, int parent, const char *path)
{
    char *folder = NULL;
    const char *name;

    if ((plat_others_may_rename(parent) || plat_others_may_move(parent)) &&
        path_split(path, &folder, &name))
        tell_name(observer, RECEIVE_OTHERS_MAY_RENAME, folder);
    free(folder);
}

struct awaited {
    const struct receive_observer *observer;
    const char *log;
};

static void tell_awaited(void *ctx)
{
    const struct awaited *a = ctx;

    tell_name(a->observer, RECEIVE_LOG_AWAITED, a->log);
}

enum seal_status log_open(struct custody_log **out, const char *path,
                          const struct receive_observer *observer, struct fault *fault)
{
    struct awaited awaited = {observer, path};

    return custody_log_open(out, path, tell_awaited, &awaited, fault);
}

void clear_leftovers_of(const char *path, const struct receive_observer *observer)
{
    if (strcmp(path, "-") != 0)
        leftovers_remove(path, NULL, observer->leftover);
}
