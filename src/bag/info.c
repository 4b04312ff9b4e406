/*
 * bag-info.txt (RFC 8493, 2.2.2): facts about the sealing, and the labels that the sender gave.
 * Nothing that seal writes in it tells who sealed, on which device, or where.
 */
#include "bag/info.h"
#include "base/hash.h"
#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define BAG_ID_LEN 16

/* Labels that seal writes itself; compared without regard to case, as readers do. */
static const char *const own_labels[] = {"Bagging-Date", "Bagging-Time",       "Clock",
                                         "Local-Offset", "Bag-Software-Agent", "Program-SHA256",
                                         "Bag-Size",     "Payload-Oxum",       "Bag-Id"};

/* All labels that begin so are reserved for counts that later versions may write. */
static const char own_prefix[] = "seal-";

/* ---- Labels that the sender gave ---------------------------------------------------------- */

static bool is_own(const char *key)
{
    for (size_t i = 0; i < sizeof own_labels / sizeof own_labels[0]; i++)
        if (strlen(key) == strlen(own_labels[i]) && text_begins(key, own_labels[i]))
            return true;
    return text_begins(key, own_prefix);
}

static enum bag_label_fault key_fault(const char *key)
{
    size_t len = strlen(key);

    if (len == 0)
        return BAG_LABEL_EMPTY;
    for (size_t i = 0; i < len; i++)
        if (key[i] < ' ' || key[i] > '~' || key[i] == ':')
            return BAG_LABEL_CHARACTER;
    if (key[0] == ' ' || key[len - 1] == ' ')
        return BAG_LABEL_BLANK;
    return is_own(key) ? BAG_LABEL_RESERVED : BAG_LABEL_GOOD;
}

/* Control characters except the tab, and U+2028 and U+2029, at which some readers end a line.
 * s is one character of UTF-8. */
static bool breaks_line(const uint8_t *s, size_t len)
{
    if (len == 1)
        return (s[0] < ' ' && s[0] != '\t') || s[0] == 0x7f;
    if (len == 2)
        return s[0] == 0xc2 && s[1] < 0xa0;
    return len == 3 && s[0] == 0xe2 && s[1] == 0x80 && (s[2] == 0xa8 || s[2] == 0xa9);
}

static enum bag_label_fault value_fault(const char *value)
{
    const uint8_t *s = (const uint8_t *)value;
    size_t len = strlen(value);

    for (size_t i = 0; i < len;) {
        size_t n = utf8_char_len(s + i, len - i);

        if (n == 0)
            return BAG_VALUE_NOT_UTF8;
        if (breaks_line(s + i, n))
            return BAG_VALUE_CONTROL;
        i += n;
    }
    return BAG_LABEL_GOOD;
}

enum bag_label_fault bag_label_check(const struct bag_label *label)
{
    enum bag_label_fault fault = key_fault(label->key);

    return fault != BAG_LABEL_GOOD ? fault : value_fault(label->value);
}

/* ---- The file ----------------------------------------------------------------------------- */

static enum seal_status put_time(struct buffer *out, const struct bag_info *info)
{
    struct date day = date_from_days(info->now.sec < 0 ? 0 : (uint32_t)(info->now.sec / 86400));
    int offset = info->utc_offset < 0 ? -info->utc_offset : info->utc_offset;
    char time[TIME_TEXT_SIZE];

    time_format(time, info->now, false);
    if (buffer_printf(out, "Bagging-Date: %04d-%02d-%02d\nBagging-Time: %s\nClock: unverified\n",
                      day.year, day.month, day.day, time) != SEAL_OK)
        return SEAL_NO_MEMORY;
    if (!info->has_utc_offset)
        return SEAL_OK;
    return buffer_printf(out, "Local-Offset: %c%02d:%02d\n", info->utc_offset < 0 ? '-' : '+',
                         offset / 60, offset % 60);
}

static enum seal_status put_software(struct buffer *out, const struct bag_info *info)
{
    char hex[2 * SHA256_LEN + 1] = "unknown";

    if (info->program_digest != NULL)
        hex_encode(hex, info->program_digest, SHA256_LEN);
    return buffer_printf(out, "Bag-Software-Agent: %s\nProgram-SHA256: %s\n", info->software, hex);
}

static enum seal_status put_size(struct buffer *out, const struct bag_info *info,
                                 const struct bag_totals *t)
{
    char size[SIZE_TEXT_SIZE], id[2 * BAG_ID_LEN + 1];

    size_format(size, t->bytes);
    hex_encode(id, info->bag_id, BAG_ID_LEN);
    return buffer_printf(out,
                         "Bag-Size: %s\n"
                         "Payload-Oxum: %" PRIu64 ".%" PRIu64 "\n"
                         "Bag-Id: %s\n"
                         "Seal-Format-Version: %d\n",
                         size, t->bytes, t->files, id, SEAL_FORMAT_VERSION);
}

