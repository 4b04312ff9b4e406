/*
 * Any 1536 bytes as Kem code: the decoder against the tests' own division. And any 1088 bytes, as
 * a ciphertext, come back from what the encoder makes of them.
 */
#include <string.h>

#include "envelope/encodings.h"
#include "lib/fuzz.h"
#include "lib/kemparts.h"

static void check_decode(uint8_t ct[static MLKEM_CT_LEN], const uint8_t code[static KEM_CODE_LEN])
{
    struct kem_parts parts;

    kem_decode(ct, code);
    kem_split(&parts, code);
    for (int poly = 0; poly < KEM_POLYS; poly++)
        for (size_t i = 0; i < KEM_COEFFS; i++)
            FUZZ_CHECK(kem_coefficient(ct, poly, i) ==
                       kem_compress(parts.x[poly][i], kem_bits(poly)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    uint8_t code[KEM_CODE_LEN], ct[MLKEM_CT_LEN], back[MLKEM_CT_LEN];
    struct random random;

    fuzz_start();
    random_start_seeded(&random, data, size);
    input_fill(&in, code, sizeof code);
    check_decode(ct, code);
    kem_encode(code, ct, &random);
    check_decode(back, code);
    FUZZ_CHECK(memcmp(ct, back, sizeof ct) == 0);
    if (in.len == 0)
        return 0;
    input_fill(&in, ct, sizeof ct);
    kem_encode(code, ct, &random);
    check_decode(back, code);
    FUZZ_CHECK(memcmp(ct, back, sizeof ct) == 0);
    return 0;
}
