/*
 * What a worker on Windows does when it starts: it adopts the handles that it inherited, and enters
 * the cage. Windows has no way for an ordinary user to restrict which files and system calls a
 * process may use, so those parts of the cage are missing, and plat_cage_enter returns that.
 */
#include "platform/worker.h"

#include <fcntl.h>
#include <io.h>
#include <stdlib.h>

#include "platform/crew.h"
#include "platform/windows.h"

/* The job object that the parent put this process into, for limit_memory; NULL: none. */
static HANDLE job_of_worker;

static bool take_given(const wchar_t *text)
{
    wchar_t *end;
    unsigned long place = wcstoul(text, &end, 16);
    HANDLE handle;
    int fd;

    if (*end != L'=')
        return false;
    handle = (HANDLE)(uintptr_t)_wcstoui64(end + 1, &end, 16);
    (void)SetHandleInformation(handle, HANDLE_FLAG_INHERIT, 0);
    if (place == JOB_PLACE) {
        job_of_worker = handle;
        return true;
    }
    fd = descriptor_of(handle);
    if (fd == (int)place)
        return true;
    if (fd < 0 || place >= DESCRIPTORS_MAX || _dup2(fd, (int)place) != 0)
        return false;
    return _close(fd) == 0;
}

bool worker_adopt_handles(int argc, wchar_t **argv)
{
    /* Occupies the numbers below, so that no new descriptor gets one of them. */
    for (int fd = 0; fd < PLAT_WORKER_FD_FIRST; fd++)
        if (!open_null(fd, _O_RDWR))
            return false;
    for (int i = argc - 1; i > 0; i--)
        if (!take_given(argv[i]))
            return false;
    return true;
}

/* Removes all privileges for good, except the one that every process has: it skips the check of
 * rights on the folders above a file. */
static bool drop_privileges(void)
{
    const DWORD passing_through = 23; /* SE_CHANGE_NOTIFY_PRIVILEGE ([MS-LSAD] 3.1.1.2.1) */
    union {
        TOKEN_PRIVILEGES privileges;
        char room[2048];
    } all;
    DWORD len = 0;
    HANDLE token;
    bool done;

    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY, &token))
        return false;
    done = GetTokenInformation(token, TokenPrivileges, &all, sizeof all, &len);
    for (DWORD i = 0; done && i < all.privileges.PrivilegeCount; i++) {
        LUID_AND_ATTRIBUTES *privilege = &all.privileges.Privileges[i];

        if (privilege->Luid.HighPart != 0 || privilege->Luid.LowPart != passing_through)
            privilege->Attributes = SE_PRIVILEGE_REMOVED;
    }
    done = done && AdjustTokenPrivileges(token, FALSE, &all.privileges, 0, NULL, NULL);
    (void)CloseHandle(token);
    return done;
}

static bool limit_memory(uint64_t more)
{
    PROCESS_MEMORY_COUNTERS now = {.cb = sizeof now};
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits;
    BOOL is_inside = FALSE;
    bool done;

    if (job_of_worker == NULL)
        return false;
    done = IsProcessInJob(GetCurrentProcess(), job_of_worker, &is_inside) && is_inside &&
           GetProcessMemoryInfo(GetCurrentProcess(), &now, sizeof now) &&
           QueryInformationJobObject(job_of_worker, JobObjectExtendedLimitInformation, &limits,
                                     sizeof limits, NULL);
    if (done) {
        limits.BasicLimitInformation.LimitFlags |= JOB_OBJECT_LIMIT_PROCESS_MEMORY;
        limits.ProcessMemoryLimit = now.PagefileUsage + (SIZE_T)more;
        done = SetInformationJobObject(job_of_worker, JobObjectExtendedLimitInformation, &limits,
                                       sizeof limits);
    }
    (void)CloseHandle(job_of_worker);
    job_of_worker = NULL;
    return done;
}

unsigned int plat_cage_enter(const struct plat_cage *cage, struct crew **crew)
{
    bool is_limited, is_nobody;

    *crew = crew_try_new(cage->threads);
    is_nobody = drop_privileges();
    is_limited = limit_memory(cage->memory);
    return PLAT_CAGE_FILES | PLAT_CAGE_CALLS | (is_nobody ? 0 : PLAT_CAGE_PRIVILEGES) |
           (is_limited ? 0 : PLAT_CAGE_LIMITS);
}
