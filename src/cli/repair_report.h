/*
 * repair_report: what unseal says of damage that does not matter, since there are repair data; and
 * of copies without it.
 */
#ifndef SEAL_REPAIR_REPORT_H
#define SEAL_REPAIR_REPORT_H

#include "cli/ui/message.h"
#include "jobs/mend_job.h"

/* Warns of each file of a set that was read whole. */
void show_repair(const struct set *set);

/* Reports a copy that was made. */
enum exit_code mend_report(const struct mend_result *result, const char *copy);

#endif
