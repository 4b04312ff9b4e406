/*
 * The state of a bag on disk that is being checked: its tables, telling what differs, and reading a
 * file of the record.
 */
#include "bag/recheck/recheck_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/text.h"

/* ---- What manifests list ------------------------------------------------------------------ */

void manifest_set_lay_out(struct manifest_set *m)
{
    for (int i = 0; i < DIGEST_KINDS; i++) {
        if (!(m->kinds & DIGEST_BIT(i)))
            continue;
        m->row_off[i] = m->row_len;
        m->row_len += digest_len((enum digest_kind)i);
    }
}

/* Appends rows of zeros for items that have none yet. */
static bool grow_rows(struct manifest_set *m)
{
    size_t len = m->table.count * m->row_len;

    if (len <= m->rows.len)
        return true;
    if (buffer_reserve(&m->rows, len - m->rows.len) != SEAL_OK)
        return false;
    memset(m->rows.data + m->rows.len, 0, len - m->rows.len);
    m->rows.len = len;
    return true;
}

struct item *manifest_set_item(struct manifest_set *m, const char *path, size_t path_len)
{
    struct item *item = table_find(&m->table, path, path_len);

    if (item != NULL)
        return item;
    item = table_add(&m->table, path, path_len);
    return item != NULL && grow_rows(m) ? item : NULL;
}

enum bag_record_file manifest_set_file(const struct manifest_set *m, enum digest_kind kind)
{
    return (enum bag_record_file)((int)m->first + (int)kind);
}

uint8_t *manifest_set_digest(const struct manifest_set *m, const struct item *item,
                             enum digest_kind kind)
{
    return m->rows.data + (size_t)(item - m->table.items) * m->row_len + m->row_off[kind];
}

/* ---- Folders ------------------------------------------------------------------------------ */

const struct item *prefixes_find(struct prefixes *p, const char *path, size_t path_len)
{
    for (size_t len = path_len; len > 0 && p->table.count > 0; len--) {
        const struct item *item;

        if (len > PATH_LEN_MAX || !p->lens[len] || (len < path_len && path[len] != '/'))
            continue;
        item = table_find(&p->table, path, len);
        if (item != NULL)
            return item;
    }
    return NULL;
}

enum seal_status prefixes_add(struct prefixes *p, const char *path, size_t path_len,
                              const char *text, size_t text_len)
{
    if (path_len > PATH_LEN_MAX) /* nothing that the record may list is below it */
        return SEAL_OK;
    if (table_add(&p->table, path, path_len) == NULL ||
        (text != NULL && table_add_text(&p->table, text, text_len) != SEAL_OK))
        return SEAL_NO_MEMORY;
    p->lens[path_len] = true;
    return SEAL_OK;
}

/* ---- The state ---------------------------------------------------------------------------- */

static void manifest_set_free(struct manifest_set *m)
{
    table_free(&m->table);
    buffer_free(&m->rows);
}

struct recheck *recheck_state_new(void)
{
    struct recheck *r = calloc(1, sizeof *r);

    if (r == NULL)
        return NULL;
    r->chunk = malloc(RECHECK_CHUNK);
    if (r->chunk == NULL) {
        free(r);
        return NULL;
    }
    randombytes_buf(r->link_key, sizeof r->link_key);
    r->payload.prefix = "manifest-";
    r->payload.first = BAG_RECORD_MANIFEST;
    r->tags.prefix = "tagmanifest-";
    r->tags.first = BAG_RECORD_TAGMANIFEST;
    table_init(&r->payload.table, true);
    table_init(&r->tags.table, true);
    table_init(&r->spelled.table, true);
    table_init(&r->unreadable.table, true);
    table_init(&r->added, true);
    return r;
}

void recheck_state_free(struct recheck *r)
{
    if (r == NULL)
        return;
    manifest_set_free(&r->payload);
    manifest_set_free(&r->tags);
    table_free(&r->spelled.table);
    table_free(&r->unreadable.table);
    table_free(&r->added);
    table_free(&r->on_disk);
    free(r->chunk);
    free(r);
}

bool recheck_tag_is_listed(const struct recheck *r, const char *path)
{
    const struct item *item = table_find(&r->tags.table, path, strlen(path));

    return item != NULL && item->recheck.manifests & DIGEST_BIT(DIGEST_SHA256);
}

