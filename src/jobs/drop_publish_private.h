/*
 * drop_publish: the files of one drop while they are made: the output, and the two files of its
 * custody record. They get their names together at the end, or none of them does. Private to this
 * room.
 *
 * There is no output without a record, unless the power fails between two renames, and no record
 * without its output.
 *
 *     struct drop_outputs o = {.target = &target, .observer = observer, .beside = -1};
 *     drop_outputs_make
 *     ... the content is written to drop_outputs_fd ...
 *     drop_outputs_add_record, once for each form
 *     drop_outputs_publish
 *     drop_outputs_abandon, in any case
 */
#ifndef SEAL_DROP_PUBLISH_PRIVATE_H
#define SEAL_DROP_PUBLISH_PRIVATE_H

#include "jobs/drop_target.h"
#include "jobs/receive_observer.h"

struct drop_outputs {
    const struct drop_target *target;
    const struct receive_observer *observer;
    struct output_dir folder;
    struct output file;
    struct output records[RECORD_FORMS];
    int beside; /* the folder that all of them are in; -1: nothing is made yet */
};

/* Makes what the content is written to, under a temporary name; nothing if the target has no path.
 * SEAL_IO, SEAL_EXISTS, SEAL_NO_MEMORY. */
MUST_USE enum seal_status drop_outputs_make(struct drop_outputs *o, struct fault *fault);
/* The descriptor to write to; -1: none. */
int drop_outputs_fd(const struct drop_outputs *o);
/* Cuts the file to so many bytes; standard output stays as it is. SEAL_IO. */
MUST_USE enum seal_status drop_outputs_cut(struct drop_outputs *o, uint64_t len,
                                           struct fault *fault);
/* Writes one form of the record under a temporary name. SEAL_IO, SEAL_EXISTS, SEAL_NO_MEMORY. */
MUST_USE enum seal_status drop_outputs_add_record(struct drop_outputs *o, enum record_form form,
                                                  const struct buffer *text, struct fault *fault);
/* Brings all to the medium and gives the names, that of the output first. After a failure none has
 * its name. SEAL_IO, SEAL_EXISTS, SEAL_NO_MEMORY. */
MUST_USE enum seal_status drop_outputs_publish(struct drop_outputs *o, struct fault *fault);
/* Removes what has not got its name, or tells what it cannot remove. */
void drop_outputs_abandon(struct drop_outputs *o);

#endif
