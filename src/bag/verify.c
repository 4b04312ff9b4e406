/*
 * Checking a bag while it streams by: entries against each other, then every manifest and listing
 * against the entries.
 *
 * Payload comes first, so the table is complete when the first line of a manifest is read, and the
 * lines need not be held.
 */
#include "bag/verify.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* No path and no link target needs a longer line. */
#define LINE_MAX_LEN ((size_t)512 * 1024)
#define REMARKS_MAX ((size_t)16 * 1024 * 1024)
#define INFO_MAX ((size_t)2 * 1024 * 1024)

enum seal_status bag_check_new(struct bag_check **out, enum bag_scope scope, struct fault *fault)
{
    *out = calloc(1, sizeof **out);
    if (*out == NULL)
        return fault_no_memory(fault);
    (*out)->scope = scope;
    table_init(&(*out)->table, true);
    return SEAL_OK;
}

void bag_check_free(struct bag_check *c)
{
    if (c == NULL)
        return;
    table_free(&c->table);
    buffer_free(&c->line);
    buffer_free(&c->remarks);
    buffer_free(&c->damaged);
    buffer_free(&c->info);
    free(c);
}

static enum seal_status hostile(struct fault *fault, enum seal_reason reason, const char *name)
{
    return fault_set(fault, reason, name);
}

static enum seal_status out_of_memory(struct fault *fault)
{
    return fault_no_memory(fault);
}

/* The table takes no more. */
static enum seal_status too_many(struct fault *fault)
{
    return fault_set(fault, REASON_NAMES_TOO_MANY, NULL);
}

/* ---- Entries ------------------------------------------------------------------------------ */

static int tag_file_number(const char *path)
{
    for (int i = 0; i < TAG_COUNT; i++)
        if (strcmp(path, tag_file_names[i]) == 0)
            return i;
    return -1;
}

static bool any_tag_seen(const struct bag_check *c)
{
    for (int i = 0; i < TAG_COUNT; i++)
        if (c->tag_seen[i])
            return true;
    return false;
}

/* Every folder above the item is one, whether it has an entry or not. *known_len as in bag_place.
 */
static enum seal_status imply_folders(struct bag_check *c, size_t number, uint8_t marks,
                                      size_t *known_len, struct fault *fault)
{
    *known_len = 0;
    /* Upwards: where one is known, so are all above it. */
    for (size_t at = c->table.items[number].path_len; at-- > 1;) {
        /* Adding may move the text. */
        const char *path = item_path(&c->table, &c->table.items[number]);
        struct item *above;

        if (path[at] != '/')
            continue;
        above = table_find(&c->table, path, at);
        if (above != NULL && above->type != ITEM_DIR)
            return hostile(fault, REASON_BAG_FILE_AND_FOLDER, path);
        if (above != NULL) {
            *known_len = at;
            break;
        }
        above = table_add_prefix(&c->table, number, at);
        if (above == NULL)
            return too_many(fault);
        above->type = ITEM_DIR;
        above->marks = MARK_IMPLIED | marks;
    }
    return SEAL_OK;
}

/* An item for the path, new or implied before; *number gets its place in the table. */
static enum seal_status payload_item(struct bag_check *c, const struct tar_entry *e,
                                     struct bag_place *place, size_t *number, struct fault *fault)
{
    struct item *item = table_find(&c->table, e->path, e->path_len);

    place->is_known = item != NULL;
    if (item != NULL && !(item->marks & MARK_IMPLIED && e->is_dir))
        return hostile(fault, REASON_BAG_NAME_TWICE, e->path);
    if (item == NULL) {
        item = table_add(&c->table, e->path, e->path_len);
        if (item == NULL)
            return too_many(fault);
        *number = c->table.count - 1;
        return imply_folders(c, *number, 0, &place->known_len, fault);
    }
    /* Its text belongs to another item and has no NUL; from now on it has its own. */
    *number = (size_t)(item - c->table.items);
    place->known_len = e->path_len;
    item->path_off = c->table.text.len;
    if (table_add_text(&c->table, e->path, e->path_len) != SEAL_OK)
        return too_many(fault);
    return SEAL_OK;
}

static enum seal_status payload_entry(struct bag_check *c, const struct tar_entry *e,
                                      struct bag_place *place, struct fault *fault)
{
    struct item *item;

