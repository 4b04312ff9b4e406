/*
 * The terminal on POSIX systems.
 *
 * While a passphrase is typed the echo is off, and a signal must not leave it off. Signals that end
 * or stop the process are therefore blocked, except while waiting for a key. A handler only notes
 * that they came. When the echo is on again, each is sent again and takes its effect.
 */
#include "platform/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <sodium.h>

#include "platform/files.h"

bool plat_is_terminal(int fd)
{
    return isatty(fd) == 1;
}

bool plat_pipe_may_recode(int fd)
{
    (void)fd;
    return false;
}

size_t plat_terminal_columns(int fd)
{
    struct winsize size;

    if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return 80;
    return size.ws_col;
}

/* ---- Signals while the echo is off -------------------------------------------------------- */

/* Not SIGTTIN and SIGTTOU: they come when a background process uses the terminal, which is before
 * the echo is off. */
static const int caught_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGALRM, SIGTSTP};
#define CAUGHT_COUNT (sizeof caught_signals / sizeof caught_signals[0])

static volatile sig_atomic_t pending[CAUGHT_COUNT];

static void on_signal(int signal_number)
{
    for (size_t i = 0; i < CAUGHT_COUNT; i++)
        if (caught_signals[i] == signal_number)
            pending[i] = 1;
}

struct signals {
    struct sigaction old[CAUGHT_COUNT];
    sigset_t old_mask;
};

static void signals_hold(struct signals *s)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t set;

    (void)sigemptyset(&action.sa_mask);
    (void)sigemptyset(&set);
    for (size_t i = 0; i < CAUGHT_COUNT; i++) {
        pending[i] = 0;
        (void)sigaddset(&set, caught_signals[i]);
    }
    (void)sigprocmask(SIG_BLOCK, &set, &s->old_mask);
    for (size_t i = 0; i < CAUGHT_COUNT; i++) {
        (void)sigaction(caught_signals[i], NULL, &s->old[i]);
        if (s->old[i].sa_handler != SIG_IGN)
            (void)sigaction(caught_signals[i], &action, NULL);
    }
}

/* Restores the handlers and sends again those signals that came; returns whether any did. If one
 * stops the process (SIGTSTP), this returns after it was continued. */
static bool signals_release(const struct signals *s)
{
    bool any = false;

    for (size_t i = 0; i < CAUGHT_COUNT; i++)
        (void)sigaction(caught_signals[i], &s->old[i], NULL);
    for (size_t i = 0; i < CAUGHT_COUNT; i++)
        if (pending[i] != 0) {
            any = true;
            (void)raise(caught_signals[i]);
        }
    (void)sigprocmask(SIG_SETMASK, &s->old_mask, NULL);
    return any;
}

static bool signal_came(void)
{
    for (size_t i = 0; i < CAUGHT_COUNT; i++)
        if (pending[i] != 0)
            return true;
    return false;
}

/* ---- One line without echo ---------------------------------------------------------------- */

enum read_result { READ_LINE, READ_TOO_LONG, READ_END, READ_SIGNAL, READ_FAILED };

/* ppoll unblocks the signals and waits in one step, so none can come between the two. */
static ssize_t read_byte(int tty, const sigset_t *waiting_mask, char *c)
{
    struct pollfd watch = {.fd = tty, .events = POLLIN};

    if (ppoll(&watch, 1, NULL, waiting_mask) < 0)
        return -1;
    return read(tty, c, 1);
}

static enum read_result read_line(int tty, const sigset_t *waiting_mask, char *out, size_t size)
{
    enum read_result result;
    size_t len = 0;
    char c = 0;

    for (;;) {
        ssize_t n = read_byte(tty, waiting_mask, &c);

        if (n < 0 && errno == EINTR && !signal_came())
            continue;
        if (n <= 0) {
            result = n == 0 ? (len > 0 ? READ_LINE : READ_END)
                            : (errno == EINTR ? READ_SIGNAL : READ_FAILED);
            break;
        }
        if (c == '\n' || c == '\r') {
            result = len < size ? READ_LINE : READ_TOO_LONG;
            break;
        }
        if (len < size)
            out[len++] = c;
    }
    out[len < size ? len : size - 1] = '\0';
    sodium_memzero(&c, sizeof c);
    if (result != READ_LINE)
        sodium_memzero(out, size);
    return result;
}

static int set_terminal(int tty, int how, const struct termios *mode)
{
    int result;

    do
        result = tcsetattr(tty, how, mode);
    while (result != 0 && errno == EINTR);
    return result;
}

