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

/* Unless the request allows it: that there is something to seal. To be asked again when the files
 * were read, since each may turn out not to be readable. SEAL_USAGE: there is no file. SEAL_IO:
 * nothing that is there could be read. */
MUST_USE enum seal_status seal_source_check(const struct bag_source *source,
                                            const struct seal_request *request,
                                            struct fault *fault);

#endif
