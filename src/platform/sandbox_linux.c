/*
 * The cage on Linux. Each part is in force without the others: Landlock restricts files, seccomp
 * restricts system calls, another user ID without capabilities takes rights away, and resource
 * limits restrict amounts.
 */
#include "platform/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <seccomp.h>

#include "platform/crew.h"
#include "platform/posix.h"
#include "platform/process.h"

/* ---- Files: Landlock ---------------------------------------------------------------------- */

/* Numbers of the kernel's ABI (its Documentation/userspace-api/landlock.rst), because the headers
 * of many systems are older than the kernel they run on. */
#define SYS_LANDLOCK_CREATE_RULESET 444
#define SYS_LANDLOCK_ADD_RULE 445
#define SYS_LANDLOCK_RESTRICT_SELF 446
#define LANDLOCK_TELL_VERSION 1
#define LANDLOCK_BENEATH 1

#define MAY_WRITE_FILE (UINT64_C(1) << 1)
#define MAY_READ_FILE (UINT64_C(1) << 2)
#define MAY_READ_DIR (UINT64_C(1) << 3)
#define MAY_MAKE_DIR (UINT64_C(1) << 7)
#define MAY_MAKE_FILE (UINT64_C(1) << 8)
#define MAY_FIRST ((UINT64_C(1) << 13) - 1) /* all of the first version */
#define MAY_REFER (UINT64_C(1) << 13)       /* version 2: moving and linking between folders */
#define MAY_TRUNCATE (UINT64_C(1) << 14)    /* version 3 */
#define MAY_IOCTL (UINT64_C(1) << 15)       /* version 5: of devices */
#define NET_ALL UINT64_C(3)                 /* version 4: TCP */
#define SCOPE_ALL UINT64_C(3)               /* version 6: abstract sockets and signals outside */

struct ruleset {
    uint64_t files, net, scope;
};

struct beneath {
    uint64_t allowed;
    int32_t folder;
} __attribute__((packed));

static size_t make_ruleset(struct ruleset *r, long version)
{
    *r = (struct ruleset){.files = MAY_FIRST};
    if (version >= 2)
        r->files |= MAY_REFER;
    if (version >= 3)
        r->files |= MAY_TRUNCATE;
    if (version >= 5)
        r->files |= MAY_IOCTL;
    if (version >= 4)
        r->net = NET_ALL;
    if (version >= 6)
        r->scope = SCOPE_ALL;
    return version >= 6 ? sizeof *r : version >= 4 ? 2 * sizeof r->files : sizeof r->files;
}

static bool allow_folder(int rules, const struct plat_cage *cage)
{
    struct beneath b = {.allowed = cage->folder_is_read ? MAY_READ_FILE | MAY_READ_DIR
                                                        : MAY_WRITE_FILE | MAY_READ_DIR |
                                                              MAY_MAKE_DIR | MAY_MAKE_FILE,
                        .folder = cage->folder};

    return cage->folder < 0 || syscall(SYS_LANDLOCK_ADD_RULE, rules, LANDLOCK_BENEATH, &b, 0) == 0;
}

/* Landlock forbids what no rule allows: here all files except those in the folder. */
static bool restrict_files(const struct plat_cage *cage)
{
    struct ruleset r;
    long version = syscall(SYS_LANDLOCK_CREATE_RULESET, NULL, 0, LANDLOCK_TELL_VERSION);
    size_t size;
    int rules;
    bool done;

    if (version < 1)
        return false;
    size = make_ruleset(&r, version);
    rules = (int)syscall(SYS_LANDLOCK_CREATE_RULESET, &r, size, 0);
    if (rules < 0)
        return false;
    done = allow_folder(rules, cage) && syscall(SYS_LANDLOCK_RESTRICT_SELF, rules, 0) == 0;
    (void)close(rules);
    return done;
}

/* ---- System calls: seccomp ---------------------------------------------------------------- */

/* What every worker needs: to use memory and the descriptors it has, and to end. (sysinfo: glibc's
 * qsort asks how much memory there is.) */
