/*
 * seal_request: what the sender asks for, and who is told how it goes. Public; used by seal_job.h
 * and dry_run.h.
 */
#ifndef SEAL_SEAL_REQUEST_H
#define SEAL_SEAL_REQUEST_H

#include "bag/collect/collect.h"
#include "intake/intake.h"
#include "keys/keys.h"
#include "output/output.h"
#include "stream/stream.h"

/* The largest volume that FAT takes. */
#define SPLIT_FAT32 (UINT64_C(4) * 1024 * 1024 * 1024 - 1)
/* More volumes than unseal opens are not made. */
#define VOLUMES_MAX INTAKE_VOLUMES_MAX

/* Repair data where they cost little and tell nothing: in a file, not in what goes through a pipe,
 * of more than 2 MiB of content. */
#define REPAIR_AUTO (-1)
/* m of that default: for each 64 blocks 4 more, some 6 percent. */
#define REPAIR_USUAL 4

/* Whether what was written is read back from the medium before it gets its name. */
enum read_back_when { READ_BACK_REMOVABLE, READ_BACK_ALWAYS, READ_BACK_NEVER };

/* Everything belongs to the caller and must outlive the job. */
struct seal_request {
    const char *const *key_files; /* of the recipients */
    size_t key_file_count;
    /* Each key has one of these fingerprints, and each of these is one of a key; 0: any keys.
     * Digits and blanks; they may end early. */
    const char *const *fingerprints;
    size_t fingerprint_count;
    bool allow_expired;       /* also to keys whose last day is over */
    const char *const *paths; /* what to seal */
    size_t path_count;
    bool allow_empty;   /* also where there is no file under the paths */
    bool is_stream;     /* standard input in place of paths: sealed without a record */
    const char *output; /* a file to make, a folder to make it in under a random name, "-" for
                           standard output; NULL: the current folder */
    int level;          /* of compression (archive.h) */
    unsigned int threads;
    struct padding padding;
    uint64_t split; /* most bytes of a volume; 0: one file */
    int repair;     /* repair data: m of the envelope, or REPAIR_AUTO */
    bool ask_media; /* with split: ask for another medium where the next volume has no room */
    enum read_back_when read_back;
    bool local_offset;              /* record how far the clock is from UTC */
    const struct bag_label *labels; /* to be added to the record */
    size_t label_count;
};

/* What happens meanwhile. name is a path on this system. */
enum seal_event_kind {
    SEAL_EVENT_EXAMPLE_KEY,   /* the secret half of a key in the file name is public */
    SEAL_EVENT_RECIPIENT,     /* key, of the file name: one that will be sealed to */
    SEAL_EVENT_EXPIRED,       /* key, of the file name: its last day is over, and allowed */
    SEAL_EVENT_REMARK,        /* notice: a remark on what is sealed */
    SEAL_EVENT_LISTED,        /* the source was listed: all remarks on names were made */
    SEAL_EVENT_PATH_BARE,     /* under the path name there is no file */
    SEAL_EVENT_NO_MEDIUM,     /* it would go where a medium is to be mounted, and none is: name */
    SEAL_EVENT_SPLIT_FOR_FAT, /* the file may become too large for FAT: volumes are made */
    SEAL_EVENT_MAY_NOT_FIT,   /* free_bytes are there in name, and probably wanted are needed */
    SEAL_EVENT_NO_OFFSET,     /* the system does not tell how far its clock is from UTC */
    SEAL_EVENT_READING_BACK,  /* reading back begins, for the first time */
    SEAL_EVENT_MEDIUM_FAULT,  /* fault: a volume could not be made; another medium is asked for */
    SEAL_EVENT_NO_FOLDER,     /* the answer name to the question for a medium is no folder */
    SEAL_EVENT_VOLUME_STAYS,  /* volume name, of a set that is not whole, could not be removed */
    SEAL_EVENT_KINDS
};

struct seal_event {
    enum seal_event_kind kind;
    const char *name;
    const struct public_key *key;
    const struct bag_notice *notice;
    const struct fault *fault;
    uint64_t free_bytes, wanted;
};

/* A volume has no room where it is to go. */
struct medium_question {
    const char *folder;
    uint64_t free_bytes; /* there is so much room in it */
    size_t volume;       /* its number, counted from 1 */
    uint64_t wanted;     /* bytes that it needs */
};

#define ANSWER_SIZE 4096

/* No function may be NULL. Remarks and work_done come from the caller's thread; other events and
 * ask_medium may meanwhile come from another one. */
struct seal_observer {
    void *ctx;
    void (*event)(void *ctx, const struct seal_event *event);
    /* What is unfinished where the output goes; see leftovers_remove and output_abort. */
    void (*leftover)(const char *path, enum leftover_fate fate, int sys);
    /* A stretch of work on so many bytes begins (0: nobody knows how many), goes on, ends. */
    void (*work_begins)(void *ctx, uint64_t total);
    void (*work_done)(void *ctx, uint64_t bytes);
    void (*work_ends)(void *ctx);
    /* The system writes to the medium what is in its memory; nobody knows how long that takes. */
    void (*sync_begins)(void *ctx);
    void (*sync_ends)(void *ctx);
    /* With ask_media: waits until another medium is in its place. answer gets another folder to go
     * on in, or "" to stay. Other than SEAL_OK: it cannot be asked, or is to stop. */
    enum seal_status (*ask_medium)(void *ctx, const struct medium_question *question,
                                   char answer[static ANSWER_SIZE], struct fault *fault);
};

#endif
