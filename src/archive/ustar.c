/*
 * ustar headers (POSIX.1, pax, "ustar Interchange Format").
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

/* Octal digits up to a NUL or blank, with or without blanks in front; an empty field is 0. */
bool ustar_read_number(uint64_t *value, const char *field, size_t size)
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

bool ustar_is_valid(const struct ustar_header *h)
{
    uint64_t sum;

    return USTAR_READ(&sum, h->checksum) && sum == header_checksum(h) &&
           memcmp(h->magic, "ustar", 6) == 0 && memcmp(h->version, "00", 2) == 0;
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
