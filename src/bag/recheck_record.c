/*
 * Checking a bag on disk again: its record, read into tables. All but metadata.mtree.
 */
#include "bag/recheck.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OLDEST_MINOR 93 /* BagIt 0.93 */

static enum seal_status out_of_memory(struct fault *fault)
{
    return fault_no_memory(fault);
}

static enum seal_status too_many(struct fault *fault)
{
    return fault_set(fault, REASON_LISTED_NAMES_TOO_MANY, NULL);
}

static enum seal_status no_bag(const struct recheck *r, enum seal_reason reason,
                               struct fault *fault)
{
    return fault_set(fault, reason, r->name);
}

enum seal_status recheck_read(struct recheck *r, const char *path, const struct line_taker *taker,
                              bool *whole, uint8_t *digest, struct fault *fault)
{
    struct plat_stat st;
    int fd = ondisk_open(r->dirfd, path, &st);
    int sys = errno;
    enum seal_status status = SEAL_OK;

    *whole = false;
    if (fd == ONDISK_NO_FILE) {
        recheck_tell(r, BAG_RECORD_OFF, path, "%s is in its place", ondisk_type_text(st.type));
        return SEAL_OK;
    }
    if (fd < 0 && (sys == ENOENT || sys == ENOTDIR))
        return SEAL_OK;
    if (fd >= 0) {
        status = ondisk_lines(fd, taker, &sys, digest, fault);
        (void)plat_close(fd);
    }
    *whole = sys == 0;
    if (sys != 0 && status == SEAL_OK)
        recheck_tell(r, BAG_UNREADABLE, path, "%s", plat_strerror(sys));
    return status;
}

/* ---- Labels: bagit.txt and bag-info.txt --------------------------------------------------- */

/* Digits up to the character end; *at is moved behind it. */
static bool take_number(const char **at, char end, uint64_t *value)
{
    const char *s = *at;

    *value = 0;
    for (; *s >= '0' && *s <= '9'; s++) {
        unsigned int digit = (unsigned int)(*s - '0');

        if (*value > (UINT64_MAX - digit) / 10)
            return false;
        *value = *value * 10 + digit;
    }
    if (s == *at || *s != end)
        return false;
    *at = s + (end != '\0');
    return true;
}

static void cut_blanks(char *line, size_t len)
{
    while (len > 0 && (line[len - 1] == ' ' || line[len - 1] == '\t'))
        line[--len] = '\0';
}

struct bagit {
    bool has_bom, has_version, is_version_1, is_utf8;
};

static bool parse_version(const char *text, bool *is_version_1)
{
    uint64_t major, minor;

    if (!take_number(&text, '.', &major) || !take_number(&text, '\0', &minor))
        return false;
    *is_version_1 = major == 1;
    return (major == 1 && minor == 0) || (major == 0 && minor >= OLDEST_MINOR);
}

static enum seal_status take_bagit_line(void *ctx, const struct text_line *line,
                                        struct fault *fault)
{
    static const char bom[] = "\xEF\xBB\xBF";
    struct bagit *b = ctx;
    char *text = line->text;
    const char *value;

    (void)fault;
    if (line->number == 1 && strncmp(text, bom, strlen(bom)) == 0) {
        b->has_bom = true;
        text += strlen(bom);
    }
    cut_blanks(text, strlen(text));
    value = bag_info_value(text, "bagit-version");
    if (value != NULL)
        b->has_version = parse_version(value, &b->is_version_1);
    value = bag_info_value(text, "tag-file-character-encoding");
    if (value != NULL)
        b->is_utf8 = text_begins(value, "utf-8") && strlen(value) == strlen("utf-8");
    return SEAL_OK;
}

/* Without it nothing is known, so what hinders reading it ends it all. */
static enum seal_status read_bagit_lines(struct recheck *r, struct bagit *b, struct fault *fault)
{
    const struct line_taker taker = {take_bagit_line, b, true};
    struct plat_stat st;
    int fd = ondisk_open_name(r->dirfd, tag_file_names[TAG_BAGIT], &st);
    int sys = errno;
    enum seal_status status;

