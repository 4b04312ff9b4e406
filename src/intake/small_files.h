/*
 * Small payload files, of which a bag can have very many: hashed, written and closed in batches by
 * the threads of the crew. Private to this room.
 */
#ifndef SEAL_INTAKE_SMALL_FILES_H
#define SEAL_INTAKE_SMALL_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "intake/entry_writer.h"

/* Bytes of the largest file that goes this way. */
#define SMALL_FILE_MAX ((size_t)64 * 1024)

struct small_files;

/* crew, which may be NULL, writer and check must outlive it. */
MUST_USE enum seal_status small_files_new(struct small_files **out, struct crew *crew,
                                          struct entry_writer *writer, struct bag_check *check,
                                          struct fault *fault);
/* *data gets room for SMALL_FILE_MAX bytes of the next file. */
MUST_USE enum seal_status small_files_reserve(struct small_files *s, uint8_t **data,
                                              struct fault *fault);
/* The len bytes put there are the content of entry, the payload file that check is at. Creates the
 * file; the rest is done later, and a fault of that may show in any later call. */
MUST_USE enum seal_status small_files_add(struct small_files *s, const struct tar_entry *entry,
                                          size_t len, struct fault *fault);
/* Waits until all files are closed; then check knows their digests. To be called before the first
 * tag file, and at the end also after a failure. status is what came of the entries behind these
 * files; returned is the first fault of the files, or else status. */
MUST_USE enum seal_status small_files_finish(struct small_files *s, enum seal_status status,
                                             struct fault *fault);
void small_files_free(struct small_files *s);

#endif
