/*
 * Checking a bag on disk again: metadata.mtree, and the record as it was sealed.
 */
#include "bag/recheck.h"
#include "base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static enum seal_status out_of_memory(struct fault *fault)
{
    return fault_no_memory(fault);
}

static enum seal_status too_many(struct fault *fault)
{
    return fault_set(fault, REASON_LISTED_NAMES_TOO_MANY, NULL);
}

/* A listing being read: the bag's, or that in as-sealed/. */
struct listing {
    struct recheck *r;
    const char *name;
    bool is_ours; /* it is in our dialect */
    bool is_malformed;
    bool has_as_sealed; /* the bag has that folder */
    struct buffer path; /* in as-sealed/: where its path is on disk */
};

static enum seal_status malformed(struct listing *l, const struct text_line *line)
{
    if (!l->is_malformed)
        recheck_tell(l->r, BAG_RECORD_OFF, l->name, "line %" PRIu64 " is malformed", line->number);
    l->is_malformed = true;
    return SEAL_OK;
}

#define HEAD_1 "#mtree"
#define HEAD_2 ". type=dir" /* not all writers have it */
#define OTHER_HEAD_2 "./" PAYLOAD_DIR " type=dir time="

/* The first two lines say whether the listing is in our dialect, unless bag-info.txt has said so;
 * there is nothing to be taken from a foreign one. True: the line is dealt with. */
static bool take_head(struct listing *l, const struct text_line *line)
{
    bool is_head = line->number == 2 && strcmp(line->text, HEAD_2) == 0;

    if (line->number == 1)
        l->is_ours = strcmp(line->text, HEAD_1) == 0;
    else if (line->number == 2 && !is_head && !l->r->is_ours)
        l->is_ours = l->is_ours && strncmp(line->text, OTHER_HEAD_2, strlen(OTHER_HEAD_2)) == 0;
    return line->number == 1 || is_head || !l->is_ours;
}

/* ---- metadata.mtree ----------------------------------------------------------------------- */

/* Every folder above an item is listed with it, though it may have no entry of its own. */
static enum seal_status imply_folders(struct listed *payload, size_t number, struct fault *fault)
{
    for (size_t at = payload->table.items[number].path_len; at-- > 1;) {
        /* Adding may move the text. */
        const char *path = item_path(&payload->table, &payload->table.items[number]);
        struct item *above;

        if (path[at] != '/')
            continue;
        if (table_find(&payload->table, path, at) != NULL)
            break; /* and so are all above it */
        above = table_add_prefix(&payload->table, number, at);
        if (above == NULL)
            return too_many(fault);
        above->type = ITEM_DIR;
        above->marks = MARK_IMPLIED;
    }
    return SEAL_OK;
}

static void tell(struct listing *l, const char *path, const char *what)
{
    recheck_tell(l->r, BAG_RECORD_OFF, path, "%s %s", l->name, what);
}

static void take_facts(struct listing *l, struct item *item, const struct mtree_entry *e)
{
    item->type = (uint8_t)e->type;
    item->marks = MARK_IN_LISTING;
    item->size = e->size;
    item->sec = e->time.sec;
    item->nsec = e->time.nsec;
    memcpy(item->digest, e->digest, SHA256_LEN);
    if (item->root & MET_IN(DIGEST_SHA256) &&
        memcmp(e->digest, listed_digest(&l->r->payload, item, DIGEST_SHA256), SHA256_LEN) != 0)
        tell(l, e->path, "has another digest than manifest-sha256.txt");
}

/* An implied folder gets an entry of its own, and so a path with a NUL behind it. */
static enum seal_status own_path(struct table *t, struct item *item, const struct mtree_entry *e,
                                 struct fault *fault)
{
    item->path_off = t->text.len;
    return table_add_text(t, e->path, e->path_len) == SEAL_OK ? SEAL_OK : too_many(fault);
}

/* A link is in no table: that both listings have the same ones shows in the sum of their digests,
 * which no order of the lines changes. */
