#include "jobs/job_confine_private.h"

#include <stdlib.h>
#include <string.h>

void confine_allow_arrivals(int rules, const struct sets *sets)
{
    for (size_t i = 0; i < sets->arrival_count; i++)
        if (strcmp(sets->arrivals[i].path, "-") != 0)
            plat_confine_allow(rules, sets->arrivals[i].path, PLAT_MAY_READ);
}

static void allow_folder_of(int rules, const char *path, enum plat_may may)
{
    char *folder = NULL;
    const char *name;

    if (path_split(path, &folder, &name))
        plat_confine_allow(rules, folder, may);
    free(folder);
}

void confine_allow_output(int rules, const char *path)
{
    if (path != NULL && strcmp(path, "-") != 0)
        allow_folder_of(rules, path, PLAT_MAY_FILL);
}

void confine_allow_log(int rules, const char *path)
{
    if (path == NULL)
        return;
    plat_confine_allow(rules, path, PLAT_MAY_WRITE);
    allow_folder_of(rules, path, PLAT_MAY_LIST);
}
