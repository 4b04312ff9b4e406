/*
 * ustar headers (POSIX.1, pax, "ustar Interchange Format"), written and read.
 */
#include <string.h>

#include "archive/tar.h"

size_t tar_padding_len(uint64_t data_len)
{
    return (size_t)(-data_len % TAR_BLOCK_LEN);
}

/* The sum of all bytes, with blanks in place of the checksum's own. */
static uint32_t header_checksum(const struct ustar_header *h)
{
    const uint8_t *p = (const uint8_t *)h;
    uint32_t sum = 0;

    for (size_t i = 0; i < sizeof *h; i++)
        sum += p[i];
    for (size_t i = 0; i < sizeof h->checksum; i++)
        sum = sum - (uint8_t)h->checksum[i] + ' ';
    return sum;
}

/* Octal digits with zeros in front, then a NUL. */
static void put_octal(char *field, size_t size, uint64_t value)
{
    for (size_t i = size - 1; i-- > 0; value >>= 3)
        field[i] = (char)('0' + (value & 7));
}

/* Octal digits up to a NUL or blank, with or without blanks in front; an empty field is 0. */
static bool get_octal(const char *field, size_t size, uint64_t *value)
{
    size_t i = 0;

    *value = 0;
    while (i < size && field[i] == ' ')
        i++;
    for (; i < size && field[i] >= '0' && field[i] <= '7'; i++)
        *value = *value << 3 | (uint64_t)(field[i] - '0');
    for (; i < size; i++)
        if (field[i] != '\0' && field[i] != ' ')
            return false;
    return true;
}

void ustar_write(struct ustar_header *h, const struct ustar_fields *fields, const char *name,
                 size_t name_len)
{
    memset(h, 0, sizeof *h);
    memcpy(h->name, name, name_len);
    put_octal(h->mode, sizeof h->mode, fields->mode);
    put_octal(h->uid, sizeof h->uid, 0);
    put_octal(h->gid, sizeof h->gid, 0);
    put_octal(h->size, sizeof h->size, fields->size);
    put_octal(h->mtime, sizeof h->mtime, fields->mtime);
    h->type = fields->type;
    memcpy(h->magic, "ustar", 6);
    memcpy(h->version, "00", 2);
    put_octal(h->devmajor, sizeof h->devmajor, 0);
    put_octal(h->devminor, sizeof h->devminor, 0);
    /* Six digits, a NUL and a blank: unlike other fields, and the same in every tar. */
    put_octal(h->checksum, sizeof h->checksum - 1, header_checksum(h));
    h->checksum[7] = ' ';
}

bool ustar_is_valid(const struct ustar_header *h)
{
    uint64_t sum;

    return get_octal(h->checksum, sizeof h->checksum, &sum) && sum == header_checksum(h) &&
           memcmp(h->magic, "ustar", 6) == 0 && memcmp(h->version, "00", 2) == 0;
}

bool ustar_read_size(uint64_t *size, const struct ustar_header *h)
{
    return get_octal(h->size, sizeof h->size, size);
}

bool ustar_read(struct ustar_fields *fields, const struct ustar_header *h)
{
    fields->type = h->type;
    return get_octal(h->mode, sizeof h->mode, &fields->mode) && ustar_read_size(&fields->size, h) &&
           get_octal(h->mtime, sizeof h->mtime, &fields->mtime);
}

static size_t text_len(const char *field, size_t size)
{
    const char *end = memchr(field, '\0', size);

    return end == NULL ? size : (size_t)(end - field);
}

enum seal_status ustar_read_path(struct buffer *path, const struct ustar_header *h)
{
    size_t prefix_len = text_len(h->prefix, sizeof h->prefix);

    if (prefix_len > 0 && (buffer_append(path, h->prefix, prefix_len) != SEAL_OK ||
                           buffer_append(path, "/", 1) != SEAL_OK))
        return SEAL_NO_MEMORY;
    return buffer_append(path, h->name, text_len(h->name, sizeof h->name));
}
