/*
 * A side thread, with POSIX threads, which mingw-w64 has as well.
 */
#include "platform/side_thread.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "platform/threads.h"

struct side_thread {
    pthread_t thread;
    pthread_mutex_t lock; /* of is_over */
    pthread_cond_t over;
    clockid_t clock; /* that waiting for over goes by */
    bool is_over;
    void (*run)(void *ctx);
    void *ctx;
};

static void *run(void *arg)
{
    struct side_thread *t = arg;

    t->run(t->ctx);
    (void)pthread_mutex_lock(&t->lock);
    t->is_over = true;
    (void)pthread_cond_signal(&t->over);
    (void)pthread_mutex_unlock(&t->lock);
    return NULL;
}

static void free_thread(struct side_thread *t)
{
    (void)pthread_cond_destroy(&t->over);
    (void)pthread_mutex_destroy(&t->lock);
    free(t);
}

struct side_thread *side_thread_start(void (*function)(void *ctx), void *ctx)
{
    struct side_thread *t = calloc(1, sizeof *t);
    struct signal_mask before;
    int failed;

    if (t == NULL)
        return NULL;
    t->run = function;
    t->ctx = ctx;
    (void)pthread_mutex_init(&t->lock, NULL);
    t->clock = condition_init(&t->over);
    signals_block(&before);
    failed = thread_start(&t->thread, run, t);
    signals_restore(&before);
    if (failed == 0)
        return t;
    free_thread(t);
    errno = failed;
    return NULL;
}

bool side_thread_await(struct side_thread *t, int milliseconds)
{
    struct timespec until;
    bool is_over;

    (void)clock_gettime(t->clock, &until);
    until.tv_sec += milliseconds / 1000;
    until.tv_nsec += milliseconds % 1000 * 1000000L;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    (void)pthread_mutex_lock(&t->lock);
    while (!t->is_over && pthread_cond_timedwait(&t->over, &t->lock, &until) != ETIMEDOUT)
        continue;
    is_over = t->is_over;
    (void)pthread_mutex_unlock(&t->lock);
    return is_over;
}

void side_thread_interrupt(struct side_thread *t)
{
    thread_interrupt(t->thread);
}

void side_thread_end(struct side_thread *t)
{
    if (t == NULL)
        return;
    (void)pthread_join(t->thread, NULL);
    free_thread(t);
}
