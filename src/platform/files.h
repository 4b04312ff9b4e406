/*
 * Files and folders.
 *
 * Names and paths are bytes in the system's own encoding; on Windows that is UTF-8, converted to
 * and from UTF-16 in this room. Inside the programs the separator of paths is "/" on every system.
 * Functions return 0, or -1 with errno, unless they say otherwise.
 *
 * Many take a folder and a name in it, as openat(2) does: at is an open folder, and name has no
 * "/"; or at is PLAT_CWD, and name is a path from the current folder. follow: if name is a symbolic
 * link (on Windows also a junction), what it leads to is meant; otherwise the link itself.
 */
#ifndef SEAL_PLATFORM_FILES_H
#define SEAL_PLATFORM_FILES_H

#include "base/bytes.h"
#include "base/clock.h"
#include "base/status.h"

#define PLAT_CWD (-100)

/* ---- Paths -------------------------------------------------------------------------------- */

/* Turns a path that somebody typed into one with "/" between its parts; changes nothing but on
 * Windows, where people type backslashes. */
void path_unify(char *path);
/* Whether it is the top of a drive ("E:/"), which has no name of its own. */
bool path_is_drive(const char *path);
/* Splits path at its last separator: *dir is malloc'ed ("." if there is none), *name points into
 * path. False: out of memory. */
bool path_split(const char *path, char **dir, const char **name);
/* The path of what has that name in the folder of path, malloc'ed; NULL: out of memory. */
char *path_beside(const char *path, const char *name);
/* The absolute path without links, "." and ".."; malloc'ed, or NULL with errno. */
char *plat_real_path(const char *path);

/* ---- Opening ------------------------------------------------------------------------------ */

/* Both return a descriptor for reading. ELOOP or ENOTDIR: it is a link, and follow is false. A file
 * never becomes the controlling terminal. Opening a FIFO waits for its writer if follow is true
 * (the user named it) and never waits otherwise (it was met in a folder). */
int plat_open_dir(int at, const char *name, bool follow);
int plat_open_file(int at, const char *name, bool follow);
/* Whether opening ".." in an open folder gives the folder that it lies in, even if either was
 * renamed since. */
#ifdef _WIN32
#define PLAT_DOTDOT_IS_STABLE false
#else
#define PLAT_DOTDOT_IS_STABLE true
#endif
/* Opens a regular file or a folder of this user, for plat_lock_try; never follows a link. EINVAL:
 * it is of another type, or another user's. On Windows opening it locks it: EWOULDBLOCK if another
 * program has it open. */
int plat_open_owned(int at, const char *name, bool *is_dir);
int plat_close(int fd);
/* Another descriptor of the same open file. */
int plat_duplicate(int fd);

/* ---- Properties --------------------------------------------------------------------------- */

enum plat_type { PLAT_FILE, PLAT_DIR, PLAT_LINK, PLAT_FIFO, PLAT_SOCKET, PLAT_DEVICE, PLAT_OTHER };

struct plat_stat {
    enum plat_type type;
    bool owner_may_execute;
    bool others_may_read; /* group or others have any right */
    uint64_t size;        /* bytes */
    struct timestamp mtime;
    struct timestamp changed; /* content, rights or links (ctime); no program can set it */
    uint64_t device, inode;
};

int plat_stat_at(int at, const char *name, bool follow, struct plat_stat *st);
int plat_stat_fd(int fd, struct plat_stat *st);
/* Whether the file is one of the kernel's own, as in /proc and /sys, whose size says nothing. */
bool plat_size_is_made_up(int fd);
/* Whether name, which may be a link, is what fd is open on: 1 or 0; -1 with errno. On file systems
 * of networks and in user space, in a folder where nobody else can exchange it, a file that looks
 * the same will do: some of them change the numbers of files. 1 also if there is no such name any
 * more, and always on Windows, where FAT has no lasting numbers for files. */
