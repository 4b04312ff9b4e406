/*
 * The terminal: what is known about it, and questions on it.
 */
#ifndef SEAL_PLATFORM_TERMINAL_H
#define SEAL_PLATFORM_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool plat_is_terminal(int fd);
/* Whether fd is a pipe to a program that may treat bytes as text and change them: on Windows any
 * pipe, since PowerShell before 7.4 does that. */
bool plat_pipe_may_recode(int fd);
/* Columns of the terminal behind fd; 80 where unknown. */
size_t plat_terminal_columns(int fd);

/* Whether the process has a controlling terminal, for the two prompts below. */
bool plat_has_terminal(void);
/* Whether the program has a console window of its own that closes when it ends: so it is on Windows
 * when somebody drops a folder on the program. */
bool plat_owns_console_window(void);

enum plat_prompt_result {
    PLAT_PROMPT_OK,
    PLAT_PROMPT_NO_TERMINAL,
    PLAT_PROMPT_TOO_LONG,
    PLAT_PROMPT_STOPPED, /* a signal, or the end of input on an empty line */
    PLAT_PROMPT_FAILED   /* errno */
};

/* Shows prompt on the controlling terminal (not on standard output) and reads one line from there
 * without echo into secret, NUL-terminated, without the newline. The echo is always switched on
 * again, also when a signal comes. */
enum plat_prompt_result plat_prompt_secret(const char *prompt, char *secret, size_t size);

/* The same with echo. Works in any thread, and returns soon after stop_request. A line that is
 * longer than size - 1 bytes is cut. */
enum plat_prompt_result plat_prompt_line(const char *prompt, char *line, size_t size);

#endif
