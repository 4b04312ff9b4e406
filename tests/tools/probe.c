/*
 * A library for LD_PRELOAD that does in a program under test what somebody would do who has taken
 * it over: tries what it is not allowed to, and looks for secrets in its memory. Release builds of
 * unseal leave their worker no environment but LD_*, so that is how the variables are called:
 *
 * LD_PROBE=NAME: one attempt, see the table below; "state" only tells the process's own state;
 * "list" prints the names of all attempts and ends the process.
 *
 * LD_PROBE_IN=main: in the program itself, at its end. Else in its worker, after it has shut itself
 * in, at the first call that reads or writes something; with LD_PROBE_IN=helper, on another thread
 * than its first.
 *
 * LD_PROBE_REPORT=FILE gets, from either: "started PROCESS PID"; what the worker has from its start
 * ("fd NUMBER WHAT", "env NAME", "arg TEXT"); "tried NAME" before the attempt, and "NAME RESULT"
 * after it: allowed, an errno, or a word.
 *
 * LD_PROBE_KEY=FILE, LD_PROBE_ABOVE=DIR: what attempts on a key and on another folder aim at.
 *
 * LD_PROBE_SECRETS=FILE: lines "NAME HEX", as `hidden` makes them: none of them in the clear. The
 * memory is searched in the worker when it has shut itself in and writes content ("middle"), in the
 * program when it begins to listen to the worker ("middle"), and in both at the end ("end"). The
 * report gets "PROCESS WHEN NAME absent" or "... found TIMES in MAPPING".
 *
 * LD_PROBE_LACKS=PIECE: the worker's system lacks that: landlock, landlock-news (all but its first
 * version), seccomp, rights (to be killed with its parent) or limits (of memory).
 *
 * All that takes rights is made ready before main: files are opened that the cage would refuse.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <netinet/in.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&(name)))dlsym(RTLD_NEXT, #name))

#define WORKER "unseal-worker"
/* From the kernel's documentation, because the headers of many systems know less than it. */
#define LANDLOCK_CREATE_RULESET 444
#define TELL_VERSION 1

#define CHANNEL 3 /* the worker's descriptors */
#define INPUT 4
/* Out of the way of descriptors that the program gets or is given by number. */
#define OUR_FDS 400

static int maps_fd = -1, mem_fd = -1, status_fd = -1, limits_fd = -1;
static pid_t parent;
static bool is_shut_in, is_done, has_int80;
static long (*real_syscall)(long, ...);

static bool is_worker(void)
{
    return strcmp(program_invocation_short_name, WORKER) == 0;
}

static const char *process(void)
{
    return is_worker() ? "worker" : "main";
}

/* The report is mapped, because the cage may forbid that any file grows: the program's half and the
 * workers', filled with spaces. No line begins with one. */
#define REPORT_SIZE ((size_t)64 * 1024)
#define REPORT_MAIN ((size_t)16 * 1024)

static char *report_text;
static size_t report_pos, report_end;

static void open_report(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) != 0 || ftruncate(fd, (off_t)REPORT_SIZE) != 0)
        abort();
    report_text = mmap(NULL, REPORT_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (report_text == MAP_FAILED)
        abort();
    (void)close(fd);
    if (st.st_size == 0) {
        memset(report_text, ' ', REPORT_SIZE);
        report_text[REPORT_MAIN - 1] = report_text[REPORT_SIZE - 1] = '\n';
    }
    report_pos = is_worker() ? REPORT_MAIN : 0;
    report_end = is_worker() ? REPORT_SIZE - 1 : REPORT_MAIN - 1;
    while (report_pos < report_end && report_text[report_pos] != ' ')
        report_pos += strcspn(report_text + report_pos, "\n") + 1;
}

__attribute__((format(printf, 1, 2))) static void report(const char *format, ...)
{
    char line[1024];
    va_list args;
    size_t len;

    va_start(args, format);
    (void)vsnprintf(line, sizeof line, format, args);
    va_end(args);
    len = strlen(line);
    if (report_text == NULL || len > report_end - report_pos)
        return;
    memcpy(report_text + report_pos, line, len);
    report_pos += len;
}

/* ---- Attempts ------------------------------------------------------------------------------ */

/* Filled in before main. */
static char key_path[4096], above_path[4096], evil_path[4200], memory_path[64];
static uint8_t rubbish[4096];

/* Stand for what is not known yet. */
#define FOLDER (-1001L)
#define PARENT (-1002L)

#define P(pointer) ((long)(pointer))

/* What the kernel says to a call: 0 for allowed. */
static int try_call(long number, const long a[6])
{
    long b[6];

    for (int i = 0; i < 6; i++)
        b[i] = a[i] != FOLDER                   ? (a[i] == PARENT ? parent : a[i])
               : fcntl(INPUT + 1, F_GETFL) >= 0 ? INPUT + 1
                                                : INPUT;
    errno = 0;
    return real_syscall(number, b[0], b[1], b[2], b[3], b[4], b[5]) >= 0 ? 0 : errno;
}

#define TRY(number, ...) try_call(number, (const long[6]){__VA_ARGS__})

/* One after the other, until one is refused; none must live on. */
static int try_fork_bomb(void)
{
    for (int i = 0; i < 64; i++) {
        long pid = real_syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

        if (pid == 0)
            (void)real_syscall(SYS_exit_group, 0);
        if (pid < 0)
            return errno;
    }
    return 0;
}

