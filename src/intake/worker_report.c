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

enum seal_status report_salvaged(void *ctx, const struct custody_piece *piece, struct fault *fault)
{
    struct worker_report *r = ctx;

    return message_write_salvaged(r->channel, piece, fault);
}

void report_extracted(void *ctx, const struct bag_item *item, const char *on_disk)
{
    struct worker_report *r = ctx;
    struct fault ignored = {.status = SEAL_OK};

    IGNORE_RESULT(message_write_extracted(r->channel, item, on_disk, &ignored));
}

void report_change(void *ctx, const struct bag_difference *difference)
{
    struct worker_report *r = ctx;
    struct fault ignored = {.status = SEAL_OK};

    IGNORE_RESULT(message_write_change(r->channel, difference, &ignored));
}

void report_note(void *ctx, enum bag_note note, const char *path)
{
    struct worker_report *r = ctx;
    struct fault ignored = {.status = SEAL_OK};

    IGNORE_RESULT(message_write_note(r->channel, note, path, &ignored));
}
