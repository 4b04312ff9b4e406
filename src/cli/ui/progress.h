/*
 * progress: how far it is, how fast, and how long still.
 */
#ifndef SEAL_PROGRESS_H
#define SEAL_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/* One line on standard error, redrawn, where that is a terminal and not quiet; else nothing. */
struct progress {
    bool on;
    double started, shown;
    uint64_t done, total; /* bytes; total 0 = unknown */
};

void progress_start(struct progress *p, uint64_t total);
/* From one thread at a time. */
void progress_add(void *progress, uint64_t bytes);
void progress_end(struct progress *p);
/* Takes the line away so that a message can stand there; the next progress_add draws it again.
 * All messages do this by themselves, on any thread. */
void progress_hide(void);

#endif