    if (any_tag_seen(c) || c->scope == BAG_RECORD_ALONE)
        return hostile(fault, REASON_BAG_EVIDENCE_LATE, e->path);
    if (e->path_len == strlen(PAYLOAD_DIR) && !e->is_dir)
        return hostile(fault, REASON_BAG_DATA_KIND, e->path);
    if (payload_item(c, e, place, &c->item, fault) != SEAL_OK)
        return fault->status;
    item = &c->table.items[c->item];
    item->type = e->is_dir ? ITEM_DIR : ITEM_FILE;
    item->marks = 0;
    item->size = e->size;
    item->sec = e->mtime.sec;
    item->nsec = e->mtime.nsec;
    c->tag = -1;
    if (!e->is_dir) {
        c->totals.files++;
        c->totals.coded_names += strpbrk(e->path, MANIFEST_CODED) != NULL;
    } else if (e->path_len != strlen(PAYLOAD_DIR)) /* data/ itself is not the sender's */
        c->totals.folders++;
    c->totals.bytes += e->size;
    return SEAL_OK;
}

enum seal_status bag_check_entry(struct bag_check *c, const struct tar_entry *e,
                                 struct bag_place *place, struct fault *fault)
{
    struct bag_place ignored;

    if (place == NULL)
        place = &ignored;
    *place = (struct bag_place){0};
    sha256_start(&c->hash);
    if (is_payload(e->path, e->path_len))
        return payload_entry(c, e, place, fault);
    c->tag = e->is_dir ? -1 : tag_file_number(e->path);
    if (c->tag < 0)
        return hostile(fault, REASON_BAG_OUTSIDE_DATA, e->path);
    if (c->tag_seen[c->tag])
        return hostile(fault, REASON_BAG_NAME_TWICE, e->path);
    if (c->tag_seen[TAG_TAGMANIFEST])
        return hostile(fault, REASON_BAG_RECORD_TRAILING, e->path);
    c->tag_seen[c->tag] = true;
    c->line.len = 0;
    c->line_number = 0;
    return SEAL_OK;
}

/* ---- Lines of tag files ------------------------------------------------------------------- */

/* Where only the record is read, what it names is there: an item that another tag file may add to.
 * *item is NULL if the path cannot be one of the payload. */
static enum seal_status believe(struct bag_check *c, const char *path, size_t len,
                                enum item_type type, struct item **item, struct fault *fault)
{
    size_t known_len, number;

    *item = table_find(&c->table, path, len);
    if (*item != NULL && (*item)->marks & MARK_IMPLIED && type == ITEM_DIR) {
        /* From now on it has a text of its own. */
        (*item)->path_off = c->table.text.len;
        (*item)->marks = 0;
        return table_add_text(&c->table, path, len) == SEAL_OK ? SEAL_OK : too_many(fault);
    }
    if (*item != NULL || !tar_path_is_clean(path, len) || !is_payload(path, len) ||
        (len == strlen(PAYLOAD_DIR) && type != ITEM_DIR))
        return SEAL_OK;
    *item = table_add(&c->table, path, len);
    if (*item == NULL)
        return too_many(fault);
    (*item)->type = (uint8_t)type;
    number = c->table.count - 1;
    if (imply_folders(c, number, 0, &known_len, fault) != SEAL_OK)
        return fault->status;
    *item = &c->table.items[number]; /* the table may have moved */
    return SEAL_OK;
}

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
        believe(c, path, path_len, ITEM_FILE, &item, fault) != SEAL_OK)
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
    char name[64] = "";
    char *path;
    size_t path_len;
    int which;

    if (!manifest_parse(line, len, digest, &path, &path_len))
        return hostile(fault, REASON_BAG_TAGMANIFEST_LINE, NULL);
    if (path_len < sizeof name)
        memcpy(name, path, path_len);
    which = strlen(name) == path_len ? tag_file_number(name) : -1;
    if (which < 0 || which == TAG_TAGMANIFEST || c->tag_is_listed[which])
        return hostile(fault, REASON_BAG_TAGMANIFEST_ROWS, NULL);
    c->tag_is_listed[which] = true;
    memcpy(c->tag_listed[which], digest, sizeof digest);
    return SEAL_OK;
}

static enum seal_status take_link(struct bag_check *c, const struct mtree_entry *e,
                                  const struct item *known, struct fault *fault)
{
    size_t known_len;
    struct item *item;

    if (known != NULL || e->path_len == strlen(PAYLOAD_DIR) || !is_payload(e->path, e->path_len))
        return hostile(fault, REASON_BAG_LISTING_LINK, NULL);
    item = table_add(&c->table, e->path, e->path_len);
    if (item == NULL)
        return too_many(fault);
    item->type = ITEM_LINK;
    item->sec = e->time.sec;
    item->nsec = e->time.nsec;
    if (table_add_text(&c->table, e->link, strlen(e->link)) != SEAL_OK)
        return too_many(fault);
    c->totals.remarks[BAG_LINK]++;
    return imply_folders(c, c->table.count - 1, MARK_LINK_ONLY, &known_len, fault);
}

