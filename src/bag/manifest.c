/*
 * One line of a BagIt manifest, written and read.
 */
#include "bag/manifest.h"
#include "base/text.h"

#include <string.h>

/* RFC 8493, 2.1.3: these three, and only these, are percent-encoded. */
static const struct {
    char c;
    char code[4];
} encoded[] = {{'\n', "%0A"}, {'\r', "%0D"}, {'%', "%25"}};

#define ENCODED_COUNT (sizeof encoded / sizeof encoded[0])

enum seal_status manifest_line(struct buffer *out, const uint8_t digest[static SHA256_LEN],
                               const char *path)
{
    char hex[2 * SHA256_LEN + 1];

    hex_encode(hex, digest, SHA256_LEN);
    if (buffer_append(out, hex, 2 * SHA256_LEN) != SEAL_OK ||
        buffer_append(out, "  ", 2) != SEAL_OK)
        return SEAL_NO_MEMORY;
    while (*path != '\0') {
        size_t plain = strcspn(path, MANIFEST_CODED);

        if (buffer_append(out, path, plain) != SEAL_OK)
            return SEAL_NO_MEMORY;
        path += plain;
        for (size_t i = 0; i < ENCODED_COUNT; i++) {
            if (*path != encoded[i].c)
                continue;
            if (buffer_append(out, encoded[i].code, 3) != SEAL_OK)
                return SEAL_NO_MEMORY;
            path++;
            break;
        }
    }
    return buffer_append(out, "\n", 1);
}

/* The character that the code at s stands for; NUL: there is none. */
static char decode_at(const char *s, size_t left)
{
    for (size_t i = 0; left >= 3 && i < ENCODED_COUNT; i++) {
        uint8_t byte;

        if (s[0] == '%' && hex_decode(&byte, 1, s + 1) && (char)byte == encoded[i].c)
            return encoded[i].c;
    }
    return '\0';
}

bool manifest_split(char *line, size_t len, uint8_t *digest, size_t digest_len, char **path,
                    size_t *path_len)
{
    size_t at = 2 * digest_len;

    if (len > 0 && line[len - 1] == '\r')
        len--;
    if (len < at + 2 || !hex_decode(digest, digest_len, line))
        return false;
    if (line[at] != ' ' && line[at] != '\t')
        return false;
    while (at < len && (line[at] == ' ' || line[at] == '\t'))
        at++;
    *path = line + at;
    *path_len = len - at;
    return at < len;
}

size_t manifest_decode(char *path, size_t len)
{
    size_t out = 0;

    for (size_t i = 0; i < len; i++) {
        char c = decode_at(path + i, len - i);

        path[out++] = c != '\0' ? c : path[i];
        if (c != '\0')
            i += 2;
    }
    return out;
}

/* Whether each of the three characters is encoded, and each percent sign begins such a code. */
static bool is_coded_strictly(const char *path, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        bool is_code = false;

        if (path[i] == '\n' || path[i] == '\r')
            return false;
        for (size_t k = 0; k < ENCODED_COUNT; k++)
            is_code |= len - i >= 3 && memcmp(path + i, encoded[k].code, 3) == 0;
        if (path[i] == '%' && !is_code)
            return false;
    }
    return true;
}

bool manifest_parse(char *line, size_t len, uint8_t digest[static SHA256_LEN], char **path,
                    size_t *path_len)
{
    static const char digits[] = "0123456789abcdef";
    size_t at = 2 * SHA256_LEN;

    if (len <= at + 2 || strspn(line, digits) != at || memcmp(line + at, "  ", 2) != 0 ||
        !hex_decode(digest, SHA256_LEN, line) || !is_coded_strictly(line + at + 2, len - at - 2))
        return false;
    *path = line + at + 2;
    *path_len = manifest_decode(*path, len - at - 2);
    return true;
}
