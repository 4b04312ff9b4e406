/*
 * Key files in UTF-16: what ">" in PowerShell before version 6 and "Unicode" in Notepad make.
 */
#include "keys/record.h"

#include <string.h>

#include <sodium.h>

#include "base/decoder.h"

static size_t count_words(const struct key_text *text)
{
    size_t count = 0, at;

    for (size_t pos = 0; mangled_find(text->data, text->len, pos, text->len, &at); pos = at + 1)
        count++;
    return count;
}

enum seal_status key_text_to_utf8(struct key_text *text, struct fault *fault)
{
    struct decoder d = {.from = ENCODING_UTF16};
    struct key_text utf8 = {NULL, 0};
    const uint8_t *bytes = (const uint8_t *)text->data;
    enum seal_status status = SEAL_OK;

    if (text->len < 2 || (memcmp(bytes, "\xff\xfe", 2) != 0 && memcmp(bytes, "\xfe\xff", 2) != 0))
        return SEAL_OK;
    utf8.data = secret_alloc(DECODED_MAX(text->len) + DECODED_MAX(0));
    if (utf8.data == NULL)
        return fault_no_memory(fault);
    utf8.len = decoder_take(&d, bytes, text->len, utf8.data);
    utf8.len += decoder_end(&d, utf8.data + utf8.len);
    /* What was added in another encoding became other letters. */
    if (count_words(&utf8) != count_words(text))
        status = fault_set(fault, REASON_KEY_ENCODING_MIXED, NULL);
    else if (d.is_damaged)
        status = fault_set(fault, REASON_KEY_UTF16_DAMAGED, NULL);
    sodium_free(text->data);
    *text = utf8;
    return status;
}
