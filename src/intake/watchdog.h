/*
 * Watches a worker from outside, which may have been taken over: that it leaves room on the disk,
 * that it gets on, and that it does not compute for ever; private to this room.
 */
#ifndef SEAL_INTAKE_WATCHDOG_H
#define SEAL_INTAKE_WATCHDOG_H

#include "intake/feed.h"
#include "platform/worker.h"

struct watchdog {
    const struct plat_worker *worker;
    const struct feed *feed;
    int in, out;       /* what it seeks in and writes; -1: nothing */
    bool watches_room; /* of the disk: bytes and files that must stay free */
    uint64_t free_min, files_min;
    uint64_t size;            /* bytes of the input; 0: not known. Then cpu_max grows by steps: */
    double cpu_max, cpu_step; /* seconds of processor time */
    const uint64_t *read;     /* bytes of the input that it says it has read */
    double now, idle;         /* seconds: when it was last looked at; since a sign of life */
    /* At the last sign of life: */
    double cpu;
    uint64_t read_then, free_then;
};

/* feed and read are kept, and looked at each time. */
void watchdog_start(struct watchdog *w, const struct intake_job *job, const struct feed *feed,
                    const uint64_t *read, const struct plat_worker *worker);

/* Call it at least every second while the worker works; ctx is a struct watchdog. SEAL_TOO_MUCH: no
 * room is left. SEAL_BROKE: it hangs. */
enum seal_status watchdog_look(void *ctx, struct fault *fault);

#endif
