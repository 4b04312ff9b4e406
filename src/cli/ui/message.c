/*
 * One way to the terminal, on which nothing passes that could change what is seen there.
 */
#include "cli/ui/message.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/ui/progress.h"
#include "output/output.h"
#include "platform/files.h"
#include "platform/terminal.h"

#define LINE_SIZE 8192

enum exit_code exit_code_for(enum seal_status status)
{
    static const enum exit_code codes[] = {
        [SEAL_OK] = EXIT_NOT_DONE,          [SEAL_IO] = EXIT_NOT_DONE,
        [SEAL_NO_MEMORY] = EXIT_NOT_DONE,   [SEAL_EXISTS] = EXIT_NOT_DONE,
        [SEAL_NO_ROOM] = EXIT_NOT_DONE,     [SEAL_LOCAL_NAME] = EXIT_NOT_DONE,
        [SEAL_INTERRUPTED] = EXIT_NOT_DONE, [SEAL_USAGE] = EXIT_WRONG_USE,
        [SEAL_BAD_KEY] = EXIT_WRONG_USE,    [SEAL_WRONG_PASSPHRASE] = EXIT_WRONG_USE,
        [SEAL_NO_KEY] = EXIT_NO_KEY,        [SEAL_DAMAGED] = EXIT_DAMAGED,
        [SEAL_HOSTILE] = EXIT_SUSPICIOUS,   [SEAL_NEWER] = EXIT_NEWER,
        [SEAL_TOO_MUCH] = EXIT_NOT_DONE,    [SEAL_BROKE] = EXIT_SUSPICIOUS,
    };

    return codes[status];
}

/* ---- The way to the terminal -------------------------------------------------------------- */

/* Within words of Persian. */
#define JOINER "\u200c"

/* Out in one piece, so that lines of different threads do not mix. A standard error that cannot be
 * written leaves nobody to tell. */
static void put_line(const char *text, size_t text_len)
{
    char out[LINE_SIZE + TEXT_PIECE_SIZE + 2];
    struct fault ignored = {.status = SEAL_OK};
    struct text_look look = TEXT_LOOK_SHOWN;
    size_t len = 0;

    for (size_t i = 0; i < text_len && len < LINE_SIZE;) {
        char piece[TEXT_PIECE_SIZE];
        size_t columns, piece_len;

        if (text_len - i >= strlen(JOINER) && memcmp(text + i, JOINER, strlen(JOINER)) == 0) {
            (void)strcpy(piece, JOINER); /* ours: that of a name was escaped before */
            i += strlen(JOINER);
        } else {
            i += text_piece(text + i, text_len - i, &look, piece, &columns);
        }
        piece_len = strlen(piece);
        memcpy(out + len, piece, piece_len);
        len += piece_len;
    }
    out[len++] = '\n';
    progress_hide();
    IGNORE_RESULT(fd_write_full(STDERR_FILENO, out, len, &ignored));
}

/* The line of a text that is another one's field. */
static void put_text(enum text_id frame, const char *words)
{
    char line[LINE_SIZE];

    put_line(line, text_format(line, sizeof line, ui_catalog(), frame,
                               TEXT_ARGS(.word = ui_program(), .words = words)));
}

void message_say(enum text_id id, const struct text_args *args)
{
    char line[LINE_SIZE];

    if (!ui_is_quiet())
        put_line(line, text_format(line, sizeof line, ui_catalog(), id, args));
}

void message_warn(enum text_id id, const struct text_args *args)
{
    char words[LINE_SIZE];

    (void)text_format(words, sizeof words, ui_catalog(), id, args);
    put_text(T_WARNING, words);
}

enum exit_code message_complain_usage(enum text_id id, const struct text_args *args)
{
    char words[LINE_SIZE];

    (void)text_format(words, sizeof words, ui_catalog(), id, args);
    put_text(T_WRONG_USE, words);
    return EXIT_WRONG_USE;
}

enum exit_code complain(const struct fault *fault)
{
    char words[LINE_SIZE];

    (void)text_fault(words, sizeof words, ui_catalog(), fault);
    put_text(T_WARNING, words);
    return exit_code_for(fault->status);
}

void tell_pipes(const char *const *names, size_t count)
{
    struct plat_stat st;

    for (size_t i = 0; i < count; i++)
        if (plat_stat_at(PLAT_CWD, names[i], false, &st) == 0 && st.type == PLAT_FIFO)
            warn(T_PIPE_AWAITED, .name = names[i]);
}

/* ---- The clock ---------------------------------------------------------------------------- */

