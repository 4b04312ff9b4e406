/*
 * What a worker does for each task; private to this room. Runs in the cage.
 */
#ifndef SEAL_INTAKE_WORKER_TASKS_H
#define SEAL_INTAKE_WORKER_TASKS_H

#include "intake/worker_job.h"
#include "intake/worker_report.h"

/* Does the task of the job and fills in the result, also partly on failure. output: the descriptor
 * of intake_job.output, or -1. crew may be NULL. Fails as intake_run. */
MUST_USE enum seal_status worker_run_task(struct intake_result *result,
                                          const struct worker_job *job, int output,
                                          struct crew *crew, struct worker_report *report,
                                          struct fault *fault);

#endif
