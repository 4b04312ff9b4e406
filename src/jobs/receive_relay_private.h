/*
 * receive_relay: hands what a worker tells (intake_observer), and what becomes of outputs, on to a
 * receive_observer. Private to this room.
 */
#ifndef SEAL_RECEIVE_RELAY_PRIVATE_H
#define SEAL_RECEIVE_RELAY_PRIVATE_H

#include "custody/custody.h"
#include "jobs/receive_observer.h"

/* The ctx of an intake_observer that uses the two functions below, or the first member of it. */
struct receive_relay {
    const struct receive_observer *observer;
};

/* intake_observer.progress */
void relay_progress(void *relay, uint64_t bytes);
/* intake_observer.uncaged */
void relay_uncaged(void *relay, unsigned int missing);

/* Tells if others may exchange the output at path, which lies in the folder parent. */
void tell_exposed(const struct receive_observer *observer, int parent, const char *path);
/* Tells an event that has a name and nothing else. */
void tell_name(const struct receive_observer *observer, enum receive_event_kind kind,
               const char *name);
/* As custody_log_open; tells if another program is waited for. */
MUST_USE enum seal_status log_open(struct custody_log **out, const char *path,
                                   const struct receive_observer *observer, struct fault *fault);
/* Removes what killed programs left of an output at path. "-", standard output, leaves nothing. */
void clear_leftovers_of(const char *path, const struct receive_observer *observer);

#endif
