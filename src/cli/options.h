/*
 * options: the command line, of all three programs.
 */
#ifndef SEAL_OPTIONS_H
#define SEAL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/ui/message.h"

/* One table a program drives parsing, --help and the checks of man pages. */
struct option {
    const char *name;  /* long, without the dashes */
    char letter;       /* short twin, or 0 */
    const char *value; /* name of its argument as shown, or NULL for a switch */
    const char *help;  /* one line */
    bool repeatable;   /* else a second one is an error */
    bool is_path;      /* its argument names a file or folder */
    /* filled by options_parse: */
    size_t count;
    const char *text; /* the last value */
    const char **all; /* all values in order, count of them */
};

struct program {
    const char *name;
    const char *usage;      /* lines after the name, separated by \n */
    const char *about;      /* a sentence or two */
    const char *more;       /* examples and exit codes, printed after the options; may be NULL */
    struct option *options; /* ends with a NULL name */
};

/* Parses argv[1..); --help (-h) and --version (-V) print and exit 0. Options may stand between
 * operands; -- ends them; "-" is an operand; --name=value and -xVALUE are understood; a long name
 * may not be shortened; no value and no operand may be empty. *operands gets the rest (owned by the
 * caller, free with free()). A mistake is printed and the program exits with 2. */
void options_parse(const struct program *program, int argc, char **argv, const char ***operands,
                   size_t *operand_count);
void options_free(const struct program *program);

/* Whether what somebody gave as a path is a folder; "-" is none. */
bool is_folder(const char *path);
/* Digits and at most one of K, M, G (powers of 1024). */
bool size_parse(const char *text, uint64_t *size);
/* --threads; text NULL: the usual number. What is none is said. */
enum exit_code threads_parse(const char *text, unsigned int *threads);

#endif
