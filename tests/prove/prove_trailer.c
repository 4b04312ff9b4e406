/*
 * The trailer: any 256 bytes.
 */
#include "prove.h"

#include "base/bytes.c"
#include "base/status.c"
#include "stream/trailer.c"

void random_bytes(struct random *random, void *out, size_t len)
{
    (void)random;
    PROVE(__CPROVER_w_ok(out, len));
}

static bool is_zero(const uint8_t *t, size_t from, size_t to)
{
    bool zero = true;

    for (size_t i = from; i < to; i++)
        zero = zero && t[i] == 0;
    return zero;
}

/* What is taken has the form of section 3.1. */
static void read_any(void)
{
    const uint8_t *t = any_bytes(TRAILER_LEN);
    bool is_volume = nondet_bool();
    uint64_t content_len = nondet_u64();
    uint8_t *digest = any_bytes(32);
    struct fault fault = {.status = SEAL_OK};
    enum seal_status status = trailer_read(t, is_volume, &content_len, digest, &fault);

    PROVE(status == fault.status);
    PROVE((status == SEAL_OK) == (t[8] == 1 && is_zero(t, 9, 16) && is_zero(t, 80, TRAILER_LEN)));
    PROVE(status == SEAL_OK || status == SEAL_HOSTILE ||
          (status == SEAL_USAGE && is_volume && t[8] == 0));
    PROVE(IMPLIES(status == SEAL_OK, content_len == load_u64(t)));
}

static void check_any_full(void)
{
    const uint8_t *t = any_bytes(TRAILER_LEN);
    uint64_t content_len = nondet_u64();
    struct fault fault = {.status = SEAL_OK};
    enum seal_status status = trailer_check_full(t, content_len, &fault);

    PROVE((status == SEAL_OK) ==
          (load_u64(t) == content_len && is_zero(t, 8, 48) && is_zero(t, 80, TRAILER_LEN)));
    PROVE(status == SEAL_OK || status == SEAL_HOSTILE);
}

/* What is written is taken, and says the same. */
static void write_and_read(void)
{
    uint8_t *t = any_bytes(TRAILER_LEN);
    const uint8_t *digest = any_bytes(32);
    uint8_t *again = any_bytes(32);
    uint64_t content_len = nondet_u64(), len_again = nondet_u64();
    bool is_volume = nondet_bool();
    size_t i = any_up_to(31);
    struct fault fault = {.status = SEAL_OK};

    trailer_write(t, content_len, nondet_bool() ? digest : NULL, NULL);
    if (trailer_is_last(t)) {
        PROVE(trailer_read(t, is_volume, &len_again, again, &fault) == SEAL_OK);
        PROVE(len_again == content_len && again[i] == digest[i]);
    } else {
        PROVE(trailer_check_full(t, content_len, &fault) == SEAL_OK);
    }
}

int main(void)
{
    read_any();
    check_any_full();
    write_and_read();
    return 0;
}
