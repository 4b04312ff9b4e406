/*
 * Landlock: the part of the cage that restricts files, and the confinement of the program.
 */
#include "platform/linux_cage.h"

#include <fcntl.h>
#include <link.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "platform/confine.h"
#include "platform/posix.h"
#include "platform/process.h"

/* Numbers of the kernel's ABI (its Documentation/userspace-api/landlock.rst), because the headers
 * of many systems are older than the kernel they run on. */
#define SYS_LANDLOCK_CREATE_RULESET 444
#define SYS_LANDLOCK_ADD_RULE 445
#define SYS_LANDLOCK_RESTRICT_SELF 446
#define LANDLOCK_TELL_VERSION 1
#define LANDLOCK_BENEATH 1

#define MAY_EXECUTE (UINT64_C(1) << 0)
#define MAY_WRITE_FILE (UINT64_C(1) << 1)
#define MAY_READ_FILE (UINT64_C(1) << 2)
#define MAY_READ_DIR (UINT64_C(1) << 3)
#define MAY_REMOVE_DIR (UINT64_C(1) << 4)
#define MAY_REMOVE_FILE (UINT64_C(1) << 5)
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

/* A ruleset without any rule yet, and what it will forbid to files; -1: no Landlock. */
static int new_rules(uint64_t *forbids)
{
    long version = syscall(SYS_LANDLOCK_CREATE_RULESET, NULL, 0, LANDLOCK_TELL_VERSION);
    struct ruleset r;
    size_t size;

    if (version < 1)
        return -1;
    size = make_ruleset(&r, version);
    *forbids = r.files;
    return (int)syscall(SYS_LANDLOCK_CREATE_RULESET, &r, size, 0);
}

static bool allow_beneath(int rules, int fd, uint64_t allowed)
{
    struct beneath b = {.allowed = allowed, .folder = fd};

    return syscall(SYS_LANDLOCK_ADD_RULE, rules, LANDLOCK_BENEATH, &b, 0) == 0;
}

static bool restrict_self(int rules)
{
    bool done = syscall(SYS_LANDLOCK_RESTRICT_SELF, rules, 0) == 0;

    (void)close(rules);
    return done;
}

/* ---- A worker ----------------------------------------------------------------------------- */

static bool allow_folder(int rules, const struct plat_cage *cage)
{
    const uint64_t reading = MAY_READ_FILE | MAY_READ_DIR;
    const uint64_t filling = MAY_WRITE_FILE | MAY_READ_DIR | MAY_MAKE_DIR | MAY_MAKE_FILE;

    return cage->folder < 0 ||
           allow_beneath(rules, cage->folder, cage->folder_is_read ? reading : filling);
}

/* Landlock forbids what no rule allows: here all files except those in the folder. */
bool cage_restrict_files(const struct plat_cage *cage)
{
    uint64_t forbids;
    int rules = new_rules(&forbids);

    if (rules < 0)
        return false;
    if (!allow_folder(rules, cage)) {
        (void)close(rules);
        return false;
    }
    return restrict_self(rules);
}

/* ---- The program -------------------------------------------------------------------------- */

/* What the rules of the program forbid to files. There is one program in a process. */
static uint64_t program_forbids;

int plat_confine_begin(void)
{
    return UNDER_SANITIZER ? -1 : new_rules(&program_forbids);
}

static uint64_t rights_of(enum plat_may may, bool is_folder)
{
    switch (may) {
    case PLAT_MAY_READ:
        return MAY_READ_FILE | (is_folder ? MAY_READ_DIR : 0);
    case PLAT_MAY_LIST:
        return MAY_READ_DIR;
    case PLAT_MAY_WRITE:
        return MAY_READ_FILE | MAY_WRITE_FILE | MAY_TRUNCATE;
    default:
        return MAY_READ_FILE | MAY_READ_DIR | MAY_WRITE_FILE | MAY_TRUNCATE | MAY_MAKE_FILE |
               MAY_MAKE_DIR | MAY_REMOVE_FILE | MAY_REMOVE_DIR;
    }
}

/* Closes fd; -1: nothing is allowed. */
static void allow_open(int rules, int fd, enum plat_may may, uint64_t more)
{
    struct stat st;

    if (fd >= 0 && fstat(fd, &st) == 0)
        (void)allow_beneath(rules, fd,
                            (rights_of(may, S_ISDIR(st.st_mode)) | more) & program_forbids);
    if (fd >= 0)
        (void)close(fd);
}

static void allow_path(int rules, const char *path, enum plat_may may, uint64_t more)
{
    allow_open(rules, rules < 0 ? -1 : open(path, O_PATH | O_CLOEXEC), may, more);
}

void plat_confine_allow(int rules, const char *path, enum plat_may may)
{
    allow_path(rules, path, may, 0);
}

/* dl_iterate_phdr's: a library or the loader. The program itself has no name; the kernel's part has
 * one that is no path, and whoever filled this folder may have a file of that name in it. */
static int allow_object(struct dl_phdr_info *object, size_t size, void *rules)
{
    (void)size;
    if (object->dlpi_name[0] == '/')
        allow_path(*(const int *)rules, object->dlpi_name, PLAT_MAY_READ, MAY_EXECUTE);
    return 0;
}

/* The files that this process consists of: the worker will consist of the same. */
static void allow_program(int rules)
{
    allow_open(rules, plat_open_program(), PLAT_MAY_READ, MAY_EXECUTE);
    (void)dl_iterate_phdr(allow_object, &rules);
}

void plat_confine_enter(int rules)
{
    if (rules < 0)
        return;
    allow_program(rules);
    allow_path(rules, "/etc/ld.so.cache", PLAT_MAY_READ, 0);
    allow_path(rules, "/dev/null", PLAT_MAY_WRITE, 0);
    allow_path(rules, "/dev/urandom", PLAT_MAY_READ, 0); /* jansson's */
    allow_path(rules, "/proc", PLAT_MAY_READ, 0); /* its own, and what the worker waits for */
#ifdef SEAL_TESTING
    allow_path(rules, ".", PLAT_MAY_FILL, 0); /* where libraries of the tests write reports */
#endif
    (void)restrict_self(rules);
    limit_program_memory();
}
