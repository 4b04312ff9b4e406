/*
 * A worker: the same program in a second process, which handles hostile content. It shares nothing
 * with its parent but the descriptors it is given, and shuts itself into a cage (a sandbox: it may
 * do only what its task needs) before it reads any content.
 *
 * Parent: plat_worker_start, talk over from and to, plat_worker_disconnect, plat_worker_wait.
 * Worker: main sees PLAT_WORKER_NAME as argv[0], then plat_cage_enter, then the task.
 */
#ifndef SEAL_PLATFORM_WORKER_H
#define SEAL_PLATFORM_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct crew;

/* ---- The process -------------------------------------------------------------------------- */

#define PLAT_WORKER_NAME "unseal-worker" /* its argv[0] */

/* The worker's descriptors. It reads requests from IN and writes answers to OUT: one socket, or two
 * pipes on Windows. Those of 0 to 2 that are not used are open on the null device, so that it
 * cannot reach a terminal. */
#define PLAT_WORKER_FD_FEED 0
#define PLAT_WORKER_FD_IN 3
#ifdef _WIN32
#define PLAT_WORKER_FD_OUT 1
#else
#define PLAT_WORKER_FD_OUT 3
#endif
/* The first of the descriptors fds of plat_worker_start; the others follow in their order. One that
 * is -1 is none. */
#define PLAT_WORKER_FD_FIRST 4
#define PLAT_WORKER_FDS_MAX 4
/* The first of the descriptors more, which the worker only reads from: the cage lets it write to
 * lower numbers only. */
#define PLAT_WORKER_FD_MORE 64
#define PLAT_WORKER_MORE_MAX 399

struct plat_worker {
    int from, to; /* the parent's ends of the channel, maybe the same descriptor */
    intptr_t process;
};

/* Starts this program again, without our memory, arguments and descriptors, and of the
 * environment with nothing but LD_LIBRARY_PATH, which the system's loader needs, and
 * OPENSSL_ia32cap and OPENSSL_armcap, which say what instructions libcrypto may use. It is killed
 * when we end. feed is a pipe that it reads from; -1: none. -1 with errno. */
int plat_worker_start(struct plat_worker *w, int feed, const int *fds, size_t fd_count,
                      const int *more, size_t more_count);

/* Closes from and to. */
void plat_worker_disconnect(struct plat_worker *w);

enum plat_worker_end {
    PLAT_WORKER_DONE,      /* exit code 0 */
    PLAT_WORKER_FAILED,    /* another exit code; also if the program could not be started */
    PLAT_WORKER_CRASHED,   /* a signal for errors such as SIGSEGV or SIGABRT */
    PLAT_WORKER_FORBIDDEN, /* it made a system call that the cage forbids */
    PLAT_WORKER_KILLED     /* another signal: mostly because memory ran out */
};

/* Waits at most so long for its end. False: still running, or a signal asks us to stop. */
bool plat_worker_has_ended(const struct plat_worker *w, int milliseconds);
/* Waits for its end, after killing it if kill. */
enum plat_worker_end plat_worker_wait(struct plat_worker *w, bool kill);

/* Waits at most so long until fd can be read. False: not yet, or a signal came. */
bool plat_wait_readable(int fd, int milliseconds);

/* What it does can be seen from outside, whatever it says. */

/* Seconds of processor time that all its threads have used. False: it has ended, or the system does
 * not tell. */
bool plat_worker_cpu(const struct plat_worker *w, double *seconds);

enum plat_waits {
    PLAT_WAITS_NOT,  /* for nothing but itself, as far as the system tells */
    PLAT_WAITS_DISK, /* or the system does not tell */
    PLAT_WAITS_PIPE  /* until somebody fills in or empties out, which are pipes or the like */
};

/* What it waits for now. in and out are what it reads from and writes to; -1: nothing. */
enum plat_waits plat_worker_waits(const struct plat_worker *w, int in, int out);

/* ---- The cage ----------------------------------------------------------------------------- */

/* What the worker may do. */
struct plat_cage {
    int folder;           /* the only folder it may create files and folders in; -1: none */
    bool folder_is_read;  /* it may only read there instead */
    bool keeps_user;      /* it does not become another user (plat_worker_is_shut_out) */
    unsigned int threads; /* threads to work with, at least 1; more cannot be started in the cage */
    uint64_t memory;      /* bytes it may allocate beyond what it has */
    uint64_t file_size;   /* bytes of the largest file it may write */
};

/* The parts of the cage, as bits. */
#define PLAT_CAGE_FILES 1      /* which files it may touch (Landlock on Linux) */
#define PLAT_CAGE_CALLS 2      /* which system calls it may make (seccomp); others kill it */
#define PLAT_CAGE_PRIVILEGES 4 /* no privileges, and no way to gain any */
#define PLAT_CAGE_LIMITS 8     /* memory, files, processes */
#define PLAT_CAGE_ALL 15

/* Restricts this process for good. Call it while there is only one thread. Returns the parts that
 * this system cannot provide; the others are in force. *crew is the thread pool; NULL if it would
 * have one thread only. */
unsigned int plat_cage_enter(const struct plat_cage *cage, struct crew **crew);

/* If the parent is root, the worker runs as a user ID that nothing else has. plat_chown_to_worker
 * gives an empty folder to that user before the start; plat_chown_from_worker gives it and
 * everything in it to root again after the worker has ended. Both do nothing if the parent is not
 * root, or the file system has no owners. */
void plat_chown_to_worker(int fd);
int plat_chown_from_worker(int fd);
/* Whether that user is let into one of these files and folders not at all: what root mounted with
 * FUSE is for root alone, unless root said otherwise (allow_other). Then the worker has to stay
 * root. */
bool plat_worker_is_shut_out(const int *fds, size_t count);

#endif