/* Up to 64 GiB, none of it touched: it is the promise that is refused. Says how much was had. */
static int try_memory(void)
{
    enum { PIECE = 1 << 20, PIECES = 1 << 16 };
    void **chain = NULL;
    long count = 0;
    int result = 0;

    errno = 0;
    while (count < PIECES) {
        void **piece = malloc(PIECE);

        if (piece == NULL) {
            result = errno;
            break;
        }
        *piece = chain;
        chain = piece;
        count++;
    }
    while (chain != NULL) {
        void **next = *chain;

        free(chain);
        chain = next;
    }
    report("megabytes %ld\n", count);
    return result;
}

static bool is_type(int fd, mode_t type)
{
    struct stat st;

    return fstat(fd, &st) == 0 && (st.st_mode & S_IFMT) == type;
}

static int try_descriptors(void)
{
    bool has_folder = is_type(INPUT + 1, S_IFDIR);
    long fds[1024];
    int count = 0, result = 0;

    while (count < 1024) {
        long fd = has_folder ? real_syscall(SYS_openat, INPUT + 1, ".", O_RDONLY | O_DIRECTORY)
                             : real_syscall(SYS_fcntl, 0, F_DUPFD_CLOEXEC, 0);

        if (fd < 0) {
            result = errno;
            break;
        }
        fds[count++] = fd;
    }
    report("descriptors %d\n", count);
    while (count > 0)
        (void)real_syscall(SYS_close, fds[--count]);
    return result;
}

/* The limit on the size of files, as the kernel tells it; -1: none. */
static long long size_limit(void)
{
    char text[4096];
    long n = real_syscall(SYS_pread64, limits_fd, text, sizeof text - 1, 0L);
    long long limit;
    const char *line;

    text[n < 0 ? 0 : n] = '\0';
    line = strstr(text, "Max file size");
    return line != NULL && sscanf(line, "Max file size %lld", &limit) == 1 ? limit : -1;
}

/* One byte behind the last that the limit allows: of a new file in the folder, or of the file. */
static int try_file_size(void)
{
    long fd = is_type(INPUT + 1, S_IFDIR)
                  ? real_syscall(SYS_openat, INPUT + 1, "probe",
                                 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600)
                  : INPUT + 1;
    long long limit = size_limit();
    int result = 0;

    report("file size limit %lld\n", limit);
    errno = 0;
    if (limit >= 0 && (real_syscall(SYS_lseek, fd, limit, SEEK_SET) < 0 ||
                       real_syscall(SYS_write, fd, "x", 1) < 0))
        result = errno;
    (void)real_syscall(SYS_lseek, fd, 0L, SEEK_SET);
    return result;
}

/* What it has written itself. */
static int try_read_back(void)
{
    long fd = is_type(INPUT + 1, S_IFDIR)
                  ? real_syscall(SYS_openat, INPUT + 1, "probe",
                                 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600)
                  : INPUT + 1;

    return fd < 0 ? errno : TRY(SYS_openat, INPUT + 1, P("probe"), O_RDONLY);
}

/* A file without a name is made, and executed. */
static int try_memory_file(void)
{
    long fd = real_syscall(SYS_memfd_create, "", 0);

    return fd < 0 ? errno : TRY(SYS_execveat, fd, P(""), 0, 0, AT_EMPTY_PATH);
}

static int try_abstract_socket(void)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX, .sun_path = "\0probe"};
    long fd = real_syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0);

    if (fd < 0)
        return errno;
    return TRY(SYS_connect, fd, P(&to), sizeof(sa_family_t) + 6);
}

static int try_tcp(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
    long fd = real_syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return fd < 0 ? errno : TRY(SYS_connect, fd, P(&to), sizeof to);
}

static int try_read_other(void)
{
    struct iovec from = {(void *)(uintptr_t)&parent, 8}, to = {rubbish, 8};

    return TRY(SYS_process_vm_readv, parent, P(&to), 1, P(&from), 1);
}

static int try_write_other(void)
{
    struct iovec to = {(void *)(uintptr_t)&parent, 8}, from = {rubbish, 8};

    return TRY(SYS_process_vm_writev, parent, P(&from), 1, P(&to), 1);
}

#ifdef __x86_64__
/* Calls by the numbers of 32-bit programs, which a filter for others does not know: getpid. */
static long call_int80(long number)
{
    long result;

    __asm__ volatile("int $0x80" : "=a"(result) : "a"(number) : "memory", "r8", "r9", "r10", "r11");
    return result;
}

static int try_int80(void)
{
    if (!has_int80)
        return -1;
    return call_int80(20) > 0 ? 0 : ENOSYS;
}

static int try_x32(void)
{
    return TRY(0x40000000 | SYS_getpid);
}

/* Whether this kernel has them at all: else it is no system call that the filter could meet. */
static bool find_int80(void)
{
    int status = 1;
    pid_t pid = fork();

    if (pid == 0) {
        (void)signal(SIGSEGV, SIG_DFL);
        _exit(call_int80(20) == (long)getpid() ? 0 : 1);
    }
    return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
}
#else
static bool find_int80(void)
{
    return false;
}
#endif

static struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
static struct __user_cap_header_struct capability_head = {_LINUX_CAPABILITY_VERSION_3, 0};
static struct __user_cap_data_struct all_capabilities[2] = {{~0U, ~0U, 0}, {~0U, ~0U, 0}};
static struct {
    uint64_t flags, mode, resolve;
} how = {O_RDONLY, 0, 0};
static struct timespec times[2];
static struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "probe"};
static char *no_text[] = {NULL};

