/*
 * A library for LD_PRELOAD that makes chosen system calls of a program under test fail, or lets
 * something happen in the middle of its work. Each variable says where and what:
 *
 *     FAULT_READ="NAME FIRST LAST WHAT"   pread or read of these bytes of the file called NAME
 *     FAULT_IN="BYTES WHAT"               read, once BYTES were read from standard input
 *     FAULT_WRITE="BYTES WHAT"            write, once BYTES were written to files and output
 *     FAULT_CALL="CALL WHAT"              fsync, syncfs, write-behind, close (of a file written
 * to), rename, futimens, mkdir, unlink, readdir, readlink, flock FAULT_NTH=NUMBER only that one of
 * the calls FAULT_CALL speaks of, from 1 FAULT_OPEN="NAME WHAT"              open of a file called
 * NAME, for reading
 *
 * And what is no fault:
 *
 *     SYSTEM_FOLDS=1          names in folders have no upper case, as on some file systems
 *     SYSTEM_SECTORS="NAME"   every second sector (of 4096 bytes) of the file NAME cannot be read;
 *                             a read that begins in front of one ends there
 *     SYSTEM_CHANGES="NAME TIMES COMMAND"
 *                             COMMAND is run at each pread of the first bytes of the file NAME,
 *                             but TIMES times at most
 *     SYSTEM_ROOM="TYPE FREE [STEP]"
 *                             statfs says that all file systems are of that type (a number) and
 *                             have so many bytes free; each time STEP less. FREE -1: they do not
 *                             count, and say that there are none at all
 *     SYSTEM_LOSES="BYTES [LAST]"
 *                             what was written to the medium from there on (up to LAST) reads as
 *                             zeros: all files called .partial, as they are while they have no name
 *     SYSTEM_REMOVABLE=1      all disks hang on a USB port
 *     SYSTEM_COUNT="FILE"     at the end FILE gets the number of calls of openat
 *     SYSTEM_READS="FILE"     likewise of pread, and of those that failed
 *     FAULT_IN_PROCESS=WHICH  all faults only in that process: main or worker. Else in both, each
 * of which counts for itself; but SYSTEM_COUNT and _READS count both together
 *
 * WHAT is errno:NUMBER (the call fails so, every time), signal:NUMBER (sent to the program, once)
 * or run:COMMAND (by the shell, once, to its end); after the latter two the call goes on.
 *
 * A program may have given up the right to start programs, to send signals and to open files by the
 * time a fault is due. So what those need is done before main: a helper process is started that
 * does the former, and the names of descriptors are noted as they are opened. A process called
 * unseal-worker is the worker of its parent, which then gets the signals.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <dirent.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&(name)))dlsym(RTLD_NEXT, #name))
#define EVERY_FD 4096
#define SECTOR 4096

#define NAME_SIZE 256
#define WORKER "unseal-worker"
/* Out of the way of descriptors that the program gets or is given by number; but a worker in its
 * cage can write to none from 64 on. */
#define OUR_FDS 48

static bool done[8];
static long long written, taken, changed, calls;

/* What is known of a descriptor. */
static struct known {
    char name[NAME_SIZE]; /* that of its file, without folders; "" if not known */
    bool is_written;      /* a file opened for writing */
    bool is_channel;      /* a pipe or socket, to another process of the program */
} known[EVERY_FD];

/* Shared by the processes of the program: a file that is text only at the end. */
struct counts {
    _Atomic long long opened, reads, failed_reads;
};

static struct counts own_counts, *counts = &own_counts;

static bool is_worker(void)
{
    return strcmp(program_invocation_short_name, WORKER) == 0;
}

/* Where the faults of this process are laid in. */
static const char *variable(const char *name)
{
    const char *which = getenv("FAULT_IN_PROCESS");

    if (which != NULL && (strcmp(which, "worker") == 0) != is_worker())
        return NULL;
    return getenv(name);
}

/* ---- The helper ---------------------------------------------------------------------------- */

/* What it is asked for, in one piece, and answers by one byte when it is done. */
struct request {
    int signal_number; /* 0: run the command */
    char command[1024];
};

static int to_helper = -1, from_helper = -1;

