/*
 * Opening files and folders on Windows.
 */
#include "platform/files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "platform/windows.h"

NTSTATUS nt_create_file(HANDLE *out, HANDLE folder, const wchar_t *name, size_t len,
                        const struct open_how *how, ULONG more_options)
{
    UNICODE_STRING text = {(USHORT)(len * sizeof *name), (USHORT)(len * sizeof *name),
                           (wchar_t *)(uintptr_t)name};
    OBJECT_ATTRIBUTES what;
    IO_STATUS_BLOCK io;

    if (len > UINT16_MAX / sizeof *name)
        return NT_OBJECT_NAME_INVALID;
    InitializeObjectAttributes(&what, &text, OBJ_CASE_INSENSITIVE, folder, NULL);
    return NtCreateFile(out, how->access | SYNCHRONIZE | FILE_READ_ATTRIBUTES, &what, &io, NULL,
                        FILE_ATTRIBUTE_NORMAL, how->share, how->disposition,
                        how->options | FILE_SYNCHRONOUS_IO_NONALERT | more_options, NULL, 0);
}

ULONG link_tag(HANDLE handle)
{
    FILE_ATTRIBUTE_TAG_INFO info;
    const ULONG stands_for_another = 0x20000000;

    if (!GetFileInformationByHandleEx(handle, FileAttributeTagInfo, &info, sizeof info) ||
        (info.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) == 0)
        return 0;
    return (info.ReparseTag & stands_for_another) != 0 ? info.ReparseTag : 0;
}