/* What the listing says becomes what is there, but for what the manifest has said already. */
static void believe_listing(struct bag_check *c, struct item *item, const struct mtree_entry *e)
{
    item->size = e->size;
    item->sec = e->time.sec;
    item->nsec = e->time.nsec;
    if (item->type == ITEM_FILE) {
        c->totals.files++;
        c->totals.bytes += e->size;
        c->totals.coded_names += strpbrk(e->path, MANIFEST_CODED) != NULL;
        if (!(item->marks & MARK_IN_MANIFEST))
            memcpy(item->digest, e->digest, sizeof e->digest);
    } else if (e->path_len != strlen(PAYLOAD_DIR)) {
        c->totals.folders++;
    }
}

static enum seal_status take_mtree_entry(struct bag_check *c, char *line, size_t len,
                                         struct fault *fault)
{
    const enum seal_reason differs = REASON_BAG_LISTING_OFF;
    struct mtree_entry e;
    struct item *item;
    const char *name;

    if (!mtree_parse(line, len, &e))
        return hostile(fault, REASON_BAG_LISTING_LINE, NULL);
    item = table_find(&c->table, e.path, e.path_len);
    if (e.type == ITEM_LINK)
        return take_link(c, &e, item, fault);
    if (c->scope == BAG_RECORD_ALONE &&
        believe(c, e.path, e.path_len, e.type, &item, fault) != SEAL_OK)
        return fault->status;
    if (item == NULL || (item->marks & MARK_IMPLIED) != 0)
        return hostile(fault, REASON_BAG_LISTING_ABSENT, NULL);
    name = item_path(&c->table, item);
    if (item->marks & MARK_IN_LISTING)
        return hostile(fault, REASON_BAG_LISTING_TWICE, name);
    if (c->scope == BAG_RECORD_ALONE && item->type == e.type)
        believe_listing(c, item, &e);
    if (item->type != e.type || item->sec != e.time.sec || item->nsec != e.time.nsec)
        return hostile(fault, differs, name);
    if (e.type == ITEM_FILE &&
        (item->size != e.size || memcmp(item->digest, e.digest, sizeof e.digest) != 0))
        return hostile(fault, differs, name);
    item->marks |= MARK_IN_LISTING;
    return SEAL_OK;
}

/* Word and path of a remark, with the blanks behind them. */
static size_t remark_head_len(const char *line)
{
    const char *path = strchr(line + 2, ' ');
    const char *end = path == NULL ? NULL : strchr(path + 1, ' ');

    return end == NULL ? strlen(line) : (size_t)(end + 1 - line);
}

/* A file with many gaps has many lines, one after the other, and is one file. */
static bool is_same_damaged(const struct bag_check *c, const char *line)
{
    size_t len = remark_head_len(line);

    return c->damaged.len == len && memcmp(c->damaged.data, line, len) == 0;
}

static enum seal_status note_damaged(struct bag_check *c, const char *line)
{
    c->damaged.len = 0;
    return buffer_append(&c->damaged, line, remark_head_len(line));
}

static enum seal_status take_remark(struct bag_check *c, const char *line, size_t len,
                                    struct fault *fault)
{
    enum bag_remark kind;

    if (!mtree_is_remark(line, &kind) || kind == BAG_LINK)
        return SEAL_OK;
    if (kind != BAG_DAMAGED || !is_same_damaged(c, line))
        c->totals.remarks[kind]++;
    if (kind == BAG_DAMAGED && note_damaged(c, line) != SEAL_OK)
        return out_of_memory(fault);
    if (c->remarks_are_cut || c->remarks.len + len > REMARKS_MAX) {
        c->remarks_are_cut = true;
        return SEAL_OK;
    }
    if (buffer_append(&c->remarks, line, len) != SEAL_OK ||
        buffer_append_text(&c->remarks, "\n") != SEAL_OK)
        return out_of_memory(fault);
    return SEAL_OK;
}