static void sum_link(struct recheck *r, const char *path, const struct mtree_entry *e,
                     bool take_off)
{
    const uint64_t sec = (uint64_t)e->time.sec, nsec = e->time.nsec;
    uint8_t digest[SHA256_LEN];
    struct sha256 hash;

    sha256_start(&hash);
    sha256_add(&hash, r->link_key, sizeof r->link_key); /* or lines could be chosen to cancel out */
    sha256_add(&hash, path, strlen(path) + 1);
    sha256_add(&hash, e->link, strlen(e->link) + 1);
    sha256_add(&hash, &sec, sizeof sec);
    sha256_add(&hash, &nsec, sizeof nsec);
    sha256_end(&hash, digest);
    for (size_t i = 0; i < 4; i++)
        r->links[i] += take_off ? -load_u64(digest + 8 * i) : load_u64(digest + 8 * i);
}

static enum seal_status take_entry(struct listing *l, const struct mtree_entry *e,
                                   struct fault *fault)
{
    struct listed *payload = &l->r->payload;
    struct item *item = table_find(&payload->table, e->path, e->path_len);
    bool is_listed_file = item != NULL && (item->root & (MET_IN_ANY | MET_IN_FETCH)) != 0;

    if (!is_payload(e->path, e->path_len))
        tell(l, e->path, "may not list this path");
    else if (is_listed_file && e->type != ITEM_FILE)
        tell(l, e->path, "does not call it a file, and a manifest does");
    else if (item != NULL && item->marks & MARK_IN_LISTING)
        tell(l, e->path, "lists it twice");
    else if (e->type == ITEM_LINK) /* links are in the listing only */
        sum_link(l->r, e->path, e, false);
    else {
        if (item != NULL && item->marks & MARK_IMPLIED &&
            own_path(&payload->table, item, e, fault) != SEAL_OK)
            return fault->status;
        if (item == NULL)
            item = listed_item(payload, e->path, e->path_len);
        if (item == NULL)
            return too_many(fault);
        take_facts(l, item, e);
        return imply_folders(payload, (size_t)(item - payload->table.items), fault);
    }
    return SEAL_OK;
}

/* Whether the digits from name up to close, at least a pair, are what part has at *at. */
static bool digits_are(const char *name, const char *close, const char *part, size_t part_len,
                       size_t *at)
{
    if (name == close || (close - name) % 2 != 0)
        return false;
    for (; name < close; name += 2) {
        uint8_t byte;

        if (!hex_decode(&byte, 1, name) || *at >= part_len || (uint8_t)part[*at] != byte)
            return false;
        (*at)++;
    }
    return true;
}

/* Decodes what stands between braces, "{3A}", up to end; false unless it is the part given. coded:
 * whether nothing stood for itself. */
static bool decodes_to(const char *name, const char *end, const char *part, size_t part_len,
                       bool *coded)
{
    size_t at = 0;

    *coded = true;
    while (name < end) {
        const char *close = *name == '{' ? memchr(name, '}', (size_t)(end - name)) : NULL;

        if (close != NULL) {
            if (!digits_are(name + 1, close, part, part_len, &at))
                return false;
            name = close + 1;
            continue;
        }
        *coded = false;
        if (at >= part_len || part[at++] != *name++)
            return false;
    }
    return at == part_len;
}

/* Whether a name on disk is a spelling of one that was sealed (bag_name_spell): the same, or with
 * some of it coded, or all of it and {00} behind it to tell it from another. */
static bool is_spelling(const char *name, size_t len, const char *part, size_t part_len)
{
    static const char more[] = "{00}";
    const size_t more_len = sizeof more - 1;
    const char *end = name + len;
    bool coded;

    if (len == part_len && memcmp(name, part, len) == 0)
        return true;
    if (decodes_to(name, end, part, part_len, &coded))
        return true;
    while ((size_t)(end - name) > more_len && memcmp(end - more_len, more, more_len) == 0)
        end -= more_len;
    return decodes_to(name, end, part, part_len, &coded) && coded;
}

