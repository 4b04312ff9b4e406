/*
 * receive_observer: who is told how a job of unseal goes on, and who is asked for passphrases.
 * Public. All functions are called on the thread that runs the job.
 */
#ifndef SEAL_RECEIVE_OBSERVER_H
#define SEAL_RECEIVE_OBSERVER_H

#include "output/output.h"
#include "base/status.h"
#include "keys/keys.h"

/* What happens beside the result. In parentheses: which fields of the event have a meaning. */
enum receive_event_kind {
    RECEIVE_FOLDER_EMPTY,       /* a folder was given, and no file lies in it (name) */
    RECEIVE_SUBFOLDERS_SKIPPED, /* folders in a folder that was given (name, number of them) */
    RECEIVE_FILE_SKIPPED,       /* a file in a folder is not a sealed file (name), ... */
    RECEIVE_EMPTY_SKIPPED,      /* ...is empty... */
    RECEIVE_SHORT_SKIPPED,      /* ...or so short that nobody can tell what it was */
    RECEIVE_OPENED_BEFORE,  /* by the log a drop in a folder (name, number of its other files) was
                               opened before, at that time (other), and is skipped */
    RECEIVE_COPY_SKIPPED,   /* a volume (name) is a copy of another (other) */
    RECEIVE_KEYS_LOCKED,    /* so many keys (number) have a passphrase, and are unlocked in turn */
    RECEIVE_KEY_SKIPPED,    /* a key file (name) could not be unlocked, and others are tried */
    RECEIVE_KEY_EXPOSED,    /* the medium of a key file (name) lets others read it; its keys are
                               locked */
    RECEIVE_KEY_NOTE_OTHER, /* a key file (name) says another fingerprint than its key has */
    RECEIVE_OPENED_BY_SET,  /* no key opens a volume (name); the set key of another one (other) does
                             */
    RECEIVE_SLOTS_DIFFER,   /* a file (name) holds something else in another slot of a key */
    RECEIVE_SANDBOX_LACKS,  /* pieces of the worker's sandbox (number: PLAT_CAGE_...); told for
                               each worker */
    RECEIVE_OTHERS_MAY_RENAME, /* the folder of an output (name): other users may exchange what is
                                  in it; told for each output */
    RECEIVE_LOG_EXPOSED,       /* the log (name): other users may change it */
    RECEIVE_LOG_ODD,           /* lines of the log (name, number of them) are not as unseal writes
                                  them */
    RECEIVE_LOG_AHEAD,         /* the time of the last line of the log (name) is that (other): more
                                  than a day ahead of the clock */
    RECEIVE_LOG_AWAITED,       /* another program uses the log (name), and is waited for */
    /* Something that ought to be removed could not be (name): */
    RECEIVE_OUTPUT_STAYS, /* an output that has no custody record */
    RECEIVE_RECORD_STAYS  /* a custody record of an output that is not there */
};

/* Strings are valid until the function returns. */
struct receive_event {
    enum receive_event_kind kind;
    const char *name, *other;
    uint64_t number;
};

/* No function may be NULL. */
struct receive_observer {
    void *ctx;
    void (*event)(void *ctx, const struct receive_event *event);
    /* A file or folder that is unfinished, as leftovers_remove and output_abort tell it. */
    void (*leftover)(const char *path, enum leftover_fate fate, int sys);
    /* A stretch of work on so many bytes begins (0: their number is not known), goes on, ends. */
    void (*work_begins)(void *ctx, uint64_t total);
    void (*work_done)(void *ctx, uint64_t bytes);
    void (*work_ends)(void *ctx);
    /* The system writes to the medium what is in its memory; nobody knows how long that takes. */
    void (*sync_begins)(void *ctx);
    void (*sync_ends)(void *ctx);
    /* Opens a record that is locked, from the key file name. *out is freed with identity_free.
     * SEAL_USAGE: there was no passphrase to try. SEAL_WRONG_PASSPHRASE, and whatever else
     * secret_record_open returns. */
    enum seal_status (*unlock)(void *ctx, struct identity **out, const struct secret_record *record,
                               const char *name, struct fault *fault);
};

#endif
