/*
 * The cage on systems other than Linux and Windows: no part of it exists, and plat_cage_enter
 * returns that.
 */
#include "platform/worker.h"

#include "platform/crew.h"

unsigned int plat_cage_enter(const struct plat_cage *cage, struct crew **crew)
{
    *crew = crew_try_new(cage->threads);
    return PLAT_CAGE_ALL;
}
