#include "bag/reading.h"

#include <inttypes.h>
#include <string.h>

/* What is given up at a time where a medium fails, and how often a read is tried. */
#define SECTOR_LEN ((size_t)4096)
#define READ_TRIES 3
#define REMARK_LEN ((size_t)4000)

/* ---- What could not be read --------------------------------------------------------------- */

static enum seal_status holes_flush(struct holes *h)
{
    if (h->end == 0)
        return SEAL_OK;
    if (h->text.len > REMARK_LEN) {
        if (buffer_append(&h->lines, h->text.data, h->text.len) != SEAL_OK ||
            buffer_append(&h->lines, "", 1) != SEAL_OK)
            return SEAL_NO_MEMORY;
        h->text.len = 0;
    }
    return buffer_printf(&h->text, "%s%" PRIu64 "-%" PRIu64, h->text.len > 0 ? "," : "", h->first,
                         h->end - 1);
}

static enum seal_status holes_add(struct holes *h, uint64_t off, uint64_t len)
{
    if (h->end == 0 || h->end != off) {
        if (holes_flush(h) != SEAL_OK)
            return SEAL_NO_MEMORY;
        h->first = off;
    }
    h->end = off + len;
    return SEAL_OK;
}

static void holes_free(struct holes *h)
{
    buffer_free(&h->text);
    buffer_free(&h->lines);
    *h = (struct holes){.end = 0};
}

bool reading_has_holes(const struct reading *r)
{
    return r->holes.end != 0;
}

enum seal_status reading_holes(struct reading *r, const struct buffer **texts)
{
    struct holes *h = &r->holes;

    *texts = &h->lines;
    if (h->end == 0)
        return SEAL_OK;
    if (holes_flush(h) != SEAL_OK ||
        buffer_append(&h->lines, h->text.data, h->text.len) != SEAL_OK ||
        buffer_append(&h->lines, "", 1) != SEAL_OK)
        return SEAL_NO_MEMORY;
    return SEAL_OK;
}

/* ---- Reading ------------------------------------------------------------------------------ */

int reading_start(struct reading *r, int fd)
{
    reading_free(r);
    *r = (struct reading){.fd = fd};
    return plat_stat_fd(fd, &r->before) == 0 && r->before.type == PLAT_FILE ? 0 : -1;
}

static int64_t read_with_patience(int fd, uint8_t *buf, size_t len, uint64_t off)
{
    int64_t n = -1;

    for (int i = 0; i < READ_TRIES && n < 0; i++)
        n = plat_read_at(fd, buf, len, off);
    return n;
}

/* What is there, or, where the medium fails, zeros for one sector; 0 bytes at the end of the file.
 * A failing read may take a medium many seconds, so a large one that failed is not tried again:
 * its sectors are, each by itself, since the good ones among them are worth having. */
static enum seal_status read_piece(struct reading *r, uint8_t *buf, size_t want, size_t *len)
{
    size_t sector = SECTOR_LEN - (size_t)(r->off % SECTOR_LEN);
    int64_t n = -1;

    if (sector > want)
        sector = want;
    if (r->off >= r->careful_until) {
        n = plat_read_at(r->fd, buf, want, r->off);
        if (n < 0)
            r->careful_until = r->off + want;
    }
    if (n < 0)
        n = read_with_patience(r->fd, buf, sector, r->off);
    *len = n < 0 ? sector : (size_t)n;
    if (n >= 0)
        return SEAL_OK;
    memset(buf, 0, sector);
    return holes_add(&r->holes, r->off, sector);
}

enum seal_status reading_next(struct reading *r, uint8_t *buf, size_t room, size_t *len,
                              struct fault *fault)
{
    uint64_t left = r->before.size - r->off;
    size_t want = left < room ? (size_t)left : room;

    *len = 0;
    if (stop_requested())
        return fault_set(fault, REASON_INTERRUPTED, NULL);
    if (want == 0)
        return SEAL_OK;
    if (!r->ended && read_piece(r, buf, want, len) != SEAL_OK)
        return fault_no_memory(fault);
    if (*len == 0) {
        r->ended = true;
        *len = want;
        memset(buf, 0, want);
    }
    r->off += *len;
    if (!r->ended)
        r->got = r->off;
    return SEAL_OK;
}

enum reading_change reading_end(const struct reading *r)
{
    struct plat_stat after;
    uint8_t more;

    if (r->got < r->before.size)
        return READ_SHORT;
    if (plat_read_at(r->fd, &more, 1, r->before.size) > 0)
        return READ_LONGER;
    if (plat_stat_fd(r->fd, &after) == 0 && after.size == r->before.size &&
        timestamp_equal(after.mtime, r->before.mtime) &&
        timestamp_equal(after.changed, r->before.changed))
        return READ_STABLE;
    return READ_RETIMED;
}

void reading_free(struct reading *r)
{
    holes_free(&r->holes);
}
