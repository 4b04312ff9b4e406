/*
 * The process: how it begins and ends, and what the system tells it about itself.
 */
#ifndef SEAL_PLATFORM_PROCESS_H
#define SEAL_PLATFORM_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* First call in main:
 * - no core dumps, and no other process of the user can read this one's memory (on Windows they
 * can);
 * - descriptors 0 to 2 are open: one that was closed is opened on the null device so that using it
 *   fails, and no file of ours can get its number;
 * - SIGPIPE becomes an error of write;
 * - signals that end a process (SIGINT, SIGTERM, SIGHUP, SIGQUIT, ...) call stop_request;
 * - no signal is blocked, the end of a child can be waited for, and the umask takes nothing from
 *   the owner of a file, whatever the parent left behind. */
void plat_process_setup(void);

/* Forbids this process for good to use a network, to look into other processes and, unless
 * with_worker, to start programs; with_worker allows it this program alone. Does nothing on systems
 * without such a filter. */
void plat_process_restrict(bool with_programs);

/* Ends the process by the signal that asked it to stop, as a shell expects. Call it last, after
 * cleaning up. */
_Noreturn void plat_die_by_signal(void);

/* What errno means, in a few words. */
const char *plat_strerror(int error);

/* ---- This program ------------------------------------------------------------------------- */

/* Opens the running program's own file for reading, even if it was renamed; -1 with errno where the
 * system cannot tell. */
int plat_open_program(void);
/* The folder of the program's file, malloc'ed; NULL where the system cannot tell. */
char *plat_program_folder(void);

/* ---- Resources ---------------------------------------------------------------------------- */

/* How many processors this process may use, at least 1. */
unsigned int plat_processor_count(void);
/* Memory for a buffer of several MiB with random access, in huge pages if possible, which saves TLB
 * misses. Release it with free(). NULL: out of memory. */
void *plat_alloc_large(size_t len);

/* ---- Clocks ------------------------------------------------------------------------------- */

/* Seconds of a clock that never goes back. */
double plat_monotonic(void);
/* How many minutes the user's local time was ahead of UTC (east) at that time. False: not known. */
bool plat_utc_offset(int64_t sec, int *minutes);

#endif
