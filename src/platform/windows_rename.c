/*
 * Renaming on Windows.
 */
#include "platform/files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "platform/windows.h"

/* FILE_RENAME_INFORMATION. The declaration in the compiler's headers differs between versions. */
struct renaming {
    union {
        BOOLEAN replace;
        ULONG flags;
    };
    HANDLE folder;
    ULONG len; /* bytes */
    wchar_t name[];
};

static NTSTATUS rename_handle(HANDLE handle, HANDLE folder, const wchar_t *to, size_t len,
                              bool replace)
{
    size_t size = sizeof(struct renaming) + (len + 1) * sizeof *to;
    struct renaming *r = calloc(1, size);
    IO_STATUS_BLOCK io;
    NTSTATUS status;

    if (r == NULL)
        return NT_NO_MEMORY;
    r->replace = replace;
    r->folder = folder;
    r->len = (ULONG)(len * sizeof *to);
    memcpy(r->name, to, r->len);
    status = NtSetInformationFile(handle, &io, r, (ULONG)size, FileRenameInformation);
    free(r);
    return status;
}

#define RENAME_TRIES 50

/* Before file replaces the one of that name: gives file the access control list of the old one, and
 * makes the old one writable so that it can be replaced. Where there are no such rights (FAT) this
 * does nothing. */
static void take_over_rights(HANDLE file, HANDLE folder, const wchar_t *name, size_t len)
{
    const struct open_how old_how = {.access = READ_CONTROL | FILE_WRITE_ATTRIBUTES,
                                     .share = SHARE_ALL,
                                     .disposition = FILE_OPEN};
    const struct open_how how = {.access = WRITE_DAC, .share = SHARE_ALL, .disposition = FILE_OPEN};
    const SECURITY_INFORMATION what = DACL_SECURITY_INFORMATION;
    HANDLE old, writable;
    void *rights = NULL;
    DWORD size = 0;

    if (!NT_SUCCESS(nt_create_file(&old, folder, name, len, &old_how, FILE_OPEN_REPARSE_POINT)))
        return;
    make_writable(old);
    (void)GetKernelObjectSecurity(old, what, NULL, 0, &size);
    rights = malloc(size);
    if (rights != NULL && GetKernelObjectSecurity(old, what, rights, size, &size) &&
        NT_SUCCESS(reopen(&writable, file, &how))) {
        (void)SetKernelObjectSecurity(writable, what, rights);
        (void)CloseHandle(writable);
    }
    free(rights);
    (void)CloseHandle(old);
}

static int rename_to(int at, const char *from, const char *to, bool replace)
{
    /* FILE_WRITE_THROUGH: when the call returns, the new name is on the medium as far as the system
     * can tell. */
    const struct open_how how = {.access = DELETE,
                                 .share = SHARE_ALL,
                                 .disposition = FILE_OPEN,
                                 .options = FILE_WRITE_THROUGH};
    const char *name = to;
    char *folder = NULL;
    int parent = at, result = -1;
    wchar_t *wide = NULL;
    HANDLE handle;
    size_t len;

    if (at == PLAT_CWD) { /* from and to are paths in the same folder */
        if (!path_split(to, &folder, &name)) {
            errno = ENOMEM;
            return -1;
        }
        parent = plat_open_dir(PLAT_CWD, folder, true);
        free(folder);
    }
    wide = to_wide(name, &len);
    if (parent < 0 || wide == NULL) {
        result = -1;
    } else if (!name_is_usable(name)) {
        errno = EINVAL;
    } else if (open_handle(&handle, at, from, &how) == 0) {
        NTSTATUS status;
        int tries_left = RENAME_TRIES;

        if (replace)
            take_over_rights(handle, handle_of(parent), wide, len);
        do
            status = rename_handle(handle, handle_of(parent), wide, len, replace);
        while (retry_later(status, tries_left--));
        result = NT_SUCCESS(status) ? 0 : fail_ntstatus(status);
        (void)CloseHandle(handle);
    }
    free(wide);
    if (parent >= 0 && parent != at) {
        int saved = errno;

        (void)plat_close(parent);
        errno = saved;
    }
    return result;
}

int plat_rename_new(int at, const char *from, const char *to)
{
    return rename_to(at, from, to, false);
}

int plat_rename_over(int at, const char *from, const char *to)
{
    return rename_to(at, from, to, true);
}
