/*
 * The process on POSIX systems.
 */
#include "platform/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sched.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

#include "platform/files.h"
#include "platform/threads.h"
#include "platform/posix.h"

/* Of huge pages on most processors. On others the alignment does no harm. */
#define LARGE_PAGE_LEN ((size_t)2 * 1024 * 1024)

static volatile sig_atomic_t stopping_signal;

/* Signals that end a process and that can be handled. */
static const int stop_signals[] = {SIGINT,  SIGTERM, SIGHUP,  SIGQUIT,
                                   SIGALRM, SIGXCPU, SIGUSR1, SIGUSR2};

static void on_stop_signal(int signal_number)
{
    stopping_signal = signal_number;
    stop_request();
}

/* Without SA_RESTART, so that a read that waits returns. A signal that the parent made us ignore
 * (nohup) stays ignored. */
static void catch_signal(int signal_number)
{
    struct sigaction old, action = {.sa_handler = on_stop_signal};

    if (sigaction(signal_number, NULL, &old) == 0 && old.sa_handler == SIG_IGN)
        return;
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(signal_number, &action, NULL);
}

/* open returns the lowest free number, which is fd. 0 is opened for writing, and 1 and 2 for
 * reading, so that using them fails as it does on a closed descriptor. */
static void fill_standard_descriptors(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) == -1 && errno == EBADF)
            if (open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) < 0)
                _exit(1);
}

/* A pipe, opened anew; -1: it is none, or that cannot be done here. */
static int open_pipe_again(int fd, int flags)
{
#ifdef __linux__
    struct stat st;
    char path[32];

    if (fstat(fd, &st) != 0 || !S_ISFIFO(st.st_mode))
        return -1;
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return open(path, (flags & O_ACCMODE) | O_NONBLOCK | O_CLOEXEC); /* it waits for nobody */
#else
    (void)fd;
    (void)flags;
    return -1;
#endif
}

/* Any program that has a pipe can make it non-blocking for all. We read and write through an open
 * file of our own, which waits; where there is none (a socket), all of them wait again. */
static void make_waiting(int fd)
{
    int flags = fcntl(fd, F_GETFL), own;

    if (flags < 0 || (flags & O_NONBLOCK) == 0)
        return;
    own = open_pipe_again(fd, flags);
    if (own >= 0) {
        (void)dup2(own, fd);
        (void)close(own);
    }
    (void)fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
}

static void hide_memory(void)
{
    struct rlimit none = {0, 0};

    (void)setrlimit(RLIMIT_CORE, &none);
#ifdef __linux__
    if (!UNDER_SANITIZER)
        (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

#define OPEN_FILES_WANTED 4096

/* A set of volumes needs one descriptor for each. */
static void allow_open_files(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max < OPEN_FILES_WANTED ? limit.rlim_max : OPEN_FILES_WANTED;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* What a parent may leave behind, and no one means for us: children whose end cannot be waited for,
 * signals that do not arrive, and files that their owner cannot use. */
static void clear_inherited(void)
{
    const mode_t mask = umask(077);
    sigset_t none;

    (void)umask(mask & 077);
    (void)signal(SIGCHLD, SIG_DFL);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

void plat_process_setup(void)
{
    fill_standard_descriptors();
    for (int fd = 0; fd <= 2; fd++)
        make_waiting(fd);
    allow_open_files();
    hide_memory();
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN); /* the limit on the size of files becomes an error of write */
    for (size_t i = 0; i < sizeof stop_signals / sizeof stop_signals[0]; i++)
        catch_signal(stop_signals[i]);
    clear_inherited();
}

void ignore_stop_signals(void)
{
    for (size_t i = 0; i < sizeof stop_signals / sizeof stop_signals[0]; i++)
        (void)signal(stop_signals[i], SIG_IGN);
}

/* ---- Threads ------------------------------------------------------------------------------ */

static void on_interrupt(int signal_number)
{
    (void)signal_number;
}

/* All but SIGURG, which thread_interrupt sends; its handler does nothing. */
void signals_block(struct signal_mask *before)
{
    struct sigaction action = {.sa_handler = on_interrupt};
    sigset_t all;

    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGURG, &action, NULL);
    (void)sigfillset(&all);
    (void)sigdelset(&all, SIGURG);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before->mask);
}

void signals_restore(const struct signal_mask *before)
{
    (void)pthread_sigmask(SIG_SETMASK, &before->mask, NULL);
}

void thread_interrupt(pthread_t thread)
{
    (void)pthread_kill(thread, SIGURG);
}

#ifdef __linux__
struct thread_id thread_own_id(void)
{
    return (struct thread_id){pthread_self(), syscall(SYS_gettid)};
}

/* musl's pthread_kill calls tkill, which could be aimed at any process. */
void thread_interrupt_id(struct thread_id id)
{
    (void)syscall(SYS_tgkill, getpid(), id.number, SIGURG);
}
#else
struct thread_id thread_own_id(void)
{
    return (struct thread_id){pthread_self(), 0};
}

void thread_interrupt_id(struct thread_id id)
{
    thread_interrupt(id.thread);
}
#endif

/* ---- What the system tells ---------------------------------------------------------------- */

_Noreturn void plat_die_by_signal(void)
{
    int signal_number = stopping_signal != 0 ? stopping_signal : SIGINT;
    sigset_t set;

    (void)signal(signal_number, SIG_DFL);
    (void)sigemptyset(&set);
    (void)sigaddset(&set, signal_number);
    (void)sigprocmask(SIG_UNBLOCK, &set, NULL);
    (void)raise(signal_number);
    _exit(128 + signal_number);
}

const char *plat_strerror(int error)
{
    return strerror(error);
}

unsigned int plat_processor_count(void)
{
    long count = -1;
#ifdef __linux__
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof set, &set) == 0)
        count = CPU_COUNT(&set);
#endif
    if (count < 1)
        count = sysconf(_SC_NPROCESSORS_ONLN);
    return count < 1 ? 1 : (unsigned int)count;
}

void *plat_alloc_large(size_t len)
{
    void *p = NULL;

    if (posix_memalign(&p, LARGE_PAGE_LEN, len) != 0)
        return NULL;
#ifdef __linux__
    (void)madvise(p, len, MADV_HUGEPAGE); /* it may not have any */
#endif
    return p;
}

double plat_monotonic(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

bool plat_utc_offset(int64_t sec, int *minutes)
{
    time_t now = (time_t)sec;
    struct tm local;

    tzset();
    if (localtime_r(&now, &local) == NULL)
        return false;
    *minutes = (int)(local.tm_gmtoff / 60);
    return true;
}

char *plat_program_folder(void)
{
#ifdef __linux__
    char *path = plat_real_path("/proc/self/exe"), *folder = NULL;
    const char *name;

    if (path != NULL && !path_split(path, &folder, &name))
        folder = NULL;
    free(path);
    return folder;
#else
    return NULL;
#endif
}

int plat_open_program(void)
{
#ifdef __linux__
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    const char *name = (const char *)getauxval(AT_EXECFN);

    /* Without /proc: the path by which it was started. */
    return fd < 0 && name != NULL ? open(name, O_RDONLY | O_CLOEXEC) : fd;
#else
    errno = ENOSYS;
    return -1;
#endif
}