/* Part by part. Else such comments could hide that files were given each other's names. */
static bool is_spelled(const struct mtree_spelled *s)
{
    const char *a = s->path, *b = s->as_sealed;

    for (;;) {
        size_t n = strcspn(a, "/"), k = strcspn(b, "/");

        if (!is_spelling(a, n, b, k) || a[n] != b[k])
            return false;
        if (a[n] == '\0')
            return true;
        a += n + 1;
        b += k + 1;
    }
}

static enum seal_status take_comment(struct listing *l, const struct text_line *line,
                                     struct fault *fault)
{
    struct mtree_spelled s;

    /* Without as-sealed/ it is the sealer's text, and tells nothing of this disk. */
    if (!l->has_as_sealed)
        return SEAL_OK;
    if (line->cut || strncmp(line->text, MTREE_SPELLED, strlen(MTREE_SPELLED)) != 0) {
        l->r->has_other_comments = true;
        return SEAL_OK;
    }
    if (!mtree_parse_spelled(line->text, &s))
        return malformed(l, line);
    if (!is_spelled(&s)) {
        tell(l, s.path, "calls it a spelling of a name that it is none of");
        return SEAL_OK;
    }
    l->r->has_spelled = l->r->has_spelled || strcmp(s.path, s.as_sealed) != 0;
    return prefixes_add(&l->r->spelled, s.as_sealed, s.as_sealed_len, s.path, s.path_len) == SEAL_OK
               ? SEAL_OK
               : too_many(fault);
}

static enum seal_status take_listing_line(void *ctx, const struct text_line *line,
                                          struct fault *fault)
{
    struct listing *l = ctx;
    struct mtree_entry e;

    if (take_head(l, line))
        return SEAL_OK;
    if (memchr(line->text, '\0', line->len) != NULL)
        return malformed(l, line);
    if (line->text[0] == '#') /* one with a \ at its end hides the next line from some readers */
        return !line->cut && line->text[line->len - 1] == '\\' ? malformed(l, line)
                                                               : take_comment(l, line, fault);
    if (line->cut || !mtree_parse(line->text, line->len, &e))
        return malformed(l, line);
    return take_entry(l, &e, fault);
}

/* Manifests and listing have the same files. */
static void compare_with_manifests(struct recheck *r)
{
    for (size_t i = 0; i < r->payload.table.count; i++) {
        const struct item *item = &r->payload.table.items[i];
        bool in_manifest = (item->root & MET_IN_ANY) != 0;
        bool in_listing = (item->marks & MARK_IN_LISTING) != 0;
        const char *path;

        if (item->type != ITEM_FILE || in_manifest == in_listing ||
            (!in_manifest && r->payload.whole != r->payload.kinds))
            continue;
        path = item_path(&r->payload.table, item);
        recheck_tell(r, BAG_RECORD_OFF, path, "%s",
                     in_listing ? "metadata.mtree lists it, and no manifest does"
                                : "metadata.mtree does not list it");
    }
}

enum seal_status recheck_listing(struct recheck *r, struct fault *fault)
{
    struct plat_stat st;
    struct listing l = {.r = r, .name = tag_file_names[TAG_MTREE]};
    const struct line_taker taker = {take_listing_line, &l, false};
    bool whole;

    l.has_as_sealed = plat_stat_at(r->dirfd, BAG_AS_SEALED_DIR, false, &st) == 0;
    if (!l.has_as_sealed && errno != ENOENT) /* without it names would be taken for missing */
        return fault_set_errno(fault, REASON_AS_SEALED_LOOK, r->name);
    if (recheck_read(r, l.name, &taker, &whole, NULL, fault) != SEAL_OK)
        return fault->status;
    r->result->has_listing = whole && l.is_ours;
    r->has_foreign_listing = whole && !l.is_ours;
    r->is_ours = r->is_ours || l.is_ours;
    if (r->result->has_listing)
        compare_with_manifests(r);
    return SEAL_OK;
}

/* ---- as-sealed/ --------------------------------------------------------------------------- */

#define SEALED_PATH_SIZE 64

