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

#include "platform/posix.h"

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

/* The state of a thread: a letter behind the name in proc(5)'s stat. The name may have any bytes.
 */
static char state_of(int tasks, const char *thread)
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
    return end != NULL && strncmp(end, ") ", 2) == 0 ? end[2] : '\0';
}

static enum plat_waits waits_of(char state)
{
    switch (state) {
    case 'D': /* sleeps until an access to a disk ends */
        return PLAT_WAITS_DISK;
    case 'T': /* stopped, by a user or a debugger: it cannot stop itself */
    case 't':
        return PLAT_WAITS_PIPE;
    default:
        return PLAT_WAITS_NOT;
    }
}

/* What those of its threads wait for that tell most. Without procfs nobody tells. */
static enum plat_waits threads_wait(const struct plat_worker *w)
{
    enum plat_waits most = PLAT_WAITS_NOT;
    char path[64];
    const struct dirent *thread;
    DIR *tasks;

    (void)snprintf(path, sizeof path, "/proc/%ld/task", (long)w->process);
    tasks = opendir(path);
    if (tasks == NULL)
        return PLAT_WAITS_DISK;
    while ((thread = readdir(tasks)) != NULL) {
        enum plat_waits waits = waits_of(state_of(dirfd(tasks), thread->d_name));

        if (waits > most)
            most = waits;
    }
    (void)closedir(tasks);
    return most;
}

/* A file system of a network, or of another process, may take long to answer. Whoever waits for it
 * looks to the system like one that waits for nothing. */
static enum plat_waits files_may_wait(int in, int out)
{
    bool are_near = (in < 0 || is_local(in)) && (out < 0 || is_local(out));

    return are_near ? PLAT_WAITS_NOT : PLAT_WAITS_DISK;
}

enum plat_waits plat_worker_waits(const struct plat_worker *w, int in, int out)
{
    enum plat_waits waits;

    if (!is_ready(in, POLLIN) || !is_ready(out, POLLOUT))
        return PLAT_WAITS_PIPE;
    waits = threads_wait(w);
    return waits == PLAT_WAITS_NOT ? files_may_wait(in, out) : waits;
}
