/*
 * arrival: one sealed file as it arrived, and its header, which is opened while the secret keys are
 * there. Private to this room, but for what reports read.
 *
 *     arrival_find, arrival_open_header, arrival_put_aside
 *     ... the keys are wiped ...
 *     arrival_take_up
 *     ... a worker is fed from a->in, which also gives the digest; or arrival_take_digest ...
 *     arrival_close
 */
#ifndef SEAL_ARRIVAL_H
#define SEAL_ARRIVAL_H

#include "custody/custody.h"
#include "envelope/envelope.h"
#include "jobs/receive_observer.h"
#include "stream/stream.h"
#include "volume/volume.h"

struct keyring; /* keyring_private.h */

/* Bytes; by fewer nobody can tell what a file was. */
#define ARRIVAL_JUDGED_LEAST 256

struct arrival {
    struct fault fault;  /* why it was not opened */
    char *path;          /* malloc'ed; "-" for standard input */
    bool lies_in_folder; /* it was found in a folder that was given */
    struct custody_file received;
    struct plat_stat stat;           /* when it was found */
    struct volume_in *in;            /* NULL while it is put aside */
    uint8_t head_sha256[SHA256_LEN]; /* of the first block, which was there for the keys */
    struct envelope *env;            /* sodium_malloc: the file key must not be swapped out */
    bool was_opened;
    bool by_set;        /* no key opens it, but the set key of another volume, whose pkh this has */
    bool may_be_sealed; /* if it was not opened: by its bytes, it may be what is left of one */
    uint8_t pkh[HASH_LEN];
    size_t keys_tried;
    struct timestamp opened; /* when its header was */
    bool head_is_unread;     /* the first block could not be read when it was found */
    bool by_second; /* opened by the second header: the first is not right, and that says */
    struct told_blocks told;
    /* Opened by the first header of a file with repair data: what the second is, as far as it could
     * be looked at then. */
    enum second_head second;
    struct identity
        *reader;   /* of a pipe with repair data: to look at the second header, at its end */
    uint8_t *last; /* its last block, as a worker's feed read it */
};

/* Opens the file at path, which received has as its name, too. many: it must be a regular file,
 * since others are opened beside it (SEAL_USAGE). SEAL_IO, SEAL_NO_MEMORY. */
MUST_USE enum seal_status arrival_find(struct arrival *a, bool many, struct fault *fault);
/* Takes size and SHA-256 of what nothing was read of by a worker. Takes it up, and of a file puts
 * it aside. Nothing to do if they are known. SEAL_IO, SEAL_NO_MEMORY, SEAL_INTERRUPTED. */
MUST_USE enum seal_status arrival_take_digest(struct arrival *a,
                                              const struct receive_observer *observer,
                                              struct fault *fault);
/* As keyring_open; of a file with repair data, looks at the second header, too. SEAL_IO: the first
 * block cannot be read, and no second header opens the file. SEAL_NO_KEY also if the file is
 * shorter than a header, or was made into text. */
MUST_USE enum seal_status arrival_open_header(struct arrival *a, struct keyring *ring,
                                              const struct receive_observer *observer,
                                              struct fault *fault);
/* Whether it is a volume whose header gave the set key. */
bool arrival_has_set_key(const struct arrival *a);
/* Tries the set key of known on a file that arrival_open_header did not open, for so many indexes.
 * If it opens the file, that counts as opened, and its fault is taken back. Puts the file aside.
 * SEAL_IO, SEAL_NO_MEMORY. */
MUST_USE enum seal_status arrival_open_with_set(struct arrival *a, const struct arrival *known,
                                                uint32_t indexes, struct fault *fault);
/* Of a volume whose header was opened: its number in the set, counted from 1. */
uint64_t arrival_number(const struct arrival *a);
/* Closes a file until arrival_take_up: a set has many files, and they must not all stay open. */
void arrival_put_aside(struct arrival *a);
/* Opens again what was put aside. SEAL_IO, also if it is not the file that was found. */
MUST_USE enum seal_status arrival_take_up(struct arrival *a, struct fault *fault);
/* SEAL_IO: size or time of the file are others than when it was found. */
MUST_USE enum seal_status arrival_check_unchanged(const struct arrival *a, struct fault *fault);
/* Once the file was read to its end: what of its headers is right, into a->received. seen: what the
 * feed saw of the second one, which needs no key. blocks: of the file when nothing is missing, as
 * the worker found; 0: not known. */
void arrival_judge_heads(struct arrival *a, enum second_head seen, uint64_t blocks);
void arrival_close(struct arrival *a);

#endif
