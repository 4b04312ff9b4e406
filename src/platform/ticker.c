/*
 * The ticker, with POSIX threads, which mingw-w64 has as well.
 */
#include "platform/ticker.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "platform/threads.h"

struct ticker {
    pthread_t thread;
    pthread_mutex_t lock; /* of is_over */
    pthread_cond_t over;
    clockid_t clock; /* that waiting for over goes by */
    bool is_over;
    void (*tick)(void *ctx);
    void *ctx;
};

static void *run(void *arg)
{
    struct ticker *t = arg;
    struct timespec next;

    (void)pthread_mutex_lock(&t->lock);
    (void)clock_gettime(t->clock, &next);
    while (!t->is_over) {
        next.tv_sec++;
        while (!t->is_over && pthread_cond_timedwait(&t->over, &t->lock, &next) != ETIMEDOUT)
            continue;
        if (!t->is_over)
            t->tick(t->ctx);
    }
    (void)pthread_mutex_unlock(&t->lock);
    return NULL;
}

struct ticker *ticker_start(void (*tick)(void *ctx), void *ctx)
{
    struct ticker *t = calloc(1, sizeof *t);
    struct signal_mask before;
    bool runs;

    if (t == NULL)
        return NULL;
    t->tick = tick;
    t->ctx = ctx;
    (void)pthread_mutex_init(&t->lock, NULL);
    t->clock = condition_init(&t->over);
    signals_block(&before);
    runs = pthread_create(&t->thread, NULL, run, t) == 0;
    signals_restore(&before);
    if (runs)
        return t;
    (void)pthread_cond_destroy(&t->over);
    (void)pthread_mutex_destroy(&t->lock);
    free(t);
    return NULL;
}

void ticker_stop(struct ticker *t)
{
    if (t == NULL)
        return;
    (void)pthread_mutex_lock(&t->lock);
    t->is_over = true;
    (void)pthread_cond_signal(&t->over);
    (void)pthread_mutex_unlock(&t->lock);
    (void)pthread_join(t->thread, NULL);
    (void)pthread_cond_destroy(&t->over);
    (void)pthread_mutex_destroy(&t->lock);
    free(t);
}