int plat_is_same(int at, const char *name, int fd);
/* Appends the target of a link to out, without a NUL. */
int plat_read_link(int at, const char *name, struct buffer *out);
/* Whether users other than this one and root can rename an entry of the folder. */
bool plat_others_may_rename(int dirfd);
/* Whether they can rename the folder itself or one above it, since a folder above is writable to
 * them: whoever owns it is trusted. */
bool plat_others_may_move(int dirfd);

/* ---- Listing ------------------------------------------------------------------------------ */

/* Calls each(ctx, name) for all entries but "." and "..", in no order. each returns 0 to go on; any
 * other value ends the listing and is returned. dirfd stays open. */
int plat_list_dir(int dirfd, int (*each)(void *ctx, const char *name), void *ctx);
/* Calls each(ctx, stream) likewise for the alternate data streams (NTFS) of a file or folder, but
 * not for the Mark of the Web. Lists nothing where there are none or they cannot be read. */
int plat_list_streams(int at, const char *name, int (*each)(void *ctx, const char *stream),
                      void *ctx);

/* Calls each(ctx, name, size) likewise for the extended attributes of an open file or folder,
 * access lists among them, but not for the system's own (security labels). size is that of the
 * value. Lists nothing where there are none or they cannot be read, nor on other systems than
 * Linux. */
int plat_list_attributes(int fd, int (*each)(void *ctx, const char *name, uint64_t size),
                         void *ctx);
/* Whether the file is sparse: zeros are read where nothing is stored. */
bool plat_has_holes(int fd);

/* ---- Creating ----------------------------------------------------------------------------- */

/* For the owner alone, or for everybody as far as the umask permits. */
enum plat_access { PLAT_PRIVATE, PLAT_SHARED };

/* EEXIST if the name exists. */
int plat_make_dir(int at, const char *name, enum plat_access access);
/* Likewise; returns a descriptor for writing. exec adds the right to execute. */
int plat_create_file(int at, const char *name, enum plat_access access, bool exec);
/* Opens a file for reading and appending, and creates it, PLAT_PRIVATE, if it does not exist. A
 * link is followed. Never waits for the other side of a FIFO. */
int plat_open_append(const char *path);

/* ---- Locks between programs --------------------------------------------------------------- */

/* Waits until no other program has locked the file, and locks it until it is closed. Calls waits
 * once, unless it is NULL, if that takes longer than a second. EINTR: asked to stop meanwhile. */
#define PLAT_LOCK_TRIES 20
#define PLAT_LOCK_EVERY 50 /* milliseconds */
int plat_lock(int fd, void (*waits)(void *ctx), void *ctx);
/* Locks the file until fd and all its duplicates are closed. EWOULDBLOCK: another program has
 * locked it. ENOTSUP: locks mean nothing here, on network file systems, where each machine may have
 * its own, and on file systems that are not known. */
int plat_lock_try(int fd);

/* ---- Attributes --------------------------------------------------------------------------- */

/* The resolution of this system's file times, in nanoseconds. */
#ifdef _WIN32
#define PLAT_TIME_UNIT 100
#else
#define PLAT_TIME_UNIT 1
#endif
/* A time that the file system cannot hold becomes the nearest that it can, and some become others
 * though it returns 0. EPERM, ENOTSUP, ENOSYS or EINVAL: the file system keeps no times. */
int plat_set_mtime_fd(int fd, struct timestamp mtime);
/* Adds the Mark of the Web (NTFS), so that the system warns whoever opens the file; does nothing
 * elsewhere. Sets the file's time, so call it before plat_set_mtime_fd. */
void plat_mark_downloaded(int fd);
/* Takes away everybody's right to write. EPERM, ENOTSUP or EINVAL: the file system has no such
 * right. */
int plat_make_read_only(int fd);
/* Gives an open file the owner and the group of name, a file of the folder at, where they differ:
 * root may do that. Does nothing on Windows. */
int plat_give_owner(int fd, int at, const char *name);
/* Whether chmod can keep others from reading a file that they may read (others_may_read). False on
 * file systems without rights (FAT, exFAT, most NTFS, Windows' disks in WSL) and on those that
 * cannot be written. To find out, it takes these rights away for a moment. */
