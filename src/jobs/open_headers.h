/*
 * open_headers: the first part of unsealing and inspecting: reads the secret keys, opens the
 * headers of all sealed files, wipes the keys. Content is read only after that, by a worker.
 * Of this header other rooms use the struct alone.
 */
#ifndef SEAL_OPEN_HEADERS_H
#define SEAL_OPEN_HEADERS_H

#include "jobs/sets.h"

/* What was given to the program. */
struct receive_input {
    const char *const *keys; /* secret key files, or folders of such */
    size_t key_count;
    const char *const *files; /* sealed files, or folders of such; "-" alone: standard input */
    size_t file_count;
};

/* s was filled by sets_list, and is grouped afterwards. Why a file was not opened is noted with it;
 * fault is what ends all. SEAL_BAD_KEY, SEAL_NEWER: of a key file; SEAL_USAGE: as sets_sort;
 * SEAL_IO, SEAL_NO_MEMORY, SEAL_INTERRUPTED. */
MUST_USE enum seal_status open_headers(struct sets *s, const struct receive_input *input,
                                       unsigned int threads,
                                       const struct receive_observer *observer,
                                       struct fault *fault);

#endif