static void sealed_path(char path[static SEALED_PATH_SIZE], int which)
{
    (void)snprintf(path, SEALED_PATH_SIZE, BAG_AS_SEALED_DIR "/%s", tag_file_names[which]);
}

/* The item that a path as it was sealed has on disk: the longest part of it that was spelled anew
 * is replaced. *item is NULL where the record does not have it. */
static enum seal_status find_sealed(struct listing *l, const char *path, size_t len,
                                    struct item **item, struct fault *fault)
{
    struct recheck *r = l->r;
    const struct item *part = prefixes_find(&r->spelled, path, len);
    const char *on_disk;

    if (part == NULL) {
        *item = table_find(&r->payload.table, path, len);
        return SEAL_OK;
    }
    on_disk = item_path(&r->spelled.table, part) + part->path_len + 1;
    l->path.len = 0;
    if (buffer_append(&l->path, on_disk, strlen(on_disk)) != SEAL_OK ||
        buffer_append(&l->path, path + part->path_len, len - part->path_len) != SEAL_OK)
        return out_of_memory(fault);
    *item = table_find(&r->payload.table, (const char *)l->path.data, l->path.len);
    return SEAL_OK;
}

static enum seal_status take_sealed_manifest_line(void *ctx, const struct text_line *line,
                                                  struct fault *fault)
{
    struct listing *l = ctx;
    uint8_t digest[SHA256_LEN];
    struct item *item;
    char *path;
    size_t len;

    if (line->cut || !manifest_parse(line->text, line->len, digest, &path, &len) ||
        !tar_path_is_clean(path, len))
        return malformed(l, line);
    path[len] = '\0';
    if (find_sealed(l, path, len, &item, fault) != SEAL_OK)
        return fault->status;
    if (item == NULL || !(item->root & MET_IN(DIGEST_SHA256)))
        tell(l, path, "lists it, and manifest-sha256.txt has no file for it");
    else if (item->root & MET_IN_SEALED)
        tell(l, path, "lists a second file that is one on disk");
    else if (memcmp(digest, listed_digest(&l->r->payload, item, DIGEST_SHA256), SHA256_LEN) != 0)
        tell(l, path, "has another digest than manifest-sha256.txt");
    if (item != NULL)
        item->root |= MET_IN_SEALED;
    return SEAL_OK;
}

/* It was sealed, so it is in our dialect, also if its writer left out "." (FORMAT.md, 5.3). */
static enum seal_status take_sealed_listing_line(void *ctx, const struct text_line *line,
                                                 struct fault *fault)
{
    struct listing *l = ctx;
    struct mtree_entry e;
    struct item *item;

    if ((line->number == 2 && strcmp(line->text, ". type=dir") == 0) ||
        (line->len > 0 && line->text[0] == '#'))
        return SEAL_OK;
    if (line->cut || memchr(line->text, '\0', line->len) != NULL ||
        !mtree_parse(line->text, line->len, &e))
        return malformed(l, line);
    if (find_sealed(l, e.path, e.path_len, &item, fault) != SEAL_OK)
        return fault->status;
    if (e.type == ITEM_LINK) {
        if (prefixes_find(&l->r->spelled, e.path, e.path_len) == NULL)
            sum_link(l->r, e.path, &e, true);
        else if (buffer_append_text(&l->path, "") != SEAL_OK)
            return out_of_memory(fault);
        else
            sum_link(l->r, (const char *)l->path.data, &e, true);
        return SEAL_OK;
    }
    if (item == NULL || !(item->marks & MARK_IN_LISTING) || item->type != e.type)
        tell(l, e.path, "lists it, and metadata.mtree does not");
    else if (item->sec != e.time.sec || item->nsec != e.time.nsec || item->size != e.size ||
             memcmp(item->digest, e.digest, SHA256_LEN) != 0)
        tell(l, e.path, "has another time, size or digest than metadata.mtree");
    if (item != NULL)
        item->root |= MET_IN_SEALED_LISTING;
    return SEAL_OK;
}