static const int calls_always[] = {SCMP_SYS(read),           SCMP_SYS(pread64),
                                   SCMP_SYS(lseek),          SCMP_SYS(close),
                                   SCMP_SYS(fstat),          SCMP_SYS(newfstatat),
                                   SCMP_SYS(fadvise64),      SCMP_SYS(brk),
                                   SCMP_SYS(munmap),         SCMP_SYS(mremap),
                                   SCMP_SYS(madvise),        SCMP_SYS(mlock),
                                   SCMP_SYS(munlock),        SCMP_SYS(getrandom),
                                   SCMP_SYS(clock_gettime),  SCMP_SYS(futex),
                                   SCMP_SYS(getpid),         SCMP_SYS(gettid),
                                   SCMP_SYS(rt_sigreturn),   SCMP_SYS(exit), /* of a thread */
                                   SCMP_SYS(exit_group),     SCMP_SYS(rt_sigaction),
                                   SCMP_SYS(rt_sigprocmask), SCMP_SYS(restart_syscall),
                                   SCMP_SYS(sysinfo)};

/* For a worker that reads a folder. */
static const int calls_reading[] = {SCMP_SYS(getdents64), SCMP_SYS(readlinkat)};

static bool allow_calls(scmp_filter_ctx f, const int *calls, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (seccomp_rule_add_array(f, SCMP_ACT_ALLOW, calls[i], 0, NULL) != 0)
            return false;
    return true;
}

static struct scmp_arg_cmp has_bits(unsigned int argument, uint64_t mask, uint64_t bits)
{
    return (struct scmp_arg_cmp){
        .arg = argument, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = bits};
}

/* Allows the call if these bits of that argument are all zero. */
static bool allow_without(scmp_filter_ctx f, int call, unsigned int argument, uint64_t bits)
{
    const struct scmp_arg_cmp none = has_bits(argument, bits, 0);

    return seccomp_rule_add_array(f, SCMP_ACT_ALLOW, call, 1, &none) == 0;
}

/* Allows the call if that argument is this number. */
static bool allow_only(scmp_filter_ctx f, int call, unsigned int argument, uint64_t value)
{
    const struct scmp_arg_cmp same = {.arg = argument, .op = SCMP_CMP_EQ, .datum_a = value};

    return seccomp_rule_add_array(f, SCMP_ACT_ALLOW, call, 1, &same) == 0;
}

#define SPECIAL_BITS 07000 /* set-user-ID and the like */
#define DESCRIPTORS_MAX 64

/* Opening existing files for reading. Not with O_PATH: Landlock does not check such descriptors. */
static bool allow_open(scmp_filter_ctx f)
{
    return allow_without(f, SCMP_SYS(openat), 2, O_ACCMODE | O_CREAT | O_TRUNC | O_PATH);
}

/* Creating files, and folders. O_EXCL and O_NOFOLLOW: never opening an existing file for writing,
 * and never a link. (With O_PATH the kernel ignores the other flags.) */
static bool allow_create(scmp_filter_ctx f)
{
    const uint64_t fresh = O_CREAT | O_EXCL | O_NOFOLLOW;
    const struct scmp_arg_cmp both[] = {has_bits(2, fresh | O_PATH | O_TRUNC, fresh),
                                        has_bits(3, SPECIAL_BITS, 0)};

    return seccomp_rule_add_array(f, SCMP_ACT_ALLOW, SCMP_SYS(openat), 2, both) == 0 &&
           allow_without(f, SCMP_SYS(mkdirat), 2, SPECIAL_BITS);
}

/* Allows the call on descriptors above that of the sealed file, which are those that the worker has
 * created or may write to; if rule is not NULL, only if it holds too. */
static bool allow_behind_input(scmp_filter_ctx f, int call, const struct scmp_arg_cmp *rule)
{
    static const struct {
        uint64_t first, count; /* a power of two, of which first is a multiple */
    } ranges[] = {{PLAT_WORKER_FD_FIRST + 1, 1}, {6, 2}, {8, 8}, {16, 16}, {32, 32}};
    _Static_assert(PLAT_WORKER_FD_FIRST == 4 && DESCRIPTORS_MAX == 64, "the ranges are all others");

    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        const struct scmp_arg_cmp both[] = {has_bits(0, ~(ranges[i].count - 1), ranges[i].first),
                                            rule != NULL ? *rule : (struct scmp_arg_cmp){0}};

        if (seccomp_rule_add_array(f, SCMP_ACT_ALLOW, call, rule != NULL ? 2 : 1, both) != 0)
            return false;
    }
    return true;
}

