/*
 * ustar headers: any block of 512 bytes.
 */
#include "prove.h"
#include "string_model.h"

#include <string.h>

#include "archive/ustar.c"

/* Of what is appended to a buffer, one byte is kept: any one. */
static size_t kept_index;
static uint8_t kept;

enum seal_status buffer_append(struct buffer *b, const void *data, size_t len)
{
    const uint8_t *bytes = data;

    PROVE(__CPROVER_r_ok(data, len));
    if (nondet_bool())
        return SEAL_NO_MEMORY;
    if (kept_index >= b->len && kept_index - b->len < len)
        kept = bytes[kept_index - b->len];
    b->len += len;
    return SEAL_OK;
}

/* Octal digits between blanks in front and blanks or NULs behind. */
static void read_number(size_t size)
{
    const char *field = any_bytes(size);
    uint64_t value = nondet_u64();
    size_t i = any_up_to(size - 1);
    bool ok = ustar_read_number(&value, field, size);

    PROVE(value < UINT64_C(1) << 3 * size);
    PROVE(IMPLIES(ok, field[i] == 0 || field[i] == ' ' || (field[i] >= '0' && field[i] <= '7')));
    if (ok && field[i] >= '0' && field[i] <= '7' && i + 1 < size && field[i + 1] != 0 &&
        field[i + 1] != ' ')
        PROVE(field[i + 1] >= '0' && field[i + 1] <= '7');
    PROVE(IMPLIES(ok && field[size - 1] >= '0' && field[size - 1] <= '7',
                  (value & 7) == (uint64_t)(field[size - 1] - '0')));
}

static void read_numbers(void)
{
    read_number(sizeof(((struct ustar_header *)0)->mode));
    read_number(sizeof(((struct ustar_header *)0)->size));
}

static void validate_any(void)
{
    const struct ustar_header *h = any_bytes(sizeof *h);

    if (ustar_is_valid(h)) {
        PROVE(memcmp((const char *)h + 257,
                     "ustar\0"
                     "00",
                     8) == 0);
    }
}

static void read_path(void)
{
    const struct ustar_header *h = any_bytes(sizeof *h);
    struct buffer path = {.len = 0};

    kept_index = nondet_size();
    if (ustar_read_path(&path, h) == SEAL_OK) {
        PROVE(path.len <= sizeof h->prefix + 1 + sizeof h->name);
        PROVE((path.len == 0) == (h->name[0] == 0 && h->prefix[0] == 0));
        PROVE(IMPLIES(kept_index < path.len, kept != 0));
    }
}

static void pad_any(void)
{
    uint64_t len = nondet_u64();
    size_t padding = tar_padding_len(len);

    PROVE(padding < TAR_BLOCK_LEN && (len + padding) % TAR_BLOCK_LEN == 0);
}

int main(void)
{
    read_numbers();
    validate_any();
    read_path();
    pad_any();
    return 0;
}