/* Where a call would do harm if it were let through, its arguments are such that it fails. */
static const struct attempt {
    const char *name;
    long number;
    long args[6];
    int (*make)(void); /* instead */
} attempts[] = {
    /* Reading what is not its own. */
    {"read-absolute", SYS_openat, {AT_FDCWD, P("/etc/passwd"), O_RDONLY}, NULL},
    {"read-up", SYS_openat, {FOLDER, P("../../../../../../../../../../../etc/passwd")}, NULL},
    {"read-through-proc", SYS_openat, {AT_FDCWD, P("/proc/self/root/etc/passwd")}, NULL},
    {"read-input-again", SYS_openat, {AT_FDCWD, P("/proc/self/fd/4"), O_RDONLY}, NULL},
    {"read-own-memory", SYS_openat, {AT_FDCWD, P("/proc/self/mem"), O_RDONLY}, NULL},
    {"read-parents-memory", SYS_openat, {AT_FDCWD, P(memory_path), O_RDONLY}, NULL},
    {"read-key", SYS_openat, {AT_FDCWD, P(key_path), O_RDONLY}, NULL},
    {"read-terminal", SYS_openat, {AT_FDCWD, P("/dev/tty"), O_RDONLY}, NULL},
    {"read-back", 0, {0}, try_read_back},
    {"list-above", SYS_openat, {FOLDER, P(".."), O_RDONLY | O_DIRECTORY}, NULL},
    {"list-root", SYS_openat, {AT_FDCWD, P("/"), O_RDONLY | O_DIRECTORY}, NULL},
    {"list-here", SYS_openat, {AT_FDCWD, P("."), O_RDONLY | O_DIRECTORY}, NULL},
    {"resolve", SYS_openat2, {FOLDER, P("."), P(&how), sizeof how}, NULL},
    {"handle", SYS_name_to_handle_at, {AT_FDCWD, P("/"), 0, 0, 0}, NULL},
    {"open-handle", SYS_open_by_handle_at, {AT_FDCWD, 0, 0}, NULL},
    {"look-statx", SYS_statx, {AT_FDCWD, P("/etc/passwd"), 0, 0, 0}, NULL},
    {"look-access", SYS_faccessat, {AT_FDCWD, P("/etc/passwd"), R_OK}, NULL},
    {"look-cwd", SYS_getcwd, {P(rubbish), sizeof rubbish}, NULL},
    {"look-system", SYS_uname, {P(rubbish)}, NULL},
    /* Writing outside of the folder. */
    {"create-above",
     SYS_openat,
     {FOLDER, P("../evil"), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600},
     NULL},
    {"create-absolute",
     SYS_openat,
     {AT_FDCWD, P(evil_path), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600},
     NULL},
    {"folder-above", SYS_mkdirat, {FOLDER, P("../evil"), 0700}, NULL},
    {"folder-absolute", SYS_mkdirat, {AT_FDCWD, P(evil_path), 0700}, NULL},
    {"write-input", SYS_write, {INPUT, P("x"), 1}, NULL},
    /* Files that are there, and rights, in whatever folder. */
    {"open-to-write", SYS_openat, {AT_FDCWD, P(key_path), O_WRONLY}, NULL},
    {"open-to-change", SYS_openat, {FOLDER, P("some"), O_RDWR}, NULL},
    {"open-to-append", SYS_openat, {AT_FDCWD, P(key_path), O_WRONLY | O_APPEND}, NULL},
    {"open-to-truncate", SYS_openat, {AT_FDCWD, P(key_path), O_RDONLY | O_TRUNC}, NULL},
    {"create-or-open",
     SYS_openat,
     {FOLDER, P("probe"), O_WRONLY | O_CREAT | O_NOFOLLOW, 0600},
     NULL},
    {"create-through-link",
     SYS_openat,
     {FOLDER, P("probe"), O_WRONLY | O_CREAT | O_EXCL, 0600},
     NULL},
    {"create-nameless", SYS_openat, {FOLDER, P("."), O_TMPFILE | O_RDWR, 0600}, NULL},
    {"handle-for-creating",
     SYS_openat,
     {AT_FDCWD, P("/etc/passwd"), O_CREAT | O_EXCL | O_NOFOLLOW | O_PATH, 0600},
     NULL},
    {"create-set-user-id",
     SYS_openat,
     {FOLDER, P("probe"), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 04700},
     NULL},
    {"folder-set-group-id", SYS_mkdirat, {FOLDER, P("probe"), 02700}, NULL},
    {"mode-set-user-id", SYS_fchmod, {FOLDER, 04755}, NULL},
    {"mode-set-group-id", SYS_fchmod, {FOLDER, 02755}, NULL},
    {"mode-input", SYS_fchmod, {INPUT, 0777}, NULL},
    {"mode-nothing", SYS_fchmod, {0, 0777}, NULL}, /* /dev/null */
    {"mode-wide", SYS_fchmod, {INPUT | 1L << 32, 0777}, NULL},
    {"times-input", SYS_utimensat, {INPUT, 0, P(times), 0}, NULL},
    {"duplicate-input", SYS_fcntl, {INPUT, F_DUPFD_CLOEXEC, 10}, NULL},
    {"mask", SYS_umask, {0}, NULL},
    {"mode-by-name", SYS_fchmodat, {AT_FDCWD, P(key_path), 0777}, NULL},
    {"owner", SYS_fchown, {FOLDER, 0, 0}, NULL},
    {"owner-by-name", SYS_fchownat, {AT_FDCWD, P(key_path), 0, 0, 0}, NULL},
    {"times-by-name", SYS_utimensat, {AT_FDCWD, P(key_path), P(times), 0}, NULL},
    {"truncate", SYS_truncate, {P(key_path), 0}, NULL},
    {"truncate-input", SYS_ftruncate, {INPUT, 0}, NULL},
    {"allocate", SYS_fallocate, {FOLDER, 0, 0, 1 << 20}, NULL},
    {"write-at", SYS_pwrite64, {INPUT, P("x"), 1, 0}, NULL},
    {"symlink", SYS_symlinkat, {P("/etc/passwd"), FOLDER, P("probe")}, NULL},
    {"link", SYS_linkat, {AT_FDCWD, P(key_path), FOLDER, P("probe"), 0}, NULL},
    {"device", SYS_mknodat, {FOLDER, P("probe"), S_IFCHR | 0600, 0x103}, NULL},
    {"fifo", SYS_mknodat, {FOLDER, P("probe"), S_IFIFO | 0600, 0}, NULL},
    {"rename", SYS_renameat2, {FOLDER, P("some"), FOLDER, P("../evil"), 0}, NULL},
    {"remove", SYS_unlinkat, {AT_FDCWD, P(key_path), 0}, NULL},
    {"remove-folder", SYS_unlinkat, {FOLDER, P("../tree"), AT_REMOVEDIR}, NULL},
    {"read-link",
     SYS_readlinkat,
     {AT_FDCWD, P("/proc/self/exe"), P(rubbish), sizeof rubbish},
     NULL},
    {"attribute", SYS_fsetxattr, {FOLDER, P("user.probe"), P("x"), 1, 0}, NULL},
    {"attribute-by-name", SYS_setxattr, {P(key_path), P("user.probe"), P("x"), 1, 0}, NULL},
    {"copy-range", SYS_copy_file_range, {INPUT, 0, FOLDER, 0, 1, 0}, NULL},
    {"send-file", SYS_sendfile, {FOLDER, INPUT, 0, 1}, NULL},
    {"splice", SYS_splice, {INPUT, 0, CHANNEL, 0, 1, 0}, NULL},
    {"lock-file", SYS_flock, {INPUT, 1}, NULL},
    /* Another view of the system. */
    {"change-folder", SYS_chdir, {P("/")}, NULL},
    {"chroot", SYS_chroot, {P("/")}, NULL},
    {"pivot-root", SYS_pivot_root, {P("."), P(".")}, NULL},
    {"mount", SYS_mount, {0, P("/"), P("tmpfs"), MS_RDONLY, 0}, NULL},
    {"unmount", SYS_umount2, {P("/nowhere"), 0}, NULL},
    {"unshare-user", SYS_unshare, {CLONE_NEWUSER}, NULL},
    {"unshare-net", SYS_unshare, {CLONE_NEWNET}, NULL},
    {"unshare-mount", SYS_unshare, {CLONE_NEWNS}, NULL},
    {"enter-namespace", SYS_setns, {INPUT, 0}, NULL},
    {"fanotify", SYS_fanotify_init, {0, 0}, NULL},
    {"inotify", SYS_inotify_init1, {0}, NULL},
    /* Processes. */
    {"fork-bomb", 0, {0}, try_fork_bomb},
    {"thread", SYS_clone, {CLONE_THREAD}, NULL},
    {"clone-namespace", SYS_clone, {CLONE_NEWUSER | SIGCHLD}, NULL},
    {"clone3", SYS_clone3, {0, 0}, NULL},
    {"execute", SYS_execve, {P("/bin/true"), P(no_text), P(no_text)}, NULL},
    {"execute-again", SYS_execve, {P("/proc/self/exe"), P(no_text), P(no_text)}, NULL},
    {"execute-at", SYS_execveat, {AT_FDCWD, P("/bin/true"), P(no_text), P(no_text), 0}, NULL},
    {"execute-memory", 0, {0}, try_memory_file},
    {"trace", SYS_ptrace, {PTRACE_SEIZE, PARENT, 0, 0}, NULL},
    {"read-process", 0, {0}, try_read_other},
    {"write-process", 0, {0}, try_write_other},
    {"signal", SYS_kill, {PARENT, SIGCONT}, NULL},
    {"signal-group", SYS_kill, {0, SIGCONT}, NULL},
    {"signal-thread", SYS_tgkill, {PARENT, PARENT, SIGCONT}, NULL},
    {"signal-thread-old", SYS_tkill, {PARENT, SIGCONT}, NULL},
    {"signal-queue", SYS_rt_sigqueueinfo, {PARENT, SIGCONT, P(rubbish)}, NULL},
    {"process-handle", SYS_pidfd_open, {PARENT, 0}, NULL},
    {"take-descriptor", SYS_pidfd_getfd, {CHANNEL, 0, 0}, NULL},
    {"compare", SYS_kcmp, {PARENT, PARENT, 0, 0, 0}, NULL},
    {"limits-of-other", SYS_prlimit64, {PARENT, RLIMIT_CORE, P(&unlimited), 0}, NULL},
    {"priority", SYS_setpriority, {PRIO_PROCESS, PARENT, 19}, NULL},
    {"scheduler", SYS_sched_setscheduler, {PARENT, 0, P(rubbish)}, NULL},
    {"processors", SYS_sched_setaffinity, {PARENT, 8, P(rubbish)}, NULL},
    {"session", SYS_setsid, {0}, NULL},
    {"wait", SYS_wait4, {-1, 0, 0, 0}, NULL},
    /* A network, or any other way to talk. */
    {"socket-inet", SYS_socket, {AF_INET, SOCK_STREAM, 0}, NULL},
    {"socket-inet6", SYS_socket, {AF_INET6, SOCK_DGRAM, 0}, NULL},
    {"socket-unix", SYS_socket, {AF_UNIX, SOCK_STREAM, 0}, NULL},
    {"socket-netlink", SYS_socket, {AF_NETLINK, SOCK_RAW, 0}, NULL},
    {"socket-packet", SYS_socket, {AF_PACKET, SOCK_RAW, 0}, NULL},
    {"socket-vsock", SYS_socket, {AF_VSOCK, SOCK_STREAM, 0}, NULL},
    {"socket-pair", SYS_socketpair, {AF_UNIX, SOCK_STREAM, 0, P(rubbish)}, NULL},
    {"tcp", 0, {0}, try_tcp},
    {"abstract-socket", 0, {0}, try_abstract_socket},
    {"connect", SYS_connect, {CHANNEL, P(&address), sizeof address}, NULL},
    {"bind", SYS_bind, {CHANNEL, P(&address), sizeof address}, NULL},
    {"listen", SYS_listen, {CHANNEL, 1}, NULL},
    {"accept", SYS_accept4, {CHANNEL, 0, 0, 0}, NULL},
    {"send-to", SYS_sendto, {CHANNEL, P("x"), 0, 0, 0, 0}, NULL},
    {"send-descriptor", SYS_sendmsg, {CHANNEL, P(rubbish), 0}, NULL},
    {"receive-descriptor", SYS_recvmsg, {CHANNEL, P(rubbish), MSG_DONTWAIT}, NULL},
    {"socket-option", SYS_setsockopt, {CHANNEL, SOL_SOCKET, SO_DEBUG, P(rubbish), 4}, NULL},
    {"pipe", SYS_pipe2, {P(rubbish), 0}, NULL},
    {"shared-memory", SYS_shmget, {1, 4096, 0600}, NULL},
    {"message-queue", SYS_msgget, {1, 0600}, NULL},
    {"semaphore", SYS_semget, {1, 1, 0600}, NULL},
    {"posix-queue", SYS_mq_open, {P("probe"), O_RDONLY, 0, 0}, NULL},
    /* Getting rights back. */
    {"dumpable", SYS_prctl, {PR_SET_DUMPABLE, 1}, NULL},
    {"survive", SYS_prctl, {PR_SET_PDEATHSIG, 0}, NULL},
    {"seccomp-off", SYS_prctl, {PR_SET_SECCOMP, 0}, NULL},
    {"seccomp", SYS_seccomp, {0, 0, 0}, NULL},
    {"landlock", 444, {0, 0, 1}, NULL},
    {"set-user", SYS_setuid, {0}, NULL},
    {"set-users", SYS_setresuid, {0, 0, 0}, NULL},
    {"set-group", SYS_setgid, {0}, NULL},
    {"set-groups", SYS_setgroups, {0, 0}, NULL},
    {"capabilities", SYS_capset, {P(&capability_head), P(all_capabilities)}, NULL},
    {"limits-up", SYS_setrlimit, {RLIMIT_NPROC, P(&unlimited)}, NULL},
    {"limits-up-new", SYS_prlimit64, {0, RLIMIT_FSIZE, P(&unlimited), 0}, NULL},
    {"key-ring", SYS_keyctl, {0, -3, 1}, NULL},
    {"add-key", SYS_add_key, {P("user"), P("probe"), P("x"), 1, -3}, NULL},
    {"request-key", SYS_request_key, {P("user"), P("probe"), 0, 0}, NULL},
    {"personality", SYS_personality, {0xffffffff}, NULL},
    /* Code that was not there. */
    {"map-code",
     SYS_mmap,
     {0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0},
     NULL},
    {"make-code", SYS_mprotect, {0, 4096, PROT_READ | PROT_EXEC}, NULL},
    {"make-code-by-key", SYS_pkey_mprotect, {0, 4096, PROT_READ | PROT_EXEC, -1}, NULL},
    {"remap", SYS_remap_file_pages, {0, 4096, 0, 0, 0}, NULL},
    /* Descriptors. */
    {"terminal-input", SYS_ioctl, {0, TIOCSTI, P("x")}, NULL},
    {"terminal-error", SYS_ioctl, {2, TIOCSTI, P("x")}, NULL},
    {"device-control", SYS_ioctl, {INPUT, FIONREAD, P(rubbish)}, NULL},
    {"duplicate", SYS_dup, {CHANNEL}, NULL},
    {"duplicate-onto", SYS_dup3, {CHANNEL, 0, 0}, NULL},
    {"owner-of-signals", SYS_fcntl, {CHANNEL, F_SETOWN, PARENT}, NULL},
    {"descriptor-flags", SYS_fcntl, {CHANNEL, F_SETFL, O_ASYNC}, NULL},
    {"lease", SYS_fcntl, {INPUT, F_SETLEASE, F_RDLCK}, NULL},
    {"poll", SYS_epoll_create1, {0}, NULL},
    {"event", SYS_eventfd2, {0, 0}, NULL},
    {"timer", SYS_timerfd_create, {1, 0}, NULL},
    /* What opens much of the kernel, or stops the machine. */
    {"io-uring", SYS_io_uring_setup, {1, P(rubbish)}, NULL},
    {"io-context", SYS_io_setup, {1, P(rubbish)}, NULL},
    {"bpf", SYS_bpf, {0, P(rubbish), 0}, NULL},
    {"performance", SYS_perf_event_open, {P(rubbish), 0, -1, -1, 0}, NULL},
    {"page-faults", SYS_userfaultfd, {0}, NULL},
    {"new-mount", SYS_fsopen, {P("tmpfs"), 0}, NULL},
    {"mount-tree", SYS_open_tree, {AT_FDCWD, P("/"), 0}, NULL},
    {"move-pages", SYS_move_pages, {0, 0, 0, 0, 0, 0}, NULL},
    {"module", SYS_init_module, {0, 0, P("")}, NULL},
    {"module-file", SYS_finit_module, {INPUT, P(""), 0}, NULL},
    {"kernel", SYS_kexec_load, {0, 0, 0, -1}, NULL},
    {"reboot", SYS_reboot, {1, 2, 3, 0}, NULL},
    {"swap", SYS_swapon, {P("/nowhere"), 0}, NULL},
    {"accounting", SYS_acct, {P("/nowhere")}, NULL},
    {"quota", SYS_quotactl, {-1, 0, 0, 0}, NULL},
    {"kernel-log", SYS_syslog, {3, P(rubbish), 1}, NULL},
    {"host-name", SYS_sethostname, {P(""), -1}, NULL},
    {"clock", SYS_clock_settime, {99, P(times)}, NULL},
    {"alarm", SYS_setitimer, {99, 0, 0}, NULL},
    {"sleep", SYS_nanosleep, {P(times), 0}, NULL},
    /* More than there is. */
    {"memory", 0, {0}, try_memory},
    {"descriptors", 0, {0}, try_descriptors},
    {"file-size", 0, {0}, try_file_size},
#ifdef __x86_64__
    {"open-old", SYS_open, {P("/etc/passwd"), O_RDONLY}, NULL},
    {"create-old", SYS_creat, {P(evil_path), 0600}, NULL},
    {"mode-old", SYS_chmod, {P(key_path), 0777}, NULL},
    {"owner-old", SYS_chown, {P(key_path), 0, 0}, NULL},
    {"rename-old", SYS_rename, {P("tree"), P("evil")}, NULL},
    {"remove-old", SYS_unlink, {P(key_path)}, NULL},
    {"fork-old", SYS_fork, {0}, NULL},
    {"vfork-old", SYS_vfork, {0}, NULL},
    {"ports", SYS_ioperm, {0, 1, 1}, NULL},
    {"port-level", SYS_iopl, {3}, NULL},
    {"segments", SYS_modify_ldt, {1, P(rubbish), 16}, NULL},
    {"file-systems", SYS_sysfs, {3}, NULL},
    {"int80", 0, {0}, try_int80},
    {"x32", 0, {0}, try_x32},
#endif
};

