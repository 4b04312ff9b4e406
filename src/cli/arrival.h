/*
 * arrival: one sealed file as it arrived, private to this room: its digest, taken before anything
 * else is done with it, and its head, opened while the secret keys are there.
 */
#ifndef SEAL_CLI_ARRIVAL_H
#define SEAL_CLI_ARRIVAL_H

#include "cli/cli.h"
#include "cli/keyring.h"
#include "custody/custody.h"
#include "envelope/envelope.h"
#include "stream/stream.h"
#include "volume/volume.h"

struct arrival {
    struct fault fault;  /* why it was not opened */
    char *path;          /* malloc'ed; "-" for standard input */
    bool lies_in_folder; /* it was not named by itself */
    struct custody_file received;
    struct plat_stat stat;
    struct volume_in *in;
    uint8_t mark_key[VOLUME_KEY_LEN], mark[SHA256_LEN]; /* of what the digest was taken of */
    struct envelope *env; /* sodium_malloc: the file key must not be swapped out */
    bool was_opened;
    bool looks_random; /* if it was not */
    uint8_t pkh[HASH_LEN];
    size_t keys_tried;
    struct timestamp opened;
};

/* Opens the file at path, as which received has it too; many: it must be a file. */
MUST_USE enum seal_status arrival_find(struct arrival *a, bool many, struct fault *fault);
/* SHA-256 of a file; that of a pipe, which can be read only once, is taken on the way. */
MUST_USE enum seal_status arrival_take_digest(struct arrival *a, unsigned int threads,
                                              struct fault *fault);
MUST_USE enum seal_status arrival_open_head(struct arrival *a, struct keyring *ring,
                                            const char *passphrase_fd, struct fault *fault);
/* Which volume of its set it is, counted from 1; of one that was opened. */
uint64_t arrival_number(const struct arrival *a);
/* A set has many files, and many sets more: they do not all stay open. */
void arrival_put_aside(struct arrival *a);
/* Opens again what was put aside. SEAL_IO: what was opened is not what the digest was taken of. */
MUST_USE enum seal_status arrival_take_up(struct arrival *a, struct fault *fault);
MUST_USE enum seal_status arrival_check_unchanged(const struct arrival *a, struct fault *fault);
void arrival_close(struct arrival *a);

#endif
