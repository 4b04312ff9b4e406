/* Attempts of more than one call, or whose result is more than a call's. */
#include "probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRY(number, ...) try_call(number, (const long[6]){__VA_ARGS__})
#define P(pointer) ((long)(pointer))

static bool has_output(void)
{
    return fcntl(OUTPUT_FD, F_GETFL) >= 0;
}

static bool output_is_folder(void)
{
    struct stat st;

    /* The C library's fstat may make a call that the cage forbids. */
    return real_syscall(SYS_fstat, OUTPUT_FD, &st) == 0 && S_ISDIR(st.st_mode);
}

static long known_argument(long arg)
{
    if (arg == ARG_OUTPUT)
        return has_output() ? OUTPUT_FD : INPUT_FD;
    if (arg == ARG_PARENT_CLOCK)
        return ~(long)parent_pid * 8 + 2; /* as clock_getcpuclockid makes it */
    return arg == ARG_PARENT ? parent_pid : arg;
}

int try_call(long number, const long args[6])
{
    long a[6];

    for (int i = 0; i < 6; i++)
        a[i] = known_argument(args[i]);
    errno = 0;
    return real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]) >= 0 ? 0 : errno;
}

/* Starts processes one after the other until one is refused. Each ends at once. */
int try_fork_bomb(void)
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

/* It would neither work nor end. */
int try_stop_itself(void)
{
    long pid = real_syscall(SYS_getpid);

    return real_syscall(SYS_tgkill, pid, pid, SIGSTOP) == 0 ? 0 : errno;
}

/* Asks for up to 64 GiB and hardly touches any: the limit is on addresses. Reports how much it was
 * given. */
int try_memory(void)
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

/* Opens as many descriptors as it can. Reports how many. */
int try_descriptors(void)
{
    bool is_folder = output_is_folder();
    long fds[1024];
    int count = 0, result = 0;

    while (count < 1024) {
        long fd = is_folder ? real_syscall(SYS_openat, OUTPUT_FD, ".", O_RDONLY | O_DIRECTORY)
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

/* A new file in the folder, as the worker may make it, or the file that the task has instead of a
 * folder. */
static long new_file(void)
{
    return output_is_folder() ? real_syscall(SYS_openat, OUTPUT_FD, "probe",
                                             O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600)
                              : OUTPUT_FD;
}

/* Writes one byte behind the last that the limit on the size of files allows. */
int try_file_size(void)
{
    static const char piece[1 << 16];
    long fd = new_file();
    int result = 0;

    report("file size limit %lld\n", state_file_size_limit());
    for (int i = 0; i < 1024 && result == 0; i++)
        if (real_syscall(SYS_write, fd, piece, sizeof piece) < 0)
            result = errno;
    return result;
}

/* Reads a file that it has made itself. */
int try_read_back(void)
{
    return new_file() < 0 ? errno : TRY(SYS_openat, OUTPUT_FD, P("probe"), O_RDONLY);
}

/* Makes a file without a name, and executes it. */
int try_memory_file(void)
{
    long fd = real_syscall(SYS_memfd_create, "", 0);

    return fd < 0 ? errno : TRY(SYS_execveat, fd, P(""), 0, 0, AT_EMPTY_PATH);
}

int try_abstract_socket(void)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX, .sun_path = "\0probe"};
    long fd = real_syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0);

    if (fd < 0)
        return errno;
    return TRY(SYS_connect, fd, P(&to), sizeof(sa_family_t) + 6);
}

int try_tcp(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
    long fd = real_syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return fd < 0 ? errno : TRY(SYS_connect, fd, P(&to), sizeof to);
}

/* The memory of the parent is as good an aim as any: the address is one of ours. */
int try_read_other(void)
{
    uint8_t bytes[8];
    struct iovec from = {(void *)(uintptr_t)&parent_pid, 8}, to = {bytes, 8};

    return TRY(SYS_process_vm_readv, parent_pid, P(&to), 1, P(&from), 1);
}

int try_write_other(void)
{
    uint8_t bytes[8] = {0};
    struct iovec to = {(void *)(uintptr_t)&parent_pid, 8}, from = {bytes, 8};

    return TRY(SYS_process_vm_writev, parent_pid, P(&from), 1, P(&to), 1);
}

#ifdef __x86_64__
#define INT80_GETPID 20

/* A call by the numbers of 32-bit programs. A filter that only knows those of 64-bit programs lets
 * it through. */
static long call_int80(long number)
{
    long result;

    __asm__ volatile("int $0x80" : "=a"(result) : "a"(number) : "memory", "r8", "r9", "r10", "r11");
    return result;
}

static bool has_int80;

/* In a process of its own, because a kernel without these calls sends SIGSEGV. */
void prepare_int80(void)
{
    int status = 1;
    pid_t pid = fork();

    if (pid == 0) {
        (void)signal(SIGSEGV, SIG_DFL);
        _exit(call_int80(INT80_GETPID) == (long)getpid() ? 0 : 1);
    }
    has_int80 =
        pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int try_int80(void)
{
    if (!has_int80)
        return TRY_IMPOSSIBLE;
    return call_int80(INT80_GETPID) > 0 ? 0 : ENOSYS;
}

/* A call by the numbers of 64-bit programs with 32-bit addresses. */
int try_x32(void)
{
    return TRY(0x40000000 | SYS_getpid);
}
#endif
