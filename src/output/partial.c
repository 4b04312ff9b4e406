/*
 * Files and folders that are not finished yet: their names, and what becomes of those whose maker
 * was killed. The maker holds a lock for as long as it works, and a lock ends with its program: so
 * what nobody has locked is left over.
 */
#include "output/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

/* A name may have 255 bytes on most systems. */
#define BASE_MAX 200
#define DIGITS 8
#define ENDING ".partial"
/* Behind the base. */
#define MARK_LEN (1 + DIGITS + sizeof ENDING - 1)

/* How often a new one may fall into the hands of another program that cleans up. */
#define TRIES_MAX 16

/* ---- Names -------------------------------------------------------------------------------- */

/* How much of the name stays, whole characters. */
static size_t base_len(const char *name)
{
    size_t len = strnlen(name, BASE_MAX + 1);

    for (len = len < BASE_MAX ? len : BASE_MAX; len > 0 && ((uint8_t)name[len] & 0xc0) == 0x80;)
        len--;
    return len;
}

/* The first digit is none that stands in a number: a date in a name that somebody chose
 * (notes.20261122.partial) makes it none of ours. */
static uint32_t draw_digits(void)
{
    return randombytes_random() | UINT32_C(0xa0000000);
}

/* NAME.xxxxxxxx.partial, malloc'ed, or NULL with errno. */
static char *partial_name(const char *name)
{
    struct buffer b = {0};

    if (buffer_printf(&b, "%.*s.%08x" ENDING, (int)base_len(name), name,
                      (unsigned int)draw_digits()) != SEAL_OK) {
        buffer_free(&b);
        errno = ENOMEM;
        return NULL;
    }
    return (char *)b.data;
}

/* How long the base is; 0: it is no name of ours. */
static size_t partial_base_len(const char *name)
{
    size_t len = strlen(name), base = len - MARK_LEN;

    if (len <= MARK_LEN || name[base] != '.' || strcmp(name + len - strlen(ENDING), ENDING) != 0)
        return 0;
    if (strchr("abef", name[base + 1]) == NULL) /* see draw_digits */
        return 0;
    return strspn(name + base + 1, "0123456789abcdef") == DIGITS ? base : 0;
}

/* ---- What is left over -------------------------------------------------------------------- */

struct search {
    int dirfd;
    bool is_exposed;
    const char *name; /* NULL: is_name says */
    bool (*is_name)(const char *name, size_t len);
    void (*tell)(const char *name, enum leftover_fate fate, int sys);
};

/* Its maker may have given it its name between two calls of ours. */
static bool is_still_called(int fd, int dirfd, const char *name)
{
    struct plat_stat now, open;

    return plat_stat_at(dirfd, name, false, &now) == 0 && plat_stat_fd(fd, &open) == 0 &&
           now.inode == open.inode && now.device == open.device;
}

static bool is_young(int fd)
{
    struct plat_stat st;

    return plat_stat_fd(fd, &st) == 0 && st.changed.sec >= clock_now().sec - 1;
}

/* fd -1: a folder is empty. */
static int remove_it(int dirfd, const char *name, bool is_dir, int fd, bool may_stop)
{
    return is_dir ? plat_remove_tree(dirfd, name, fd, may_stop) : plat_unlink(dirfd, name);
}

/* Open and locked: nobody works on it. -1 with errno; EINVAL: it is no leftover; EWOULDBLOCK:
 * somebody works on it; ENOTSUP: it cannot be told. */
static int take(int dirfd, const char *name, bool *is_dir)
{
    int fd = plat_open_owned(dirfd, name, is_dir), saved;

    if (fd < 0 || plat_lock_try(fd) == 0)
        return fd;
    saved = errno == EWOULDBLOCK ? EWOULDBLOCK : ENOTSUP;
    (void)plat_close(fd);
    errno = saved;
    return -1;
}

/* Twice, if need be. One that was made just now may not have been locked yet: its maker would
 * notice that it was taken, and make another, but nobody is to be told of a leftover that was none.
 * And a worker dies a moment after the program that was killed. */
static int take_for_good(int dirfd, const char *name, bool *is_dir)
{
    int fd = take(dirfd, name, is_dir);

    if (fd < 0 ? errno != EWOULDBLOCK : !is_young(fd))
        return fd;
    if (fd >= 0)
        (void)plat_close(fd);
    (void)nanosleep(&(struct timespec){0, 50000000}, NULL);
    return take(dirfd, name, is_dir);
}