    if (fd == ONDISK_NO_FILE)
        return no_bag(r, REASON_BAG_DECLARATION_KIND, fault);
    if (fd < 0 && sys == ENOENT)
        return no_bag(r, REASON_BAG_NO_DECLARATION, fault);
    if (fd >= 0) {
        status = ondisk_lines(fd, &taker, &sys, NULL, fault);
        (void)plat_close(fd);
        if (status != SEAL_OK)
            return status;
    }
    errno = sys;
    return sys == 0 ? SEAL_OK : fault_set_errno(fault, REASON_BAG_DECLARATION_READ, r->name);
}

/* RFC 8493, 2.1.1. */
static enum seal_status read_bagit(struct recheck *r, struct fault *fault)
{
    struct bagit b = {0};

    if (read_bagit_lines(r, &b, fault) != SEAL_OK)
        return fault->status;
    if (!b.has_version)
        return no_bag(r, REASON_BAG_VERSION, fault);
    if (!b.is_utf8)
        return no_bag(r, REASON_BAG_ENCODING, fault);
    if (b.has_bom)
        recheck_tell(r, BAG_RECORD_OFF, tag_file_names[TAG_BAGIT],
                     "it begins with a byte order mark");
    r->is_version_1 = b.is_version_1;
    return SEAL_OK;
}

struct oxum_reading {
    struct recheck *r;
    const char *path;
};

static enum seal_status take_info_line(void *ctx, const struct text_line *line, struct fault *fault)
{
    struct oxum_reading *o = ctx;
    struct recheck *r = o->r;
    const char *value = bag_info_value(line->text, "payload-oxum");
    uint64_t bytes, files;

    (void)fault;
    r->is_ours = r->is_ours || bag_info_value(line->text, "seal-format-version") != NULL;
    if (value == NULL)
        return SEAL_OK;
    cut_blanks(line->text, strlen(line->text));
    if (!take_number(&value, '.', &bytes) || !take_number(&value, '\0', &files))
        recheck_tell(r, BAG_RECORD_OFF, o->path, "its Payload-Oxum is malformed");
    else if (r->oxum_in != NULL && (bytes != r->oxum_bytes || files != r->oxum_files))
        recheck_tell(r, BAG_RECORD_OFF, o->path, "it has more than one Payload-Oxum");
    else {
        r->oxum_in = o->path;
        r->oxum_bytes = bytes;
        r->oxum_files = files;
    }
    return SEAL_OK;
}

static enum seal_status read_info(struct recheck *r, struct fault *fault)
{
    /* Before 0.96 it had another name. */
    const char *const paths[] = {tag_file_names[TAG_BAG_INFO], "package-info.txt"};
    bool whole = false;

    for (size_t i = 0; i < (r->is_version_1 ? 1 : 2) && !whole; i++) {
        struct oxum_reading o = {r, paths[i]};
        const struct line_taker taker = {take_info_line, &o, true};

        if (recheck_read(r, paths[i], &taker, &whole, NULL, fault) != SEAL_OK)
            return fault->status;
    }
    return SEAL_OK;
}

/* ---- Manifests ---------------------------------------------------------------------------- */

#define MANIFEST_NAME_SIZE 32

/* A manifest being read, or fetch.txt. */
struct reading {
    struct recheck *r;
    struct listed *listed;
    enum digest_kind kind;
    char name[MANIFEST_NAME_SIZE];
    bool is_malformed; /* it was told */
};

static void tell_malformed(struct reading *m, uint64_t number)
{
    if (!m->is_malformed)
        recheck_tell(m->r, BAG_RECORD_OFF, m->name, "line %" PRIu64 " is malformed", number);
    m->is_malformed = true;
}

static bool is_blank(const struct text_line *line)
{
    return strspn(line->text, " \t") == line->len;
}

static bool is_on_disk(const struct recheck *r, char *path, size_t len)
{
    struct plat_stat st;
    char kept = path[len];
    int result;

    if (!tar_path_is_clean(path, len))
        return false;
    path[len] = '\0';
    result = ondisk_stat(r->dirfd, path, &st);
    path[len] = kept;
    return result == 0;
}

/* Decodes a path in place. Before version 1.0 a % stood for itself, and there are writers for which
 * it still does: where only the file of the literal name is there, that is meant. */
static enum seal_status decode_path(struct reading *m, char *path, size_t *len, struct fault *fault)
{
    char *literal;
    size_t literal_len = *len;

