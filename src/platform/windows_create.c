/*
 * Creating files and folders on Windows.
 */
#include "platform/files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "platform/windows.h"

/* Refuses a last name that other programs could not open. name is a path if at is PLAT_CWD. */
static int create(HANDLE *out, int at, const char *name, const struct open_how *how)
{
    size_t len = strlen(name), start;
    char *last;
    bool is_good;

    while (at == PLAT_CWD && len > 1 && name[len - 1] == '/')
        len--;
    for (start = len; at == PLAT_CWD && start > 0 && name[start - 1] != '/';)
        start--;
    last = text_copy(name + (at == PLAT_CWD ? start : 0), at == PLAT_CWD ? len - start : len);
    if (last == NULL) {
        errno = ENOMEM;
        return -1;
    }
    is_good = name_is_usable(last);
    free(last);
    if (is_good)
        return open_handle(out, at, name, how);
    errno = EINVAL;
    return -1;
}

/* access is ignored: rights are inherited from the folder. An access control list for the owner
 * alone would stay on a file that is carried to a computer where that owner does not exist. */
int plat_make_dir(int at, const char *name, enum plat_access access)
{
    const struct open_how how = {.access = FILE_LIST_DIRECTORY,
                                 .share = SHARE_ALL,
                                 .disposition = FILE_CREATE,
                                 .options = FILE_DIRECTORY_FILE};
    HANDLE handle;

    (void)access;
    if (create(&handle, at, name, &how) != 0)
        return -1;
    return CloseHandle(handle) ? 0 : fail_last_error();
}

int plat_create_file(int at, const char *name, enum plat_access access, bool exec)
{
    const struct open_how how = {.access = FILE_WRITE_DATA | FILE_APPEND_DATA |
                                           FILE_WRITE_ATTRIBUTES | FILE_WRITE_EA,
                                 .share = FILE_SHARE_READ | FILE_SHARE_DELETE,
                                 .disposition = FILE_CREATE,
                                 .options = FILE_NON_DIRECTORY_FILE};
    HANDLE handle;

    (void)access;
    (void)exec; /* on Windows the name decides */
    return create(&handle, at, name, &how) == 0 ? descriptor_of(handle) : -1;
}

int plat_open_append(const char *path)
{
    const struct open_how how = {.access = FILE_READ_DATA | FILE_APPEND_DATA,
                                 .share = SHARE_ALL,
                                 .disposition = FILE_OPEN_IF,
                                 .options = FILE_NON_DIRECTORY_FILE,
                                 .follow = true};
    HANDLE handle;

    return open_handle(&handle, PLAT_CWD, path, &how) == 0 ? descriptor_of(handle) : -1;
}
