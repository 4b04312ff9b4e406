/*
 * What a worker does, seen from outside, on POSIX systems.
 */
#include "platform/worker.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

bool plat_worker_cpu(const struct plat_worker *w, double *seconds)
{
    struct timespec used;
    clockid_t clock;

    if (w->process <= 0 || clock_getcpuclockid((pid_t)w->process, &clock) != 0 ||
        clock_gettime(clock, &used) != 0)
        return false;
    *seconds = (double)used.tv_sec + (double)used.tv_nsec / 1e9;
    return true;
}

static bool is_ready(int fd, short events)
{
    struct pollfd p = {.fd = fd, .events = events};

    return fd < 0 || poll(&p, 1, 0) != 0;
}

/* Whether that thread sleeps in a way that only the end of an access to a disk ends: "D" behind the
 * name in proc(5)'s stat. The name may have any bytes. */
static bool sleeps_for_disk(int tasks, const char *thread)
{
    char path[64], text[512], *end;
    ssize_t n = -1;
    int fd;

    (void)snprintf(path, sizeof path, "%.16s/stat", thread);
    fd = openat(tasks, path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0)
        n = read(fd, text, sizeof text - 1);
    if (fd >= 0)
        (void)close(fd);
    text[n < 0 ? 0 : n] = '\0';
    end = strrchr(text, ')');
    return end != NULL && strncmp(end, ") D", 3) == 0;
}

/* Without procfs nobody tells. */
static bool waits_for_disk(const struct plat_worker *w)
{
    char path[64];
    const struct dirent *thread;
    bool waits = false;
    DIR *tasks;

    (void)snprintf(path, sizeof path, "/proc/%ld/task", (long)w->process);
    tasks = opendir(path);
    if (tasks == NULL)
        return true;
    while (!waits && (thread = readdir(tasks)) != NULL)
        waits = sleeps_for_disk(dirfd(tasks), thread->d_name);
    (void)closedir(tasks);
    return waits;
}

enum plat_waits plat_worker_waits(const struct plat_worker *w, int in, int out)
{
    if (!is_ready(in, POLLIN) || !is_ready(out, POLLOUT))
        return PLAT_WAITS_PIPE;
    return waits_for_disk(w) ? PLAT_WAITS_DISK : PLAT_WAITS_NOT;
}