#define ATTEMPTS (sizeof attempts / sizeof attempts[0])

static const char *result_name(int result)
{
    static char number[16];

    switch (result) {
    case -1:
        return "impossible";
    case 0:
        return "allowed";
#define NAMED(e) \
    case e:      \
        return #e
        NAMED(EACCES);
        NAMED(EAGAIN);
        NAMED(EBADF);
        NAMED(EFBIG);
        NAMED(EINVAL);
        NAMED(EMFILE);
        NAMED(ENOMEM);
        NAMED(ENOENT);
        NAMED(ENOSYS);
        NAMED(ENOTDIR);
        NAMED(ENXIO);
        NAMED(EPERM);
        NAMED(EROFS);
    }
    (void)snprintf(number, sizeof number, "errno:%d", result);
    return number;
}

/* ---- The process's own state --------------------------------------------------------------- */

/* Lines of a file under /proc, each behind a word. */
static void report_file(const char *word, int fd)
{
    char text[8192];
    long n = real_syscall(SYS_pread64, fd, text, sizeof text - 1, 0L);

    text[n < 0 ? 0 : n] = '\0';
    for (char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = '\0';
        report("%s %s\n", word, line);
    }
}

static void report_descriptors(void)
{
    struct stat st;

    for (int fd = 0; fd < 1024; fd++)
        if (fd != maps_fd && fd != mem_fd && fd != status_fd && fd != limits_fd &&
            fstat(fd, &st) == 0)
            report("open %d %s\n", fd,
                   S_ISREG(st.st_mode)                          ? "file"
                   : S_ISDIR(st.st_mode)                        ? "folder"
                   : S_ISSOCK(st.st_mode)                       ? "socket"
                   : S_ISFIFO(st.st_mode)                       ? "pipe"
                   : S_ISCHR(st.st_mode) && st.st_rdev == 0x103 ? "nothing"
                                                                : "other");
}

