/*
 * A worker on Windows: this program once more, with two pipes between us. Of ours it inherits the
 * handles that it is given and nothing else. It lies in a job, which ends it when we end, lets it
 * start no other program and keeps it off what is on the screen. Which files it may touch the
 * system cannot be told without more rights than a user has: that piece of the cage is missing
 * here, and is said to be.
 */
#include "platform/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform/crew.h"
#include "platform/files.h"
#include "platform/process.h"
#include "platform/windows.h"

#define KILLED_BY_US 0x5ea1dead

/* What it gets: a number for each place, and behind them that of the job. */
#define GIVEN_MAX (2 + PLAT_WORKER_FDS_MAX + PLAT_WORKER_MORE_MAX)

struct given {
    size_t count;
    HANDLE handle[GIVEN_MAX + 1];
    unsigned int place[GIVEN_MAX + 1];
};

/* A copy of it that can be inherited, which is closed with the others. */
static bool give(struct given *g, HANDLE handle, unsigned int place)
{
    HANDLE copy;

    if (handle == INVALID_HANDLE_VALUE ||
        !DuplicateHandle(GetCurrentProcess(), handle, GetCurrentProcess(), &copy, 0, TRUE,
                         DUPLICATE_SAME_ACCESS)) {
        (void)fail_last_error();
        return false;
    }
    g->handle[g->count] = copy;
    g->place[g->count++] = place;
    return true;
}

static void given_close(struct given *g)
{
    for (size_t i = 0; i < g->count; i++)
        (void)CloseHandle(g->handle[i]);
}

/* What of the screen it can do nothing with; 0: all is allowed. */
static void restrict_screen(HANDLE job, DWORD what)
{
    JOBOBJECT_BASIC_UI_RESTRICTIONS screen = {what};

    (void)SetInformationJobObject(job, JobObjectBasicUIRestrictions, &screen, sizeof screen);
}

/* A job that limits that cannot lie within another one, as what was started by a scheduler or by a
 * window of the newer kind does. */
static void put_into_job(HANDLE process, HANDLE job)
{
    restrict_screen(job, JOB_OBJECT_UILIMIT_HANDLES | JOB_OBJECT_UILIMIT_READCLIPBOARD |
                             JOB_OBJECT_UILIMIT_WRITECLIPBOARD |
                             JOB_OBJECT_UILIMIT_SYSTEMPARAMETERS |
                             JOB_OBJECT_UILIMIT_DISPLAYSETTINGS | JOB_OBJECT_UILIMIT_GLOBALATOMS |
                             JOB_OBJECT_UILIMIT_DESKTOP | JOB_OBJECT_UILIMIT_EXITWINDOWS);
    if (AssignProcessToJobObject(job, process))
        return;
    restrict_screen(job, JOB_OBJECT_UILIMIT_NONE);
    (void)AssignProcessToJobObject(job, process);
}

/* Ends what is in it when its last handle is closed, which is ours. */
static HANDLE make_job(void)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {
        .BasicLimitInformation = {.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE |
                                                JOB_OBJECT_LIMIT_ACTIVE_PROCESS |
                                                JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION,
                                  .ActiveProcessLimit = 1}};
    HANDLE job = CreateJobObjectW(NULL, NULL);

    if (job == NULL)
        return NULL;
    if (!SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits)) {
        (void)CloseHandle(job);
        return NULL;
    }
    return job;
}

/* Its name, and what it gets; malloc'ed. */
static wchar_t *command_line(const struct given *g)
{
    struct buffer b = {0};
    enum seal_status status = buffer_printf(&b, PLAT_WORKER_NAME);
    wchar_t *line;

    for (size_t i = 0; i < g->count && status == SEAL_OK; i++)
        status =
            buffer_printf(&b, " %x=%llx", g->place[i], (unsigned long long)(uintptr_t)g->handle[i]);
    line = status == SEAL_OK ? to_wide((const char *)b.data, NULL) : NULL;
    if (status != SEAL_OK)
        errno = ENOMEM;
    buffer_free(&b);
    return line;
}

