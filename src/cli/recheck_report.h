/*
 * recheck_report: what unseal says with --recheck. Each difference is a result, a line on standard
 * output.
 */
#ifndef SEAL_RECHECK_REPORT_H
#define SEAL_RECHECK_REPORT_H

#include "cli/ui/message.h"
#include "jobs/recheck_job.h"

struct recheck_listener recheck_report_listener(void);
/* What the check of that bag came to. */
enum exit_code recheck_report_end(const char *bag, const struct recheck_result *result);

#endif
