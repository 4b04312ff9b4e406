/*
 * What the programs say, and how: one table for the wording of failures, and one way to the
 * terminal, on which nothing passes that could change what is seen there.
 */
#include "cli/cli.h"
#include "base/text.h"
#include "cli/outputs.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bag/bag.h"

static const char *program = "seal";
static bool quiet_mode;

static void show_leftover(const char *name, enum leftover_fate fate, int sys)
{
    switch (fate) {
    case LEFTOVER_REMOVED:
        warn("%s: unfinished, left behind when a program was killed or the power failed; it is "
             "removed now.",
             shown(name));
        break;
    case LEFTOVER_STAYS:
        warn("%s: unfinished, left behind when a program was killed or the power failed; it could "
             "not be removed: %s. Remove it by hand.",
             shown(name), plat_strerror(sys));
        break;
    case LEFTOVER_DOUBTFUL:
        warn("%s: unfinished; on this file system it cannot be told whether a program is still at "
             "work on it, so it is left. If none is, remove it by hand.",
             shown(name));
        break;
    case LEFTOVER_EXPOSED:
        warn("%s: seems to be left behind when a program was killed or the power failed; but other "
             "users can rename what is in its folder, so it is left. If it holds nothing that you "
             "need, remove it by hand.",
             shown(name));
        break;
    }
}

void message_setup(const char *program_name, bool quiet)
{
    program = program_name;
    quiet_mode = quiet;
}

void clear_leftovers(const char *path, bool (*is_name)(const char *name, size_t len))
{
    if (strcmp(path, "-") != 0)
        leftovers_remove(path, is_name, show_leftover);
}

bool message_is_quiet(void)
{
    return quiet_mode;
}

/* ---- The wording of failures -------------------------------------------------------------- */

/* The sentence is "NAME: HAPPENED (WHAT). ADVICE". Without happened, WHAT stands in its place;
 * without hides_what, what is left out, since the status says all there is to say. */
struct wording {
    enum exit_code exit;
    const char *happened;  /* NULL: fault->what says it */
    const char *otherwise; /* in the place of a what that is NULL */
    const char *advice;
    bool hides_what;
};

static const struct wording wordings[] = {
    [SEAL_OK] = {EXIT_NOT_DONE, NULL, "failed for an unknown reason", NULL, false},
    [SEAL_IO] = {EXIT_NOT_DONE, NULL, "could not be read or written", NULL, false},
    [SEAL_NO_MEMORY] = {EXIT_NOT_DONE, NULL, "there is not enough memory",
                        "Close other programs and try again.", false},
    [SEAL_EXISTS] = {EXIT_NOT_DONE, NULL, "is there already, and is left as it is",
                     "Choose another name with -o, or move it away first.", false},
    [SEAL_NO_ROOM] = {EXIT_NOT_DONE, NULL, "is more than fits",
                      "Choose a larger size, or seal less at once.", false},
    [SEAL_LOCAL_NAME] = {EXIT_NOT_DONE, "this system cannot hold a name in it", NULL,
                         "The sealed file is in order: unseal it with --exact-names or on another "
                         "system, or take out its content whole with --raw.",
                         false},
    [SEAL_INTERRUPTED] = {EXIT_NOT_DONE, "stopped before the end", NULL,
                          "Nothing unfinished was left behind.", true},
    [SEAL_USAGE] = {EXIT_WRONG_USE, NULL, "that makes no sense", NULL, false},
    [SEAL_BAD_KEY] = {EXIT_WRONG_USE, NULL, "cannot be used as a key",
                      "Take another copy of this key, from whoever made it.", false},
    [SEAL_WRONG_PASSPHRASE] = {EXIT_WRONG_USE, "the passphrase does not open this key", NULL,
                               "Mind capital letters and the keyboard's language; if it is surely "
                               "the right one, the key file was changed: take your other copy.",
                               true},
    [SEAL_NO_KEY] = {EXIT_NO_KEY, "no key here opens this file, or its beginning is damaged", NULL,
                     "Try your other keys, or ask for the file again.", true},
    [SEAL_DAMAGED] = {EXIT_DAMAGED, "a key opens it, but it was altered or cut short", NULL,
                      "Nothing of it was kept: ask for the file again.", false},
    [SEAL_HOSTILE] = {EXIT_SUSPICIOUS, "it arrived intact, but what is inside breaks the rules",
                      NULL, "Nothing of it was kept: treat its source with suspicion.", false},
    [SEAL_NEWER] = {EXIT_NEWER, "made by a newer version of this program", NULL,
                    "Get that version and try again.", false},
    [SEAL_TOO_MUCH] = {EXIT_NOT_DONE, NULL, "it holds more than is allowed",
                       "Nothing of it was kept: ask its source how much to expect before you allow "
                       "more.",
                       false},
    [SEAL_BROKE] = {EXIT_SUSPICIOUS,
                    "the part of this program that reads what is inside broke down", NULL,
                    "Nothing of it was kept. Either this program has a fault, or the file was made "
                    "to attack it: treat its source with suspicion.",
                    false},
};

