/*
 * The process on Windows.
 */
#include "platform/process.h"

#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "platform/files.h"
#include "platform/threads.h"
#include "platform/windows.h"
#include "platform/worker.h"

#define STOPPED_BY_SOMEBODY 0xC000013Au /* STATUS_CONTROL_C_EXIT */

/* ---- Arguments ---------------------------------------------------------------------------- */

int wmain(int argc, wchar_t **argv);
int main(int argc, char **argv);

/* With -municode the C library calls wmain. It must not expand * and ? in arguments. */
int _dowildcard = 0;

int wmain(int argc, wchar_t **argv)
{
    char **args = calloc((size_t)argc + 1, sizeof *args);

    for (int i = 0; args != NULL && i < argc; i++) {
        args[i] = from_wide(argv[i], wcslen(argv[i]));
        if (args[i] == NULL)
            return 1;
    }
    if (args == NULL)
        return 1;
    if (argc > 1 && wcscmp(argv[0], L"" PLAT_WORKER_NAME) == 0) {
        if (!worker_adopt_handles(argc, argv))
            return 1;
        argc = 1;
    }
    return main(argc, args); /* which uses args until the process ends */
}

/* ---- Stopping ----------------------------------------------------------------------------- */

/* Whether the main thread is between interruptible_begin and _end. Only then are its calls
 * cancelled: calls that clean up must not be. */
static _Thread_local bool counts;
static volatile LONG waiting;
static HANDLE main_thread;

void interruptible_begin(void)
{
    counts = GetCurrentThreadId() == GetThreadId(main_thread);
    if (counts)
        (void)InterlockedExchange(&waiting, 1);
}

void interruptible_end(void)
{
    if (counts)
        (void)InterlockedExchange(&waiting, 0);
}

#define END_WITHIN 20000 /* milliseconds; if a window is closed, the system waits 5 seconds */
#define LOOK_EVERY 50

/* The system calls this in a thread of its own. If a window was closed, the process ends as soon as
 * this returns; so it waits while the main thread cleans up. */
static BOOL WINAPI on_stop(DWORD event)
{
    stop_request();
    for (int waited = 0; waited < END_WITHIN; waited += LOOK_EVERY) {
        if (waiting != 0)
            (void)CancelSynchronousIo(main_thread);
        if (event == CTRL_C_EVENT || event == CTRL_BREAK_EVENT) {
            if (waited >= 2000)
                return TRUE;
        }
        Sleep(LOOK_EVERY);
    }
    return TRUE;
}

_Noreturn void plat_die_by_signal(void)
{
    /* Not ExitProcess, which runs what the C library does at the end of main. */
    (void)TerminateProcess(GetCurrentProcess(), STOPPED_BY_SOMEBODY);
    ExitProcess(STOPPED_BY_SOMEBODY);
}

/* ---- The beginning ------------------------------------------------------------------------ */

/* By default the C library ends the process when it is given a number that is no descriptor. */
static void on_invalid(const wchar_t *expression, const wchar_t *function, const wchar_t *file,
                       unsigned int line, uintptr_t reserved)
{
    (void)expression;
    (void)function;
    (void)file;
    (void)line;
    (void)reserved;
}

static void fill_standard_descriptors(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (!open_null(fd, fd == 0 ? _O_WRONLY : _O_RDONLY))
            ExitProcess(1);
}

/* DLLs that the system loads later must come from its own folder, not from that of the program: it
 * may be a USB stick, or the browser's download folder, where others can put files. Windows 7 has
 * this function since an update. */
static void load_from_system_only(void)
{
    typedef BOOL(WINAPI * set_folders)(DWORD);
    HMODULE kernel = GetModuleHandleW(L"kernel32.dll");
    FARPROC found = kernel == NULL ? NULL : GetProcAddress(kernel, "SetDefaultDllDirectories");

    if (found != NULL)
        (void)((set_folders)(void (*)(void))found)(LOAD_LIBRARY_SEARCH_SYSTEM32);
}

void plat_process_setup(void)
{
    load_from_system_only();
    /* Crash reports may contain memory; and a dialog would wait for somebody to answer. */
    (void)SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX);
    (void)_set_invalid_parameter_handler(on_invalid);
    fill_standard_descriptors();
    for (int fd = 0; fd <= 2; fd++)
        (void)_setmode(fd, _O_BINARY);
    (void)DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(),
                          &main_thread, 0, FALSE, DUPLICATE_SAME_ACCESS);
    (void)SetConsoleCtrlHandler(on_stop, TRUE);
}

/* ---- Threads ------------------------------------------------------------------------------ */

void signals_block(struct signal_mask *before)
{
    before->unused = 0;
}

void signals_restore(const struct signal_mask *before)
{
    (void)before;
}

void thread_interrupt(pthread_t thread)
{
    (void)CancelSynchronousIo(pthread_gethandle(thread));
}

struct thread_id thread_own_id(void)
{
    return (struct thread_id){pthread_self(), 0};
}

void thread_interrupt_id(struct thread_id id)
{
    thread_interrupt(id.thread);
}

unsigned int plat_processor_count(void)
{
    DWORD_PTR ours = 0, all = 0;
    unsigned int count = 0;

    if (GetProcessAffinityMask(GetCurrentProcess(), &ours, &all))
        for (; ours != 0; ours &= ours - 1)
            count++;
    return count < 1 ? 1 : count;
}

void *plat_alloc_large(size_t len)
{
    return malloc(len);
}

/* ---- Time --------------------------------------------------------------------------------- */

double plat_monotonic(void)
{
    LARGE_INTEGER now = {.QuadPart = 0}, a_second = {.QuadPart = 1};

    (void)QueryPerformanceCounter(&now);
    (void)QueryPerformanceFrequency(&a_second);
    return (double)now.QuadPart / (double)a_second.QuadPart;
}

static int64_t ticks(const FILETIME *t)
{
    return (int64_t)((uint64_t)t->dwHighDateTime << 32 | t->dwLowDateTime);
}

bool plat_utc_offset(int64_t sec, int *minutes)
{
    const int64_t then = (sec + SECONDS_TO_1970) * TICKS_A_SECOND;
    FILETIME utc = {(DWORD)then, (DWORD)((uint64_t)then >> 32)}, local;
    SYSTEMTIME a, b;

    if (!FileTimeToSystemTime(&utc, &a) || !SystemTimeToTzSpecificLocalTime(NULL, &a, &b) ||
        !SystemTimeToFileTime(&b, &local) || !SystemTimeToFileTime(&a, &utc))
        return false;
    *minutes = (int)((ticks(&local) - ticks(&utc)) / 600000000);
    return true;
}

/* ---- This program ------------------------------------------------------------------------- */

#define PATH_UNITS_MAX 32768

static char *own_path(void)
{
    wchar_t *wide = calloc(PATH_UNITS_MAX, sizeof *wide);
    DWORD len = wide == NULL ? 0 : GetModuleFileNameW(NULL, wide, PATH_UNITS_MAX - 1);
    char *path = len == 0 ? NULL : from_wide(wide, len);

    free(wide);
    if (path != NULL)
        path_unify(path);
    return path;
}

char *plat_program_folder(void)
{
    char *path = own_path(), *folder = NULL;
    const char *name;

    if (path != NULL && !path_split(path, &folder, &name))
        folder = NULL;
    free(path);
    return folder;
}

int plat_open_program(void)
{
    char *path = own_path();
    int fd = path == NULL ? -1 : plat_open_file(PLAT_CWD, path, true);

    free(path);
    return fd;
}
