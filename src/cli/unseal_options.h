/*
 * The command line of unseal.
 */
#ifndef SEAL_UNSEAL_OPTIONS_H
#define SEAL_UNSEAL_OPTIONS_H

#include "cli/ui/message.h"
#include "jobs/inspect_job.h"
#include "jobs/mend_job.h"
#include "jobs/unseal_job.h"

/* What one run does. UNSEAL_DROPS stands for --raw, --verify and --salvage, too. */
enum unseal_mode { UNSEAL_DROPS, UNSEAL_LIST, UNSEAL_EXTRACT, UNSEAL_RECHECK, UNSEAL_MEND };

enum list_form { LIST_NAMES, LIST_LONG, LIST_JSON, LIST_CSV };

/* Strings point into argv. */
struct unseal_options {
    enum unseal_mode mode;
    bool quiet;
    const char *passphrase_fd;      /* number of a descriptor; NULL: ask on the terminal */
    struct unseal_request unseal;   /* UNSEAL_DROPS */
    struct inspect_request inspect; /* UNSEAL_LIST, UNSEAL_EXTRACT */
    struct mend_request mend;       /* UNSEAL_MEND */
    enum list_form list_form;       /* UNSEAL_LIST */
    struct asked_limits limits;     /* UNSEAL_RECHECK */
    const char *const *bags;        /* UNSEAL_RECHECK: bag_count of them */
    size_t bag_count;
    const char **operands; /* owned */
};

/* Reads the command line. A mistake is said, and its exit code returned; --help and --version print
 * and end the program. Free *out with unseal_options_free in any case. */
enum exit_code unseal_options_parse(struct unseal_options *out, int argc, char **argv);
void unseal_options_free(struct unseal_options *options);

#endif