/* Advice that depends on more than the status: on what went wrong, or on errno. */
struct advice {
    const char *what;
    int sys;
    const char *text; /* %s is the name */
};

/* Nobody can allow more than there is room for. */
static const char make_room[] =
    "Nothing of it was kept: ask its source how much to expect; if it is "
    "so much, make room there, or write to another place.";

static const struct advice advices[] = {
    {KEY_FAULT_LOOSE, 0, "Make it yours alone: chmod 600 %s"},
    {KEY_FAULT_LARGE, 0, "Check that it is the right file."},
    {KEY_FAULT_NONE, 0, "Check that it is the right file."},
    {KEY_FAULT_NO_PUBLIC, 0, "To seal, give the .pub file of who is to open it."},
    {KEY_FAULT_NO_SECRET, 0, "To open, give the .key file; a .pub file can only seal."},
    {KEY_FAULT_NOT_UTF8, 0, "Type it on a terminal that is set to UTF-8."},
    {KEY_FAULT_LONG_PASSPHRASE, 0, "Choose a shorter one."},
    {NULL, ENOSPC, "Make room there, or write to another place."},
#ifdef EDQUOT /* not on Windows */
    {NULL, EDQUOT, "Make room there, or write to another place."},
#endif
    {NULL, EFBIG,
     "That file system takes no file so large (FAT32 stops at 4 GiB): write to "
     "another one."},
    {READS_DIFFERENT, 0,
     "Nothing was kept, and nothing on it can be trusted: take another medium."},
    {NULL, EIO, "The medium may be failing: save what is on it."},
    {NULL, ENODEV, "The medium is not there any more: put it in again."},
    {NULL, ENXIO, "The medium is not there any more: put it in again."},
    {NULL, EROFS, "If the medium has a switch against writing, turn it off; or take another."},
    {NULL, ENOENT, "Check how the name is spelled."},
    {NULL, EMFILE, "Too many files are open at once."},
};

/* printf-like text that grows no further than its room; what does not fit is left out. */
struct text {
    char data[8192];
    size_t len;
};

static void text_add_list(struct text *t, const char *format, va_list args) PRINTF_LIKE(2, 0);
static void text_add_list(struct text *t, const char *format, va_list args)
{
    size_t room = sizeof t->data - t->len;
    int n = vsnprintf(t->data + t->len, room, format, args);

    if (n > 0)
        t->len += (size_t)n < room ? (size_t)n : room - 1;
}

static void text_add(struct text *t, const char *format, ...) PRINTF_LIKE(2, 3);
static void text_add(struct text *t, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    text_add_list(t, format, args);
    va_end(args);
}

/* The name where the advice has its %s, quoted for the shell unless it needs no quotes. */
static void text_add_advice(struct text *t, const char *advice, const char *name)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-./+,:@%=";
    const char *place = strstr(advice, "%s");

    if (place == NULL) {
        text_add(t, " %s", advice);
        return;
    }
    text_add(t, " %.*s", (int)(place - advice), advice);
    if (name[0] != '-' && name[strspn(name, plain)] == '\0')
        text_add(t, "%s%s", name, place + 2);
    else if (strchr(name, '\'') == NULL)
        text_add(t, "%s'%s'%s", name[0] == '-' ? "-- " : "", shown(name), place + 2);
    else
        text_add(t, "(that file)%s", place + 2);
}

static const char *advice_for(const struct fault *fault, const struct wording *w)
{
    for (size_t i = 0; i < sizeof advices / sizeof advices[0]; i++) {
        const struct advice *a = &advices[i];

        if (a->what != NULL ? fault->what != NULL && strcmp(a->what, fault->what) == 0
                            : fault->status == SEAL_IO && a->sys == fault->sys)
            return a->text;
    }
    return fault->status == SEAL_TOO_MUCH && fault->sys == ENOSPC ? make_room : w->advice;
}

/* ---- The way to the terminal -------------------------------------------------------------- */

/* Out in one piece, so that lines of different threads do not mix. A standard error that cannot be
 * written leaves nobody to tell. */
static void put_line(const struct text *t)
{
    char out[sizeof t->data + TEXT_PIECE_SIZE + 2];
    struct fault ignored = {.status = SEAL_OK};
    unsigned int marks = 0;
    size_t len = 0;

    for (size_t i = 0; i < t->len && len < sizeof t->data;) {
        char piece[TEXT_PIECE_SIZE];
        size_t columns, piece_len;

        i += text_piece(t->data + i, t->len - i, &marks, piece, &columns);
        piece_len = strlen(piece);
        memcpy(out + len, piece, piece_len);
        len += piece_len;
    }
    out[len++] = '\n';
    progress_hide();
    (void)!fd_write_full(STDERR_FILENO, out, len, &ignored);
}

