/*
 * The user that a worker is on POSIX systems if we are root, who owns the folder that it works in.
 */
#include "platform/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <grp.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#endif

#include <sodium.h>

#include "platform/files.h"
#include "platform/posix.h"

/* ---- Giving the folder -------------------------------------------------------------------- */

/* Whether we are root and can run the worker as another user. Root without these capabilities (in a
 * container, for example) has a worker that is root without any capabilities. */
static bool has_worker_users(void)
{
#ifdef __linux__
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{.effective = 0}};
    const uint32_t needed = UINT32_C(1) << CAP_SETUID | UINT32_C(1) << CAP_SETGID;

    if (syscall(SYS_capget, &head, data) == 0 && (data[0].effective & needed) != needed)
        return false;
#endif
    return geteuid() == 0;
}

uid_t random_worker_uid(void)
{
    uint32_t number = 0;

    randombytes_buf(&number, sizeof number);
    return (uid_t)(WORKER_UID_FIRST | (number & WORKER_UID_MASK));
}

#ifdef __linux__

bool become_user(uid_t uid)
{
    return setgroups(0, NULL) == 0 && setresgid(uid, uid, uid) == 0 &&
           setresuid(uid, uid, uid) == 0;
}

bool become_worker_user(void)
{
    return become_user(random_worker_uid()) || become_user(WORKER_UID_NOBODY);
}

#endif

static void chown_to(int fd, uid_t uid)
{
    /* Where the file system has no owners, both fail, and the worker stays root. */
    if (fchown(fd, uid, uid) != 0)
        IGNORE_RESULT(fchown(fd, WORKER_UID_NOBODY, WORKER_UID_NOBODY));
}

void plat_chown_to_worker(int fd)
{
    if (has_worker_users())
        chown_to(fd, random_worker_uid());
}

/* ---- File systems that let nobody else in ------------------------------------------------- */

#ifdef __linux__

/* In a process of its own: whether another user can look at it. FUSE asks for all user IDs of a
 * process, so no way leads back. */
static _Noreturn void look_as_other(int fd)
{
    struct stat st;

    if (!become_worker_user())
        _exit(0);
    _exit(fstat(fd, &st) == 0 ? 0 : 1);
}

static bool shuts_out(int fd)
{
    struct statfs fs;
    int status = 0;
    pid_t pid;

    /* f_type is signed on some processors, and has 64 bits on others. */
    if (fstatfs(fd, &fs) != 0 || (uint32_t)fs.f_type != FUSE_SUPER_MAGIC)
        return false;
    pid = fork();
    if (pid == 0)
        look_as_other(fd);
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) != 0;
}

bool plat_worker_is_shut_out(const int *fds, size_t count)
{
    for (size_t i = 0; has_worker_users() && i < count; i++)
        if (shuts_out(fds[i]))
            return true;
    return false;
}

#else

bool plat_worker_is_shut_out(const int *fds, size_t count)
{
    (void)fds;
    (void)count;
    return false;
}

#endif

/* ---- Taking the folder back --------------------------------------------------------------- */

/* pending is a stack of names, each with a NUL: the folders still to be visited. An empty name is
 * below those of each level. */
struct walk {
    int fd;       /* of the current folder */
    uid_t worker; /* the owner of the tree so far */
    uid_t user;   /* ours */
    gid_t group;
    struct tree_path path;
    struct buffer pending;
};

static int add_pending(struct walk *w, const char *name)
{
    if (buffer_append(&w->pending, name, strlen(name) + 1) == SEAL_OK)
        return 0;
    errno = ENOMEM;
    return -1;
}

/* EPERM for an entry that belongs neither to the worker nor to us (the worker may have stayed
 * root): somebody else put it there, perhaps as a hard link, and chown would take his file. */
static int take_entry(void *ctx, const char *name)
{
    struct walk *w = ctx;
    struct stat st;

    if (fstatat(w->fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return -1;
    if (st.st_uid != w->worker && st.st_uid != w->user) {
        errno = EPERM;
        return -1;
    }
    if (fchownat(w->fd, name, w->user, w->group, AT_SYMLINK_NOFOLLOW) != 0)
        return -1;
    return S_ISDIR(st.st_mode) ? add_pending(w, name) : 0;
}

static int move_to(struct walk *w, int next)
{
    if (next < 0)
        return -1;
    (void)close(w->fd);
    w->fd = next;
    return 0;
}

/* Everything in the current folder. */
static int take_level(struct walk *w)
{
    return add_pending(w, "") == 0 ? plat_list_dir(w->fd, take_entry, w) : -1;
}

/* Down into the next pending folder, or up if none is left on this level. */
static int take_step(struct walk *w)
{
    const char *names = (const char *)w->pending.data;
    size_t last = w->pending.len - 1;

    while (last > 0 && names[last - 1] != '\0')
        last--;
    w->pending.len = last;
    if (names[last] != '\0')
        return move_to(w, tree_descend(&w->path, w->fd, names + last)) == 0 ? take_level(w) : -1;
    return w->pending.len == 0 ? 0 : move_to(w, tree_ascend(&w->path, w->fd));
}

/* From the top down: once a folder is ours, no other process of the worker's user can enter it and
 * move things while we go on. */
int plat_chown_from_worker(int fd)
{
    struct stat st;
    struct walk w = {.fd = -1, .user = geteuid(), .group = getegid()};
    int result, saved;

    if (fstat(fd, &st) != 0 || st.st_uid == w.user)
        return 0;
    w.worker = st.st_uid;
    result = fchown(fd, w.user, w.group);
    if (result == 0)
        result = w.fd = plat_open_dir(fd, ".", false);
    if (result >= 0)
        result = take_level(&w);
    while (result == 0 && w.pending.len > 0)
        result = take_step(&w);
    saved = errno;
    free(w.path.folders);
    buffer_free(&w.pending);
    if (w.fd >= 0)
        (void)close(w.fd);
    errno = saved;
    return result;
}
