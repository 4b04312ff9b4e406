/* What is prepared before main, and reported after it; interpose.h says what this library does. */
#include "interpose.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* As unseal calls the process of its worker. */
#define WORKER "unseal-worker"

static struct counts own_counts;
struct counts *counts = &own_counts;
/* The file that the counts are shared in. It becomes text at the end. */
static int counts_fd = -1;

bool is_worker(void)
{
    return strcmp(program_invocation_short_name, WORKER) == 0;
}

void move_up(int *fd)
{
    int up = fcntl(*fd, F_DUPFD_CLOEXEC, OUR_FDS);

    (void)REAL(close)(*fd);
    *fd = up;
}

static bool helper_is_needed(void)
{
    static const char *const names[] = {"FAULT_READ", "FAULT_IN", "FAULT_WRITE", "FAULT_CALL",
                                        "FAULT_OPEN"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *spec = fault_variable(names[i]);

        if (spec != NULL && (strstr(spec, " run:") != NULL || strstr(spec, " signal:") != NULL))
            return true;
    }
    return getenv("SYSTEM_CHANGES") != NULL;
}

static void share_counts(void)
{
    const char *path =
        getenv("SYSTEM_COUNT") != NULL ? getenv("SYSTEM_COUNT") : getenv("SYSTEM_READS");
    void *map;

    if (path == NULL)
        return;
    counts_fd = open(path, O_RDWR | O_CLOEXEC | (is_worker() ? 0 : O_CREAT | O_TRUNC), 0600);
    if (counts_fd < 0 || ftruncate(counts_fd, sizeof *counts) != 0)
        abort();
    move_up(&counts_fd);
    map = mmap(NULL, sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED, counts_fd, 0);
    if (map == MAP_FAILED)
        abort();
    counts = map;
}

__attribute__((constructor)) static void begin(void)
{
    fds_note_inherited();
    share_counts();
    if (helper_is_needed())
        helper_start();
}

__attribute__((destructor)) static void tell_counts(void)
{
    struct counts c = *counts;

    if (counts_fd < 0 || is_worker() || ftruncate(counts_fd, 0) != 0)
        return;
    if (getenv("SYSTEM_COUNT") != NULL)
        (void)dprintf(counts_fd, "%lld\n", c.opened);
    else
        (void)dprintf(counts_fd, "%lld %lld\n", c.reads, c.failed_reads);
}
