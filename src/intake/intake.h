/*
 * intake: takes a sealed file apart. Everything that senders can write is read in a worker, a
 * process of its own that holds no key of the organization, can reach no network, and may touch
 * only the files it was given. With this header the program describes a job, runs it in a worker,
 * and gets a result.
 *
 * A result is the word of a process that a hostile file may have taken over. Its form is checked,
 * and nothing more: a worker can lie about its own sealed file, and about nothing else.
 */
#ifndef SEAL_INTAKE_H
#define SEAL_INTAKE_H

#include "bag/check/check.h"
#include "bag/recheck/recheck.h"
#include "custody/custody.h"
#include "platform/crew.h"
#include "platform/worker.h"
#include "output/output.h"
#include "base/bytes.h"
#include "base/hash.h"
#include "base/status.h"
#include "envelope/envelope.h"
#include "volume/volume.h"

/* ---- The job ------------------------------------------------------------------------------ */

enum intake_task {
    INTAKE_BAG,     /* unpack or check a bag */
    INTAKE_STREAM,  /* write or check a stream */
    INTAKE_RAW,     /* write or check the content, whatever it is, without parsing it */
    INTAKE_LIST,    /* list the items of a bag; reads only its record */
    INTAKE_EXTRACT, /* unpack single files of a bag */
    INTAKE_VOLUME,  /* check one volume by itself: encryption and trailer, not the content; its
                       digest is that of stream_reader_check_digest */
    INTAKE_LAST,    /* find out whether a volume is the last of its set; reads only its trailer */
    INTAKE_RECHECK, /* check a bag on disk */
    INTAKE_MEND,    /* write one volume as it was sealed, which has repair data */
    INTAKE_SALVAGE, /* take out what is authentic of a damaged bag or stream; volumes may be missing
                     */
    INTAKE_TRIAL,   /* nothing: whether a worker can work here at all (intake_run's own) */
    INTAKE_TASKS
};

/* How much may come out. Content may be larger than one of bytes and per_byte, but not than both,
 * and not than room. */
struct intake_limits {
    uint64_t bytes;
    uint64_t per_byte; /* bytes for each byte of the sealed file; of a pipe, whose length is not
                          known, for each byte read so far */
    uint64_t room;     /* bytes. Unless this is UINT64_MAX, the job also ends as soon as less than a
                          twentieth of the space is free that was free when it began */
    /* Files; folders and links likewise. As many as an archive of the sealed file's length can
     * have, but never less than files_least, nor more than files. */
    uint64_t files, files_least;
    /* Bytes of names, of headers, and of the lists in the record, each: so many, or more if the
     * sealed file is long (quota.c). */
    uint64_t names;
};

#define INTAKE_VOLUMES_MAX (1 + PLAT_WORKER_MORE_MAX)

/* A sealed file whose envelope is opened. intake_run reads it: then the caller may only close it.
 */
struct intake_volume {
    const char *name; /* for faults */
    const struct envelope *env;
    struct volume_in *in;
    struct told_blocks told;
    uint8_t *last; /* gets the last block of a file with repair data; NULL: it is not wanted */
};

struct intake_job {
    enum intake_task task;
    /* The sealed file, or all volumes of a set, in their order; none for INTAKE_RECHECK and
     * INTAKE_TRIAL. */
    const struct intake_volume *volumes;
    size_t volume_count; /* at most INTAKE_VOLUMES_MAX */
    int output; /* INTAKE_BAG, INTAKE_EXTRACT, INTAKE_SALVAGE: an empty folder that nobody else may
                   enter; INTAKE_STREAM, INTAKE_RAW, INTAKE_MEND: a file; -1: only check, or look.
                   INTAKE_RECHECK: the bag */
    const char *output_name; /* for faults */
    bool check_first;        /* read and check everything once before anything is written: for
                                outputs that cannot be taken back, such as standard output */
    bool reads_rest;      /* what is refused is read to its end all the same, for result.sealed */
    bool writable;        /* else a bag becomes read-only, as far as the file system can */
    bool exact_names;     /* names that not every system can hold stay as they are */
    unsigned int threads; /* of the worker, at least 1 */
    bool whole_cage;      /* refuse the job if the system lacks a piece of the cage */
    struct intake_limits limits;
    bool has_record;          /* INTAKE_RECHECK: there is a custody record beside the bag: */
    int record;               /* a descriptor of it */
    const char *const *paths; /* INTAKE_EXTRACT: what to unpack */
    size_t path_count;
};

/* ---- The result --------------------------------------------------------------------------- */

