/*
 * crew: threads that share the work of one caller. Each piece of work has a part that any of them
 * may do beside others, and one that is done in the order in which the pieces were given. So what
 * comes out does not depend on how many there are.
 */
#ifndef SEAL_PLATFORM_CREW_H
#define SEAL_PLATFORM_CREW_H

#include "base/base.h"

struct crew;

/* An order; zero to begin with. */
struct lane {
    struct task *first, *last; /* the crew's own */
    bool busy;
};

/* Lies in a structure of its owner, who finds that from here. */
struct task {
    void (*work)(struct task *t);
    /* After the work of all tasks that came before in its lane is settled; it may post to other
     * lanes and await tasks there. */
    void (*settle)(struct task *t);
    struct lane *lane; /* these are the crew's own */
    struct task *next_waiting, *next_in_lane;
    enum { TASK_DONE, TASK_WAITING, TASK_AT_WORK, TASK_WORKED } state;
};

/* So many threads with the caller's own, at least 1. Where the system gives fewer, there are fewer.
 * SEAL_NO_MEMORY. */
MUST_USE enum seal_status crew_new(struct crew **out, unsigned int threads, struct fault *fault);
/* How many they were asked to be; 1 for NULL. */
unsigned int crew_size(const struct crew *c);
/* The task must be awaited before it, its lane or the crew are gone or it is posted again. crew
 * NULL: it is done at once, by the caller. */
void crew_post(struct crew *c, struct lane *lane, struct task *t);
/* Until it is settled. The caller works meanwhile. A task that was never posted is. */
void crew_await(struct crew *c, const struct task *t);
void crew_free(struct crew *c);

#endif
