/*
 * A bag on disk: opening files in it, reading their lines, walking its tree. Paths are always
 * opened relative to an open folder and part by part, never through a link, so that nothing outside
 * of the bag is read. Private to bag/recheck.
 */
#ifndef SEAL_BAG_DISK_ACCESS_H
#define SEAL_BAG_DISK_ACCESS_H

#include "bag/recheck/recheck.h"
#include "base/decoder.h"
#include "base/hash.h"
#include "base/status.h"
#include "platform/files.h"

/* ---- Opening (disk_open.c) ---------------------------------------------------------------- */

/* Neither a descriptor nor an error: a folder, a link, a device... is there. */
#define DISK_NO_FILE (-2)

/* Opens the file of that name in the folder at for reading. Returns a descriptor; -1 with errno; or
 * DISK_NO_FILE, with what it is in st. Nothing but a file is ever opened. */
int disk_open_name(int at, const char *name, struct plat_stat *st);
/* The same for a path below at. ENOTDIR or ELOOP: something above it is no folder. */
int disk_open(int at, const char *path, struct plat_stat *st);
int disk_stat(int at, const char *path, struct plat_stat *st);
/* What to tell of an entry that is no file: that it is one of its type, and that something of its
 * type is in the place of a file. */
enum bag_detail disk_is_detail(enum plat_type type);
enum bag_detail disk_in_place_detail(enum plat_type type);
/* The same of one that is not listed, which may be a file. */
enum bag_detail disk_added_detail(enum plat_type type, const char *path);

/* ---- Lines (disk_lines.c) ----------------------------------------------------------------- */

/* No path needs a longer line. */
#define DISK_LINE_MAX ((size_t)512 * 1024)

struct text_line {
    char *text; /* without its end, and with a NUL behind it; may be written to */
    size_t len;
    uint64_t number; /* from 1 on */
    bool cut;        /* it was longer than DISK_LINE_MAX, and this is its beginning */
};

/* Who gets the lines of a file. */
struct line_taker {
    enum seal_status (*take)(void *ctx, const struct text_line *line, struct fault *fault);
    void *ctx;
    bool cr_ends; /* CR and CR LF end a line too (RFC 8493, 2.1.3) */
    enum encoding encoding;
};

/* How a file of lines was found. */
struct line_file {
    int sys;                    /* errno if it could not be read to its end, else 0 */
    bool has_bom;               /* a byte order mark, which no line has */
    uint8_t digest[SHA256_LEN]; /* of the bytes that were read */
};

/* Reads all lines of an open file. SEAL_NO_MEMORY, SEAL_INTERRUPTED, or what take returned. */
MUST_USE enum seal_status disk_lines(struct line_file *file, int fd, const struct line_taker *taker,
                                     struct fault *fault);

/* ---- Names (disk_walk.c) ------------------------------------------------------------------ */

struct disk_names {
    char **list;
    size_t count, cap;
    bool no_memory; /* reading them failed for want of memory */
};

/* Reads the names in an open folder, in byte order. -1 with errno: some are missing. To be freed in
 * either case. */
int disk_names_read(struct disk_names *names, int dirfd);
void disk_names_free(struct disk_names *names);

/* ---- Walking (disk_walk.c) ---------------------------------------------------------------- */

struct disk_entry {
    const char *path; /* in the bag, with a NUL behind it */
    size_t path_len;
    int dirfd; /* the folder it is in, open */
    const char *name;
    struct plat_stat st;
};

/* Who is told of each entry. Each function returns SEAL_OK to go on. */
struct disk_visitor {
    void *ctx;
    /* A file, or anything else that is no folder. */
    enum seal_status (*file)(void *ctx, const struct disk_entry *e, struct fault *fault);
    /* A folder, before what is in it. */
    enum seal_status (*folder)(void *ctx, const struct disk_entry *e, struct fault *fault);
    /* Something could not be read, and what is below it is not visited. sys is errno if the detail
     * is BAG_DETAIL_SYSTEM, else 0. */
    enum seal_status (*trouble)(void *ctx, const char *path, size_t path_len,
                                enum bag_detail detail, int sys, struct fault *fault);
};

/* Visits the folder top in at and all below it: in each folder first what is no folder, in byte
 * order, then the folders. Uses less than a hundred descriptors and no stack, however deep the tree
 * is. */
MUST_USE enum seal_status disk_walk(int at, const char *top, const struct disk_visitor *visitor,
                                    struct fault *fault);

#endif
