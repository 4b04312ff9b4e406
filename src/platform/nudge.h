/*
 * What threads have to do with signals, for crew.c; private to this room.
 */
#ifndef SEAL_PLATFORM_NUDGE_H
#define SEAL_PLATFORM_NUDGE_H

#include <pthread.h>
#ifndef _WIN32
#include <signal.h>
#endif

/* Who got signals before. */
struct signals_before {
#ifdef _WIN32
    char none; /* they have a thread of their own */
#else
    sigset_t mask;
#endif
};

/* Threads that begin between these two get no signals: those are for the caller's own. */
void signals_keep(struct signals_before *before);
void signals_share(const struct signals_before *before);
/* Ends a call of that thread that waits for a pipe, say. */
void thread_nudge(pthread_t thread);

#endif