static enum seal_status take_mtree_line(struct bag_check *c, char *line, size_t len,
                                        struct fault *fault)
{
    if (memchr(line, '\0', len) != NULL)
        return hostile(fault, REASON_BAG_LISTING_LINE, NULL);
    if (c->line_number == 1)
        return strcmp(line, "#mtree") == 0 ? SEAL_OK
                                           : hostile(fault, REASON_BAG_LISTING_BEGIN, NULL);
    if (c->line_number == 2 && strcmp(line, ". type=dir") == 0)
        return SEAL_OK;
    if (line[0] == '#' && line[len - 1] == '\\')
        return hostile(fault, REASON_BAG_COMMENT_HIDES, NULL);
    if (line[0] == '#')
        return take_remark(c, line, len, fault);
    return take_mtree_entry(c, line, len, fault);
}

/* RFC 8493, 2.1.1: these two lines, and no others. */
static enum seal_status take_bagit_line(struct bag_check *c, const char *line, size_t len,
                                        struct fault *fault)
{
    static const char *const lines[] = {"BagIt-Version: 1.0", "Tag-File-Character-Encoding: UTF-8"};

    if (c->line_number > 2 || strlen(line) != len || strcmp(line, lines[c->line_number - 1]) != 0)
        return hostile(fault, REASON_BAG_DECLARATION, NULL);
    return SEAL_OK;
}

/* The line is for people, but for RFC 8493's Payload-Oxum (2.2.2), which is compared at the end. */
static enum seal_status take_bag_info_line(struct bag_check *c, const char *line,
                                           struct fault *fault)
{
    const char *oxum = bag_info_value(line, "payload-oxum");
    size_t len;

    if (c->info.len + strlen(line) < INFO_MAX &&
        (buffer_append(&c->info, line, strlen(line)) != SEAL_OK ||
         buffer_append_text(&c->info, "\n") != SEAL_OK))
        return out_of_memory(fault);
    if (oxum == NULL)
        return SEAL_OK;
    for (len = strlen(oxum); len > 0 && (oxum[len - 1] == ' ' || oxum[len - 1] == '\t');)
        len--;
    if (len >= OXUM_SIZE ||
        (c->oxum[0] != '\0' && (strlen(c->oxum) != len || memcmp(oxum, c->oxum, len) != 0)))
        return hostile(fault, REASON_BAG_OXUM, NULL);
    (void)snprintf(c->oxum, OXUM_SIZE, "%.*s", len > 0 ? (int)len : OXUM_SIZE,
                   len > 0 ? oxum : "none");
    return SEAL_OK;
}

/* Bytes and files of the payload, where it is said. */
static bool oxum_is_right(const struct bag_check *c)
{
    char oxum[OXUM_SIZE];

    (void)snprintf(oxum, sizeof oxum, "%" PRIu64 ".%" PRIu64, c->totals.bytes, c->totals.files);
    return c->oxum[0] == '\0' || strcmp(c->oxum, oxum) == 0;
}

/* The line so far, complete now. A NUL stands behind it. */
static enum seal_status take_line(struct bag_check *c, struct fault *fault)
{
    char *line;
    size_t len = c->line.len;

    if (buffer_append(&c->line, "", 1) != SEAL_OK)
        return out_of_memory(fault);
    line = (char *)c->line.data;
    c->line.len = 0;
    c->line_number++;
    if ((c->tag == TAG_BAGIT || c->tag == TAG_BAG_INFO) && len > 0 && line[len - 1] == '\r')
        line[--len] = '\0'; /* RFC 8493 allows CR LF */
    switch ((enum tag_file)c->tag) {
    case TAG_MANIFEST:
        return take_manifest_line(c, line, len, fault);
    case TAG_TAGMANIFEST:
        return take_tagmanifest_line(c, line, len, fault);
    case TAG_MTREE:
        return take_mtree_line(c, line, len, fault);
    case TAG_BAGIT:
        return take_bagit_line(c, line, len, fault);
    case TAG_BAG_INFO:
    case TAG_COUNT:
    default:
        return take_bag_info_line(c, line, fault);
    }
}

/* Comments and what is written for people may be as long as they like. What is too much is dropped;
 * in place of the last byte kept stands the last of all, or a NUL if there was one: either may
 * matter. */
static enum seal_status append_to_line(struct bag_check *c, const char *text, size_t len,
                                       struct fault *fault)
{
    size_t room = LINE_MAX_LEN - c->line.len;
    char first = c->line.len > 0 ? (char)c->line.data[0] : len > 0 ? text[0] : '\0';

