/*
 * A worker on POSIX systems: a child that executes this program again, so that it has nothing of
 * our memory, and a socket between us.
 */
#include "platform/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "platform/files.h"
#include "platform/posix.h"
#include "platform/process.h"

extern char **environ;

#define GIVEN_MAX (2 + PLAT_WORKER_FDS_MAX + PLAT_WORKER_MORE_MAX)

#define NO_WORKER 127 /* exit code of a child that could not execute the program */

/* ---- The child ---------------------------------------------------------------------------- */

#ifdef SEAL_TESTING
static bool tests_pass_all_on(void)
{
    static const char name[] = "SEAL_TEST_WORKER_ENV=";

    for (size_t i = 0; environ[i] != NULL; i++)
        if (strncmp(environ[i], name, sizeof name - 1) == 0)
            return true;
    return false;
}
#endif

static bool names(const char *variable, const char *name)
{
    size_t len = strlen(name);

    return strncmp(variable, name, len) == 0 && variable[len] == '=';
}

/* Where the loader looks for libraries, and which instructions the library for SHA-256 may use,
 * because some processors have faulty ones. Nothing else: what LD_PRELOAD names makes calls that
 * the cage forbids. Sanitizers have variables of their own, and so have tests that make the worker
 * fail. */
static bool is_kept(const char *variable, bool is_trial)
{
#ifdef SEAL_TESTING
    if (UNDER_SANITIZER || (!is_trial && tests_pass_all_on()))
        return true;
#else
    (void)is_trial;
#endif
    return names(variable, "LD_LIBRARY_PATH") || names(variable, "OPENSSL_ia32cap") ||
           names(variable, "OPENSSL_armcap");
}

static char **worker_environment(bool is_trial)
{
    size_t count = 0, kept = 0;
    char **list;

    while (environ[count] != NULL)
        count++;
    list = calloc(count + 1, sizeof *list);
    if (list == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++)
        if (is_kept(environ[i], is_trial))
            list[kept++] = environ[i];
    return list;
}

static void close_from(int first)
{
#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 34)
    closefrom(first);
#else
    long last = sysconf(_SC_OPEN_MAX);

    for (int fd = first; fd < (last > 0 && last < 65536 ? (int)last : 65536); fd++)
        (void)close(fd);
#endif
}

/* Without /dev: the end of a pipe whose other end is closed. */
static int half_pipe(bool is_read)
{
    int ends[2];

    if (pipe(ends) != 0)
        return -1;
    (void)close(ends[is_read ? 1 : 0]);
    return ends[is_read ? 0 : 1];
}

static bool open_null(int fd)
{
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (nothing < 0)
        nothing = half_pipe(fd == 0);
    if (nothing == fd)
        return fcntl(fd, F_SETFD, 0) == 0;
    return nothing >= 0 && dup2(nothing, fd) == fd;
}

/* Our descriptors that the worker inherits, and the numbers that it has them by. */
struct given {
    size_t count;
    int fd[GIVEN_MAX], place[GIVEN_MAX];
};

static void give(struct given *g, int fd, int place)
{
    g->fd[g->count] = fd;
    g->place[g->count++] = place;
}

/* Gives the inherited descriptors their numbers and closes all others. Returns the descriptor of
 * the program, which is close-on-exec; -1: failed. */
static int arrange(struct given *g, int program)
{
    int above = PLAT_WORKER_FD_FIRST; /* above all numbers to be given */

    for (size_t i = 0; i < g->count; i++)
        if (above <= g->place[i])
            above = g->place[i] + 1;
    /* First out of the way: a descriptor may have a number that another one is to get. */
    for (size_t i = 0; i < g->count; i++) {
        g->fd[i] = fcntl(g->fd[i], F_DUPFD, above + 1);
        if (g->fd[i] < 0)
            return -1;
    }
    program = fcntl(program, F_DUPFD, above + 1);
    if (program < 0 || !open_null(0) || !open_null(1)) /* 0 until the feed is there */
        return -1;
    if (!UNDER_SANITIZER && !open_null(2)) /* where sanitizers write reports */
        return -1;
    for (int fd = PLAT_WORKER_FD_FIRST; fd <= above; fd++)
        (void)close(fd);
    if (!open_null(PLAT_WORKER_FD_FIRST)) /* no file that it opens may get a lower number */
        return -1;
    for (size_t i = 0; i < g->count; i++)
        if (dup2(g->fd[i], g->place[i]) < 0)
            return -1;
    if (dup2(program, above) < 0 || fcntl(above, F_SETFD, FD_CLOEXEC) != 0)
        return -1;
    close_from(above + 1);
    return above;
}

/* The program may have limited its own memory (plat_confine_enter). */
static void allow_memory(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_AS, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_AS, &limit);
    }
}

static pid_t fork_worker(void)
{
#ifdef __linux__
    return fork_apart();
#else
    return fork();
#endif
}

