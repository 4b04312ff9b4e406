/*
 * A library for LD_PRELOAD that makes chosen system calls of a program under test fail, or lets
 * something happen in the middle of its work. Each variable says where and what:
 *
 *     FAULT_READ="NAME FIRST LAST WHAT"   pread or read of these bytes of the file called NAME
 *     FAULT_IN="BYTES WHAT"               read, once BYTES were read from standard input
 *     FAULT_WRITE="BYTES WHAT"            write, once BYTES were written to files and output
 *     FAULT_CALL="CALL WHAT"              fsync, syncfs, close (of a file written to), rename,
 *                                         futimens, mkdir, unlink, readdir, readlink
 *     FAULT_NTH=NUMBER                    only that one of the calls FAULT_CALL speaks of, from 1
 *     FAULT_OPEN="NAME WHAT"              open of a file called NAME, for reading
 *
 * And what is no fault:
 *
 *     SYSTEM_FOLDS=1          names in folders have no upper case, as on some file systems
 *     SYSTEM_SECTORS="NAME"   every second sector (of 4096 bytes) of the file NAME cannot be read;
 *                             a read that begins in front of one ends there
 *     SYSTEM_CHANGES="NAME TIMES COMMAND"
 *                             COMMAND is run at each pread of the first bytes of the file NAME,
 *                             but TIMES times at most
 *     SYSTEM_ROOM="TYPE FREE" statfs says that all file systems are of that type (a number) and
 *                             have so many bytes free
 *     SYSTEM_COUNT="FILE"     at the end FILE gets the number of calls of openat
 *     SYSTEM_READS="FILE"     likewise of pread, and of those that failed
 *
 * WHAT is errno:NUMBER (the call fails so, every time), signal:NUMBER (sent to the program, once)
 * or run:COMMAND (by the shell, once, to its end); after the latter two the call goes on.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <dirent.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&(name)))dlsym(RTLD_NEXT, #name))
#define EVERY_FD 4096
#define SECTOR 4096

static bool done[8];
static long long written, taken, opened, changed, reads, failed_reads, calls;
static bool is_written[EVERY_FD];

static void run(const char *command)
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
        kill(getpid(), atoi(what + 7));
    else if (strncmp(what, "run:", 4) == 0)
        run(what + 4);
    return false;
}

static bool fd_is_called(int fd, const char *name, size_t len)
{
    char link[64], target[4096];
    ssize_t n;
    const char *last;

    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    n = readlink(link, target, sizeof target - 1);
    if (n <= 0)
        return false;
    target[n] = '\0';
    last = strrchr(target, '/');
    last = last == NULL ? target : last + 1;
    return strlen(last) == len && memcmp(last, name, len) == 0;
}

static bool call_fault(const char *call)
{
    const char *spec = getenv("FAULT_CALL");
    const char *nth = getenv("FAULT_NTH");
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
    const char *spec = getenv("FAULT_READ");
    char name[256], what[1024];
    long long first, last;

    if (spec == NULL || sscanf(spec, "%255s %lld %lld %1023[^\n]", name, &first, &last, what) != 4)
        return false;
    return off <= last && off + (long long)len > first && fd_is_called(fd, name, strlen(name)) &&
           fault(what, 1);
}

static void change(int fd, off_t off)
{
    const char *spec = getenv("SYSTEM_CHANGES");
    char name[256], command[1024];
    long long times;

    if (spec != NULL && off == 0 &&
        sscanf(spec, "%255s %lld %1023[^\n]", name, &times, command) == 3 && changed < times &&
        fd_is_called(fd, name, strlen(name))) {
        changed++;
        run(command);
    }
}

static ssize_t pread_or_fail(int fd, void *buf, size_t len, off_t off)
{
    const char *name = getenv("SYSTEM_SECTORS");

    if (name != NULL && fd_is_called(fd, name, strlen(name))) {
        size_t left = SECTOR - (size_t)(off % SECTOR);

        if (off / SECTOR % 2 == 1) {
            errno = EIO;
            return -1;
        }
        len = len < left ? len : left;
    }
    return read_fault(fd, len, off) ? -1 : REAL(pread64)(fd, buf, len, off);
}

ssize_t pread64(int fd, void *buf, size_t len, off_t off)
{
    ssize_t n;

    change(fd, off);
    n = pread_or_fail(fd, buf, len, off);
    reads++;
    failed_reads += n < 0;
    return n;
}

ssize_t pread(int fd, void *buf, size_t len, off_t off) __attribute__((alias("pread64")));

ssize_t read(int fd, void *buf, size_t len)
{
    const char *spec = getenv("FAULT_IN");
    ssize_t n;

    if (spec != NULL && fd == 0 && taken >= atoll(spec) && strchr(spec, ' ') != NULL &&
        fault(strchr(spec, ' ') + 1, 2))
        return -1;
    if (fd > 2 && getenv("FAULT_READ") != NULL && read_fault(fd, len, lseek(fd, 0, SEEK_CUR)))
        return -1;
    n = REAL(read)(fd, buf, len);
    if (fd == 0 && n > 0)
        taken += n;
    return n;
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
#define NAME_SIZE 256

static const char *as_taken(int at, const char *name, char *folded)
{
    size_t len = strlen(name);

    if (getenv("SYSTEM_FOLDS") == NULL || at == AT_FDCWD || len >= NAME_SIZE)
        return name;
    for (size_t i = 0; i <= len; i++)
        folded[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] - 'A' + 'a' : name[i]);
    return folded;
}

__attribute__((destructor)) static void tell_count(void)
{
    const char *path = getenv("SYSTEM_COUNT");
    FILE *f = path == NULL ? NULL : fopen(path, "w");

    if (f != NULL && fprintf(f, "%lld\n", opened) > 0)
        (void)fclose(f);
    path = getenv("SYSTEM_READS");
    f = path == NULL ? NULL : fopen(path, "w");
    if (f != NULL && fprintf(f, "%lld %lld\n", reads, failed_reads) > 0)
        (void)fclose(f);
}

int statfs64(const char *path, struct statfs64 *fs)
{
    const char *spec = getenv("SYSTEM_ROOM");
    long long type, free_bytes;

    if (REAL(statfs64)(path, fs) != 0)
        return -1;
    if (spec != NULL && sscanf(spec, "%lli %lld", &type, &free_bytes) == 2) {
        fs->f_type = (__typeof__(fs->f_type))type;
        fs->f_bsize = 1;
        fs->f_bavail = (__typeof__(fs->f_bavail))free_bytes;
    }
    return 0;
}

/* ---- Writing ------------------------------------------------------------------------------ */

