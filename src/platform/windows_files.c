/*
 * Files and folders on Windows, always relative to an open folder, never through a link (symbolic
 * link or junction) unless the user named it.
 *
 * Nothing is locked by a lock here: what is open with no right for others to open it for the same
 * is locked by that, as long as its program lives.
 */
#include "platform/files.h"

#include <errno.h>
#include <io.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "platform/windows.h"
#include "platform/worker.h"

/* ---- Paths -------------------------------------------------------------------------------- */

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

static void slashes_to_backslashes(wchar_t *path)
{
    for (; *path != L'\0'; path++)
        if (*path == L'/')
            *path = L'\\';
}

/* The whole path of what is named from the current folder; malloc'ed. */
static wchar_t *full_path(const wchar_t *path)
{
    DWORD room = GetFullPathNameW(path, 0, NULL, NULL);
    wchar_t *full = room == 0 ? NULL : calloc(room, sizeof *full);

    if (room == 0)
        (void)fail_last();
    else if (full == NULL)
        errno = ENOMEM;
    else if (GetFullPathNameW(path, room, full, NULL) == 0) {
        (void)fail_last();
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

/* The name that the system's core has for a path: below \??\, where no length and no old meaning of
 * a name stands in the way. malloc'ed. */
static wchar_t *core_path(const char *path)
{
    wchar_t *wide = to_wide(path, NULL), *full = NULL, *core = NULL;

    if (wide == NULL)
        return NULL;
    slashes_to_backslashes(wide);
    if (wcsncmp(wide, L"\\\\?\\", 4) == 0) {
        core = join(L"\\??\\", wide + 4);
    } else {
        /* A drive alone is the folder at its top, not the one that somebody was in last. */
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

/* ---- Opening ------------------------------------------------------------------------------ */

static NTSTATUS create_file(HANDLE *out, HANDLE folder, const wchar_t *name, size_t len,
                            const struct opening *how, ULONG more_options)
{
    UNICODE_STRING text = {(USHORT)(len * sizeof *name), (USHORT)(len * sizeof *name),
                           (wchar_t *)(uintptr_t)name};
    OBJECT_ATTRIBUTES what;
    IO_STATUS_BLOCK io;

    if (len > UINT16_MAX / sizeof *name)
        return NAME_INVALID;
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

/* What is a reparse point but no link, such as a file in a cloud's folder, is opened by whoever
 * looks after it. */
NTSTATUS open_below(HANDLE *out, HANDLE folder, const wchar_t *name, size_t len,
                    const struct opening *how)
{
    NTSTATUS status;

    if (how->follow)
        return create_file(out, folder, name, len, how, 0);
    status = create_file(out, folder, name, len, how, FILE_OPEN_REPARSE_POINT);
    if (!NT_SUCCESS(status) || how->disposition != FILE_OPEN || !is_reparse_point(*out) ||
        link_tag(*out) != 0)
        return status;
    (void)CloseHandle(*out);
    return create_file(out, folder, name, len, how, 0);
}

/* The path of an open file, malloc'ed; NULL with errno. */
static wchar_t *path_of_handle(HANDLE handle, DWORD kind)
{
    DWORD room = GetFinalPathNameByHandleW(handle, NULL, 0, kind);
    wchar_t *path = room == 0 ? NULL : calloc(room + 1, sizeof *path);

    if (room == 0)
        (void)fail_last();
    else if (path == NULL)
        errno = ENOMEM;
    else if (GetFinalPathNameByHandleW(handle, path, room + 1, kind) == 0) {
        (void)fail_last();
        free(path);
        path = NULL;
    }
    return path;
}

/* The name that the core has for an open file; malloc'ed. What no drive letter leads to, as some
 * disks that exist in memory only, has one of a device. */
static wchar_t *core_path_of_handle(HANDLE handle)
{
    wchar_t *path = path_of_handle(handle, VOLUME_NAME_DOS);

    if (path == NULL)
        return path_of_handle(handle, VOLUME_NAME_NT);
    path[1] = L'?'; /* \\?\ is \??\ there */
    return path;
}

/* NTFS takes an empty name below a file for the file itself; others may want its path. */
NTSTATUS reopen(HANDLE *out, HANDLE handle, const struct opening *how)
{
    NTSTATUS status = create_file(out, handle, L"", 0, how, FILE_OPEN_REPARSE_POINT);
    wchar_t *path;

    if (NT_SUCCESS(status))
        return status;
    path = core_path_of_handle(handle);
    if (path == NULL)
        return status;
    status = create_file(out, NULL, path, wcslen(path), how, FILE_OPEN_REPARSE_POINT);
    free(path);
    return status;
}

/* The folder that an open one lies in. The core knows no "..". */
static NTSTATUS open_above(HANDLE *out, HANDLE folder, const struct opening *how)
{
    wchar_t *path = core_path_of_handle(folder);
    wchar_t *end = path == NULL ? NULL : wcsrchr(path, L'\\');
    NTSTATUS status = PATH_NOT_THERE;

    if (end != NULL && end > path + 4) {
        end[end[-1] == L':' ? 1 : 0] = L'\0';
        status = create_file(out, NULL, path, wcslen(path), how, 0);
    }
    free(path);
    return status;
}

static NTSTATUS open_part(HANDLE *out, HANDLE folder, const char *name, const struct opening *how)
{
    size_t len = 0;
    wchar_t *wide;
    NTSTATUS status;

    if (strcmp(name, "..") == 0)
        return open_above(out, folder, how);
    if (strcmp(name, ".") == 0)
        return reopen(out, folder, how);
    /* A colon would be another stream of a file, and a backslash the end of a folder's name. */
    if (strpbrk(name, ":\\") != NULL || name[0] == '\0')
        return NAME_INVALID;
    wide = to_wide(name, &len);
    if (wide == NULL)
        return NO_MEMORY;
    slashes_to_backslashes(wide);
    status = open_below(out, folder, wide, len, how);
    free(wide);
    return status;
}

static int open_full(HANDLE *out, const char *path, const struct opening *how)
{
    wchar_t *core = core_path(path);
    NTSTATUS status;

    if (core == NULL)
        return -1;
    status = open_below(out, NULL, core, wcslen(core), how);
    free(core);
    return NT_SUCCESS(status) ? 0 : fail_by(status);
}

int open_handle(HANDLE *out, int at, const char *name, const struct opening *how)
{
    NTSTATUS status;

    if (at == PLAT_CWD)
        return open_full(out, name, how);
    if (handle_of(at) == INVALID_HANDLE_VALUE)
        return -1;
    status = open_part(out, handle_of(at), name, how);
    return NT_SUCCESS(status) ? 0 : fail_by(status);
}

/* As a descriptor; a link is refused where it is not followed. */
static int open_descriptor(int at, const char *name, const struct opening *how)
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

int plat_open_dir(int at, const char *name, bool follow)
{
    const struct opening how = {.access = FILE_LIST_DIRECTORY,
                                .share = SHARE_ALL,
                                .disposition = FILE_OPEN,
                                .options = FILE_DIRECTORY_FILE,
                                .follow = follow};

    return open_descriptor(at, name, &how);
}

/* Others may write to what we read, as they may elsewhere: it is noticed. Not if they insist on
 * being alone with it: then it is theirs, and that is recorded. */
int plat_open_file(int at, const char *name, bool follow)
{
    const struct opening how = {.access = FILE_READ_DATA | FILE_READ_EA,
                                .share = SHARE_ALL,
                                .disposition = FILE_OPEN,
                                .options = FILE_NON_DIRECTORY_FILE,
                                .follow = follow};

    return open_descriptor(at, name, &how);
}

/* Alone, but to remove it: EWOULDBLOCK where any other program has it open. */
int plat_open_own(int at, const char *name, bool *is_dir)
{
    struct opening how = {
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

/* Who may do that is in lists of rights that say more than yes or no; but a folder of everybody's,
 * as /tmp is, Windows does not have. */
bool plat_others_may_rename(int dirfd)
{
    (void)dirfd;
    return false;
}

char *plat_real_path(const char *path)
{
    const struct opening how = {.share = SHARE_ALL, .disposition = FILE_OPEN, .follow = true};
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

/* ---- Looking ------------------------------------------------------------------------------ */

/* The system counts 100 ns from 1601 on. */
#define TICKS_A_SECOND INT64_C(10000000)
#define SECONDS_TO_1970 INT64_C(11644473600)

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
        return fail_last();
    st->type = type_of(handle, info.dwFileAttributes);
    st->size = (uint64_t)info.nFileSizeHigh << 32 | info.nFileSizeLow;
    st->mtime = time_from_ticks(times.LastWriteTime.QuadPart);
    /* FAT has no such time. */
    st->changed = time_from_ticks(times.ChangeTime.QuadPart != 0 ? times.ChangeTime.QuadPart
                                                                 : times.LastWriteTime.QuadPart);
    st->device = info.dwVolumeSerialNumber;
    st->inode = (uint64_t)info.nFileIndexHigh << 32 | info.nFileIndexLow;
    return 0;
}

int plat_stat_at(int at, const char *name, bool follow, struct plat_stat *st)
{
    const struct opening how = {.share = SHARE_ALL, .disposition = FILE_OPEN, .follow = follow};
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

/* What DeviceIoControl gives: the system's header with the structure is for drivers. */
struct reparse_data {
    ULONG tag;
    USHORT len, reserved;
    USHORT substitute_offset, substitute_len, print_offset, print_len;
    wchar_t text[]; /* behind 4 bytes of flags, in a symbolic link */
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
    const struct opening how = {.share = SHARE_ALL, .disposition = FILE_OPEN};
    union {
        struct reparse_data data;
        char room[16 * 1024]; /* as much as there may be */
    } target;
    HANDLE handle;
    DWORD got = 0;
    int result;

    if (open_handle(&handle, at, name, &how) != 0)
        return -1;
    if (!DeviceIoControl(handle, FSCTL_GET_REPARSE_POINT, NULL, 0, &target, sizeof target, &got,
                         NULL))
        result = fail_last();
    else
        result = append_target(&target.data, got, out);
    (void)CloseHandle(handle);
    return result;
}

/* ---- Listing ------------------------------------------------------------------------------ */

#define LISTING_LEN 65536

static bool is_dots(const wchar_t *name, size_t len)
{
    return (len == 1 && name[0] == L'.') || (len == 2 && name[0] == L'.' && name[1] == L'.');
}

/* All of one answer of the system. */
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
    /* An empty one at the top of a drive is "not found". */
    if (result == 0 && GetLastError() != ERROR_NO_MORE_FILES &&
        GetLastError() != ERROR_FILE_NOT_FOUND)
        result = fail_last();
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

/* ---- Other streams ------------------------------------------------------------------------ */

/* What there may be of them at most: the system holds as much of a file's attributes. */
#define STREAMS_LEN_MAX (16 * 1024 * 1024)

/* Its content, which has no name, and where it came from, which Windows writes to all that a
 * browser or a messenger has fetched. */
static bool is_usual_stream(const wchar_t *name, size_t len)
{
    static const wchar_t *const usual[] = {L"::$DATA", L":Zone.Identifier:$DATA"};

    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
        if (len == wcslen(usual[i]) && _wcsnicmp(name, usual[i], len) == 0)
            return true;
    return false;
}

/* ":name:$DATA", or another type: without the first colon, and the usual type. */
static int tell_stream(const FILE_STREAM_INFO *info, int (*each)(void *ctx, const char *stream),
                       void *ctx)
{
    static const wchar_t type[] = L":$DATA";
    const wchar_t *name = info->StreamName;
    size_t len = info->StreamNameLength / sizeof *name, type_len = wcslen(type);
    char *text;
    int result;

    if (len < 2 || is_usual_stream(name, len))
        return 0;
    if (len > type_len && wcsncmp(name + len - type_len, type, type_len) == 0)
        len -= type_len;
    text = from_wide(name + 1, len - 1);
    result = text == NULL ? -1 : each(ctx, text);
    free(text);
    return result;
}

/* All that the system says of them, malloc'ed; NULL with errno, which is 0 where there is no such
 * thing. */
static char *read_streams(HANDLE handle)
{
    for (DWORD size = 65536; size <= STREAMS_LEN_MAX; size *= 2) {
        char *answer = calloc(1, size);
        bool is_longer;

        errno = answer == NULL ? ENOMEM : 0;
        if (answer == NULL || GetFileInformationByHandleEx(handle, FileStreamInfo, answer, size))
            return answer;
        is_longer = GetLastError() == ERROR_MORE_DATA;
        free(answer);
        errno = 0;
        if (!is_longer)
            return NULL;
    }
    errno = ENOMEM;
    return NULL;
}

int plat_list_streams(int at, const char *name, int (*each)(void *ctx, const char *stream),
                      void *ctx)
{
    const struct opening how = {.share = SHARE_ALL, .disposition = FILE_OPEN};
    char *answer;
    HANDLE handle;
    int result;

    if (open_handle(&handle, at, name, &how) != 0)
        return 0;
    answer = read_streams(handle);
    (void)CloseHandle(handle);
    result = answer == NULL && errno != 0 ? -1 : 0;
    for (const char *p = answer; p != NULL && result == 0;) {
        const FILE_STREAM_INFO *info = (const void *)p;

        result = tell_stream(info, each, ctx);
        p = info->NextEntryOffset == 0 ? NULL : p + info->NextEntryOffset;
    }
    free(answer);
    return result;
}

/* As a browser does to what it fetched. Most file systems but NTFS have no place for it. */
void plat_mark_foreign(int fd)
{
    static const wchar_t name[] = L":Zone.Identifier";
    static const char from_the_internet[] = "[ZoneTransfer]\r\nZoneId=3\r\n";
    const struct opening how = {.access = FILE_WRITE_DATA,
                                .share = SHARE_ALL,
                                .disposition = FILE_OVERWRITE_IF,
                                .options = FILE_NON_DIRECTORY_FILE,
                                .follow = true};
    HANDLE file = handle_of(fd), mark;
    DWORD done;

    if (file == INVALID_HANDLE_VALUE || GetFileType(file) != FILE_TYPE_DISK ||
        !NT_SUCCESS(open_below(&mark, file, name, wcslen(name), &how)))
        return;
    (void)WriteFile(mark, from_the_internet, sizeof from_the_internet - 1, &done, NULL);
    (void)CloseHandle(mark);
}

/* ---- Making ------------------------------------------------------------------------------- */

/* Names that could be made by the way we go, but that nobody else could open again. */
static bool is_usable(const char *name)
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

/* name: a path, if at is PLAT_CWD. */
static int create(HANDLE *out, int at, const char *name, const struct opening *how)
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
    is_good = is_usable(last);
    free(last);
    if (is_good)
        return open_handle(out, at, name, how);
    errno = EINVAL;
    return -1;
}

/* Who may read it is as its folder says. A list of rights for its owner alone would go with a file
 * to another computer, where nobody is that owner. */
int plat_make_dir(int at, const char *name, enum plat_access access)
{
    const struct opening how = {.access = FILE_LIST_DIRECTORY,
                                .share = SHARE_ALL,
                                .disposition = FILE_CREATE,
                                .options = FILE_DIRECTORY_FILE};
    HANDLE handle;

    (void)access;
    if (create(&handle, at, name, &how) != 0)
        return -1;
    return CloseHandle(handle) ? 0 : fail_last();
}

int plat_create_file(int at, const char *name, enum plat_access access, bool exec)
{
    const struct opening how = {.access = FILE_WRITE_DATA | FILE_APPEND_DATA |
                                          FILE_WRITE_ATTRIBUTES | FILE_WRITE_EA,
                                .share = FILE_SHARE_READ | FILE_SHARE_DELETE,
                                .disposition = FILE_CREATE,
                                .options = FILE_NON_DIRECTORY_FILE};
    HANDLE handle;

    (void)access;
    (void)exec; /* names say that here */
    return create(&handle, at, name, &how) == 0 ? descriptor_of(handle) : -1;
}

int plat_open_append(const char *path)
{
    const struct opening how = {.access = FILE_READ_DATA | FILE_APPEND_DATA,
                                .share = SHARE_ALL,
                                .disposition = FILE_OPEN_IF,
                                .options = FILE_NON_DIRECTORY_FILE,
                                .follow = true};
    HANDLE handle;

    return open_handle(&handle, PLAT_CWD, path, &how) == 0 ? descriptor_of(handle) : -1;
}

/* Far behind all that a file holds: locks keep others here from reading, too. */
#define LOCK_OFFSET_HIGH 0x7fffffff
#define LOCK_EVERY 50 /* milliseconds */

int plat_lock(int fd)
{
    HANDLE handle = handle_of(fd);

    if (handle == INVALID_HANDLE_VALUE)
        return -1;
    for (;;) {
        OVERLAPPED place = {.OffsetHigh = LOCK_OFFSET_HIGH};

        if (LockFileEx(handle, LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0,
                       &place))
            return 0;
        if (GetLastError() != ERROR_LOCK_VIOLATION && GetLastError() != ERROR_IO_PENDING)
            return fail_last();
        if (stop_requested()) {
            errno = EINTR;
            return -1;
        }
        Sleep(LOCK_EVERY);
    }
}

/* What plat_open_own opened is ours by that; and what we made others cannot open so. */
int plat_lock_try(int fd)
{
    return handle_of(fd) == INVALID_HANDLE_VALUE ? -1 : 0;
}

/* ---- Changing ----------------------------------------------------------------------------- */

/* A handle with these rights to what fd is; NULL with errno. */
static HANDLE open_again(int fd, ACCESS_MASK access)
{
    const struct opening how = {.access = access, .share = SHARE_ALL, .disposition = FILE_OPEN};
    HANDLE handle = handle_of(fd), again;
    NTSTATUS status;

    if (handle == INVALID_HANDLE_VALUE)
        return NULL;
    status = reopen(&again, handle, &how);
    if (NT_SUCCESS(status))
        return again;
    (void)fail_by(status);
    return NULL;
}

/* Zero in what is given stays as it is. */
static int set_basic(int fd, FILE_BASIC_INFO *info)
{
    HANDLE handle = handle_of(fd);
    int result;

    if (handle == INVALID_HANDLE_VALUE)
        return -1;
    if (SetFileInformationByHandle(handle, FileBasicInfo, info, sizeof *info))
        return 0;
    handle = open_again(fd, FILE_WRITE_ATTRIBUTES); /* a folder was opened for less */
    if (handle == NULL)
        return -1;
    result =
        SetFileInformationByHandle(handle, FileBasicInfo, info, sizeof *info) ? 0 : fail_last();
    (void)CloseHandle(handle);
    return result;
}

/* What FAT can hold, whatever the time zone: from 2 January 1980 to 31 December 2107. */
#define FAT_BEGIN INT64_C(315619200)
#define FAT_END INT64_C(4354732800)

static int64_t between(int64_t least, int64_t n, int64_t most)
{
    return n < least ? least : n > most ? most : n;
}

int plat_set_mtime_fd(int fd, struct timestamp mtime)
{
    FILE_BASIC_INFO info = {.FileAttributes = 0};
    const int64_t last = INT64_MAX / TICKS_A_SECOND - SECONDS_TO_1970 - 1;
    int64_t sec = mtime.sec;

    /* What the system cannot hold becomes the nearest that it can, as elsewhere. */
    sec = between(1 - SECONDS_TO_1970, sec, last);
    info.LastWriteTime.QuadPart = (sec + SECONDS_TO_1970) * TICKS_A_SECOND + mtime.nsec / 100;
    if (set_basic(fd, &info) == 0)
        return 0;
    if (errno != EINVAL)
        return -1;
    sec = between(FAT_BEGIN, sec, FAT_END);
    info.LastWriteTime.QuadPart = (sec + SECONDS_TO_1970) * TICKS_A_SECOND;
    return set_basic(fd, &info);
}

/* A file, once it is on its medium: what is read-only cannot be brought there any more. Folders
 * have no such thing. */
int plat_make_read_only(int fd)
{
    HANDLE handle = handle_of(fd);
    BY_HANDLE_FILE_INFORMATION now;
    FILE_BASIC_INFO info = {.FileAttributes = 0};

    if (handle == INVALID_HANDLE_VALUE)
        return -1;
    if (!GetFileInformationByHandle(handle, &now))
        return fail_last();
    if ((now.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0)
        return 0;
    if (plat_sync(fd) != 0)
        return -1;
    info.FileAttributes =
        (now.dwFileAttributes & ~(DWORD)FILE_ATTRIBUTE_NORMAL) | FILE_ATTRIBUTE_READONLY;
    return set_basic(fd, &info);
}

int plat_share_dir(int fd)
{
    return handle_of(fd) == INVALID_HANDLE_VALUE ? -1 : 0;
}

/* As the system wants it; what the compiler's headers have is for other versions of it. */
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
        return NO_MEMORY;
    r->replace = replace;
    r->folder = folder;
    r->len = (ULONG)(len * sizeof *to);
    memcpy(r->name, to, r->len);
    status = NtSetInformationFile(handle, &io, r, (ULONG)size, FileRenameInformation);
    free(r);
    return status;
}

/* What guards against viruses, or makes an index, opens what is new, for a moment; then it, and the
 * folders it lies in, can neither be renamed nor removed. */
#define RENAME_TRIES 50
#define REMOVE_TRIES 10
#define FLUSH_TRIES 50
#define TRY_EVERY 100 /* milliseconds */

static bool may_pass(NTSTATUS status, int tries_left)
{
    if ((status != ACCESS_DENIED && status != IN_USE) || tries_left <= 0)
        return false;
    Sleep(TRY_EVERY);
    return true;
}

/* What is read-only can neither be removed nor replaced. */
static void make_writable(HANDLE handle)
{
    FILE_BASIC_INFO info = {.FileAttributes = FILE_ATTRIBUTE_NORMAL};

    (void)SetFileInformationByHandle(handle, FileBasicInfo, &info, sizeof info);
}

/* Who may do what with the file of that name, the other one has from now on; and being read-only
 * does not keep it from being replaced. FAT has no such rights. */
static void take_over_rights(HANDLE file, HANDLE folder, const wchar_t *name, size_t len)
{
    const struct opening old_how = {.access = READ_CONTROL | FILE_WRITE_ATTRIBUTES,
                                    .share = SHARE_ALL,
                                    .disposition = FILE_OPEN};
    const struct opening how = {.access = WRITE_DAC, .share = SHARE_ALL, .disposition = FILE_OPEN};
    const SECURITY_INFORMATION what = DACL_SECURITY_INFORMATION;
    HANDLE old, writable;
    void *rights = NULL;
    DWORD size = 0;

    if (!NT_SUCCESS(create_file(&old, folder, name, len, &old_how, FILE_OPEN_REPARSE_POINT)))
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
    /* Written through: the name is on the medium then, as far as the system can tell. */
    const struct opening how = {.access = DELETE,
                                .share = SHARE_ALL,
                                .disposition = FILE_OPEN,
                                .options = FILE_WRITE_THROUGH};
    const char *name = to;
    char *folder = NULL;
    int parent = at, result = -1;
    wchar_t *wide = NULL;
    HANDLE handle;
    size_t len;

    if (at == PLAT_CWD) { /* then both are paths, and in one folder */
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
    } else if (!is_usable(name)) {
        errno = EINVAL;
    } else if (open_handle(&handle, at, from, &how) == 0) {
        NTSTATUS status;
        int tries_left = RENAME_TRIES;

        if (replace)
            take_over_rights(handle, handle_of(parent), wide, len);
        do
            status = rename_handle(handle, handle_of(parent), wide, len, replace);
        while (may_pass(status, tries_left--));
        result = NT_SUCCESS(status) ? 0 : fail_by(status);
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

/* ---- Removing ----------------------------------------------------------------------------- */

static const struct opening to_remove = {
    .access = DELETE | FILE_WRITE_ATTRIBUTES, .share = SHARE_ALL, .disposition = FILE_OPEN};

/* Closes it. */
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
    NTSTATUS status = create_file(&handle, folder, name, len, &to_remove, FILE_OPEN_REPARSE_POINT);

    return NT_SUCCESS(status) ? remove_handle(handle) : status;
}

/* is_emptied: what is still in it was removed, and goes when others have closed it. */
static bool may_empty(NTSTATUS status, bool is_emptied, int tries_left)
{
    return may_pass(is_emptied && status == IS_NOT_EMPTY ? IN_USE : status, tries_left);
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

/* An open folder, whatever its name is. */
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
    wchar_t *wide = at == PLAT_CWD ? core_path(name) : to_wide(name, NULL);
    NTSTATUS status = NO_MEMORY;

    if (wide != NULL && at != PLAT_CWD && strpbrk(name, ":\\/") != NULL)
        status = NAME_INVALID;
    else if (wide != NULL)
        status = remove_below(at == PLAT_CWD ? NULL : handle_of(at), wide, wcslen(wide), false);
    free(wide);
    return status;
}

int plat_unlink(int at, const char *name)
{
    NTSTATUS status = remove_named(at, name);

    return NT_SUCCESS(status) ? 0 : fail_by(status);
}

struct removal {
    HANDLE folder;
    bool may_stop;
    NTSTATUS failed; /* the first failure */
};

static void empty_folder(struct removal *r);

static bool is_gone(NTSTATUS status)
{
    return NT_SUCCESS(status) || status == NAME_NOT_THERE || status == BEING_REMOVED;
}

/* A subfolder that is not empty: what is in it first. */
static NTSTATUS remove_full(struct removal *r, const wchar_t *name, size_t len)
{
    const struct opening how = {.access = FILE_LIST_DIRECTORY,
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
        r->failed = BY_STOPPING;
        return 1;
    }
    status = remove_below(r->folder, name, len, false);
    if (status == IS_NOT_EMPTY)
        status = remove_full(r, name, len);
    if (!is_gone(status) && NT_SUCCESS(r->failed))
        r->failed = status;
    return 0;
}

static void empty_folder(struct removal *r)
{
    if (list_handle(r->folder, remove_entry, r) < 0 && NT_SUCCESS(r->failed))
        r->failed = COULD_NOT_LIST;
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
    (void)fail_by(status);
    if (status == BY_STOPPING)
        errno = EINTR;
    return -1;
}

/* ---- To the medium ------------------------------------------------------------------------ */

/* Then it is there already: see plat_make_read_only. */
static bool is_read_only(HANDLE folder, const wchar_t *name, size_t len)
{
    const struct opening how = {.share = SHARE_ALL, .disposition = FILE_OPEN};
    BY_HANDLE_FILE_INFORMATION info;
    HANDLE handle;
    bool is = false;

    if (!NT_SUCCESS(open_below(&handle, folder, name, len, &how)))
        return false;
    if (GetFileInformationByHandle(handle, &info))
        is = (info.dwFileAttributes & FILE_ATTRIBUTE_READONLY) != 0;
    (void)CloseHandle(handle);
    return is;
}

static int flush_entry(void *ctx, const wchar_t *name, size_t len);

static int flush_folder(HANDLE above, const wchar_t *name, size_t len)
{
    const struct opening how = {.access = FILE_LIST_DIRECTORY,
                                .share = SHARE_ALL,
                                .disposition = FILE_OPEN,
                                .options = FILE_DIRECTORY_FILE};
    HANDLE folder;
    NTSTATUS status = open_below(&folder, above, name, len, &how);
    int result;

    if (!NT_SUCCESS(status))
        return fail_by(status);
    result = list_handle(folder, flush_entry, &folder);
    (void)CloseHandle(folder);
    return result;
}

static int flush_entry(void *ctx, const wchar_t *name, size_t len)
{
    const struct opening how = {.access = FILE_WRITE_DATA,
                                .share = SHARE_ALL,
                                .disposition = FILE_OPEN,
                                .options = FILE_NON_DIRECTORY_FILE};
    HANDLE folder = *(HANDLE *)ctx, handle;
    NTSTATUS status;
    int tries_left = FLUSH_TRIES, result = 0;

    do
        status = open_below(&handle, folder, name, len, &how);
    while (status == IN_USE && may_pass(status, tries_left--));
    if (status == IS_A_FOLDER)
        return flush_folder(folder, name, len);
    if (status == ACCESS_DENIED && is_read_only(folder, name, len))
        return 0;
    if (!NT_SUCCESS(status))
        return fail_by(status);
    if (!FlushFileBuffers(handle))
        result = fail_last();
    (void)CloseHandle(handle);
    return result;
}

int plat_sync_filesystem(int fd)
{
    HANDLE handle = handle_of(fd);

    return handle == INVALID_HANDLE_VALUE ? -1 : list_handle(handle, flush_entry, &handle);
}

/* ---- Another user's folder ---------------------------------------------------------------- */

void plat_lend_dir(int fd)
{
    (void)fd;
}

int plat_take_back_dir(int fd)
{
    (void)fd;
    return 0;
}