/* What manifest and listing beside data/ have, and those that were sealed do not. */
static void tell_not_sealed(struct recheck *r)
{
    for (size_t i = 0; i < r->payload.table.count; i++) {
        const struct item *item = &r->payload.table.items[i];

        if (item->root & MET_IN_ANY && !(item->root & MET_IN_SEALED))
            recheck_tell(r, BAG_RECORD_OFF, item_path(&r->payload.table, item),
                         BAG_AS_SEALED_DIR "/manifest-sha256.txt does not list it");
        else if (item->marks & MARK_IN_LISTING && !(item->root & MET_IN_SEALED_LISTING))
            recheck_tell(r, BAG_RECORD_OFF, item_path(&r->payload.table, item),
                         BAG_AS_SEALED_DIR "/metadata.mtree does not list it");
    }
}

/* What as-sealed/tagmanifest-sha256.txt says. */
struct sealed_tags {
    struct listing listing;
    bool is_whole;
    bool is_listed[TAG_COUNT];
    uint8_t digests[TAG_COUNT][SHA256_LEN];
};

static enum seal_status take_sealed_tag_line(void *ctx, const struct text_line *line,
                                             struct fault *fault)
{
    struct sealed_tags *t = ctx;
    uint8_t digest[SHA256_LEN];
    char *path;
    size_t len;

    (void)fault;
    if (line->cut || !manifest_parse(line->text, line->len, digest, &path, &len))
        return malformed(&t->listing, line);
    for (int i = 0; i < TAG_TAGMANIFEST; i++) {
        if (strlen(tag_file_names[i]) != len || memcmp(path, tag_file_names[i], len) != 0)
            continue;
        if (t->is_listed[i])
            break;
        t->is_listed[i] = true;
        memcpy(t->digests[i], digest, SHA256_LEN);
        return SEAL_OK;
    }
    return malformed(&t->listing, line);
}

static enum seal_status take_nothing(void *ctx, const struct text_line *line, struct fault *fault)
{
    (void)ctx;
    (void)line;
    (void)fault;
    return SEAL_OK;
}

typedef enum seal_status take_line(void *ctx, const struct text_line *line, struct fault *fault);

static bool is_as_sealed(const struct sealed_tags *t, int which, const uint8_t *digest)
{
    return t->is_listed[which] && memcmp(digest, t->digests[which], SHA256_LEN) == 0;
}

/* Reads one of the files, with its digest compared to what the tag manifest says. */
static enum seal_status read_sealed(struct sealed_tags *t, int which, take_line *take, bool *whole,
                                    struct fault *fault)
{
    struct recheck *r = t->listing.r;
    char path[SEALED_PATH_SIZE];
    struct listing l = {.r = r, .name = path};
    const struct line_taker taker = {take, &l, false};
    uint8_t digest[SHA256_LEN];
    enum seal_status status;

    sealed_path(path, which);
    status = recheck_read(r, path, &taker, whole, digest, fault);
    buffer_free(&l.path);
    if (status == SEAL_OK && *whole && t->is_whole && !is_as_sealed(t, which, digest))
        recheck_tell(r, BAG_RECORD_OFF, path, "its tag manifest has another digest");
    return status;
}

/* Of these there is one spelling: both must be the same. */
static enum seal_status compare_twin(struct sealed_tags *t, int which, struct fault *fault)
{
    struct recheck *r = t->listing.r;
    const struct line_taker taker = {take_nothing, NULL, false};
    uint8_t digest[SHA256_LEN];
    bool whole;

    if (read_sealed(t, which, take_nothing, &whole, fault) != SEAL_OK ||
        recheck_read(r, tag_file_names[which], &taker, &whole, digest, fault) != SEAL_OK)
        return fault->status;
    if (whole && t->is_whole && !is_as_sealed(t, which, digest))
        recheck_tell(r, BAG_RECORD_OFF, tag_file_names[which],
                     "it is not the one in " BAG_AS_SEALED_DIR "/");
    return SEAL_OK;
}

