/*
 * drop_content: has a worker read the content of a drop, and judges what the worker says. Other
 * rooms use the struct alone.
 */
#ifndef SEAL_DROP_CONTENT_H
#define SEAL_DROP_CONTENT_H

#include "jobs/drop_target.h"
#include "jobs/set_check.h"

struct drop_outputs; /* drop_publish_private.h */

/* What came out. Free it with drop_content_free. */
struct drop_content {
    bool was_checked; /* nothing was refused: what follows is to be used */
    struct intake_result result;
    struct custody_salvage salvage; /* DROP_SALVAGE */
    enum volume_state *volumes;     /* of a set that is refused: what came of each volume by itself;
                                       NULL: that was not looked at */
};

/* Receives the content of a set into the outputs, which get made. fault says why it was refused, or
 * could not be received: SEAL_DAMAGED, SEAL_HOSTILE, SEAL_BROKE, SEAL_LOCAL_NAME, SEAL_TOO_MUCH;
 * SEAL_USAGE: volumes are missing, or standard input cannot be read twice; SEAL_IO, also if a file
 * changed meanwhile; SEAL_EXISTS, SEAL_NO_MEMORY, SEAL_INTERRUPTED. */
MUST_USE enum seal_status drop_content_receive(struct drop_content *c,
                                               const struct drop_request *request,
                                               const struct set *set, struct drop_outputs *outputs,
                                               struct fault *fault);
void drop_content_free(struct drop_content *c);

#endif
