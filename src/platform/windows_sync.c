/*
 * Bringing files to the medium on Windows.
 */
#include "platform/files.h"

#include "platform/windows.h"

int plat_sync(int fd)
{
    HANDLE handle = handle_of(fd);

    if (handle == INVALID_HANDLE_VALUE)
        return -1;
    /* Pipes need no sync. Folders cannot be flushed. Flushing needs the right to write, and a file
     * that was opened for reading has nothing to flush. */
    if (GetFileType(handle) != FILE_TYPE_DISK || FlushFileBuffers(handle) ||
        GetLastError() == ERROR_ACCESS_DENIED || GetLastError() == ERROR_INVALID_FUNCTION)
        return 0;
    return fail_last_error();
}

#define FLUSH_TRIES 50

/* plat_make_read_only has already written such a file to the medium. */
static bool is_read_only(HANDLE folder, const wchar_t *name, size_t len)
{
    const struct open_how how = {.share = SHARE_ALL, .disposition = FILE_OPEN};
    BY_HANDLE_FILE_INFORMATION info;
    HANDLE handle;
    bool is = false;

    if (!NT_SUCCESS(open_below(&handle, folder, name, len, &how)))
        return false;
    if (GetFileInformationByHandle(handle, &info))
        is = (info.dwFileAttributes & FILE_ATTRIBUTE_READONLY) != 0;
    (void)CloseHandle(handle);
    return is;
}

static int flush_entry(void *ctx, const wchar_t *name, size_t len);

static int flush_folder(HANDLE above, const wchar_t *name, size_t len)
{
    const struct open_how how = {.access = FILE_LIST_DIRECTORY,
                                 .share = SHARE_ALL,
                                 .disposition = FILE_OPEN,
                                 .options = FILE_DIRECTORY_FILE};
    HANDLE folder;
    NTSTATUS status = open_below(&folder, above, name, len, &how);
    int result;

    if (!NT_SUCCESS(status))
        return fail_ntstatus(status);
    result = list_handle(folder, flush_entry, &folder);
    (void)CloseHandle(folder);
    return result;
}

static int flush_entry(void *ctx, const wchar_t *name, size_t len)
{
    const struct open_how how = {.access = FILE_WRITE_DATA,
                                 .share = SHARE_ALL,
                                 .disposition = FILE_OPEN,
                                 .options = FILE_NON_DIRECTORY_FILE};
    HANDLE folder = *(HANDLE *)ctx, handle;
    NTSTATUS status;
    int tries_left = FLUSH_TRIES, result = 0;

    do
        status = open_below(&handle, folder, name, len, &how);
    while (status == NT_SHARING_VIOLATION && retry_later(status, tries_left--));
    if (status == NT_FILE_IS_A_DIRECTORY)
        return flush_folder(folder, name, len);
    if (status == NT_ACCESS_DENIED && is_read_only(folder, name, len))
        return 0;
    if (!NT_SUCCESS(status))
        return fail_ntstatus(status);
    if (!FlushFileBuffers(handle))
        result = fail_last_error();
    (void)CloseHandle(handle);
    return result;
}

int plat_sync_filesystem(int fd)
{
    HANDLE handle = handle_of(fd);

    return handle == INVALID_HANDLE_VALUE ? -1 : list_handle(handle, flush_entry, &handle);
}
