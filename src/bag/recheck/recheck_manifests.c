/*
 * Checking a bag on disk: manifests, tag manifests and fetch.txt, read into the tables.
 */
#include "bag/recheck/recheck_steps.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bag/manifest.h"

/* ---- Which manifests there are ------------------------------------------------------------ */

/* Takes a name in the bag's folder: notes the kind of digest if it is a manifest, of the payload or
 * of tag files. */
static int note_manifest(void *ctx, const char *name)
{
    struct recheck *r = ctx;
    struct manifest_set *const sorts[] = {&r->payload, &r->tags};

    for (size_t i = 0; i < 2; i++) {
        size_t prefix_len = strlen(sorts[i]->prefix), len = strlen(name);
        bool known = false;

        if (strncmp(name, sorts[i]->prefix, prefix_len) != 0 || len < prefix_len + 4 ||
            strcmp(name + len - 4, ".txt") != 0)
            continue;
        for (int kind = 0; kind < DIGEST_KINDS && !known; kind++) {
            const char *algorithm = digest_name((enum digest_kind)kind);

            known = len - prefix_len - 4 == strlen(algorithm) &&
                    strncmp(name + prefix_len, algorithm, strlen(algorithm)) == 0;
            if (known)
                sorts[i]->kinds |= DIGEST_BIT(kind);
        }
        if (known)
            continue;
        /* A manifest of another algorithm: told, and the others are checked all the same. */
        r->has_unknown_algorithm = r->has_unknown_algorithm || i == 0;
        if (r->observer != NULL && r->observer->note != NULL)
            r->observer->note(r->observer->ctx, BAG_NOTE_ALGORITHM, name);
    }
    return 0;
}

enum seal_status recheck_find_manifests(struct recheck *r, struct fault *fault)
{
    struct plat_stat st;
    bool there = plat_stat_at(r->dirfd, PAYLOAD_DIR, false, &st) == 0;

    if (!there && errno != ENOENT)
        return fault_set_errno(fault, REASON_BAG_DATA_LOOK, r->name);
    if (!there || st.type != PLAT_DIR)
        return no_bag(r, REASON_BAG_NO_DATA, fault);
    if (plat_list_dir(r->dirfd, note_manifest, r) != 0)
        return fault_set_errno(fault, REASON_LIST, r->name);
    if (r->payload.kinds == 0 && r->has_unknown_algorithm)
        return no_bag(r, REASON_BAG_MANIFEST_UNKNOWN, fault);
    if (r->payload.kinds == 0)
        return no_record(r, REASON_BAG_NO_MANIFEST, fault);
    manifest_set_lay_out(&r->payload);
    manifest_set_lay_out(&r->tags);
    return SEAL_OK;
}

/* ---- Lines -------------------------------------------------------------------------------- */

/* A manifest that is being read, or fetch.txt. */
struct manifest_file {
    struct record_file file;
    struct manifest_set *set; /* where its paths go */
    enum digest_kind kind;    /* not of fetch.txt */
};

static bool is_blank(const struct text_line *line)
{
    return strspn(line->text, " \t") == line->len;
}

/* *meant: the literal name, and not the decoded one. */
static enum seal_status is_literal(struct manifest_file *m, const char *decoded, size_t len,
                                   const char *literal, size_t literal_len, bool *meant,
                                   struct fault *fault)
{
    bool there = len == literal_len;

    *meant = false;
    if (!there && recheck_is_on_disk(m->file.r, decoded, len, &there, fault) != SEAL_OK)
        return fault->status;
    return there ? SEAL_OK : recheck_is_on_disk(m->file.r, literal, literal_len, meant, fault);
}

/* Decodes a path in place. Before BagIt 1.0 a % stood for itself, and some writers still do not
 * code it. So where there is no file of the decoded name, but one of the literal name, that is
 * meant. */
static enum seal_status decode_path(struct manifest_file *m, char *path, size_t *len,
                                    struct fault *fault)
{
    char *literal;
    size_t literal_len = *len;
    bool is_meant;

