/*
 * Alternate data streams: POSIX systems have none.
 */
#include "platform/files.h"

int plat_list_streams(int at, const char *name, int (*each)(void *ctx, const char *stream),
                      void *ctx)
{
    (void)at;
    (void)name;
    (void)each;
    (void)ctx;
    return 0;
}

void plat_mark_downloaded(int fd)
{
    (void)fd;
}
