/*
 * outputs: what seal writes, one file or the volumes of a set, private to this room. Each has its
 * own envelope; all get their names at the end.
 */
#ifndef SEAL_CLI_OUTPUTS_H
#define SEAL_CLI_OUTPUTS_H

#include "envelope/envelope.h"
#include "intake/intake.h"
#include "output/output.h"
#include "stream/stream.h"

/* The largest volume that FAT takes: its files end at 4 GiB - 1 byte. */
#define SPLIT_FAT32 (UINT64_C(4) * 1024 * 1024 * 1024 - LENGTH_UNIT)
/* What unseal opens. */
#define VOLUMES_MAX INTAKE_VOLUMES_MAX

struct output_file {
    char *path; /* "-" is standard output */
    struct output output;
    struct envelope *env; /* one of outputs.envelopes */
    uint8_t head_hash[HASH_LEN];
};

struct outputs {
    const struct public_key *keys;
    size_t key_count;
    struct random *random;
    char *path;                /* of the one file; NULL: names are drawn */
    char *folder;              /* where those go: "", or with a final slash */
    struct stream_split split; /* size 0: one file, whatever its size */
    enum { READ_BACK_REMOVABLE, READ_BACK_ALWAYS, READ_BACK_NEVER } read_back;
    bool was_read_back, was_in_memory;
    bool asks;                     /* for another medium where there is no room for a volume */
    struct envelope_params params; /* of the set */
    uint8_t head[HEAD_LEN_MAX];    /* of the last */
    size_t count;
    bool was_medium; /* with asks: something is mounted on the folder */
    size_t named;    /* so many are on media that were taken out */
    struct output_file *files;
    struct envelope *envelopes; /* sodium_malloc: their keys must not be swapped out */
};

/* keys and random must outlive it. given is -o, or NULL. SEAL_NO_MEMORY. */
MUST_USE enum seal_status outputs_init(struct outputs *o, const char *given, struct fault *fault);
/* Makes it a set of volumes of that size. False: a name was given, and each needs one of its own.
 */
bool outputs_split(struct outputs *o, uint64_t size);
/* The largest file that there can be where they go; false: as large as it may be, or not known. */
bool outputs_file_max(const struct outputs *o, uint64_t *file_max);
/* Removes what killed programs left of names like these. */
void outputs_clear_leftovers(const struct outputs *o);
/* Makes the first. */
MUST_USE enum seal_status outputs_start(struct outputs *o, enum content_type type,
                                        struct stream_out *first, struct fault *fault);
/* All to the medium, and to their names; or nothing. */
MUST_USE enum seal_status outputs_commit(struct outputs *o, struct fault *fault);
/* What a fault without a name is about: the one at hand. */
const char *outputs_name(const struct outputs *o);
/* Frees all, and removes what has no name yet. */
void outputs_end(struct outputs *o);

#endif