static void report_state(void)
{
    report_descriptors();
    report_file("status", status_fd);
    report_file("limit", limits_fd);
}

/* ---- Secrets ------------------------------------------------------------------------------- */

#define MASK 0xa5
#define SECRETS_MAX 16
#define SECRET_MAX 128
#define PIECE ((size_t)256 * 1024)

static struct secret {
    char name[32];
    uint8_t masked[SECRET_MAX];
    size_t len;
    unsigned long found;
    char where[256];
} secrets[SECRETS_MAX];
static size_t secret_count;
static uint8_t piece[PIECE]; /* what is searched is copied here, and is no find */
static char maps[512 * 1024];

static void read_secrets(const char *path)
{
    char line[512], hex[2 * SECRET_MAX + 1];
    FILE *f = fopen(path, "r");

    if (f == NULL)
        abort();
    while (secret_count < SECRETS_MAX && fgets(line, sizeof line, f) != NULL) {
        struct secret *s = &secrets[secret_count++];

        if (sscanf(line, "%31s %256s", s->name, hex) != 2)
            abort();
        for (s->len = 0; hex[2 * s->len] != '\0'; s->len++) {
            unsigned int byte;

            if (sscanf(hex + 2 * s->len, "%2x", &byte) != 1)
                abort();
            s->masked[s->len] = (uint8_t)byte;
        }
    }
    (void)fclose(f);
}