static void run_command(const char *command)
{
    pid_t pid = fork();

    if (pid == 0) {
        unsetenv("LD_PRELOAD");
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
}

/* Whether the process has the signal before it, not behind it. */
static bool is_pending(pid_t pid, int signal_number)
{
    char path[64], line[256];
    unsigned long long set = 0, one;
    FILE *f;

    (void)snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
    f = fopen(path, "r");
    if (f == NULL)
        return false;
    while (fgets(line, sizeof line, f) != NULL)
        if (sscanf(line, "SigPnd: %llx", &one) == 1 || sscanf(line, "ShdPnd: %llx", &one) == 1)
            set |= one;
    (void)fclose(f);
    return (set >> (signal_number - 1) & 1) != 0;
}

/* Back when the signal has arrived, or after a second: it may be blocked. */
static void send_signal(pid_t pid, int signal_number)
{
    (void)kill(pid, signal_number);
    for (int i = 0; i < 1000 && is_pending(pid, signal_number); i++)
        (void)nanosleep(&(struct timespec){0, 1000000}, NULL);
}

_Noreturn static void serve(int requests, int answers, pid_t program)
{
    struct request r;

    (void)setsid();
    for (int fd = 0; fd < EVERY_FD; fd++)
        if (fd != requests && fd != answers)
            (void)REAL(close)(fd);
    for (int fd = 0; fd <= 2; fd++)
        (void)open("/dev/null", O_RDWR);
    while (REAL(read)(requests, &r, sizeof r) == (ssize_t)sizeof r) {
        if (r.signal_number != 0)
            send_signal(program, r.signal_number);
        else
            run_command(r.command);
        if (REAL(write)(answers, "", 1) != 1)
            break;
    }
    _exit(0);
}

static void move_up(int *fd)
{
    int up = fcntl(*fd, F_DUPFD_CLOEXEC, OUR_FDS);

    (void)REAL(close)(*fd);
    *fd = up;
}

static void start_helper(void)
{
    pid_t program = is_worker() ? getppid() : getpid(), between;
    int requests[2], answers[2];

    if (REAL(pipe2)(requests, O_CLOEXEC) != 0 || REAL(pipe2)(answers, O_CLOEXEC) != 0)
        abort();
    for (int i = 0; i < 2; i++) {
        move_up(&requests[i]);
        move_up(&answers[i]);
    }
    /* By way of another that ends at once: the program shall have no child it did not start. */
    between = fork();
    if (between == 0) {
        if (fork() == 0)
            serve(requests[0], answers[1], program);
        _exit(0);
    }
    while (between > 0 && waitpid(between, NULL, 0) < 0 && errno == EINTR)
        continue;
    (void)REAL(close)(requests[0]);
    (void)REAL(close)(answers[1]);
    to_helper = requests[1];
    from_helper = answers[0];
}

static void ask_helper(int signal_number, const char *command)
{
    struct request r = {.signal_number = signal_number};
    char answer;

    (void)snprintf(r.command, sizeof r.command, "%s", command);
    if (REAL(write)(to_helper, &r, sizeof r) != (ssize_t)sizeof r)
        return;
    while (REAL(read)(from_helper, &answer, 1) < 0 && errno == EINTR)
        continue;
}

/* ---- Before main, and after --------------------------------------------------------------- */

static bool helper_is_needed(void)
{
    static const char *const names[] = {"FAULT_READ", "FAULT_IN", "FAULT_WRITE", "FAULT_CALL",
                                        "FAULT_OPEN"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *spec = variable(names[i]);

        if (spec != NULL && (strstr(spec, " run:") != NULL || strstr(spec, " signal:") != NULL))
            return true;
    }
    return getenv("SYSTEM_CHANGES") != NULL;
}

/* "" if it has none. */
static void name_of_fd(int fd, char *name)
{
    char link[64], target[4096];
    const char *last;
    ssize_t n;

    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    n = readlink(link, target, sizeof target - 1);
    target[n < 0 ? 0 : n] = '\0';
    last = strrchr(target, '/');
    (void)snprintf(name, NAME_SIZE, "%s", last == NULL ? "" : last + 1);
}

static void note_inherited(void)
{
    struct stat st;

    for (int fd = 0; fd < OUR_FDS; fd++)
        if (fstat(fd, &st) == 0) {
            name_of_fd(fd, known[fd].name);
            known[fd].is_channel = fd > 2 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode));
        }
}

