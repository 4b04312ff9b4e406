/*
 * Listing folders on Windows.
 */
#include "platform/files.h"

#include <errno.h>
#include <stdlib.h>

#include "platform/windows.h"

#define LISTING_LEN 65536

static bool is_dots(const wchar_t *name, size_t len)
{
    return (len == 1 && name[0] == L'.') || (len == 2 && name[0] == L'.' && name[1] == L'.');
}

/* Calls each for the entries in one answer of the system. */
static int each_of(const char *at, int (*each)(void *ctx, const wchar_t *name, size_t len),
                   void *ctx)
{
    for (;;) {
        const FILE_ID_BOTH_DIR_INFO *entry = (const void *)at;
        size_t len = entry->FileNameLength / sizeof entry->FileName[0];
        int result = is_dots(entry->FileName, len) ? 0 : each(ctx, entry->FileName, len);

        if (result != 0 || entry->NextEntryOffset == 0)
            return result;
        at += entry->NextEntryOffset;
    }
}

int list_handle(HANDLE folder, int (*each)(void *ctx, const wchar_t *name, size_t len), void *ctx)
{
    char *answer = malloc(LISTING_LEN);
    FILE_INFO_BY_HANDLE_CLASS what = FileIdBothDirectoryRestartInfo;
    int result = 0, saved;

    if (answer == NULL) {
        errno = ENOMEM;
        return -1;
    }
    while (result == 0 && GetFileInformationByHandleEx(folder, what, answer, LISTING_LEN)) {
        what = FileIdBothDirectoryInfo;
        result = each_of(answer, each, ctx);
    }
    /* The empty top folder of a drive gives ERROR_FILE_NOT_FOUND. */
    if (result == 0 && GetLastError() != ERROR_NO_MORE_FILES &&
        GetLastError() != ERROR_FILE_NOT_FOUND)
        result = fail_last_error();
    saved = errno;
    free(answer);
    errno = saved;
    return result;
}

struct listing {
    int (*each)(void *ctx, const char *name);
    void *ctx;
};

static int each_name(void *ctx, const wchar_t *wide, size_t len)
{
    const struct listing *l = ctx;
    char *name = from_wide(wide, len);
    int result = name == NULL ? -1 : l->each(l->ctx, name);
    int saved = errno;

    free(name);
    errno = saved;
    return result;
}

int plat_list_dir(int dirfd, int (*each)(void *ctx, const char *name), void *ctx)
{
    HANDLE handle = handle_of(dirfd);
    struct listing l = {each, ctx};

    return handle == INVALID_HANDLE_VALUE ? -1 : list_handle(handle, each_name, &l);
}