static bool is_at(const struct secret *s, const uint8_t *p)
{
    for (size_t i = 0; i < s->len; i++)
        if ((p[i] ^ MASK) != s->masked[i])
            return false;
    return true;
}

static void search_piece(uintptr_t start, size_t len, const char *mapping)
{
    for (size_t i = 0; i < len; i++) {
        uintptr_t address = start + i;

        if (address >= (uintptr_t)piece && address < (uintptr_t)piece + sizeof piece)
            continue;
        for (size_t k = 0; k < secret_count; k++) {
            struct secret *s = &secrets[k];

            if ((piece[i] ^ MASK) == s->masked[0] && i + s->len <= len && is_at(s, piece + i) &&
                s->found++ == 0)
                (void)snprintf(s->where, sizeof s->where, "%.200s at %lx", mapping,
                               (unsigned long)address);
        }
    }
}

/* Pieces overlap by what a secret may be long; one that lies in both is counted twice. */
static void search_mapping(uintptr_t start, uintptr_t end, const char *mapping)
{
    while (start < end) {
        size_t len = end - start < PIECE ? end - start : PIECE;
        long n = real_syscall(SYS_pread64, mem_fd, piece, len, start);

        if (n > 0)
            search_piece(start, (size_t)n, mapping);
        if (n == (long)PIECE)
            start += PIECE - SECRET_MAX;
        else
            start += n <= 0 ? 4096 : (uintptr_t)n;
    }
    for (volatile uint8_t *p = piece; p < piece + sizeof piece; p++)
        *p = 0;
}

