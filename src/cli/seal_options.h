/*
 * seal_options: the command line of seal.
 */
#ifndef SEAL_SEAL_OPTIONS_H
#define SEAL_SEAL_OPTIONS_H

#include "cli/seal_labels.h"
#include "jobs/seal_request.h"

struct seal_options {
    struct seal_request request; /* points into argv and into what follows */
    bool dry_run, quiet, verbose;
    /* Owned: */
    const char **operands;
    const char **key_files, **fingerprints;
    struct labels labels;
    char *kit_folder, *kit_key; /* without --to: the folder of the program, and the key in it */
};

/* Complains about a mistake and then returns other than EXIT_ALL_DONE; --help and --version end the
 * program. To be freed whatever happens. */
enum exit_code seal_options_parse(struct seal_options *o, int argc, char **argv);
void seal_options_free(struct seal_options *o);

#endif
