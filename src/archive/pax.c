/*
 * The records of pax extended headers (POSIX.1, pax, "pax Header Block"):
 * "LEN KEYWORD=VALUE\n", where LEN counts itself.
 */
#include <string.h>

#include "archive/tar.h"

static enum seal_status malformed(struct fault *fault)
{
    return fault_set(fault, REASON_ARCHIVE_MALFORMED, NULL);
}

/* Decimal digits only, at least one; false if it is more than most. */
static bool get_decimal(const char *s, size_t len, uint64_t most, uint64_t *value)
{
    *value = 0;
    for (size_t i = 0; i < len; i++) {
        uint64_t digit = (uint64_t)(s[i] - '0');

        if (s[i] < '0' || s[i] > '9' || digit > most || *value > (most - digit) / 10)
            return false;
        *value = *value * 10 + digit;
    }
    return len > 0;
}

/* [-]SECONDS[.FRACTION], rounded down to the nanosecond. */
static bool get_time(const char *s, size_t len, struct timestamp *t)
{
    bool negative = len > 0 && s[0] == '-';
    uint64_t most = (uint64_t)INT64_MAX + negative;
    const char *point;
    uint64_t sec, nsec = 0, unit = NSEC_IN_SEC / 10;
    bool has_rest = false; /* of less than a nanosecond */

    if (negative) {
        s++;
        len--;
    }
    point = memchr(s, '.', len);
    if (!get_decimal(s, point == NULL ? len : (size_t)(point - s), most, &sec))
        return false;
    for (size_t i = point == NULL ? len : (size_t)(point - s) + 1; i < len; i++, unit /= 10) {
        if (s[i] < '0' || s[i] > '9')
            return false;
        nsec += unit * (uint64_t)(s[i] - '0');
        has_rest |= unit == 0 && s[i] != '0';
    }
    if (negative && has_rest)
        nsec++;
    if (negative && nsec != 0) {
        if (sec == most)
            return false;
        sec++;
        nsec = NSEC_IN_SEC - nsec;
    }
    t->sec = (int64_t)(negative ? -sec : sec);
    t->nsec = (uint32_t)nsec;
    return true;
}

static bool keyword_is(const char *keyword, size_t len, const char *name)
{
    return len == strlen(name) && memcmp(keyword, name, len) == 0;
}

/* Keywords for which some reader makes another kind of file of an entry than its header says. */
static bool keyword_is_forbidden(const char *keyword, size_t len)
{
    static const char *const names[] = {"linkpath", "hdrcharset", "SCHILY.realsize",
                                        "SCHILY.filetype", "SUN.holesdata"};
    static const char sparse[] = "GNU.sparse.";

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (keyword_is(keyword, len, names[i]))
            return true;
    return len >= strlen(sparse) && memcmp(keyword, sparse, strlen(sparse)) == 0;
}

/* The keywords of one header. */
struct keywords {
    size_t count;
    struct {
        const char *text;
        size_t len;
    } list[PAX_KEYWORDS_MAX];
};

/* So few are compared with each other: what is sorted could be chosen to be sorted slowly. */
static enum seal_status note_keyword(struct keywords *k, const char *text, size_t len,
                                     struct fault *fault)
{
    if (k->count == PAX_KEYWORDS_MAX)
        return fault_set(fault, REASON_ARCHIVE_KEYWORDS, NULL);
    for (size_t i = 0; i < k->count; i++)
        if (k->list[i].len == len && memcmp(k->list[i].text, text, len) == 0)
            return fault_set(fault, REASON_ARCHIVE_KEYWORD_TWICE, NULL);
    k->list[k->count].text = text;
    k->list[k->count++].len = len;
    return SEAL_OK;
}

static enum seal_status take_record(struct pax_values *v, const char *keyword, size_t keyword_len,
                                    const char *value, size_t len, struct fault *fault)
{
    if (keyword_is(keyword, keyword_len, "path")) {
        v->path->len = 0;
        v->has_path = true;
        return buffer_append(v->path, value, len) == SEAL_OK ? SEAL_OK : fault_no_memory(fault);
    }
    if (keyword_is(keyword, keyword_len, "size")) {
        v->has_size = true;
        return get_decimal(value, len, INT64_MAX, &v->size) ? SEAL_OK : malformed(fault);
    }
    if (keyword_is(keyword, keyword_len, "mtime")) {
        v->has_mtime = true;
        return get_time(value, len, &v->mtime) ? SEAL_OK : malformed(fault);
    }
    if (keyword_is_forbidden(keyword, keyword_len))
        return fault_set(fault, REASON_ARCHIVE_ENTRY_KIND, NULL);
    return SEAL_OK;
}

/* Printable ASCII without blanks: some readers pass over blanks in front of one. */
static bool is_keyword(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (s[i] <= ' ' || s[i] > '~')
            return false;
    return len > 0;
}

enum seal_status pax_read(struct pax_values *values, const char *records, size_t len,
                          struct fault *fault)
{
    struct keywords keywords;
    const char *record = records;
    size_t left = len;

    keywords.count = 0;
    while (left > 0) {
        const char *blank = memchr(record, ' ', left < 20 ? left : 20);
        const char *keyword, *equals, *end;
        uint64_t record_len;

        if (blank == NULL ||
            !get_decimal(record, (size_t)(blank - record), INT64_MAX, &record_len) ||
            record_len > left || record_len < (size_t)(blank - record) + 3 ||
            record[record_len - 1] != '\n')
            return malformed(fault);
        keyword = blank + 1;
        end = record + record_len - 1;
        equals = memchr(keyword, '=', (size_t)(end - keyword));
        if (equals == NULL || !is_keyword(keyword, (size_t)(equals - keyword)))
            return malformed(fault);
        if (note_keyword(&keywords, keyword, (size_t)(equals - keyword), fault) != SEAL_OK ||
            take_record(values, keyword, (size_t)(equals - keyword), equals + 1,
                        (size_t)(end - (equals + 1)), fault) != SEAL_OK)
            return fault->status;
        record += record_len;
        left -= (size_t)record_len;
    }
    return SEAL_OK;
}
