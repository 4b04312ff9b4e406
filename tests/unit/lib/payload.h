/*
 * payload: a sealed file in memory, sealed from known content and read back. How the head and the
 * keys come about is not what is tested with it.
 */
#ifndef SEAL_PAYLOAD_H
#define SEAL_PAYLOAD_H

#include <jansson.h>

#include "stream/stream.h"

#define MIB (UINT64_C(1) << 20)

extern struct crew *payload_crew; /* of readers; NULL: each is alone */
#define CHUNK_LEN (BLOCK_LEN - TAG_LEN)
extern const uint8_t payload_digest[32];

/* A sealed file in memory, and what is known about it. */
struct sealed {
    struct envelope env;
    struct buffer file;
    struct buffer content;
    uint8_t receipt[32];
    uint64_t blocks; /* with repair data: as the second head is told */
};

struct envelope payload_envelope(uint8_t slots, uint8_t *head, struct random *random);
/* Of an entry of `intermediates` in the vectors. */
struct envelope payload_vector_envelope(const json_t *file);
struct buffer payload_content(size_t len, struct random *random);
struct sealed payload_seal(uint8_t slots, size_t len, struct padding padding);
/* With repair data: m. */
struct sealed payload_seal_repair(uint8_t slots, uint8_t m, size_t len, struct padding padding);
void payload_free(struct sealed *s);

/* ---- Reading ---- */

/* What came out, and how it ended. */
struct result {
    enum seal_status status;
    struct buffer out;
    uint64_t content_len;
    uint64_t consumed;
    uint8_t digest[32], receipt[32];
};

#define LEN_UNKNOWN SIZE_MAX
struct result payload_read(const struct envelope *env, const void *file, size_t file_len,
                           size_t len);

/* ---- Lengths and round trips ---- */

uint64_t payload_capacity(size_t head_len, uint64_t total);
/* The smallest length that is allowed for that much content. */
uint64_t payload_least_len(size_t head_len, uint64_t content_len, enum padding_rule rule);

/* ---- By seeking ---- */

struct seeking {
    struct volume_in *in;
    struct stream_reader *reader;
    struct fault fault;
    uint64_t content_len;
    uint8_t digest[32], receipt[32];
};

enum seal_status payload_seek_start(struct seeking *k, const struct envelope *env, const void *file,
                                    size_t file_len);
void payload_seek_end(struct seeking *k);

/* Up to 3000 bytes of content from there on. */
void payload_check_piece(struct seeking *k, const struct sealed *s, size_t off);

#endif
