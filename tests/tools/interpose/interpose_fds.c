/* What is known of descriptors. It is noted as they are opened, because a program in its sandbox
 * cannot look into /proc. */
#include "interpose.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FDS_KNOWN 4096

static struct known {
    char name[NAME_SIZE]; /* of its file, without folders; "" if not known */
    bool is_written;      /* a file opened for writing */
    bool is_channel;      /* a pipe or socket to another process of the program */
} known[FDS_KNOWN];

static struct known *find(int fd)
{
    return fd >= 0 && fd < FDS_KNOWN ? &known[fd] : NULL;
}

/* The name of the file, without folders; "" if it has none. name has NAME_SIZE bytes. */
static void name_of_fd(int fd, char *name)
{
    char link[64], target[4096];
    const char *last;
    ssize_t n;

    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    n = readlink(link, target, sizeof target - 1);
    target[n < 0 ? 0 : n] = '\0';
    last = strrchr(target, '/');
    (void)snprintf(name, NAME_SIZE, "%s", last == NULL ? "" : last + 1);
}

void fds_note_inherited(void)
{
    struct stat st;

    for (int fd = 0; fd < OUR_FDS; fd++)
        if (fstat(fd, &st) == 0) {
            name_of_fd(fd, known[fd].name);
            known[fd].is_channel = fd > 2 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode));
        }
}

void fd_note_opened(int fd, const char *name, bool is_written)
{
    struct known *k = find(fd);

    if (k == NULL)
        return;
    *k = (struct known){.is_written = is_written};
    (void)snprintf(k->name, sizeof k->name, "%s", name);
}

void fd_note_channel(const int fds[2])
{
    for (int i = 0; i < 2; i++)
        if (find(fds[i]) != NULL)
            *find(fds[i]) = (struct known){.is_channel = true};
}

void fd_note_closed(int fd)
{
    if (find(fd) != NULL)
        *find(fd) = (struct known){.is_written = false};
}

bool fd_is_called(int fd, const char *name)
{
    const struct known *k = find(fd);
    size_t len, ending_len;

    if (k == NULL)
        return false;
    if (*name != '*')
        return strcmp(k->name, name) == 0;
    len = strlen(k->name);
    ending_len = strlen(name + 1);
    return len >= ending_len && strcmp(k->name + len - ending_len, name + 1) == 0;
}

bool fd_is_written(int fd)
{
    return find(fd) != NULL && find(fd)->is_written;
}

bool fd_is_output(int fd)
{
    return fd != STDERR_FILENO && find(fd) != NULL && !find(fd)->is_channel;
}