    if (memchr(path, '%', *len) == NULL)
        return SEAL_OK;
    literal = malloc(literal_len + 1);
    if (literal == NULL)
        return fault_no_memory(fault);
    memcpy(literal, path, literal_len);
    literal[literal_len] = '\0';
    *len = manifest_decode(path, *len);
    if (is_literal(m, path, *len, literal, literal_len, &is_meant, fault) == SEAL_OK && is_meant) {
        memcpy(path, literal, literal_len);
        *len = literal_len;
        if (m->file.r->is_version_1)
            record_tell(&m->file, literal, BAG_DETAIL_PERCENT_UNCODED);
    }
    free(literal);
    return fault->status;
}

/* Bags that some programs on Windows make have backslashes in their paths, which elsewhere are part
 * of a name. */
static enum seal_status turn_backslashes(struct manifest_file *m, char *path, size_t len,
                                         struct fault *fault)
{
    static const char start[] = PAYLOAD_DIR "\\";
    bool there;

    if (strncmp(path, start, strlen(start)) != 0)
        return SEAL_OK;
    if (recheck_is_on_disk(m->file.r, path, len, &there, fault) != SEAL_OK || there)
        return fault->status;
    record_tell(&m->file, path, BAG_DETAIL_BACKSLASHES);
    for (size_t i = 0; i < len; i++)
        path[i] = path[i] == '\\' ? '/' : path[i];
    return SEAL_OK;
}

/* Decodes a path of a manifest or of fetch.txt and checks that it may stand there. If not, that is
 * told, and *len is 0. */
static enum seal_status take_path(struct manifest_file *m, char **path, size_t *len,
                                  const struct text_line *line, struct fault *fault)
{
    bool is_payload;

    while (*len > 2 && memcmp(*path, "./", 2) == 0) {
        *path += 2;
        *len -= 2;
    }
    if (decode_path(m, *path, len, fault) != SEAL_OK)
        return fault->status;
    (*path)[*len] = '\0';
    if (turn_backslashes(m, *path, *len, fault) != SEAL_OK)
        return fault->status;
    is_payload = strncmp(*path, PAYLOAD_DIR "/", strlen(PAYLOAD_DIR "/")) == 0;
    if (tar_path_is_clean(*path, *len) && is_payload == (m->set == &m->file.r->payload))
        return SEAL_OK;
    *len = 0;
    if (**path == '\0')
        return record_malformed(&m->file, line);
    recheck_tell_difference(
        m->file.r, &(struct bag_difference){BAG_RECORD_OFF, *path, BAG_DETAIL_PATH_FORBIDDEN_LINE,
                                            .file = m->file.which, .line = line->number});
    return SEAL_OK;
}

static enum seal_status take_manifest_line(void *ctx, const struct text_line *line,
                                           struct fault *fault)
{
    struct manifest_file *m = ctx;
    size_t digest_size = digest_len(m->kind), len;
    uint8_t digest[DIGEST_LEN_MAX];
    struct item *item;
    char *path;

    if (is_blank(line))
        return SEAL_OK;
    if (line->cut || !manifest_split(line->text, line->len, digest, digest_size, &path, &len))
        return record_malformed(&m->file, line);
    if (*path == '*' && path == line->text + 2 * digest_size + 1) { /* as md5sum marks "binary" */
        path++;
        len--;
    }
    if (take_path(m, &path, &len, line, fault) != SEAL_OK)
        return fault->status;
    if (len == 0)
        return SEAL_OK;
    item = manifest_set_item(m->set, path, len);
    if (item == NULL)
        return too_many(fault);
    if (!(item->recheck.manifests & DIGEST_BIT(m->kind)))
        memcpy(manifest_set_digest(m->set, item, m->kind), digest, digest_size);
    else if (memcmp(manifest_set_digest(m->set, item, m->kind), digest, digest_size) != 0)
        record_tell(&m->file, path, BAG_DETAIL_LISTED_TWO_DIGESTS);
    item->recheck.manifests |= (uint16_t)DIGEST_BIT(m->kind);
    return SEAL_OK;
}

/* ---- Manifests ---------------------------------------------------------------------------- */