void recheck_sum_link(struct recheck *r, const char *path, const char *target,
                      struct timestamp time, bool take_off)
{
    const uint64_t sec = (uint64_t)time.sec, nsec = time.nsec;
    uint8_t digest[SHA256_LEN];
    struct sha256 hash;

    sha256_start(&hash);
    sha256_add(&hash, r->link_key,
               sizeof r->link_key); /* else links could be chosen that cancel out */
    sha256_add(&hash, path, strlen(path) + 1);
    sha256_add(&hash, target, strlen(target) + 1);
    sha256_add(&hash, &sec, sizeof sec);
    sha256_add(&hash, &nsec, sizeof nsec);
    sha256_end(&hash, digest);
    for (size_t i = 0; i < 4; i++)
        r->links[i] += take_off ? -load_u64(digest + 8 * i) : load_u64(digest + 8 * i);
}

void recheck_tell_difference(struct recheck *r, const struct bag_difference *difference)
{
    r->result->changes[difference->kind]++;
    if (r->observer != NULL && r->observer->change != NULL)
        r->observer->change(r->observer->ctx, difference);
}

void recheck_tell(struct recheck *r, enum bag_change kind, const char *path, enum bag_detail detail)
{
    recheck_tell_difference(r, &(struct bag_difference){kind, path, detail, .sys = 0});
}

void recheck_tell_error(struct recheck *r, const char *path, int sys)
{
    recheck_tell_difference(
        r, &(struct bag_difference){BAG_UNREADABLE, path, BAG_DETAIL_SYSTEM, .sys = sys});
}

/* ---- Reading a file of the record --------------------------------------------------------- */

enum seal_status recheck_read(struct recheck *r, const char *path, const struct line_taker *taker,
                              bool *whole, uint8_t *digest, struct fault *fault)
{
    struct line_file file = {.sys = 0};
    struct plat_stat st;
    int fd = disk_open(r->dirfd, path, &st);
    enum seal_status status = SEAL_OK;

    *whole = false;
    if (fd == DISK_NO_FILE) {
        recheck_tell(r, BAG_RECORD_OFF, path, disk_in_place_detail(st.type));
        return SEAL_OK;
    }
    if (fd < 0) {
        if (errno != ENOENT && errno != ENOTDIR)
            recheck_tell_error(r, path, errno);
        return SEAL_OK;
    }
    status = disk_lines(&file, fd, taker, fault);
    (void)plat_close(fd);
    if (digest != NULL)
        memcpy(digest, file.digest, SHA256_LEN);
    if (status != SEAL_OK)
        return status;
    if (file.has_bom && taker->encoding == ENCODING_UTF8)
        recheck_tell(r, BAG_RECORD_OFF, path, BAG_DETAIL_BYTE_ORDER_MARK);
    *whole = file.sys == 0;
    if (file.sys != 0)
        recheck_tell_error(r, path, file.sys);
    return SEAL_OK;
}

enum seal_status record_malformed(struct record_file *f, const struct text_line *line)
{
    if (!f->is_malformed)
        recheck_tell_difference(f->r, &(struct bag_difference){BAG_RECORD_OFF, f->name,
                                                               BAG_DETAIL_LINE_MALFORMED,
                                                               .line = line->number});
    f->is_malformed = true;
    return SEAL_OK;
}

void record_tell(struct record_file *f, const char *path, enum bag_detail detail)
{
    recheck_tell_difference(
        f->r, &(struct bag_difference){BAG_RECORD_OFF, path, detail, .file = f->which});
}

/* ---- Failures ----------------------------------------------------------------------------- */

static int note_capitals(void *ctx, const char *name)
{
    bool *found = ctx;

    *found = *found ||
             (*name >= 'A' && *name <= 'Z' &&
              (text_begins(name, tag_file_names[TAG_BAGIT]) || text_begins(name, "manifest-")));
    return 0;
}

enum seal_status no_record(const struct recheck *r, enum seal_reason reason, struct fault *fault)
{
    bool found = false;

    if (plat_list_dir(r->dirfd, note_capitals, &found) == 0 && found)
        reason = REASON_BAG_NAMES_CAPITAL;
    return no_bag(r, reason, fault);
}
