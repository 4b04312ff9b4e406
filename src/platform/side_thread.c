/*
 * A side thread, with POSIX threads, which mingw-w64 has as well.
 */
#include "platform/side_thread.h"

#include <errno.h>
#include <stdlib.h>

#include "platform/threads.h"

struct side_thread {
    pthread_t thread;
    struct event over;
    void (*run)(void *ctx);
    void *ctx;
};

static void *run(void *arg)
{
    struct side_thread *t = arg;

    t->run(t->ctx);
    event_happens(&t->over);
    return NULL;
}

static void free_thread(struct side_thread *t)
{
    event_free(&t->over);
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
    event_init(&t->over);
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
    return event_await(&t->over, milliseconds);
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
