/*
 * intake: what may come out of a sealed file, and where to. Everything that senders can write is
 * read in a worker, a process of its own that holds no key of the organization and may touch only
 * the folder it was given; this header is how it is told what to do, and what it says.
 *
 * What a worker says is not trusted: it is checked for its form, and it is the word of a process
 * that a hostile file may have taken over.
 */
#ifndef SEAL_INTAKE_H
#define SEAL_INTAKE_H

#include "bag/check/check.h"
#include "bag/recheck/recheck.h"
#include "base/bytes.h"
#include "base/hash.h"
#include "base/status.h"
#include "envelope/envelope.h"
#include "volume/volume.h"

/* ---- What is to be done ------------------------------------------------------------------- */

enum intake_task {
    INTAKE_BAG,     /* unpack or check a bag */
    INTAKE_STREAM,  /* write or check a stream */
    INTAKE_RAW,     /* write or check the content as it is */
    INTAKE_LIST,    /* tell what is in a bag, by its record alone */
    INTAKE_EXTRACT, /* take single files out of a bag */
    INTAKE_VOLUME,  /* check one volume by itself: seal and trailer, not what is inside */
    INTAKE_LAST,    /* find out whether a volume is the last of its set, by its trailer alone */
    INTAKE_RECHECK, /* check a bag on disk */
    INTAKE_TASKS
};

/* How much may come out. */
struct intake_limits {
    uint64_t bytes;
    uint64_t per_byte; /* so many for each byte of the sealed file, if that is more; of what cannot
                          be known to end, each byte read so far */
    uint64_t room;     /* and in no case more than this. Unless it is UINT64_MAX, the job also ends
                          when less than a twentieth is free of what was at first */
    uint64_t files;    /* and as many folders */
};

#define INTAKE_VOLUMES_MAX (1 + PLAT_WORKER_MORE_MAX)

/* A sealed file, opened. The worker reads it from then on. */
struct intake_volume {
    const char *name; /* for messages */
    const struct envelope *env;
    struct volume_in *in;
    uint8_t mark_key[VOLUME_KEY_LEN]; /* for result.sealed_digest of a file */
};

struct intake_job {
    enum intake_task task;
    /* The sealed file, or all volumes of a set, in their order; none for INTAKE_RECHECK. */
    const struct intake_volume *volumes;
    size_t volume_count; /* at most INTAKE_VOLUMES_MAX */
    int output;          /* INTAKE_BAG, INTAKE_EXTRACT: an empty folder that nobody else may
                            enter; INTAKE_STREAM, INTAKE_RAW: a file; -1: only check.
                            INTAKE_RECHECK: the bag */
    const char *output_name;
    bool check_first;     /* check all before anything is written: it cannot be taken back */
    bool writable;        /* else a bag is left read-only, as far as the file system can */
    bool exact_names;     /* names that not every system can hold stay as they are */
    unsigned int threads; /* that work, at least 1 */
    bool whole_cage;      /* refuse where the system lacks a piece of it */
    struct intake_limits limits;
    const char *const *paths; /* INTAKE_EXTRACT */
    size_t path_count;
};

/* ---- What came of it ---------------------------------------------------------------------- */

/* Nothing in it is to be shown unless SEAL_OK was returned. */
struct intake_result {
    struct bag_totals totals;   /* of a bag; a stream counts as bytes alone */
    uint8_t digest[SHA256_LEN]; /* D */
    uint8_t receipt[32];        /* for number_text */
    struct buffer remarks;  /* of a bag: comment lines of its listing, and "# spelled" lines; text
                               that ends with a NUL */
    bool remarks_are_cut;   /* there were more than can be held */
    struct buffer bag_info; /* of a bag: the text of bag-info.txt, likewise */
    uint64_t spelled;       /* names that are spelled differently on disk */
    bool is_read_only;
    unsigned int uncaged; /* pieces of the cage that this system lacks (PLAT_CAGE_...) */
    bool is_last;         /* INTAKE_VOLUME, INTAKE_LAST */
    uint64_t content_len; /* INTAKE_RAW */
    uint64_t sealed_len;  /* bytes of the sealed files that were read */
    uint8_t sealed_digest[SHA256_LEN]; /* likewise, where all of it was read in order: the mark of a
                                          file (volume_hash_reads), SHA-256 of anything else; for
                                          several volumes, SHA-256 of their marks */
    struct bag_recheck recheck;        /* INTAKE_RECHECK */
};

void intake_result_free(struct intake_result *result);

/* Who is told meanwhile. What a task does not tell may be NULL. */
struct intake_observer {
    void *ctx;
    void (*progress)(void *ctx, uint64_t bytes);      /* of the sealed file, or of a bag on disk */
    void (*uncaged)(void *ctx, unsigned int missing); /* result.uncaged, if not job.whole_cage */
    /* INTAKE_LIST: each item; what else than SEAL_OK is returned ends it, and is the result. */
    enum seal_status (*item)(void *ctx, const struct bag_item *item, struct fault *fault);
    /* INTAKE_EXTRACT: each file that is good, with its path on disk. */
    void (*extracted)(void *ctx, const struct bag_item *item, const char *on_disk);
    /* INTAKE_RECHECK: as bag_recheck_observer. */
    void (*change)(void *ctx, enum bag_change kind, const char *path, const char *detail);
    void (*note)(void *ctx, const char *path, const char *what);
};

/* Starts a worker, has it do the job, and waits for its end. On any failure what was written is for
 * the caller to remove. SEAL_DAMAGED, SEAL_HOSTILE, SEAL_LOCAL_NAME, SEAL_IO, SEAL_TOO_MUCH;
 * SEAL_BROKE: the worker was stopped or crashed, which no honest file brings about. */
MUST_USE enum seal_status intake_run(struct intake_result *result, const struct intake_job *job,
                                     const struct intake_observer *observer, struct fault *fault);

/* ---- The worker --------------------------------------------------------------------------- */

/* What the program is when it was started as PLAT_WORKER_NAME: takes its job from the channel,
 * does it, and returns what the process is to end with. */
int intake_worker(void);

#endif
