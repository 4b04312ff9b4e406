/*
 * Events, with POSIX threads, which mingw-w64 has as well.
 */
#include "platform/threads.h"

#include <errno.h>

void event_init(struct event *e)
{
    (void)pthread_mutex_init(&e->lock, NULL);
    e->clock = condition_init(&e->happened);
    e->has_happened = false;
}

void event_happens(struct event *e)
{
    (void)pthread_mutex_lock(&e->lock);
    e->has_happened = true;
    (void)pthread_cond_signal(&e->happened);
    (void)pthread_mutex_unlock(&e->lock);
}

bool event_await(struct event *e, int milliseconds)
{
    struct timespec until;
    bool has_happened;

    (void)clock_gettime(e->clock, &until);
    until.tv_sec += milliseconds / 1000;
    until.tv_nsec += milliseconds % 1000 * 1000000L;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    (void)pthread_mutex_lock(&e->lock);
    while (!e->has_happened && pthread_cond_timedwait(&e->happened, &e->lock, &until) != ETIMEDOUT)
        continue;
    has_happened = e->has_happened;
    (void)pthread_mutex_unlock(&e->lock);
    return has_happened;
}

void event_free(struct event *e)
{
    (void)pthread_cond_destroy(&e->happened);
    (void)pthread_mutex_destroy(&e->lock);
}
