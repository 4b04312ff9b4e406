/* When the probe does what it is asked for; probe.h says how it is asked. */
#include "probe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* As unseal calls the process of its worker. */
#define WORKER "unseal-worker"

pid_t own_pid, parent_pid;
long (*real_syscall)(long, ...);
static bool is_sandboxed; /* a worker, and in its sandbox */

bool is_worker(void)
{
    return strcmp(program_invocation_short_name, WORKER) == 0;
}

const char *process_name(void)
{
    return is_worker() ? "worker" : "main";
}

/* ---- The attempt, and the search in the middle of the work -------------------------------------
 */

/* Whether LD_PROBE_IN means this process, or this thread. */
static bool is_meant(void)
{
    const char *in = getenv("LD_PROBE_IN");

    if (in != NULL && strcmp(in, "helper") == 0)
        return is_worker() && real_syscall(SYS_gettid) != (long)getpid();
    return is_worker() == (in == NULL || strcmp(in, "main") != 0);
}

static void attempt_once(void)
{
    static bool is_done;
    const char *name = getenv("LD_PROBE");

    if (name == NULL || is_done || !is_meant())
        return;
    is_done = true;
    if (strcmp(name, "state") == 0)
        report_state();
    attempt_make(name);
}

static void search_once(void)
{
    static bool is_searched;
    int saved = errno;

    if (!is_searched)
        secrets_search("middle");
    is_searched = true;
    errno = saved;
}

void note_sandboxed(void)
{
    is_sandboxed = true;
}

void before_call(void)
{
    int saved = errno;

    if (is_sandboxed)
        attempt_once();
    errno = saved;
}

void before_write(void)
{
    if (is_sandboxed)
        search_once();
    before_call();
}

void before_read(int fd)
{
    struct stat st;

    /* The program reads from no other socket than its worker's. */
    if (secrets_are_wanted() && !is_worker() && fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode))
        search_once();
    before_call();
}

/* ---- Before main, and after it ------------------------------------------------------------------
 */

/* From procfs, which has the numbers that the test sees; getpid has those of the namespace. */
static void find_pids(void)
{
    char line[256];
    FILE *status = fopen("/proc/self/status", "r");

    while (status != NULL && fgets(line, sizeof line, status) != NULL)
        (void)(sscanf(line, "Pid: %d", &own_pid) == 1 || sscanf(line, "PPid: %d", &parent_pid));
    if (status == NULL || fclose(status) != 0)
        abort();
}

__attribute__((constructor)) static void begin(void)
{
    const char *file = getenv("LD_PROBE_REPORT"), *name = getenv("LD_PROBE");

    real_syscall = REAL(syscall);
    if (name != NULL && strcmp(name, "list") == 0) {
        attempt_print_names();
        _exit(0);
    }
    find_pids();
    attempt_prepare(name != NULL ? name : "");
    if (file == NULL)
        return;
    report_open(file);
    if (is_worker())
        report_descriptors();
    report_start();
    state_open();
    secrets_open(getenv("LD_PROBE_SECRETS"));
}

__attribute__((destructor)) static void end(void)
{
    if (!report_is_open())
        return;
    secrets_search("end");
    if (!is_worker())
        attempt_once();
}
