#include "custody/remarks.h"

#include <string.h>

static const char *const words[REMARK_KINDS] = {
    [BAG_MISSING] = "missing",   [BAG_SKIPPED] = "skipped", [BAG_DAMAGED] = "damaged",
    [BAG_CHANGED] = "changed",   [BAG_LINK] = "link",       [BAG_RENAMED] = "renamed",
    [BAG_ODD_NAME] = "name",     [BAG_ROUNDED] = "rounded", [BAG_UNKEPT] = "unkept",
    [REMARK_SPELLED] = "spelled"};

bool line_next(const char **text, struct span *line)
{
    const char *end;

    if (*text == NULL || **text == '\0')
        return false;
    end = strchr(*text, '\n');
    line->data = *text;
    line->len = end == NULL ? strlen(*text) : (size_t)(end - *text);
    *text = end == NULL ? *text + line->len : end + 1;
    return true;
}

/* Takes text off the front of rest, if it is there. */
static bool take(struct span *rest, const char *text)
{
    size_t len = strlen(text);

    if (rest->len < len || memcmp(rest->data, text, len) != 0)
        return false;
    rest->data = (const char *)rest->data + len;
    rest->len -= len;
    return true;
}

static bool take_kind(struct span *rest, struct remark *r)
{
    for (int kind = 0; kind < REMARK_KINDS; kind++) {
        struct span trial = *rest;

        if (take(&trial, words[kind]) && take(&trial, " ./")) {
            r->kind = kind;
            r->word = words[kind];
            r->detail_is_path = kind == BAG_RENAMED || kind == REMARK_SPELLED;
            *rest = trial;
            return true;
        }
    }
    return false;
}

static bool parse(struct remark *r, struct span line)
{
    const char *blank;

    if (!take(&line, "# ") || !take_kind(&line, r))
        return false;
    r->path = r->detail = line;
    blank = memchr(line.data, ' ', line.len);
    if (blank != NULL)
        r->path.len = (size_t)(blank - (const char *)line.data);
    r->detail.data = (const char *)line.data + r->path.len;
    r->detail.len = line.len - r->path.len;
    (void)take(&r->detail, " ");
    if (r->detail_is_path)
        (void)take(&r->detail, "./");
    return true;
}

bool remark_next(const char **text, struct remark *r)
{
    struct span line;

    while (line_next(text, &line))
        if (parse(r, line))
            return true;
    return false;
}

/* The byte that \ooo at s stands for; 0: it is no such thing. */
static unsigned int octal_byte(const char *s, size_t len)
{
    unsigned int value = 0;

    if (len < 4 || s[0] != '\\')
        return 0;
    for (size_t i = 1; i <= 3; i++) {
        if (s[i] < '0' || s[i] > '7')
            return 0;
        value = value << 3 | (unsigned int)(s[i] - '0');
    }
    return value <= 255 ? value : 0;
}

enum seal_status remark_path(struct buffer *out, struct span path)
{
    const char *s = path.data;

    if (buffer_reserve(out, path.len + 1) != SEAL_OK)
        return SEAL_NO_MEMORY;
    for (size_t i = 0; i < path.len;) {
        unsigned int byte = octal_byte(s + i, path.len - i);

        out->data[out->len++] = byte != 0 ? (uint8_t)byte : (uint8_t)s[i];
        i += byte != 0 ? 4 : 1;
    }
    return buffer_append_text(out, "");
}