static void remove_leftover(const struct search *s, const char *name)
{
    bool is_dir = false;
    int fd = take_for_good(s->dirfd, name, &is_dir);

    if (fd < 0) {
        if (errno == ENOTSUP)
            s->tell(name, LEFTOVER_DOUBTFUL, 0);
        else if (errno != EINVAL && errno != ENOENT && errno != EWOULDBLOCK)
            s->tell(name, LEFTOVER_STAYS, errno);
        return;
    }
    if (is_still_called(fd, s->dirfd, name)) {
        /* A file they could have removed themselves, but not a folder of ours and all in it. */
        if (is_dir && s->is_exposed)
            s->tell(name, LEFTOVER_EXPOSED, 0);
        else if (remove_it(s->dirfd, name, is_dir, fd, true) == 0)
            s->tell(name, LEFTOVER_REMOVED, 0);
        else
            s->tell(name, LEFTOVER_STAYS, errno);
    }
    (void)plat_close(fd);
}

static int look_at(void *ctx, const char *entry)
{
    const struct search *s = ctx;
    size_t len = partial_base_len(entry);
    bool wanted = s->name != NULL ? len == base_len(s->name) && memcmp(entry, s->name, len) == 0
                                  : s->is_name(entry, len);

    if (len > 0 && wanted)
        remove_leftover(s, entry);
    return stop_requested() ? -1 : 0;
}

void leftovers_remove(const char *path, bool (*is_name)(const char *name, size_t len),
                      void (*tell)(const char *name, enum leftover_fate fate, int sys))
{
    struct search s = {.dirfd = -1, .is_name = is_name, .tell = tell};
    char *dir = NULL;
    const char *name;

    if (!path_split(path, &dir, &name))
        return;
    s.dirfd = plat_open_dir(PLAT_CWD, dir, true);
    free(dir);
    if (is_name == NULL)
        s.name = name;
    if (s.dirfd < 0)
        return;
    s.is_exposed = plat_others_may_rename(s.dirfd);
    (void)plat_list_dir(s.dirfd, look_at, &s); /* what cannot be listed hinders nobody */
    (void)plat_close(s.dirfd);
}

/* ---- Making ------------------------------------------------------------------------------- */

static int create_open(int dirfd, const char *name, bool is_dir, enum plat_access access)
{
    if (!is_dir)
        return plat_create_file(dirfd, name, access, false);
    return plat_make_dir(dirfd, name, access) != 0 ? -1 : plat_open_dir(dirfd, name, false);
}

/* -1 with errno; EAGAIN: another program took it for left over before it was locked. */
static int create_locked(int dirfd, const char *name, bool is_dir, enum plat_access access)
{
    int fd = create_open(dirfd, name, is_dir, access);
    int error = errno;

    /* Where there are no locks, it is made all the same. */
    if (fd >= 0 && (plat_lock_try(fd) == 0 || errno != EWOULDBLOCK) &&
        is_still_called(fd, dirfd, name))
        return fd;
    if (fd >= 0)
        (void)plat_close(fd);
    /* The name is ours alone, and a folder still empty, so nothing else can be hit. */
    if (fd >= 0 || error != EEXIST)
        (void)remove_it(dirfd, name, is_dir, -1, false);
    errno = fd >= 0 ? EAGAIN : error;
    return -1;
}

static int create(int dirfd, const char *name, bool is_dir, enum plat_access access,
                  char **temporary)
{
    int fd = -1;

    for (int i = 0; i < TRIES_MAX && fd < 0; i++) {
        *temporary = partial_name(name);
        if (*temporary == NULL)
            return -1;
        fd = create_locked(dirfd, *temporary, is_dir, access);
        if (fd < 0) {
            free(*temporary); /* which leaves errno as it is */
            *temporary = NULL;
            if (errno != EAGAIN && errno != EEXIST)
                break;
        }
    }
    return fd;
}

int partial_create_file(int dirfd, const char *name, enum plat_access access, char **temporary)
{
    return create(dirfd, name, false, access, temporary);
}

int partial_create_dir(int dirfd, const char *name, char **temporary)
{
    return create(dirfd, name, true, PLAT_PRIVATE, temporary);
}
