/* What the process has and is: descriptors, arguments, environment, rights and limits. */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* From here on are descriptors that the program neither gets nor is given by number. */
#define OUR_FDS 400
#define OUR_FDS_MAX 8

static int our_fds[OUR_FDS_MAX], our_fd_count;
static int status_fd = -1, limits_fd = -1;

int open_out_of_the_way(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC), up = -1;

    if (fd >= 0)
        up = fcntl(fd, F_DUPFD_CLOEXEC, OUR_FDS);
    if (fd >= 0)
        (void)REAL(close)(fd);
    if (up < 0 || our_fd_count == OUR_FDS_MAX)
        abort();
    our_fds[our_fd_count++] = up;
    return up;
}

static bool is_our_fd(int fd)
{
    for (int i = 0; i < our_fd_count; i++)
        if (our_fds[i] == fd)
            return true;
    return false;
}

void state_open(void)
{
    status_fd = open_out_of_the_way("/proc/self/status");
    limits_fd = open_out_of_the_way("/proc/self/limits");
}

/* The file from its beginning. */
static void read_text(int fd, char *text, size_t size)
{
    long n = real_syscall(SYS_pread64, fd, text, size - 1, 0L);

    text[n < 0 ? 0 : n] = '\0';
}

long long state_file_size_limit(void)
{
    char text[4096];
    long long limit;
    const char *line;

    read_text(limits_fd, text, sizeof text);
    line = strstr(text, "Max file size");
    return line != NULL && sscanf(line, "Max file size %lld", &limit) == 1 ? limit : -1;
}

static const char *kind_of(const struct stat *st)
{
    switch (st->st_mode & S_IFMT) {
    case S_IFREG:
        return "file";
    case S_IFDIR:
        return "folder";
    case S_IFSOCK:
        return "socket";
    case S_IFIFO:
        return "pipe";
    case S_IFCHR: /* /dev/null */
        return st->st_rdev == makedev(1, 3) ? "nothing" : "other";
    default:
        return "other";
    }
}

void report_descriptors(void)
{
    struct stat st;

    for (int fd = 0; fd < 1024; fd++)
        if (!is_our_fd(fd) && real_syscall(SYS_fstat, fd, &st) == 0)
            report("open %d %s\n", fd, kind_of(&st));
}

/* The lines of a file, each behind that word. */
static void report_file(const char *word, int fd)
{
    char text[8192];

    read_text(fd, text, sizeof text);
    for (char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = '\0';
        report("%s %s\n", word, line);
    }
}

void report_state(void)
{
    report_descriptors();
    report_file("status", status_fd);
    report_file("limit", limits_fd);
}

void report_start(void)
{
    extern char **environ;
    char text[4096] = "";
    int fd = open("/proc/self/cmdline", O_RDONLY);
    long n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);

    (void)close(fd);
    report("started %s %ld\n", process_name(), (long)own_pid);
    report("abi %ld\n",
           real_syscall(LANDLOCK_CREATE_RULESET, NULL, 0L, (long)LANDLOCK_TELL_VERSION));
    if (!is_worker())
        return;
    for (const char *arg = text; arg < text + n; arg += strlen(arg) + 1)
        report("arg %s\n", arg);
    for (char **e = environ; *e != NULL; e++)
        report("env %.*s\n", (int)strcspn(*e, "="), *e);
}
