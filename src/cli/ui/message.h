/*
 * message: what the programs say. Sentences come from the catalog (text/catalog.h), by id; messages
 * go to standard error, results to standard output. No control, bidirectional or malformed byte of
 * a name reaches a terminal.
 */
#ifndef SEAL_MESSAGE_H
#define SEAL_MESSAGE_H

#include <stdbool.h>

#include "base/status.h"
#include "output/output.h"
#include "cli/ui/ui.h"
#include "text/catalog.h"

/* What a program ends with; seal(1) and unseal(1) explain each. */
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

/* The code that goes with a failure. */
enum exit_code exit_code_for(enum seal_status status);

/* A line of progress or of a result; nothing with --quiet. */
#define say(id, ...) message_say((id), TEXT_ARGS(__VA_ARGS__))
/* Something the user should know though work goes on; also with --quiet. */
#define warn(id, ...) message_warn((id), TEXT_ARGS(__VA_ARGS__))
/* A wrong command line: the sentence, without its full stop, and where help is. Returns
 * EXIT_WRONG_USE. */
#define complain_usage(id, ...) message_complain_usage((id), TEXT_ARGS(__VA_ARGS__))
/* A result, for whoever reads standard output. */
#define print(id, ...) message_print((id), TEXT_ARGS(__VA_ARGS__))

void message_say(enum text_id id, const struct text_args *args);
void message_warn(enum text_id id, const struct text_args *args);
enum exit_code message_complain_usage(enum text_id id, const struct text_args *args);
void message_print(enum text_id id, const struct text_args *args);

/* Says of each that is a named pipe that it is waited for: nothing else would tell. A shell's
 * <(COMMAND), which is a link to a pipe, has somebody who writes into it. */
void tell_pipes(const char *const *names, size_t count);

/* The one message of a failure; returns the exit code that goes with it. */
enum exit_code complain(const struct fault *fault);

/* Warns, once, if the clock says a day before these programs were there; and else if it says a day
 * before the one on which the key in the file name was made. name NULL: no key. */
void warn_of_clock(const char *name, uint32_t created);

/* What became of something unfinished; for leftovers_remove and output_abort. */
void show_leftover(const char *path, enum leftover_fate fate, int sys);

/* Results that are read by programs: as they are, nothing translated, nothing escaped. */
void print_data(const char *format, ...) PRINTF_LIKE(1, 2);
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

/* name as it may be shown (text_name), in a static ring of four buffers for each thread. */
const char *shown(const char *name);

#endif
