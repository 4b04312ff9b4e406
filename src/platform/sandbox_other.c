/*
 * For systems whose means to shut a process in are not known here: nothing of the cage is there,
 * and that is said.
 */
#include "platform/worker.h"

#include "platform/crew.h"
#include "platform/process.h"

unsigned int plat_cage_enter(const struct plat_cage *cage, struct crew **crew)
{
    struct fault ignored = {.status = SEAL_OK};

    *crew = NULL;
    if (cage->threads > 1)
        (void)!crew_new(crew, cage->threads, &ignored);
    return PLAT_CAGE_ALL;
}

void plat_renounce(bool with_programs)
{
    (void)with_programs;
}
