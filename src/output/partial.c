/*
 * Temporary files and folders, and the removal of those that killed programs left. The program that
 * writes one holds a lock on it, and the system releases the locks of a program that ends. So one
 * that nobody has locked is a leftover.
 */
#include "output/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

/* A temporary name is BASE.xxxxxxxx.partial. BASE is the final name, cut to BASE_MAX bytes, since
 * on most systems a name has at most 255. */
#define BASE_MAX 200
#define DIGITS 8
#define ENDING ".partial"
#define SUFFIX_LEN (1 + DIGITS + sizeof ENDING - 1)

/* Another program that removes leftovers may take a new file before it is locked; this is how often
 * creating one is tried again. */
#define TRIES_MAX 16

/* ---- Names -------------------------------------------------------------------------------- */

/* The length of BASE for this final name; no character is cut in two. */
static size_t base_len(const char *name)
{
    size_t len = strnlen(name, BASE_MAX + 1);

    for (len = len < BASE_MAX ? len : BASE_MAX; len > 0 && ((uint8_t)name[len] & 0xc0) == 0x80;)
        len--;
    return len;
}

/* The first digit is a, b, e or f, so that a file of the user's with a date in its name, such as
 * notes.20261122.partial, is never taken for ours. */
static uint32_t random_digits(void)
{
    return randombytes_random() | UINT32_C(0xa0000000);
}

/* NAME.xxxxxxxx.partial, malloc'ed, or NULL with errno. */
static char *partial_name(const char *name)
{
    struct buffer b = {0};

    if (buffer_printf(&b, "%.*s.%08x" ENDING, (int)base_len(name), name,
                      (unsigned int)random_digits()) != SEAL_OK) {
        buffer_free(&b);
        errno = ENOMEM;
        return NULL;
    }
    return (char *)b.data;
}

/* The length of BASE in a temporary name; 0: it is not a temporary name. */
static size_t partial_base_len(const char *name)
{
    size_t len = strlen(name), base = len - SUFFIX_LEN;

    if (len <= SUFFIX_LEN || name[base] != '.' || strcmp(name + len - strlen(ENDING), ENDING) != 0)
        return 0;
    if (strchr("abef", name[base + 1]) == NULL) /* see random_digits */
        return 0;
    return strspn(name + base + 1, "0123456789abcdef") == DIGITS ? base : 0;
}

/* ---- Leftovers ---------------------------------------------------------------------------- */

void leftover_tell(const char *path, const char *name, enum leftover_fate fate, int sys,
                   void (*tell)(const char *path, enum leftover_fate fate, int sys))
{
    char *beside = path_beside(path, name);

    tell(beside != NULL ? beside : name, fate, sys);
    free(beside);
}

struct leftover_search {
    int dirfd;
    const char *path; /* its folder is the one that dirfd is of */
    bool is_exposed;
    const char *name; /* the final name; NULL: is_name decides */
    bool (*is_name)(const char *name, size_t len);
    void (*tell)(const char *path, enum leftover_fate fate, int sys);
};

static void tell_of(const struct leftover_search *s, const char *name, enum leftover_fate fate,
                    int sys)
{
    leftover_tell(s->path, name, fate, sys, s->tell);
}

/* The program that wrote it may have renamed it since it was opened. */
static bool still_has_name(int fd, int dirfd, const char *name)
{
    struct plat_stat now;

    return plat_stat_at(dirfd, name, false, &now) == 0 && plat_is_same(dirfd, name, fd) == 1;
}

static bool is_young(int fd)
{
    struct plat_stat st;

    return plat_stat_fd(fd, &st) == 0 && st.changed.sec >= clock_now().sec - 1;
}

/* fd is of the folder, or -1 if that is empty. */
static int remove_entry(int dirfd, const char *name, bool is_dir, int fd, bool may_stop)
{
    return is_dir ? plat_remove_tree(dirfd, name, fd, may_stop) : plat_unlink(dirfd, name);
}

/* Opens and locks it, so nobody else writes it. -1 with errno; EINVAL: it is not a leftover (see
 * plat_open_owned); EWOULDBLOCK: a program is writing it; ENOTSUP: locks mean nothing here. */
