/*
 * platform: the operating system, as far as the programs need it. One header; posix*.c and
 * windows.c behind it. Names are bytes in the system's own encoding (UTF-8 on Windows, converted
 * at this border). Functions return 0, or -1 with errno, unless they say otherwise.
 */
#ifndef SEAL_PLATFORM_H
#define SEAL_PLATFORM_H

#include "base/bytes.h"
#include "base/clock.h"
#include "base/status.h"

/* What errno means, in a few words. */
const char *plat_strerror(int error);

/* ---- The process -------------------------------------------------------------------------- */

/* First thing in main: no core dumps, no other process of the user may read this one's memory (on
 * Windows they may), descriptors 0 to 2 are open (on nothing, where they were closed, so that using
 * one fails and no file of ours can land there), SIGPIPE becomes an error of write, and the signals
 * by which people and systems end a process (SIGINT, SIGTERM, SIGHUP, SIGQUIT, ...) call
 * stop_request. */
void plat_process_setup(void);

/* Ends the process by the signal that asked it to stop, as a shell expects; after clean-up. */
_Noreturn void plat_die_by_signal(void);

/* The file of the running program, open for reading, whatever its name is by now; -1 where the
 * system cannot tell. */
int plat_open_self(void);

/* ---- A worker and its cage ----------------------------------------------------------------- */

/* This program once more, in a process of its own that has nothing of ours: no memory, no
 * arguments, and of the environment only what the loader needs. It is killed when we end. */
#define PLAT_WORKER_NAME "unseal-worker" /* its argv[0] */
/* Its descriptors. What it hears from us, and what it says to us, go over one socket, or over two
 * pipes. 0 to 2 are open on nothing besides, so that it cannot reach a terminal. */
#define PLAT_WORKER_HEARS 3
#ifdef _WIN32
#define PLAT_WORKER_SAYS 1
#else
#define PLAT_WORKER_SAYS 3
#endif
#define PLAT_WORKER_FIRST 4 /* of those given, in their order */
#define PLAT_WORKER_FDS_MAX 4
/* Likewise of more that it reads: behind all numbers that the cage lets it write to. */
#define PLAT_WORKER_MORE 64
#define PLAT_WORKER_MORE_MAX 399

struct plat_worker {
    int from, to; /* our ends, maybe the same; plat_worker_hang_up closes them */
    intptr_t process;
};

int plat_worker_start(struct plat_worker *w, const int *fds, size_t fd_count, const int *more,
                      size_t more_count);

void plat_worker_hang_up(struct plat_worker *w);

enum plat_worker_end {
    PLAT_WORKER_DONE,      /* it ended by itself, with 0 */
    PLAT_WORKER_FAILED,    /* with another code: it could not be started, say */
    PLAT_WORKER_CRASHED,   /* by a signal for mistakes in memory and the like */
    PLAT_WORKER_FORBIDDEN, /* it tried what its cage forbids */
    PLAT_WORKER_KILLED     /* by another signal: mostly for want of memory */
};

/* Waits for its end, but only so long. False: not yet, or a signal asks us to stop. */
bool plat_worker_has_ended(const struct plat_worker *w, int milliseconds);
/* Waits for its end, kill: after having killed it. */
enum plat_worker_end plat_worker_wait(struct plat_worker *w, bool kill);

/* Waits until something can be read from fd, or so long. False: nothing yet, or a signal came. */
bool plat_wait_readable(int fd, int milliseconds);

/* What a worker is left with. */
struct plat_cage {
    int folder;           /* all it may make files and folders in; -1: none */
    bool folder_is_read;  /* it may only read there instead */
    unsigned int threads; /* that are to work in it, at least 1: more cannot begin there */
    uint64_t memory;      /* bytes it may take beyond those it has */
    uint64_t file_size;   /* bytes of the largest file it may write */
};

/* Pieces of the cage, as bits. */
#define PLAT_CAGE_FILES 1      /* which files it may touch (Landlock on Linux) */
#define PLAT_CAGE_CALLS 2      /* which system calls it may make (seccomp); others end it */
#define PLAT_CAGE_PRIVILEGES 4 /* no privileges, and no way to any */
#define PLAT_CAGE_LIMITS 8     /* memory, files, processes */
#define PLAT_CAGE_ALL 15

