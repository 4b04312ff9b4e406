/*
 * One line of metadata.mtree (format section 5.3), written and read.
 */
#include "bag/mtree.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "archive/archive.h"
#include "bag/bag_layout.h"
#include "base/text.h"

static const char *const type_words[] = {"file", "dir", "link"};
static const char *const remark_words[BAG_REMARK_KINDS] = {
    "missing", "skipped", "damaged", "changed", "link", "renamed", "name", "rounded", "unkept"};

/* ---- Writing ------------------------------------------------------------------------------ */

static bool is_plain(uint8_t c)
{
    return c > ' ' && c <= 126 && c != '#' && c != '\\';
}

enum seal_status mtree_escape(struct buffer *out, const char *s)
{
    while (*s != '\0') {
        uint8_t c = (uint8_t)*s;
        char octal[4] = {'\\', (char)('0' + (c >> 6)), (char)('0' + (c >> 3 & 7)),
                         (char)('0' + (c & 7))};
        size_t plain = 0;

        while (is_plain((uint8_t)s[plain]))
            plain++;
        if (plain == 0 && buffer_append(out, octal, 4) != SEAL_OK)
            return SEAL_NO_MEMORY;
        if (buffer_append(out, s, plain) != SEAL_OK)
            return SEAL_NO_MEMORY;
        s += plain == 0 ? 1 : plain;
    }
    return SEAL_OK;
}

/* Seconds are rounded down, as in a struct timespec: half a second before 1970 is
 * -1.500000000. */
static enum seal_status append_time(struct buffer *out, const struct item *item)
{
    return buffer_printf(out, " time=%" PRId64 ".%09" PRIu32, item->sec, item->nsec);
}

enum seal_status mtree_line_as(struct buffer *out, const char *path, const struct table *t,
                               const struct item *item)
{
    char hex[2 * SHA256_LEN + 1];

    if (buffer_append(out, "./", 2) != SEAL_OK || mtree_escape(out, path) != SEAL_OK ||
        buffer_append_text(out, " type=") != SEAL_OK ||
        buffer_append_text(out, type_words[item->type]) != SEAL_OK)
        return SEAL_NO_MEMORY;
    if (item->type == ITEM_FILE && buffer_printf(out, " size=%" PRIu64, item->size) != SEAL_OK)
        return SEAL_NO_MEMORY;
    if (append_time(out, item) != SEAL_OK)
        return SEAL_NO_MEMORY;
    if (item->type == ITEM_FILE) {
        hex_encode(hex, item->digest, SHA256_LEN);
        if (buffer_append_text(out, " sha256digest=") != SEAL_OK ||
            buffer_append(out, hex, 2 * SHA256_LEN) != SEAL_OK)
            return SEAL_NO_MEMORY;
    }
    if (item->type == ITEM_LINK && (buffer_append(out, " link=", 6) != SEAL_OK ||
                                    mtree_escape(out, item_target(t, item)) != SEAL_OK))
        return SEAL_NO_MEMORY;
    return buffer_append(out, "\n", 1);
}

enum seal_status mtree_line(struct buffer *out, const struct table *t, const struct item *item)
{
    return mtree_line_as(out, item_path(t, item), t, item);
}

enum seal_status mtree_remark(struct buffer *out, enum bag_remark kind, const char *path,
                              const char *detail)
{
    if (buffer_printf(out, "# %s ./", remark_words[kind]) != SEAL_OK ||
        mtree_escape(out, path) != SEAL_OK)
        return SEAL_NO_MEMORY;
    return buffer_printf(out, " %s\n", detail);
}

/* "# WORD ./PATH ./OTHER" */
static enum seal_status append_pair(struct buffer *out, const char *word, const char *path,
                                    const char *other)
{
    if (buffer_printf(out, "# %s ./", word) != SEAL_OK || mtree_escape(out, path) != SEAL_OK ||
        buffer_append(out, " ./", 3) != SEAL_OK || mtree_escape(out, other) != SEAL_OK)
        return SEAL_NO_MEMORY;
    return buffer_append(out, "\n", 1);
}

enum seal_status mtree_renamed(struct buffer *out, const char *path, const char *original)
{
    return append_pair(out, remark_words[BAG_RENAMED], path, original);
}

enum seal_status mtree_spelled(struct buffer *out, const char *on_disk, const char *as_sealed)
{
    return append_pair(out, "spelled", on_disk, as_sealed);
}

/* ---- Reading ------------------------------------------------------------------------------ */

/* Decodes \ooo in place, up to len; the result ends with a NUL. */
static bool unescape(char *s, size_t len, size_t *out_len)
{
    size_t out = 0;

    for (size_t i = 0; i < len; i++) {
        unsigned int value = 0;

        if (s[i] != '\\') {
            if (!is_plain((uint8_t)s[i]))
                return false;
            s[out++] = s[i];
            continue;
        }
        if (len - i < 4)
            return false;
        for (size_t k = 1; k <= 3; k++) {
            if (s[i + k] < '0' || s[i + k] > '7')
                return false;
            value = value << 3 | (unsigned int)(s[i + k] - '0');
        }
        if (value == 0 || value > 255)
            return false;
        s[out++] = (char)value;
        i += 3;
    }
    s[out] = '\0';
    *out_len = out;
    return true;
}

/* Without needless zeros in front. */
static bool parse_u64(const char *s, uint64_t most, uint64_t *value)
{
    *value = 0;
    if (*s == '\0' || (s[0] == '0' && s[1] != '\0'))
        return false;
    for (; *s != '\0'; s++) {
        unsigned int digit = (unsigned int)(*s - '0');

        if (*s < '0' || *s > '9' || *value > (most - digit) / 10)
            return false;
        *value = *value * 10 + digit;
    }
    return true;
}

