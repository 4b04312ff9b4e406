/*
 * platform: the operating system, as far as the programs need it. One header; posix*.c and
 * windows.c behind it. Names are bytes in the system's own encoding (UTF-8 on Windows, converted
 * at this border). Functions return 0, or -1 with errno, unless they say otherwise.
 */
#ifndef SEAL_PLATFORM_H
#define SEAL_PLATFORM_H

#include "base/base.h"

/* ---- The process -------------------------------------------------------------------------- */

/* First thing in main: no core dumps, no other process of the user may read this one's memory,
 * descriptors 0 to 2 are open (on nothing, where they were closed, so that using one fails and no
 * file of ours can land there), SIGPIPE becomes an error of write, and the signals by which
 * people and systems end a process (SIGINT, SIGTERM, SIGHUP, SIGQUIT, ...) call stop_request. */
void plat_process_setup(void);

/* Ends the process by the signal that asked it to stop, as a shell expects; after clean-up. */
_Noreturn void plat_die_by_signal(void);

/* The file of the running program, open for reading, whatever its name is by now; -1 where the
 * system cannot tell. */
int plat_open_self(void);

/* ---- A worker and its cage ----------------------------------------------------------------- */

/* This program once more, in a process of its own that has nothing of ours: no memory, no
 * arguments, and of the environment only what the loader needs. It is killed when we end. */
#define PLAT_WORKER_NAME "unseal-worker" /* its argv[0] */
/* Its descriptors; 0 and 1 are open on nothing, and so is 2, so that it cannot reach a terminal. */
#define PLAT_WORKER_CHANNEL 3
#define PLAT_WORKER_FIRST 4 /* of those given, in their order */
#define PLAT_WORKER_FDS_MAX 4

struct plat_worker {
    int channel; /* our end of the socket between us; ours to close */
    long pid;
};

int plat_worker_start(struct plat_worker *w, const int *fds, size_t fd_count);

enum plat_worker_end {
    PLAT_WORKER_DONE,      /* it ended by itself, with 0 */
    PLAT_WORKER_FAILED,    /* with another code: it could not be started, say */
    PLAT_WORKER_CRASHED,   /* by a signal for mistakes in memory and the like */
    PLAT_WORKER_FORBIDDEN, /* it tried what its cage forbids */
    PLAT_WORKER_KILLED,    /* by another signal: mostly for want of memory */
    PLAT_WORKER_STUCK      /* it did not end, and was killed */
};

/* Waits for its end, and kills it if that does not come in so many milliseconds or somebody asks us
 * to stop. */
enum plat_worker_end plat_worker_wait(struct plat_worker *w, int milliseconds);

/* Waits until something can be read from fd, or so long. False: nothing yet, or a signal came. */
bool plat_wait_readable(int fd, int milliseconds);

/* What a worker is left with. */
struct plat_cage {
    int folder;          /* all it may make files and folders in; -1: none */
    bool folder_is_read; /* it may only read there instead */
