/*
 * A worker on Windows: this program started again, with two pipes between us. It inherits only the
 * handles that it is to have. A job object ends it when we end, and keeps it from starting programs
 * and from using the desktop.
 */
#include "platform/worker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "platform/files.h"
#include "platform/windows.h"

#define KILLED_BY_US 0x5ea1dead

/* The pipes and the descriptors; the job comes on top. */
#define GIVEN_MAX (3 + PLAT_WORKER_FDS_MAX + PLAT_WORKER_MORE_MAX)

struct given {
    size_t count;
    HANDLE handle[GIVEN_MAX + 1];
    unsigned int place[GIVEN_MAX + 1];
};

/* Adds an inheritable duplicate of the handle, which given_close closes. */
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

/* what: JOB_OBJECT_UILIMIT_ bits; 0 allows all. */
static void restrict_screen(HANDLE job, DWORD what)
{
    JOBOBJECT_BASIC_UI_RESTRICTIONS screen = {what};

    (void)SetInformationJobObject(job, JobObjectBasicUIRestrictions, &screen, sizeof screen);
}

/* A job with these limits cannot be nested in another job, in which we are if a scheduler or
 * Windows Terminal started us. Then it goes without them. */
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

/* A job that ends its process when its last handle, ours, is closed. */
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

/* The worker's name and what it inherits; malloc'ed. */
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

/* The one variable that the system's libraries need. */
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

/* Outside the job that we are in, if that permits it: Windows 7 puts some programs into a job, and
 * cannot nest jobs. */
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

/* Where the worker cannot be put into a job (Windows 7, if we are in one), it still ends: killed by
 * plat_worker_wait, or when the pipes close. */
static bool start(struct plat_worker *w, struct given *g, HANDLE job)
{
    PROCESS_INFORMATION made;
    wchar_t *line = NULL;
    bool done;

    /* For limit_memory, which closes it: while the worker has it, the job would outlive us. */
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

int plat_worker_start(struct plat_worker *w, int feed, const int *fds, size_t fd_count,
                      const int *more, size_t more_count)
{
    struct given g = {.count = 0};
    HANDLE hears[2] = {NULL, NULL}, says[2] = {NULL, NULL}, job = make_job();
    bool done;

    *w = (struct plat_worker){.from = -1, .to = -1, .process = 0};
    done = CreatePipe(&hears[0], &hears[1], NULL, 0) && CreatePipe(&says[0], &says[1], NULL, 0);
    if (!done)
        (void)fail_last_error();
    done = done && (feed < 0 || give(&g, handle_of(feed), PLAT_WORKER_FD_FEED)) &&
           give(&g, hears[0], PLAT_WORKER_FD_IN) && give(&g, says[1], PLAT_WORKER_FD_OUT);
    for (size_t i = 0; i < fd_count && done; i++)
        done = fds[i] < 0 || give(&g, handle_of(fds[i]), PLAT_WORKER_FD_FIRST + (unsigned int)i);
    for (size_t i = 0; i < more_count && done; i++)
        done = give(&g, handle_of(more[i]), PLAT_WORKER_FD_MORE + (unsigned int)i);
    done = done && start(w, &g, job);
    given_close(&g);
    (void)CloseHandle(hears[0]);
    (void)CloseHandle(says[1]);
    w->to = done ? descriptor_of(hears[1]) : -1;
    w->from = done ? descriptor_of(says[0]) : -1;
    /* job stays open until this process ends, which then ends the worker. */
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

/* Exit codes from here on are the status ([MS-ERREF] 2.3.1) with which the system ended it. */
#define BY_SYSTEM 0x80000000u
#define BY_ABORT 3 /* of the C library */

/* Errors in memory accesses and arithmetic, which hostile content can cause. */
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

/* The program could not be started: its DLLs are missing or blocked, or resources are short. */
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

        /* A broken pipe can be read: to its end. */
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

bool plat_worker_is_shut_out(const int *fds, size_t count)
{
    (void)fds;
    (void)count;
    return false;
}