static void show(int tty, const char *text)
{
    struct fault ignored = {.status = SEAL_OK};

    IGNORE_RESULT(fd_write_full(tty, text, strlen(text), &ignored)); /* then nobody can answer */
}

/* One round: echo off, prompt, line, echo on. Signals are held by the caller. */
static enum read_result ask_once(int tty, const sigset_t *waiting_mask, const char *prompt,
                                 char *secret, size_t size)
{
    struct termios before, quiet;
    enum read_result result;

    if (tcgetattr(tty, &before) != 0)
        return READ_FAILED;
    quiet = before;
    quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
    quiet.c_lflag |= ICANON | ISIG;
    quiet.c_iflag |= ICRNL;
#ifdef IUTF8
    quiet.c_iflag |= IUTF8; /* backspace takes a whole character, of which a passphrase consists */
#endif
    /* TCSAFLUSH discards what was typed while the echo was on. */
    if (set_terminal(tty, TCSAFLUSH, &quiet) != 0)
        return READ_FAILED;
    show(tty, prompt);
    result = read_line(tty, waiting_mask, secret, size);
    show(tty, "\n");
    /* A passphrase that was half typed when a signal came must not reach the next program. */
    (void)set_terminal(tty, result == READ_LINE ? TCSADRAIN : TCSAFLUSH, &before);
    return result;
}

enum plat_prompt_result plat_prompt_secret(const char *prompt, char *secret, size_t size)
{
    int tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    enum read_result result;
    int saved;

    if (tty < 0)
        return PLAT_PROMPT_NO_TERMINAL;
    do {
        struct signals signals;

        signals_hold(&signals);
        result = ask_once(tty, &signals.old_mask, prompt, secret, size);
        saved = errno;
        /* After SIGTSTP and SIGCONT the loop asks again; after ^C (stop_requested) it does not. */
        if (signals_release(&signals) && stop_requested()) {
            sodium_memzero(secret, size);
            result = READ_END;
        }
    } while (result == READ_SIGNAL);
    (void)close(tty);
    errno = saved;
    switch (result) {
    case READ_LINE:
        return PLAT_PROMPT_OK;
    case READ_TOO_LONG:
        return PLAT_PROMPT_TOO_LONG;
    case READ_END:
        return PLAT_PROMPT_STOPPED;
    default:
        return PLAT_PROMPT_FAILED;
    }
}

/* ---- One line with echo ------------------------------------------------------------------- */

/* Milliseconds: poll does not return when another thread gets the signal. */
#define LOOK_EVERY 200

/* In canonical mode, read returns a whole line. */
static enum plat_prompt_result read_shown_line(int tty, char *line, size_t size)
{
    struct pollfd watch = {.fd = tty, .events = POLLIN};
    sigset_t background;
    ssize_t n;
    int ready = 0;

    /* Threads of a crew block all signals; SIGTTIN must stop a program in the background. */
    (void)sigemptyset(&background);
    (void)sigaddset(&background, SIGTTIN);
    (void)pthread_sigmask(SIG_UNBLOCK, &background, NULL);
    while (ready == 0) {
        if (stop_requested())
            return PLAT_PROMPT_STOPPED;
        ready = poll(&watch, 1, LOOK_EVERY);
        if (ready < 0 && errno == EINTR)
            ready = 0;
    }
    n = ready < 0 ? -1 : read(tty, line, size - 1);
    if (n < 0)
        return stop_requested() ? PLAT_PROMPT_STOPPED : PLAT_PROMPT_FAILED;
    line[n] = '\0';
    if (n == 0)
        return PLAT_PROMPT_STOPPED;
    line[strcspn(line, "\r\n")] = '\0';
    return PLAT_PROMPT_OK;
}

bool plat_has_terminal(void)
{
    int tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

    return tty >= 0 && close(tty) == 0;
}

bool plat_owns_console_window(void)
{
    return false;
}

enum plat_prompt_result plat_prompt_line(const char *prompt, char *line, size_t size)
{
    int tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    enum plat_prompt_result result;

    if (tty < 0)
        return PLAT_PROMPT_NO_TERMINAL;
    (void)tcflush(tty, TCIFLUSH); /* what was typed before the question is no answer */
    show(tty, prompt);
    result = read_shown_line(tty, line, size);
    if (result == PLAT_PROMPT_STOPPED)
        show(tty, "\n"); /* what is said next does not stand behind the question */
    (void)close(tty);
    return result;
}