/* The worker must not outlive its parent, however that ends. */
static bool die_with_parent(pid_t parent)
{
#ifdef __linux__
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
        return false;
#endif
    return getppid() == parent || getpid() == 1; /* in a namespace the parent has no number */
}

static _Noreturn void become_worker(pid_t parent, int program, char **env, struct given *g)
{
    char name[] = PLAT_WORKER_NAME;
    char *const args[] = {name, NULL};

    ignore_stop_signals();
    allow_memory();
    program = arrange(g, program);
    if (program >= 0 && die_with_parent(parent))
        (void)fexecve(program, args, env);
    _exit(NO_WORKER);
}

/* ---- The parent --------------------------------------------------------------------------- */

#define OWN_FDS 16 /* files that it has open at a time, and the folders above them */

/* Whether the limit leaves the worker as many descriptors as it needs. */
static bool has_enough_numbers(const struct given *g)
{
    const size_t needed = (size_t)g->place[g->count - 1] + g->count + OWN_FDS;
    struct rlimit limit;

    return getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= needed;
}

/* The child takes no memory: another thread of ours, which is not in it, may have been at that, and
 * would never give the lock back. -1 with errno. */
static pid_t start_child(pid_t parent, int program, struct given *g)
{
    char **env;
    pid_t pid;
    int saved;

    if (!has_enough_numbers(g)) {
        errno = EMFILE;
        return -1;
    }
    env = worker_environment(g->count == 1); /* only the channel: nothing to work on */
    if (env == NULL)
        return -1;
    pid = fork_worker();
    if (pid == 0)
        become_worker(parent, program, env, g);
    saved = errno;
    free(env);
    errno = saved;
    return pid;
}

int plat_worker_start(struct plat_worker *w, int feed, const int *fds, size_t fd_count,
                      const int *more, size_t more_count)
{
    struct given given = {.count = 0};
    int pair[2], program, saved;
    pid_t parent = getpid(), pid;

    *w = (struct plat_worker){.from = -1, .to = -1, .process = -1};
    program = plat_open_program();
    if (program < 0)
        return -1;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        saved = errno;
        (void)close(program);
        errno = saved;
        return -1;
    }
    if (feed >= 0)
        give(&given, feed, PLAT_WORKER_FD_FEED);
    give(&given, pair[1], PLAT_WORKER_FD_IN);
    for (size_t i = 0; i < fd_count; i++)
        if (fds[i] >= 0)
            give(&given, fds[i], PLAT_WORKER_FD_FIRST + (int)i);
    for (size_t i = 0; i < more_count; i++)
        give(&given, more[i], PLAT_WORKER_FD_MORE + (int)i);
    pid = start_child(parent, program, &given);
    saved = errno;
    (void)close(program);
    (void)close(pair[1]);
    if (pid < 0) {
        (void)close(pair[0]);
        errno = saved;
        return -1;
    }
    w->from = w->to = pair[0];
    w->process = pid;
    return 0;
}

void plat_worker_disconnect(struct plat_worker *w)
{
    (void)close(w->from);
    w->from = w->to = -1;
}

static enum plat_worker_end end_of(int status)
{
    if (WIFEXITED(status))
        return WEXITSTATUS(status) == 0 ? PLAT_WORKER_DONE : PLAT_WORKER_FAILED;
    switch (WTERMSIG(status)) {
    case SIGSYS:
        return PLAT_WORKER_FORBIDDEN;
    case SIGSEGV:
    case SIGBUS:
    case SIGABRT:
    case SIGILL:
    case SIGFPE:
    case SIGTRAP:
        return PLAT_WORKER_CRASHED;
    default:
        return PLAT_WORKER_KILLED;
    }
}

/* Polls: waiting for SIGCHLD would need it blocked since before the fork. */
bool plat_worker_has_ended(const struct plat_worker *w, int milliseconds)
{
    for (int waited = 0, pause = 1; waited <= milliseconds && !stop_requested(); waited += pause) {
        siginfo_t end = {.si_pid = 0};

        if (waitid(P_PID, (id_t)w->process, &end, WEXITED | WNOHANG | WNOWAIT) != 0 ||
            end.si_pid != 0)
            return true;
        (void)nanosleep(&(struct timespec){0, pause * 1000000L}, NULL);
        pause = pause < 16 ? pause * 2 : pause;
    }
    return false;
}

enum plat_worker_end plat_worker_wait(struct plat_worker *w, bool kill_it)
{
    int status = 0;
    pid_t ended;

    if (kill_it)
        (void)kill((pid_t)w->process, SIGKILL);
    do {
        ended = waitpid((pid_t)w->process, &status, 0);
    } while (ended < 0 && errno == EINTR);
    w->process = -1;
    return ended < 0 ? PLAT_WORKER_FAILED : end_of(status);
}

bool plat_wait_readable(int fd, int milliseconds)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    return poll(&p, 1, milliseconds) > 0;
}
