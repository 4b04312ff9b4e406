/*
 * Reading a custody record in JSON again.
 */
#include "custody/custody.h"

#include <string.h>

#include <jansson.h>

#define OPENED_CHARACTERS "0123456789-:.TZ@"
#define RECEIPT_CHARACTERS "0123456789 "

/* A remark makes seven, a line of bag-info.txt five; there may be other names as many as remarks.
 * And what stands around them. */
#define VALUES_MAX ((size_t)20 * BAG_LINES_KEPT_MAX + 20000)

/* Whether there are so few values that they fit into memory: each takes up to 250 bytes there. */
static bool has_few_values(const char *text, size_t len)
{
    size_t count = 0;
    bool is_string = false;

    for (size_t i = 0; i < len; i++) {
        if (text[i] == '"')
            is_string = !is_string;
        else if (is_string && text[i] == '\\')
            i++;
        else if (!is_string)
            count += text[i] == '[' || text[i] == '{' || text[i] == ',' || text[i] == ':';
    }
    return count <= VALUES_MAX;
}

/* Copies a member that is text and fits. */
static bool get_text(char *out, size_t size, const json_t *record, const char *key)
{
    const json_t *value = json_object_get(record, key);
    size_t len = json_string_length(value);

    if (!json_is_string(value) || len == 0 || len >= size ||
        strlen(json_string_value(value)) != len)
        return false;
    memcpy(out, json_string_value(value), len + 1);
    return true;
}

bool custody_known_is_clean(const struct custody_known *k)
{
    return k->opened[strspn(k->opened, OPENED_CHARACTERS)] == '\0' &&
           k->receipt[strspn(k->receipt, RECEIPT_CHARACTERS)] == '\0';
}

static bool get_digest(uint8_t digest[static SHA256_LEN], const json_t *record, const char *key)
{
    char digits[2 * SHA256_LEN + 1];

    return get_text(digits, sizeof digits, record, key) && strlen(digits) == 2 * SHA256_LEN &&
           hex_decode(digest, SHA256_LEN, digits);
}

static bool get_all(struct custody_known *out, const json_t *record)
{
    char schema[sizeof CUSTODY_SCHEMA];

    out->has_disk_digest = json_is_string(json_object_get(record, "digest_on_disk"));

    return get_text(schema, sizeof schema, record, "schema") &&
           strcmp(schema, CUSTODY_SCHEMA) == 0 && get_digest(out->digest, record, "digest") &&
           (!out->has_disk_digest || get_digest(out->disk_digest, record, "digest_on_disk")) &&
           get_text(out->opened, sizeof out->opened, record, "opened") &&
           get_text(out->receipt, sizeof out->receipt, record, "receipt") &&
           strlen(out->receipt) == sizeof out->receipt - 1 && custody_known_is_clean(out);
}

bool custody_json_read(struct custody_known *out, const char *text, size_t len)
{
    json_t *record = NULL;
    bool good;

    /* Else the library opens /dev/urandom for it, which ends a worker. Where the text lies is not
     * known to its author, and it has few values, so that the seed need not be better. */
    json_object_seed((size_t)(uintptr_t)text | 1);
    if (has_few_values(text, len))
        record = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    good = record != NULL && get_all(out, record);
    json_decref(record);
    return good;
}