ssize_t write(int fd, const void *buf, size_t len)
{
    const char *spec = getenv("FAULT_WRITE");
    ssize_t n;

    if (spec != NULL && fd != 2 && written >= atoll(spec) && strchr(spec, ' ') != NULL &&
        fault(strchr(spec, ' ') + 1, 3))
        return -1;
    /* As a disk does that fills up: it takes what still fits. */
    if (spec != NULL && fd != 2 && strstr(spec, " errno:") != NULL && written < atoll(spec) &&
        written + (long long)len > atoll(spec))
        len = (size_t)(atoll(spec) - written);
    n = REAL(write)(fd, buf, len);
    if (fd != 2 && n > 0)
        written += n;
    return n;
}

int openat64(int at, const char *name, int flags, ...)
{
    const char *spec = getenv("FAULT_OPEN"), *last = strrchr(name, '/');
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
    opened++;
    fd = REAL(openat64)(at, as_taken(at, name, folded), flags, mode);
    if (fd >= 0 && fd < EVERY_FD)
        is_written[fd] = (flags & O_ACCMODE) != O_RDONLY;
    return fd;
}

int openat(int at, const char *name, int flags, ...) __attribute__((alias("openat64")));

int close(int fd)
{
    bool ours = fd >= 0 && fd < EVERY_FD && is_written[fd];
    int result;

    if (ours)
        is_written[fd] = false;
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
