/*
 * drop: one sealed file, or the volumes of one set, from which a bag is made; private to this room.
 * When it starts, heads are open and the secret keys are wiped.
 */
#ifndef SEAL_CLI_DROP_H
#define SEAL_CLI_DROP_H

#include "cli/cli.h"
#include "cli/limits.h"
#include "cli/sets.h"
#include "custody/custody.h"
#include "intake/intake.h"
#include "output/output.h"

/* What was asked for, the same for all drops of one run. */
struct drop_options {
    const char *output;  /* -o, or NULL */
    bool output_is_home; /* bags are made in that folder; else it is the name of the one bag */
    bool raw, verify, writable, exact_names;
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
    const struct set *set;
    char *name;                    /* or NULL for want of memory; see drop_called */
    struct custody_file *received; /* one for each of set->files */
    /* where to */
    char *target; /* of what is made, or "-"; NULL: nothing is made */
    char *record; /* the record is this with .custody.txt and .custody.json behind; NULL: none */
    bool target_is_dir;
    struct output_dir dir;
    struct output file, records[2];
    /* what came out */
    bool was_checked;
    const char **words; /* what came of each volume by itself, one for each; NULL: not looked at */
    struct progress progress;
    struct intake_limits limits;
    struct intake_result result;
    enum custody_double seen;
    char first_seen[TIME_TEXT_SIZE];
};

/* Of the only file that was named: what is known before its head is opened, so that no passphrase
 * is asked for in vain. SEAL_EXISTS, SEAL_USAGE. */
MUST_USE enum seal_status drop_foresee(const struct drop_options *options, const char *name,
                                       struct fault *fault);
/* Finds out where it goes. Failures, also those that set has already, are noted in drop->fault;
 * whatever the result, drop_close must follow in the end. set must outlive it. */
void drop_start(struct drop *d, const struct drop_options *options, const struct set *set);
/* Receives it, if nothing speaks against it; writes record and log. */
void drop_receive(struct drop *d);
/* Says what came of it, and returns the exit code for it. */
enum exit_code drop_report(struct drop *d);
/* For messages. */
const char *drop_called(const struct drop *d);
/* The verdict in a word for the summary: "accepted", "damaged", "failed". */
const char *drop_word(const struct drop *d);
/* Removes what is unfinished, and frees all but its name. */
void drop_end(struct drop *d);
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

#endif