static enum seal_status read_manifests(struct recheck *r, struct manifest_set *set,
                                       struct fault *fault)
{
    for (int i = 0; i < DIGEST_KINDS; i++) {
        enum digest_kind kind = (enum digest_kind)i;
        enum bag_record_file which = manifest_set_file(set, kind);
        const char *name = bag_record_file_name(which);
        struct manifest_file m = {{.r = r, .name = name, .which = which}, set, kind};
        const struct line_taker taker = {take_manifest_line, &m, true, r->encoding};
        bool is_d = set == &r->tags && i == DIGEST_SHA256;
        bool whole;

        if (!(set->kinds & DIGEST_BIT(i)))
            continue;
        if (recheck_read(r, name, &taker, &whole, is_d ? r->result->disk_digest : NULL, fault) !=
            SEAL_OK)
            return fault->status;
        if (whole)
            set->whole |= DIGEST_BIT(i);
        if (is_d) {
            memcpy(r->result->digest, r->result->disk_digest, SHA256_LEN);
            r->result->has_digest = whole;
            r->result->has_unread_digest = !whole;
        }
    }
    return SEAL_OK;
}

static void tell_not_listed(struct recheck *r, const struct item *item, enum digest_kind kind)
{
    struct record_file f = {.r = r, .which = manifest_set_file(&r->payload, kind)};

    record_tell(&f, item_path(&r->payload.table, item), BAG_DETAIL_NOT_LISTED);
}

/* RFC 8493, 3: since 1.0 each manifest lists all files. */
static void compare_manifests(struct recheck *r)
{
    for (size_t i = 0; i < r->payload.table.count; i++) {
        const struct item *item = &r->payload.table.items[i];
        unsigned int missing = r->payload.whole & ~(unsigned int)item->recheck.manifests;

        for (int kind = 0; kind < DIGEST_KINDS && item->recheck.manifests != 0; kind++)
            if (missing & DIGEST_BIT(kind))
                tell_not_listed(r, item, (enum digest_kind)kind);
    }
}

enum seal_status recheck_payload_manifests(struct recheck *r, struct fault *fault)
{
    if (read_manifests(r, &r->payload, fault) != SEAL_OK)
        return fault->status;
    if (r->payload.whole == 0)
        return fault_set(fault, REASON_MANIFEST_READ, r->name);
    r->result->algorithms = r->payload.whole;
    if (r->is_version_1)
        compare_manifests(r);
    return SEAL_OK;
}

enum seal_status recheck_tag_manifests(struct recheck *r, struct fault *fault)
{
    return read_manifests(r, &r->tags, fault);
}

/* ---- fetch.txt ---------------------------------------------------------------------------- */

/* URL, length and path, with blanks between them. */
static enum seal_status take_fetch_line(void *ctx, const struct text_line *line,
                                        struct fault *fault)
{
    struct manifest_file *m = ctx;
    char *path = line->text;
    struct item *item;
    size_t len;

    if (is_blank(line))
        return SEAL_OK;
    for (int word = 0; word < 2; word++) {
        path += strcspn(path, " \t");
        path += strspn(path, " \t");
    }
    len = line->len - (size_t)(path - line->text);
    if (line->cut || len == 0)
        return record_malformed(&m->file, line);
    if (take_path(m, &path, &len, line, fault) != SEAL_OK)
        return fault->status;
    if (len == 0)
        return SEAL_OK;
    item = manifest_set_item(m->set, path, len);
    if (item == NULL)
        return too_many(fault);
    if (item->recheck.manifests == 0 && !(item->recheck.met & MET_IN_FETCH))
        record_tell(&m->file, path, BAG_DETAIL_LISTED_ALONE);
    item->recheck.met |= MET_IN_FETCH;
    return SEAL_OK;
}

enum seal_status recheck_fetch(struct recheck *r, struct fault *fault)
{
    const char *name = bag_record_file_name(BAG_RECORD_FETCH);
    struct manifest_file m = {.file = {.r = r, .name = name, .which = BAG_RECORD_FETCH},
                              .set = &r->payload};
    const struct line_taker taker = {take_fetch_line, &m, true, r->encoding};
    bool whole;

    return recheck_read(r, name, &taker, &whole, NULL, fault);
}
