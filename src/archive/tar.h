/*
 * The encodings of the tar (format section 5.1; POSIX.1, pax): ustar headers (ustar.c) and the
 * records of pax extended headers (pax.c), both ways. Private to this room.
 */
#ifndef SEAL_ARCHIVE_TAR_H
#define SEAL_ARCHIVE_TAR_H

#include "archive/archive.h"

/* ---- ustar headers ------------------------------------------------------------------------ */

#define TAR_BLOCK_LEN 512
#define TAR_TYPE_FILE '0'
#define TAR_TYPE_DIR '5'
#define TAR_TYPE_PAX 'x'
/* The largest number that eleven octal digits hold: sizes and times above stand in pax records. */
#define TAR_NUMBER_MAX UINT64_C(077777777777)
/* Bytes of a path that the header holds; longer ones stand in a pax record. */
#define TAR_NAME_LEN_MAX 100

/* POSIX.1, pax, "ustar Interchange Format". Numbers are octal digits; text ends in NUL where the
 * field is not full. */
struct ustar_header {
    char name[TAR_NAME_LEN_MAX];
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

/* The fields of a header that mean something in this format. */
struct ustar_fields {
    char type;
    uint64_t mode;
    uint64_t size;  /* at most TAR_NUMBER_MAX */
    uint64_t mtime; /* seconds since 1970; at most TAR_NUMBER_MAX */
};

/* name: at most TAR_NAME_LEN_MAX bytes. */
void ustar_write(struct ustar_header *h, const struct ustar_fields *fields, const char *name,
                 size_t name_len);
/* Whether checksum, magic and version are right. */
bool ustar_is_valid(const struct ustar_header *h);
/* False: a field is no number. The second reads the size alone, all that counts in an x header. */
MUST_USE bool ustar_read(struct ustar_fields *fields, const struct ustar_header *h);
MUST_USE bool ustar_read_size(uint64_t *size, const struct ustar_header *h);
/* Appends prefix and name. SEAL_NO_MEMORY, without a fault. */
MUST_USE enum seal_status ustar_read_path(struct buffer *path, const struct ustar_header *h);

/* Zero bytes behind that many bytes of data, up to the end of the block. */
size_t tar_padding_len(uint64_t data_len);

/* ---- pax records -------------------------------------------------------------------------- */

/* Makes the records for what the ustar header cannot hold: none, if it holds all. path is as it
 * stands in the tar, with the final slash of a folder. SEAL_NO_MEMORY, without a fault. */
MUST_USE enum seal_status pax_write(struct buffer *records, const char *path, size_t path_len,
                                    const struct tar_entry *entry);

/* What the records say about an entry. */
struct pax_values {
    bool has_path, has_size, has_mtime;
    struct buffer *path; /* the caller's; its content is replaced if there is a path record */
    uint64_t size;       /* at most INT64_MAX */
    struct timestamp mtime;
};

/* SEAL_HOSTILE: a record is malformed, or has a keyword that makes another kind of entry for some
 * reader (section 5.1). SEAL_NO_MEMORY. */
MUST_USE enum seal_status pax_read(struct pax_values *values, const char *records, size_t len,
                                   struct fault *fault);

#endif
