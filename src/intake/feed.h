/*
 * The feed of a worker: a thread of the program reads the sealed files, once and in order, hashes
 * each piece and then writes it into a pipe, which is all that the worker reads them by. So the
 * digests are those of the very bytes that were opened, and no byte was opened before it was in
 * one. Private to this room.
 *
 *     feed_init, feed_start ... a worker reads feed_fd ... feed_end, feed_free
 */
#ifndef SEAL_INTAKE_FEED_H
#define SEAL_INTAKE_FEED_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "intake/intake.h"
#include "platform/side_thread.h"

struct feed {
    const struct intake_job *job;
    struct intake_sealed *sealed; /* of each volume; given to the result by feed_free */
    int ends[2];                  /* of the pipe; -1: closed */
    bool is_cut;                  /* nobody reads any more */
    uint8_t *room;
    uint8_t *tail; /* the last block of what was read */
    struct side_thread *thread;
    struct fault fault;  /* of the thread: why it did not come to the end */
    struct fault unread; /* why blocks could not be read, if any could not */
    _Atomic(uint64_t) bytes;
    _Atomic(size_t) current; /* the volume that is read */
};

/* For a job that is fed. feed_free also after a failure. SEAL_NO_MEMORY, SEAL_IO. */
MUST_USE enum seal_status feed_init(struct feed *f, const struct intake_job *job,
                                    struct fault *fault);
/* What the worker reads; -1 if the job is not fed. */
int feed_fd(const struct feed *f);
/* Begins, when the worker has got feed_fd. SEAL_IO: there is no thread to be had. */
MUST_USE enum seal_status feed_start(struct feed *f, struct fault *fault);
/* Whether the worker may have to wait for what the feed is still reading. */
bool feed_is_waiting(const struct feed *f);
/* No worker can have read more. UINT64_MAX: the job is not fed. */
uint64_t feed_bytes(const struct feed *f);
/* To be called when the worker has ended. reads_on: the thread reads to the end, and the observer
 * is told of the bytes beyond those that it knows; else it ends where it is. fault is what came of
 * the worker: what could not be read stands in its place, since the worker had to do without. */
void feed_end(struct feed *f, bool reads_on, uint64_t known, const struct intake_observer *observer,
              struct fault *fault);
void feed_free(struct feed *f, struct intake_result *result);

#endif
