/*
 * side_thread: one function that runs in a thread of its own, beside the caller's. Public.
 */
#ifndef SEAL_PLATFORM_SIDE_THREAD_H
#define SEAL_PLATFORM_SIDE_THREAD_H

#include <stdbool.h>

struct side_thread;

/* The thread gets no signals but that of side_thread_interrupt. NULL with errno: there is no thread
 * to be had. */
struct side_thread *side_thread_start(void (*run)(void *ctx), void *ctx);
/* Waits so long for the function to return. Returns whether it has. */
bool side_thread_await(struct side_thread *t, int milliseconds);
/* A call in which it waits for a pipe, or the like, fails with EINTR. One that comes a moment later
 * does not: do it again until the function has returned. */
void side_thread_interrupt(struct side_thread *t);
/* Waits until the function has returned. NULL does nothing. */
void side_thread_end(struct side_thread *t);

#endif
