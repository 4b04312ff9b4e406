/*
 * options: the command line of all three programs. Each program has one table of its options, in
 * its PROGRAM_options.c, which drives parsing, --help and the checks of man pages. That file turns
 * the table, once it is filled, into the struct that the rest of the program works with.
 *
 *     static struct option options[] = {..., {.name = NULL}};
 *     static const struct program program = {.name = "seal", ..., .options = options};
 *
 *     options_parse(&program, argc, argv, &operands, &operand_count);
 *     ... read options[OPT_X].count, .text and .all ...
 *     options_free(&program);
 */
#ifndef SEAL_OPTIONS_H
#define SEAL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/ui/message.h"

struct option {
    const char *name;       /* long, without the dashes */
    char letter;            /* short twin, or 0 */
    const char *value;      /* name of its argument as shown, or NULL for a switch */
    enum text_id help_text; /* one line for --help */
    const char *help;       /* the same where it is not in the catalog yet */
    bool repeatable;        /* else a second one is an error */
    bool is_path;           /* its argument names a file or folder */
    bool is_whole;          /* its name may not be shortened: what it was taken for is a danger */
    /* Filled by options_parse; all strings are those of argv: */
    size_t count;     /* how often it was given */
    const char *text; /* the last value; NULL for a switch */
    const char **all; /* all values in order, count of them; NULL for a switch */
};

/* A program, or one command of it. Texts are ids; the strings beside them are for those that are
 * not in the catalog yet. */
struct program {
    const char *name;        /* with its command, if it has any: "sealkey new" */
    enum text_id usage_text; /* what stands behind the name; \n between several lines */
    enum text_id about_text; /* a sentence or two */
    enum text_id more_text;  /* examples and exit codes, behind the options; T_NONE: none */
    const char *usage, *about, *more;
    struct option *options; /* ends with a NULL name */
};

/* Parses argv[1..); --help (-h) and --version (-V) print and exit 0. Options may stand between
 * operands; -- ends them; "-" is an operand; --name=value, -xVALUE and -x=VALUE are understood; a
 * long name may be shortened as long as no other one begins so; no value and no operand may be
 * empty. "help" as the only argument is --help. Paths get the separators of the program, in argv.
 * *operands gets the rest, pointers into argv (to be freed with free()). After a mistake, which is
 * printed, the program exits with 2. */
void options_parse(const struct program *program, int argc, char **argv, const char ***operands,
                   size_t *operand_count);
/* Empties the table. The strings stay, as those of argv do. */
void options_free(const struct program *program);

/* ---- Values ------------------------------------------------------------------------------- */

/* Whether it is another name of standard input, beside "-". */
bool path_is_stdin(const char *path);
/* Digits and at most one of K, M, G (powers of 1024). */
bool size_parse(const char *text, uint64_t *size);
/* Decimal digits alone, at most so many of them. */
bool number_parse(const char *text, size_t digits_max, unsigned int *number);
/* --threads; text NULL: the usual number. A wrong one is complained about: EXIT_WRONG_USE. */
enum exit_code threads_parse(const char *text, unsigned int *threads);

/* ---- Words that nobody knows ---- */

/* Looks for the word that somebody meant who misspelled one: nearest stays NULL if none that was
 * considered is near enough. Begin with {wrong, wrong_len}. */
struct suggestion {
    const char *wrong;
    size_t wrong_len;
    const char *nearest;
    size_t distance; /* letters added, left out or exchanged in nearest */
};

void suggestion_consider(struct suggestion *s, const char *word);

#endif
