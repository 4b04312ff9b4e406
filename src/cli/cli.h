/*
 * cli: what the three programs share: options, wording of messages, exit codes, progress,
 * passphrases. The only room that prints or exits.
 */
#ifndef SEAL_CLI_H
#define SEAL_CLI_H

#include "base/hash.h"
#include "base/status.h"
#include "keys/keys.h"
#include "platform/platform.h"

/* ---- Exit codes (users.md) ---------------------------------------------------------------- */

enum exit_code {
    EXIT_ALL_DONE = 0,
    EXIT_NOT_DONE = 1,
    EXIT_WRONG_USE = 2,
    EXIT_INCOMPLETE = 3,
    EXIT_NO_KEY = 4,
    EXIT_DAMAGED = 5,
    EXIT_SUSPICIOUS = 6,
    EXIT_NEWER = 7
};

/* ---- Options ------------------------------------------------------------------------------ */

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

/* ---- Messages ----------------------------------------------------------------------------- */

/* All go to standard error, begin with the program's name, and are escaped: no control,
 * bidirectional or malformed byte of a name or text reaches the terminal. */
void message_setup(const char *program_name, bool quiet);
/* An unadorned line of progress or result; nothing with --quiet. */
void say(const char *format, ...) PRINTF_LIKE(1, 2);
/* Something the user should know though work goes on; also with --quiet. */
void warn(const char *format, ...) PRINTF_LIKE(1, 2);
/* The one message of a failure; returns the exit code so that main can return it. */
enum exit_code complain(const struct fault *fault);
/* A wrong command line: the sentence, without its full stop, then where help is; returns
 * EXIT_WRONG_USE. */
enum exit_code complain_usage(const char *format, ...) PRINTF_LIKE(1, 2);

/* leftovers_remove, each said; path "-" is standard output, beside which there is nothing. */
void clear_leftovers(const char *path, bool (*is_name)(const char *name, size_t len));

/* A result, for whoever reads standard output; as it is, nothing escaped. */
void print(const char *format, ...) PRINTF_LIKE(1, 2);
/* From now on results go to standard error: standard output got content. Says so where that may
 * not have come through. */
void print_beside(void);
/* Before something else is to be seen than results. */
void print_flush(void);
/* False: an earlier one could not be written. */
bool print_works(void);
/* The end of a program that writes results to standard output: flushes it, and complains and
 * returns EXIT_NOT_DONE if that or an earlier write failed; else returns code. */
enum exit_code finish_output(enum exit_code code);
bool message_is_quiet(void);

/* name in a form that is safe to show (a static ring of four buffers): well-formed printable UTF-8
 * as it is, everything else as \xHH or \u{HHHH}, cut in the middle when longer than 200 columns. */
const char *shown(const char *name);
/* A path in a bag as the sender knows it: without data/ in front. */
const char *path_as_known(const char *path);

/* ---- A window of its own ------------------------------------------------------------------ */

/* Where the program has a window of its own, that stays open until somebody has pressed Enter. */
void window_hold_at_end(void);
/* A number of groups of digits, in digits that are five lines high. */
void print_large(const char *number);

/* ---- This program ------------------------------------------------------------------------- */

/* SHA-256 of the rest of an open file. False: it cannot be read. */
bool file_digest(int fd, uint8_t digest[static SHA256_LEN]);
/* The SHA-256 of the running program (SHA256_LEN bytes, static); NULL: the system does not tell. */
const uint8_t *program_digest(void);

/* ---- Passphrases -------------------------------------------------------------------------- */

/* A passphrase in locked memory. */
struct passphrase {
    char *text; /* sodium_malloc, PASSPHRASE_MAX + 1 */
    size_t len;
};

/* From a descriptor: the next line, up to PASSPHRASE_MAX bytes; the line end (LF or CRLF) is not
 * part of it. Reads no further, so that a second call gets the second line. An empty line, a
 * terminal, or no such descriptor: SEAL_USAGE. */
MUST_USE enum seal_status passphrase_from_fd(struct passphrase *out, const char *fd_number,
                                             struct fault *fault);
/* Whether that is the number of a descriptor that may be read so. SEAL_USAGE. */
MUST_USE enum seal_status passphrase_fd_check(const char *fd_number, struct fault *fault);
/* Asked once on the terminal. SEAL_USAGE if there is none, or nothing was typed but ^D. */
MUST_USE enum seal_status passphrase_ask(struct passphrase *out, const char *prompt,
                                         struct fault *fault);
/* Asked twice; asks again while the two differ or it is empty (three times at most). */
MUST_USE enum seal_status passphrase_ask_new(struct passphrase *out, struct fault *fault);
void passphrase_free(struct passphrase *p);

/* Opens one record: with fd_number (--passphrase-fd, may be NULL) or by asking up to three times
 * on the terminal. name is the key file's, for the prompt. SEAL_USAGE if there was no passphrase to
 * try: no terminal, or an empty line. */
MUST_USE enum seal_status identity_unlock(struct identity **out, const struct secret_record *record,
                                          const char *name, const char *fd_number,
                                          struct fault *fault);

/* ---- Progress ----------------------------------------------------------------------------- */

/* One line on standard error, redrawn, where that is a terminal and not quiet; else nothing. */
struct progress {
    bool on;
    double started, shown;
    uint64_t done, total; /* bytes; total 0 = unknown */
};

void progress_start(struct progress *p, uint64_t total);
/* From one thread at a time. */
void progress_add(void *progress, uint64_t bytes);
void progress_end(struct progress *p);
/* Takes the line away so that a message can stand there; the next progress_add draws it again.
 * All messages do this by themselves, on any thread. */
void progress_hide(void);
/* "1.2 GB", "340 bytes": decimal units; a static ring of four buffers. */
const char *size_text(uint64_t bytes);
/* "1 file", "2 files": adds an s; likewise a static ring of four. */
const char *count_text(uint64_t count, const char *noun);

#endif
