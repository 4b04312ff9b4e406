/*
 * Threads and signals, for crew.c; private to this room.
 */
#ifndef SEAL_PLATFORM_THREADS_H
#define SEAL_PLATFORM_THREADS_H

#include <pthread.h>
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

/* Threads that start between these two never get signals; the calling thread does. */
void signals_block(struct signal_mask *before);
void signals_restore(const struct signal_mask *before);
/* Makes a system call in which the thread waits (for a pipe, for example) return with EINTR. */
void thread_interrupt(pthread_t thread);

#endif