/* Setting rights and times. A descriptor for reading is enough for both, so the numbers are
 * restricted: not the sealed file, and not what the standard descriptors are open on. */
static bool allow_finish(scmp_filter_ctx f)
{
    const struct scmp_arg_cmp plain = has_bits(1, SPECIAL_BITS, 0),
                              nameless = has_bits(1, UINT64_MAX, 0);

    return allow_behind_input(f, SCMP_SYS(fchmod), &plain) &&
           allow_behind_input(f, SCMP_SYS(utimensat), &nameless);
}

/* Writing to the channel and to the files it creates. Not to all descriptors: one that it reads
 * from may be open for writing as well, if it is a terminal or a socket. */
static bool allow_writing(scmp_filter_ctx f, const struct plat_cage *cage)
{
    return allow_only(f, SCMP_SYS(write), 0, PLAT_WORKER_FD_OUT) &&
           (cage->folder_is_read || allow_behind_input(f, SCMP_SYS(write), NULL));
}

/* plat_list_dir duplicates the descriptor of the folder. */
static bool allow_reading(scmp_filter_ctx f)
{
    return allow_calls(f, calls_reading, sizeof calls_reading / sizeof *calls_reading) &&
           allow_only(f, SCMP_SYS(fcntl), 1, F_DUPFD_CLOEXEC);
}

static bool fill_allowed(scmp_filter_ctx f, const struct plat_cage *cage)
{
    const uint64_t self = (uint64_t)getpid();

    return seccomp_attr_set(f, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) == 0 &&
           allow_calls(f, calls_always, sizeof calls_always / sizeof *calls_always) &&
           allow_without(f, SCMP_SYS(mmap), 2, PROT_EXEC) &&
           allow_without(f, SCMP_SYS(mprotect), 2, PROT_EXEC) &&
           allow_only(f, SCMP_SYS(fcntl), 1, F_GETFL) &&
           allow_only(f, SCMP_SYS(fcntl), 1, F_SETFD) &&
           allow_only(f, SCMP_SYS(tgkill), 0, self) && /* abort */
           allow_open(f) && allow_writing(f, cage) &&
           (cage->folder_is_read ? allow_reading(f)
            : cage->folder >= 0  ? allow_create(f) && allow_finish(f)
                                 : true); /* nothing is made */
}

static bool restrict_calls(const struct plat_cage *cage)
{
    scmp_filter_ctx f = seccomp_init(SCMP_ACT_KILL_PROCESS);
    bool done = f != NULL && seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1) == 0 &&
                fill_allowed(f, cage) && seccomp_load(f) == 0;

    if (f != NULL)
        seccomp_release(f);
    return done;
}

/* What plat_process_restrict forbids. Ways to a network, and to other programs: */
static const int calls_network[] = {SCMP_SYS(socket),        SCMP_SYS(connect), SCMP_SYS(bind),
                                    SCMP_SYS(listen),        SCMP_SYS(accept),  SCMP_SYS(accept4),
                                    SCMP_SYS(io_uring_setup)};
static const int calls_programs[] = {SCMP_SYS(execve), SCMP_SYS(execveat)};
/* And ways into other processes, which this program never needs: */
static const int calls_others[] = {SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv),
                                   SCMP_SYS(process_vm_writev)};

static bool refuse_calls(scmp_filter_ctx f, const int *calls, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (seccomp_rule_add_array(f, SCMP_ACT_ERRNO(EPERM), calls[i], 0, NULL) != 0)
            return false;
    return true;
}

void plat_process_restrict(bool with_programs)
{
    scmp_filter_ctx f = UNDER_SANITIZER ? NULL : seccomp_init(SCMP_ACT_ALLOW);

    if (f == NULL)
        return;
    if (refuse_calls(f, calls_network, sizeof calls_network / sizeof *calls_network) &&
        refuse_calls(f, calls_others, sizeof calls_others / sizeof *calls_others) &&
        (with_programs ||
         refuse_calls(f, calls_programs, sizeof calls_programs / sizeof *calls_programs)))
        (void)seccomp_load(f);
    seccomp_release(f);
}

/* ---- Rights ------------------------------------------------------------------------------- */

