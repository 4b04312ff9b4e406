/*
 * What this process gives up on systems other than Linux: nothing, for want of a way.
 */
#include "platform/confine.h"
#include "platform/process.h"

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