static int counts_fd = -1;

static void share_counts(void)
{
    const char *path =
        getenv("SYSTEM_COUNT") != NULL ? getenv("SYSTEM_COUNT") : getenv("SYSTEM_READS");
    void *map;

    if (path == NULL)
        return;
    counts_fd = open(path, O_RDWR | O_CLOEXEC | (is_worker() ? 0 : O_CREAT | O_TRUNC), 0600);
    if (counts_fd < 0 || ftruncate(counts_fd, sizeof *counts) != 0)
        abort();
    move_up(&counts_fd);
    map = mmap(NULL, sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED, counts_fd, 0);
    if (map == MAP_FAILED)
        abort();
    counts = map;
}

__attribute__((constructor)) static void begin(void)
{
    note_inherited();
    share_counts();
    if (helper_is_needed())
        start_helper();
}

__attribute__((destructor)) static void tell_counts(void)
{
    struct counts c = *counts;

    if (counts_fd < 0 || is_worker() || ftruncate(counts_fd, 0) != 0)
        return;
    if (getenv("SYSTEM_COUNT") != NULL)
        (void)dprintf(counts_fd, "%lld\n", c.opened);
    else
        (void)dprintf(counts_fd, "%lld %lld\n", c.reads, c.failed_reads);
}

/* ---- What is to happen -------------------------------------------------------------------- */

/* True if the call is to fail; errno says how. */
static bool fault(const char *what, int which)
{
    if (strncmp(what, "errno:", 6) == 0) {
        errno = atoi(what + 6);
        return true;
    }
    if (done[which])
        return false;
    done[which] = true;
    if (strncmp(what, "signal:", 7) == 0)
        ask_helper(atoi(what + 7), "");
    else if (strncmp(what, "run:", 4) == 0)
        ask_helper(0, what + 4);
    return false;
}

/* name may be *ENDING. */
static bool fd_is_called(int fd, const char *name)
{
    const char *is;
    size_t len;

    if (fd < 0 || fd >= EVERY_FD)
        return false;
    is = known[fd].name;
    if (*name != '*')
        return strcmp(is, name) == 0;
    len = strlen(name + 1);
    return strlen(is) >= len && strcmp(is + strlen(is) - len, name + 1) == 0;
}

static bool call_fault(const char *call)
{
    const char *spec = variable("FAULT_CALL");
    const char *nth = variable("FAULT_NTH");
    size_t len = strlen(call);

    if (spec == NULL || strncmp(spec, call, len) != 0 || spec[len] != ' ')
        return false;
    if (nth != NULL && ++calls != atoll(nth))
        return false;
    return fault(spec + len + 1, 0);
}

/* ---- Reading ------------------------------------------------------------------------------ */

static bool read_fault(int fd, size_t len, off_t off)
{
    const char *spec = variable("FAULT_READ");
    char name[256], what[1024];
    long long first, last;

    if (spec == NULL || sscanf(spec, "%255s %lld %lld %1023[^\n]", name, &first, &last, what) != 4)
        return false;
    return off <= last && off + (long long)len > first && fd_is_called(fd, name) && fault(what, 1);
}

static void change(int fd, off_t off)
{
    const char *spec = getenv("SYSTEM_CHANGES");
    char name[256], command[1024];
    long long times;

    if (spec != NULL && off == 0 &&
        sscanf(spec, "%255s %lld %1023[^\n]", name, &times, command) == 3 && changed < times &&
        fd_is_called(fd, name)) {
        changed++;
        ask_helper(0, command);
    }
}

static ssize_t pread_or_fail(int fd, void *buf, size_t len, off_t off)
{
    const char *name = getenv("SYSTEM_SECTORS");

    if (name != NULL && fd_is_called(fd, name)) {
        size_t left = SECTOR - (size_t)(off % SECTOR);

        if (off / SECTOR % 2 == 1) {
            errno = EIO;
            return -1;
        }
        len = len < left ? len : left;
    }
    return read_fault(fd, len, off) ? -1 : REAL(pread64)(fd, buf, len, off);
}

