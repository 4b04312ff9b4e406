/*
 * What a worker reports while it works; private to this room. The functions fit the observers of
 * the rooms that do the work; ctx is a struct worker_report.
 */
#ifndef SEAL_INTAKE_WORKER_REPORT_H
#define SEAL_INTAKE_WORKER_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "intake/messages.h"

struct worker_report {
    struct channel *channel;
    uint64_t unreported; /* bytes that were read since the last PROGRESS */
};

/* Sends PROGRESS once for every MiB. If the program is gone, the worker stops. */
void report_progress(void *ctx, uint64_t bytes);
MUST_USE enum seal_status report_item(void *ctx, const struct bag_item *item, struct fault *fault);
void report_extracted(void *ctx, const struct bag_item *item, const char *on_disk);
void report_change(void *ctx, const struct bag_difference *difference);
MUST_USE enum seal_status report_salvaged(void *ctx, const struct custody_piece *piece,
                                          struct fault *fault);
void report_note(void *ctx, enum bag_note note, const char *path);

#endif
