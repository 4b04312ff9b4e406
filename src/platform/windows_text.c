/*
 * UTF-16, error codes, handles and descriptors on Windows.
 */
#include "platform/process.h"

#include <errno.h>
#include <io.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "platform/windows.h"

/* ---- Names -------------------------------------------------------------------------------- */

static bool is_high(uint32_t unit)
{
    return unit >= 0xd800 && unit < 0xdc00;
}

static bool is_low(uint32_t unit)
{
    return unit >= 0xdc00 && unit < 0xe000;
}

static size_t encode(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3f));
        out[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3f));
    out[2] = (char)(0x80 | (c >> 6 & 0x3f));
    out[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

size_t encode_wide(char *out, const wchar_t *text, size_t len)
{
    size_t done = 0;

    for (size_t i = 0; i < len; i++) {
        uint32_t c = text[i];

        if (is_high(c) && i + 1 < len && is_low(text[i + 1]))
            c = 0x10000 + ((c - 0xd800) << 10) + (uint32_t)(text[++i] - 0xdc00);
        done += encode(out + done, c);
    }
    return done;
}

char *from_wide(const wchar_t *text, size_t len)
{
    char *out = malloc(len * 3 + 1);

    if (out == NULL) {
        errno = ENOMEM;
        return NULL;
    }
    out[encode_wide(out, text, len)] = '\0';
    return out;
}

/* The character at s, and in *n its length in bytes. Half of a surrogate pair has three (see
 * to_wide). A byte that is part of no character becomes U+FFFD, which no file name has. */
static uint32_t decode(const uint8_t *s, size_t len, size_t *n)
{
    *n = utf8_char_len(s, len);
    switch (*n) {
    case 1:
        return s[0];
    case 2:
        return (uint32_t)(s[0] & 0x1f) << 6 | (s[1] & 0x3f);
    case 3:
        return (uint32_t)(s[0] & 0xf) << 12 | (uint32_t)(s[1] & 0x3f) << 6 | (s[2] & 0x3f);
    case 4:
        return (uint32_t)(s[0] & 7) << 18 | (uint32_t)(s[1] & 0x3f) << 12 |
               (uint32_t)(s[2] & 0x3f) << 6 | (s[3] & 0x3f);
    default:
        break;
    }
    if (len >= 3 && s[0] == 0xed && (s[1] & 0xe0) == 0xa0 && (s[2] & 0xc0) == 0x80) {
        *n = 3;
        return UINT32_C(0xd000) | (uint32_t)(s[1] & 0x3f) << 6 | (s[2] & 0x3f);
    }
    *n = 1;
    return 0xfffd;
}

wchar_t *to_wide(const char *text, size_t *len)
{
    size_t left = strlen(text), done = 0;
    const uint8_t *s = (const uint8_t *)text;
    wchar_t *out = calloc(left + 1, sizeof *out);

    if (out == NULL) {
        errno = ENOMEM;
        return NULL;
    }
    while (left > 0) {
        size_t n;
        uint32_t c = decode(s, left, &n);

        if (c >= 0x10000) {
            out[done++] = (wchar_t)(0xd800 + ((c - 0x10000) >> 10));
            c = 0xdc00 + ((c - 0x10000) & 0x3ff);
        }
        out[done++] = (wchar_t)c;
        s += n;
        left -= n;
    }
    if (len != NULL)
        *len = done;
    return out;
}

/* ---- Errors ------------------------------------------------------------------------------- */

static const struct {
    DWORD error;
    int number;
} numbers[] = {
    {ERROR_FILE_NOT_FOUND, ENOENT},
    {ERROR_PATH_NOT_FOUND, ENOENT},
    {ERROR_INVALID_DRIVE, ENOENT},
    {ERROR_BAD_NETPATH, ENOENT},
    {ERROR_BAD_NET_NAME, ENOENT},
    {ERROR_NO_MORE_FILES, ENOENT},
    {ERROR_ACCESS_DENIED, EACCES},
    {ERROR_CANT_ACCESS_FILE, EACCES},
    {ERROR_PRIVILEGE_NOT_HELD, EPERM},
    {225, EPERM}, /* ERROR_VIRUS_INFECTED; the compiler's headers lack these numbers */
    {226, EPERM}, /* ERROR_VIRUS_DELETED */
    {ERROR_SHARING_VIOLATION, EBUSY},
    {ERROR_LOCK_VIOLATION, EBUSY},
    {ERROR_BUSY, EBUSY},
    {ERROR_USER_MAPPED_FILE, EBUSY},
    {ERROR_FILE_EXISTS, EEXIST},
    {ERROR_ALREADY_EXISTS, EEXIST},
    {ERROR_INVALID_NAME, EINVAL},
    {ERROR_BAD_PATHNAME, EINVAL},
    {ERROR_INVALID_PARAMETER, EINVAL},
    {ERROR_NEGATIVE_SEEK, EINVAL},
    {ERROR_DIRECTORY, ENOTDIR},
    {ERROR_DIR_NOT_EMPTY, ENOTEMPTY},
    {ERROR_DISK_FULL, ENOSPC},
    {ERROR_HANDLE_DISK_FULL, ENOSPC},
    {1295, ENOSPC}, /* ERROR_DISK_QUOTA_EXCEEDED */
    {ERROR_WRITE_PROTECT, EROFS},
    {ERROR_FILE_TOO_LARGE, EFBIG},
    {ERROR_NOT_ENOUGH_MEMORY, ENOMEM},
    {ERROR_OUTOFMEMORY, ENOMEM},
    {ERROR_COMMITMENT_LIMIT, ENOMEM},
    {ERROR_NO_SYSTEM_RESOURCES, ENOMEM},
    {ERROR_TOO_MANY_OPEN_FILES, EMFILE},
    {ERROR_INVALID_HANDLE, EBADF},
    {ERROR_NOT_SUPPORTED, ENOTSUP},
    {ERROR_INVALID_FUNCTION, ENOTSUP},
    {ERROR_CALL_NOT_IMPLEMENTED, ENOTSUP},
    {ERROR_BROKEN_PIPE, EPIPE},
    {ERROR_NO_DATA, EPIPE},
    {ERROR_PIPE_NOT_CONNECTED, EPIPE},
    {ERROR_OPERATION_ABORTED, EINTR},
    {ERROR_NOT_READY, ENODEV},
    {ERROR_BAD_UNIT, ENODEV},
    {ERROR_DEV_NOT_EXIST, ENODEV},
    {433, ENODEV}, /* ERROR_NO_SUCH_DEVICE */
    {ERROR_DEVICE_NOT_CONNECTED, ENODEV},
    {ERROR_DEVICE_REMOVED, ENODEV},
    {ERROR_NO_MEDIA_IN_DRIVE, ENODEV},
    {ERROR_MEDIA_CHANGED, ENODEV},
    {ERROR_WRONG_DISK, ENODEV},
    {ERROR_FILE_INVALID, ENODEV},
    {ERROR_FILENAME_EXCED_RANGE, ENAMETOOLONG},
    {ERROR_BUFFER_OVERFLOW, ENAMETOOLONG},
    {681, ELOOP}, /* ERROR_STOPPED_ON_SYMLINK */
};

int fail_win32(DWORD error)
{
    errno = EIO;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (numbers[i].error == error)
            errno = numbers[i].number;
    return -1;
}

int fail_ntstatus(NTSTATUS status)
{
    if (status == NT_FILE_IS_A_DIRECTORY || status == NT_DELETE_PENDING) {
        errno = status == NT_FILE_IS_A_DIRECTORY ? EISDIR : ENOENT;
        return -1;
    }
    return fail_win32(RtlNtStatusToDosError(status));
}

int fail_last_error(void)
{
    return fail_win32(GetLastError());
}

/* Texts for the errno values above and those that this room sets: the C library lacks some. */
static const struct {
    int number;
    const char *text;
} texts[] = {
    {EACCES, "Permission denied"},
    {EAGAIN, "Resource temporarily unavailable"},
    {EBADF, "Bad file descriptor"},
    {EBUSY, "Another program has it open"},
    {EEXIST, "File exists"},
    {EFBIG, "File too large"},
    {EINTR, "Interrupted"},
    {EINVAL, "Windows has no such name, or does not do this here"},
    {EIO, "Input/output error"},
    {EISDIR, "Is a directory"},
    {ELOOP, "It is a link"},
    {EMFILE, "Too many open files"},
    {ENAMETOOLONG, "File name too long"},
    {ENODEV, "There is no medium, or it was taken out"},
    {ENOENT, "No such file or directory"},
    {ENOMEM, "Cannot allocate memory"},
    {ENOSPC, "No space left on device"},
    {ENOTDIR, "Not a directory"},
    {ENOTEMPTY, "Directory not empty"},
    {ENOTSUP, "Windows does not do this here"},
    {EPERM, "Windows, or what guards it against viruses, does not allow it"},
    {EPIPE, "Broken pipe"},
    {EROFS, "Read-only file system"},
    {ESPIPE, "Illegal seek"},
};

const char *plat_strerror(int error)
{
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (texts[i].number == error)
            return texts[i].text;
    return strerror(error);
}

/* ---- Handles ------------------------------------------------------------------------------ */

/* _NO_CONSOLE_FILENO: of 0 to 2 in a program that was started without them. */
#define NO_CONSOLE_HANDLE ((HANDLE)-2)

HANDLE handle_of(int fd)
{
    HANDLE handle = INVALID_HANDLE_VALUE;

    if (fd >= 0 && fd < DESCRIPTORS_MAX)
        handle = (HANDLE)_get_osfhandle(fd);
    if (handle == INVALID_HANDLE_VALUE || handle == NULL || handle == NO_CONSOLE_HANDLE) {
        errno = EBADF;
        return INVALID_HANDLE_VALUE;
    }
    return handle;
}

bool open_null(int fd, int flags)
{
    int nothing;
    bool done;

    if (handle_of(fd) != INVALID_HANDLE_VALUE)
        return true;
    nothing = _open("NUL", flags);
    if (nothing < 0 || nothing == fd)
        return nothing == fd;
    done = _dup2(nothing, fd) == 0;
    return _close(nothing) == 0 && done;
}

int descriptor_of(HANDLE handle)
{
    int fd = _open_osfhandle((intptr_t)handle, 0);

    if (fd < 0) {
        (void)CloseHandle(handle);
        errno = EMFILE;
    }
    return fd;
}
