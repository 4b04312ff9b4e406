/*
 * The tag files of a bag, line by line: manifests, bagit.txt and bag-info.txt against the entries.
 *
 * The payload comes first in the archive, so the table is complete when the first line is read, and
 * each line can be judged at once and forgotten.
 */
#include "bag/check/check_state.h"

#include <stdio.h>
#include <string.h>

#include "bag/info.h"
#include "bag/manifest.h"

/* No path and no link target needs a longer line. */
#define LINE_MAX_LEN ((size_t)512 * 1024)

/* ---- Manifests ---------------------------------------------------------------------------- */

static enum seal_status take_manifest_line(struct bag_check *c, char *line, size_t len,
                                           struct fault *fault)
{
    uint8_t digest[SHA256_LEN];
    char *path;
    size_t path_len;
    struct item *item;

    if (!manifest_parse(line, len, digest, &path, &path_len))
        return hostile(fault, REASON_BAG_MANIFEST_LINE, NULL);
    item = table_find(&c->table, path, path_len);
    if (c->scope == BAG_RECORD_ALONE &&
        check_assume_item(c, path, path_len, ITEM_FILE, &item, fault) != SEAL_OK)
        return fault->status;
    if (item == NULL || item->type != ITEM_FILE)
        return hostile(fault, REASON_BAG_MANIFEST_ABSENT, NULL);
    if (item->marks & MARK_IN_MANIFEST)
        return hostile(fault, REASON_BAG_MANIFEST_TWICE, item_path(&c->table, item));
    if (c->scope == BAG_RECORD_ALONE && !(item->marks & MARK_IN_LISTING))
        memcpy(item->digest, digest, sizeof digest);
    if (memcmp(digest, item->digest, sizeof digest) != 0)
        return hostile(fault, REASON_BAG_MANIFEST_DIGEST, item_path(&c->table, item));
    item->marks |= MARK_IN_MANIFEST;
    return SEAL_OK;
}

static enum seal_status take_tagmanifest_line(struct bag_check *c, char *line, size_t len,
                                              struct fault *fault)
{
    uint8_t digest[SHA256_LEN];
    char *path;
    size_t path_len;
    int which;

    if (!manifest_parse(line, len, digest, &path, &path_len))
        return hostile(fault, REASON_BAG_TAGMANIFEST_LINE, NULL);
    which = tag_file_find(path, path_len);
    if (which < 0 || which == TAG_TAGMANIFEST || c->tag_is_listed[which])
        return hostile(fault, REASON_BAG_TAGMANIFEST_ROWS, NULL);
    c->tag_is_listed[which] = true;
    memcpy(c->tag_listed[which], digest, sizeof digest);
    return SEAL_OK;
}

/* ---- bagit.txt and bag-info.txt ----------------------------------------------------------- */

/* RFC 8493, 2.1.1: these two lines, and no others. */
static enum seal_status take_bagit_line(struct bag_check *c, const char *line, size_t len,
                                        struct fault *fault)
{
    static const char *const lines[] = {"BagIt-Version: 1.0", "Tag-File-Character-Encoding: UTF-8"};

    if (c->line_number > 2 || strlen(line) != len || strcmp(line, lines[c->line_number - 1]) != 0)
        return hostile(fault, REASON_BAG_DECLARATION, NULL);
    return SEAL_OK;
}

/* All lines are for people to read, except the Payload-Oxum (RFC 8493, 2.2.2): it is kept, and
 * compared when all tag files were read. */
static enum seal_status take_bag_info_line(struct bag_check *c, const char *line, size_t len,
                                           struct fault *fault)
{
    const char *value;
    enum bag_info_line kind = bag_info_read(line, len, c->line_number == 1, &value);