    if (memchr(path, '%', *len) == NULL)
        return SEAL_OK;
    literal = malloc(literal_len + 1);
    if (literal == NULL)
        return out_of_memory(fault);
    memcpy(literal, path, literal_len);
    literal[literal_len] = '\0';
    *len = manifest_decode(path, *len);
    if (*len != literal_len && !is_on_disk(m->r, path, *len) &&
        is_on_disk(m->r, literal, literal_len)) {
        memcpy(path, literal, literal_len);
        *len = literal_len;
        if (m->r->is_version_1)
            recheck_tell(m->r, BAG_RECORD_OFF, literal,
                         "%s does not write its percent sign as BagIt 1.0 wants", m->name);
    }
    free(literal);
    return SEAL_OK;
}

/* A path as manifests and fetch.txt have it. *len is 0 where it cannot be used, which was told. */
static enum seal_status take_path(struct reading *m, char **path, size_t *len, uint64_t number,
                                  struct fault *fault)
{
    bool is_payload;

    while (*len > 2 && memcmp(*path, "./", 2) == 0) {
        *path += 2;
        *len -= 2;
    }
    if (decode_path(m, *path, len, fault) != SEAL_OK)
        return fault->status;
    (*path)[*len] = '\0';
    is_payload = strncmp(*path, PAYLOAD_DIR "/", strlen(PAYLOAD_DIR "/")) == 0;
    if (tar_path_is_clean(*path, *len) && is_payload == (m->listed == &m->r->payload))
        return SEAL_OK;
    *len = 0;
    if (**path == '\0')
        tell_malformed(m, number);
    else
        recheck_tell(m->r, BAG_RECORD_OFF, *path, "%s, line %" PRIu64 ": it may not list this path",
                     m->name, number);
    return SEAL_OK;
}

static enum seal_status take_manifest_line(void *ctx, const struct text_line *line,
                                           struct fault *fault)
{
    struct reading *m = ctx;
    size_t digest_size = digest_len(m->kind), len;
    uint8_t digest[DIGEST_LEN_MAX];
    struct item *item;
    char *path;

    if (is_blank(line))
        return SEAL_OK;
    if (line->cut || !manifest_split(line->text, line->len, digest, digest_size, &path, &len)) {
        tell_malformed(m, line->number);
        return SEAL_OK;
    }
    if (*path == '*' && path == line->text + 2 * digest_size + 1) { /* as md5sum marks "binary" */
        path++;
        len--;
    }
    if (take_path(m, &path, &len, line->number, fault) != SEAL_OK)
        return fault->status;
    if (len == 0)
        return SEAL_OK;
    item = listed_item(m->listed, path, len);
    if (item == NULL)
        return too_many(fault);
    if (!(item->root & MET_IN(m->kind)))
        memcpy(listed_digest(m->listed, item, m->kind), digest, digest_size);
    else if (memcmp(listed_digest(m->listed, item, m->kind), digest, digest_size) != 0)
        recheck_tell(m->r, BAG_RECORD_OFF, path, "%s lists it twice, with different digests",
                     m->name);
    item->root |= MET_IN(m->kind);
    return SEAL_OK;
}

/* Notes a name that is a manifest's, of either sort. */
static int note_manifest(void *ctx, const char *name)
{
    struct recheck *r = ctx;
    struct listed *const sorts[] = {&r->payload, &r->tags};

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
                sorts[i]->kinds |= MET_IN(kind);
        }
        if (known)
            continue;
        /* What others list is checked all the same. */
        r->knows_no_kind = r->knows_no_kind || i == 0;
        if (r->observer != NULL && r->observer->note != NULL)
            r->observer->note(r->observer->ctx, name, "an algorithm this program does not know");
    }
    return 0;
}

static void lay_out_rows(struct listed *l)
{
    for (int i = 0; i < DIGEST_KINDS; i++) {
        if (!(l->kinds & MET_IN(i)))
            continue;
        l->row_off[i] = l->row_len;
        l->row_len += digest_len((enum digest_kind)i);
    }
}

static enum seal_status read_manifests(struct recheck *r, struct listed *l, struct fault *fault)
{
    for (int i = 0; i < DIGEST_KINDS; i++) {
        struct reading m = {.r = r, .listed = l, .kind = (enum digest_kind)i};
        const struct line_taker taker = {take_manifest_line, &m, true};
        bool is_d = l == &r->tags && i == DIGEST_SHA256;
        bool whole;

        if (!(l->kinds & MET_IN(i)))
            continue;
        (void)snprintf(m.name, sizeof m.name, "%s%s.txt", l->prefix, digest_name(m.kind));
        if (recheck_read(r, m.name, &taker, &whole, is_d ? r->result->digest : NULL, fault) !=
            SEAL_OK)
            return fault->status;
        if (whole)
            l->whole |= MET_IN(i);
        if (is_d) {
            r->result->has_digest = whole;
            r->result->has_unread_digest = !whole;
        }
    }
    return SEAL_OK;
}

