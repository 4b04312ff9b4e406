/*
 * For systems whose means to shut a process in are not known here: nothing of the cage is there,
 * and that is said.
 */
#include "platform/platform.h"

unsigned int plat_cage_enter(const struct plat_cage *cage)
{
    (void)cage;
    return PLAT_CAGE_ALL;
}

void plat_renounce(bool with_programs)
{
    (void)with_programs;
}