static void read_maps(void)
{
    size_t len = 0;
    long n;

    while (len < sizeof maps - 1 &&
           (n = real_syscall(SYS_pread64, maps_fd, maps + len, sizeof maps - 1 - len, len)) > 0)
        len += (size_t)n;
    maps[len] = '\0';
}

static void search(const char *when)
{
    unsigned long searched = 0;

    if (secret_count == 0)
        return;
    for (size_t i = 0; i < secret_count; i++)
        secrets[i].found = 0;
    read_maps();
    for (char *line = maps, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        unsigned long from, to;
        char rights[8], name[256] = "no file";

        *end = '\0';
        if (sscanf(line, "%lx-%lx %7s %*s %*s %*s %255[^\n]", &from, &to, rights, name) < 3 ||
            strncmp(name, "[v", 2) == 0)
            continue;
        search_mapping(from, to, name);
        searched += to - from;
    }
    report("%s %s searched %lu\n", process(), when, searched);
    for (size_t i = 0; i < secret_count; i++) {
        struct secret *s = &secrets[i];

        if (s->found == 0)
            report("%s %s %s absent\n", process(), when, s->name);
        else
            report("%s %s %s found %lu in %s\n", process(), when, s->name, s->found, s->where);
    }
}

/* ---- When ---------------------------------------------------------------------------------- */

static bool is_meant(void)
{
    const char *in = getenv("LD_PROBE_IN");

    if (in != NULL && strcmp(in, "helper") == 0)
        return is_worker() && real_syscall(SYS_gettid) != (long)getpid();
    return is_worker() == (in == NULL || strcmp(in, "main") != 0);
}

static void attempt_once(void)
{
    const char *name = getenv("LD_PROBE");

    if (name == NULL || is_done || !is_meant())
        return;
    is_done = true;
    if (strcmp(name, "state") == 0)
        report_state();
    for (size_t i = 0; i < ATTEMPTS; i++) {
        const struct attempt *a = &attempts[i];

        if (strcmp(a->name, name) != 0)
            continue;
        report("tried %s\n", name);
        report("%s %s\n", name,
               result_name(a->make != NULL ? a->make() : try_call(a->number, a->args)));
    }
}

/* A call of the worker that reads or writes. */
static void notice(void)
{
    int saved = errno;

    if (is_shut_in)
        attempt_once();
    errno = saved;
}

static void search_once(void)
{
    static bool is_searched;
    int saved = errno;

    if (!is_searched)
        search("middle");
    is_searched = true;
    errno = saved;
}

/* ---- Before main, and after ---------------------------------------------------------------- */

static int open_up(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC), up = -1;

    if (fd >= 0)
        up = fcntl(fd, F_DUPFD_CLOEXEC, OUR_FDS);
    if (fd >= 0)
        (void)REAL(close)(fd);
    if (up < 0)
        abort();
    return up;
}