static void name_algorithms(struct recheck *r)
{
    char *out = r->result->algorithms;
    size_t len = 0;

    for (int i = 0; i < DIGEST_KINDS; i++)
        if (r->payload.whole & MET_IN(i))
            len += (size_t)snprintf(out + len, sizeof r->result->algorithms - len, "%s%s",
                                    len > 0 ? ", " : "", digest_name((enum digest_kind)i));
}

/* ---- fetch.txt ---------------------------------------------------------------------------- */

/* RFC 8493, 2.2.3: URL, length and path. */
static enum seal_status take_fetch_line(void *ctx, const struct text_line *line,
                                        struct fault *fault)
{
    struct reading *m = ctx;
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
    if (line->cut || len == 0) {
        tell_malformed(m, line->number);
        return SEAL_OK;
    }
    if (take_path(m, &path, &len, line->number, fault) != SEAL_OK)
        return fault->status;
    if (len == 0)
        return SEAL_OK;
    item = listed_item(m->listed, path, len);
    if (item == NULL)
        return too_many(fault);
    if (!(item->root & (MET_IN_ANY | MET_IN_FETCH)))
        recheck_tell(m->r, BAG_RECORD_OFF, path, "fetch.txt lists it, and no manifest does");
    item->root |= MET_IN_FETCH;
    return SEAL_OK;
}

static enum seal_status read_fetch(struct recheck *r, struct fault *fault)
{
    struct reading m = {.r = r, .listed = &r->payload, .name = "fetch.txt"};
    const struct line_taker taker = {take_fetch_line, &m, true};
    bool whole;

    return recheck_read(r, m.name, &taker, &whole, NULL, fault);
}

/* ---- All of it ---------------------------------------------------------------------------- */

/* RFC 8493, 3: since 1.0 each manifest lists all files. */
static void compare_manifests(struct recheck *r)
{
    for (size_t i = 0; i < r->payload.table.count; i++) {
        const struct item *item = &r->payload.table.items[i];
        unsigned int missing = r->payload.whole & ~item->root;

        for (int kind = 0; kind < DIGEST_KINDS && item->root & MET_IN_ANY; kind++)
            if (missing & MET_IN(kind))
                recheck_tell(r, BAG_RECORD_OFF, item_path(&r->payload.table, item),
                             "manifest-%s.txt does not list it",
                             digest_name((enum digest_kind)kind));
    }
}

static enum seal_status find_manifests(struct recheck *r, struct fault *fault)
{
    struct plat_stat st;
    bool there = plat_stat_at(r->dirfd, PAYLOAD_DIR, false, &st) == 0;

    if (!there && errno != ENOENT)
        return fault_set_errno(fault, REASON_BAG_DATA_LOOK, r->name);
    if (!there || st.type != PLAT_DIR)
        return no_bag(r, REASON_BAG_NO_DATA, fault);
    if (plat_list_dir(r->dirfd, note_manifest, r) != 0)
        return fault_set_errno(fault, REASON_LIST, r->name);
    if (r->payload.kinds == 0)
        return no_bag(r, r->knows_no_kind ? REASON_BAG_MANIFEST_UNKNOWN : REASON_BAG_NO_MANIFEST,
                      fault);
    lay_out_rows(&r->payload);
    lay_out_rows(&r->tags);
    return SEAL_OK;
}

enum seal_status recheck_record(struct recheck *r, struct fault *fault)
{
    if (read_bagit(r, fault) != SEAL_OK || find_manifests(r, fault) != SEAL_OK ||
        read_manifests(r, &r->payload, fault) != SEAL_OK)
        return fault->status;
    if (r->payload.whole == 0)
        return fault_set(fault, REASON_MANIFEST_READ, r->name);
    name_algorithms(r);
    if (r->is_version_1)
        compare_manifests(r);
    if (read_fetch(r, fault) != SEAL_OK || read_info(r, fault) != SEAL_OK ||
        recheck_listing(r, fault) != SEAL_OK)
        return fault->status;
    return read_manifests(r, &r->tags, fault);
}
