/*
 * What the files for Windows share; private to this room.
 *
 * Descriptors are those of the C library, each around a handle of the system. They are read and
 * written by system calls, not by the C library. Files are opened by NtCreateFile, the counterpart
 * of openat: relative to an open folder, with names of any length, and without the special names of
 * the Win32 functions (devices, drives, final dots).
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

/* Those status codes of the kernel ([MS-ERREF] 2.3.1) that decide something here. The compiler's
 * headers have few of them. */
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

/* UTF-8 to UTF-16 and back; malloc'ed, or NULL with errno. Names on Windows may have half of a
 * surrogate pair, which is not valid Unicode: it becomes the three bytes that UTF-8 would have for
 * it, so that every name survives the way there and back. *len, if not NULL, gets the number of
 * 16-bit units without the final zero. */
wchar_t *to_wide(const char *text, size_t *len);
char *from_wide(const wchar_t *text, size_t len);
/* The same into out, 3 * len bytes, without a final zero. Returns the number of bytes. */
size_t encode_wide(char *out, const wchar_t *text, size_t len);

/* Set errno to what corresponds to the error, and return -1. */
int fail_win32(DWORD error);
int fail_ntstatus(NTSTATUS status);
int fail_last_error(void); /* GetLastError() */

/* ---- Handles and descriptors -------------------------------------------------------------- */

/* INVALID_HANDLE_VALUE with errno EBADF if fd is not open. */
HANDLE handle_of(int fd);
/* Gives the handle a descriptor; -1 with errno, and then the handle is closed. */
int descriptor_of(HANDLE handle);
/* Opens fd on the null device if it is not open. */
bool open_null(int fd, int flags);

/* ---- Opening ------------------------------------------------------------------------------ */

/* What NtCreateFile takes. */
struct open_how {
    ACCESS_MASK access; /* SYNCHRONIZE and FILE_READ_ATTRIBUTES are added */
    ULONG share;
    ULONG disposition; /* FILE_OPEN, ... */
    ULONG options;     /* FILE_DIRECTORY_FILE, ... */
    bool follow;       /* open what a link leads to, not the link */
};

#define SHARE_ALL (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)

/* NtCreateFile itself; does not look at how->follow. name has len units and is relative to folder,
 * or an NT path if folder is NULL. */
NTSTATUS nt_create_file(HANDLE *out, HANDLE folder, const wchar_t *name, size_t len,
                        const struct open_how *how, ULONG more_options);
/* The same, with how->follow. */
NTSTATUS open_below(HANDLE *out, HANDLE folder, const wchar_t *name, size_t len,
                    const struct open_how *how);
/* The same with a name in UTF-8. at is PLAT_CWD or an open folder. -1 with errno. */
int open_handle(HANDLE *out, int at, const char *name, const struct open_how *how);
/* Opens the file or folder of a handle again, with other rights. */
NTSTATUS reopen(HANDLE *out, HANDLE handle, const struct open_how *how);
/* The reparse tag if the handle is of a link (symbolic link, junction or the like), else 0. */
ULONG link_tag(HANDLE handle);

/* ---- Other operations on handles ---------------------------------------------------------- */

/* Calls each(ctx, name, len) for all entries but "." and "..", as plat_list_dir does. */
int list_handle(HANDLE folder, int (*each)(void *ctx, const wchar_t *name, size_t len), void *ctx);
/* Removes the attribute "read-only", with which a file can be neither removed nor replaced. */
void make_writable(HANDLE handle);
/* Virus scanners and indexers open new files for a moment. Until they close them, neither the file
 * nor a folder that it is in can be renamed or removed. If status can have this cause and tries are
 * left, waits a little and returns true: try again. */
bool retry_later(NTSTATUS status, int tries_left);

/* ---- Paths -------------------------------------------------------------------------------- */

/* The NT path (below \??\) of a path; malloc'ed, or NULL with errno. There is no limit to its
 * length, and no part of it has a special meaning. */
wchar_t *nt_path(const char *path);
/* The path of an open file (GetFinalPathNameByHandleW), malloc'ed; NULL with errno. */
wchar_t *path_of_handle(HANDLE handle, DWORD kind);
/* The same as the system's calls take it. On a volume without a drive letter, such as some RAM
 * disks, it begins with the name of the device. */
wchar_t *nt_path_of_handle(HANDLE handle);
void slashes_to_backslashes(wchar_t *path);
/* False for names that NtCreateFile can create, but that the Win32 functions, and so most programs,
 * cannot open. */
bool name_is_usable(const char *name);

/* ---- Reading without the system's cache --------------------------------------------------- */

/* Makes fd read from the medium from now on. False: it cannot be done. One descriptor at a time. */
bool unbuffered_start(int fd);
bool is_unbuffered(int fd);
/* As plat_read (off NULL) and plat_read_at do, for such a descriptor. */
int64_t unbuffered_read(int fd, void *buf, size_t len, const uint64_t *off);
void unbuffered_end(int fd);

/* ---- The worker --------------------------------------------------------------------------- */

/* The worker's arguments are NUMBER=HANDLE, both hexadecimal: the descriptor that an inherited
 * handle is to get. This number instead means the handle of its job object. */
#define JOB_PLACE 0xffffu

/* Gives the inherited handles their descriptors. False: these are not a worker's arguments. */
bool worker_adopt_handles(int argc, wchar_t **argv);

/* ---- Stopping ----------------------------------------------------------------------------- */

/* Between these two, a system call of the main thread that waits is cancelled when the program is
 * asked to stop. In other threads they do nothing. */
void interruptible_begin(void);
void interruptible_end(void);

#endif
