/*
 * The part of the cage that restricts amounts: resource limits.
 */
#include "platform/linux_cage.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

uint64_t memory_mapped(void)
{
    char text[64] = "";
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    unsigned long pages = 0;

    if (fd >= 0) {
        if (read(fd, text, sizeof text - 1) > 0)
            (void)sscanf(text, "%lu", &pages);
        (void)close(fd);
    }
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

#ifdef __GLIBC__
typedef __rlimit_resource_t limit_kind;
#else
typedef int limit_kind;
#endif

/* A limit that is lower already stays. */
static bool set_limit(limit_kind what, uint64_t most)
{
    struct rlimit limit;

    if (getrlimit(what, &limit) != 0)
        return false;
    if (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < most)
        most = limit.rlim_max;
    limit = (struct rlimit){(rlim_t)most, (rlim_t)most};
    return setrlimit(what, &limit) == 0;
}

bool cage_restrict_amounts(const struct plat_cage *cage, uint64_t mapped)
{
    bool done = set_limit(RLIMIT_AS, mapped + cage->memory);

    done = set_limit(RLIMIT_FSIZE, cage->folder_is_read ? 0 : cage->file_size) && done;
    done = set_limit(RLIMIT_NOFILE, CAGE_DESCRIPTORS_MAX) && done;
    done = set_limit(RLIMIT_NPROC, 0) && done;
    return set_limit(RLIMIT_CORE, 0) && done;
}

/* Beyond what it has: a listing, what a worker says, the texts of a record. */
#define PROGRAM_MEMORY ((rlim_t)1 << 30)

/* Only the soft limit: workers have limits of their own. */
void limit_program_memory(void)
{
    const rlim_t most = (rlim_t)memory_mapped() + PROGRAM_MEMORY;
    struct rlimit limit;

    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur < most)
        return;
    limit.rlim_cur = most;
    (void)setrlimit(RLIMIT_AS, &limit);
}
