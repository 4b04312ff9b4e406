/*
 * Writes the entries of a bag's archive to files and folders on disk: under which name, with which
 * rights and times. Private to this room.
 */
#ifndef SEAL_INTAKE_ENTRY_WRITER_H
#define SEAL_INTAKE_ENTRY_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <stdatomic.h>

#include "archive/archive.h"
#include "bag/check/check.h"
#include "intake/folder.h"

/* Where a bag is unpacked, and how. */
struct unpack_target {
    int dirfd;        /* an empty folder that nobody else may enter; -1: only check */
    bool writable;    /* else what is unpacked becomes read-only, as far as the file system can */
    bool exact_names; /* names that not every system can hold stay as they are */
};

struct entry_writer {
    const struct unpack_target *target;
    struct folder folder;
    struct bag_spelling *spelling;        /* NULL: names stay as they are */
    bool has_as_sealed;                   /* the folder BAG_AS_SEALED_DIR was made */
    uint8_t respelled_digest[SHA256_LEN]; /* then, at the end: of the tagmanifest beside data/ */
    atomic_bool not_read_only; /* the file system has no such right; any thread may set it */
    /* Files and folders of the payload by how their times are on disk; any thread may count. */
    atomic_uint_fast64_t times[BAG_TIME_KINDS];
};

/* target must outlive the writer. */
MUST_USE enum seal_status
entry_writer_start(struct entry_writer *w, const struct unpack_target *target, struct fault *fault);
/* Also after a failure. */
void entry_writer_end(struct entry_writer *w);
/* How many items of the payload have which time on disk. */
void entry_writer_times(const struct entry_writer *w, uint64_t times[static BAG_TIME_KINDS]);
/* The path on disk of an entry that was written, malloc'ed; NULL: no memory. */
char *entry_writer_path(struct entry_writer *w, const char *path, size_t len);
/* To be called for every entry of the payload first: makes the folders above it that have no entry
 * of their own, and the entry itself if it is a folder. SEAL_LOCAL_NAME; SEAL_IO. */
MUST_USE enum seal_status entry_writer_make_folders(struct entry_writer *w,
                                                    const struct tar_entry *entry,
                                                    const struct bag_place *place,
                                                    struct fault *fault);

/* A file being written. A tag file may be written in two places. */
struct entry_file {
    char *path; /* on disk */
    struct timestamp mtime;
    bool is_evidence; /* else it is a file of the record */
    int fds[2];       /* -1: none */
};

/* Then write, then close, which must be called also after a failure of the other two. Writing and
 * closing can be done by any thread. */
MUST_USE enum seal_status entry_writer_create_file(struct entry_writer *w,
                                                   const struct tar_entry *entry,
                                                   struct entry_file *file, struct fault *fault);
MUST_USE enum seal_status entry_file_write(struct entry_file *file, const void *data, size_t len,
                                           struct fault *fault);
/* Sets times and rights and closes. status is how writing went: if not SEAL_OK, it is returned, and
 * the file is only closed. */
MUST_USE enum seal_status entry_writer_close_file(struct entry_writer *w, struct entry_file *file,
                                                  enum seal_status status, struct fault *fault);
/* After the last check of the bag. Sets times and rights of folders. If names were spelled
 * differently, first writes the record for the names on disk. */
MUST_USE enum seal_status entry_writer_finish(struct entry_writer *w, struct bag_check *check,
                                              struct fault *fault);

#endif