/* What the system's own libraries need, and nothing of the user's. */
static wchar_t *worker_environment(void)
{
    static const wchar_t name[] = L"SystemRoot";
    DWORD room = GetEnvironmentVariableW(name, NULL, 0);
    size_t len = wcslen(name);
    wchar_t *block = calloc(len + room + 3, sizeof *block);

    if (block == NULL || room == 0)
        return block;
    memcpy(block, name, len * sizeof *block);
    block[len] = L'=';
    (void)GetEnvironmentVariableW(name, block + len + 1, room);
    return block;
}

/* Out of the job that we are in ourselves, if that lets go: Windows 7 puts programs into one that
 * it looks after, and knows no jobs within jobs. */
static bool create_outside(const wchar_t *program, wchar_t *line, wchar_t *environment,
                           STARTUPINFOEXW *how, PROCESS_INFORMATION *made)
{
    const DWORD flags = CREATE_SUSPENDED | DETACHED_PROCESS | CREATE_UNICODE_ENVIRONMENT |
                        EXTENDED_STARTUPINFO_PRESENT;

    return CreateProcessW(program, line, NULL, NULL, TRUE, flags | CREATE_BREAKAWAY_FROM_JOB,
                          environment, NULL, &how->StartupInfo, made) ||
           CreateProcessW(program, line, NULL, NULL, TRUE, flags, environment, NULL,
                          &how->StartupInfo, made);
}

static bool create_process(PROCESS_INFORMATION *made, const struct given *g, wchar_t *line)
{
    STARTUPINFOEXW how = {.StartupInfo = {.cb = sizeof how}};
    wchar_t *program = calloc(32768, sizeof *program), *environment = worker_environment();
    SIZE_T size = 0;
    bool done = false;

    (void)InitializeProcThreadAttributeList(NULL, 1, 0, &size);
    how.lpAttributeList = malloc(size);
    if (program != NULL && environment != NULL && how.lpAttributeList != NULL &&
        GetModuleFileNameW(NULL, program, 32767) != 0 &&
        InitializeProcThreadAttributeList(how.lpAttributeList, 1, 0, &size)) {
        done = UpdateProcThreadAttribute(how.lpAttributeList, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST,
                                         (void *)(uintptr_t)g->handle,
                                         g->count * sizeof g->handle[0], NULL, NULL) &&
               create_outside(program, line, environment, &how, made);
        if (!done)
            (void)fail_last_error();
        DeleteProcThreadAttributeList(how.lpAttributeList);
    } else {
        errno = ENOMEM;
    }
    free(how.lpAttributeList);
    free(environment);
    free(program);
    return done;
}

/* Where it cannot be put into a job (Windows 7, if we are in one), it is killed by
 * plat_worker_wait, and ends by itself when the pipes do. */
static bool start(struct plat_worker *w, struct given *g, HANDLE job)
{
    PROCESS_INFORMATION made;
    wchar_t *line = NULL;
    bool done;

    /* Only what the worker needs to set its limits: with its own handle the job would live on. */
    if (job != NULL)
        IGNORE_RESULT(give(g, job, JOB_PLACE)); /* then a limit is missing, which is reported */
    line = command_line(g);
    done = line != NULL && create_process(&made, g, line);
    free(line);
    if (!done)
        return false;
    if (job != NULL)
        put_into_job(made.hProcess, job);
    (void)ResumeThread(made.hThread);
    (void)CloseHandle(made.hThread);
    w->process = (intptr_t)made.hProcess;
    return true;
}

