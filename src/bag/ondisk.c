/*
 * A bag on disk: opening what is in it, and reading its lines.
 */
#include "bag/ondisk.h"
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define READ_LEN ((size_t)64 * 1024)

/* ---- Opening ------------------------------------------------------------------------------ */

int ondisk_open_name(int at, const char *name, struct plat_stat *st)
{
    int fd, saved;

    if (plat_stat_at(at, name, false, st) != 0)
        return -1;
    if (st->type != PLAT_FILE)
        return ONDISK_NO_FILE;
    fd = plat_open_file(at, name, false);
    if (fd < 0)
        return -1;
    /* It may have been replaced in between. */
    if (plat_stat_fd(fd, st) == 0 && st->type == PLAT_FILE)
        return fd;
    saved = st->type == PLAT_FILE ? errno : EINVAL;
    (void)plat_close(fd);
    errno = saved;
    return -1;
}

/* The folder that path is in, and *name gets its last part; at itself where it has one part. */
static int open_parent(int at, const char *path, const char **name)
{
    const char *slash;
    int fd = at;

    while (fd >= 0 && (slash = strchr(path, '/')) != NULL) {
        char *part = text_copy(path, (size_t)(slash - path));
        int next = part == NULL ? -1 : plat_open_dir(fd, part, false);
        int saved = part == NULL ? ENOMEM : errno;

        free(part);
        if (fd != at)
            (void)plat_close(fd);
        errno = saved;
        fd = next;
        path = slash + 1;
    }
    *name = path;
    return fd;
}

static void close_parent(int fd, int at)
{
    int saved = errno;

    if (fd != at)
        (void)plat_close(fd);
    errno = saved;
}

int ondisk_open(int at, const char *path, struct plat_stat *st)
{
    const char *name;
    int dir = open_parent(at, path, &name);
    int fd;

    if (dir < 0)
        return -1;
    fd = ondisk_open_name(dir, name, st);
    close_parent(dir, at);
    return fd;
}

int ondisk_stat(int at, const char *path, struct plat_stat *st)
{
    const char *name;
    int dir = open_parent(at, path, &name);
    int result;

    if (dir < 0)
        return -1;
    result = plat_stat_at(dir, name, false, st);
    close_parent(dir, at);
    return result;
}

const char *ondisk_type_text(enum plat_type type)
{
    switch (type) {
    case PLAT_FILE:
        return "a file";
    case PLAT_DIR:
        return "a folder";
    case PLAT_LINK:
        return "a link";
    case PLAT_FIFO:
        return "a fifo";
    case PLAT_SOCKET:
        return "a socket";
    case PLAT_DEVICE:
        return "a device";
    case PLAT_OTHER:
    default:
        return "no file";
    }
}

/* ---- Lines -------------------------------------------------------------------------------- */

struct line_reader {
    const struct line_taker *taker;
    struct buffer line; /* so far */
    uint64_t number;
    bool cut, after_cr;
};

static enum seal_status out_of_memory(struct fault *fault)
{
    return fault_no_memory(fault);
}

static enum seal_status end_line(struct line_reader *r, struct fault *fault)
{
    struct text_line line = {.len = r->line.len, .number = ++r->number, .cut = r->cut};

    if (buffer_append(&r->line, "", 1) != SEAL_OK)
        return out_of_memory(fault);
    line.text = (char *)r->line.data;
    r->line.len = 0;
    r->cut = false;
    return r->taker->take(r->taker->ctx, &line, fault);
}

static enum seal_status add_to_line(struct line_reader *r, const char *text, size_t len,
                                    struct fault *fault)
{
    size_t room = ONDISK_LINE_MAX - r->line.len;

    r->cut = r->cut || len > room;
    if (buffer_append(&r->line, text, len < room ? len : room) != SEAL_OK)
        return out_of_memory(fault);
    return SEAL_OK;
}

static const char *find_end(const struct line_reader *r, const char *text, size_t len)
{
    const char *lf = memchr(text, '\n', len);
    const char *cr =
        r->taker->cr_ends ? memchr(text, '\r', lf == NULL ? len : (size_t)(lf - text)) : NULL;

    return cr != NULL ? cr : lf;
}

static enum seal_status take_text(struct line_reader *r, const char *text, size_t len,
                                  struct fault *fault)
{
    while (len > 0) {
        const char *end;
        size_t n;

        if (r->after_cr && *text == '\n') { /* the other half of the line's end */
            text++;
            len--;
        }
        r->after_cr = false;
        end = find_end(r, text, len);
        n = end == NULL ? len : (size_t)(end - text);
        if (n > 0 && add_to_line(r, text, n, fault) != SEAL_OK)
            return fault->status;
        if (end == NULL)
            return SEAL_OK;
        if (end_line(r, fault) != SEAL_OK)
            return fault->status;
        r->after_cr = *end == '\r';
        text += n + 1;
        len -= n + 1;
    }
    return SEAL_OK;
}

static enum seal_status read_lines(struct line_reader *r, int fd, char *chunk, int *sys,
                                   struct sha256 *hash, struct fault *fault)
{
    uint64_t off = 0;

    for (;;) {
        int64_t n;

        if (stop_requested())
            return fault_set(fault, REASON_INTERRUPTED, NULL);
        n = plat_read_at(fd, chunk, READ_LEN, off);
        if (n < 0)
            *sys = errno;
        if (n <= 0)
            break;
        sha256_add(hash, chunk, (size_t)n);
        if (take_text(r, chunk, (size_t)n, fault) != SEAL_OK)
            return fault->status;
        off += (uint64_t)n;
    }
    return r->line.len > 0 ? end_line(r, fault) : SEAL_OK; /* the last end may be missing */
}

enum seal_status ondisk_lines(int fd, const struct line_taker *taker, int *sys, uint8_t *digest,
                              struct fault *fault)
{
    struct line_reader r = {.taker = taker};
    char *chunk = malloc(READ_LEN);
    struct sha256 hash;
    enum seal_status status;

    *sys = 0;
    sha256_start(&hash);
    status = chunk == NULL ? out_of_memory(fault) : read_lines(&r, fd, chunk, sys, &hash, fault);
    if (digest != NULL)
        sha256_end(&hash, digest);
    buffer_free(&r.line);
    free(chunk);
    return status;
}
