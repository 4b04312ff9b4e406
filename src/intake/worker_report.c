#include "intake/worker_report.h"

#define PROGRESS_INTERVAL ((uint64_t)1024 * 1024) /* bytes */

/* Most failures here are ignored: the program is gone then, and the next PROGRESS or DONE, which
 * cannot be sent either, ends the worker. */

void report_progress(void *ctx, uint64_t bytes)
{
    struct worker_report *r = ctx;
    struct fault ignored = {.status = SEAL_OK};

    r->unreported += bytes;
    if (r->unreported < PROGRESS_INTERVAL)
        return;
    bytes = r->unreported;
    r->unreported = 0;
    if (message_write_progress(r->channel, bytes, &ignored) != SEAL_OK ||
        channel_flush(r->channel, &ignored) != SEAL_OK)
        stop_request();
}

enum seal_status report_item(void *ctx, const struct bag_item *item, struct fault *fault)
{
    struct worker_report *r = ctx;

    return message_write_item(r->channel, item, fault);
}

void report_extracted(void *ctx, const struct bag_item *item, const char *on_disk)
{
    struct worker_report *r = ctx;
    struct fault ignored = {.status = SEAL_OK};

    IGNORE_RESULT(message_write_extracted(r->channel, item, on_disk, &ignored));
}

void report_change(void *ctx, enum bag_change kind, const char *path, const char *detail)
{
    struct worker_report *r = ctx;
    struct fault ignored = {.status = SEAL_OK};

    IGNORE_RESULT(message_write_change(r->channel, kind, path, detail, &ignored));
}

void report_note(void *ctx, const char *path, const char *note)
{
    struct worker_report *r = ctx;
    struct fault ignored = {.status = SEAL_OK};

    IGNORE_RESULT(message_write_note(r->channel, path, note, &ignored));
}
