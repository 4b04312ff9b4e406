/*
 * What a file or folder has that a bag cannot hold is named: extended attributes with the size of
 * their values, which are not copied, and holes.
 */
#include "bag/collect/unkept.h"

#include <inttypes.h>

#include "bag/mtree.h"
#include "platform/files.h"

/* A remark names no more. The system keeps up to 64 KiB of names. */
#define NAMES_LEN_MAX ((size_t)4000)

struct names {
    struct buffer text;
    uint64_t left_out;
};

static int add_name(void *ctx, const char *name, uint64_t size)
{
    struct names *n = ctx;

    if (n->text.len > NAMES_LEN_MAX) {
        n->left_out++;
        return 0;
    }
    if (buffer_append_text(&n->text, n->text.len > 0 ? ", " : "") != SEAL_OK ||
        mtree_escape(&n->text, name) != SEAL_OK ||
        buffer_printf(&n->text, " (%" PRIu64 " bytes)", size) != SEAL_OK)
        return -1;
    return 0;
}

static enum seal_status note_attributes(struct bag_source *s, const char *path, int fd,
                                        struct fault *fault)
{
    struct bag_notice notice = {BAG_UNKEPT, path, BAG_CAUSE_ATTRIBUTES, .sys = 0};
    struct names names = {.left_out = 0};
    enum seal_status status = SEAL_OK;

    if (plat_list_attributes(fd, add_name, &names) != 0 ||
        (names.left_out > 0 &&
         buffer_printf(&names.text, ", and %" PRIu64 " more", names.left_out) != SEAL_OK) ||
        (names.text.len > 0 && buffer_append(&names.text, "", 1) != SEAL_OK)) {
        status = fault_no_memory(fault);
    } else if (names.text.len > 0) {
        notice.attributes = (const char *)names.text.data;
        status = source_remark(s, &notice, fault);
    }
    buffer_free(&names.text);
    return status;
}

enum seal_status source_note_unkept(struct bag_source *s, const char *path, int fd,
                                    struct fault *fault)
{
    const struct bag_notice holes = {BAG_UNKEPT, path, BAG_CAUSE_HOLES, .sys = 0};

    if (note_attributes(s, path, fd, fault) != SEAL_OK)
        return fault->status;
    return plat_has_holes(fd) ? source_remark(s, &holes, fault) : SEAL_OK;
}
