/*
 * Threads and signals, for crew.c, side_thread.c and ticker.c; private to this room.
 */
#ifndef SEAL_PLATFORM_THREADS_H
#define SEAL_PLATFORM_THREADS_H

#include <pthread.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>
#ifndef _WIN32
#include <signal.h>
#endif

/* The signals that a thread had blocked. */
struct signal_mask {
#ifdef _WIN32
    char unused; /* Windows runs its handlers in a thread of their own */
#else
    sigset_t mask;
#endif
};

/* Starts a condition. Returns the clock that its timed waits go by: one that nobody sets, where the
 * system has it. */
static inline clockid_t condition_init(pthread_cond_t *condition)
{
    clockid_t clock = CLOCK_REALTIME;
    pthread_condattr_t attributes;

    (void)pthread_condattr_init(&attributes);
#if defined(_POSIX_CLOCK_SELECTION) && _POSIX_CLOCK_SELECTION > 0
    if (pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0)
        clock = CLOCK_MONOTONIC;
#endif
    (void)pthread_cond_init(condition, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    return clock;
}

/* Bytes of stack for each thread. The default may be many GiB, and they count against limits on
 * memory: the cage's, and that of the program itself. Sanitizers need most of this. */
#define STACK_LEN ((size_t)2 * 1024 * 1024)

/* As pthread_create. */
static inline int thread_start(pthread_t *thread, void *(*run)(void *ctx), void *ctx)
{
    pthread_attr_t how;
    int failed = pthread_attr_init(&how);

    if (failed != 0)
        return failed;
    failed = pthread_attr_setstacksize(&how, STACK_LEN);
    if (failed == 0)
        failed = pthread_create(thread, &how, run, ctx);
    (void)pthread_attr_destroy(&how);
    return failed;
}

/* What happens once, and what another thread waits for. */
struct event {
    pthread_mutex_t lock;
    pthread_cond_t happened;
    clockid_t clock; /* that waiting goes by */
    bool has_happened;
};

void event_init(struct event *e);
void event_happens(struct event *e);
/* Waits so long for it. Returns whether it has happened. */
bool event_await(struct event *e, int milliseconds);
void event_free(struct event *e);

/* Threads that start between these two never get signals; the calling thread does. */
void signals_block(struct signal_mask *before);
void signals_restore(const struct signal_mask *before);
/* A thread, as it finds itself. */
struct thread_id {
    pthread_t thread;
    long number; /* Linux's */
};

struct thread_id thread_own_id(void);
/* Makes a system call in which the thread waits (for a pipe, for example) return with EINTR. The
 * second one can be called in the cage, whatever the C library's pthread_kill calls. */
void thread_interrupt(pthread_t thread);
void thread_interrupt_id(struct thread_id id);

#endif