void say(const char *format, ...)
{
    struct text t = {.len = 0};
    va_list args;

    if (quiet_mode)
        return;
    va_start(args, format);
    text_add_list(&t, format, args);
    va_end(args);
    put_line(&t);
}

void warn(const char *format, ...)
{
    struct text t = {.len = 0};
    va_list args;

    text_add(&t, "%s: ", program);
    va_start(args, format);
    text_add_list(&t, format, args);
    va_end(args);
    put_line(&t);
}

enum exit_code complain(const struct fault *fault)
{
    const struct wording *w = &wordings[fault->status];
    const char *what = w->hides_what ? NULL : fault->what;
    const char *advice = advice_for(fault, w);
    struct text t = {.len = 0};

    text_add(&t, "%s: ", program);
    if (fault->name[0] != '\0')
        text_add(&t, "%s: ", shown(fault->name));
    if (w->happened == NULL)
        text_add(&t, "%s", what != NULL ? what : w->otherwise);
    else if (what != NULL)
        text_add(&t, "%s (%s)", w->happened, what);
    else
        text_add(&t, "%s", w->happened);
    if (fault->sys != 0 && fault->status == SEAL_IO)
        text_add(&t, ": %s", plat_strerror(fault->sys));
    text_add(&t, ".");
    if (advice != NULL)
        text_add_advice(&t, advice, fault->name);
    put_line(&t);
    return w->exit;
}

enum exit_code complain_usage(const char *format, ...)
{
    struct text t = {.len = 0};
    va_list args;

    text_add(&t, "%s: ", program);
    va_start(args, format);
    text_add_list(&t, format, args);
    va_end(args);
    text_add(&t, ". Try: %s --help", program);
    put_line(&t);
    return EXIT_WRONG_USE;
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
    if (plat_may_be_taken_for_text(STDOUT_FILENO))
        warn("what it wrote went to another program. If that is PowerShell before 7.4, it took it "
             "for text, and what arrived is of no use: use -o with a name there.");
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

void print(const char *format, ...)
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

enum exit_code finish_output(enum exit_code code)
{
    print_flush();
    /* Beside the content goes what can be done without. */
    if (!results.has_failed || results.fd != STDOUT_FILENO)
        return code;
    warn("standard output could not be written: %s.", plat_strerror(results.error));
    return code == EXIT_ALL_DONE ? EXIT_NOT_DONE : code;
}

/* ---- Names -------------------------------------------------------------------------------- */

#define SHOWN_COLUMNS 200
#define SHOWN_END 99 /* columns kept at either end of one that is cut */
#define SHOWN_SIZE (SHOWN_COLUMNS * 4 + 2 * TEXT_PIECE_SIZE)

/* Copies from *s as long as columns allow. Returns the columns used. */
static size_t show_some(char *out, size_t *out_len, const char **s, size_t limit)
{
    unsigned int marks = 0;
    size_t used = 0;

    while (**s != '\0') {
        char piece[TEXT_PIECE_SIZE];
        size_t columns, n = text_piece(*s, strnlen(*s, 4), &marks, piece, &columns);

        if (used + columns > limit)
            break;
        memcpy(out + *out_len, piece, strlen(piece));
        *out_len += strlen(piece);
        used += columns;
        *s += n;
    }
    out[*out_len] = '\0';
    return used;
}

static size_t columns_of(const char *s)
{
    unsigned int marks = 0;
    size_t sum = 0;

    while (*s != '\0') {
        char piece[TEXT_PIECE_SIZE];
        size_t columns;

        s += text_piece(s, strnlen(s, 4), &marks, piece, &columns);
        sum += columns;
    }
    return sum;
}

const char *shown(const char *name)
{
    static _Thread_local char ring[4][SHOWN_SIZE];
    static _Thread_local unsigned int turn;
    unsigned int marks = 0;
    char *out = ring[turn++ % 4];
    size_t len = 0, left;

    left = columns_of(name);
    if (left <= SHOWN_COLUMNS) {
        (void)show_some(out, &len, &name, SHOWN_COLUMNS);
        return out;
    }
    (void)show_some(out, &len, &name, SHOWN_END);
    for (left = columns_of(name); left > SHOWN_END;) {
        char piece[TEXT_PIECE_SIZE];
        size_t columns;

        name += text_piece(name, strnlen(name, 4), &marks, piece, &columns);
        left -= columns;
    }
    memcpy(out + len, "..", 2);
    len += 2;
    (void)show_some(out, &len, &name, SHOWN_END);
    return out;
}

const char *path_as_known(const char *path)
{
    const char *name = bag_payload_name(path);

    return name != NULL ? name : path;
}