int plat_worker_start(struct plat_worker *w, const int *fds, size_t fd_count, const int *more,
                      size_t more_count)
{
    struct given g = {.count = 0};
    HANDLE hears[2] = {NULL, NULL}, says[2] = {NULL, NULL}, job = make_job();
    bool done;

    *w = (struct plat_worker){.from = -1, .to = -1, .process = 0};
    done = CreatePipe(&hears[0], &hears[1], NULL, 0) && CreatePipe(&says[0], &says[1], NULL, 0);
    if (!done)
        (void)fail_last_error();
    done = done && give(&g, hears[0], PLAT_WORKER_FD_IN) && give(&g, says[1], PLAT_WORKER_FD_OUT);
    for (size_t i = 0; i < fd_count && done; i++)
        done = give(&g, handle_of(fds[i]), PLAT_WORKER_FD_FIRST + (unsigned int)i);
    for (size_t i = 0; i < more_count && done; i++)
        done = give(&g, handle_of(more[i]), PLAT_WORKER_FD_MORE + (unsigned int)i);
    done = done && start(w, &g, job);
    given_close(&g);
    (void)CloseHandle(hears[0]);
    (void)CloseHandle(says[1]);
    w->to = done ? descriptor_of(hears[1]) : -1;
    w->from = done ? descriptor_of(says[0]) : -1;
    /* Ours ends with us, and so does the worker: nobody else closes it. */
    return done ? 0 : -1;
}

void plat_worker_disconnect(struct plat_worker *w)
{
    if (w->from >= 0)
        (void)plat_close(w->from);
    if (w->to >= 0)
        (void)plat_close(w->to);
    w->from = w->to = -1;
}

bool plat_worker_has_ended(const struct plat_worker *w, int milliseconds)
{
    for (int waited = 0; waited < milliseconds && !stop_requested(); waited += 10)
        if (WaitForSingleObject((HANDLE)w->process, 10) == WAIT_OBJECT_0)
            return true;
    return false;
}

/* Codes of the system ([MS-ERREF] 2.3.1) from here on are for what it ended itself. */
#define BY_SYSTEM 0x80000000u
#define BY_ABORT 3 /* of the C library */

/* What content could have brought about: mistakes in memory and in numbers. */
static bool is_crash(DWORD code)
{
    static const DWORD crashes[] = {
        0x80000002, 0x80000003, 0xC0000005, 0xC000001D, 0xC0000025, 0xC0000026,
        0xC000008C, 0xC000008D, 0xC000008E, 0xC000008F, 0xC0000090, 0xC0000091,
        0xC0000092, 0xC0000093, 0xC0000094, 0xC0000095, 0xC0000096, 0xC00000FD,
        0xC0000374, 0xC0000409, 0xC0000417, 0xC0000602,
    };

    for (size_t i = 0; i < sizeof crashes / sizeof crashes[0]; i++)
        if (code == crashes[i])
            return true;
    return code == BY_ABORT;
}

/* Its libraries were not there or not let in, or there was no room for one more. */
static bool is_bad_start(DWORD code)
{
    return code == 0xC000007B || code == 0xC0000135 || code == 0xC0000138 || code == 0xC0000139 ||
           code == 0xC0000142 || code == 0xC0000428;
}

static enum plat_worker_end end_of(DWORD code)
{
    if (code == 0)
        return PLAT_WORKER_DONE;
    if (is_crash(code))
        return PLAT_WORKER_CRASHED;
    if (code == KILLED_BY_US || (code >= BY_SYSTEM && !is_bad_start(code)))
        return PLAT_WORKER_KILLED;
    return PLAT_WORKER_FAILED;
}

enum plat_worker_end plat_worker_wait(struct plat_worker *w, bool kill)
{
    HANDLE process = (HANDLE)w->process;
    DWORD code = 1;

    if (kill)
        (void)TerminateProcess(process, KILLED_BY_US);
    (void)WaitForSingleObject(process, INFINITE);
    (void)GetExitCodeProcess(process, &code);
    (void)CloseHandle(process);
    w->process = 0;
    return end_of(code);
}

bool plat_wait_readable(int fd, int milliseconds)
{
    HANDLE handle = handle_of(fd);

    for (int waited = 0, pause = 1; waited <= milliseconds; waited += pause) {
        DWORD there = 0;

        /* A pipe that is broken can be read to its end. */
        if (!PeekNamedPipe(handle, NULL, 0, NULL, &there, NULL) || there > 0)
            return true;
        if (stop_requested())
            return false;
        Sleep((DWORD)pause);
        pause = pause < 16 ? pause * 2 : pause;
    }
    return false;
}

void plat_chown_to_worker(int fd)
{
    (void)fd;
}

int plat_chown_from_worker(int fd)
{
    (void)fd;
    return 0;
}
