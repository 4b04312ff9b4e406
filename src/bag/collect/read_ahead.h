/*
 * Small files of the source, read and hashed by the threads of a crew before their turn comes: a
 * medium that is asked for many files at a time is faster than one that is asked for each after the
 * other. Private to bag/collect.
 */
#ifndef SEAL_BAG_READ_AHEAD_H
#define SEAL_BAG_READ_AHEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bag/collect/file_reader.h"
#include "bag/collect/source.h"

#define READ_AHEAD_LEN ((size_t)64 * 1024) /* files are small up to this size, as listed */

struct ahead_file {
    int fd;        /* -1: it could not be opened, because of error; or it is not needed any more */
    int error;     /* errno of opening it; 0: none */
    bool is_file;  /* if false, nothing below is of use */
    bool is_read;  /* if false, it is larger now, and nothing below is of use */
    uint8_t *data; /* reader.before.size bytes */
    enum file_change change;
    struct fault fault; /* nothing else counts: SEAL_NO_MEMORY, SEAL_INTERRUPTED */
    struct file_reader reader;
    uint8_t digest[SHA256_LEN];
};

struct read_ahead;

/* crew, which may be NULL, has the threads that read; it and the source must outlive this. */
MUST_USE enum seal_status read_ahead_new(struct read_ahead **out, struct bag_source *source,
                                         struct crew *crew, struct fault *fault);
/* The file of the item of this number; to be called for every item that is a file, in order. NULL:
 * it was listed as larger, and is not read ahead. Good until the next call. */
struct ahead_file *read_ahead_take(struct read_ahead *a, size_t item);
void read_ahead_free(struct read_ahead *a);

#endif