static bool is_reparse_point(HANDLE handle)
{
    FILE_ATTRIBUTE_TAG_INFO info;

    return GetFileInformationByHandleEx(handle, FileAttributeTagInfo, &info, sizeof info) &&
           (info.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0;
}

/* A reparse point that is no link (a file in a cloud folder, for example) is opened again without
 * FILE_OPEN_REPARSE_POINT, so that its driver provides the content. */
NTSTATUS open_below(HANDLE *out, HANDLE folder, const wchar_t *name, size_t len,
                    const struct open_how *how)
{
    NTSTATUS status;

    if (how->follow)
        return nt_create_file(out, folder, name, len, how, 0);
    status = nt_create_file(out, folder, name, len, how, FILE_OPEN_REPARSE_POINT);
    if (!NT_SUCCESS(status) || how->disposition != FILE_OPEN || !is_reparse_point(*out) ||
        link_tag(*out) != 0)
        return status;
    (void)CloseHandle(*out);
    return nt_create_file(out, folder, name, len, how, 0);
}

/* An empty name below a file means the file itself on NTFS; other file systems need its path. */
NTSTATUS reopen(HANDLE *out, HANDLE handle, const struct open_how *how)
{
    NTSTATUS status = nt_create_file(out, handle, L"", 0, how, FILE_OPEN_REPARSE_POINT);
    wchar_t *path;

    if (NT_SUCCESS(status))
        return status;
    path = nt_path_of_handle(handle);
    if (path == NULL)
        return status;
    status = nt_create_file(out, NULL, path, wcslen(path), how, FILE_OPEN_REPARSE_POINT);
    free(path);
    return status;
}

/* The folder that an open one is in: NtCreateFile does not know "..". */
static NTSTATUS open_above(HANDLE *out, HANDLE folder, const struct open_how *how)
{
    wchar_t *path = nt_path_of_handle(folder);
    wchar_t *end = path == NULL ? NULL : wcsrchr(path, L'\\');
    NTSTATUS status = NT_OBJECT_PATH_NOT_FOUND;

    if (end != NULL && end > path + 4) {
        end[end[-1] == L':' ? 1 : 0] = L'\0';
        status = nt_create_file(out, NULL, path, wcslen(path), how, 0);
    }
    free(path);
    return status;
}

static NTSTATUS open_part(HANDLE *out, HANDLE folder, const char *name, const struct open_how *how)
{
    size_t len = 0;
    wchar_t *wide;
    NTSTATUS status;

    if (strcmp(name, "..") == 0)
        return open_above(out, folder, how);
    if (strcmp(name, ".") == 0)
        return reopen(out, folder, how);
    /* A colon would mean an alternate data stream, and a backslash a file in a folder. */
    if (strpbrk(name, ":\\") != NULL || name[0] == '\0')
        return NT_OBJECT_NAME_INVALID;
    wide = to_wide(name, &len);
    if (wide == NULL)
        return NT_NO_MEMORY;
    slashes_to_backslashes(wide);
    status = open_below(out, folder, wide, len, how);
    free(wide);
    return status;
}

static int open_full(HANDLE *out, const char *path, const struct open_how *how)
{
    wchar_t *core = nt_path(path);
    NTSTATUS status;

    if (core == NULL)
        return -1;
    status = open_below(out, NULL, core, wcslen(core), how);
    free(core);
    return NT_SUCCESS(status) ? 0 : fail_ntstatus(status);
}

int open_handle(HANDLE *out, int at, const char *name, const struct open_how *how)
{
    NTSTATUS status;

    if (at == PLAT_CWD)
        return open_full(out, name, how);
    if (handle_of(at) == INVALID_HANDLE_VALUE)
        return -1;
    status = open_part(out, handle_of(at), name, how);
    return NT_SUCCESS(status) ? 0 : fail_ntstatus(status);
}

/* Returns a descriptor. ELOOP if it is a link and how->follow is false. */
static int open_descriptor(int at, const char *name, const struct open_how *how)
{
    HANDLE handle;

    if (open_handle(&handle, at, name, how) != 0)
        return -1;
    if (!how->follow && link_tag(handle) != 0) {
        (void)CloseHandle(handle);
        errno = ELOOP;
        return -1;
    }
    return descriptor_of(handle);
}

char *plat_real_path(const char *path)
{
    const struct open_how how = {.share = SHARE_ALL, .disposition = FILE_OPEN, .follow = true};
    wchar_t *wide, *start;
    HANDLE handle;
    char *out;

    if (open_handle(&handle, PLAT_CWD, path, &how) != 0)
        return NULL;
    wide = path_of_handle(handle, VOLUME_NAME_DOS);
    (void)CloseHandle(handle);
    if (wide == NULL)
        return NULL;
    start = wide + 4;
    if (wcsncmp(start, L"UNC\\", 4) == 0) {
        start += 2;
        *start = L'\\'; /* \\?\UNC\server is \\server */
    }
    out = from_wide(start, wcslen(start));
    free(wide);
    if (out != NULL)
        path_unify(out);
    return out;
}

int plat_open_dir(int at, const char *name, bool follow)
{
    const struct open_how how = {.access = FILE_LIST_DIRECTORY,
                                 .share = SHARE_ALL,
                                 .disposition = FILE_OPEN,
                                 .options = FILE_DIRECTORY_FILE,
                                 .follow = follow};

    return open_descriptor(at, name, &how);
}

/* SHARE_ALL: as on other systems, programs may write to the file while it is read, and the caller
 * notices the change. A program that has opened the file exclusively makes this fail with EBUSY. */
int plat_open_file(int at, const char *name, bool follow)
{
    const struct open_how how = {.access = FILE_READ_DATA | FILE_READ_EA,
                                 .share = SHARE_ALL,
                                 .disposition = FILE_OPEN,
                                 .options = FILE_NON_DIRECTORY_FILE,
                                 .follow = follow};

    return open_descriptor(at, name, &how);
}

/* Sharing nothing but the right to remove: that is the lock, see plat_lock_try. */
int plat_open_owned(int at, const char *name, bool *is_dir)
{
    struct open_how how = {
        .access = FILE_READ_DATA, .share = FILE_SHARE_DELETE, .disposition = FILE_OPEN};
    struct plat_stat st;
    int fd;

    if (plat_stat_at(at, name, false, &st) != 0)
        return -1;
    *is_dir = st.type == PLAT_DIR;
    if (st.type != PLAT_DIR && st.type != PLAT_FILE) {
        errno = EINVAL;
        return -1;
    }
    how.options = *is_dir ? FILE_DIRECTORY_FILE : FILE_NON_DIRECTORY_FILE;
    fd = open_descriptor(at, name, &how);
    if (fd < 0 && errno == EBUSY)
        errno = EWOULDBLOCK;
    return fd;
}

#define TRY_EVERY 100 /* milliseconds */

bool retry_later(NTSTATUS status, int tries_left)
{
    if ((status != NT_ACCESS_DENIED && status != NT_SHARING_VIOLATION) || tries_left <= 0)
        return false;
    Sleep(TRY_EVERY);
    return true;
}
