/*
 * What a file has besides its content on Windows: alternate data streams, holes.
 */
#include "platform/files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "platform/windows.h"

/* Bytes of the longest answer about streams; the kernel keeps no more attributes of a file. */
#define STREAMS_LEN_MAX (16 * 1024 * 1024)

/* The content of a file, which is the stream without a name; and the Mark of the Web, which Windows
 * adds to what browsers and messengers download. */
static bool is_usual_stream(const wchar_t *name, size_t len)
{
    static const wchar_t *const usual[] = {L"::$DATA", L":Zone.Identifier:$DATA"};

    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
        if (len == wcslen(usual[i]) && _wcsnicmp(name, usual[i], len) == 0)
            return true;
    return false;
}

/* Calls each with "name" for ":name:$DATA", and with "name:$TYPE" for a stream of another type. */
static int tell_stream(const FILE_STREAM_INFO *info, int (*each)(void *ctx, const char *stream),
                       void *ctx)
{
    static const wchar_t type[] = L":$DATA";
    const wchar_t *name = info->StreamName;
    size_t len = info->StreamNameLength / sizeof *name, type_len = wcslen(type);
    char *text;
    int result;

    if (len < 2 || is_usual_stream(name, len))
        return 0;
    if (len > type_len && wcsncmp(name + len - type_len, type, type_len) == 0)
        len -= type_len;
    text = from_wide(name + 1, len - 1);
    result = text == NULL ? -1 : each(ctx, text);
    free(text);
    return result;
}

/* The list of streams as the system gives it; malloc'ed. NULL with errno, which is 0 if the file
 * system has no streams. */
static char *read_streams(HANDLE handle)
{
    for (DWORD size = 65536; size <= STREAMS_LEN_MAX; size *= 2) {
        char *answer = calloc(1, size);
        bool is_longer;

        errno = answer == NULL ? ENOMEM : 0;
        if (answer == NULL || GetFileInformationByHandleEx(handle, FileStreamInfo, answer, size))
            return answer;
        is_longer = GetLastError() == ERROR_MORE_DATA;
        free(answer);
        errno = 0;
        if (!is_longer)
            return NULL;
    }
    errno = ENOMEM;
    return NULL;
}

int plat_list_streams(int at, const char *name, int (*each)(void *ctx, const char *stream),
                      void *ctx)
{
    const struct open_how how = {.share = SHARE_ALL, .disposition = FILE_OPEN};
    char *answer;
    HANDLE handle;
    int result;

    if (open_handle(&handle, at, name, &how) != 0)
        return 0;
    answer = read_streams(handle);
    (void)CloseHandle(handle);
    result = answer == NULL && errno != 0 ? -1 : 0;
    for (const char *p = answer; p != NULL && result == 0;) {
        const FILE_STREAM_INFO *info = (const void *)p;

        result = tell_stream(info, each, ctx);
        p = info->NextEntryOffset == 0 ? NULL : p + info->NextEntryOffset;
    }
    free(answer);
    return result;
}

/* NTFS has some, for OS/2 and WSL, which nobody sees. */
int plat_list_attributes(int fd, int (*each)(void *ctx, const char *name, uint64_t size), void *ctx)
{
    (void)fd;
    (void)each;
    (void)ctx;
    return 0;
}

bool plat_has_holes(int fd)
{
    BY_HANDLE_FILE_INFORMATION info;

    return GetFileInformationByHandle(handle_of(fd), &info) &&
           (info.dwFileAttributes & FILE_ATTRIBUTE_SPARSE_FILE) != 0;
}

/* Writes what a browser writes. Fails on most file systems other than NTFS, which does no harm. */
void plat_mark_downloaded(int fd)
{
    static const wchar_t name[] = L":Zone.Identifier";
    static const char from_the_internet[] = "[ZoneTransfer]\r\nZoneId=3\r\n";
    const struct open_how how = {.access = FILE_WRITE_DATA,
                                 .share = SHARE_ALL,
                                 .disposition = FILE_OVERWRITE_IF,
                                 .options = FILE_NON_DIRECTORY_FILE,
                                 .follow = true};
    HANDLE file = handle_of(fd), mark;
    DWORD done;

    if (file == INVALID_HANDLE_VALUE || GetFileType(file) != FILE_TYPE_DISK ||
        !NT_SUCCESS(open_below(&mark, file, name, wcslen(name), &how)))
        return;
    (void)WriteFile(mark, from_the_internet, sizeof from_the_internet - 1, &done, NULL);
    (void)CloseHandle(mark);
}
