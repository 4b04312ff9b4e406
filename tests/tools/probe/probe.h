/*
 * probe.so: a library for LD_PRELOAD that does in a program under test what somebody would do who
 * has taken it over: it makes one attempt at what the sandbox forbids, or searches the memory for
 * secrets. tests/e2e/attack/51_cage.sh and 59_memory.sh load it.
 *
 * It is told what to do by environment variables. They are called LD_*, because a release build of
 * unseal clears its worker's environment of everything else:
 *
 * LD_PROBE=NAME: makes the attempt of that name; probe_attempts.c has the table. "state" makes no
 * attempt and only reports the state of the process; "list" prints the names of all attempts and
 * ends the program.
 *
 * LD_PROBE_IN=PROCESS: where the attempt is made. By default in the worker, at its first call that
 * reads or writes something after it has entered the sandbox. "helper": the same, but on a thread
 * of the worker that is not its first. "main": in the program itself, as it ends.
 *
 * LD_PROBE_REPORT=FILE: gets the report, from the program and its worker. Its lines:
 *     started PROCESS PID       PROCESS is main or worker, here and below
 *     abi VERSION               of the kernel's Landlock
 *     arg TEXT, env NAME        arguments and environment of the worker
 *     open NUMBER KIND          an open descriptor: of the worker as it starts, and for "state"
 *     status LINE, limit LINE   for "state": lines of /proc/self/status and /proc/self/limits
 *     tried NAME                before the attempt is made
 *     NAME RESULT               after it: "allowed", the errno, or "impossible" on this system
 *     PROCESS WHEN searched BYTES
 *     PROCESS WHEN NAME absent
 *     PROCESS WHEN NAME found TIMES in MAPPING
 *
 * LD_PROBE_KEY=FILE, LD_PROBE_ABOVE=DIR: a key file and a folder outside of the sandbox, which
 * attempts aim at.
 *
 * LD_PROBE_SECRETS=FILE: secrets to search for, lines "NAME HEX" as the tool `hidden` prints them:
 * masked, so that the list itself is no find. The worker is searched when it is in the sandbox and
 * begins to write content, the program when it begins to read from its worker (WHEN is "middle"),
 * and both as they end ("end").
 *
 * LD_PROBE_LACKS=PIECE: the worker's system seems to lack a piece of the sandbox: landlock,
 * landlock-news (all but Landlock's first version), seccomp, rights (to be killed with the parent)
 * or limits (of memory).
 *
 * Inside the sandbox no file can be opened any more. So every file that the probe needs is opened
 * before main begins.
 */
#ifndef SEAL_PROBE_H
#define SEAL_PROBE_H

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The function of that name that a wrapper of ours stands in front of. */
#define REAL(name) ((__typeof__(&(name)))dlsym(RTLD_NEXT, #name))

/* The descriptors of unseal's worker. OUTPUT_FD is the folder or file of the task, if it has one.
 */
#define CHANNEL_FD 3
#define INPUT_FD 4
#define OUTPUT_FD 5

/* The headers of many systems do not have them. */
#define LANDLOCK_CREATE_RULESET 444
#define LANDLOCK_TELL_VERSION 1

/* Only what stands in front of a function of the system may be seen by the program under test. */
#pragma GCC visibility push(hidden)

/* ---- probe.c: when what is done -------------------------------------------------------------- */

bool is_worker(void);
const char *process_name(void);
/* As it was before main: of the worker, the program. */
extern pid_t own_pid, parent_pid;
/* The system's own syscall(), past our wrapper. */
extern long (*real_syscall)(long, ...);
/* Called by the wrappers of probe_calls.c: the worker has entered the sandbox; a call is about to
 * be made. They keep errno. */
void note_sandboxed(void);
void before_call(void);
void before_write(void);
void before_read(int fd);

/* ---- probe_report.c -------------------------------------------------------------------------- */

void report_open(const char *path);
bool report_is_open(void);
/* Lines that no longer fit are dropped. */
void report(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- probe_attempts.c: the table of attempts ------------------------------------------------- */

/* Prepares the attempt of that name, while everything is still allowed. */
void attempt_prepare(const char *name);
/* Makes it, and reports what came of it; nothing for a name that is not in the table. */
void attempt_make(const char *name);
void attempt_print_names(void);

/* ---- probe_tries.c: attempts of more than one call ------------------------------------------- */

/* Arguments that are not known before the attempt is made. */
#define ARG_OUTPUT (-1001L)       /* OUTPUT_FD, or INPUT_FD if there is none */
#define ARG_PARENT (-1002L)       /* parent_pid */
#define ARG_PARENT_CLOCK (-1003L) /* the number of the clock of its processor time */

/* Makes a system call. Returns 0 if the kernel allowed it, else the errno. */
int try_call(long number, const long args[6]);
/* The others return the same; TRY_IMPOSSIBLE if there is no such call here. */
#define TRY_IMPOSSIBLE (-1)
int try_fork_bomb(void);
int try_memory(void);
int try_descriptors(void);
int try_file_size(void);
int try_read_back(void);
int try_memory_file(void);
int try_abstract_socket(void);
int try_tcp(void);
int try_read_other(void);
int try_stop_itself(void);
int try_write_other(void);
#ifdef __x86_64__
int try_int80(void);
int try_x32(void);
/* Finds out whether this kernel has the system calls of 32-bit programs. Only before the sandbox.
 */
void prepare_int80(void);
#endif

/* ---- probe_state.c: the state of the process ------------------------------------------------- */

/* Opens what the reports below read. */
void state_open(void);
void report_start(void);
void report_descriptors(void);
void report_state(void);
/* The limit on the size of files; -1: none. */
long long state_file_size_limit(void);
/* Opens a file for reading, with a number that does not change those of the program's own
 * descriptors. Aborts where it cannot. */
int open_out_of_the_way(const char *path);

/* ---- probe_secrets.c: the search of memory --------------------------------------------------- */

/* Reads the secrets to search for, if path is not NULL, and opens the memory. */
void secrets_open(const char *path);
bool secrets_are_wanted(void);
/* Reports for each secret where it is found. when: a word for the report. */
void secrets_search(const char *when);

#pragma GCC visibility pop

#endif