/* The first two as those who look after a system call them. */
#ifdef _WIN32
#define PLAT_CAGE_FILES_NAME "what would keep a program from your files"
#define PLAT_CAGE_CALLS_NAME "and from calls of the system"
#else
#define PLAT_CAGE_FILES_NAME "Landlock"
#define PLAT_CAGE_CALLS_NAME "seccomp"
#endif

/* Shuts this process in, for good, with its only thread and the others. Returns the pieces that
 * this system lacks: the others hold. *crew gets the threads; NULL if there is one. */
struct crew;
unsigned int plat_cage_enter(const struct plat_cage *cage, struct crew **crew);
/* The same for a program that meets no content: from now on it can neither reach a network nor
 * start another program. with_programs: it can still do the latter. Where the system knows no such
 * thing, nothing happens. */
void plat_renounce(bool with_programs);

/* Where we may do everything, the worker is another user, who owns nothing else: an empty folder is
 * given to that user, and with all in it taken back when the worker has ended. Both do nothing
 * where we are no such user; lending also where the file system has no owners. */
void plat_lend_dir(int fd);
int plat_take_back_dir(int fd);

/* ---- The terminal ------------------------------------------------------------------------- */

bool plat_is_terminal(int fd);
/* Whether fd leads to another program, and that may be a shell that takes all for text: PowerShell
 * did so up to 7.3. */
bool plat_may_be_taken_for_text(int fd);
/* Columns of the terminal behind fd; 80 where unknown. */
size_t plat_terminal_columns(int fd);

/* Whether there is one to ask on. */
bool plat_has_terminal(void);
/* Whether it is a window that was opened for this program alone and closes with it: somebody has
 * dropped a folder on the program. */
bool plat_owns_window(void);

enum plat_prompt_result {
    PLAT_PROMPT_OK,
    PLAT_PROMPT_NO_TERMINAL,
    PLAT_PROMPT_TOO_LONG,
    PLAT_PROMPT_STOPPED,
    PLAT_PROMPT_FAILED
};

/* Shows prompt on the controlling terminal (not standard input or output) and reads one line
 * without echo into secret (NUL-terminated, the newline removed). Echo is restored on every way
 * out, signals included. End of input on an empty line counts as PLAT_PROMPT_STOPPED. */
enum plat_prompt_result plat_prompt_secret(const char *prompt, char *secret, size_t size);

/* Likewise, with echo, from any thread; until stop_requested. Ends in line's size bytes: what is
 * longer is cut. */
enum plat_prompt_result plat_prompt_line(const char *prompt, char *line, size_t size);

/* The folder that the program lies in, malloc'ed; NULL: the system does not tell. */
char *plat_own_folder(void);
/* How many processors this program may use, at least 1. */
unsigned int plat_processors(void);

/* Memory for a buffer of some MiB that is read in no order, in large pages where the system has
 * such. free gives it back; NULL for want of memory. */
void *plat_alloc_large(size_t len);

/* ---- Threads ------------------------------------------------------------------------------ */

/* Threads that share the work of one caller. Each piece of work has a part that any of them may do
 * beside others, and one that is done in the order in which the pieces were given. So what comes
 * out does not depend on how many they are. */
struct crew;

/* An order; zero to begin with. */
struct lane {
    struct task *first, *last; /* the crew's own */
    bool busy;
};

/* Lies in a structure of its owner, who finds that from here. */
struct task {
    void (*work)(struct task *t);
    /* After the work of all tasks that came before in its lane is settled; it may post to other
     * lanes and await tasks there. NULL: there is nothing to do. */
    void (*settle)(struct task *t);
    struct lane *lane; /* these are the crew's own */
    struct task *next_waiting, *next_in_lane;
    enum { TASK_DONE, TASK_WAITING, TASK_AT_WORK, TASK_WORKED } state;
};

/* So many threads with the caller's own, at least 1; all have begun then. Where the system gives
 * fewer, there are fewer. SEAL_NO_MEMORY. */
MUST_USE enum seal_status crew_new(struct crew **out, unsigned int threads, struct fault *fault);
/* How many they were asked to be; 1 for NULL. */
unsigned int crew_size(const struct crew *c);
/* The task must be awaited before it, its lane or the crew are gone or it is posted again. crew
 * NULL: it is done at once, by the caller. */
