/*
 * seal_source: the steps that sealing and a dry run share. Private to this room.
 */
#ifndef SEAL_SEAL_SOURCE_PRIVATE_H
#define SEAL_SEAL_SOURCE_PRIVATE_H

#include "jobs/seal_request.h"

/* Lists what is under the paths of the request; observer hears of remarks and of files that are
 * done. bag_source_free in any case. */
MUST_USE enum seal_status seal_source_list(struct bag_source **source,
                                           const struct seal_request *request,
                                           const struct seal_observer *observer,
                                           struct fault *fault);

#endif