void warn_of_clock(const char *name, uint32_t created)
{
    static bool was_warned;
    char today[DATE_TEXT_SIZE], other[DATE_TEXT_SIZE];

#ifdef SEAL_TESTING
    if (getenv("SEAL_TEST_SEED") != NULL) /* then the clock stands still, in 2023 */
        return;
#endif
    date_text(today, date_today());
    date_text(other, created);
    if (clock_is_behind() && !was_warned)
        warn(T_CLOCK_BEHIND, .word = today, .words = SEAL_DAY);
    else if (!clock_is_behind() && name != NULL && date_today() < created)
        warn(T_CLOCK_BEFORE_KEY, .word = today, .words = other, .name = name);
    was_warned |= clock_is_behind();
}

/* ---- What is unfinished --------------------------------------------------------------------- */

void show_leftover(const char *path, enum leftover_fate fate, int sys)
{
    static const enum text_id texts[LEFTOVER_FATES] = {
        [LEFTOVER_REMOVED] = T_LEFTOVER_REMOVED,   [LEFTOVER_STAYS] = T_LEFTOVER_STAYS,
        [LEFTOVER_DOUBTFUL] = T_LEFTOVER_DOUBTFUL, [LEFTOVER_EXPOSED] = T_LEFTOVER_EXPOSED,
        [LEFTOVER_OWN] = T_LEFTOVER_OWN,           [LEFTOVER_OWN_SECRET] = T_LEFTOVER_OWN_SECRET,
    };

    warn(texts[fate], .name = path, .error = sys);
}

/* ---- Results ------------------------------------------------------------------------------ */

/* What programs print for others to read, until it is written: line by line to a terminal. */
static struct {
    int fd;
    enum { LINES_UNKNOWN, BY_LINE, BY_BUFFER } lines; /* when it is written */
    bool has_failed;
    int error; /* the first one's errno */
    size_t len;
    char data[8192];
} results = {.fd = STDOUT_FILENO};

void print_beside(void)
{
    print_flush();
    results.fd = STDERR_FILENO;
    results.lines = BY_LINE;
    if (plat_pipe_may_recode(STDOUT_FILENO))
        warn(T_POWERSHELL);
}

static void write_results(const char *data, size_t len)
{
    struct fault fault = {.status = SEAL_OK};

    if (len == 0 || results.has_failed || fd_write_full(results.fd, data, len, &fault) == SEAL_OK)
        return;
    results.has_failed = true;
    results.error = fault.sys != 0 ? fault.sys : EINTR;
}

void print_flush(void)
{
    write_results(results.data, results.len);
    results.len = 0;
}

bool print_works(void)
{
    return !results.has_failed;
}

/* False: it does not fit into what is left of the buffer; *len says how long it is. */
static bool add_results(size_t *len, const char *format, va_list args) PRINTF_LIKE(2, 0);
static bool add_results(size_t *len, const char *format, va_list args)
{
    size_t left = sizeof results.data - results.len;
    int n = vsnprintf(results.data + results.len, left, format, args);

    *len = n < 0 ? 0 : (size_t)n;
    if (*len >= left)
        return false;
    results.len += *len;
    return true;
}

/* Longer than the buffer: a list of all that is in a path, say. */
static void write_long(size_t len, const char *format, va_list args) PRINTF_LIKE(2, 0);
static void write_long(size_t len, const char *format, va_list args)
{
    char *text = malloc(len + 1);

    if (text == NULL) {
        results.has_failed = true;
        results.error = ENOMEM;
        return;
    }
    (void)vsnprintf(text, len + 1, format, args);
    write_results(text, len);
    free(text);
}

void print_data(const char *format, ...)
{
    va_list args, again, once_more;
    size_t len;

    va_start(args, format);
    va_copy(again, args);
    va_copy(once_more, args);
    if (!add_results(&len, format, args)) {
        print_flush();
        if (!add_results(&len, format, again))
            write_long(len, format, once_more);
    }
    va_end(once_more);
    va_end(again);
    va_end(args);
    if (results.lines == LINES_UNKNOWN)
        results.lines = plat_is_terminal(results.fd) ? BY_LINE : BY_BUFFER;
    if (results.lines == BY_LINE && results.len > 0 && results.data[results.len - 1] == '\n')
        print_flush();
}

void message_print(enum text_id id, const struct text_args *args)
{
    char line[LINE_SIZE];

    (void)text_format(line, sizeof line, ui_catalog(), id, args);
    print_data("%s\n", line);
}

enum exit_code finish_output(enum exit_code code)
{
    print_flush();
    /* Beside the content goes what can be done without. */
    if (!results.has_failed || results.fd != STDOUT_FILENO)
        return code;
    warn(T_STDOUT_FAILED, .error = results.error);
    return code == EXIT_ALL_DONE || code == EXIT_INCOMPLETE ? EXIT_NOT_DONE : code;
}

/* ---- Names -------------------------------------------------------------------------------- */

const char *shown(const char *name)
{
    static _Thread_local char ring[4][TEXT_NAME_SIZE];
    static _Thread_local unsigned int turn;
    char *out = ring[turn++ % 4];

    (void)text_name(out, name);
    return out;
}
