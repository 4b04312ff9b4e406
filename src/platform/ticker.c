/*
 * The ticker, in a side thread.
 */
#include "platform/ticker.h"

#include <stdlib.h>

#include "platform/side_thread.h"
#include "platform/threads.h"

#define INTERVAL 1000 /* milliseconds */

struct ticker {
    struct side_thread *thread;
    struct event over;
    void (*tick)(void *ctx);
    void *ctx;
};

static void run(void *arg)
{
    struct ticker *t = arg;

    while (!event_await(&t->over, INTERVAL))
        t->tick(t->ctx);
}

static void free_ticker(struct ticker *t)
{
    event_free(&t->over);
    free(t);
}

struct ticker *ticker_start(void (*tick)(void *ctx), void *ctx)
{
    struct ticker *t = calloc(1, sizeof *t);

    if (t == NULL)
        return NULL;
    t->tick = tick;
    t->ctx = ctx;
    event_init(&t->over);
    t->thread = side_thread_start(run, t);
    if (t->thread != NULL)
        return t;
    free_ticker(t);
    return NULL;
}

void ticker_stop(struct ticker *t)
{
    if (t == NULL)
        return;
    event_happens(&t->over);
    side_thread_end(t->thread);
    free_ticker(t);
}