void crew_post(struct crew *c, struct lane *lane, struct task *t);
/* Until it is settled. The caller works meanwhile. A task that was never posted is. */
void crew_await(struct crew *c, const struct task *t);
void crew_free(struct crew *c);

/* ---- Time --------------------------------------------------------------------------------- */

/* Seconds of a clock that only goes forward. */
double plat_monotonic(void);
/* How many minutes the user's clock is ahead of UTC (east) at that time. False: not known. */
bool plat_utc_offset(int64_t sec, int *minutes);

/* ---- Paths -------------------------------------------------------------------------------- */

/* Gives a path that somebody typed the separators that all paths have within the program: on
 * Windows a backslash becomes a slash, elsewhere nothing changes. */
void path_unify(char *path);
/* Whether it is the top of a drive, which has no name of its own ("E:/"). */
bool path_is_drive(const char *path);
/* Splits path at its last separator: *dir is malloc'ed ("." if there is none), *name points into
 * path. False for want of memory. */
bool path_split(const char *path, char **dir, const char **name);

/* ---- Reading the source ------------------------------------------------------------------- */

enum plat_type { PLAT_FILE, PLAT_DIR, PLAT_LINK, PLAT_FIFO, PLAT_SOCKET, PLAT_DEVICE, PLAT_OTHER };

struct plat_stat {
    enum plat_type type;
    bool owner_may_execute;
    bool others_may_read; /* group or others hold any right on it */
    uint64_t size;
    struct timestamp mtime;
    struct timestamp changed; /* content, rights or links (ctime); no program can set it */
    uint64_t device, inode;
};

/* A folder on this system, or -1. at is PLAT_CWD or an open folder; name is not followed if it is
 * a link, unless follow. */
#define PLAT_CWD (-100)
int plat_open_dir(int at, const char *name, bool follow);
/* Whether ".." below an open folder is where that lies, whoever gives names to what meanwhile. */
#ifdef _WIN32
#define PLAT_KNOWS_UP false
#else
#define PLAT_KNOWS_UP true
#endif
/* A file for reading, likewise. Never becomes a controlling terminal. What is met on the way (not
 * follow) never blocks; what the user named (follow) may be a FIFO, whose writer is waited for. */
int plat_open_file(int at, const char *name, bool follow);
int plat_stat_at(int at, const char *name, bool follow, struct plat_stat *st);
int plat_stat_fd(int fd, struct plat_stat *st);
/* The target's bytes without a NUL, appended to out. */
int plat_read_link(int at, const char *name, struct buffer *out);
/* The path from the root, without links, "." and "..": malloc'ed, or NULL with errno. */
char *plat_real_path(const char *path);
/* Calls each(ctx, name) for all entries but . and .., in no order. each returns 0 to go on; what
 * else it returns ends the listing and is returned. dirfd stays open. */
int plat_list_dir(int dirfd, int (*each)(void *ctx, const char *name), void *ctx);
/* Calls each(ctx, name) likewise for what a file or folder holds besides its content (alternate
 * data streams of NTFS), but for the mark of where a file came from. Where there is no such thing,
 * or it cannot be told, there is none. */
int plat_list_streams(int at, const char *name, int (*each)(void *ctx, const char *stream),
                      void *ctx);
int plat_close(int fd);
/* A file or a folder that belongs to this user, to lock it; never through a link. EINVAL: it is
 * something else, or somebody else's. */
int plat_open_own(int at, const char *name, bool *is_dir);
/* Whether another user can give a folder that lies in this one another name; root apart. */
bool plat_others_may_rename(int dirfd);
/* Up to len bytes at that place of the file: how many, 0 at its end, or -1. */
int64_t plat_read_at(int fd, void *buf, size_t len, uint64_t off);
/* Tells the system that fd is read from begin to end, and then no more; a hint, no result. */
void plat_hint_sequential(int fd);
/* The same: that all of fd is read soon. */
void plat_hint_soon(int fd);
/* Of a file that is written from begin to end there is so much now: has the system bring it to the
 * medium by and by, so that little is left for the end, and forget it, so that what others read
 * stays in memory. -1: the medium failed, or is full. */
int plat_write_behind(int fd, uint64_t before, uint64_t now);

/* ---- Reading and writing whole ------------------------------------------------------------ */

