/*
 * drop: one sealed file on its way in, private to this room. First its head is opened, while the
 * secret keys are there; then, when they are wiped, it is received.
 */
#ifndef SEAL_CLI_DROP_H
#define SEAL_CLI_DROP_H

#include "cli/cli.h"
#include "cli/keyring.h"
#include "cli/limits.h"
#include "custody/custody.h"
#include "intake/intake.h"
#include "volume/volume.h"

/* What was asked for, the same for all drops of one run. */
struct drop_options {
    const char *output;  /* -o, or NULL */
    bool output_is_home; /* bags are made in that folder; else it is the name of the one bag */
    bool many;
    bool raw, verify, writable, exact_names;
    const char *passphrase_fd;
    const char *operator_name, *case_name;
    const char *log;
    const uint8_t *program_sha256;
    unsigned int threads;
    struct asked_limits limits;
};

struct drop {
    const struct drop_options *options;
    struct fault fault; /* why it was not accepted; SEAL_OK: it was, so far */
    struct fault late;  /* what went wrong with record or log of one whose verdict stands */
    bool is_unlogged;   /* only with the log */
    /* as it arrived */
    struct custody_file received;
    struct plat_stat stat;
    struct volume_in *in;
    uint8_t mark_key[VOLUME_KEY_LEN], mark[SHA256_LEN]; /* of what the digest was taken of */
    /* its head */
    struct envelope *env; /* sodium_malloc: the file key must not be swapped out */
    bool was_opened;
    uint8_t pkh[HASH_LEN];
    size_t keys_tried;
    struct timestamp opened;
    /* where to */
    char *target; /* of what is made, or "-"; NULL: nothing is made */
    char *record; /* the record is this with .custody.txt and .custody.json behind; NULL: none */
    bool target_is_dir;
    struct output_dir dir;
    struct output file, records[2];
    /* what came out */
    bool was_checked;
    struct progress progress;
    struct intake_limits limits;
    char reason[INTAKE_WHAT_SIZE]; /* text that the fault may point to */
    struct intake_result result;
    enum custody_double seen;
    char first_seen[TIME_TEXT_SIZE];
};

/* Takes its digest, opens its head, and finds out where it goes. Failures are noted in drop->fault;
 * whatever the result, drop_close must follow in the end. */
void drop_open(struct drop *d, const struct drop_options *options, const char *file,
               struct keyring *ring);
/* Receives it, if it was opened; writes record and log. */
void drop_receive(struct drop *d);
/* Says what came of it, and returns the exit code for it. */
enum exit_code drop_report(struct drop *d);
/* The verdict in a word for the summary: "accepted", "damaged", "failed". */
const char *drop_word(const struct drop *d);
void drop_close(struct drop *d);

/* SEAL_USAGE if path would lie in a bag: what the manifest of one does not list would spoil it. */
MUST_USE enum seal_status drop_refuse_in_bag(const char *path, struct fault *fault);
/* What is named after a file by default: its last part without its ending, and with another; in the
 * folder for bags, if there is one. malloc'ed. */
char *drop_default_name(const struct drop_options *o, const char *file, const char *ending);
/* output_dir_abort, and a word about what it could not remove. */
void drop_abort_dir(struct output_dir *dir);
/* Makes the message about the sealed file; what a rule was broken by is said as well. */
void drop_name_fault(struct fault *fault, const char *file);
/* Opens the file and its head alone: for looking into it by seeking. */
MUST_USE enum seal_status drop_open_head(struct drop *d, const char *file, struct keyring *ring,
                                         const char *passphrase_fd, struct fault *fault);

#endif