/* kept is zero, or CAP_DAC_READ_SEARCH: root may check a bag that only its owner can read. */
static bool keep_capabilities(uint32_t kept)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {
        {.effective = kept, .permitted = kept}};

    return syscall(SYS_capset, &head, data) == 0;
}

static bool become_user(uid_t uid)
{
    return setresgid(uid, uid, uid) == 0 && setresuid(uid, uid, uid) == 0;
}

/* Becomes the user that plat_chown_to_worker gave the folder to. If that failed (a file system
 * without owners), or the folder is only read, it is not the worker's, and the user stays the same.
 */
static bool become_other(const struct plat_cage *cage)
{
    struct stat st;

    if (cage->folder < 0)
        return setgroups(0, NULL) == 0 &&
               (become_user(random_worker_uid()) || become_user(WORKER_UID_NOBODY));
    if (cage->folder_is_read || fstat(cage->folder, &st) != 0 || !is_worker_uid(st.st_uid))
        return true;
    return setgroups(0, NULL) == 0 && become_user(st.st_uid);
}

/* Each step is tried even if one before it failed. no_new_privs comes first: Landlock and seccomp
 * need it. */
static bool restrict_rights(const struct plat_cage *cage)
{
    const pid_t parent = getppid();
    const uint32_t reading = UINT32_C(1) << CAP_DAC_READ_SEARCH;
    bool done = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;

    if (geteuid() == 0)
        done = become_other(cage) && done;
    if (geteuid() == 0 || getuid() == 0)
        done = keep_capabilities(cage->folder_is_read ? reading : 0) && done;
    /* The kernel resets both when the user changes. */
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 && getppid() == parent && done;
}

/* ---- Amounts ------------------------------------------------------------------------------ */

/* Bytes of address space in use: RLIMIT_AS counts them too. */
static uint64_t mapped_now(void)
{
    char text[64] = "";
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    unsigned long pages = 0;

    if (fd >= 0) {
        if (read(fd, text, sizeof text - 1) > 0)
            (void)sscanf(text, "%lu", &pages);
        (void)close(fd);
    }
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

#ifdef __GLIBC__
typedef __rlimit_resource_t limit_kind;
#else
typedef int limit_kind;
#endif

/* A limit that is lower already stays. */
static bool set_limit(limit_kind what, uint64_t most)
{
    struct rlimit limit;

    if (getrlimit(what, &limit) != 0)
        return false;
    if (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < most)
        most = limit.rlim_max;
    limit = (struct rlimit){(rlim_t)most, (rlim_t)most};
    return setrlimit(what, &limit) == 0;
}

static bool restrict_amounts(const struct plat_cage *cage, uint64_t mapped)
{
    bool done = set_limit(RLIMIT_AS, mapped + cage->memory);

    done = set_limit(RLIMIT_FSIZE, cage->folder_is_read ? 0 : cage->file_size) && done;
    done = set_limit(RLIMIT_NOFILE, DESCRIPTORS_MAX) && done;
    done = set_limit(RLIMIT_NPROC, 0) && done;
    return set_limit(RLIMIT_CORE, 0) && done;
}

/* ---- The whole cage ----------------------------------------------------------------------- */

static struct crew *start_crew(const struct plat_cage *cage)
{
#ifdef M_ARENA_MAX
    /* By default each thread gets a heap of its own, and glibc counts processors to limit them, by
     * a system call that the cage forbids. */
    (void)mallopt(M_ARENA_MAX, 1);
#endif
    return crew_try_new(cage->threads);
}

/* Rights and Landlock apply to the calling thread and those that it starts later; limits and
 * seccomp apply to all threads. Starting a thread needs what the latter forbid, so it happens in
 * between. */
unsigned int plat_cage_enter(const struct plat_cage *cage, struct crew **crew)
{
    unsigned int missing = 0;
    uint64_t mapped;

    if (UNDER_SANITIZER) {
        *crew = start_crew(cage);
        return 0;
    }
    mapped = mapped_now();
    if (!restrict_rights(cage))
        missing |= PLAT_CAGE_PRIVILEGES;
    if (!restrict_files(cage))
        missing |= PLAT_CAGE_FILES;
    *crew = start_crew(cage);
    if (!restrict_amounts(cage, mapped))
        missing |= PLAT_CAGE_LIMITS;
    if (!restrict_calls(cage))
        missing |= PLAT_CAGE_CALLS;
    return missing;
}
