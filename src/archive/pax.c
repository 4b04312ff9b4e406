/*
 * The records of pax extended headers (POSIX.1, pax, "pax Header Block"), written and read:
 * "LEN KEYWORD=VALUE\n", where LEN counts itself.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "archive/tar.h"

#define NSEC_IN_SEC UINT32_C(1000000000)

/* ---- Writing ------------------------------------------------------------------------------ */

static enum seal_status append_record(struct buffer *b, const char *keyword, const char *value,
                                      size_t value_len)
{
    size_t rest = strlen(keyword) + value_len + 3;
    size_t len = rest + 1;

    for (size_t digits = 1, limit = 10; len >= limit; digits++, limit *= 10)
        len = rest + digits + 1;
    if (buffer_printf(b, "%zu %s=", len, keyword) != SEAL_OK ||
        buffer_append(b, value, value_len) != SEAL_OK || buffer_append(b, "\n", 1) != SEAL_OK)
        return SEAL_NO_MEMORY;
    return SEAL_OK;
}

/* pax counts time away from zero, struct timestamp upwards: 1.5 s before 1970 is -1.5 in pax, and
 * sec -2, nsec 500000000 in a timestamp. */
static void time_text(char *text, size_t size, struct timestamp t)
{
    uint64_t sec = t.sec < 0 ? -(uint64_t)t.sec : (uint64_t)t.sec;
    uint32_t nsec = t.nsec;

    if (t.sec < 0 && nsec != 0) {
        sec--;
        nsec = NSEC_IN_SEC - nsec;
    }
    if (nsec != 0)
        (void)snprintf(text, size, "%s%" PRIu64 ".%09" PRIu32, t.sec < 0 ? "-" : "", sec, nsec);
    else
        (void)snprintf(text, size, "%s%" PRIu64, t.sec < 0 ? "-" : "", sec);
}

static bool is_ascii(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((uint8_t)s[i] >= 0x80)
            return false;
    return true;
}

enum seal_status pax_write(struct buffer *records, const char *path, size_t path_len,
                           const struct tar_entry *entry)
{
    enum seal_status status = SEAL_OK;
    struct timestamp mtime = entry->mtime;
    char text[48];

    records->len = 0;
    if (path_len > TAR_NAME_LEN_MAX || !is_ascii(path, path_len))
        status = append_record(records, "path", path, path_len);
    if (status == SEAL_OK && entry->size > TAR_NUMBER_MAX) {
        (void)snprintf(text, sizeof text, "%" PRIu64, entry->size);
        status = append_record(records, "size", text, strlen(text));
    }
    if (status == SEAL_OK &&
        (mtime.nsec != 0 || mtime.sec < 0 || (uint64_t)mtime.sec > TAR_NUMBER_MAX)) {
        time_text(text, sizeof text, mtime);
        status = append_record(records, "mtime", text, strlen(text));
    }
    return status;
}

/* ---- Reading ------------------------------------------------------------------------------ */

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

enum seal_status pax_read(struct pax_values *values, const char *records, size_t len,
                          struct fault *fault)
{
    const char *record = records;
    size_t left = len;

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
        if (equals == NULL || equals == keyword)
            return malformed(fault);
        if (take_record(values, keyword, (size_t)(equals - keyword), equals + 1,
                        (size_t)(end - (equals + 1)), fault) != SEAL_OK)
            return fault->status;
        record += record_len;
        left -= (size_t)record_len;
    }
    return SEAL_OK;
}
