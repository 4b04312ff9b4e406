/*
 * The cage on Linux. Each part is in force without the others: Landlock restricts files, seccomp
 * restricts system calls, another user ID without capabilities takes rights away, resource limits
 * restrict amounts, and namespaces hide the rest of the system.
 */
#include "platform/linux_cage.h"

#include <linux/capability.h>
#include <malloc.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "platform/crew.h"
#include "platform/posix.h"

/* ---- Rights ------------------------------------------------------------------------------- */

/* kept is zero, or CAP_DAC_READ_SEARCH: root may check a bag that only its owner can read. */
static bool keep_capabilities(uint32_t kept)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {
        {.effective = kept, .permitted = kept}};

    return syscall(SYS_capset, &head, data) == 0;
}

/* Becomes the user that plat_chown_to_worker gave the folder to. If that failed (a file system
 * without owners), or the folder is only read, it is not the worker's, and the user stays the same.
 */
static bool become_other(const struct plat_cage *cage)
{
    struct stat st;

    if (cage->folder < 0)
        return become_worker_user();
    if (cage->folder_is_read || fstat(cage->folder, &st) != 0 || !is_worker_uid(st.st_uid))
        return true;
    return become_user(st.st_uid);
}

/* Each step is tried even if one before it failed. no_new_privs comes first: Landlock and seccomp
 * need it. */
static bool restrict_rights(const struct plat_cage *cage)
{
    const pid_t parent = getppid();
    const uint32_t reading = UINT32_C(1) << CAP_DAC_READ_SEARCH;
    bool done = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;

    if (geteuid() == 0 && !cage->keeps_user)
        done = become_other(cage) && done;
    /* Also who is not root has some in a namespace of users. */
    done = keep_capabilities(geteuid() == 0 && cage->folder_is_read ? reading : 0) && done;
    /* The kernel resets both when the user changes. */
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 && getppid() == parent && done;
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
    mapped = memory_mapped(); /* by a name that has no meaning in there */
    cage_enter_namespaces(cage);
    if (!restrict_rights(cage))
        missing |= PLAT_CAGE_PRIVILEGES;
    if (!cage_restrict_files(cage))
        missing |= PLAT_CAGE_FILES;
    *crew = start_crew(cage);
    if (!cage_restrict_amounts(cage, mapped))
        missing |= PLAT_CAGE_LIMITS;
    if (!cage_restrict_calls(cage))
        missing |= PLAT_CAGE_CALLS;
    return missing;
}
