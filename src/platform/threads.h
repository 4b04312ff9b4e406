/*
 * What threads have to do with signals, for crew.c; private to this room.
 */
#ifndef SEAL_PLATFORM_THREADS_H
#define SEAL_PLATFORM_THREADS_H

#include <pthread.h>
#ifndef _WIN32
#include <signal.h>
#endif

/* Who got signals before. */
struct signal_mask {
#ifdef _WIN32
    char none; /* they have a thread of their own */
#else
    sigset_t mask;
#endif
};

/* Threads that begin between these two get no signals: those are for the caller's own. */
void signals_block(struct signal_mask *before);
void signals_restore(const struct signal_mask *before);
/* Ends a call of that thread that waits for a pipe, say. */
void thread_interrupt(pthread_t thread);

#endif
