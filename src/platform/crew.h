/*
 * A crew: a pool of threads that does jobs in parallel and finishes them in order.
 *
 * A job is a struct task with two functions. work does the expensive part (compress, hash, encrypt)
 * on any thread, at the same time as other tasks. settle takes the result (writes it out, adds it
 * up); settle of one task runs only after settle of all tasks that were posted to the same lane
 * before it. A lane is thus an ordered queue of results, and the output is the same for any number
 * of threads.
 *
 * Typical use: a ring of tasks; to reuse the oldest, crew_await it, fill it, crew_post it.
 *
 * Where a function takes a crew, it may be NULL: then every task is done at once by the calling
 * thread.
 */
#ifndef SEAL_PLATFORM_CREW_H
#define SEAL_PLATFORM_CREW_H

#include "base/status.h"

struct crew;

/* All zero is an empty lane. */
struct lane {
    struct task *first, *last; /* private to crew.c */
    bool busy;
};

/* Lies in a larger structure of the caller's, which work and settle reach from t. */
struct task {
    void (*work)(struct task *t);
    /* Runs on any thread, but for one task of a lane at a time. It may post tasks to other lanes
     * and await them. NULL: nothing to do. */
    void (*settle)(struct task *t);
    /* It may take as long as somebody else likes. Threads that await another task leave it alone,
     * so that helpers do it, if there are any. (The same for all tasks of a lane.) */
    bool may_wait;
    struct lane *lane; /* from here on private to crew.c */
    struct task *next_waiting, *next_in_lane;
    enum { TASK_DONE, TASK_WAITING, TASK_AT_WORK, TASK_WORKED } state;
};

/* threads counts the calling thread, so it is at least 1. All have started when it returns; if the
 * system grants fewer threads, there are fewer. SEAL_NO_MEMORY. */
MUST_USE enum seal_status crew_new(struct crew **out, unsigned int threads, struct fault *fault);
/* The same for callers that can do without: NULL if threads is 1 or memory is short. */
struct crew *crew_try_new(unsigned int threads);
/* The number given to crew_new; 1 for NULL. */
unsigned int crew_size(const struct crew *c);
/* Queues a task. Before the task is posted again, or it, its lane or the crew is freed, it must be
 * awaited. */
void crew_post(struct crew *c, struct lane *lane, struct task *t);
/* Returns when the task is settled; meanwhile the calling thread works on queued tasks. Returns at
 * once if the task was never posted. */
void crew_await(struct crew *c, const struct task *t);
/* The same for a task that nobody needs any more: until then, calls in which helpers wait fail with
 * EINTR now and then. */
void crew_await_end(struct crew *c, const struct task *t);
/* Between these two no other thread has it. What *is_taken stands for should be short work. */
void crew_take(struct crew *c, bool *is_taken);
void crew_give(struct crew *c, bool *is_taken);
void crew_free(struct crew *c);

#endif
