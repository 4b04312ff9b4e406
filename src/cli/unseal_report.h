/*
 * unseal_report: what unseal says while a job runs, and of each drop. What goes to standard output
 * is a result; all else goes to standard error.
 */
#ifndef SEAL_UNSEAL_REPORT_H
#define SEAL_UNSEAL_REPORT_H

#include "cli/ui/message.h"
#include "cli/ui/progress.h"
#include "jobs/unseal_job.h"

struct unseal_report {
    const char *passphrase_fd; /* number of a descriptor; NULL: passphrases are asked for */
    struct progress progress;
    struct waiting waiting;
    bool told_sandbox; /* what it lacks is told once */
    bool told_exposed;
    enum exit_code code; /* the worst of all drops so far */
};

/* Begins a report; the observer's ctx is the report, which must outlive it. */
struct receive_observer unseal_report_start(struct unseal_report *r, const char *passphrase_fd);
/* Reports each drop, and keeps the worst exit code. */
struct unseal_listener unseal_report_drops(struct unseal_report *r);
/* The table of several drops at the end; of one drop there is none. */
void unseal_report_table(const struct unseal_result *result);

/* Of two exit codes the one that has to be looked into first. */
enum exit_code exit_code_worse(enum exit_code a, enum exit_code b);

/* Says which times of what was written this file system does not have as they were sealed. */
void show_times(const uint64_t times[static BAG_TIME_KINDS]);

#endif
