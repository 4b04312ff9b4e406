/*
 * drop_request: what was asked for, the same for all drops of one run. A drop is a sealed file, or
 * the volumes of one set. Public.
 */
#ifndef SEAL_DROP_REQUEST_H
#define SEAL_DROP_REQUEST_H

#include "jobs/limits.h"

enum drop_task {
    DROP_UNSEAL, /* a bag becomes a folder, a stream a file */
    DROP_RAW,    /* the content becomes a file as it is, unparsed */
    DROP_VERIFY, /* all is checked, and only the custody record is written */
    DROP_SALVAGE /* of what is damaged all that is authentic goes to a folder, which is no bag */
};

/* Strings that are NULL were not given. All belong to the caller. */
struct drop_request {
    enum drop_task task;
    const char *output; /* name of the output; a folder for outputs; "-": standard output */
    bool writable;      /* a bag is not left read-only */
    bool exact_names;   /* names that not every system can hold stay as they are */
    const char *operator_name, *case_name; /* for the custody record */
    const char *log;                       /* path of the log of drops */
    unsigned int threads;                  /* at least 1 */
    struct asked_limits limits;
};

/* Whether what is refused is put on record, too: in the log, or as what was verified. */
static inline bool request_is_recorded(const struct drop_request *request)
{
    return request->log != NULL || request->task == DROP_VERIFY;
}

#endif