static int try_lock(int dirfd, const char *name, bool *is_dir)
{
    int fd = plat_open_owned(dirfd, name, is_dir), saved;

    if (fd < 0 || plat_lock_try(fd) == 0)
        return fd;
    saved = errno == EWOULDBLOCK ? EWOULDBLOCK : ENOTSUP;
    (void)plat_close(fd);
    errno = saved;
    return -1;
}

/* Tries again after 50 ms in two cases. A file that was created just now may not be locked yet: the
 * program that created it would notice, and create another, but no leftover should be reported that
 * is none. And the worker of a killed program, which has the lock too, dies a moment after that. */
static int lock_leftover(int dirfd, const char *name, bool *is_dir)
{
    int fd = try_lock(dirfd, name, is_dir);

    if (fd < 0 ? errno != EWOULDBLOCK : !is_young(fd))
        return fd;
    if (fd >= 0)
        (void)plat_close(fd);
    (void)nanosleep(&(struct timespec){0, 50000000}, NULL);
    return try_lock(dirfd, name, is_dir);
}

static void remove_leftover(const struct leftover_search *s, const char *name)
{
    bool is_dir = false;
    int fd = lock_leftover(s->dirfd, name, &is_dir);

    if (fd < 0) {
        if (errno == ENOTSUP)
            tell_of(s, name, LEFTOVER_DOUBTFUL, 0);
        else if (errno != EINVAL && errno != ENOENT && errno != EWOULDBLOCK)
            tell_of(s, name, LEFTOVER_STAYS, errno);
        return;
    }
    if (still_has_name(fd, s->dirfd, name)) {
        /* Other users who gave one of our folders this name must not make us remove its content. (A
         * file they could have removed themselves.) */
        if (is_dir && s->is_exposed)
            tell_of(s, name, LEFTOVER_EXPOSED, 0);
        else if (remove_entry(s->dirfd, name, is_dir, fd, true) == 0)
            tell_of(s, name, LEFTOVER_REMOVED, 0);
        else if (errno != ENOENT) /* another program was faster */
            tell_of(s, name, LEFTOVER_STAYS, errno);
    }
    (void)plat_close(fd);
}

static int check_entry(void *ctx, const char *entry)
{
    const struct leftover_search *s = ctx;
    size_t len = partial_base_len(entry);
    bool wanted = s->name != NULL ? len == base_len(s->name) && memcmp(entry, s->name, len) == 0
                                  : s->is_name(entry, len);

    if (len > 0 && wanted)
        remove_leftover(s, entry);
    return stop_requested() ? -1 : 0;
}

void leftovers_remove(const char *path, bool (*is_name)(const char *name, size_t len),
                      void (*tell)(const char *path, enum leftover_fate fate, int sys))
{
    struct leftover_search s = {.dirfd = -1, .path = path, .is_name = is_name, .tell = tell};
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
    (void)plat_list_dir(s.dirfd, check_entry, &s); /* leftovers that stay do no harm */
    (void)plat_close(s.dirfd);
}

/* ---- Creating ----------------------------------------------------------------------------- */

static int create_open(int dirfd, const char *name, bool is_dir, enum plat_access access)
{
    if (!is_dir)
        return plat_create_file(dirfd, name, access, false);
    return plat_make_dir(dirfd, name, access) != 0 ? -1 : plat_open_dir(dirfd, name, false);
}

/* -1 with errno; EAGAIN: another program took it for a leftover before it was locked. */
static int create_locked(int dirfd, const char *name, bool is_dir, enum plat_access access)
{
    int fd = create_open(dirfd, name, is_dir, access);
    int error = errno;

    /* If locks mean nothing here (ENOTSUP), it is used without one. */
    if (fd >= 0 && (plat_lock_try(fd) == 0 || errno != EWOULDBLOCK) &&
        still_has_name(fd, dirfd, name))
        return fd;
    if (fd >= 0)
        (void)plat_close(fd);
    /* Nobody else uses this random name, and a folder is still empty: nothing is lost. */
    if (fd >= 0 || error != EEXIST)
        (void)remove_entry(dirfd, name, is_dir, -1, false);
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
            free(*temporary); /* free does not change errno */
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
