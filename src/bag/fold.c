/*
 * Folding names: those that some system takes for one become the same bytes. By code points, and
 * not by utf8proc_map: that brings marks in order by exchanging neighbours, which for a name of
 * nothing but marks takes the square of its length.
 */
#include "bag/bag.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

struct points {
    utf8proc_int32_t *at;
    size_t count, cap;
};

/* Appends what c is made of. */
static enum seal_status points_add(struct points *p, utf8proc_int32_t c, utf8proc_option_t how)
{
    for (;;) {
        size_t room = p->cap - p->count, cap = p->cap + p->cap / 2 + 64;
        int ignored = 0;
        utf8proc_ssize_t n = utf8proc_decompose_char(c, room > 0 ? p->at + p->count : NULL,
                                                     (utf8proc_ssize_t)room, how, &ignored);
        utf8proc_int32_t *grown;

        if (n < 0)
            return SEAL_USAGE;
        if ((size_t)n <= room) {
            p->count += (size_t)n;
            return SEAL_OK;
        }
        grown = realloc(p->at, cap * sizeof *grown);
        if (grown == NULL)
            return SEAL_NO_MEMORY;
        p->at = grown;
        p->cap = cap;
    }
}

/* ---- The order of marks (Unicode, section 3.11, D109) ------------------------------------- */

#define CLASSES 256

static uint8_t class_of(utf8proc_int32_t c)
{
    return (uint8_t)utf8proc_get_property(c)->combining_class;
}

/* Sorts marks by class, and leaves those of one class in the order that they have. */
static void sort_marks(utf8proc_int32_t *marks, size_t count, utf8proc_int32_t *sorted)
{
    size_t begin[CLASSES + 1] = {0};

    for (size_t i = 0; i < count; i++)
        begin[class_of(marks[i]) + 1]++;
    for (size_t i = 1; i < CLASSES; i++)
        begin[i] += begin[i - 1];
    for (size_t i = 0; i < count; i++)
        sorted[begin[class_of(marks[i])]++] = marks[i];
    memcpy(marks, sorted, count * sizeof *marks);
}

/* Class 0: a letter, behind which the order begins anew. */
static enum seal_status order_marks(struct points *p)
{
    utf8proc_int32_t *sorted = malloc(p->count * sizeof *sorted + 1);

    if (sorted == NULL)
        return SEAL_NO_MEMORY;
    for (size_t i = 0, end; i < p->count; i = end + 1) {
        bool is_ordered = true;
        uint8_t last = 0, here;

        for (end = i; end < p->count && (here = class_of(p->at[end])) != 0; end++) {
            is_ordered = is_ordered && here >= last;
            last = here;
        }
        if (!is_ordered)
            sort_marks(p->at + i, end - i, sorted);
    }
    free(sorted);
    return SEAL_OK;
}

/* ---- Folding ------------------------------------------------------------------------------ */

#define APART (UTF8PROC_STABLE | UTF8PROC_DECOMPOSE)

static enum seal_status take_apart(struct points *p, const char *name, size_t len)
{
    for (size_t i = 0; i < len;) {
        utf8proc_int32_t c;
        utf8proc_ssize_t n =
            utf8proc_iterate((const utf8proc_uint8_t *)name + i, (utf8proc_ssize_t)(len - i), &c);
        enum seal_status status = n <= 0 ? SEAL_USAGE : points_add(p, c, APART);

        if (status != SEAL_OK)
            return status;
        i += (size_t)n;
    }
    return order_marks(p);
}

static enum seal_status fold_points(struct points *folded, const struct points *apart)
{
    for (size_t i = 0; i < apart->count; i++) {
        enum seal_status status =
            points_add(folded, apart->at[i], APART | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);

        if (status != SEAL_OK)
            return status;
    }
    return order_marks(folded);
}

static enum seal_status append_points(struct buffer *out, const struct points *p)
{
    for (size_t i = 0; i < p->count; i++) {
        utf8proc_uint8_t bytes[4];
        utf8proc_ssize_t n = utf8proc_encode_char(p->at[i], bytes);

        if (buffer_append(out, bytes, (size_t)n) != SEAL_OK)
            return SEAL_NO_MEMORY;
    }
    return SEAL_OK;
}

/* Decomposes first, since folding takes U+0345 out of the order of marks (Unicode, section 3.13,
 * D145). SEAL_USAGE: it is no UTF-8. */
static enum seal_status fold_other(struct buffer *out, const char *name, size_t len)
{
    struct points apart = {0}, folded = {0};
    enum seal_status status = take_apart(&apart, name, len);

    if (status == SEAL_OK)
        status = fold_points(&folded, &apart);
    if (status == SEAL_OK)
        status = append_points(out, &folded);
    free(apart.at);
    free(folded.at);
    return status;
}

static enum seal_status fold_ascii(struct buffer *out, const char *name, size_t len)
{
    enum seal_status status = buffer_append(out, name, len);

    for (size_t i = 0; status == SEAL_OK && i < len; i++)
        out->data[out->len - len + i] = (uint8_t)ascii_lower(name[i]);
    return status;
}

enum seal_status bag_name_fold(struct buffer *out, const char *name, size_t len)
{
    enum seal_status status;
    size_t ascii = 0;

    while (ascii < len && (unsigned char)name[ascii] < 0x80)
        ascii++;
    if (ascii == len)
        return fold_ascii(out, name, len);
    status = fold_other(out, name, len);
    return status == SEAL_USAGE ? buffer_append(out, name, len) : status;
}