bool plat_can_restrict(int fd);
/* Gives a PLAT_PRIVATE folder the rights of PLAT_SHARED; a read-only one stays read-only. */
int plat_share_dir(int fd);

/* ---- Renaming and removing ---------------------------------------------------------------- */

/* Renames within one folder. EEXIST if the new name exists. */
int plat_rename_new(int at, const char *from, const char *to);
/* Likewise, and atomically replaces what exists. */
int plat_rename_over(int at, const char *from, const char *to);
int plat_unlink(int at, const char *name);
/* Removes everything in the folder fd, also what is read-only, following no link; then removes
 * name, by which it was opened. The two steps are separate so that, if another folder has the name
 * by now, that one is not emptied. fd -1: the folder is empty. If an entry cannot be removed, the
 * rest of its folder still is, and then it fails. may_stop: fail with EINTR when asked to stop. */
int plat_remove_tree(int at, const char *name, int fd, bool may_stop);

/* ---- Reading ------------------------------------------------------------------------------ */

/* Up to len bytes: returns how many, 0 at the end, or -1. */
int64_t plat_read(int fd, void *buf, size_t len);
/* The same at an offset. */
int64_t plat_read_at(int fd, void *buf, size_t len, uint64_t off);
/* Reads until len bytes are there or the input ends; *got is how many. */
MUST_USE enum seal_status fd_read_full(int fd, void *buf, size_t len, size_t *got,
                                       struct fault *fault);
/* The same from an offset on. On Windows this moves the position of fd_read_full: use only one of
 * the two on a descriptor. */
MUST_USE enum seal_status fd_read_at(int fd, uint64_t off, void *buf, size_t len, size_t *got,
                                     struct fault *fault);
/* A pipe, which holds up to 1 MiB where the system allows that: ends[0] is to be read, ends[1]
 * written. */
int plat_pipe(int ends[static 2]);
/* Hints for the system's cache: fd will be read once from begin to end; all of fd will be read
 * soon. */
void plat_hint_sequential(int fd);
void plat_hint_prefetch(int fd);

/* ---- Writing ------------------------------------------------------------------------------ */

/* Writes all of it: after a short write it goes on. */
MUST_USE enum seal_status fd_write_full(int fd, const void *data, size_t len, struct fault *fault);
/* To be called while a file is written sequentially, when its length grows from before to now
 * bytes. Has the system write to the medium bit by bit, so that little is left for plat_sync, and
 * drop what is written from its cache, so that the files of other programs stay there. -1: the
 * medium failed or is full. */
int plat_write_behind(int fd, uint64_t before, uint64_t now);
/* Waits until a file or folder is on the medium; or everything on the file system of fd. */
int plat_sync(int fd);
int plat_sync_filesystem(int fd);
int plat_truncate(int fd, uint64_t size);

/* ---- The medium --------------------------------------------------------------------------- */

struct plat_space {
    uint64_t free;     /* bytes that this user can still write there */
    uint64_t files;    /* files that can still be created; UINT64_MAX: no limit, or not known */
    uint64_t file_max; /* bytes of the largest file on FAT; UINT64_MAX elsewhere */
};

/* The space for new files in a folder. ENOTSUP: its file system does not tell. */
int plat_space(const char *folder, struct plat_space *room);
/* The same on the file system of an open file or folder. */
int plat_space_fd(int fd, struct plat_space *room);
/* Whether this user may make files in a folder: 0, or -1 with errno (EROFS, EACCES, ENOENT). */
int plat_may_create_in(const char *folder);
/* Drops a file of size bytes, which plat_sync has written, from the system's cache, so that reading
 * it shows what is on the medium. False: part of it is still in the cache. */
bool plat_drop_cache(int fd, uint64_t size);
/* Whether the medium of the file is removable, as far as the system knows. */
bool plat_is_removable(int fd);

#endif