    if (kind == BAG_INFO_MALFORMED)
        return hostile(fault, REASON_BAG_INFO_LINE, NULL);
    if ((kind == BAG_INFO_OXUM && (c->oxum[0] != '\0' || strlen(value) >= OXUM_SIZE)) ||
        (kind == BAG_INFO_GOES_ON && c->oxum_is_last))
        return hostile(fault, REASON_BAG_OXUM, NULL);
    if (kind == BAG_INFO_OXUM)
        (void)snprintf(c->oxum, OXUM_SIZE, "%s", value[0] != '\0' ? value : "none");
    c->oxum_is_last = kind == BAG_INFO_OXUM;
    return check_keep_line(&c->info, BAG_INFO_KEPT_MAX, line, len, fault);
}

/* ---- Lines -------------------------------------------------------------------------------- */

/* Takes c->line, which is a complete line now. */
static enum seal_status take_line(struct bag_check *c, struct fault *fault)
{
    char *line;
    size_t len = c->line.len;

    if (buffer_append(&c->line, "", 1) != SEAL_OK)
        return fault_no_memory(fault);
    line = (char *)c->line.data;
    c->line.len = 0;
    c->line_number++;
    switch ((enum tag_file)c->tag) {
    case TAG_MANIFEST:
        return take_manifest_line(c, line, len, fault);
    case TAG_TAGMANIFEST:
        return take_tagmanifest_line(c, line, len, fault);
    case TAG_MTREE:
        return check_listing_line(c, line, len, fault);
    case TAG_BAGIT:
        return take_bagit_line(c, line, len, fault);
    case TAG_BAG_INFO:
    case TAG_COUNT:
    default:
        return take_bag_info_line(c, line, len, fault);
    }
}

/* Only comments of the listing may be longer than LINE_MAX_LEN. Of those the rest is dropped, but
 * for what is still judged: the last byte kept is overwritten with a NUL if there was one in the
 * line, which the listing may not have, else with the line's last byte, which may be a backslash.
 */
static enum seal_status append_to_line(struct bag_check *c, const char *text, size_t len,
                                       struct fault *fault)
{
    size_t room = LINE_MAX_LEN - c->line.len;
    char first = c->line.len > 0 ? (char)c->line.data[0] : len > 0 ? text[0] : '\0';

    if (len > room && !(c->tag == TAG_MTREE && first == '#'))
        return hostile(fault, REASON_BAG_LINE_LONG, NULL);
    if (buffer_append(&c->line, text, len < room ? len : room) != SEAL_OK)
        return fault_no_memory(fault);
    if (len > room) {
        uint8_t *last = &c->line.data[c->line.len - 1];
        bool has_nul = memchr(text, '\0', len) != NULL || (room == 0 && *last == '\0');

        *last = has_nul ? 0 : (uint8_t)text[len - 1];
    }
    return SEAL_OK;
}

enum seal_status check_tag_text(struct bag_check *c, const char *text, size_t len,
                                struct fault *fault)
{
    while (len > 0) {
        const char *end = memchr(text, '\n', len);
        size_t n = end == NULL ? len : (size_t)(end - text);

        if (append_to_line(c, text, n, fault) != SEAL_OK)
            return fault->status;
        if (end == NULL)
            return SEAL_OK;
        if (take_line(c, fault) != SEAL_OK)
            return fault->status;
        text += n + 1;
        len -= n + 1;
    }
    return SEAL_OK;
}

/* Each line has its end. */
enum seal_status check_tag_end(struct bag_check *c, struct fault *fault)
{
    static const enum seal_reason unended[TAG_COUNT] = {
        [TAG_MANIFEST] = REASON_BAG_MANIFEST_LINE, [TAG_TAGMANIFEST] = REASON_BAG_TAGMANIFEST_LINE,
        [TAG_MTREE] = REASON_BAG_LISTING_END,      [TAG_BAGIT] = REASON_BAG_DECLARATION,
        [TAG_BAG_INFO] = REASON_BAG_INFO_LINE,
    };

    if (c->line.len > 0 || (c->tag == TAG_MTREE && c->line_number < 2) ||
        (c->tag == TAG_BAGIT && c->line_number != 2))
        return hostile(fault, unended[c->tag], NULL);
    return SEAL_OK;
}
