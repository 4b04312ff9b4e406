/*
 * What becomes of the bytes that are written to a bad stick, and read from it.
 */
#include "badstick.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define PIECES_MAX 65536
#define DYING_USEC 20000

/* What lies where on a medium that wraps: bytes of a file, in the order they were written. */
static struct piece {
    int fd;
    off_t off;
    long long start, len;
} pieces[PIECES_MAX];
static size_t piece_count;

static void write_all(int fd, const char *data, long long len, off_t off)
{
    while (len > 0) {
        ssize_t n = pwrite(fd, data, (size_t)len, off);

        if (n <= 0)
            abort();
        data += n;
        len -= n;
        off += n;
    }
}

static void write_zeros(int fd, long long len, off_t off)
{
    static const char zeros[BLOCK];

    for (; len > 0; len -= BLOCK, off += BLOCK)
        write_all(fd, zeros, len < BLOCK ? len : BLOCK, off);
}

/* Whatever lay in the same place becomes this. */
static void write_over(int fd, const char *data, long long len, off_t off, long long start)
{
    for (size_t i = 0; i < piece_count; i++) {
        const struct piece *p = &pieces[i];
        long long from = p->start > start ? p->start : start;
        long long to = p->start + p->len < start + len ? p->start + p->len : start + len;

        if (from < to)
            write_all(p->fd, data + (from - start), to - from, p->off + (from - p->start));
    }
    if (piece_count == PIECES_MAX)
        abort();
    pieces[piece_count++] = (struct piece){fd, off, start, len};
}

static void write_wrapping(int fd, const char *data, long long len, off_t off)
{
    while (len > 0) {
        long long start = moved % limit, n = len < limit - start ? len : limit - start;

        write_all(fd, data, n, off);
        write_over(fd, data, n, off, start);
        moved += n;
        data += n;
        len -= n;
        off += n;
    }
}

int bad_write(const char *path, const char *data, size_t size, off_t off, struct fuse_file_info *fi)
{
    long long len = (long long)size, good = len, left;
    int fd = (int)fi->fh;

    (void)path;
    if (refused() != 0)
        return refused();
    left = kind == FULL ? limit - used : limit - moved;
    if (kind == LOSES || kind == FULL || kind == PULLED)
        good = len < left ? len : left > 0 ? left : 0;
    if (kind == WRAPS)
        write_wrapping(fd, data, len, off);
    else
        write_all(fd, data, good, off);
    used += good;
    if (kind == LOSES)
        write_zeros(fd, len - good, off + good);
    if (kind == LOSES || kind == PULLED)
        moved += len;
    if (kind == FULL && good == 0)
        return -ENOSPC;
    if (kind == PULLED && good < len)
        return -error;
    return (int)(kind == FULL ? good : len);
}

int bad_read(const char *path, char *data, size_t size, off_t off, struct fuse_file_info *fi)
{
    ssize_t n;

    (void)path;
    if (kind == DYING && off + (long long)size > limit)
        (void)usleep(DYING_USEC);
    if ((kind == FORWARD && off >= limit) || (kind == DYING && off + (long long)size > limit))
        return -EIO;
    if (kind == FORWARD && (long long)size > limit - off)
        size = (size_t)(limit - off);
    n = gone() != 0 ? 0 : pread((int)fi->fh, data, size, off);
    if (gone() == 0 && kind == PULLED && n > 0)
        moved += n;
    return gone() != 0 ? gone() : result((int)n);
}
