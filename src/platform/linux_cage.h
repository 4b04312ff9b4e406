/*
 * The parts of the cage on Linux; private to this room. Each is in force without the others.
 */
#ifndef SEAL_PLATFORM_LINUX_CAGE_H
#define SEAL_PLATFORM_LINUX_CAGE_H

#include "platform/worker.h"

/* A worker's descriptors are below. Volumes lie above (PLAT_WORKER_FD_MORE). */
#define CAGE_DESCRIPTORS_MAX 64

/* Forbids all files but those in the folder (Landlock). False: not in force. */
bool cage_restrict_files(const struct plat_cage *cage);

/* Forbids all system calls that the task does not need, for all threads (seccomp). False: not in
 * force. */
bool cage_restrict_calls(const struct plat_cage *cage);

/* Bytes of address space in use, which RLIMIT_AS limits. */
uint64_t memory_mapped(void);
/* Restricts amounts, with so much mapped before the cage. False: not all of them. */
bool cage_restrict_amounts(const struct plat_cage *cage, uint64_t mapped);
/* plat_confine_enter's bound. */
void limit_program_memory(void);

/* Takes this process into namespaces of its own, where the system allows that: no network, no other
 * mounts, and no file or folder above or beside that of the cage. */
void cage_enter_namespaces(const struct plat_cage *cage);

#endif
