/*
 * What the files for POSIX systems share; private to this room.
 */
#ifndef SEAL_PLATFORM_POSIX_H
#define SEAL_PLATFORM_POSIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Whether the program runs under a sanitizer. Sanitizers trace their own process, map terabytes of
 * memory and write reports, all of which the cage forbids; so there is no cage then. */
#if defined(__SANITIZE_ADDRESS__)
#define UNDER_SANITIZER true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(leak_sanitizer)
#define UNDER_SANITIZER true
#endif
#endif
#ifndef UNDER_SANITIZER
#define UNDER_SANITIZER false
#endif

/* fstat, by the system call of that name where HAS_BARE_FSTAT. The C library may make it of a call
 * that also takes names, which the cage does not allow. */
#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__)) && __SIZEOF_LONG__ == 8
#define HAS_BARE_FSTAT true
#else
#define HAS_BARE_FSTAT false
#endif
struct stat;
int fstat_bare(int fd, struct stat *st);

/* at as the system takes it: AT_FDCWD for PLAT_CWD. */
int at_fd(int at);
/* openat; after a signal that does not ask us to stop it tries again. */
int open_retry(int at, const char *name, int flags, mode_t mode);

/* The way from the top of a tree of folders to the current folder. Only the current folder is open,
 * so that a deep tree does not need many descriptors; of those above it, device and inode number
 * are noted. All zero is the top; free() folders at the end. */
struct tree_path {
    struct tree_folder *folders;
    size_t depth, cap;
};

/* Opens the subfolder name of the current folder fd, or the folder above fd. -1 with errno; EBUSY:
 * what is above fd is not the folder that we came from, because fd was moved meanwhile. fd stays
 * open. */
int tree_descend(struct tree_path *p, int fd, const char *name);
int tree_ascend(struct tree_path *p, int fd);

#ifdef __linux__
/* fork; the child is in a namespace of processes of its own where the system allows that. Its
 * getpid then is 1, and its getppid 0. Only for a child that executes a program. */
pid_t fork_apart(void);
#endif

/* Whether only this machine can write to the file system of fd, and answers for it itself: none of
 * a network, nor of another process (FUSE). */
bool is_local(int fd);

/* For a worker, which its parent ends: the signals that would end it are ignored. */
void ignore_stop_signals(void);

/* The worker's user ID if we are root: a random number of a range that systemd leaves unused, so
 * that no other process has it; or nobody, in a container that has no such numbers. */
#define WORKER_UID_FIRST UINT32_C(0x7fff0000)
#define WORKER_UID_MASK UINT32_C(0xffff)
#define WORKER_UID_NOBODY 65534

static inline bool is_worker_uid(uid_t uid)
{
    return uid == WORKER_UID_NOBODY || (uid & ~WORKER_UID_MASK) == WORKER_UID_FIRST;
}

/* One of that range. */
uid_t random_worker_uid(void);

#ifdef __linux__
/* Becomes that user, or one of those above, for good, and leaves all groups. */
bool become_user(uid_t uid);
bool become_worker_user(void);
#endif

#endif
