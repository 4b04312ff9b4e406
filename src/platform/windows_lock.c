/*
 * Locks between programs on Windows: a byte range for plat_lock, and for plat_lock_try the sharing
 * mode with which a file was opened.
 */
#include "platform/files.h"

#include <errno.h>

#include "platform/windows.h"

/* An offset far beyond the end of any file: a locked range cannot be read by others. */
#define LOCK_OFFSET_HIGH 0x7fffffff

int plat_lock(int fd, void (*waits)(void *ctx), void *ctx)
{
    HANDLE handle = handle_of(fd);

    if (handle == INVALID_HANDLE_VALUE)
        return -1;
    for (int tries = 1;; tries++) {
        OVERLAPPED place = {.OffsetHigh = LOCK_OFFSET_HIGH};

        if (LockFileEx(handle, LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0,
                       &place))
            return 0;
        if (GetLastError() != ERROR_LOCK_VIOLATION && GetLastError() != ERROR_IO_PENDING)
            return fail_last_error();
        if (stop_requested()) {
            errno = EINTR;
            return -1;
        }
        if (tries == PLAT_LOCK_TRIES && waits != NULL)
            waits(ctx);
        Sleep(PLAT_LOCK_EVERY);
    }
}

/* plat_open_owned has locked the file by opening it without sharing; and a file that is being
 * written cannot be opened so. */
int plat_lock_try(int fd)
{
    return handle_of(fd) == INVALID_HANDLE_VALUE ? -1 : 0;
}
