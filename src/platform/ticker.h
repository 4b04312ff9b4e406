/*
 * ticker: calls a function every second from a thread of its own, while the program waits for the
 * system. Public.
 */
#ifndef SEAL_PLATFORM_TICKER_H
#define SEAL_PLATFORM_TICKER_H

struct ticker;

/* The first call comes after a second. NULL: there is no thread to be had, so nothing is called. */
struct ticker *ticker_start(void (*tick)(void *ctx), void *ctx);
/* No call comes after it has returned. NULL does nothing. */
void ticker_stop(struct ticker *t);

#endif
