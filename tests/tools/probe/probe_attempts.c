/* The table of attempts: what the sandbox must refuse. */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
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
#include <sys/un.h>
#include <time.h>

/* Filled in before main: LD_PROBE_KEY, a name in LD_PROBE_ABOVE, the parent's memory. */
static char key_path[4096], evil_path[4200], memory_path[64];

/* Arguments for calls. */
static struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
static struct __user_cap_header_struct capability_head = {_LINUX_CAPABILITY_VERSION_3, 0};
static struct __user_cap_data_struct all_capabilities[2] = {{~0U, ~0U, 0}, {~0U, ~0U, 0}};
static struct {
    uint64_t flags, mode, resolve;
} how = {O_RDONLY, 0, 0};
static struct timespec times[2];
static struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "probe"};
static char *no_text[] = {NULL};
static uint8_t rubbish[4096];

#define P(pointer) ((long)(pointer))

/* Where a call would do harm if it were let through, its arguments are such that it fails. */
static const struct attempt {
    const char *name;
    long number; /* of the system call */
    long args[6];
    int (*make)(void); /* if not NULL, called instead */
} attempts[] = {
    /* Reads what was not given to it. */
    {"read-absolute", SYS_openat, {AT_FDCWD, P("/etc/passwd"), O_RDONLY}, NULL},
    {"read-up", SYS_openat, {ARG_OUTPUT, P("../../../../../../../../../../../etc/passwd")}, NULL},
    {"read-through-proc", SYS_openat, {AT_FDCWD, P("/proc/self/root/etc/passwd")}, NULL},
    {"read-input-again", SYS_openat, {AT_FDCWD, P("/proc/self/fd/4"), O_RDONLY}, NULL},
    {"read-own-memory", SYS_openat, {AT_FDCWD, P("/proc/self/mem"), O_RDONLY}, NULL},
    {"read-parents-memory", SYS_openat, {AT_FDCWD, P(memory_path), O_RDONLY}, NULL},
    {"read-key", SYS_openat, {AT_FDCWD, P(key_path), O_RDONLY}, NULL},
    {"read-terminal", SYS_openat, {AT_FDCWD, P("/dev/tty"), O_RDONLY}, NULL},
    {"read-back", 0, {0}, try_read_back},
    {"list-above", SYS_openat, {ARG_OUTPUT, P("../tree"), O_RDONLY | O_DIRECTORY}, NULL},
    {"list-root", SYS_openat, {AT_FDCWD, P("/"), O_RDONLY | O_DIRECTORY}, NULL},
    {"list-here", SYS_openat, {AT_FDCWD, P("."), O_RDONLY | O_DIRECTORY}, NULL},
    {"resolve", SYS_openat2, {ARG_OUTPUT, P("."), P(&how), sizeof how}, NULL},
    {"handle", SYS_name_to_handle_at, {AT_FDCWD, P("/"), 0, 0, 0}, NULL},
    {"open-handle", SYS_open_by_handle_at, {AT_FDCWD, 0, 0}, NULL},
    {"look-absolute", SYS_newfstatat, {AT_FDCWD, P("/etc/shadow"), P(rubbish), 0}, NULL},
    {"look-up", SYS_newfstatat, {ARG_OUTPUT, P("../../etc/shadow"), P(rubbish), 0}, NULL},
    {"look-proc", SYS_newfstatat, {ARG_OUTPUT, P("/proc/1"), P(rubbish), AT_EMPTY_PATH}, NULL},
    {"look-statx", SYS_statx, {AT_FDCWD, P("/etc/passwd"), 0, 0, 0}, NULL},
    {"look-access", SYS_faccessat, {AT_FDCWD, P("/etc/passwd"), R_OK}, NULL},
    {"look-cwd", SYS_getcwd, {P(rubbish), sizeof rubbish}, NULL},
    {"look-system", SYS_uname, {P(rubbish)}, NULL},
    /* Writes outside of its folder. */
    {"create-above",
     SYS_openat,
     {ARG_OUTPUT, P("../tree/evil"), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600},
     NULL},
    {"create-absolute",
     SYS_openat,
     {AT_FDCWD, P(evil_path), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600},
     NULL},
    {"folder-above", SYS_mkdirat, {ARG_OUTPUT, P("../tree/evil"), 0700}, NULL},
    {"folder-absolute", SYS_mkdirat, {AT_FDCWD, P(evil_path), 0700}, NULL},
    {"write-input", SYS_write, {INPUT_FD, P("x"), 1}, NULL},
    /* Changes files that exist already, or rights and times, in any folder. */
    {"open-to-write", SYS_openat, {AT_FDCWD, P(key_path), O_WRONLY}, NULL},
    {"open-to-change", SYS_openat, {ARG_OUTPUT, P("some"), O_RDWR}, NULL},
    {"open-to-append", SYS_openat, {AT_FDCWD, P(key_path), O_WRONLY | O_APPEND}, NULL},
    {"open-to-truncate", SYS_openat, {AT_FDCWD, P(key_path), O_RDONLY | O_TRUNC}, NULL},
    {"create-or-open",
     SYS_openat,
     {ARG_OUTPUT, P("probe"), O_WRONLY | O_CREAT | O_NOFOLLOW, 0600},
     NULL},
    {"create-through-link",
     SYS_openat,
     {ARG_OUTPUT, P("probe"), O_WRONLY | O_CREAT | O_EXCL, 0600},
     NULL},
    {"create-nameless", SYS_openat, {ARG_OUTPUT, P("."), O_TMPFILE | O_RDWR, 0600}, NULL},
    {"handle-for-creating",
     SYS_openat,
     {AT_FDCWD, P("/etc/passwd"), O_CREAT | O_EXCL | O_NOFOLLOW | O_PATH, 0600},
     NULL},
    {"create-set-user-id",
     SYS_openat,
     {ARG_OUTPUT, P("probe"), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 04700},
     NULL},
    {"folder-set-group-id", SYS_mkdirat, {ARG_OUTPUT, P("probe"), 02700}, NULL},
    {"mode-set-user-id", SYS_fchmod, {ARG_OUTPUT, 04755}, NULL},
    {"mode-set-group-id", SYS_fchmod, {ARG_OUTPUT, 02755}, NULL},
    {"mode-input", SYS_fchmod, {INPUT_FD, 0777}, NULL},
    {"mode-nothing", SYS_fchmod, {0, 0777}, NULL}, /* /dev/null */
    {"mode-wide", SYS_fchmod, {INPUT_FD | 1L << 32, 0777}, NULL},
    {"times-input", SYS_utimensat, {INPUT_FD, 0, P(times), 0}, NULL},
    {"duplicate-input", SYS_fcntl, {INPUT_FD, F_DUPFD_CLOEXEC, 10}, NULL},
    {"mask", SYS_umask, {0}, NULL},
    {"mode-by-name", SYS_fchmodat, {AT_FDCWD, P(key_path), 0777}, NULL},
    {"owner", SYS_fchown, {ARG_OUTPUT, 0, 0}, NULL},
    {"owner-by-name", SYS_fchownat, {AT_FDCWD, P(key_path), 0, 0, 0}, NULL},
    {"times-by-name", SYS_utimensat, {AT_FDCWD, P(key_path), P(times), 0}, NULL},
    {"truncate", SYS_truncate, {P(key_path), 0}, NULL},
    {"truncate-input", SYS_ftruncate, {INPUT_FD, 0}, NULL},
    {"allocate", SYS_fallocate, {ARG_OUTPUT, 0, 0, 1 << 20}, NULL},
    {"write-at", SYS_pwrite64, {INPUT_FD, P("x"), 1, 0}, NULL},
    {"symlink", SYS_symlinkat, {P("/etc/passwd"), ARG_OUTPUT, P("probe")}, NULL},
    {"link", SYS_linkat, {AT_FDCWD, P(key_path), ARG_OUTPUT, P("probe"), 0}, NULL},
    {"device", SYS_mknodat, {ARG_OUTPUT, P("probe"), S_IFCHR | 0600, 0x103}, NULL},
    {"fifo", SYS_mknodat, {ARG_OUTPUT, P("probe"), S_IFIFO | 0600, 0}, NULL},
    {"rename", SYS_renameat2, {ARG_OUTPUT, P("some"), ARG_OUTPUT, P("../evil"), 0}, NULL},
    {"remove", SYS_unlinkat, {AT_FDCWD, P(key_path), 0}, NULL},
    {"remove-folder", SYS_unlinkat, {ARG_OUTPUT, P("../tree"), AT_REMOVEDIR}, NULL},
    {"read-link",
     SYS_readlinkat,
     {AT_FDCWD, P("/proc/self/exe"), P(rubbish), sizeof rubbish},
     NULL},
    {"attribute", SYS_fsetxattr, {ARG_OUTPUT, P("user.probe"), P("x"), 1, 0}, NULL},
    {"attribute-by-name", SYS_setxattr, {P(key_path), P("user.probe"), P("x"), 1, 0}, NULL},
    {"copy-range", SYS_copy_file_range, {INPUT_FD, 0, ARG_OUTPUT, 0, 1, 0}, NULL},
    {"send-file", SYS_sendfile, {ARG_OUTPUT, INPUT_FD, 0, 1}, NULL},
    {"splice", SYS_splice, {INPUT_FD, 0, CHANNEL_FD, 0, 1, 0}, NULL},
    {"seek-output", SYS_lseek, {ARG_OUTPUT, 0, SEEK_SET}, NULL},
    {"seek-channel", SYS_lseek, {CHANNEL_FD, 0, SEEK_SET}, NULL},
    {"lock-file", SYS_flock, {INPUT_FD, 1}, NULL},
    /* Changes what it sees of the file system, or watches others there. */
    {"change-folder", SYS_chdir, {P("/")}, NULL},
    {"chroot", SYS_chroot, {P("/")}, NULL},
    {"pivot-root", SYS_pivot_root, {P("."), P(".")}, NULL},
    {"mount", SYS_mount, {0, P("/"), P("tmpfs"), MS_RDONLY, 0}, NULL},
    {"unmount", SYS_umount2, {P("/nowhere"), 0}, NULL},
    {"unshare-user", SYS_unshare, {CLONE_NEWUSER}, NULL},
    {"unshare-net", SYS_unshare, {CLONE_NEWNET}, NULL},
    {"unshare-mount", SYS_unshare, {CLONE_NEWNS}, NULL},
    {"enter-namespace", SYS_setns, {INPUT_FD, 0}, NULL},
    {"fanotify", SYS_fanotify_init, {0, 0}, NULL},
    {"inotify", SYS_inotify_init1, {0}, NULL},
    /* Starts, or reaches, other processes and threads. */
    {"fork-bomb", 0, {0}, try_fork_bomb},
    {"thread", SYS_clone, {CLONE_THREAD}, NULL},
    {"clone-namespace", SYS_clone, {CLONE_NEWUSER | SIGCHLD}, NULL},
    {"clone3", SYS_clone3, {0, 0}, NULL},
    {"execute", SYS_execve, {P("/bin/true"), P(no_text), P(no_text)}, NULL},
    {"execute-again", SYS_execve, {P("/proc/self/exe"), P(no_text), P(no_text)}, NULL},
    {"execute-at", SYS_execveat, {AT_FDCWD, P("/bin/true"), P(no_text), P(no_text), 0}, NULL},
    {"execute-memory", 0, {0}, try_memory_file},
    {"trace", SYS_ptrace, {PTRACE_SEIZE, ARG_PARENT, 0, 0}, NULL},
    {"read-process", 0, {0}, try_read_other},
    {"write-process", 0, {0}, try_write_other},
    {"signal", SYS_kill, {ARG_PARENT, SIGCONT}, NULL},
    {"signal-group", SYS_kill, {0, SIGCONT}, NULL},
    {"signal-thread", SYS_tgkill, {ARG_PARENT, ARG_PARENT, SIGCONT}, NULL},
    {"signal-thread-old", SYS_tkill, {ARG_PARENT, SIGCONT}, NULL},
    {"signal-queue", SYS_rt_sigqueueinfo, {ARG_PARENT, SIGCONT, P(rubbish)}, NULL},
    {"stop-itself", 0, {0}, try_stop_itself},
    {"find-process", SYS_clock_gettime, {ARG_PARENT_CLOCK, P(times)}, NULL},
    {"process-handle", SYS_pidfd_open, {ARG_PARENT, 0}, NULL},
    {"take-descriptor", SYS_pidfd_getfd, {CHANNEL_FD, 0, 0}, NULL},
    {"compare", SYS_kcmp, {ARG_PARENT, ARG_PARENT, 0, 0, 0}, NULL},
    {"limits-of-other", SYS_prlimit64, {ARG_PARENT, RLIMIT_CORE, P(&unlimited), 0}, NULL},
    {"priority", SYS_setpriority, {PRIO_PROCESS, ARG_PARENT, 19}, NULL},
    {"scheduler", SYS_sched_setscheduler, {ARG_PARENT, 0, P(rubbish)}, NULL},
    {"processors", SYS_sched_setaffinity, {ARG_PARENT, 8, P(rubbish)}, NULL},
    {"session", SYS_setsid, {0}, NULL},
    {"wait", SYS_wait4, {-1, 0, 0, 0}, NULL},
    /* Talks over a network, or by any other channel than its own. */
    {"socket-inet", SYS_socket, {AF_INET, SOCK_STREAM, 0}, NULL},
    {"socket-inet6", SYS_socket, {AF_INET6, SOCK_DGRAM, 0}, NULL},
    {"socket-unix", SYS_socket, {AF_UNIX, SOCK_STREAM, 0}, NULL},
    {"socket-netlink", SYS_socket, {AF_NETLINK, SOCK_RAW, 0}, NULL},
    {"socket-packet", SYS_socket, {AF_PACKET, SOCK_RAW, 0}, NULL},
    {"socket-vsock", SYS_socket, {AF_VSOCK, SOCK_STREAM, 0}, NULL},
    {"socket-pair", SYS_socketpair, {AF_UNIX, SOCK_STREAM, 0, P(rubbish)}, NULL},
    {"tcp", 0, {0}, try_tcp},
    {"abstract-socket", 0, {0}, try_abstract_socket},
    {"connect", SYS_connect, {CHANNEL_FD, P(&address), sizeof address}, NULL},
    {"bind", SYS_bind, {CHANNEL_FD, P(&address), sizeof address}, NULL},
    {"listen", SYS_listen, {CHANNEL_FD, 1}, NULL},
    {"accept", SYS_accept4, {CHANNEL_FD, 0, 0, 0}, NULL},
    {"send-to", SYS_sendto, {CHANNEL_FD, P("x"), 0, 0, 0, 0}, NULL},
    {"send-descriptor", SYS_sendmsg, {CHANNEL_FD, P(rubbish), 0}, NULL},
    {"receive-descriptor", SYS_recvmsg, {CHANNEL_FD, P(rubbish), MSG_DONTWAIT}, NULL},
    {"socket-option", SYS_setsockopt, {CHANNEL_FD, SOL_SOCKET, SO_DEBUG, P(rubbish), 4}, NULL},
    {"pipe", SYS_pipe2, {P(rubbish), 0}, NULL},
    {"shared-memory", SYS_shmget, {1, 4096, 0600}, NULL},
    {"message-queue", SYS_msgget, {1, 0600}, NULL},
    {"semaphore", SYS_semget, {1, 1, 0600}, NULL},
    {"posix-queue", SYS_mq_open, {P("probe"), O_RDONLY, 0, 0}, NULL},
    /* Takes back rights that it gave up. */
    {"dumpable", SYS_prctl, {PR_SET_DUMPABLE, 1}, NULL},
    {"survive", SYS_prctl, {PR_SET_PDEATHSIG, 0}, NULL},
    {"seccomp-off", SYS_prctl, {PR_SET_SECCOMP, 0}, NULL},
    {"seccomp", SYS_seccomp, {0, 0, 0}, NULL},
    {"landlock", LANDLOCK_CREATE_RULESET, {0, 0, 1}, NULL},
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
    /* Runs code that was not loaded with the program. */
    {"map-code",
     SYS_mmap,
     {0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0},
     NULL},
    {"make-code", SYS_mprotect, {0, 4096, PROT_READ | PROT_EXEC}, NULL},
    {"make-code-by-key", SYS_pkey_mprotect, {0, 4096, PROT_READ | PROT_EXEC, -1}, NULL},
    {"merge-pages", SYS_madvise, {0, 4096, MADV_MERGEABLE}, NULL},
    {"lock-of-priority", SYS_futex, {P(rubbish), FUTEX_LOCK_PI}, NULL},
    {"remap", SYS_remap_file_pages, {0, 4096, 0, 0, 0}, NULL},
    /* Does with descriptors what they were not given for. */
    {"terminal-input", SYS_ioctl, {0, TIOCSTI, P("x")}, NULL},
    {"terminal-error", SYS_ioctl, {2, TIOCSTI, P("x")}, NULL},
    {"device-control", SYS_ioctl, {INPUT_FD, FIONREAD, P(rubbish)}, NULL},
    {"duplicate", SYS_dup, {CHANNEL_FD}, NULL},
    {"duplicate-onto", SYS_dup3, {CHANNEL_FD, 0, 0}, NULL},
    {"owner-of-signals", SYS_fcntl, {CHANNEL_FD, F_SETOWN, ARG_PARENT}, NULL},
    {"descriptor-flags", SYS_fcntl, {CHANNEL_FD, F_SETFL, O_ASYNC}, NULL},
    {"lease", SYS_fcntl, {INPUT_FD, F_SETLEASE, F_RDLCK}, NULL},
    {"poll", SYS_epoll_create1, {0}, NULL},
    {"event", SYS_eventfd2, {0, 0}, NULL},
    {"timer", SYS_timerfd_create, {1, 0}, NULL},
    /* Reaches large parts of the kernel, or stops the machine. */
    {"io-uring", SYS_io_uring_setup, {1, P(rubbish)}, NULL},
    {"io-context", SYS_io_setup, {1, P(rubbish)}, NULL},
    {"bpf", SYS_bpf, {0, P(rubbish), 0}, NULL},
    {"performance", SYS_perf_event_open, {P(rubbish), 0, -1, -1, 0}, NULL},
    {"page-faults", SYS_userfaultfd, {0}, NULL},
    {"new-mount", SYS_fsopen, {P("tmpfs"), 0}, NULL},
    {"mount-tree", SYS_open_tree, {AT_FDCWD, P("/"), 0}, NULL},
    {"move-pages", SYS_move_pages, {0, 0, 0, 0, 0, 0}, NULL},
    {"module", SYS_init_module, {0, 0, P("")}, NULL},
    {"module-file", SYS_finit_module, {INPUT_FD, P(""), 0}, NULL},
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
    /* Uses more memory, descriptors or disk than its limits allow. */
    {"memory", 0, {0}, try_memory},
    {"descriptors", 0, {0}, try_descriptors},
    {"file-size", 0, {0}, try_file_size},
#ifdef __x86_64__
    /* The same by calls that newer processors do not have, or by the numbers of other systems. */
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

#define ATTEMPT_COUNT (sizeof attempts / sizeof attempts[0])

void attempt_prepare(const char *name)
{
    const char *key = getenv("LD_PROBE_KEY"), *above = getenv("LD_PROBE_ABOVE");

    (void)snprintf(key_path, sizeof key_path, "%s", key != NULL ? key : "/nowhere");
    (void)snprintf(evil_path, sizeof evil_path, "%s/evil", above != NULL ? above : "/nowhere");
    (void)snprintf(memory_path, sizeof memory_path, "/proc/%ld/mem", (long)parent_pid);
#ifdef __x86_64__
    if (strcmp(name, "int80") == 0)
        prepare_int80();
#else
    (void)name;
#endif
}

/* What a result is called in the report. */
static const char *result_name(int result)
{
    static char number[16];

    switch (result) {
    case TRY_IMPOSSIBLE:
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
        NAMED(ESRCH);
    }
    (void)snprintf(number, sizeof number, "errno:%d", result);
    return number;
}

void attempt_make(const char *name)
{
    for (size_t i = 0; i < ATTEMPT_COUNT; i++) {
        const struct attempt *a = &attempts[i];

        if (strcmp(a->name, name) != 0)
            continue;
        report("tried %s\n", name);
        report("%s %s\n", name,
               result_name(a->make != NULL ? a->make() : try_call(a->number, a->args)));
    }
}

void attempt_print_names(void)
{
    for (size_t i = 0; i < ATTEMPT_COUNT; i++)
        (void)puts(attempts[i].name);
    (void)fflush(stdout);
}
