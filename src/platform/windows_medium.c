/*
 * The medium of a file on Windows: its free space, whether it is removable, and reading from it
 * rather than from the system's cache.
 */
#include "platform/files.h"

#include <errno.h>
#include <io.h>
#include <stdlib.h>
#include <string.h>

#include "platform/windows.h"

/* ---- Free space --------------------------------------------------------------------------- */

/* FILE_FS_FULL_SIZE_INFORMATION, which some of the compiler's headers lack. */
struct full_size {
    LARGE_INTEGER total, free_to_us, free;
    ULONG sectors, bytes;
};

static uint64_t largest_file(HANDLE handle)
{
    wchar_t name[MAX_PATH + 1] = L"";

    if (GetVolumeInformationByHandleW(handle, NULL, 0, NULL, NULL, NULL, name, MAX_PATH) &&
        (wcscmp(name, L"FAT32") == 0 || wcscmp(name, L"FAT") == 0))
        return UINT32_MAX;
    return UINT64_MAX;
}

static int room_of(HANDLE handle, struct plat_space *room)
{
    struct full_size size;
    IO_STATUS_BLOCK io;
    NTSTATUS status =
        NtQueryVolumeInformationFile(handle, &io, &size, sizeof size, (FS_INFORMATION_CLASS)7);

    if (!NT_SUCCESS(status))
        return fail_ntstatus(status);
    *room =
        (struct plat_space){.free = (uint64_t)size.free_to_us.QuadPart * size.sectors * size.bytes,
                            .files = UINT64_MAX,
                            .file_max = largest_file(handle)};
    return 0;
}

bool plat_size_is_made_up(int fd)
{
    (void)fd;
    return false;
}

int plat_may_create_in(const char *folder)
{
    const struct open_how how = {.access = FILE_ADD_FILE,
                                 .share = SHARE_ALL,
                                 .disposition = FILE_OPEN,
                                 .options = FILE_DIRECTORY_FILE,
                                 .follow = true};
    HANDLE handle;

    if (open_handle(&handle, PLAT_CWD, folder, &how) != 0)
        return -1;
    (void)CloseHandle(handle);
    return 0;
}

int plat_space(const char *folder, struct plat_space *room)
{
    const struct open_how how = {.share = SHARE_ALL, .disposition = FILE_OPEN, .follow = true};
    HANDLE handle;
    int result;

    if (open_handle(&handle, PLAT_CWD, folder, &how) != 0)
        return -1;
    result = room_of(handle, room);
    (void)CloseHandle(handle);
    return result;
}

int plat_space_fd(int fd, struct plat_space *room)
{
    HANDLE handle = handle_of(fd);

    return handle == INVALID_HANDLE_VALUE ? -1 : room_of(handle, room);
}

/* ---- Removable media ---------------------------------------------------------------------- */

static bool is_removable_device(HANDLE device)
{
    const STORAGE_PROPERTY_QUERY query = {.PropertyId = StorageDeviceProperty,
                                          .QueryType = PropertyStandardQuery};
    union {
        STORAGE_DEVICE_DESCRIPTOR head;
        char room[1024];
    } answer = {.room = {0}};
    STORAGE_PROPERTY_QUERY asked = query;
    DWORD got = 0;

    if (!DeviceIoControl(device, IOCTL_STORAGE_QUERY_PROPERTY, &asked, sizeof asked, &answer,
                         sizeof answer, &got, NULL) ||
        got < offsetof(STORAGE_DEVICE_DESCRIPTOR, RawDeviceProperties))
        return false;
    return answer.head.RemovableMedia || answer.head.BusType == BusTypeUsb ||
           answer.head.BusType == BusTypeSd;
}

bool plat_is_removable(int fd)
{
    HANDLE handle = handle_of(fd), device;
    wchar_t path[1024], *end;
    DWORD len;
    bool is = false;

    if (handle == INVALID_HANDLE_VALUE)
        return false;
    len = GetFinalPathNameByHandleW(handle, path, 1023, VOLUME_NAME_GUID);
    if (len == 0 || len > 1023)
        return false;
    end = wcschr(path, L'}'); /* cut behind \\?\Volume{...} */
    if (end == NULL)
        return false;
    end[1] = L'\0';
    device = CreateFileW(path, 0, SHARE_ALL, NULL, OPEN_EXISTING, 0, NULL);
    if (device != INVALID_HANDLE_VALUE) {
        is = is_removable_device(device);
        (void)CloseHandle(device);
    }
    return is;
}

/* ---- Unbuffered reading ------------------------------------------------------------------- */

/* Offset, length and buffer of an unbuffered read must be aligned to sectors, of at most: */
#define SECTOR_MOST 4096
#define WINDOW_LEN ((size_t)1024 * 1024)

/* The part of the file that was read last. There is one only, since a program reads back one file
 * at a time. */
static struct {
    int fd; /* or -1 */
    uint8_t *window;
    uint64_t begin, at; /* offset of the window; position of plat_read */
    size_t len;
} past = {.fd = -1};

bool is_unbuffered(int fd)
{
    return past.fd >= 0 && past.fd == fd;
}

void unbuffered_end(int fd)
{
    (void)fd;
    (void)VirtualFree(past.window, 0, MEM_RELEASE);
    past.window = NULL;
    past.fd = -1;
}

/* Opens the file again without the cache, under the same descriptor. */
bool unbuffered_start(int fd)
{
    const struct open_how how = {.access = FILE_READ_DATA,
                                 .share = SHARE_ALL,
                                 .disposition = FILE_OPEN,
                                 .options =
                                     FILE_NON_DIRECTORY_FILE | FILE_NO_INTERMEDIATE_BUFFERING};
    HANDLE again;
    int other;
    bool done;

    if (past.fd >= 0 || !NT_SUCCESS(reopen(&again, handle_of(fd), &how)))
        return false;
    other = descriptor_of(again);
    if (other < 0)
        return false;
    past.window = VirtualAlloc(NULL, WINDOW_LEN, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    done = past.window != NULL && _dup2(other, fd) == 0;
    (void)_close(other);
    past.fd = fd;
    past.begin = past.at = past.len = 0;
    if (!done)
        unbuffered_end(fd);
    return done;
}

static int move_window(HANDLE handle, uint64_t off)
{
    OVERLAPPED place = {.Internal = 0};
    DWORD got = 0;

    past.begin = off / SECTOR_MOST * SECTOR_MOST;
    past.len = 0;
    place.Offset = (DWORD)past.begin;
    place.OffsetHigh = (DWORD)(past.begin >> 32);
    if (!ReadFile(handle, past.window, (DWORD)WINDOW_LEN, &got, &place) &&
        GetLastError() != ERROR_HANDLE_EOF)
        return fail_last_error();
    past.len = got;
    return 0;
}

int64_t unbuffered_read(int fd, void *buf, size_t len, const uint64_t *off)
{
    uint64_t from = off != NULL ? *off : past.at;
    size_t in_window;

    if ((from < past.begin || from >= past.begin + past.len) &&
        move_window(handle_of(fd), from) != 0)
        return -1;
    in_window = from < past.begin + past.len ? (size_t)(past.begin + past.len - from) : 0;
    len = len < in_window ? len : in_window;
    memcpy(buf, past.window + (from - past.begin), len);
    if (off == NULL)
        past.at = from + len;
    return (int64_t)len;
}

bool plat_drop_cache(int fd, uint64_t size)
{
    (void)size;
    return unbuffered_start(fd);
}
