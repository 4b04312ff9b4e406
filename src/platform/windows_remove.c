/*
 * Removing files and trees on Windows.
 */
#include "platform/files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "platform/windows.h"

#define REMOVE_TRIES 10

static const struct open_how to_remove = {
    .access = DELETE | FILE_WRITE_ATTRIBUTES, .share = SHARE_ALL, .disposition = FILE_OPEN};

/* Also closes the handle. */
static NTSTATUS remove_handle(HANDLE handle)
{
    FILE_DISPOSITION_INFO gone = {.DeleteFile = TRUE};
    IO_STATUS_BLOCK io;
    NTSTATUS status;

    make_writable(handle);
    status = NtSetInformationFile(handle, &io, &gone, sizeof gone, FileDispositionInformation);
    (void)CloseHandle(handle);
    return status;
}

static NTSTATUS try_to_remove(HANDLE folder, const wchar_t *name, size_t len)
{
    HANDLE handle;
    NTSTATUS status =
        nt_create_file(&handle, folder, name, len, &to_remove, FILE_OPEN_REPARSE_POINT);

    return NT_SUCCESS(status) ? remove_handle(handle) : status;
}

/* is_emptied: everything in the folder was removed, so NT_DIRECTORY_NOT_EMPTY means that another
 * program still has an entry open; the entry disappears when that closes it. */
static bool may_empty(NTSTATUS status, bool is_emptied, int tries_left)
{
    return retry_later(
        is_emptied && status == NT_DIRECTORY_NOT_EMPTY ? NT_SHARING_VIOLATION : status, tries_left);
}

static NTSTATUS remove_below(HANDLE folder, const wchar_t *name, size_t len, bool is_emptied)
{
    NTSTATUS status;
    int tries_left = REMOVE_TRIES;

    do
        status = try_to_remove(folder, name, len);
    while (may_empty(status, is_emptied, tries_left--));
    return status;
}

/* Removes an open folder, which may have been renamed. */
static NTSTATUS remove_open(HANDLE folder)
{
    NTSTATUS status;
    HANDLE handle;
    int tries_left = REMOVE_TRIES;

    do {
        status = reopen(&handle, folder, &to_remove);
        if (NT_SUCCESS(status))
            status = remove_handle(handle);
    } while (may_empty(status, true, tries_left--));
    return status;
}

static NTSTATUS remove_named(int at, const char *name)
{
    wchar_t *wide = at == PLAT_CWD ? nt_path(name) : to_wide(name, NULL);
    NTSTATUS status = NT_NO_MEMORY;

    if (wide != NULL && at != PLAT_CWD && strpbrk(name, ":\\/") != NULL)
        status = NT_OBJECT_NAME_INVALID;
    else if (wide != NULL)
        status = remove_below(at == PLAT_CWD ? NULL : handle_of(at), wide, wcslen(wide), false);
    free(wide);
    return status;
}

int plat_unlink(int at, const char *name)
{
    NTSTATUS status = remove_named(at, name);

    return NT_SUCCESS(status) ? 0 : fail_ntstatus(status);
}

struct removal {
    HANDLE folder;
    bool may_stop;
    NTSTATUS failed; /* the first failure */
};

static void empty_folder(struct removal *r);

static bool is_gone(NTSTATUS status)
{
    return NT_SUCCESS(status) || status == NT_OBJECT_NAME_NOT_FOUND || status == NT_DELETE_PENDING;
}

/* Removes a subfolder that is not empty, and everything in it. */
static NTSTATUS remove_full(struct removal *r, const wchar_t *name, size_t len)
{
    const struct open_how how = {.access = FILE_LIST_DIRECTORY,
                                 .share = SHARE_ALL,
                                 .disposition = FILE_OPEN,
                                 .options = FILE_DIRECTORY_FILE};
    struct removal below = {.may_stop = r->may_stop};
    NTSTATUS status = open_below(&below.folder, r->folder, name, len, &how);

    if (!NT_SUCCESS(status))
        return status;
    if (link_tag(below.folder) == 0)
        empty_folder(&below);
    (void)CloseHandle(below.folder);
    return NT_SUCCESS(below.failed) ? remove_below(r->folder, name, len, true) : below.failed;
}

static int remove_entry(void *ctx, const wchar_t *name, size_t len)
{
    struct removal *r = ctx;
    NTSTATUS status;

    if (r->may_stop && stop_requested()) {
        r->failed = NT_CANCELLED;
        return 1;
    }
    status = remove_below(r->folder, name, len, false);
    if (status == NT_DIRECTORY_NOT_EMPTY)
        status = remove_full(r, name, len);
    if (!is_gone(status) && NT_SUCCESS(r->failed))
        r->failed = status;
    return 0;
}

static void empty_folder(struct removal *r)
{
    if (list_handle(r->folder, remove_entry, r) < 0 && NT_SUCCESS(r->failed))
        r->failed = NT_UNSUCCESSFUL;
}

int plat_remove_tree(int at, const char *name, int fd, bool may_stop)
{
    struct removal r = {.folder = fd >= 0 ? handle_of(fd) : NULL, .may_stop = may_stop};
    NTSTATUS status;

    if (r.folder == INVALID_HANDLE_VALUE)
        return -1;
    if (fd >= 0)
        empty_folder(&r);
    status = !NT_SUCCESS(r.failed) ? r.failed
             : fd >= 0             ? remove_open(r.folder)
                                   : remove_named(at, name);
    if (is_gone(status))
        return 0;
    (void)fail_ntstatus(status);
    if (status == NT_CANCELLED)
        errno = EINTR;
    return -1;
}
