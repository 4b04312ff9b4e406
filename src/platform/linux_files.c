/*
 * The part of the cage that restricts files: Landlock.
 */
#include "platform/linux_cage.h"

#include <sys/syscall.h>
#include <unistd.h>

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
bool cage_restrict_files(const struct plat_cage *cage)
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
