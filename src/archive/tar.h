/*
 * The encodings of the tar (format section 5.1; POSIX.1, pax), read: ustar headers (ustar.c), the
 * records of pax extended headers (pax.c), and both together (tar_header.c). Private to this room.
 */
#ifndef SEAL_ARCHIVE_TAR_H
#define SEAL_ARCHIVE_TAR_H

#include "archive/archive.h"

/* ---- ustar headers ------------------------------------------------------------------------ */

#define TAR_BLOCK_LEN 512
#define TAR_TYPE_FILE '0'
#define TAR_TYPE_DIR '5'
#define TAR_TYPE_PAX 'x'

/* POSIX.1, pax, "ustar Interchange Format". Numbers are octal digits; text ends in NUL where the
 * field is not full. */
struct ustar_header {
    char name[100];
    char mode[8];
    char uid[8];
    char gid[8];
    char size[12];
    char mtime[12];
    char checksum[8];
    char type;
    char linkname[100];
    char magic[6];
    char version[2];
    char uname[32];
    char gname[32];
    char devmajor[8];
    char devminor[8];
    char prefix[155];
    char pad[12];
};

_Static_assert(sizeof(struct ustar_header) == TAR_BLOCK_LEN, "a header is a block");

/* Whether checksum, magic and version are right. */
bool ustar_is_valid(const struct ustar_header *h);
/* A field with a number; false if it is none. */
#define USTAR_READ(value, field) ustar_read_number((value), (field), sizeof(field))
MUST_USE bool ustar_read_number(uint64_t *value, const char *field, size_t size);
/* Appends prefix and name. SEAL_NO_MEMORY, without a fault. */
MUST_USE enum seal_status ustar_read_path(struct buffer *path, const struct ustar_header *h);

/* Zero bytes behind that many bytes of data, up to the end of the block. */
size_t tar_padding_len(uint64_t data_len);

/* ---- pax records -------------------------------------------------------------------------- */

/* What the records say about an entry. */
struct pax_values {
    bool has_path, has_size, has_mtime;
    struct buffer *path; /* the caller's; its content is replaced if there is a path record */
    uint64_t size;       /* at most INT64_MAX */
    struct timestamp mtime;
};

/* SEAL_HOSTILE: a record is malformed, there are more than PAX_KEYWORDS_MAX, a keyword comes twice,
 * or makes another kind of entry for some reader (section 5.1). SEAL_NO_MEMORY. */
MUST_USE enum seal_status pax_read(struct pax_values *values, const char *records, size_t len,
                                   struct fault *fault);

/* ---- Entries ------------------------------------------------------------------------------ */

/* Makes the entry of its header and what pax_read gave, all zero if there are no records; pax->path
 * is a buffer in any case, into which the entry's path points then. pax_len is the caller's to set.
 * SEAL_HOSTILE, SEAL_NO_MEMORY. */
MUST_USE enum seal_status tar_entry_take(struct tar_entry *e, const struct ustar_header *h,
                                         const struct pax_values *pax, struct fault *fault);

#endif
