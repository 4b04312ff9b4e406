/*
 * What a worker does, seen from outside, on Windows.
 */
#include "platform/worker.h"

#include "platform/windows.h"

static double seconds_of(const FILETIME *t)
{
    return ((double)t->dwHighDateTime * 4294967296.0 + (double)t->dwLowDateTime) / 1e7;
}

bool plat_worker_cpu(const struct plat_worker *w, double *seconds)
{
    FILETIME begin, end, kernel, user;

    if (!GetProcessTimes((HANDLE)w->process, &begin, &end, &kernel, &user))
        return false;
    *seconds = seconds_of(&kernel) + seconds_of(&user);
    return true;
}

/* Whether a pipe is full cannot be asked, nor whether a process waits for a disk. */
enum plat_waits plat_worker_waits(const struct plat_worker *w, int in, int out)
{
    (void)w;
    for (int i = 0; i < 2; i++) {
        int fd = i == 0 ? in : out;

        if (fd >= 0 && GetFileType(handle_of(fd)) != FILE_TYPE_DISK)
            return PLAT_WAITS_PIPE;
    }
    return PLAT_WAITS_DISK;
}
