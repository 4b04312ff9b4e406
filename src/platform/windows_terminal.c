/*
 * The console on Windows.
 */
#include "platform/terminal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/status.h"
#include "platform/windows.h"

bool plat_is_terminal(int fd)
{
    HANDLE handle = handle_of(fd);
    DWORD mode;

    return handle != INVALID_HANDLE_VALUE && GetConsoleMode(handle, &mode) != 0;
}

bool plat_pipe_may_recode(int fd)
{
    HANDLE handle = handle_of(fd);

    return handle != INVALID_HANDLE_VALUE && GetFileType(handle) == FILE_TYPE_PIPE;
}

size_t plat_terminal_columns(int fd)
{
    CONSOLE_SCREEN_BUFFER_INFO info;

    if (!GetConsoleScreenBufferInfo(handle_of(fd), &info) ||
        info.srWindow.Right <= info.srWindow.Left)
        return 80;
    return (size_t)(info.srWindow.Right - info.srWindow.Left) + 1;
}

/* ---- Asking ------------------------------------------------------------------------------- */

struct console {
    HANDLE in, out;
};

static bool console_open(struct console *c)
{
    c->in = CreateFileW(L"CONIN$", GENERIC_READ | GENERIC_WRITE, SHARE_ALL, NULL, OPEN_EXISTING, 0,
                        NULL);
    c->out = CreateFileW(L"CONOUT$", GENERIC_READ | GENERIC_WRITE, SHARE_ALL, NULL, OPEN_EXISTING,
                         0, NULL);
    if (c->in != INVALID_HANDLE_VALUE && c->out != INVALID_HANDLE_VALUE)
        return true;
    if (c->in != INVALID_HANDLE_VALUE)
        (void)CloseHandle(c->in);
    if (c->out != INVALID_HANDLE_VALUE)
        (void)CloseHandle(c->out);
    return false;
}

static void console_close(struct console *c)
{
    (void)CloseHandle(c->in);
    (void)CloseHandle(c->out);
}

bool plat_has_terminal(void)
{
    struct console c;

    if (!console_open(&c))
        return false;
    console_close(&c);
    return true;
}

static void show(const struct console *c, const char *text)
{
    size_t len = 0;
    wchar_t *wide = to_wide(text, &len);
    DWORD done;

    if (wide != NULL)
        (void)WriteConsoleW(c->out, wide, (DWORD)len, &done, NULL);
    free(wide);
}

#define LINE_UNITS 8192
#define STOPPED_WITHIN 500 /* milliseconds for the thread that handles ^C to call stop_request */

/* One line in UTF-16, without its end. */
static enum plat_prompt_result read_line(const struct console *c, wchar_t *line, DWORD *len)
{
    DWORD got = 0;
    BOOL ok;

    interruptible_begin();
    ok = !stop_requested() && ReadConsoleW(c->in, line, LINE_UNITS, &got, NULL);
    interruptible_end();
    if (!ok || got == 0)
        for (int waited = 0; waited < STOPPED_WITHIN && !stop_requested(); waited += 10)
            Sleep(10);
    if (stop_requested())
        return PLAT_PROMPT_STOPPED;
    if (!ok) {
        (void)fail_last_error();
        return PLAT_PROMPT_FAILED;
    }
    if (got == 0 || line[0] == 0x1a) /* ^Z */
        return PLAT_PROMPT_STOPPED;
    if (got == LINE_UNITS && line[got - 1] != L'\n')
        return PLAT_PROMPT_TOO_LONG;
    while (got > 0 && (line[got - 1] == L'\n' || line[got - 1] == L'\r'))
        got--;
    *len = got;
    return PLAT_PROMPT_OK;
}

static enum plat_prompt_result ask(const char *prompt, bool is_shown, wchar_t *line, DWORD *len)
{
    enum plat_prompt_result result;
    struct console c;
    DWORD before = 0;

    if (!console_open(&c))
        return PLAT_PROMPT_NO_TERMINAL;
    if (!GetConsoleMode(c.in, &before)) {
        console_close(&c);
        return PLAT_PROMPT_NO_TERMINAL;
    }
    (void)SetConsoleMode(c.in, ENABLE_PROCESSED_INPUT | ENABLE_LINE_INPUT |
                                   (is_shown ? ENABLE_ECHO_INPUT : 0));
    /* What was typed before the question is no answer. */
    (void)FlushConsoleInputBuffer(c.in);
    show(&c, prompt);
    result = read_line(&c, line, len);
    if (!is_shown || result == PLAT_PROMPT_STOPPED)
        show(&c, "\r\n");
    (void)SetConsoleMode(c.in, before);
    console_close(&c);
    return result;
}

/* Whether the window is visible: schedulers and scripts may start programs in a hidden one. */
static bool is_seen(void)
{
    STARTUPINFOW how = {.cb = sizeof how};
    DWORD session = 0;

    GetStartupInfoW(&how);
    return ((how.dwFlags & STARTF_USESHOWWINDOW) == 0 || how.wShowWindow != SW_HIDE) &&
           ProcessIdToSessionId(GetCurrentProcessId(), &session) && session != 0 &&
           GetConsoleWindow() != NULL;
}

bool plat_owns_console_window(void)
{
    DWORD programs[2]; /* the function returns how many use the console */

    return GetConsoleProcessList(programs, 2) == 1 && plat_is_terminal(0) && plat_is_terminal(1) &&
           plat_is_terminal(2) && is_seen();
}

enum plat_prompt_result plat_prompt_secret(const char *prompt, char *secret, size_t size)
{
    wchar_t *line = sodium_allocarray(LINE_UNITS, sizeof *line);
    char *bytes = sodium_malloc(LINE_UNITS * 3);
    enum plat_prompt_result result = PLAT_PROMPT_FAILED;
    DWORD len = 0;

    secret[0] = '\0';
    if (line == NULL || bytes == NULL)
        errno = ENOMEM;
    else
        result = ask(prompt, false, line, &len);
    if (result == PLAT_PROMPT_OK) {
        size_t n = encode_wide(bytes, line, len);

        if (n >= size) {
            result = PLAT_PROMPT_TOO_LONG;
        } else {
            memcpy(secret, bytes, n);
            secret[n] = '\0';
        }
    }
    sodium_free(line);
    sodium_free(bytes);
    return result;
}

enum plat_prompt_result plat_prompt_line(const char *prompt, char *line, size_t size)
{
    wchar_t *wide = calloc(LINE_UNITS, sizeof *wide);
    enum plat_prompt_result result = PLAT_PROMPT_FAILED;
    char *text = NULL;
    DWORD len = 0;

    if (wide == NULL)
        errno = ENOMEM;
    else
        result = ask(prompt, true, wide, &len);
    if (result == PLAT_PROMPT_OK) {
        text = from_wide(wide, len);
        if (text == NULL)
            result = PLAT_PROMPT_FAILED;
        else
            (void)snprintf(line, size, "%s", text);
    }
    free(text);
    free(wide);
    return result;
}
