/*
 * maketree: trees that a shell makes slowly or not at all.
 *
 *     maketree many DIR COUNT      COUNT small files, a thousand to a folder
 *     maketree deep DIR LEVELS     folders in each other, names of 200 bytes, a file in each
 *     maketree chain DIR LEVELS    the same, names of one byte; sorted, each file comes first
 *     maketree socket PATH         a socket, left lying there
 *     maketree noise FILE LEN      bytes that no compression makes smaller; FILE - is the output
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static void fail(const char *what)
{
    fprintf(stderr, "maketree: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void put_file(int at, const char *name, const char *text)
{
    int fd = openat(at, name, O_WRONLY | O_CREAT | O_EXCL, 0644);

    if (fd < 0 || write(fd, text, strlen(text)) < 0 || close(fd) != 0)
        fail(name);
}

static int enter(int at, const char *name)
{
    int fd;

    if (mkdirat(at, name, 0755) != 0 && errno != EEXIST)
        fail(name);
    fd = openat(at, name, O_RDONLY | O_DIRECTORY);
    if (fd < 0)
        fail(name);
    if (at != AT_FDCWD)
        close(at);
    return fd;
}

static void make_many(const char *path, long count)
{
    int fd = -1;

    for (long i = 0; i < count; i++) {
        char name[64];

        if (i % 1000 == 0) {
            if (fd >= 0)
                close(fd);
            (void)snprintf(name, sizeof name, "folder-%04ld", i / 1000);
            fd = enter(enter(AT_FDCWD, path), name);
        }
        (void)snprintf(name, sizeof name, "file-%06ld.txt", i);
        put_file(fd, name, name);
    }
}

static void make_deep(const char *path, long levels, const char *letters, size_t name_len)
{
    int fd = enter(AT_FDCWD, path);

    for (long i = 0; i < levels; i++) {
        char name[201];

        memset(name, letters[(size_t)i % strlen(letters)], name_len);
        name[name_len] = '\0';
        fd = enter(fd, name);
        put_file(fd, "file", name);
    }
}

static void make_socket(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0)
        fail(path);
}

/* xorshift64*: not for secrets, but zstd finds nothing in it. */
static void make_noise(const char *path, long long len)
{
    static uint64_t buf[8192];
    uint64_t x = 88172645463325252U;
    int fd = strcmp(path, "-") == 0 ? 1 : open(path, O_WRONLY | O_CREAT | O_EXCL, 0644);

    while (fd >= 0 && len > 0) {
        size_t want = len < (long long)sizeof buf ? (size_t)len : sizeof buf;
        const char *p = (const char *)buf;

        for (size_t i = 0; i < sizeof buf / sizeof *buf; i++) {
            x ^= x >> 12;
            x ^= x << 25;
            x ^= x >> 27;
            buf[i] = x * 2685821657736338717U;
        }
        len -= (long long)want;
        while (want > 0) {
            ssize_t n = write(fd, p, want);

            if (n < 0)
                fail(path);
            p += n;
            want -= (size_t)n;
        }
    }
    if (fd < 0 || close(fd) != 0)
        fail(path);
}

int main(int argc, char **argv)
{
    const char *command = argc > 2 ? argv[1] : "";

    if (strcmp(command, "many") == 0 && argc == 4)
        make_many(argv[2], atol(argv[3]));
    else if (strcmp(command, "deep") == 0 && argc == 4)
        make_deep(argv[2], atol(argv[3]), "abcdefghijklmnopqrstuvwxyz", 200);
    else if (strcmp(command, "chain") == 0 && argc == 4)
        make_deep(argv[2], atol(argv[3]), "z", 1);
    else if (strcmp(command, "socket") == 0)
        make_socket(argv[2]);
    else if (strcmp(command, "noise") == 0 && argc == 4)
        make_noise(argv[2], atoll(argv[3]));
    else
        return 2;
    return 0;
}
