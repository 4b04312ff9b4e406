/*
 * sealed: content of any kind, sealed under forge_envelope into a file in memory, and read from
 * there in all ways there are.
 */
#ifndef SEAL_FUZZ_SEALED_H
#define SEAL_FUZZ_SEALED_H

#include "archive/archive.h"
#include "fuzz.h"
#include "stream/stream.h"

/* Puts that many bytes into the one file in memory, in the place of what was there. */
void memory_put(const void *data, size_t len);
/* All it holds now; to be freed. */
struct buffer memory_get(void);
/* Its path. */
const char *memory_path(void);

/* Seals content into it, as short as can be, with that D. */
void sealed_put(const struct buffer *content, const uint8_t digest[static 32]);

/* The content of a bag: frames of at most frame_len bytes each, offsets, seek table. */
struct buffer content_of_tar(const struct buffer *tar, const struct buffer *offsets,
                             size_t frame_len);

/* Readers over the file in memory. */
struct opened {
    struct fault fault;
    struct volume_in *in;
    struct stream_reader *stream;
};

/* Threads for every third who reads, and none for the others: what comes of it must be the same.
 * (Targets read two or four times, so each of these has threads with some inputs.) */
struct crew *next_crew(void);
void opened_start(struct opened *o, const struct envelope *env);
void opened_end(struct opened *o);

/* Reads the content from begin to end and by seeking, and holds one against the other: what the
 * first accepts is all the same by seeking, and neither fails but for what is hostile. Returns
 * what the first came to. */
enum seal_status sealed_read(enum content_type type);

#endif
