/*
 * progress: one line about a stretch of work: how much is done, how fast, and how long it will take
 * still. It is shown where standard error is a terminal and --quiet was not given.
 */
#ifndef SEAL_PROGRESS_H
#define SEAL_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/* All zero is one that is not shown. */
struct progress {
    bool on;
    double started, shown;
    uint64_t done, total; /* bytes; total 0 = unknown */
};

void progress_start(struct progress *p, uint64_t total);
/* So many bytes more are done. From one thread at a time. */
void progress_add(void *progress, uint64_t bytes);
void progress_end(struct progress *p);
/* Erases the line, so that something else can be written; the next progress_add draws it again.
 * The functions of message.h do this by themselves. From any thread. */
void progress_hide(void);

/* While the system brings what was written to the medium, which tells nothing of how far it is: a
 * line that asks not to pull it out, where progress is shown, from the second second on. All zero
 * is one that does not wait. */
struct waiting {
    struct ticker *ticker;
    double since;
};

void waiting_start(struct waiting *w);
void waiting_end(struct waiting *w);

#endif
