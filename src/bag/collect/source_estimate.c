/*
 * Estimating what sealing would come to, without reading the files whole.
 */
#include "base/base.h"
#include "bag/collect/source_open.h"
#include "bag/collect/unkept.h"

#include <errno.h>
#include <string.h>

#include "platform/files.h"
#include "platform/process.h"

/* Sizes of tar (POSIX.1-2001): each header is one block, and what a file or an x header holds is
 * filled up to one. */
#define TAR_BLOCK 512
#define TAR_RECORD 10240
#define PAX_FIELDS_LEN 128 /* mtime, size, and what stands around a path */
/* Besides the path: digest and blanks in the manifest; keywords with their values in the listing.
 */
#define MANIFEST_FIELDS_LEN 70
#define MTREE_FIELDS_LEN 160
#define TAG_FILES_LEN 8192 /* the tag files whose length does not depend on the files */

static uint64_t in_blocks(uint64_t len)
{
    return (len + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
}

/* Bytes in tar headers, manifest and listing, at most. A byte of a path takes up to four in the
 * listing, and that twice if the name has two spellings; up to three in the manifest. */
static uint64_t item_overhead(const struct table *t, const struct item *item)
{
    uint64_t path = item->path_len;
    uint64_t len = MTREE_FIELDS_LEN + 4 * path;

    if (item->marks & MARK_RENAMED)
        len += 4 * (path + strlen(item_original(t, item)));
    if (item->type == ITEM_LINK)
        return len + 4 * strlen(item_target(t, item));
    len += TAR_BLOCK + TAR_BLOCK + in_blocks(path + PAX_FIELDS_LEN);
    if (item->type == ITEM_FILE)
        len += in_blocks(item->size) - item->size + MANIFEST_FIELDS_LEN + 3 * path;
    return len;
}

/* Opens the file as write_file will, and takes its size from there. */
static enum seal_status try_file(struct bag_source *s, struct item *item, struct fault *fault)
{
    int fd = source_open_item(s, item);
    struct plat_stat st;
    bool is_file;

    if (fd < 0)
        return source_leave_out(s, item, BAG_CAUSE_SYSTEM, errno, fault);
    is_file = plat_stat_fd(fd, &st) == 0 && st.type == PLAT_FILE;
    if (is_file)
        IGNORE_RESULT(source_note_unkept(s, item_path(&s->table, item), fd, fault));
    (void)plat_close(fd);
    if (fault->status != SEAL_OK)
        return fault->status;
    if (!is_file)
        return source_leave_out(s, item, BAG_CAUSE_NO_FILE, 0, fault);
    s->totals.bytes += st.size - item->size;
    item->size = st.size;
    return SEAL_OK;
}

enum seal_status bag_source_estimate(struct bag_source *s, struct bag_estimate *estimate,
                                     void (*each)(void *ctx, const char *path, uint64_t size),
                                     void *ctx, struct fault *fault)
{
    *estimate = (struct bag_estimate){.overhead = TAG_FILES_LEN + 2 * TAR_BLOCK + TAR_RECORD};
    for (size_t i = 0; i < s->table.count; i++) {
        struct item *item = &s->table.items[i];

        if (stop_requested())
            return fault_set(fault, REASON_INTERRUPTED, NULL);
        if (item->type == ITEM_FILE && each != NULL && try_file(s, item, fault) != SEAL_OK)
            return fault->status;
        if ((item->marks & MARK_ABSENT) != 0)
            continue;
        if (item->type == ITEM_FILE && each != NULL)
            each(ctx, item_path(&s->table, item), item->size);
        estimate->entries += item->type != ITEM_LINK;
        estimate->overhead += item_overhead(&s->table, item);
    }
    estimate->overhead += s->remarks.len;
    return SEAL_OK;
}

/* Reads from one file; 0 bytes if it cannot be read. */
static size_t sample_file(struct bag_source *s, const struct item *item, uint64_t off, uint8_t *buf,
                          size_t len)
{
    int fd = source_open_item(s, item);
    int64_t n = fd < 0 ? -1 : plat_read_at(fd, buf, len, off);

    if (fd >= 0)
        (void)plat_close(fd);
    return n < 0 ? 0 : (size_t)n;
}

size_t bag_source_sample(struct bag_source *s, uint64_t off, void *buf, size_t len)
{
    uint8_t *out = buf;
    size_t got = 0;

    for (size_t i = 0; i < s->table.count && got < len && !stop_requested(); i++) {
        const struct item *item = &s->table.items[i];

        if (item->type != ITEM_FILE || (item->marks & MARK_ABSENT) != 0)
            continue;
        if (off >= item->size) {
            off -= item->size;
            continue;
        }
        got += sample_file(s, item, off, out + got, len - got);
        off = 0;
    }
    return got;
}
