/*
 * The part of the cage that restricts system calls, and what the programs themselves may not call:
 * seccomp.
 */
#include "platform/linux_cage.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <seccomp.h>

#include "platform/posix.h"
#include "platform/process.h"

/* What every worker needs: to use memory and the descriptors it has, and to end. (sysinfo: glibc's
 * qsort asks how much memory there is.) */
static const int calls_always[] = {SCMP_SYS(read),
                                   SCMP_SYS(pread64),
                                   SCMP_SYS(close),
                                   SCMP_SYS(fstat),
                                   SCMP_SYS(brk),
                                   SCMP_SYS(fadvise64),
                                   SCMP_SYS(munmap),
                                   SCMP_SYS(mremap),
                                   SCMP_SYS(mlock),
                                   SCMP_SYS(munlock),
                                   SCMP_SYS(getrandom),
                                   SCMP_SYS(getpid),
                                   SCMP_SYS(gettid),
                                   SCMP_SYS(rt_sigreturn),
                                   SCMP_SYS(exit), /* of a thread */
                                   SCMP_SYS(sysinfo),
                                   SCMP_SYS(rt_sigprocmask),
                                   SCMP_SYS(exit_group),
                                   SCMP_SYS(rt_sigaction),
                                   SCMP_SYS(restart_syscall)};

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

/* The same with several numbers, of the bits in mask. */
static bool allow_each(scmp_filter_ctx f, int call, unsigned int argument, uint64_t mask,
                       const uint64_t *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct scmp_arg_cmp same = has_bits(argument, mask, values[i]);

        if (seccomp_rule_add_array(f, SCMP_ACT_ALLOW, call, 1, &same) != 0)
            return false;
    }
    return true;
}

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* ---- Time, memory, signals ---------------------------------------------------------------- */

/* Others of clock_gettime tell whether a process exists. */
static bool allow_clocks(scmp_filter_ctx f)
{
    static const uint64_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC};

    return allow_each(f, SCMP_SYS(clock_gettime), 0, UINT64_MAX, clocks, COUNT_OF(clocks));
}

/* What allocators and libsodium advise. Merging equal pages (MADV_MERGEABLE), for example, would
 * let a process measure what is in the memory of others. */
static bool allow_memory(scmp_filter_ctx f)
{
    static const uint64_t advice[] = {MADV_DONTNEED, MADV_FREE, MADV_HUGEPAGE, MADV_DONTDUMP,
                                      MADV_DODUMP};

    return allow_each(f, SCMP_SYS(madvise), 2, UINT64_MAX, advice, COUNT_OF(advice)) &&
           allow_without(f, SCMP_SYS(mmap), 2, PROT_EXEC) &&
           allow_without(f, SCMP_SYS(mprotect), 2, PROT_EXEC);
}

/* What locks and conditions are made of, in glibc and musl. */
static bool allow_locks(scmp_filter_ctx f)
{
    static const uint64_t operations[] = {FUTEX_WAIT, FUTEX_WAKE, FUTEX_REQUEUE, FUTEX_WAIT_BITSET};
    const uint64_t flags = FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME;

    return allow_each(f, SCMP_SYS(futex), 1, ~flags, operations, COUNT_OF(operations));
}

/* Of signals it may send itself those of abort and thread_interrupt. (After SIGSTOP it would
 * neither work nor end.) */
static bool allow_signals(scmp_filter_ctx f)
{
    static const int signals[] = {SIGABRT, SIGURG};

    for (size_t i = 0; i < COUNT_OF(signals); i++) {
        const struct scmp_arg_cmp both[] = {has_bits(0, UINT64_MAX, (uint64_t)getpid()),
                                            has_bits(2, UINT64_MAX, (uint64_t)signals[i])};

        if (seccomp_rule_add_array(f, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 2, both) != 0)
            return false;
    }
    return true;
}

/* ---- Files -------------------------------------------------------------------------------- */

#define SPECIAL_BITS 07000 /* set-user-ID and the like */

/* Where names begin: at a descriptor, not at the current folder. What the system does with an
 * absolute name no filter can see; Landlock forbids to open it. */
static struct scmp_arg_cmp is_descriptor(void)
{
    return has_bits(0, ~(uint64_t)(CAGE_DESCRIPTORS_MAX - 1), 0);
}

static bool allow_named(scmp_filter_ctx f, int call)
{
    const struct scmp_arg_cmp own = is_descriptor();

    return seccomp_rule_add_array(f, SCMP_ACT_ALLOW, call, 1, &own) == 0;
}

/* Opening existing files for reading. Not with O_PATH: Landlock does not check such descriptors.
 * C libraries look for files of the system at times, and can do without. */
static bool allow_open(scmp_filter_ctx f, bool has_folder)
{
    const struct scmp_arg_cmp plain = has_bits(2, O_ACCMODE | O_CREAT | O_TRUNC | O_PATH, 0);
    const struct scmp_arg_cmp own[] = {is_descriptor(), plain};
    const struct scmp_arg_cmp current[] = {has_bits(0, UINT32_MAX, (uint32_t)AT_FDCWD), plain};

    return seccomp_rule_add_array(f, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(openat), 2, current) == 0 &&
           (!has_folder ||
            seccomp_rule_add_array(f, SCMP_ACT_ALLOW, SCMP_SYS(openat), 2, own) == 0);
}

