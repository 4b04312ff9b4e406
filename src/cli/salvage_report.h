/*
 * salvage_report: what unseal --salvage says. Results go to standard output, what they mean to
 * standard error.
 */
#ifndef SEAL_SALVAGE_REPORT_H
#define SEAL_SALVAGE_REPORT_H

#include "cli/ui/message.h"
#include "jobs/unseal_job.h"

/* What has to be done before anything is read: to be said first. */
void salvage_report_first(void);
/* Of a drop of which something came out. */
enum exit_code salvage_report_drop(const struct drop *d);

/* Of what would come out. */
void salvage_report_list(const struct custody_salvage_counts *c);

#endif
