/*
 * Key files in UTF-16: what ">" in PowerShell before version 6 and "Unicode" in Notepad make.
 */
#include "keys/record.h"

#include <string.h>

#include <sodium.h>
#include <utf8proc.h>

/* No unit of two bytes takes more in UTF-8, and the two of a pair take four. */
#define UTF8_OF_UNIT 3

/* A text in UTF-16. */
struct units {
    const uint8_t *bytes;
    size_t count, pos;
    bool big_endian;
};

static uint32_t unit_take(struct units *u)
{
    const uint8_t *b = u->bytes + 2 * u->pos++;

    return u->big_endian ? (uint32_t)b[0] << 8 | b[1] : (uint32_t)b[1] << 8 | b[0];
}

/* The next character; 0xd800 to 0xdfff: half of a pair, which is none. */
static uint32_t point_take(struct units *u)
{
    uint32_t first = unit_take(u), second;

    if (first < 0xd800 || first > 0xdbff || u->pos == u->count)
        return first;
    second = unit_take(u);
    if (second >= 0xdc00 && second <= 0xdfff)
        return 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
    u->pos--;
    return first;
}

/* False: it is not well-formed. */
static bool convert(struct key_text *out, struct units u)
{
    while (u.pos < u.count) {
        uint32_t point = point_take(&u);

        if (point >= 0xd800 && point <= 0xdfff)
            return false;
        out->len += (size_t)utf8proc_encode_char((utf8proc_int32_t)point,
                                                 (utf8proc_uint8_t *)out->data + out->len);
    }
    return true;
}

static size_t count_words(const struct key_text *text)
{
    size_t count = 0, at;

    for (size_t pos = 0; mangled_find(text->data, text->len, pos, text->len, &at); pos = at + 1)
        count++;
    return count;
}

enum seal_status key_text_to_utf8(struct key_text *text, struct fault *fault)
{
    struct key_text utf8 = {NULL, 0};
    bool little = text->len >= 2 && memcmp(text->data, "\xff\xfe", 2) == 0;
    bool big = text->len >= 2 && memcmp(text->data, "\xfe\xff", 2) == 0;
    enum seal_status status = SEAL_OK;
    bool whole;

    if (!little && !big)
        return SEAL_OK;
    utf8.data = secret_alloc(text->len / 2 * UTF8_OF_UNIT + 1);
    if (utf8.data == NULL)
        return fault_no_memory(fault);
    whole = convert(&utf8, (struct units){(const uint8_t *)text->data, text->len / 2, 1, big}) &&
            text->len % 2 == 0;
    /* What was added in another encoding became other letters. */
    if (count_words(&utf8) != count_words(text))
        status = fault_set(fault, REASON_KEY_ENCODING_MIXED, NULL);
    else if (!whole)
        status = fault_set(fault, REASON_KEY_UTF16_DAMAGED, NULL);
    sodium_free(text->data);
    *text = utf8;
    return status;
}
