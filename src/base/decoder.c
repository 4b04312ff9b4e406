#include "base/decoder.h"

#include <string.h>

#include <utf8proc.h>

#include "base/text.h"

#define REPLACEMENT 0xfffdU /* U+FFFD */

/* ---- Names -------------------------------------------------------------------------------- */

static bool is_name(const char *name, const char *lower)
{
    size_t len = strlen(lower);

    return text_begins(name, lower) && name[len] == '\0';
}

bool encoding_by_name(enum encoding *out, const char *name)
{
    static const struct {
        const char *name;
        enum encoding encoding;
    } known[] = {
        {"utf-8", ENCODING_UTF8},        {"us-ascii", ENCODING_UTF8},
        {"ascii", ENCODING_UTF8},        {"iso-8859-1", ENCODING_LATIN1},
        {"iso_8859-1", ENCODING_LATIN1}, {"latin1", ENCODING_LATIN1},
        {"utf-16", ENCODING_UTF16},      {"utf-16be", ENCODING_UTF16},
        {"utf-16le", ENCODING_UTF16LE},
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (is_name(name, known[i].name)) {
            *out = known[i].encoding;
            return true;
        }
    return false;
}

/* ---- The beginning ------------------------------------------------------------------------ */

/* How many bytes of a byte order mark come first. */
static size_t skip_mark(struct decoder *d, const uint8_t *in, size_t len)
{
    static const uint8_t utf8[] = {0xef, 0xbb, 0xbf}, little[] = {0xff, 0xfe}, big[] = {0xfe, 0xff};

    d->is_little = d->from == ENCODING_UTF16LE;
    if (d->from == ENCODING_UTF8 && len >= sizeof utf8 && memcmp(in, utf8, sizeof utf8) == 0) {
        d->has_bom = true;
        return sizeof utf8;
    }
    if (d->from != ENCODING_UTF16 && d->from != ENCODING_UTF16LE)
        return 0;
    if (len >= sizeof little && memcmp(in, little, sizeof little) == 0)
        d->is_little = d->has_bom = true;
    else if (len >= sizeof big && memcmp(in, big, sizeof big) == 0) {
        d->is_little = false;
        d->has_bom = true;
    }
    return d->has_bom ? sizeof little : 0;
}

/* ---- Characters --------------------------------------------------------------------------- */

static size_t put(char *out, uint32_t c)
{
    return (size_t)utf8proc_encode_char((utf8proc_int32_t)c, (utf8proc_uint8_t *)out);
}

static size_t put_damaged(struct decoder *d, char *out)
{
    d->is_damaged = true;
    return put(out, REPLACEMENT);
}

static size_t take_latin1(const uint8_t *in, size_t len, char *out)
{
    size_t n = 0;

    for (size_t i = 0; i < len; i++)
        n += put(out + n, in[i]);
    return n;
}

static size_t take_unit(struct decoder *d, uint32_t unit, char *out)
{
    const uint32_t high = d->high;
    size_t n = 0;

    d->high = 0;
    if (high != 0 && unit >= 0xdc00 && unit <= 0xdfff)
        return put(out, 0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00));
    if (high != 0)
        n = put_damaged(d, out);
    if (unit >= 0xd800 && unit <= 0xdbff)
        d->high = unit;
    else
        n += unit >= 0xdc00 && unit <= 0xdfff ? put_damaged(d, out + n) : put(out + n, unit);
    return n;
}

static size_t take_utf16(struct decoder *d, const uint8_t *in, size_t len, char *out)
{
    size_t n = 0;

    for (size_t i = 0; i < len; i++) {
        const uint32_t a = d->odd, b = in[i];

        if (d->has_odd)
            n += take_unit(d, d->is_little ? b << 8 | a : a << 8 | b, out + n);
        d->odd = in[i];
        d->has_odd = !d->has_odd;
    }
    return n;
}

size_t decoder_take(struct decoder *d, const uint8_t *in, size_t len, char *out)
{
    if (!d->has_started) {
        size_t mark = skip_mark(d, in, len);

        d->has_started = true;
        in += mark;
        len -= mark;
    }
    if (d->from == ENCODING_LATIN1)
        return take_latin1(in, len, out);
    if (d->from != ENCODING_UTF8)
        return take_utf16(d, in, len, out);
    memcpy(out, in, len);
    return len;
}

size_t decoder_end(struct decoder *d, char *out)
{
    size_t n = 0;

    if (d->high != 0 || d->has_odd)
        n = put_damaged(d, out);
    d->high = 0;
    d->has_odd = false;
    return n;
}