static void lose(int fd, unsigned char *buf, ssize_t n, off_t off)
{
    const char *spec = getenv("SYSTEM_LOSES");
    long long first, last = INT64_MAX;

    if (spec == NULL || sscanf(spec, "%lld %lld", &first, &last) < 1 ||
        !fd_is_called(fd, "*.partial"))
        return;
    for (ssize_t i = 0; i < n; i++)
        if (off + i >= first && off + i <= last)
            buf[i] = 0;
}

ssize_t pread64(int fd, void *buf, size_t len, off_t off)
{
    ssize_t n;

    change(fd, off);
    n = pread_or_fail(fd, buf, len, off);
    lose(fd, buf, n, off);
    counts->reads++;
    counts->failed_reads += n < 0;
    return n;
}

ssize_t pread(int fd, void *buf, size_t len, off_t off) __attribute__((alias("pread64")));

ssize_t read(int fd, void *buf, size_t len)
{
    const char *spec = variable("FAULT_IN");
    ssize_t n;

    if (spec != NULL && fd == 0 && taken >= atoll(spec) && strchr(spec, ' ') != NULL &&
        fault(strchr(spec, ' ') + 1, 2))
        return -1;
    if (fd > 2 && variable("FAULT_READ") != NULL && read_fault(fd, len, lseek(fd, 0, SEEK_CUR)))
        return -1;
    n = REAL(read)(fd, buf, len);
    if (fd == 0 && n > 0)
        taken += n;
    return n;
}

char *realpath(const char *path, char *resolved)
{
    if (getenv("SYSTEM_REMOVABLE") != NULL && strncmp(path, "/sys/dev/block/", 15) == 0)
        return strdup("/sys/devices/pci0/usb1/1-1/block/sda/sda1");
    return REAL(realpath)(path, resolved);
}

struct dirent64 *readdir64(DIR *dir)
{
    return call_fault("readdir") ? NULL : REAL(readdir64)(dir);
}

ssize_t readlinkat(int at, const char *name, char *buf, size_t len)
{
    return call_fault("readlink") ? -1 : REAL(readlinkat)(at, name, buf, len);
}

/* ---- Names -------------------------------------------------------------------------------- */

/* The name as the file system takes it; folded has NAME_SIZE bytes. Where the program starts from,
 * nothing is folded: keys and sources have any name. */
static const char *as_taken(int at, const char *name, char *folded)
{
    size_t len = strlen(name);

    if (getenv("SYSTEM_FOLDS") == NULL || at == AT_FDCWD || len >= NAME_SIZE)
        return name;
    for (size_t i = 0; i <= len; i++)
        folded[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] - 'A' + 'a' : name[i]);
    return folded;
}

static int pretend_room(struct statfs64 *fs)
{
    const char *spec = getenv("SYSTEM_ROOM");
    static long long asked;
    long long type, free_bytes, step = 0;

    if (spec != NULL && sscanf(spec, "%lli %lld %lld", &type, &free_bytes, &step) >= 2) {
        free_bytes -= asked++ * step;
        fs->f_type = (__typeof__(fs->f_type))type;
        fs->f_bsize = 1;
        fs->f_bavail = free_bytes == -1 ? 0 : (__typeof__(fs->f_bavail))free_bytes;
        fs->f_blocks = free_bytes == -1 ? 0 : fs->f_blocks;
    }
    return 0;
}

int statfs64(const char *path, struct statfs64 *fs)
{
    return REAL(statfs64)(path, fs) == 0 ? pretend_room(fs) : -1;
}

int fstatfs64(int fd, struct statfs64 *fs)
{
    return REAL(fstatfs64)(fd, fs) == 0 ? pretend_room(fs) : -1;
}

/* ---- Writing ------------------------------------------------------------------------------ */

static bool is_output(int fd)
{
    return fd != 2 && fd >= 0 && fd < EVERY_FD && !known[fd].is_channel;
}

ssize_t write(int fd, const void *buf, size_t len)
{
    const char *spec = variable("FAULT_WRITE");
    ssize_t n;

    if (spec != NULL && is_output(fd) && written >= atoll(spec) && strchr(spec, ' ') != NULL &&
        fault(strchr(spec, ' ') + 1, 3))
        return -1;
    /* As a disk does that fills up: it takes what still fits. */
    if (spec != NULL && is_output(fd) && strstr(spec, " errno:") != NULL && written < atoll(spec) &&
        written + (long long)len > atoll(spec))
        len = (size_t)(atoll(spec) - written);
    n = REAL(write)(fd, buf, len);
    if (is_output(fd) && n > 0)
        written += n;
    return n;
}