/* Creating files, and folders. O_EXCL and O_NOFOLLOW: never opening an existing file for writing,
 * and never a link. (With O_PATH the kernel ignores the other flags.) */
static bool allow_create(scmp_filter_ctx f)
{
    const uint64_t fresh = O_CREAT | O_EXCL | O_NOFOLLOW;
    const struct scmp_arg_cmp file[] = {is_descriptor(),
                                        has_bits(2, fresh | O_PATH | O_TRUNC, fresh),
                                        has_bits(3, SPECIAL_BITS, 0)};
    const struct scmp_arg_cmp folder[] = {is_descriptor(), has_bits(2, SPECIAL_BITS, 0)};

    return seccomp_rule_add_array(f, SCMP_ACT_ALLOW, SCMP_SYS(openat), 3, file) == 0 &&
           seccomp_rule_add_array(f, SCMP_ACT_ALLOW, SCMP_SYS(mkdirat), 2, folder) == 0;
}

/* Allows the call on descriptors above that of the sealed file, which are those that the worker has
 * created or may write to; if rule is not NULL, only if it holds too. */
static bool allow_behind_input(scmp_filter_ctx f, int call, const struct scmp_arg_cmp *rule)
{
    static const struct {
        uint64_t first, count; /* a power of two, of which first is a multiple */
    } ranges[] = {{PLAT_WORKER_FD_FIRST + 1, 1}, {6, 2}, {8, 8}, {16, 16}, {32, 32}};
    _Static_assert(PLAT_WORKER_FD_FIRST == 4 && CAGE_DESCRIPTORS_MAX == 64,
                   "the ranges are all others");

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

/* Properties of files: of those that are open only, where fstat_bare makes the system call fstat;
 * elsewhere fstat is a call that can take a name as well. */
static bool allow_stat(scmp_filter_ctx f)
{
    return HAS_BARE_FSTAT ||
           allow_each(f, SCMP_SYS(newfstatat), 3, UINT64_MAX, &(uint64_t){AT_EMPTY_PATH}, 1);
}

/* For a worker that reads a folder. plat_list_dir duplicates its descriptor. */
static bool allow_reading(scmp_filter_ctx f)
{
    static const int calls[] = {SCMP_SYS(getdents64), SCMP_SYS(lseek)};

    return allow_calls(f, calls, COUNT_OF(calls)) && allow_named(f, SCMP_SYS(newfstatat)) &&
           allow_named(f, SCMP_SYS(readlinkat)) &&
           allow_only(f, SCMP_SYS(fcntl), 1, F_DUPFD_CLOEXEC);
}

static bool allow_files(scmp_filter_ctx f, const struct plat_cage *cage)
{
    if (!allow_open(f, cage->folder >= 0) || !allow_writing(f, cage) || !allow_stat(f))
        return false;
    if (cage->folder_is_read)
        return allow_reading(f);
    return cage->folder < 0 || (allow_create(f) && allow_finish(f));
}

/* ---- The whole filter --------------------------------------------------------------------- */

static bool fill_allowed(scmp_filter_ctx f, const struct plat_cage *cage)
{
    return seccomp_attr_set(f, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) == 0 &&
           allow_calls(f, calls_always, COUNT_OF(calls_always)) && allow_clocks(f) &&
           allow_memory(f) && allow_locks(f) && allow_signals(f) &&
           allow_only(f, SCMP_SYS(fcntl), 1, F_GETFL) &&
           allow_only(f, SCMP_SYS(fcntl), 1, F_SETFD) && allow_files(f, cage);
}

bool cage_restrict_calls(const struct plat_cage *cage)
{
    scmp_filter_ctx f = seccomp_init(SCMP_ACT_KILL_PROCESS);
    bool done = f != NULL && seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1) == 0 &&
                fill_allowed(f, cage) && seccomp_load(f) == 0;

    if (f != NULL)
        seccomp_release(f);
    return done;
}

/* ---- The programs themselves -------------------------------------------------------------- */

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

/* A worker is this program, from its open descriptor (fexecve). */
static bool refuse_programs(scmp_filter_ctx f, bool with_worker)
{
    static const int calls[] = {SCMP_SYS(execve), SCMP_SYS(memfd_create)};
    const struct scmp_arg_cmp by_name = has_bits(4, AT_EMPTY_PATH, 0);

    if (!with_worker)
        return refuse_calls(f, calls_programs, COUNT_OF(calls_programs));
    return refuse_calls(f, calls, COUNT_OF(calls)) &&
           seccomp_rule_add_array(f, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(execveat), 1, &by_name) == 0;
}

void plat_process_restrict(bool with_worker)
{
    scmp_filter_ctx f = UNDER_SANITIZER ? NULL : seccomp_init(SCMP_ACT_ALLOW);

    if (f == NULL)
        return;
    if (refuse_calls(f, calls_network, COUNT_OF(calls_network)) &&
        refuse_calls(f, calls_others, COUNT_OF(calls_others)) && refuse_programs(f, with_worker))
        (void)seccomp_load(f);
    seccomp_release(f);
}
