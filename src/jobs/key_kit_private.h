/*
 * The files of a kit while it is made; private to this room.
 */
#ifndef SEAL_KEY_KIT_PRIVATE_H
#define SEAL_KEY_KIT_PRIVATE_H

#include "base/bytes.h"
#include "base/status.h"
#include "keys/keys.h"

/* Where files are written, and the lines of SHA256SUMS for those that are. */
struct kit_folder {
    int fd;
    struct buffer sums;
};

/* Both note the file in sums. */
MUST_USE enum seal_status kit_write_text(struct kit_folder *kit, const char *name, const void *text,
                                         size_t len, struct fault *fault);
/* Copies all of the open file `from`; the copy may be executed. */
MUST_USE enum seal_status kit_copy_file(struct kit_folder *kit, const char *name, int from,
                                        struct fault *fault);
/* Reads the kit once more where it lies at last, at path: some file systems lose what is in a
 * folder when it is renamed. SEAL_IO: a file is not what its line in sums says. */
MUST_USE enum seal_status kit_check_files(const struct buffer *sums, const char *path,
                                          struct fault *fault);

/* Writes each page of the folder `pages`, in all languages, with the keys' fingerprints filled
 * in. */
MUST_USE enum seal_status kit_write_pages(struct kit_folder *kit, const char *pages,
                                          const struct key_file *keys, struct fault *fault);

#endif
