/*
 * output: files and folders that appear under their name only when they are whole.
 *
 * Each is written under a temporary name (NAME.xxxxxxxx.partial) beside its final place and renamed
 * when everything in it is on the medium. If the program fails or is asked to stop, it removes what
 * it has made, or tells what it cannot remove; if it is killed, leftovers_remove() of a later run
 * does.
 *
 * Order of calls: output_create, write to fd, then output_finish and output_reopen if what was
 * written is to be read back, then output_commit. output_abort at any point undoes all of it.
 */
#ifndef SEAL_OUTPUT_H
#define SEAL_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/files.h"

/* What became of something unfinished. */
enum leftover_fate {
    /* Left by a killed program: */
    LEFTOVER_REMOVED,
    LEFTOVER_STAYS,    /* it could not be removed: sys is errno */
    LEFTOVER_DOUBTFUL, /* not removed: locks mean nothing on this file system, so a program may
                          still be writing it */
    LEFTOVER_EXPOSED,  /* not removed: a folder in a place where another user may have given it this
                          name */
    /* Of this program, which could not remove it: sys is errno. */
    LEFTOVER_OWN,
    LEFTOVER_OWN_SECRET, /* a secret key without a passphrase is in it */
    LEFTOVER_FATES
};

/* ---- A file ------------------------------------------------------------------------------- */

struct output {
    int fd; /* to write to */
    enum plat_access access;
    bool is_stdout; /* then there is nothing to rename or to remove */
    int lock;       /* a duplicate of fd; while it is open the file counts as in use */
    int dirfd;
    char *path;       /* as the user calls it */
    const char *name; /* without the folder, in path */
    char *temporary;
};

/* SEAL_EXISTS: something has that name in the folder at; path is what the user calls it. */
MUST_USE enum seal_status output_refuse_taken(int at, const char *name, const char *path,
                                              struct fault *fault);

/* path "-" is standard output. SEAL_EXISTS if path exists; output_commit checks that again,
 * atomically. After a failure of this or of what follows, output_abort is to be called. */
MUST_USE enum seal_status output_create(struct output *o, const char *path, enum plat_access access,
                                        struct fault *fault);
/* Writes the file to the medium and closes fd; it keeps its temporary name until output_commit. */
MUST_USE enum seal_status output_finish(struct output *o, struct fault *fault);
/* Opens for reading what output_finish wrote to the medium; -1 with errno. */
int output_reopen(const struct output *o);
/* output_finish, unless that was called, then gives the file its name, which ends the use of *o.
 * SEAL_IO, REASON_EXCHANGED: in a folder where others can write, somebody put something else in its
 * place. It gets the name, and stays. */
MUST_USE enum seal_status output_commit(struct output *o, struct fault *fault);
/* Removes the temporary file, or tells its path with that fate, LEFTOVER_OWN or another; does
 * nothing after output_commit or on an all-zero *o. */
void output_abort(struct output *o, enum leftover_fate fate,
                  void (*tell)(const char *path, enum leftover_fate fate, int sys));

/* ---- A folder ----------------------------------------------------------------------------- */

/* PLAT_PRIVATE until it has its name, then PLAT_SHARED. */
struct output_dir {
    int fd;     /* to create entries in */
    int parent; /* the folder it is in */
    char *path;
    const char *name; /* in path */
    char *temporary;
    bool committed;
};

/* SEAL_EXISTS if path exists; output_dir_commit checks that again, atomically. */
MUST_USE enum seal_status output_dir_create(struct output_dir *o, const char *path,
                                            struct fault *fault);
/* Writes the folder and all in it to the medium, then gives it its name; as output_commit. Until
 * output_dir_keep it can still be undone by output_dir_abort, which the caller must call after a
 * failure. */
MUST_USE enum seal_status output_dir_commit(struct output_dir *o, struct fault *fault);
/* Ends the use of *o; the folder stays. */
void output_dir_keep(struct output_dir *o);
/* Removes the folder and all in it, or tells its path with LEFTOVER_OWN; does nothing after
 * output_dir_keep or on an all-zero *o. */
void output_dir_abort(struct output_dir *o,
                      void (*tell)(const char *path, enum leftover_fate fate, int sys));

/* ---- Temporary files and folders ---------------------------------------------------------- */

/* What the functions above build on. Each creates NAME.xxxxxxxx.partial (x: a random hexadecimal
 * digit) in the folder dirfd and returns its descriptor; -1 with errno. It is locked as long as the
 * descriptor or a duplicate of it is open: that tells leftovers_remove that it is in use. A folder
 * is PLAT_PRIVATE. *temporary is the name, malloc'ed; NULL on failure. */
int partial_create_file(int dirfd, const char *name, enum plat_access access, char **temporary);
int partial_create_dir(int dirfd, const char *name, char **temporary);

/* What to say when one of these fails: errno, or that the folder's file system takes no more files.
 */
enum seal_status output_fault(int dirfd, const char *path, struct fault *fault);

/* ---- Leftovers of killed programs --------------------------------------------------------- */

/* Removes temporary files and folders of programs that were killed, in the folder of path: those
 * whose final name is path's, or, if is_name is not NULL, those whose final name (len bytes,
 * without a NUL) it accepts. Calls tell for each, with its path. Call it before creating an output
 * in that folder. */
void leftovers_remove(const char *path, bool (*is_name)(const char *name, size_t len),
                      void (*tell)(const char *path, enum leftover_fate fate, int sys));
/* Calls tell for what has that name in the folder of path. */
void leftover_tell(const char *path, const char *name, enum leftover_fate fate, int sys,
                   void (*tell)(const char *path, enum leftover_fate fate, int sys));

#endif
