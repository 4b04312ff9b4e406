/*
 * The cage on systems other than Linux and Windows: no part of it exists, and plat_cage_enter
 * returns that.
 */
#include "platform/worker.h"

#include "platform/confine.h"
#include "platform/crew.h"
#include "platform/process.h"

unsigned int plat_cage_enter(const struct plat_cage *cage, struct crew **crew)
{
    *crew = crew_try_new(cage->threads);
    return PLAT_CAGE_ALL;
}

void plat_process_restrict(bool with_worker)
{
    (void)with_worker;
}

int plat_confine_begin(void)
{
    return -1;
}

void plat_confine_allow(int rules, const char *path, enum plat_may may)
{
    (void)rules;
    (void)path;
    (void)may;
}

void plat_confine_enter(int rules)
{
    (void)rules;
}
