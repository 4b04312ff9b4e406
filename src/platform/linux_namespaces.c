/*
 * The part of the cage that hides what else there is: namespaces. Many systems give them only to
 * root, or not at all, so nothing depends on them, and it is not said when they are missing.
 *
 * A worker of root's needs no namespace of users. Everybody else's has one in which its user has no
 * name; for the file system it stays the user that it is.
 */
#include "platform/linux_cage.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "platform/posix.h"

/* Numbers of the kernel's ABI (include/uapi/linux/mount.h and its tables of system calls): the
 * headers of many systems are older than the kernel they run on. */
#define SYS_OPEN_TREE 428
#define SYS_FSOPEN 430
#define SYS_FSCONFIG 431
#define SYS_FSMOUNT 432
#define TREE_CLONE 1U
#define TREE_CLOEXEC ((unsigned int)O_CLOEXEC)
#define TREE_RECURSIVE 0x8000U
#define CONFIG_CREATE 6
#define MOUNT_BARE 0xfU /* read-only, and no devices, programs or set-user-ID */

#ifndef CLONE_NEWCGROUP
#define CLONE_NEWCGROUP 0x02000000
#endif

/* ---- Processes ---------------------------------------------------------------------------- */

/* Who begins a namespace of users has all capabilities in it, and loses them when it executes a
 * program, but for those that are ambient. cage_enter_namespaces needs two. */
static void keep_for_program(void)
{
    static const unsigned int kept[] = {CAP_SYS_ADMIN, CAP_SYS_CHROOT};
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{.effective = 0}};

    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        data[0].inheritable |= UINT32_C(1) << kept[i];
    data[0].effective = data[0].permitted = data[0].inheritable;
    (void)syscall(SYS_capset, &head, data);
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, kept[i], 0, 0);
}

/* The child is the first in a namespace of processes: it sees no others, and what it sends to
 * itself does not stop it. */
pid_t fork_apart(void)
{
    const int users = geteuid() == 0 ? 0 : CLONE_NEWUSER;
    long pid =
        UNDER_SANITIZER ? -1 : syscall(SYS_clone, users | CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);

    if (pid == 0 && users != 0)
        keep_for_program();
    return pid < 0 ? fork() : (pid_t)pid;
}

/* ---- Files -------------------------------------------------------------------------------- */

/* A view of the current folder in which nothing is above it. */
static int view_of_folder(void)
{
    return (int)syscall(SYS_OPEN_TREE, AT_FDCWD, ".", TREE_CLONE | TREE_CLOEXEC | TREE_RECURSIVE);
}

static int view_of_nothing(void)
{
    int fs = (int)syscall(SYS_FSOPEN, "tmpfs", 0), view = -1;

    if (fs < 0)
        return -1;
    if (syscall(SYS_FSCONFIG, fs, CONFIG_CREATE, NULL, NULL, 0) == 0)
        view = (int)syscall(SYS_FSMOUNT, fs, 0, MOUNT_BARE);
    (void)close(fs);
    return view;
}

/* The view becomes where all names begin. folder, if there is one, becomes a descriptor of it,
 * since with the old one ".." would lead out; but where the program is confined to what is above it
 * (plat_confine_enter), Landlock does not let the view be opened, and forbids what is outside. */
static void move_into(int view, int folder)
{
    if (view < 0)
        return;
    if (fchdir(view) == 0 && chroot(".") == 0 && folder >= 0) {
        int inside = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (inside >= 0) {
            (void)dup2(inside, folder);
            (void)close(inside);
        }
    }
    (void)close(view);
}

/* ---- The whole ---------------------------------------------------------------------------- */

void cage_enter_namespaces(const struct plat_cage *cage)
{
    const int kinds = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;

    /* The kernel takes the current folder along into the new namespace of mounts, and lets only
     * what is in there be cloned. */
    if (cage->folder >= 0 && fchdir(cage->folder) != 0)
        return;
    if (unshare(kinds) != 0)
        return;
    move_into(cage->folder >= 0 ? view_of_folder() : view_of_nothing(), cage->folder);
}
