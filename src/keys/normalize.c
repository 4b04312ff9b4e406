/*
 * Passphrases: the same letters typed on different keyboards must give the same bytes, so they are
 * brought to NFC. utf8proc's functions that do this in one call leave copies on the heap. The two
 * steps that they consist of can work in guarded memory.
 */
#include "keys/record.h"
#include "base/text.h"

#include <string.h>

#include <sodium.h>
#include <utf8proc.h>

/* No character decomposes into more than two code points for each byte of its UTF-8. */
#define CODE_POINTS_MAX ((utf8proc_ssize_t)2 * PASSPHRASE_MAX)
#define NFC (UTF8PROC_STABLE | UTF8PROC_COMPOSE)

enum seal_status passphrase_normalize(char **out, size_t *out_len, const char *text, size_t len,
                                      struct fault *fault)
{
    utf8proc_int32_t *points;
    utf8proc_ssize_t n;

    *out = NULL;
    *out_len = 0;
    if (len > PASSPHRASE_MAX)
        return fault_set(fault, REASON_PASSPHRASE_LONG, NULL);
    if (!utf8_is_valid(text, len))
        return fault_set(fault, REASON_PASSPHRASE_NOT_UTF8, NULL);
    /* One element more than utf8proc is told of: reencode writes a NUL behind the text. */
    points = secret_alloc(((size_t)CODE_POINTS_MAX + 1) * sizeof *points);
    if (points == NULL)
        return fault_no_memory(fault);
    n = utf8proc_decompose((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)len, points,
                           CODE_POINTS_MAX, NFC);
    if (n >= 0 && n <= CODE_POINTS_MAX)
        n = utf8proc_reencode(points, n, NFC); /* in place: UTF-8 is not longer than UTF-32 */
    else
        n = -1;
    if (n < 0 || n > PASSPHRASE_MAX) {
        sodium_free(points);
        return fault_set(fault, REASON_PASSPHRASE_LONG, NULL);
    }
    *out = (char *)points;
    *out_len = (size_t)n;
    return SEAL_OK;
}