    if (len > room && c->tag != TAG_BAG_INFO && !(c->tag == TAG_MTREE && first == '#'))
        return hostile(fault, REASON_BAG_LINE_LONG, NULL);
    if (buffer_append(&c->line, text, len < room ? len : room) != SEAL_OK)
        return out_of_memory(fault);
    if (len > room) {
        uint8_t *last = &c->line.data[c->line.len - 1];
        bool has_nul = memchr(text, '\0', len) != NULL || (room == 0 && *last == '\0');

        *last = has_nul ? 0 : (uint8_t)text[len - 1];
    }
    return SEAL_OK;
}

static enum seal_status take_text(struct bag_check *c, const char *text, size_t len,
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

enum seal_status bag_check_data(struct bag_check *c, const void *data, size_t len,
                                struct fault *fault)
{
    sha256_add(&c->hash, data, len);
    return c->tag < 0 ? SEAL_OK : take_text(c, data, len, fault);
}

enum seal_status bag_check_entry_end(struct bag_check *c, struct fault *fault)
{
    if (c->tag < 0) {
        sha256_end(&c->hash, c->table.items[c->item].digest);
        return SEAL_OK;
    }
    sha256_end(&c->hash, c->tag_digests[c->tag]);
    if (c->tag == TAG_MTREE && (c->line.len > 0 || c->line_number == 0))
        return hostile(fault, REASON_BAG_LISTING_END, NULL);
    if (c->line.len > 0 && take_line(c, fault) != SEAL_OK) /* the last line's end may be missing */
        return fault->status;
    if (c->tag == TAG_BAGIT && c->line_number != 2)
        return hostile(fault, REASON_BAG_DECLARATION, NULL);
    return SEAL_OK;
}

size_t bag_check_item(const struct bag_check *c)
{
    return c->item;
}

void bag_check_set_digest(struct bag_check *c, size_t item, const uint8_t digest[static SHA256_LEN])
{
    memcpy(c->table.items[item].digest, digest, SHA256_LEN);
}

/* ---- The end ------------------------------------------------------------------------------ */

static enum seal_status check_item_listed(const struct bag_check *c, const struct item *item,
                                          struct fault *fault)
{
    const char *name = item_path(&c->table, item);

    if (item->type == ITEM_LINK || (item->marks & MARK_IMPLIED) != 0) /* then it has no NUL */
        return SEAL_OK;
    if (item->type == ITEM_FILE && !(item->marks & MARK_IN_MANIFEST))
        return hostile(fault, REASON_BAG_MANIFEST_LACKS, name);
    if (!(item->marks & MARK_IN_LISTING))
        return hostile(fault, REASON_BAG_LISTING_LACKS, name);
    return SEAL_OK;
}

enum seal_status bag_check_end(struct bag_check *c, uint8_t digest[static SHA256_LEN],
                               struct fault *fault)
{
    const struct item *data;

    for (int i = 0; i < TAG_COUNT; i++) {
        if (!c->tag_seen[i])
            return hostile(fault, REASON_BAG_RECORD_MISSING, tag_file_names[i]);
        if (i == TAG_TAGMANIFEST)
            continue;
        if (!c->tag_is_listed[i] || memcmp(c->tag_listed[i], c->tag_digests[i], SHA256_LEN) != 0)
            return hostile(fault, REASON_BAG_TAGMANIFEST_DIFFERS, tag_file_names[i]);
    }
    data = table_find(&c->table, PAYLOAD_DIR, strlen(PAYLOAD_DIR));
    if (data == NULL || (data->marks & MARK_LINK_ONLY) != 0)
        return hostile(fault, REASON_BAG_DATA_MISSING, NULL);
    if (!oxum_is_right(c))
        return hostile(fault, REASON_BAG_OXUM, NULL);
    for (size_t i = 0; i < c->table.count; i++)
        if (check_item_listed(c, &c->table.items[i], fault) != SEAL_OK)
            return fault->status;
    memcpy(digest, c->tag_digests[TAG_TAGMANIFEST], SHA256_LEN);
    return SEAL_OK;
}

void bag_check_totals(const struct bag_check *c, struct bag_totals *totals)
{
    *totals = c->totals;
}

const char *bag_check_remarks(const struct bag_check *c, bool *are_cut)
{
    *are_cut = c->remarks_are_cut;
    return c->remarks.len == 0 ? "" : (const char *)c->remarks.data;
}

const char *bag_check_info(const struct bag_check *c)
{
    return c->info.len == 0 ? "" : (const char *)c->info.data;
}