static bool parse_time(char *s, struct timestamp *t)
{
    bool negative = *s == '-';
    uint64_t most = (uint64_t)INT64_MAX + negative;
    char *point = strchr(s, '.');
    uint64_t sec;

    if (point == NULL || strlen(point + 1) != 9 || strspn(point + 1, "0123456789") != 9)
        return false;
    *point = '\0';
    if (!parse_u64(s + negative, most, &sec))
        return false;
    if (negative && sec == 0)
        return false; /* seconds rounded down are never -0 */
    t->sec = (int64_t)(negative ? -sec : sec);
    t->nsec = (uint32_t)strtoul(point + 1, NULL, 10);
    return true;
}

static bool parse_type(const char *s, enum item_type *type)
{
    for (size_t i = 0; i < sizeof type_words / sizeof type_words[0]; i++) {
        if (strcmp(s, type_words[i]) == 0) {
            *type = (enum item_type)i;
            return true;
        }
    }
    return false;
}

static bool parse_digest(uint8_t digest[static SHA256_LEN], const char *value)
{
    return strspn(value, "0123456789abcdef") == 2 * SHA256_LEN && strlen(value) == 2 * SHA256_LEN &&
           hex_decode(digest, SHA256_LEN, value);
}

static bool parse_link(struct mtree_entry *e, char *value)
{
    size_t len;

    e->link = value;
    return unescape(value, strlen(value), &len) && len > 0;
}

/* Whether the keyword was not there before; then it is. */
static bool is_first(bool *seen)
{
    bool first = !*seen;

    *seen = true;
    return first;
}

/* Takes one "KEYWORD=VALUE" of an entry. Each keyword of our dialect may stand once, and no other:
 * "optional", "contents" and the like make other tools do what the record does not say. */
static bool take_keyword(struct mtree_entry *e, char *word, bool *has_type)
{
    char *equals = strchr(word, '=');
    char *value;

    if (equals == NULL)
        return false;
    *equals = '\0';
    value = equals + 1;
    if (strcmp(word, "type") == 0)
        return is_first(has_type) && parse_type(value, &e->type);
    if (strcmp(word, "size") == 0)
        return is_first(&e->has_size) && parse_u64(value, UINT64_MAX, &e->size);
    if (strcmp(word, "time") == 0)
        return is_first(&e->has_time) && parse_time(value, &e->time);
    if (strcmp(word, "sha256digest") == 0)
        return is_first(&e->has_digest) && parse_digest(e->digest, value);
    if (strcmp(word, "link") == 0)
        return is_first(&e->has_link) && parse_link(e, value);
    return false;
}

/* Just the keywords of its type. */
static bool has_its_keywords(const struct mtree_entry *e)
{
    bool is_file = e->type == ITEM_FILE;

    return e->has_time && e->has_size == is_file && e->has_digest == is_file &&
           e->has_link == (e->type == ITEM_LINK);
}

/* Whether the line has only printable ASCII, and backslashes only in \ooo: nothing that another
 * reader of mtree might take for the end of a word or of the line. */
static bool line_is_plain(const char *line, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (line[i] < ' ' || line[i] > '~')
            return false;
        if (line[i] != '\\')
            continue;
        for (size_t k = 1; k <= 3; k++)
            if (i + k >= len || line[i + k] < '0' || line[i + k] > '7')
                return false;
        i += 3;
    }
    return true;
}

bool mtree_parse(char *line, size_t len, struct mtree_entry *e)
{
    char *word = memchr(line, ' ', len);
    bool has_type = false;

    *e = (struct mtree_entry){0};
    if (!line_is_plain(line, len) || len < 3 || memcmp(line, "./", 2) != 0 || word == NULL)
        return false;
    *word = '\0';
    e->path = line + 2;
    if (!unescape(e->path, (size_t)(word - e->path), &e->path_len) ||
        !tar_path_is_clean(e->path, e->path_len))
        return false;
    while (word != NULL) {
        char *next = strchr(++word, ' ');

        if (next != NULL)
            *next = '\0';
        if (!take_keyword(e, word, &has_type))
            return false;
        word = next;
    }
    return has_type && has_its_keywords(e);
}

bool mtree_is_remark(const char *line, enum bag_remark *kind)
{
    static const char below[] = " ./" PAYLOAD_DIR "/";

    if (strncmp(line, "# ", 2) != 0)
        return false;
    for (size_t i = 0; i < BAG_REMARK_KINDS; i++) {
        size_t len = strlen(remark_words[i]);

        if (strncmp(line + 2, remark_words[i], len) == 0 &&
            strncmp(line + 2 + len, below, strlen(below)) == 0) {
            *kind = (enum bag_remark)i;
            return true;
        }
    }
    return false;
}

/* Takes "./" and an escaped path, up to the next blank or the end of the line. *at is moved behind
 * the blank. */
static bool take_path(char **at, char **path, size_t *path_len)
{
    char *begin = *at, *blank = strchr(begin, ' ');
    size_t len = blank == NULL ? strlen(begin) : (size_t)(blank - begin);

    *at = begin + len + (blank != NULL);
    if (len < 3 || memcmp(begin, "./", 2) != 0)
        return false;
    *path = begin + 2;
    return unescape(*path, len - 2, path_len) && tar_path_is_clean(*path, *path_len);
}

bool mtree_parse_spelled(char *line, struct mtree_spelled *s)
{
    char *at;

    if (strncmp(line, MTREE_SPELLED, strlen(MTREE_SPELLED)) != 0)
        return false;
    at = line + strlen(MTREE_SPELLED);
    return take_path(&at, &s->path, &s->path_len) &&
           take_path(&at, &s->as_sealed, &s->as_sealed_len) && *at == '\0';
}
