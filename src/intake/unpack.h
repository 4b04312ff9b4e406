/*
 * From entries to files and folders on disk: under which name, with which rights; private to this
 * room.
 */
#ifndef SEAL_INTAKE_UNPACK_H
#define SEAL_INTAKE_UNPACK_H

#include <stdatomic.h>

#include "intake/folder.h"
#include "intake/receive.h"

struct unpack {
    const struct intake_target *target;
    struct folder folder;
    struct bag_spelling *spelling; /* NULL: names stay as they are */
    bool has_as_sealed;            /* that folder was made */
    atomic_bool not_read_only;     /* the file system has no such thing; any thread finds out */
};

MUST_USE enum seal_status unpack_start(struct unpack *u, const struct intake_target *target,
                                       struct fault *fault);
void unpack_end(struct unpack *u);
/* The path on disk of what was unpacked, malloc'ed; NULL for want of memory. */
char *unpack_path(struct unpack *u, const char *path, size_t len);
/* The folders above an entry of the payload that had none of their own; and the entry itself, if it
 * is one. */
MUST_USE enum seal_status unpack_folders(struct unpack *u, const struct tar_entry *entry,
                                         const struct bag_place *place, struct fault *fault);

/* A file being written; a tag file may stand in two places. */
struct unpack_file {
    char *path; /* on disk */
    struct timestamp mtime;
    int fds[2]; /* -1: none */
};

MUST_USE enum seal_status unpack_create(struct unpack *u, const struct tar_entry *entry,
                                        struct unpack_file *file, struct fault *fault);
/* This and the next by any thread. */
MUST_USE enum seal_status unpack_write(struct unpack_file *file, const void *data, size_t len,
                                       struct fault *fault);
/* Gives it its time and rights and closes it; status is how writing it went, and what is returned
 * if that was not well. */
MUST_USE enum seal_status unpack_close(struct unpack *u, struct unpack_file *file,
                                       enum seal_status status, struct fault *fault);
/* After the last check: the record for names on disk, if it has to be another one; times and rights
 * of folders. */
MUST_USE enum seal_status unpack_finish(struct unpack *u, struct bag_check *check,
                                        struct fault *fault);

#endif
