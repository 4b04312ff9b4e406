/*
 * Paths on Windows.
 */
#include "platform/files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "platform/windows.h"

void path_unify(char *path)
{
    for (; *path != '\0'; path++)
        if (*path == '\\')
            *path = '/';
}

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool path_is_drive(const char *path)
{
    return is_letter(path[0]) && path[1] == ':' && path[2 + strspn(path + 2, "/")] == '\0';
}

void slashes_to_backslashes(wchar_t *path)
{
    for (; *path != L'\0'; path++)
        if (*path == L'/')
            *path = L'\\';
}

/* The absolute path; malloc'ed. */
static wchar_t *full_path(const wchar_t *path)
{
    DWORD room = GetFullPathNameW(path, 0, NULL, NULL);
    wchar_t *full = room == 0 ? NULL : calloc(room, sizeof *full);

    if (room == 0)
        (void)fail_last_error();
    else if (full == NULL)
        errno = ENOMEM;
    else if (GetFullPathNameW(path, room, full, NULL) == 0) {
        (void)fail_last_error();
        free(full);
        full = NULL;
    }
    return full;
}

/* prefix and path, malloc'ed. */
static wchar_t *join(const wchar_t *prefix, const wchar_t *path)
{
    size_t a = wcslen(prefix), b = wcslen(path);
    wchar_t *out = calloc(a + b + 1, sizeof *out);

    if (out == NULL) {
        errno = ENOMEM;
        return NULL;
    }
    memcpy(out, prefix, a * sizeof *out);
    memcpy(out + a, path, b * sizeof *out);
    return out;
}

wchar_t *nt_path(const char *path)
{
    wchar_t *wide = to_wide(path, NULL), *full = NULL, *core = NULL;

    if (wide == NULL)
        return NULL;
    slashes_to_backslashes(wide);
    if (wcsncmp(wide, L"\\\\?\\", 4) == 0) {
        core = join(L"\\??\\", wide + 4);
    } else {
        /* "E:" alone would be the current folder of that drive. */
        if (path_is_drive(path))
            full = join(wide, L"\\");
        else
            full = full_path(wide);
        if (full != NULL && wcsncmp(full, L"\\\\.\\", 4) == 0)
            errno = EINVAL; /* a device */
        else if (full != NULL && wcsncmp(full, L"\\\\", 2) == 0)
            core = join(L"\\??\\UNC\\", full + 2);
        else if (full != NULL)
            core = join(L"\\??\\", full);
    }
    free(full);
    free(wide);
    return core;
}

wchar_t *path_of_handle(HANDLE handle, DWORD kind)
{
    DWORD room = GetFinalPathNameByHandleW(handle, NULL, 0, kind);
    wchar_t *path = room == 0 ? NULL : calloc(room + 1, sizeof *path);

    if (room == 0)
        (void)fail_last_error();
    else if (path == NULL)
        errno = ENOMEM;
    else if (GetFinalPathNameByHandleW(handle, path, room + 1, kind) == 0) {
        (void)fail_last_error();
        free(path);
        path = NULL;
    }
    return path;
}

wchar_t *nt_path_of_handle(HANDLE handle)
{
    wchar_t *path = path_of_handle(handle, VOLUME_NAME_DOS);

    if (path == NULL)
        return path_of_handle(handle, VOLUME_NAME_NT);
    path[1] = L'?'; /* the prefix \\?\ becomes \??\ */
    return path;
}

bool name_is_usable(const char *name)
{
    static const char *const devices[] = {"con", "prn", "aux", "nul", "conin$", "conout$"};
    size_t len = strlen(name), stem = strcspn(name, ".");

    if (len == 0 || name[len - 1] == '.' || name[len - 1] == ' ' ||
        strpbrk(name, "<>:\"|?*\\/") != NULL)
        return false;
    while (stem > 0 && name[stem - 1] == ' ')
        stem--;
    for (size_t i = 0; i < sizeof devices / sizeof devices[0]; i++)
        if (stem == strlen(devices[i]) && _strnicmp(name, devices[i], stem) == 0)
            return false;
    return !((stem == 4 || (stem == 5 && (uint8_t)name[3] == 0xc2)) &&
             (_strnicmp(name, "com", 3) == 0 || _strnicmp(name, "lpt", 3) == 0) &&
             (stem == 5 || (name[3] >= '0' && name[3] <= '9')));
}
