/*
 * interpose.so: a library for LD_PRELOAD that makes chosen system calls of a program under test
 * fail, or lets something happen in the middle of its work. Environment variables say where and
 * what:
 *
 *     FAULT_READ="NAME FIRST LAST WHAT"   pread or read of these bytes of the file called NAME
 *     FAULT_IN="BYTES WHAT"               read, once BYTES were read from standard input
 *     FAULT_WRITE="BYTES WHAT"            write, once BYTES were written to files and output
 *     FAULT_CALL="CALL WHAT"              CALL is fsync, fsync-folder, syncfs, write-behind, close
 *                                         (of a file written to), rename, futimens, mkdir, unlink,
 *                                         readdir, readlink or flock
 *     FAULT_NTH=NUMBER                    of the calls that FAULT_CALL means, only this one, from 1
 *     FAULT_OPEN="NAME WHAT"              open of a file called NAME, for reading
 *
 * WHAT is errno:NUMBER (the call fails with it, every time), signal:NUMBER (sent to the program,
 * once) or run:COMMAND (by the shell, once, to its end). After the latter two the call goes on.
 *
 *     FAULT_IN_PROCESS=PROCESS            main or worker: faults in that process only. Without it
 * in both, each of which counts for itself
 *
 * These change what the system seems to be:
 *
 *     SYSTEM_FOLDS=1          names in folders have no upper case, as on some file systems
 *     SYSTEM_SECTORS="NAME"   every second sector (of 4096 bytes) of the file NAME cannot be read;
 *                             a read that begins in front of one ends there
 *     SYSTEM_CHANGES="NAME TIMES COMMAND"
 *                             COMMAND is run at each pread of the first bytes of the file NAME,
 *                             but TIMES times at most
 *     SYSTEM_ROOM="TYPE FREE [STEP]"
 *                             statfs says that all file systems are of that type (a number) and
 *                             have FREE bytes free, STEP less each time it is asked. FREE -1: a
 * file system that counts no space, and says that it has none at all SYSTEM_LOSES="BYTES [LAST]" in
 * files called *.partial, the bytes from there on (up to LAST) read as zeros, as if the medium had
 * lost them SYSTEM_REMOVABLE=1      all disks hang on a USB port
 *     SYSTEM_TAKES=1          whenever the program looks for it, there is something to read from
 *                             standard input; but somebody else may take it first
 *
 * These count calls, of the program and its worker together:
 *
 *     SYSTEM_COUNT="FILE"     at the end FILE gets the number of calls of openat
 *     SYSTEM_READS="FILE"     likewise the number of calls of pread, and of those that failed
 *
 * A program may have given up the right to start programs, to send signals and to open files by the
 * time a fault is due. So a helper process that does this is started before main, and the names of
 * descriptors are noted as they are opened. In a process called unseal-worker, signals go to its
 * parent, which is the program.
 */
#ifndef SEAL_INTERPOSE_H
#define SEAL_INTERPOSE_H

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The function of that name that a wrapper of ours stands in front of. */
#define REAL(name) ((__typeof__(&(name)))dlsym(RTLD_NEXT, #name))

#define NAME_SIZE 256
/* Descriptors of ours have numbers from here on, which the program neither gets nor is given. In
 * its sandbox a worker can write to none from 64 on. */
#define OUR_FDS 48

/* Only what stands in front of a function of the system may be seen by the program under test. */
#pragma GCC visibility push(hidden)

/* ---- interpose.c ----------------------------------------------------------------------------- */

bool is_worker(void);
/* Gives a descriptor a number from OUR_FDS on. */
void move_up(int *fd);

/* Shared by the processes of the program. */
struct counts {
    _Atomic long long opened, reads, failed_reads;
};
extern struct counts *counts;

/* ---- interpose_faults.c: which fault is due -------------------------------------------------- */

/* The value of an environment variable; NULL if it is not set, or FAULT_IN_PROCESS excludes this
 * one. */
const char *fault_variable(const char *name);

/* For each place, signal: and run: happen once. */
enum fault_place {
    FAULT_AT_CALL,
    FAULT_AT_READ,
    FAULT_AT_INPUT,
    FAULT_AT_WRITE,
    FAULT_AT_OPEN,
    FAULT_PLACE_COUNT,
};

/* Does WHAT, as above. True if the call is to fail; errno says with what. */
bool fault(const char *what, enum fault_place place);
/* The same, if FAULT_CALL means this call. */
bool fault_of_call(const char *call);
/* The same, for spec "BYTES WHAT" or NULL, if so many bytes are done already. */
bool fault_after(const char *spec, long long done, enum fault_place place);

/* ---- interpose_fds.c: what is known of descriptors ------------------------------------------- */

/* Notes the descriptors that the program was started with. */
void fds_note_inherited(void);
/* Notes a file that was opened, by its name without folders. fd may be -1. */
void fd_note_opened(int fd, const char *name, bool is_written);
/* Notes the two ends of a pipe or of a pair of sockets. */
void fd_note_channel(const int fds[2]);
void fd_note_closed(int fd);
/* name may be *ENDING. */
bool fd_is_called(int fd, const char *name);
/* A file that was opened for writing. */
bool fd_is_written(int fd);
/* Standard output or a file: not standard error, and no channel to another process of the program.
 */
bool fd_is_output(int fd);

/* ---- interpose_helper.c: the process that acts for the program ------------------------------- */

void helper_start(void);
/* Both return when it is done; helper_signal not later than after a second, because the signal may
 * be blocked. */
void helper_signal(int signal_number);
void helper_run(const char *command);

#pragma GCC visibility pop

#endif
