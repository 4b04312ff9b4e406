/*
 * Any 32 bytes as E: libsodium's map against field arithmetic of the tests' own. And what the
 * encoder makes of any e and b decodes to the public key of e.
 */
#include <string.h>

#include <sodium.h>

#include "envelope/encodings.h"
#include "lib/curve.h"
#include "lib/fuzz.h"

static void check_decode(const uint8_t code[static 32])
{
    struct curve_facts facts;
    uint8_t point[32];
    bool ok = elligator_decode(point, code);

    curve_examine(&facts, code);
    FUZZ_CHECK(ok == !bytes_are_zero(facts.P, sizeof facts.P));
    FUZZ_CHECK(!ok || memcmp(point, facts.P, sizeof point) == 0);
}

static void check_encode(uint8_t e[static 32], uint8_t b)
{
    uint8_t code[32], point[32], want[32];

    e[0] &= 248;
    e[31] = (uint8_t)((e[31] & 127) | 64);
    if (!elligator_encode(code, e, b))
        return;
    FUZZ_CHECK(crypto_scalarmult_base(want, e) == 0);
    FUZZ_CHECK(elligator_decode(point, code));
    FUZZ_CHECK(memcmp(point, want, sizeof point) == 0);
    FUZZ_CHECK(code[31] >> 7 == b >> 7);
    check_decode(code);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    uint8_t code[32], e[32];

    fuzz_start();
    input_fill(&in, code, sizeof code);
    check_decode(code);
    input_fill(&in, e, sizeof e);
    check_encode(e, input_byte(&in));
    return 0;
}
