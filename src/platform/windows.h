/*
 * What the files for Windows share, private to this room.
 *
 * A descriptor is one of the C library's, around a handle of the system, so that both sides of the
 * border count in the same numbers; read and written it is by the system's own calls. Files are
 * opened by NtCreateFile, as openat does: relative to an open folder, with names of any length, and
 * without the second meanings that names have above it (devices, drives, final dots).
 */
#ifndef SEAL_PLATFORM_WINDOWS_H
#define SEAL_PLATFORM_WINDOWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIN32_LEAN_AND_MEAN
#include <windows.h> /* before the others, which need it */

#include <psapi.h>
#include <winioctl.h>
#include <winternl.h>

#define DESCRIPTORS_MAX 2048 /* of the C library */

/* File times count units of 100 ns from 1601-01-01 on. */
#define TICKS_A_SECOND INT64_C(10000000)
#define SECONDS_TO_1970 INT64_C(11644473600)

/* The core's answers that are looked at ([MS-ERREF] 2.3.1); the compiler's headers have few. */
#define NT_CANCELLED ((NTSTATUS)0xC0000120)             /* STATUS_CANCELLED */
#define NT_NO_MEMORY ((NTSTATUS)0xC0000017)             /* STATUS_NO_MEMORY */
#define NT_OBJECT_NAME_INVALID ((NTSTATUS)0xC0000033)   /* STATUS_OBJECT_NAME_INVALID */
#define NT_OBJECT_NAME_NOT_FOUND ((NTSTATUS)0xC0000034) /* STATUS_OBJECT_NAME_NOT_FOUND */
#define NT_OBJECT_PATH_NOT_FOUND ((NTSTATUS)0xC000003A) /* STATUS_OBJECT_PATH_NOT_FOUND */
#define NT_ACCESS_DENIED ((NTSTATUS)0xC0000022)         /* STATUS_ACCESS_DENIED */
#define NT_SHARING_VIOLATION ((NTSTATUS)0xC0000043)     /* STATUS_SHARING_VIOLATION */
#define NT_DELETE_PENDING ((NTSTATUS)0xC0000056)        /* STATUS_DELETE_PENDING */
#define NT_FILE_IS_A_DIRECTORY ((NTSTATUS)0xC00000BA)   /* STATUS_FILE_IS_A_DIRECTORY */
#define NT_DIRECTORY_NOT_EMPTY ((NTSTATUS)0xC0000101)   /* STATUS_DIRECTORY_NOT_EMPTY */
#define NT_UNSUCCESSFUL ((NTSTATUS)0xC0000001)          /* STATUS_UNSUCCESSFUL */

/* ---- Text and errors ---------------------------------------------------------------------- */

/* To and from the system's 16-bit units; malloc'ed, or NULL with errno. What is no Unicode in them
 * (half of a surrogate pair) is kept as its three bytes, which are no valid UTF-8, so that every
 * name comes back as it was. *len, if not NULL: units without the final zero. */
wchar_t *to_wide(const char *text, size_t *len);
char *from_wide(const wchar_t *text, size_t len);
/* The same into out, which takes 3 bytes for each unit, and no zero. */
size_t encode_wide(char *out, const wchar_t *text, size_t len);

/* Sets errno, and returns -1. */
int fail_win32(DWORD error);
int fail_ntstatus(NTSTATUS status);
int fail_last_error(void); /* GetLastError() */

/* ---- Handles ------------------------------------------------------------------------------ */

/* INVALID_HANDLE_VALUE with errno EBADF: there is none. */
HANDLE handle_of(int fd);
/* Where there is none yet: fd is open on nothing. */
bool open_null(int fd, int flags);
/* Makes the handle a descriptor, or closes it: -1 with errno. */
int descriptor_of(HANDLE handle);

struct open_how {
    ACCESS_MASK access; /* SYNCHRONIZE is added */
    ULONG share;
    ULONG disposition; /* FILE_OPEN, ... */
    ULONG options;     /* FILE_DIRECTORY_FILE, ... */
    bool follow;       /* links */
};

#define SHARE_ALL (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)

/* NtCreateFile: name, of len units, is below folder, or is a whole NT path if folder is NULL. */
NTSTATUS nt_create_file(HANDLE *out, HANDLE folder, const wchar_t *name, size_t len,
                        const struct open_how *how, ULONG more_options);
/* at: PLAT_CWD or a folder. ELOOP: it is a link, which is not followed. */
int open_handle(HANDLE *out, int at, const char *name, const struct open_how *how);
/* The same file or folder once more. */
NTSTATUS reopen(HANDLE *out, HANDLE handle, const struct open_how *how);
/* The same below an open folder; name is one part, in the system's units. */
NTSTATUS open_below(HANDLE *out, HANDLE folder, const wchar_t *name, size_t len,
                    const struct open_how *how);
/* The tag of what stands for something else (a link), or 0. */
ULONG link_tag(HANDLE handle);
/* Calls each(ctx, name, len) for all entries but . and .., as plat_list_dir does. */
int list_handle(HANDLE folder, int (*each)(void *ctx, const wchar_t *name, size_t len), void *ctx);

/* Takes the attribute read-only away, which keeps a file from being removed or replaced. */
void make_writable(HANDLE handle);
/* Virus scanners and indexers open new files for a moment; until they close them, neither the file
 * nor the folders it is in can be renamed or removed. Whether status says so and there are tries
 * left; then it has waited a little. */
bool retry_later(NTSTATUS status, int tries_left);

/* ---- Paths -------------------------------------------------------------------------------- */

/* The NT path (below \??\) of a path, where no length limit and no reserved name applies;
 * malloc'ed, or NULL with errno. */
wchar_t *nt_path(const char *path);
/* The same of an open file. A volume without a drive letter, as some RAM disks are, gives the path
 * of its device. */
wchar_t *nt_path_of_handle(HANDLE handle);
void slashes_to_backslashes(wchar_t *path);
/* Whether programs can open a file of that name: NtCreateFile can create names that the Win32
 * functions do not accept. */
bool name_is_usable(const char *name);

/* ---- Reading past memory ------------------------------------------------------------------ */

/* Has fd read from its medium from now on, in whole sectors. */
bool unbuffered_start(int fd);
/* As plat_read and plat_read_at, for such a descriptor; is_unbuffered tells. */
bool is_unbuffered(int fd);
int64_t unbuffered_read(int fd, void *buf, size_t len, const uint64_t *off);
void unbuffered_end(int fd);

/* ---- The worker's side -------------------------------------------------------------------- */

/* In the worker's arguments PLACE=HANDLE, both hexadecimal, this place means the job. */
#define JOB_PLACE 0xffffu

/* Puts what the parent gave where it belongs. False: these are no arguments of a worker. */
bool worker_adopt_handles(int argc, wchar_t **argv);

/* Where a call of this thread waits for somebody else, from here to the second one, stopping ends
 * it. */
void interruptible_begin(void);
void interruptible_end(void);

#endif
