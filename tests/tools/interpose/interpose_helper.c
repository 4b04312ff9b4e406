/* The helper: a process that runs commands and sends signals for the program, which may no longer
 * do so itself when a fault is due. */
#include "interpose.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What the helper is asked for, in one piece. It answers by one byte when it is done. */
struct request {
    int signal_number; /* 0: run the command */
    char command[1024];
};

/* More descriptors than a program under test has. */
#define FDS_CLOSED 4096

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

/* Whether a signal that was sent has not arrived yet. */
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
    for (int fd = 0; fd < FDS_CLOSED; fd++)
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

void helper_start(void)
{
    pid_t program = is_worker() ? getppid() : getpid(), between;
    int requests[2], answers[2];

    if (REAL(pipe2)(requests, O_CLOEXEC) != 0 || REAL(pipe2)(answers, O_CLOEXEC) != 0)
        abort();
    for (int i = 0; i < 2; i++) {
        move_up(&requests[i]);
        move_up(&answers[i]);
    }
    /* Started by a process that ends at once, so that the program has no child that it did not
     * start. */
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

static void ask(const struct request *r)
{
    char answer;

    if (REAL(write)(to_helper, r, sizeof *r) != (ssize_t)sizeof *r)
        return;
    while (REAL(read)(from_helper, &answer, 1) < 0 && errno == EINTR)
        continue;
}

void helper_signal(int signal_number)
{
    struct request r = {.signal_number = signal_number};

    ask(&r);
}

void helper_run(const char *command)
{
    struct request r = {.signal_number = 0};

    (void)snprintf(r.command, sizeof r.command, "%s", command);
    ask(&r);
}