static void compare_comments(struct recheck *r)
{
    const char *path = tag_file_names[TAG_MTREE];

    if (r->has_other_comments)
        recheck_tell(r, BAG_RECORD_OFF, path, "it has comments that are no spellings of names");
    if (!r->has_spelled)
        recheck_tell(r, BAG_RECORD_OFF, path,
                     "it spells no name differently, and there is " BAG_AS_SEALED_DIR "/");
}

static void compare_links(struct recheck *r)
{
    if ((r->links[0] | r->links[1] | r->links[2] | r->links[3]) != 0)
        recheck_tell(r, BAG_RECORD_OFF, tag_file_names[TAG_MTREE],
                     "its links are not those in " BAG_AS_SEALED_DIR "/");
}

/* Manifest and listing. Where one of the four is missing or could not be read, or is in another
 * dialect, that is told, and then nothing can be said about the rest. */
static enum seal_status compare_lists(struct sealed_tags *t, struct fault *fault)
{
    struct recheck *r = t->listing.r;
    bool comparable = r->result->has_listing && r->payload.whole & MET_IN(DIGEST_SHA256);
    bool whole[2];

    if (read_sealed(t, TAG_MANIFEST, comparable ? take_sealed_manifest_line : take_nothing,
                    &whole[0], fault) != SEAL_OK ||
        read_sealed(t, TAG_MTREE, comparable ? take_sealed_listing_line : take_nothing, &whole[1],
                    fault) != SEAL_OK)
        return fault->status;
    if (r->result->has_listing)
        compare_comments(r);
    if (comparable && whole[1])
        compare_links(r);
    if (comparable && whole[0] && whole[1])
        tell_not_sealed(r);
    return SEAL_OK;
}

static enum seal_status compare_sealed(struct recheck *r, struct fault *fault)
{
    char path[SEALED_PATH_SIZE];
    struct sealed_tags t = {.listing = {.r = r, .name = path}};
    const struct line_taker taker = {take_sealed_tag_line, &t, false};

    sealed_path(path, TAG_TAGMANIFEST);
    if (recheck_read(r, path, &taker, &t.is_whole, r->result->digest, fault) != SEAL_OK)
        return fault->status;
    r->result->has_digest = t.is_whole;
    r->result->has_unread_digest = !t.is_whole;
    if (compare_lists(&t, fault) != SEAL_OK || compare_twin(&t, TAG_BAG_INFO, fault) != SEAL_OK)
        return fault->status;
    return compare_twin(&t, TAG_BAGIT, fault);
}

/* *can_tell: false if what is there cannot be looked at. */
static int count_sealed(struct recheck *r, bool there[static TAG_COUNT], bool *can_tell)
{
    int count = 0;

    *can_tell = true;
    for (int i = 0; i < TAG_COUNT; i++) {
        char path[SEALED_PATH_SIZE];
        struct plat_stat st;

        sealed_path(path, i);
        there[i] = ondisk_stat(r->dirfd, path, &st) == 0;
        if (!there[i] && errno != ENOENT && errno != ENOTDIR && errno != ELOOP)
            *can_tell = false;
        count += there[i];
    }
    return count;
}

enum seal_status recheck_sealed(struct recheck *r, struct fault *fault)
{
    bool there[TAG_COUNT], can_tell;
    int count = count_sealed(r, there, &can_tell);

    if (count == TAG_COUNT) {
        r->is_ours = true;
        return compare_sealed(r, fault);
    }
    if (!can_tell) {
        recheck_tell(r, BAG_UNREADABLE, BAG_AS_SEALED_DIR, NULL);
        r->result->has_digest = false;
        r->result->has_unread_digest = true;
        return SEAL_OK;
    }
    for (int i = 0; i < TAG_COUNT && count > 0; i++) {
        char path[SEALED_PATH_SIZE];

        sealed_path(path, i);
        if (!there[i] && !recheck_tag_is_listed(r, path)) /* else that was told */
            recheck_tell(r, BAG_RECORD_OFF, path, "it is missing");
    }
    return SEAL_OK;
}