static enum seal_status put_counts(struct buffer *out, const struct bag_totals *t)
{
    const struct {
        const char *label;
        uint64_t count;
    } rows[] = {{"Files", t->files},
                {"Folders", t->folders},
                {"Links", t->remarks[BAG_LINK]},
                {"Missing", t->remarks[BAG_MISSING]},
                {"Skipped", t->remarks[BAG_SKIPPED]},
                {"Damaged", t->remarks[BAG_DAMAGED]},
                {"Changed", t->remarks[BAG_CHANGED]},
                {"Renamed", t->remarks[BAG_RENAMED]},
                {"Odd-Names", t->remarks[BAG_ODD_NAME]},
                {"Rounded-Times", t->remarks[BAG_ROUNDED]}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (buffer_printf(out, "Seal-%s: %" PRIu64 "\n", rows[i].label, rows[i].count) != SEAL_OK)
            return SEAL_NO_MEMORY;
    /* Only where there are some. */
    return t->remarks[BAG_UNKEPT] == 0
               ? SEAL_OK
               : buffer_printf(out, "Seal-Unkept: %" PRIu64 "\n", t->remarks[BAG_UNKEPT]);
}

enum seal_status bag_info_text(struct buffer *out, const struct bag_info *info,
                               const struct bag_totals *totals)
{
    if (put_time(out, info) != SEAL_OK || put_software(out, info) != SEAL_OK ||
        put_size(out, info, totals) != SEAL_OK || put_counts(out, totals) != SEAL_OK)
        return SEAL_NO_MEMORY;
    for (size_t i = 0; i < info->label_count; i++)
        if (buffer_printf(out, "%s: %s\n", info->labels[i].key, info->labels[i].value) != SEAL_OK)
            return SEAL_NO_MEMORY;
    return SEAL_OK;
}

/* ---- Reading ------------------------------------------------------------------------------ */

const char *bag_info_value(const char *line, const char *label)
{
    if (!text_begins(line, label))
        return NULL;
    line += strlen(label);
    line += strspn(line, " \t");
    if (*line != ':')
        return NULL;
    line++;
    return line + strspn(line, " \t");
}

/* ---- Reading ------------------------------------------------------------------------------ */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* What some readers take for a blank. At the start of a label it makes the line go on for them, and
 * at the end they leave it out of the label. */
static bool is_space(int32_t c)
{
    return (c >= 0x09 && c <= 0x0d) || (c >= 0x1c && c <= 0x20) || c == 0x85 || c == 0xa0 ||
           c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 ||
           c == 0x202f || c == 0x205f || c == 0x3000;
}

/* len > 0; the text is UTF-8. */
static bool has_space_end(const char *label, size_t len)
{
    size_t last = len - 1, n;

    while (last > 0 && ((uint8_t)label[last] & 0xc0) == 0x80)
        last--;
    return is_space(utf8_char(label, len, &n)) || is_space(utf8_char(label + last, len - last, &n));
}

/* Where some readers end a line, besides CR and LF: VT, FF, FS, GS, RS, NEL, and U+2028 and U+2029
 * (as Python does). The text is UTF-8. */
static bool has_other_line_end(const char *line, size_t len)
{
    for (size_t i = 0, n; i < len; i += n) {
        int32_t c = utf8_char(line + i, len - i, &n);

        if (c == 0x0b || c == 0x0c || (c >= 0x1c && c <= 0x1e) || c == 0x85 || c == 0x2028 ||
            c == 0x2029)
            return true;
    }
    return false;
}

enum bag_info_line bag_info_read(const char *line, size_t len, bool is_first, const char **value)
{
    static const char bom[] = "\xEF\xBB\xBF";
    const char *colon = memchr(line, ':', len);

    *value = NULL;
    if (!utf8_is_valid(line, len) || memchr(line, '\0', len) != NULL ||
        memchr(line, '\r', len) != NULL || (is_first && strncmp(line, bom, strlen(bom)) == 0) ||
        has_other_line_end(line, len))
        return BAG_INFO_MALFORMED;
    if (len > 0 && is_blank(line[0]))
        return is_first ? BAG_INFO_MALFORMED : BAG_INFO_GOES_ON;
    if (colon == NULL || colon == line || has_space_end(line, (size_t)(colon - line)) ||
        colon[1] != ' ')
        return BAG_INFO_MALFORMED;
    *value = colon + 2;
    return text_begins(line, "payload-oxum:") ? BAG_INFO_OXUM : BAG_INFO_LABEL;
}