/* The custody record beside a bag that is checked again. */
struct intake_record {
    bool is_read;
    enum seal_reason reason; /* why it is not, with errno in sys */
    int sys;
    struct custody_known known;
};

/* A sealed file as it was read: INTAKE_BAG, INTAKE_STREAM, INTAKE_RAW and INTAKE_MEND read it once,
 * and the program hashes each piece before the worker gets it. (With check_first it is read twice,
 * and both have the same digest.) */
struct intake_sealed {
    bool is_whole; /* it was read to its end: */
    uint64_t len;
    uint8_t sha256[SHA256_LEN];
    uint64_t unreadable;     /* blocks of a file with repair data: they are zeros in the digest */
    enum second_head second; /* with repair data: what its second header is, as far as that can be
                                said without a key */
};

/* Show nothing of it, but sealed, unless intake_run returned SEAL_OK. */
struct intake_result {
    struct bag_totals totals;        /* of a bag; of a stream only bytes */
    uint8_t digest[SHA256_LEN];      /* D */
    uint8_t disk_digest[SHA256_LEN]; /* of a bag: the SHA-256 of the tagmanifest beside data/ */
    uint8_t receipt[32];             /* for number_text */
    struct buffer remarks;  /* of a bag: comment lines of its listing, and "# spelled" lines; text
                               that ends with a NUL */
    bool remarks_are_cut;   /* there were more than are kept (BAG_REMARKS_KEPT_MAX) */
    struct buffer bag_info; /* of a bag: the text of bag-info.txt, with a NUL likewise */
    bool info_is_cut;       /* it has more than is kept (BAG_INFO_KEPT_MAX) */
    uint64_t spelled;       /* names that are spelled differently on disk */
    bool is_read_only;      /* of a bag: it was made so */
    uint64_t times[BAG_TIME_KINDS]; /* of a bag: its items, by how their times are on disk */
    unsigned int uncaged;           /* pieces of the cage that this system lacks (PLAT_CAGE_...) */
    bool is_last;                   /* INTAKE_VOLUME, INTAKE_LAST */
    uint64_t content_len;           /* INTAKE_RAW */
    struct intake_sealed *sealed;   /* of each volume; NULL: of none */
    struct stream_mended mended;    /* what was mended with repair data */
    /* Of volumes with repair data: blocks when nothing is missing; 0: not known. */
    uint64_t blocks[INTAKE_VOLUMES_MAX];
    struct bag_recheck recheck;            /* INTAKE_RECHECK */
    struct intake_record record;           /* INTAKE_RECHECK, with a record */
    struct custody_salvage_counts salvage; /* INTAKE_SALVAGE */
};

void intake_result_free(struct intake_result *result);

/* Called by intake_run while the worker works. A function that the task does not call may be NULL,
 * and progress and uncaged in any case. */
struct intake_observer {
    void *ctx;
    void (*progress)(void *ctx, uint64_t bytes); /* more of the sealed file, or the bag on disk */
    void (*uncaged)(void *ctx, unsigned int missing); /* result.uncaged, if not job.whole_cage */
    /* INTAKE_LIST: each item. If it returns anything but SEAL_OK, intake_run returns that. */
    enum seal_status (*item)(void *ctx, const struct bag_item *item, struct fault *fault);
    /* INTAKE_EXTRACT: each file that is good, with its path on disk. */
    void (*extracted)(void *ctx, const struct bag_item *item, const char *on_disk);
    /* INTAKE_SALVAGE: each file. piece is valid until it returns. If it returns anything but
     * SEAL_OK, intake_run returns that. */
    enum seal_status (*salvaged)(void *ctx, const struct custody_piece *piece, struct fault *fault);
    /* INTAKE_RECHECK: as bag_recheck_observer. */
    void (*change)(void *ctx, const struct bag_difference *difference);
    void (*note)(void *ctx, enum bag_note note, const char *path);
};

/* Starts a worker, has it do the job, and waits for its end. Free the result also after a failure;
 * what was written then is the caller's to remove. SEAL_DAMAGED, SEAL_HOSTILE, SEAL_LOCAL_NAME,
 * SEAL_IO, SEAL_TOO_MUCH; SEAL_BROKE: the worker was stopped or crashed, or sent what it may not,
 * which no honest file brings about; a worker without any content does not (else SEAL_IO,
 * REASON_WORKER_UNFIT). */
MUST_USE enum seal_status intake_run(struct intake_result *result, const struct intake_job *job,
                                     const struct intake_observer *observer, struct fault *fault);

/* ---- The worker --------------------------------------------------------------------------- */

/* The main function of a program that was started as PLAT_WORKER_NAME: receives a job, does it, and
 * returns the exit code. */
int intake_worker(void);

#endif
