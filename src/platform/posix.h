/*
 * What the files for POSIX systems share, private to this room.
 */
#ifndef SEAL_PLATFORM_POSIX_H
#define SEAL_PLATFORM_POSIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Sanitizers look at their own process as a debugger would, map terabytes, and report at the end:
 * all of it is what we forbid. */
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

/* What the system calls the folder at, which may be PLAT_CWD. */
int at_fd(int at);
/* openat, again after a signal that does not ask us to stop. */
int open_retry(int at, const char *name, int flags, mode_t mode);

/* The folders passed on the way down into a tree, one open at a time, so that no depth runs out of
 * descriptors. Up again leads only to where it came from: somebody may have moved the folder at
 * hand to another place meanwhile. free() what is in passed. */
struct tree_path {
    struct tree_folder *passed;
    size_t depth, cap;
};

/* From the folder fd into its subfolder, and back: the descriptor of that one; -1 and errno (EBUSY
 * where it was moved). fd stays open. */
int tree_descend(struct tree_path *w, int fd, const char *name);
int tree_ascend(struct tree_path *w, int fd);

/* For a worker, whose end is its parent's to decide: what it inherits. */
void ignore_stop_signals(void);

/* Who the worker is where we are root: a number that no user has, another each time, so that no
 * other program is that user. From the last that systemd leaves to nobody; or nobody itself, in a
 * container whose system knows no such numbers. */
#define WORKER_UID_FIRST UINT32_C(0x7fff0000)
#define WORKER_UID_MASK UINT32_C(0xffff)
#define WORKER_UID_NOBODY 65534

static inline bool is_worker_uid(uid_t uid)
{
    return uid == WORKER_UID_NOBODY || (uid & ~WORKER_UID_MASK) == WORKER_UID_FIRST;
}

/* One of them, at random. */
uid_t random_worker_uid(void);

#endif
