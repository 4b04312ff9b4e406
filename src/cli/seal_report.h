/*
 * seal_report: what seal says while it works, and at the end.
 */
#ifndef SEAL_SEAL_REPORT_H
#define SEAL_SEAL_REPORT_H

#include "cli/seal_remarks.h"
#include "cli/ui/progress.h"
#include "jobs/dry_run.h"
#include "jobs/seal_job.h"

struct seal_report {
    struct seal_remarks remarks;
    struct progress progress;
    struct waiting waiting;
};

/* Begins a report; the observer's ctx is the report, which must outlive it. */
struct seal_observer seal_report_start(struct seal_report *report, bool verbose);
/* Results, to standard output; to standard error where the sealed file went to standard output. */
void seal_report_result(const struct seal_report *report, const struct seal_request *request,
                        const struct seal_result *result);
/* After a failure: the volumes that stay on media that were taken out. */
void seal_report_left_behind(const struct seal_result *result);
void seal_report_dry_run(const struct seal_report *report, const struct seal_request *request,
                         const struct dry_run_result *result);

#endif
