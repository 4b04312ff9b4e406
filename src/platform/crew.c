/*
 * The thread pool, with POSIX threads, which mingw-w64 has as well.
 *
 * One lock guards everything. A task waits in two lists: in the queue of the crew until a thread
 * takes it, and in its lane until it is settled.
 */
#include "platform/crew.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "platform/threads.h"

struct crew {
    pthread_mutex_t lock; /* of all members below, and of the private members of tasks and lanes */
    pthread_cond_t changed;
    clockid_t clock;           /* that waiting for changed goes by */
    struct task *first, **end; /* the queue; end is the link behind its last task */
    bool is_over;
    unsigned int size, helper_count; /* helpers are the threads but for the caller's */
    unsigned int begun;              /* helpers that are running */
    struct thread_id *ids;           /* of those that have ever begun: */
    unsigned int id_count;
    pthread_t helpers[];
};

/* ---- Work --------------------------------------------------------------------------------- */

/* Settles the tasks at the head of the lane whose work is done. Only one thread at a time does
 * that. Another that comes meanwhile returns at once: the first will also settle its task. */
static void settle_lane(struct crew *c, struct lane *lane)
{
    if (lane->busy)
        return;
    lane->busy = true;
    while (lane->first != NULL && lane->first->state == TASK_WORKED) {
        struct task *t = lane->first;

        (void)pthread_mutex_unlock(&c->lock);
        if (t->settle != NULL)
            t->settle(t);
        (void)pthread_mutex_lock(&c->lock);
        lane->first = t->next_in_lane;
        t->state = TASK_DONE;
        (void)pthread_cond_broadcast(&c->changed);
    }
    lane->busy = false;
}

/* Takes the task that *link points to out of the queue and does its work. */
static void work_on(struct crew *c, struct task **link)
{
    struct task *t = *link;

    *link = t->next_waiting;
    if (*link == NULL)
        c->end = link;
    t->state = TASK_AT_WORK;
    (void)pthread_mutex_unlock(&c->lock);
    t->work(t);
    (void)pthread_mutex_lock(&c->lock);
    t->state = TASK_WORKED;
    settle_lane(c, t->lane);
}

/* The task that has waited longest. */
static void work_once(struct crew *c)
{
    work_on(c, &c->first);
}

/* A task of this lane if there is one, else the one that has waited longest; NULL if there is none
 * for a thread that waits. Such a thread must not start a long task of another kind: it is often
 * the one that posts new work, and the others would run out of it. */
static struct task **find_for(struct crew *c, const struct lane *lane)
{
    struct task **oldest = NULL;

    for (struct task **link = &c->first; *link != NULL; link = &(*link)->next_waiting) {
        if ((*link)->may_wait)
            continue;
        if ((*link)->lane == lane)
            return link;
        if (oldest == NULL)
            oldest = link;
    }
    return oldest;
}

static void *help(void *arg)
{
    struct crew *c = arg;

    (void)pthread_mutex_lock(&c->lock);
    c->ids[c->id_count++] = thread_own_id();
    c->begun++;
    (void)pthread_cond_broadcast(&c->changed);
    while (!c->is_over) {
        if (c->first != NULL)
            work_once(c);
        else
            (void)pthread_cond_wait(&c->changed, &c->lock);
    }
    c->begun--;
    (void)pthread_cond_broadcast(&c->changed);
    (void)pthread_mutex_unlock(&c->lock);
    return NULL;
}

void crew_post(struct crew *c, struct lane *lane, struct task *t)
{
    if (c == NULL) {
        t->work(t);
        if (t->settle != NULL)
            t->settle(t);
        return;
    }
    (void)pthread_mutex_lock(&c->lock);
    t->lane = lane;
    t->next_waiting = t->next_in_lane = NULL;
    t->state = TASK_WAITING;
    if (lane->first == NULL)
        lane->first = t;
    else
        lane->last->next_in_lane = t;
    lane->last = t;
    *c->end = t;
    c->end = &t->next_waiting;
    if (c->helper_count == 0)
        while (c->first != NULL)
            work_once(c);
    (void)pthread_cond_broadcast(&c->changed);
    (void)pthread_mutex_unlock(&c->lock);
}

/* ---- Waiting ------------------------------------------------------------------------------ */

