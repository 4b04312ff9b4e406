/*
 * Paths on POSIX systems.
 */
#include "platform/files.h"

#include <stdlib.h>

void path_unify(char *path)
{
    (void)path;
}

bool path_is_drive(const char *path)
{
    (void)path;
    return false;
}

char *plat_real_path(const char *path)
{
    return realpath(path, NULL);
}
