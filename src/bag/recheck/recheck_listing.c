/*
 * Checking a bag on disk: the listing metadata.mtree, read into the table of the payload.
 */
#include "bag/recheck/recheck_steps.h"

#include <errno.h>
#include <string.h>

#include "bag/mtree.h"

struct listing {
    struct record_file file;
    bool is_ours;       /* it is in our dialect */
    bool has_as_sealed; /* the bag has that folder */
};

#define HEAD_1 "#mtree"
#define HEAD_2 ". type=dir" /* not all writers of our dialect have it... */
#define OTHER_HEAD_2 "./" PAYLOAD_DIR " type=dir time=" /* ...but then they have this */

/* The first two lines tell whether the listing is in our dialect, unless bag-info.txt did; of a
 * foreign one all lines are ignored. True: the line needs no more attention. */
static bool take_head(struct listing *l, const struct text_line *line)
{
    bool is_head = line->number == 2 && strcmp(line->text, HEAD_2) == 0;

    if (line->number == 1)
        l->is_ours = strcmp(line->text, HEAD_1) == 0;
    else if (line->number == 2 && !is_head && !l->file.r->is_ours)
        l->is_ours = l->is_ours && strncmp(line->text, OTHER_HEAD_2, strlen(OTHER_HEAD_2)) == 0;
    return line->number == 1 || is_head || !l->is_ours;
}

/* ---- Entries ------------------------------------------------------------------------------ */

/* What the listing says of an item, and that its digest is the one in the manifest. */
static void take_facts(struct listing *l, struct item *item, const struct mtree_entry *e)
{
    item->type = (uint8_t)e->type;
    item->marks = MARK_IN_LISTING;
    item->size = e->size;
    item->sec = e->time.sec;
    item->nsec = e->time.nsec;
    memcpy(item->digest, e->digest, SHA256_LEN);
    if (item->recheck.manifests & DIGEST_BIT(DIGEST_SHA256) &&
        memcmp(e->digest, manifest_set_digest(&l->file.r->payload, item, DIGEST_SHA256),
               SHA256_LEN) != 0)
        record_tell(&l->file, e->path, BAG_DETAIL_LISTED_OTHER_DIGEST);
}

static enum seal_status take_entry(struct listing *l, const struct mtree_entry *e,
                                   struct fault *fault)
{
    struct manifest_set *payload = &l->file.r->payload;
    struct item *item = table_find(&payload->table, e->path, e->path_len);
    const struct item *nearest;
    bool is_listed_file =
        item != NULL && (item->recheck.manifests != 0 || item->recheck.met & MET_IN_FETCH);

    if (!is_payload(e->path, e->path_len))
        record_tell(&l->file, e->path, BAG_DETAIL_PATH_FORBIDDEN);
    else if (is_listed_file && e->type != ITEM_FILE)
        record_tell(&l->file, e->path, BAG_DETAIL_LISTED_NO_FILE);
    else if (item != NULL && item->marks & MARK_IN_LISTING)
        record_tell(&l->file, e->path, BAG_DETAIL_LISTED_TWICE);
    else if (e->type == ITEM_LINK) /* manifests list no links */
        recheck_sum_link(l->file.r, e->path, e->link, e->time, false);
    else {
        if (item != NULL && item->marks & MARK_IMPLIED &&
            table_own_path(&payload->table, item, e->path, e->path_len) != SEAL_OK)
            return too_many(fault);
        if (item == NULL)
            item = manifest_set_item(payload, e->path, e->path_len);
        if (item == NULL)
            return too_many(fault);
        take_facts(l, item, e);
        if (table_imply_folders(&payload->table, (size_t)(item - payload->table.items), 0,
                                &nearest) != SEAL_OK)
            return too_many(fault);
    }
    return SEAL_OK;
}

/* ---- Comments ----------------------------------------------------------------------------- */

static enum seal_status take_comment(struct listing *l, const struct text_line *line,
                                     struct fault *fault)
{
    struct mtree_spelled s;

    /* Without as-sealed/ all comments were sealed, and tell nothing of this disk. */
    if (!l->has_as_sealed)
        return SEAL_OK;
    if (line->cut || strncmp(line->text, MTREE_SPELLED, strlen(MTREE_SPELLED)) != 0) {
        l->file.r->has_other_comments = true;
        return SEAL_OK;
    }
    if (!mtree_parse_spelled(line->text, &s))
        return record_malformed(&l->file, line);
    /* Else such comments could hide that files were given each other's names. */
    if (!bag_path_is_spelling(s.path, s.as_sealed)) {
        record_tell(&l->file, s.path, BAG_DETAIL_SPELLING_FALSE);
        return SEAL_OK;
    }
    l->file.r->has_spelled = l->file.r->has_spelled || strcmp(s.path, s.as_sealed) != 0;
    return prefixes_add(&l->file.r->spelled, s.as_sealed, s.as_sealed_len, s.path, s.path_len) ==
                   SEAL_OK
               ? SEAL_OK
               : too_many(fault);
}

/* ---- Lines -------------------------------------------------------------------------------- */

static enum seal_status take_listing_line(void *ctx, const struct text_line *line,
                                          struct fault *fault)
{
    struct listing *l = ctx;
    struct mtree_entry e;

    if (take_head(l, line))
        return SEAL_OK;
    if (memchr(line->text, '\0', line->len) != NULL)
        return record_malformed(&l->file, line);
    if (line->text[0] == '#') /* a \ at the end hides the next line from some readers */
        return !line->cut && line->text[line->len - 1] == '\\' ? record_malformed(&l->file, line)
                                                               : take_comment(l, line, fault);
    if (line->cut || !mtree_parse(line->text, line->len, &e))
        return record_malformed(&l->file, line);
    return take_entry(l, &e, fault);
}

/* ---- Against the manifests ---------------------------------------------------------------- */

/* Manifests and listing must list the same files. */
static void compare_with_manifests(struct listing *l)
{
    const struct recheck *r = l->file.r;

    for (size_t i = 0; i < r->payload.table.count; i++) {
        const struct item *item = &r->payload.table.items[i];
        bool in_manifest = item->recheck.manifests != 0;
        bool in_listing = (item->marks & MARK_IN_LISTING) != 0;

        if (item->type != ITEM_FILE || in_manifest == in_listing ||
            (!in_manifest && r->payload.whole != r->payload.kinds))
            continue;
        record_tell(&l->file, item_path(&r->payload.table, item),
                    in_listing ? BAG_DETAIL_LISTED_ALONE : BAG_DETAIL_NOT_LISTED);
    }
}

enum seal_status recheck_listing(struct recheck *r, struct fault *fault)
{
    struct plat_stat st;
    struct listing l = {
        .file = {.r = r, .name = tag_file_names[TAG_MTREE], .which = BAG_RECORD_LISTING}};
    const struct line_taker taker = {take_listing_line, &l, false, ENCODING_UTF8};
    bool whole;

    l.has_as_sealed = plat_stat_at(r->dirfd, BAG_AS_SEALED_DIR, false, &st) == 0;
    if (!l.has_as_sealed && errno != ENOENT) /* else respelled names would look as if missing */
        return fault_set_errno(fault, REASON_AS_SEALED_LOOK, r->name);
    if (recheck_read(r, l.file.name, &taker, &whole, NULL, fault) != SEAL_OK)
        return fault->status;
    r->result->has_listing = whole && l.is_ours;
    r->has_foreign_listing = whole && !l.is_ours;
    r->is_ours = r->is_ours || l.is_ours;
    if (r->result->has_listing)
        compare_with_manifests(&l);
    return SEAL_OK;
}