/* A helper may hang writing to a pipe that nobody reads, and only the caller's thread gets the
 * signal that asks to stop. */
static void interrupt_helpers(const struct crew *c)
{
    for (unsigned int i = 0; i < c->id_count; i++)
        thread_interrupt_id(c->ids[i]);
}

/* Waits with a timeout: glibc before 2.41 may lose a wake-up (its bug 25847). The calling thread
 * then looks again and does the work itself. */
static void wait_a_little(struct crew *c)
{
    struct timespec until;

    (void)clock_gettime(c->clock, &until);
    until.tv_nsec += 100000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    (void)pthread_cond_timedwait(&c->changed, &c->lock, &until);
    if (stop_requested())
        interrupt_helpers(c);
}

static void await(struct crew *c, const struct task *t, bool interrupts)
{
    if (c == NULL)
        return;
    (void)pthread_mutex_lock(&c->lock);
    while (t->state != TASK_DONE) {
        struct task **link = find_for(c, t->lane);

        if (interrupts)
            interrupt_helpers(c);
        if (link != NULL)
            work_on(c, link);
        else
            wait_a_little(c);
    }
    (void)pthread_mutex_unlock(&c->lock);
}

void crew_await(struct crew *c, const struct task *t)
{
    await(c, t, false);
}

void crew_await_end(struct crew *c, const struct task *t)
{
    await(c, t, true);
}

void crew_take(struct crew *c, bool *is_taken)
{
    if (c == NULL)
        return;
    (void)pthread_mutex_lock(&c->lock);
    while (*is_taken)
        wait_a_little(c);
    *is_taken = true;
    (void)pthread_mutex_unlock(&c->lock);
}

void crew_give(struct crew *c, bool *is_taken)
{
    if (c == NULL)
        return;
    (void)pthread_mutex_lock(&c->lock);
    *is_taken = false;
    (void)pthread_cond_broadcast(&c->changed);
    (void)pthread_mutex_unlock(&c->lock);
}

/* ---- Starting and ending ------------------------------------------------------------------ */

unsigned int crew_size(const struct crew *c)
{
    return c == NULL ? 1 : c->size;
}

static void start_helpers(struct crew *c)
{
    struct signal_mask before;

    signals_block(&before);
    while (c->helper_count + 1 < c->size &&
           thread_start(&c->helpers[c->helper_count], help, c) == 0)
        c->helper_count++;
    signals_restore(&before);
    /* A starting thread makes system calls that the cage, which may be entered next, forbids. */
    (void)pthread_mutex_lock(&c->lock);
    while (c->begun < c->helper_count)
        wait_a_little(c);
    (void)pthread_mutex_unlock(&c->lock);
}

enum seal_status crew_new(struct crew **out, unsigned int threads, struct fault *fault)
{
    struct crew *c = calloc(1, sizeof *c + threads * sizeof c->helpers[0]);

    *out = c;
    if (c != NULL)
        c->ids = calloc(threads, sizeof *c->ids);
    if (c == NULL || c->ids == NULL) {
        free(c);
        *out = NULL;
        return fault_no_memory(fault);
    }
    c->size = threads;
    c->end = &c->first;
    (void)pthread_mutex_init(&c->lock, NULL);
    c->clock = condition_init(&c->changed);
    if (threads > 1)
        start_helpers(c);
    return SEAL_OK;
}

struct crew *crew_try_new(unsigned int threads)
{
    struct fault ignored = {.status = SEAL_OK};
    struct crew *c = NULL;

    if (threads > 1)
        IGNORE_RESULT(crew_new(&c, threads, &ignored)); /* then c is NULL */
    return c;
}

void crew_free(struct crew *c)
{
    if (c == NULL)
        return;
    (void)pthread_mutex_lock(&c->lock);
    c->is_over = true;
    (void)pthread_cond_broadcast(&c->changed);
    while (c->begun > 0) {
        wait_a_little(c);
        (void)pthread_cond_broadcast(&c->changed);
    }
    (void)pthread_mutex_unlock(&c->lock);
    for (unsigned int i = 0; i < c->helper_count; i++)
        (void)pthread_join(c->helpers[i], NULL);
    (void)pthread_cond_destroy(&c->changed);
    (void)pthread_mutex_destroy(&c->lock);
    free(c->ids);
    free(c);
}
