/*
 * Checking a bag on disk: the files of labels, bagit.txt and bag-info.txt.
 */
#include "bag/recheck/recheck_steps.h"

#include <errno.h>
#include <string.h>

#include "bag/info.h"
#include "base/text.h"

#define OLDEST_MINOR 93 /* BagIt 0.93 */

/* Reads digits up to the character end; *at is moved behind it. */
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

/* ---- bagit.txt ---------------------------------------------------------------------------- */

/* What it says. */
struct bagit {
    bool has_version, is_version_1, has_encoding;
    enum encoding encoding;
};

static bool parse_version(const char *text, bool *is_version_1)
{
    uint64_t major, minor;

    if (!take_number(&text, '.', &major) || !take_number(&text, '\0', &minor))
        return false;
    *is_version_1 = major == 1;
    return (major == 1 && minor == 0) || (major == 0 && minor >= OLDEST_MINOR);
}

/* The value of that label, which must have its colon right behind it (RFC 8493, 2.1.1). */
static const char *declared(const char *text, const char *label)
{
    const char *value = bag_info_value(text, label);

    return value != NULL && text[strlen(label)] == ':' ? value : NULL;
}

static enum seal_status take_bagit_line(void *ctx, const struct text_line *line,
                                        struct fault *fault)
{
    struct bagit *b = ctx;
    char *text = line->text;
    const char *value;

    (void)fault;
    cut_blanks(text, strlen(text));
    value = declared(text, "bagit-version");
    if (value != NULL)
        b->has_version = parse_version(value, &b->is_version_1);
    value = declared(text, "tag-file-character-encoding");
    if (value != NULL)
        b->has_encoding = encoding_by_name(&b->encoding, value);
    return SEAL_OK;
}

/* Without bagit.txt nothing is known of the bag, so a failure to read it ends the check. */
static enum seal_status read_bagit_lines(struct recheck *r, struct bagit *b, struct fault *fault)
{
    const struct line_taker taker = {take_bagit_line, b, true, ENCODING_UTF8};
    struct line_file file = {.sys = 0};
    struct plat_stat st;
    int fd = disk_open_name(r->dirfd, tag_file_names[TAG_BAGIT], &st);
    enum seal_status status;

    if (fd == DISK_NO_FILE)
        return no_bag(r, REASON_BAG_DECLARATION_KIND, fault);
    if (fd < 0 && errno == ENOENT)
        return no_record(r, REASON_BAG_NO_DECLARATION, fault);
    if (fd < 0)
        return fault_set_errno(fault, REASON_BAG_DECLARATION_READ, r->name);
    status = disk_lines(&file, fd, &taker, fault);
    (void)plat_close(fd);
    if (status != SEAL_OK)
        return status;
    if (file.has_bom)
        recheck_tell(r, BAG_RECORD_OFF, tag_file_names[TAG_BAGIT], BAG_DETAIL_BYTE_ORDER_MARK);
    errno = file.sys;
    return file.sys == 0 ? SEAL_OK : fault_set_errno(fault, REASON_BAG_DECLARATION_READ, r->name);
}

enum seal_status recheck_bagit(struct recheck *r, struct fault *fault)
{
    struct bagit b = {0};

    if (read_bagit_lines(r, &b, fault) != SEAL_OK)
        return fault->status;
    if (!b.has_version)
        return no_bag(r, REASON_BAG_VERSION, fault);
    if (!b.has_encoding)
        return no_bag(r, REASON_BAG_ENCODING, fault);
    r->is_version_1 = b.is_version_1;
    r->encoding = b.encoding;
    return SEAL_OK;
}

/* ---- bag-info.txt ------------------------------------------------------------------------- */

struct info_file {
    struct recheck *r;
    const char *path;
};

static enum seal_status take_info_line(void *ctx, const struct text_line *line, struct fault *fault)
{
    const struct info_file *f = ctx;
    struct recheck *r = f->r;
    const char *value = bag_info_value(line->text, "payload-oxum");
    uint64_t bytes, files;

    (void)fault;
    r->is_ours = r->is_ours || bag_info_value(line->text, "seal-format-version") != NULL;
    if (value == NULL)
        return SEAL_OK;
    cut_blanks(line->text, strlen(line->text));
    if (!take_number(&value, '.', &bytes) || !take_number(&value, '\0', &files))
        recheck_tell(r, BAG_RECORD_OFF, f->path, BAG_DETAIL_OXUM_MALFORMED);
    else if (r->oxum_in != NULL && (bytes != r->oxum_bytes || files != r->oxum_files))
        recheck_tell(r, BAG_RECORD_OFF, f->path, BAG_DETAIL_OXUM_TWICE);
    else {
        r->oxum_in = f->path;
        r->oxum_bytes = bytes;
        r->oxum_files = files;
    }
    return SEAL_OK;
}

enum seal_status recheck_info(struct recheck *r, struct fault *fault)
{
    /* Its name before BagIt 0.96 is the second. */
    const char *const paths[] = {tag_file_names[TAG_BAG_INFO], "package-info.txt"};
    bool whole = false;

    for (size_t i = 0; i < (r->is_version_1 ? 1 : 2) && !whole; i++) {
        struct info_file f = {r, paths[i]};
        const struct line_taker taker = {take_info_line, &f, true, r->encoding};

        if (recheck_read(r, paths[i], &taker, &whole, NULL, fault) != SEAL_OK)
            return fault->status;
    }
    return SEAL_OK;
}
