/*
 * A bag on disk: opening what is in it, reading its lines, walking its tree. Always relative to an
 * open folder and part by part, never through a link. Private to this room.
 */
#ifndef SEAL_BAG_ONDISK_H
#define SEAL_BAG_ONDISK_H

#include "bag/items.h"
#include "platform/platform.h"

/* ---- Opening ------------------------------------------------------------------------------ */

/* Neither a file nor an error: a folder, a link, a device... */
#define ONDISK_NO_FILE (-2)

/* The file name in the folder at: open for reading, -1 with errno, or ONDISK_NO_FILE with what it
 * is in st. What is no file is never opened. */
int ondisk_open_name(int at, const char *name, struct plat_stat *st);
/* The same for a path. ENOTDIR or ELOOP: something above it is no folder. */
int ondisk_open(int at, const char *path, struct plat_stat *st);
int ondisk_stat(int at, const char *path, struct plat_stat *st);
/* "a link", "a folder"... */
const char *ondisk_type_text(enum plat_type type);

/* ---- Lines -------------------------------------------------------------------------------- */

/* No path needs a longer one. */
#define ONDISK_LINE_MAX ((size_t)512 * 1024)

struct text_line {
    char *text; /* without its end, and with a NUL behind it; may be written to */
    size_t len;
    uint64_t number; /* from 1 on */
    bool cut;        /* it was longer than ONDISK_LINE_MAX, and this is its beginning */
};

struct line_taker {
    enum seal_status (*take)(void *ctx, const struct text_line *line, struct fault *fault);
    void *ctx;
    bool cr_ends; /* CR and CR LF end a line too (RFC 8493, 2.1.3) */
};

/* Reads all lines of an open file. *sys gets errno if it could not be read to its end, else 0.
 * digest (may be NULL): SHA-256 of the bytes read. SEAL_NO_MEMORY, SEAL_INTERRUPTED, or what take
 * returned. */
MUST_USE enum seal_status ondisk_lines(int fd, const struct line_taker *taker, int *sys,
                                       uint8_t *digest, struct fault *fault);

/* ---- Names -------------------------------------------------------------------------------- */

struct ondisk_names {
    char **list;
    size_t count, cap;
    bool failed; /* for want of memory */
};

/* The names in an open folder, in byte order. -1 with errno: that are not all. */
int ondisk_names_read(struct ondisk_names *names, int dirfd);
void ondisk_names_free(struct ondisk_names *names);

/* ---- Walking ------------------------------------------------------------------------------ */

struct ondisk_entry {
    const char *path; /* in the bag, with a NUL behind it */
    size_t path_len;
    int dirfd; /* the folder it is in; not for the topmost */
    const char *name;
    struct plat_stat st;
};

/* Each returns SEAL_OK to go on. */
struct ondisk_visitor {
    void *ctx;
    /* What is no folder. */
    enum seal_status (*file)(void *ctx, const struct ondisk_entry *e, struct fault *fault);
    /* A folder, before what is in it. */
    enum seal_status (*folder)(void *ctx, const struct ondisk_entry *e, struct fault *fault);
    /* What could not be looked at, for whatever reason; nothing is known about what is below. */
    enum seal_status (*trouble)(void *ctx, const char *path, size_t path_len, const char *why,
                                struct fault *fault);
};

/* The folder top in at and all below it: in each folder first what is no folder, in byte order,
 * then the folders. No depth needs more than a few descriptors or any of the stack. */
MUST_USE enum seal_status ondisk_walk(int at, const char *top, const struct ondisk_visitor *visitor,
                                      struct fault *fault);

#endif
