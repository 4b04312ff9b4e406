#include "jobs/job_confine_private.h"

#include <stdlib.h>
#include <string.h>

void confine_allow_arrivals(int rules, const struct sets *sets)
{
    for (size_t i = 0; i < sets->arrival_count; i++)
        if (strcmp(sets->arrivals[i].path, "-") != 0)
            plat_confine_allow(rules, sets->arrivals[i].path, PLAT_MAY_READ);
}

void confine_allow_output(int rules, const char *path)
{
    char *folder = NULL;
    const char *name;

    if (path != NULL && strcmp(path, "-") != 0 && path_split(path, &folder, &name))
        plat_confine_allow(rules, folder, PLAT_MAY_FILL);
    free(folder);
}