/* What is there, up to len bytes: how many, 0 at the end, or -1. */
int64_t plat_read(int fd, void *buf, size_t len);
/* Back to the beginning. ESPIPE: it has none. */
int plat_rewind(int fd);
/* Reads until len bytes or the end; *got says how many. */
MUST_USE enum seal_status fd_read_full(int fd, void *buf, size_t len, size_t *got,
                                       struct fault *fault);
/* Likewise from that place of a file on, which is not to be read in the other way as well. */
MUST_USE enum seal_status fd_read_at(int fd, uint64_t off, void *buf, size_t len, size_t *got,
                                     struct fault *fault);
/* Writes all of it; a short write is gone on with, never taken for success. */
MUST_USE enum seal_status fd_write_full(int fd, const void *data, size_t len, struct fault *fault);

/* ---- Writing ------------------------------------------------------------------------------ */

/* For the owner alone, or for everybody as far as the umask lets them. */
enum plat_access { PLAT_PRIVATE, PLAT_SHARED };

/* Both refuse what exists (EEXIST). exec adds the right to execute. */
int plat_make_dir(int at, const char *name, enum plat_access access);
int plat_create_file(int at, const char *name, enum plat_access access, bool exec);
/* A file that only grows, for reading and appending; a link is followed. It is made, for its
 * owner alone, if it is not there. Never waits for the other side of a FIFO. */
int plat_open_append(const char *path);
/* Waits until no other program has the file locked; then it is ours until it is closed. EINTR:
 * asked to stop meanwhile. */
int plat_lock(int fd);
/* Takes the lock if nobody else has it; then it is ours until fd and all its duplicates are closed.
 * EWOULDBLOCK: another program has it; else: there are no locks here that say anything (ENOTSUP on
 * network file systems, where each machine may have its own, and on those we do not know). */
int plat_lock_try(int fd);
/* Another number for the same open file. */
int plat_duplicate(int fd);
/* The smallest step, in nanoseconds, that this system counts times in. */
#ifdef _WIN32
#define PLAT_TIME_UNIT 100
#else
#define PLAT_TIME_UNIT 1
#endif
int plat_set_mtime_fd(int fd, struct timestamp mtime);
/* Has the system warn whoever opens that file that it came from somebody else, where it knows such
 * a mark (the Mark of the Web on NTFS). Before it gets its time. */
void plat_mark_foreign(int fd);
/* Takes the right to write from everybody. EPERM, ENOTSUP or EINVAL where there is no such thing.
 */
int plat_make_read_only(int fd);
/* Gives a folder that was PLAT_PRIVATE the rights that PLAT_SHARED would have given it; but what is
 * read-only stays so. */
int plat_share_dir(int fd);
/* Renames within one folder; fails with EEXIST rather than replace. */
int plat_rename_new(int at, const char *from, const char *to);
/* Renames over what is there, atomically. */
int plat_rename_over(int at, const char *from, const char *to);
int plat_unlink(int at, const char *name);
/* Empties the folder fd, of all that is below, also what is read-only, following no link; then
 * removes name, which it has or had. So nothing else is hit, whatever has that name by now. fd -1:
 * it is empty. After a failure what else is in that folder is still removed, and then it stops.
 * may_stop: also when asked to (EINTR). */
int plat_remove_tree(int at, const char *name, int fd, bool may_stop);
/* To the medium: one file or folder; or all of the file system that fd is on. */
int plat_sync(int fd);
int plat_sync_filesystem(int fd);
int plat_truncate(int fd, uint64_t size);

struct plat_room {
    uint64_t free;     /* bytes that this user can still write there */
    uint64_t files;    /* and files; UINT64_MAX where they are not counted */
    uint64_t file_max; /* the largest file that its file system takes, where we know of one smaller
                          than disks are (FAT); else UINT64_MAX */
};

/* What there is for a new file in that folder. ENOTSUP: its file system does not say. */
int plat_room(const char *folder, struct plat_room *room);
/* The same where an open file or folder is. */
int plat_room_fd(int fd, struct plat_room *room);

/* Has the system read that file, which is on its medium already, from there again. False: it is
 * still in memory, at least in part. */
bool plat_forget(int fd, uint64_t size);
/* Whether what that file lies on is made to be taken out, as far as the system knows. */
bool plat_is_removable(int fd);

#endif
