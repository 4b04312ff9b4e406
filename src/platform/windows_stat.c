/*
 * Properties of files and folders on Windows.
 */
#include "platform/files.h"

#include <errno.h>
#include <string.h>

#include "platform/windows.h"

static struct timestamp time_from_ticks(int64_t ticks)
{
    return (struct timestamp){ticks / TICKS_A_SECOND - SECONDS_TO_1970,
                              (uint32_t)(ticks % TICKS_A_SECOND) * 100};
}

static enum plat_type type_of(HANDLE handle, DWORD attributes)
{
    ULONG tag = link_tag(handle);

    if (tag == IO_REPARSE_TAG_SYMLINK || tag == IO_REPARSE_TAG_MOUNT_POINT)
        return PLAT_LINK;
    if (tag != 0)
        return PLAT_OTHER;
    return (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0 ? PLAT_DIR : PLAT_FILE;
}

static int stat_handle(HANDLE handle, struct plat_stat *st)
{
    BY_HANDLE_FILE_INFORMATION info;
    FILE_BASIC_INFO times;

    *st = (struct plat_stat){.type = PLAT_OTHER};
    if (GetFileType(handle) != FILE_TYPE_DISK) {
        st->type = GetFileType(handle) == FILE_TYPE_PIPE ? PLAT_FIFO : PLAT_DEVICE;
        return 0;
    }
    if (!GetFileInformationByHandle(handle, &info) ||
        !GetFileInformationByHandleEx(handle, FileBasicInfo, &times, sizeof times))
        return fail_last_error();
    st->type = type_of(handle, info.dwFileAttributes);
    st->size = (uint64_t)info.nFileSizeHigh << 32 | info.nFileSizeLow;
    st->mtime = time_from_ticks(times.LastWriteTime.QuadPart);
    /* FAT has no time of change. */
    st->changed = time_from_ticks(times.ChangeTime.QuadPart != 0 ? times.ChangeTime.QuadPart
                                                                 : times.LastWriteTime.QuadPart);
    st->device = info.dwVolumeSerialNumber;
    st->inode = (uint64_t)info.nFileIndexHigh << 32 | info.nFileIndexLow;
    return 0;
}

int plat_stat_at(int at, const char *name, bool follow, struct plat_stat *st)
{
    const struct open_how how = {.share = SHARE_ALL, .disposition = FILE_OPEN, .follow = follow};
    HANDLE handle;
    int result;

    if (open_handle(&handle, at, name, &how) != 0)
        return -1;
    result = stat_handle(handle, st);
    (void)CloseHandle(handle);
    return result;
}

int plat_stat_fd(int fd, struct plat_stat *st)
{
    HANDLE handle = handle_of(fd);

    return handle == INVALID_HANDLE_VALUE ? -1 : stat_handle(handle, st);
}

/* REPARSE_DATA_BUFFER, which only the headers for drivers declare. */
struct reparse_data {
    ULONG tag;
    USHORT len, reserved;
    USHORT substitute_offset, substitute_len, print_offset, print_len;
    wchar_t text[]; /* of a symbolic link, after 4 bytes of flags */
};

static int append_target(const struct reparse_data *data, size_t got, struct buffer *out)
{
    const wchar_t *text = data->text + (data->tag == IO_REPARSE_TAG_SYMLINK ? 2 : 0);
    size_t offset = data->print_len > 0 ? data->print_offset : data->substitute_offset;
    size_t len = data->print_len > 0 ? data->print_len : data->substitute_len;

    if ((size_t)((const char *)text - (const char *)data) + offset + len > got) {
        errno = EIO;
        return -1;
    }
    len /= sizeof *text;
    if (buffer_reserve(out, len * 3) != SEAL_OK) {
        errno = ENOMEM;
        return -1;
    }
    out->len += encode_wide((char *)out->data + out->len, text + offset / sizeof *text, len);
    return 0;
}

int plat_read_link(int at, const char *name, struct buffer *out)
{
    const struct open_how how = {.share = SHARE_ALL, .disposition = FILE_OPEN};
    union {
        struct reparse_data data;
        char room[16 * 1024]; /* MAXIMUM_REPARSE_DATA_BUFFER_SIZE */
    } target;
    HANDLE handle;
    DWORD got = 0;
    int result;

    if (open_handle(&handle, at, name, &how) != 0)
        return -1;
    if (!DeviceIoControl(handle, FSCTL_GET_REPARSE_POINT, NULL, 0, &target, sizeof target, &got,
                         NULL))
        result = fail_last_error();
    else
        result = append_target(&target.data, got, out);
    (void)CloseHandle(handle);
    return result;
}

/* Access control lists would have to be evaluated to know. Windows has no folder that all users
 * share as /tmp is, so the answer is no. */
bool plat_others_may_rename(int dirfd)
{
    (void)dirfd;
    return false;
}

bool plat_others_may_move(int dirfd)
{
    (void)dirfd;
    return false;
}

int plat_is_same(int at, const char *name, int fd)
{
    (void)at;
    (void)name;
    (void)fd;
    return 1;
}
