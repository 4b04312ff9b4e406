#include "jobs/is_folder.h"

#include <string.h>

#include "platform/files.h"

bool is_folder(const char *path)
{
    struct plat_stat st;

    return strcmp(path, "-") != 0 && plat_stat_at(PLAT_CWD, path, true, &st) == 0 &&
           st.type == PLAT_DIR;
}
