/*
 * Times and rights on Windows.
 */
#include "platform/files.h"

#include <errno.h>

#include "platform/windows.h"

/* Opens the file of fd again with these rights; NULL with errno. */
static HANDLE open_again(int fd, ACCESS_MASK access)
{
    const struct open_how how = {.access = access, .share = SHARE_ALL, .disposition = FILE_OPEN};
    HANDLE handle = handle_of(fd), again;
    NTSTATUS status;

    if (handle == INVALID_HANDLE_VALUE)
        return NULL;
    status = reopen(&again, handle, &how);
    if (NT_SUCCESS(status))
        return again;
    (void)fail_ntstatus(status);
    return NULL;
}

/* A member of info that is zero leaves that attribute as it is. */
static int set_basic(int fd, FILE_BASIC_INFO *info)
{
    HANDLE handle = handle_of(fd);
    int result;

    if (handle == INVALID_HANDLE_VALUE)
        return -1;
    if (SetFileInformationByHandle(handle, FileBasicInfo, info, sizeof *info))
        return 0;
    handle = open_again(fd, FILE_WRITE_ATTRIBUTES); /* plat_open_dir did not ask for this right */
    if (handle == NULL)
        return -1;
    result = SetFileInformationByHandle(handle, FileBasicInfo, info, sizeof *info)
                 ? 0
                 : fail_last_error();
    (void)CloseHandle(handle);
    return result;
}

/* The times that FAT can hold in every time zone: 2 January 1980 to 31 December 2107. */
#define FAT_BEGIN INT64_C(315619200)
#define FAT_END INT64_C(4354732800)

static int64_t between(int64_t least, int64_t n, int64_t most)
{
    return n < least ? least : n > most ? most : n;
}

int plat_set_mtime_fd(int fd, struct timestamp mtime)
{
    FILE_BASIC_INFO info = {.FileAttributes = 0};
    const int64_t last = INT64_MAX / TICKS_A_SECOND - SECONDS_TO_1970 - 1;
    int64_t sec = mtime.sec;

    /* The nearest time that the system can hold. */
    sec = between(1 - SECONDS_TO_1970, sec, last);
    info.LastWriteTime.QuadPart = (sec + SECONDS_TO_1970) * TICKS_A_SECOND + mtime.nsec / 100;
    if (set_basic(fd, &info) == 0)
        return 0;
    if (errno != EINVAL)
        return -1;
    sec = between(FAT_BEGIN, sec, FAT_END);
    info.LastWriteTime.QuadPart = (sec + SECONDS_TO_1970) * TICKS_A_SECOND;
    return set_basic(fd, &info);
}

/* Writes the file to the medium first: FlushFileBuffers needs the right to write. Does nothing to
 * folders, for which the attribute has no effect. */
bool plat_can_restrict(int fd)
{
    (void)fd; /* rights of others are never found here */
    return true;
}

int plat_give_owner(int fd, int at, const char *name)
{
    (void)fd;
    (void)at;
    (void)name;
    return 0;
}

int plat_make_read_only(int fd)
{
    HANDLE handle = handle_of(fd);
    BY_HANDLE_FILE_INFORMATION now;
    FILE_BASIC_INFO info = {.FileAttributes = 0};

    if (handle == INVALID_HANDLE_VALUE)
        return -1;
    if (!GetFileInformationByHandle(handle, &now))
        return fail_last_error();
    if ((now.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0)
        return 0;
    if (plat_sync(fd) != 0)
        return -1;
    info.FileAttributes =
        (now.dwFileAttributes & ~(DWORD)FILE_ATTRIBUTE_NORMAL) | FILE_ATTRIBUTE_READONLY;
    return set_basic(fd, &info);
}

int plat_share_dir(int fd)
{
    return handle_of(fd) == INVALID_HANDLE_VALUE ? -1 : 0;
}

void make_writable(HANDLE handle)
{
    FILE_BASIC_INFO info = {.FileAttributes = FILE_ATTRIBUTE_NORMAL};

    (void)SetFileInformationByHandle(handle, FileBasicInfo, &info, sizeof info);
}
