/*
 * Reading and writing on Windows. To a console, text is written as UTF-16.
 */
#include "platform/files.h"

#include <errno.h>
#include <io.h>
#include <stdlib.h>
#include <string.h>

#include "platform/terminal.h"
#include "platform/windows.h"

#define IO_MOST ((size_t)1 << 30)

/* ---- Reading ------------------------------------------------------------------------------ */

/* Whether a read of 0 bytes is not the end: a program can write 0 bytes to a pipe. */
static bool is_open_pipe(HANDLE handle)
{
    return GetFileType(handle) == FILE_TYPE_PIPE && !stop_requested() &&
           PeekNamedPipe(handle, NULL, 0, NULL, NULL, NULL);
}

/* off NULL: from the current position. */
static int64_t read_from(int fd, void *buf, size_t len, const uint64_t *off)
{
    HANDLE handle = handle_of(fd);
    OVERLAPPED place = {.Internal = 0};
    DWORD done = 0;
    BOOL ok;

    if (handle == INVALID_HANDLE_VALUE)
        return -1;
    if (is_unbuffered(fd))
        return unbuffered_read(fd, buf, len, off);
    if (off != NULL) {
        place.Offset = (DWORD)*off;
        place.OffsetHigh = (DWORD)(*off >> 32);
    }
    do {
        interruptible_begin();
        ok = ReadFile(handle, buf, (DWORD)(len < IO_MOST ? len : IO_MOST), &done,
                      off != NULL ? &place : NULL);
        interruptible_end();
    } while (ok && done == 0 && len > 0 && is_open_pipe(handle));
    if (ok)
        return done;
    if (GetLastError() == ERROR_HANDLE_EOF || GetLastError() == ERROR_BROKEN_PIPE)
        return 0;
    return fail_last_error();
}

int64_t plat_read(int fd, void *buf, size_t len)
{
    return read_from(fd, buf, len, NULL);
}

int64_t plat_read_at(int fd, void *buf, size_t len, uint64_t off)
{
    return read_from(fd, buf, len, &off);
}

#define PIPE_LEN (1 << 20)

int plat_pipe(int ends[static 2])
{
    HANDLE from, to;

    if (!CreatePipe(&from, &to, NULL, PIPE_LEN))
        return fail_last_error();
    ends[0] = descriptor_of(from);
    ends[1] = descriptor_of(to);
    return 0;
}

/* ---- Writing ------------------------------------------------------------------------------ */

/* Bytes to write to a console at a time: Windows 7 has a limit below 64 KiB. */
#define CONSOLE_PIECE 4096

/* How many bytes to write at a time so that no character is cut in two. */
static size_t whole_characters(const uint8_t *p, size_t len)
{
    size_t end = len < CONSOLE_PIECE ? len : CONSOLE_PIECE;

    if (end == len)
        return len;
    while (end > CONSOLE_PIECE - 4 && (p[end] & 0xc0) == 0x80)
        end--;
    return end;
}

static BOOL write_to_console(HANDLE handle, const uint8_t *p, size_t len, DWORD *done)
{
    wchar_t wide[CONSOLE_PIECE];
    size_t piece = whole_characters(p, len);
    int count = MultiByteToWideChar(CP_UTF8, 0, (const char *)p, (int)piece, wide, CONSOLE_PIECE);
    const wchar_t *w = wide;

    while (count > 0) {
        DWORD n = 0;

        if (!WriteConsoleW(handle, w, (DWORD)count, &n, NULL))
            return FALSE;
        w += n;
        count -= (int)n;
    }
    *done = (DWORD)piece;
    return TRUE;
}

enum seal_status fd_write_full(int fd, const void *data, size_t len, struct fault *fault)
{
    HANDLE handle = handle_of(fd);
    const uint8_t *p = data;
    bool is_console = handle != INVALID_HANDLE_VALUE && plat_is_terminal(fd);

    if (handle == INVALID_HANDLE_VALUE)
        return fault_set_errno(fault, REASON_WRITE, NULL);
    while (len > 0) {
        DWORD done = 0, piece = (DWORD)(len < IO_MOST ? len : IO_MOST);
        BOOL ok;

        interruptible_begin();
        ok = is_console ? write_to_console(handle, p, len, &done)
                        : WriteFile(handle, p, piece, &done, NULL);
        interruptible_end();
        if (!ok)
            (void)fail_last_error();
        else if (done == 0)
            errno = EIO;
        if (!ok || done == 0)
            return fault_set_errno(fault, REASON_WRITE, NULL);
        p += done;
        len -= done;
        if (len > 0 && stop_requested())
            return fault_set(fault, REASON_INTERRUPTED, NULL);
    }
    return SEAL_OK;
}

static bool set_end(HANDLE handle, uint64_t size)
{
    FILE_END_OF_FILE_INFO end = {.EndOfFile.QuadPart = (LONGLONG)size};

    return SetFileInformationByHandle(handle, FileEndOfFileInfo, &end, sizeof end);
}

int plat_truncate(int fd, uint64_t size)
{
    const struct open_how how = {.access = FILE_WRITE_DATA,
                                 .share = SHARE_ALL,
                                 .disposition = FILE_OPEN,
                                 .options = FILE_NON_DIRECTORY_FILE};
    HANDLE handle = handle_of(fd), writable;
    NTSTATUS status;
    int result = 0;

    if (handle == INVALID_HANDLE_VALUE)
        return -1;
    if (set_end(handle, size))
        return 0;
    if (GetLastError() != ERROR_ACCESS_DENIED)
        return fail_last_error();
    /* plat_open_append gives only the right to append. */
    status = reopen(&writable, handle, &how);
    if (!NT_SUCCESS(status))
        return fail_ntstatus(status);
    if (!set_end(writable, size))
        result = fail_last_error();
    (void)CloseHandle(writable);
    return result;
}

int plat_write_behind(int fd, uint64_t before, uint64_t now)
{
    (void)fd;
    (void)before;
    (void)now;
    return 0;
}

void plat_hint_sequential(int fd)
{
    (void)fd;
}

void plat_hint_prefetch(int fd)
{
    (void)fd;
}

int plat_close(int fd)
{
    if (handle_of(fd) == INVALID_HANDLE_VALUE)
        return -1;
    if (is_unbuffered(fd))
        unbuffered_end(fd);
    return _close(fd) == 0 ? 0 : -1;
}

int plat_duplicate(int fd)
{
    HANDLE handle = handle_of(fd), copy;

    if (handle == INVALID_HANDLE_VALUE)
        return -1;
    if (!DuplicateHandle(GetCurrentProcess(), handle, GetCurrentProcess(), &copy, 0, FALSE,
                         DUPLICATE_SAME_ACCESS))
        return fail_last_error();
    return descriptor_of(copy);
}
