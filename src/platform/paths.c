/*
 * Paths, on every system.
 */
#include "platform/files.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

bool path_split(const char *path, char **dir, const char **name)
{
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 0 : slash == path ? 1 : (size_t)(slash - path);

    *name = slash == NULL ? path : slash + 1;
    *dir = len == 0 ? strdup(".") : text_copy(path, len);
    return *dir != NULL;
}

char *path_beside(const char *path, const char *name)
{
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 0 : (size_t)(slash + 1 - path), size = strlen(name) + 1;
    char *beside = malloc(len + size);

    if (beside == NULL)
        return NULL;
    memcpy(beside, path, len);
    memcpy(beside + len, name, size);
    return beside;
}