static void note_channel(const int fds[2], int result)
{
    for (int i = 0; i < 2 && result == 0; i++)
        if (fds[i] >= 0 && fds[i] < EVERY_FD)
            known[fds[i]] = (struct known){.is_channel = true};
}

int pipe2(int fds[2], int flags)
{
    int result = REAL(pipe2)(fds, flags);

    note_channel(fds, result);
    return result;
}

int pipe(int fds[2])
{
    return pipe2(fds, 0);
}

int socketpair(int domain, int type, int protocol, int fds[2])
{
    int result = REAL(socketpair)(domain, type, protocol, fds);

    note_channel(fds, result);
    return result;
}

int openat64(int at, const char *name, int flags, ...)
{
    const char *spec = variable("FAULT_OPEN"), *last = strrchr(name, '/');
    char folded[NAME_SIZE];
    va_list args;
    mode_t mode;
    int fd;

    va_start(args, flags);
    mode = (flags & O_CREAT) != 0 ? va_arg(args, mode_t) : 0;
    va_end(args);
    last = last == NULL ? name : last + 1;
    if (spec != NULL && (flags & O_ACCMODE) == O_RDONLY && strchr(spec, ' ') != NULL &&
        strncmp(spec, last, strlen(last)) == 0 && spec[strlen(last)] == ' ' &&
        fault(strchr(spec, ' ') + 1, 4))
        return -1;
    counts->opened++;
    fd = REAL(openat64)(at, as_taken(at, name, folded), flags, mode);
    if (fd >= 0 && fd < EVERY_FD) {
        known[fd] = (struct known){.is_written = (flags & O_ACCMODE) != O_RDONLY};
        (void)snprintf(known[fd].name, NAME_SIZE, "%s", last);
    }
    return fd;
}

int openat(int at, const char *name, int flags, ...) __attribute__((alias("openat64")));

int close(int fd)
{
    bool ours = fd >= 0 && fd < EVERY_FD && known[fd].is_written;
    int result;

    if (fd >= 0 && fd < EVERY_FD)
        known[fd] = (struct known){.is_written = false};
    result = REAL(close)(fd);
    return ours && call_fault("close") ? -1 : result;
}

int fsync(int fd)
{
    struct stat st;

    if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
        return call_fault("fsync-folder") ? -1 : REAL(fsync)(fd);
    return call_fault("fsync") ? -1 : REAL(fsync)(fd);
}

int sync_file_range(int fd, off64_t from, off64_t len, unsigned int how)
{
    return call_fault("write-behind") ? -1 : REAL(sync_file_range)(fd, from, len, how);
}

int flock(int fd, int operation)
{
    return call_fault("flock") ? -1 : REAL(flock)(fd, operation);
}

int syncfs(int fd)
{
    return call_fault("syncfs") ? -1 : REAL(syncfs)(fd);
}

int futimens(int fd, const struct timespec times[2])
{
    return call_fault("futimens") ? -1 : REAL(futimens)(fd, times);
}

int mkdirat(int at, const char *name, mode_t mode)
{
    char folded[NAME_SIZE];

    return call_fault("mkdir") ? -1 : REAL(mkdirat)(at, as_taken(at, name, folded), mode);
}

int unlinkat(int at, const char *name, int flags)
{
    return call_fault("unlink") ? -1 : REAL(unlinkat)(at, name, flags);
}

int renameat(int at, const char *from, int to_at, const char *to)
{
    return call_fault("rename") ? -1 : REAL(renameat)(at, from, to_at, to);
}

/* The programs reach renameat2 this way. */
long syscall(long call, ...)
{
    va_list args;
    long a, b, c, d, e, f;

    va_start(args, call);
    a = va_arg(args, long);
    b = va_arg(args, long);
    c = va_arg(args, long);
    d = va_arg(args, long);
    e = va_arg(args, long);
    f = va_arg(args, long);
    va_end(args);
    if (call == SYS_renameat2 && call_fault("rename"))
        return -1;
    return REAL(syscall)(call, a, b, c, d, e, f);
}