static void report_start(void)
{
    extern char **environ;
    char text[4096] = "";
    int fd = open("/proc/self/cmdline", O_RDONLY);
    long n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);

    (void)close(fd);
    report("started %s %ld\n", process(), (long)getpid());
    report("abi %ld\n", real_syscall(LANDLOCK_CREATE_RULESET, NULL, 0L, (long)TELL_VERSION));
    if (!is_worker())
        return;
    for (const char *arg = text; arg < text + n; arg += strlen(arg) + 1)
        report("arg %s\n", arg);
    for (char **e = environ; *e != NULL; e++)
        report("env %.*s\n", (int)strcspn(*e, "="), *e);
}

static void set_paths(void)
{
    const char *key = getenv("LD_PROBE_KEY"), *above = getenv("LD_PROBE_ABOVE");

    (void)snprintf(key_path, sizeof key_path, "%s", key != NULL ? key : "/nowhere");
    (void)snprintf(above_path, sizeof above_path, "%s", above != NULL ? above : "/nowhere");
    (void)snprintf(evil_path, sizeof evil_path, "%s/evil", above_path);
    (void)snprintf(memory_path, sizeof memory_path, "/proc/%ld/mem", (long)parent);
}

static void print_names(void)
{
    for (size_t i = 0; i < ATTEMPTS; i++)
        (void)puts(attempts[i].name);
    (void)fflush(stdout);
    _exit(0);
}

__attribute__((constructor)) static void begin(void)
{
    const char *file = getenv("LD_PROBE_REPORT"), *name = getenv("LD_PROBE");

    real_syscall = REAL(syscall);
    if (name != NULL && strcmp(name, "list") == 0)
        print_names();
    parent = getppid();
    set_paths();
    if (name != NULL && strcmp(name, "int80") == 0)
        has_int80 = find_int80();
    if (file == NULL)
        return;
    open_report(file);
    if (is_worker())
        report_descriptors();
    report_start();
    maps_fd = open_up("/proc/self/maps");
    mem_fd = open_up("/proc/self/mem");
    status_fd = open_up("/proc/self/status");
    limits_fd = open_up("/proc/self/limits");
    if (getenv("LD_PROBE_SECRETS") != NULL)
        read_secrets(getenv("LD_PROBE_SECRETS"));
}

__attribute__((destructor)) static void end(void)
{
    if (report_text == NULL)
        return;
    search("end");
    if (!is_worker())
        attempt_once();
}

/* ---- Calls that are noticed ---------------------------------------------------------------- */

ssize_t write(int fd, const void *buf, size_t len)
{
    ssize_t n;

    if (is_shut_in)
        search_once();
    notice();
    n = REAL(write)(fd, buf, len);
    /* That it has shut itself in is the first that a worker says. */
    is_shut_in |= is_worker() && fd == CHANNEL;
    return n;
}

ssize_t read(int fd, void *buf, size_t len)
{
    struct stat st;

    if (secret_count > 0 && !is_worker() && fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode))
        search_once();
    notice();
    return REAL(read)(fd, buf, len);
}

ssize_t pread64(int fd, void *buf, size_t len, off_t off)
{
    notice();
    return REAL(pread64)(fd, buf, len, off);
}

ssize_t pread(int fd, void *buf, size_t len, off_t off) __attribute__((alias("pread64")));

int openat64(int at, const char *name, int flags, ...)
{
    va_list args;
    mode_t mode;

    va_start(args, flags);
    mode = (flags & O_CREAT) != 0 ? va_arg(args, mode_t) : 0;
    va_end(args);
    notice();
    return REAL(openat64)(at, name, flags, mode);
}

int openat(int at, const char *name, int flags, ...) __attribute__((alias("openat64")));

int mkdirat(int at, const char *name, mode_t mode)
{
    notice();
    return REAL(mkdirat)(at, name, mode);
}

/* ---- What the system lacks ----------------------------------------------------------------- */

static bool lacks(const char *what)
{
    const char *lacking = getenv("LD_PROBE_LACKS");

    return lacking != NULL && is_worker() && strcmp(lacking, what) == 0;
}

static int fail_with(int number)
{
    errno = number;
    return -1;
}

long syscall(long call, ...)
{
    va_list args;
    long a[6];

    va_start(args, call);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(args, long);
    va_end(args);
    if (call >= LANDLOCK_CREATE_RULESET && call <= LANDLOCK_CREATE_RULESET + 2 && lacks("landlock"))
        return fail_with(ENOSYS);
    if (call == LANDLOCK_CREATE_RULESET && a[2] == TELL_VERSION && lacks("landlock-news"))
        return 1;
    if (call == SYS_seccomp && lacks("seccomp"))
        return fail_with(ENOSYS);
    return REAL(syscall)(call, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int prctl(int option, ...)
{
    va_list args;
    unsigned long a[4];

    va_start(args, option);
    for (int i = 0; i < 4; i++)
        a[i] = va_arg(args, unsigned long);
    va_end(args);
    if (option == PR_SET_SECCOMP && lacks("seccomp"))
        return fail_with(EINVAL);
    if (option == PR_SET_PDEATHSIG && lacks("rights"))
        return fail_with(EINVAL);
    return REAL(prctl)(option, a[0], a[1], a[2], a[3]);
}

int setrlimit64(__rlimit_resource_t what, const struct rlimit64 *limit)
{
    return lacks("limits") && what == RLIMIT_AS ? fail_with(EPERM) : REAL(setrlimit64)(what, limit);
}

int setrlimit(__rlimit_resource_t what, const struct rlimit *limit)
{
    return lacks("limits") && what == RLIMIT_AS ? fail_with(EPERM) : REAL(setrlimit)(what, limit);
}
