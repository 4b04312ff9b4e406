/*
 * The header of an entry, with the pax records in front of it: the strict dialect of format section
 * 5.
 */
#include <string.h>

#include "archive/tar.h"
#include "base/text.h"

/* ---- Paths -------------------------------------------------------------------------------- */

bool tar_path_is_clean(const char *path, size_t len)
{
    size_t start = 0;

    if (len == 0 || len > PATH_LEN_MAX || memchr(path, '\0', len) != NULL ||
        !utf8_is_valid(path, len))
        return false;
    for (size_t i = 0; i <= len; i++) {
        size_t part = i - start;

        if (i < len && path[i] != '/')
            continue;
        if (part == 0 || (part == 1 && path[start] == '.') ||
            (part == 2 && path[start] == '.' && path[start + 1] == '.'))
            return false;
        start = i + 1;
    }
    return true;
}

size_t tar_path_parts(const char *path, size_t len)
{
    size_t parts = 1;

    for (size_t i = 0; i < len; i++)
        parts += path[i] == '/';
    return parts;
}

/* Checks the path that the buffer holds, and gives it to the entry. */
static enum seal_status finish_path(struct buffer *path, struct tar_entry *e, struct fault *fault)
{
    if (path->len > PATH_LEN_MAX)
        return fault_set(fault, REASON_ARCHIVE_PATH_LONG, NULL);
    if (e->is_dir && path->len > 0 && path->data[path->len - 1] == '/')
        path->len--;
    if (buffer_append(path, "", 1) != SEAL_OK)
        return fault_no_memory(fault);
    e->path = (const char *)path->data;
    e->path_len = path->len - 1;
    if (!tar_path_is_clean(e->path, e->path_len))
        return fault_set(fault, REASON_ARCHIVE_NAME, e->path);
    if (tar_path_parts(e->path, e->path_len) > PATH_PARTS_MAX)
        return fault_set(fault, REASON_ARCHIVE_PATH_DEEP, NULL);
    return SEAL_OK;
}

/* ---- Entries ------------------------------------------------------------------------------ */

static enum seal_status malformed(struct fault *fault)
{
    return fault_set(fault, REASON_ARCHIVE_MALFORMED, NULL);
}

/* A field that pax records override is not read: libarchive writes there, in base 256, what eleven
 * octal digits do not hold. */
enum seal_status tar_entry_take(struct tar_entry *e, const struct ustar_header *h,
                                const struct pax_values *pax, struct fault *fault)
{
    uint64_t mode, mtime = 0;

    if (h->type != TAR_TYPE_FILE && h->type != TAR_TYPE_DIR)
        return fault_set(fault, REASON_ARCHIVE_ENTRY_KIND, NULL);
    e->size = pax->size;
    if (!USTAR_READ(&mode, h->mode) || (!pax->has_size && !USTAR_READ(&e->size, h->size)) ||
        (!pax->has_mtime && !USTAR_READ(&mtime, h->mtime)))
        return malformed(fault);
    e->is_dir = h->type == TAR_TYPE_DIR;
    e->exec = (mode & 0100) != 0;
    e->mtime = pax->has_mtime ? pax->mtime : (struct timestamp){(int64_t)mtime, 0};
    if (e->is_dir && e->size != 0)
        return malformed(fault);
    if (!pax->has_path) {
        pax->path->len = 0;
        if (ustar_read_path(pax->path, h) != SEAL_OK)
            return fault_no_memory(fault);
    }
    return finish_path(pax->path, e, fault);
}
