/*
 * The two encodings and the derivations, against the vectors of another implementation.
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "envelope/encodings.h"
#include "envelope/head.h"
#include "base/text.h"
#include "lib/unit_check.h"
#include "lib/fixture.h"
#include "lib/kemparts.h"
#include "stream/stream.h"

/* ---- elligator.json ----------------------------------------------------------------------- */

static void check_elligator_encode(const json_t *entry)
{
    const char *want = fixture_text(entry, "E");
    uint8_t e[32], P[32], code[32], decoded[32];
    bool encoded;

    fixture_hex(e, sizeof e, entry, "e");
    CHECK(crypto_scalarmult_base(P, e) == 0);
    CHECK_HEX(fixture_text(entry, "P"), P, sizeof P);
    encoded = elligator_encode(code, e, (uint8_t)fixture_number(entry, "b"));
    if (!CHECK_INT(strcmp(want, "retry") != 0, encoded) || !encoded)
        return;
    CHECK_HEX(want, code, sizeof code);
    CHECK(elligator_decode(decoded, code));
    CHECK_BYTES(P, decoded, sizeof P);
}

static void check_elligator_decode(const json_t *entry)
{
    uint8_t code[32], want[32], got[32];

    fixture_hex(code, sizeof code, entry, "E");
    fixture_hex(want, sizeof want, entry, "P");
    if (CHECK_INT(!bytes_are_zero(want, sizeof want), elligator_decode(got, code)) &&
        !bytes_are_zero(want, sizeof want))
        CHECK_BYTES(want, got, sizeof want);
}

static void test_elligator(void)
{
    json_t *root = fixture_json("elligator.json");
    const json_t *entry;
    size_t i;

    json_array_foreach (json_object_get(root, "encode"), i, entry) {
        check_about("elligator encode %zu", i);
        check_elligator_encode(entry);
    }
    CHECK(i > 0);
    json_array_foreach (json_object_get(root, "decode"), i, entry) {
        check_about("elligator decode %zu", i);
        check_elligator_decode(entry);
    }
    CHECK(i > 0);
    json_decref(root);
}

/* Bits 5 and 6 of b do nothing; bits 3, 4 and 7 change E and not what it decodes to, as long as
 * there is a code at all, which only e and the low bits of b decide. */
static void test_elligator_b(void)
{
    struct random random = fixture_random("elligator b");
    uint8_t e[32], code[32], other[32], P[32], decoded[32];

    for (int i = 0; i < 40; i++) {
        bool encoded;

        random_bytes(&random, e, sizeof e);
        e[0] &= 248;
        e[31] = (uint8_t)((e[31] & 127) | 64);
        encoded = elligator_encode(code, e, (uint8_t)(i & 7));
        CHECK(crypto_scalarmult_base(P, e) == 0);
        for (unsigned int b = 0; b < 256; b += 8) {
            check_about("e %d, b %u", i, b | (unsigned int)(i & 7));
            if (!CHECK_INT(encoded, elligator_encode(other, e, (uint8_t)(b | (unsigned)(i & 7)))) ||
                !encoded)
                continue;
            CHECK(elligator_decode(decoded, other) && memcmp(decoded, P, 32) == 0);
            CHECK_INT((b & 0x98) == 0, memcmp(code, other, 32) == 0);
        }
    }
}

/* ---- kem.json ----------------------------------------------------------------------------- */

/* Compress_d(x) for x = 0 to q - 1, by the library: each x is made a digit of a code. */
static void compress_all(uint8_t out[static 2 * MLKEM_Q], int poly)
{
    struct kem_parts parts = {0};
    uint8_t code[KEM_CODE_LEN], ct[MLKEM_CT_LEN];

    for (uint16_t first = 0; first < MLKEM_Q; first += KEM_COEFFS) {
        for (uint16_t i = 0; i < KEM_COEFFS; i++)
            parts.x[poly][i] = (uint16_t)((first + i) % MLKEM_Q);
        kem_join(code, &parts);
        kem_decode(ct, code);
        for (uint16_t i = 0; i < KEM_COEFFS && first + i < MLKEM_Q; i++) {
            uint16_t c = kem_coefficient(ct, poly, i);

            CHECK_INT(kem_compress((uint16_t)(first + i), kem_bits(poly)), c);
            out[2 * (first + i)] = (uint8_t)c;
            out[2 * (first + i) + 1] = (uint8_t)(c >> 8);
        }
    }
}

static void test_compress(const json_t *root)
{
    const json_t *digests = json_object_get(root, "compress");
    uint8_t values[2 * MLKEM_Q], digest[SHA256_LEN];

    for (int poly = 0; poly < KEM_POLYS; poly++) {
        check_about("compress, polynomial %d", poly);
        compress_all(values, poly);
        crypto_hash_sha256(digest, values, sizeof values);
        CHECK_HEX(fixture_text(digests, kem_bits(poly) == 4 ? "4" : "10"), digest, sizeof digest);
    }
}

#define Q_4 ((uint64_t)MLKEM_Q_2 * MLKEM_Q_2)

/* All divisions are compared with the processor's. How many numbers come out wrong: */
static size_t wrong_by_q(uint32_t x)
{
    return kem_divide_by_q(x) != x / MLKEM_Q;
}

static size_t wrong_by_q_2(uint32_t high, uint32_t low)
{
    uint64_t whole = (uint64_t)high << 32 | low;
    uint32_t rest, quotient = kem_divide_by_q_2(high, low, &rest);

    return quotient != whole / MLKEM_Q_2 || rest != whole % MLKEM_Q_2;
}

/* Of the numbers that begin with high: the first, the last, the first multiple of q^2, and the one
 * before it. */
static size_t wrong_edges(uint32_t high)
{
    uint32_t multiple = MLKEM_Q_2 - (uint32_t)(((uint64_t)high << 32) % MLKEM_Q_2);

    return wrong_by_q_2(high, 0) + wrong_by_q_2(high, multiple - 1) + wrong_by_q_2(high, multiple) +
           wrong_by_q_2(high, UINT32_MAX);
}

static uint64_t random_u64(struct random *random)
{
    uint8_t bytes[8];

    random_bytes(random, bytes, sizeof bytes);
    return load_u64(bytes);
}

static size_t wrong_by_q_4(uint64_t high, uint64_t low)
{
    __extension__ typedef unsigned __int128 wide;
    const wide whole = (wide)high << 64 | low;
    uint64_t rest, quotient = kem_divide_by_q_4(high, low, &rest);

    return quotient != (uint64_t)(whole / Q_4) || rest != (uint64_t)(whole % Q_4);
}

/* Numbers around multiples of q^4, and any others. */
static void test_wide_division(void)
{
    struct random random = fixture_random("wide division");
    size_t wrong = 0;

    for (uint64_t high = 0; high < 1000; high++)
        wrong += wrong_by_q_4(high, 0) + wrong_by_q_4(high, UINT64_MAX) +
                 wrong_by_q_4(Q_4 - 1 - high, 0) + wrong_by_q_4(Q_4 - 1 - high, UINT64_MAX);
    for (size_t i = 0; i < fixture_share(3000000, 30000); i++) {
        __extension__ typedef unsigned __int128 wide;
        const wide multiple = (wide)random_u64(&random) * Q_4;
        const uint64_t high = (uint64_t)(multiple >> 64), low = (uint64_t)multiple;

        wrong += wrong_by_q_4(high, low) + (low > 0 && wrong_by_q_4(high, low - 1)) +
                 wrong_by_q_4(random_u64(&random) % Q_4, random_u64(&random));
    }
    CHECK_INT(0, wrong);
}

static void test_divisions(void)
{
    struct random random = fixture_random("divisions");
    uint32_t step = (uint32_t)(100 / fixture_share(100, 1));
    size_t wrong = 0;

    check_about("division by q");
    for (uint32_t x = 0; x < MLKEM_Q_2; x++)
        wrong += wrong_by_q(x);
    CHECK_INT(0, wrong);
    check_about("division by q^2, edges");
    for (uint32_t high = 0; high < MLKEM_Q_2; high += step)
        wrong += wrong_edges(high);
    CHECK_INT(0, wrong);
    check_about("division by q^2, within");
    for (size_t i = 0; i < fixture_share(100000, 1000); i++) {
        uint32_t high = random_below(&random, MLKEM_Q_2);
        uint32_t multiple = MLKEM_Q_2 - (uint32_t)(((uint64_t)high << 32) % MLKEM_Q_2) +
                            random_below(&random, 387) * MLKEM_Q_2;

        wrong += wrong_by_q_2(high, multiple - 1) + wrong_by_q_2(high, multiple);
    }
    CHECK_INT(0, wrong);
}

static void check_kem_encode(const uint8_t ct[static MLKEM_CT_LEN], struct random *random)
{
    uint8_t code[KEM_CODE_LEN], other[KEM_CODE_LEN], again[MLKEM_CT_LEN], joined[KEM_CODE_LEN];
    struct kem_parts parts;

    kem_encode(code, ct, random);
    kem_decode(again, code);
    CHECK_BYTES(ct, again, MLKEM_CT_LEN);
    kem_encode(other, ct, random);
    CHECK(memcmp(code, other, sizeof code) != 0);
    kem_split(&parts, code);
    kem_join(joined, &parts);
    CHECK_BYTES(code, joined, sizeof code);
    for (int poly = 0; poly < KEM_POLYS; poly++)
        for (size_t i = 0; i < KEM_COEFFS; i++)
            CHECK_INT(kem_coefficient(ct, poly, i), kem_compress(parts.x[poly][i], kem_bits(poly)));
}

static void check_kem_decode(const json_t *entry, struct random *random)
{
    uint8_t code[KEM_CODE_LEN], want[MLKEM_CT_LEN], got[MLKEM_CT_LEN];

    fixture_hex(code, sizeof code, entry, "Z");
    fixture_hex(want, sizeof want, entry, "ct");
    kem_decode(got, code);
    CHECK_BYTES(want, got, sizeof want);
    check_kem_encode(want, random);
}

static void test_kem(void)
{
    json_t *root = fixture_json("kem.json");
    struct random random = fixture_random("kem");
    uint8_t ct[MLKEM_CT_LEN];
    const json_t *entry;
    size_t i;

    test_compress(root);
    json_array_foreach (json_object_get(root, "encode"), i, entry) {
        check_about("kem encode %zu", i);
        check_kem_decode(entry, &random);
    }
    CHECK(i > 0);
    json_array_foreach (json_object_get(root, "decode"), i, entry) {
        check_about("kem decode %zu", i);
        check_kem_decode(entry, &random);
    }
    CHECK(i > 0);
    check_about("extreme ciphertexts");
    for (int byte = 0; byte < 256; byte += 255) {
        memset(ct, byte, sizeof ct);
        check_kem_encode(ct, &random);
    }
    json_decref(root);
}

/* ---- kdf.json ----------------------------------------------------------------------------- */

static void test_F(const json_t *root)
{
    uint8_t key[KEY_LEN], out[HASH_LEN];
    const json_t *entry;
    size_t i;

    json_array_foreach (json_object_get(root, "F"), i, entry) {
        struct buffer m = fixture_bytes(entry, "m");

        check_about("F %zu", i);
        fixture_hex(key, sizeof key, entry, "K");
        hash_F(out, key, fixture_text(entry, "name"), &(struct span){m.data, m.len}, 1);
        CHECK_HEX(fixture_text(entry, "F"), out, sizeof out);
        buffer_free(&m);
    }
    CHECK(i > 0);
}

static void test_slot_keys(const json_t *derived)
{
    const json_t *ck = json_object_get(derived, "ck"), *bk = json_object_get(derived, "bk");
    uint8_t secret[32], E[32], pkh[32], j, Z[KEM_CODE_LEN], out[32];

    check_about("ck");
    fixture_hex(secret, 32, ck, "dh");
    fixture_hex(E, 32, ck, "E");
    fixture_hex(pkh, 32, ck, "pkh");
    j = (uint8_t)fixture_number(ck, "j");
    hash_F(out, secret, "cloak", (struct span[]){{E, 32}, {pkh, 32}, {&j, 1}}, 3);
    CHECK_HEX(fixture_text(ck, "ck"), out, 32);

    check_about("bk");
    fixture_hex(secret, 32, bk, "ss");
    fixture_hex(E, 32, bk, "E");
    fixture_hex(pkh, 32, bk, "pkh");
    fixture_hex(Z, sizeof Z, bk, "Z");
    j = (uint8_t)fixture_number(bk, "j");
    hash_F(out, secret, "box", (struct span[]){{E, 32}, {pkh, 32}, {&j, 1}, {Z, sizeof Z}}, 4);
    CHECK_HEX(fixture_text(bk, "bk"), out, 32);
}

/* C, and C' of the second head. */
static void test_commitment(const json_t *derived, const char *name, const char *label)
{
    const json_t *c = json_object_get(derived, name);
    struct buffer slots = fixture_bytes(c, "slots");
    uint8_t file_key[KEY_LEN], params[48], E[32], digest[HASH512_LEN], out[HASH_LEN];

    check_about("%s", name);
    fixture_hex(file_key, sizeof file_key, c, "file_key");
    fixture_hex(params, sizeof params, c, "params");
    fixture_hex(E, sizeof E, c, "E");
    hash_H512(digest, (struct span[]){{E, 32}, {slots.data, slots.len}}, 2);
    if (json_object_get(c, "H512") != NULL)
        CHECK_HEX(fixture_text(c, "H512"), digest, sizeof digest);
    params[2] = 0;
    hash_F(out, file_key, label, (struct span[]){{params, 48}, {digest, sizeof digest}}, 2);
    CHECK_HEX(fixture_text(c, "C"), out, sizeof out);
    buffer_free(&slots);
}

static void test_volume_keys(const json_t *derived)
{
    uint8_t set_key[KEY_LEN], E[32], out[HASH_LEN];
    const json_t *entry;
    size_t i;

    json_array_foreach (json_object_get(derived, "volumes"), i, entry) {
        check_about("volume key %zu", i);
        fixture_hex(set_key, sizeof set_key, entry, "set_key");
        fixture_hex(E, sizeof E, entry, "E");
        head_volume_key(out, set_key, (uint32_t)fixture_number(entry, "index"), E);
        CHECK_HEX(fixture_text(entry, "file_key"), out, sizeof out);
    }
    CHECK(i > 0);
}

static void test_payload_key(const json_t *derived)
{
    const json_t *payload = json_object_get(derived, "payload");
    uint8_t file_key[KEY_LEN], out[HASH_LEN];

    check_about("payload");
    fixture_hex(file_key, sizeof file_key, payload, "file_key");
    hash_F(out, file_key, "payload", NULL, 0);
    CHECK_HEX(fixture_text(payload, "Kp"), out, sizeof out);
}

static void test_receipts(const json_t *root)
{
    uint8_t file_key[KEY_LEN], C[COMMITMENT_LEN], trailer[TRAILER_LEN], out[HASH_LEN];
    char text[NUMBER_TEXT_SIZE(RECEIPT_GROUPS)];
    const json_t *entry;
    size_t i;

    json_array_foreach (json_object_get(root, "receipts"), i, entry) {
        check_about("receipt %zu", i);
        fixture_hex(file_key, sizeof file_key, entry, "file_key");
        fixture_hex(C, sizeof C, entry, "C");
        fixture_hex(trailer, sizeof trailer, entry, "trailer");
        hash_F(out, file_key, "receipt", (struct span[]){{C, sizeof C}, {trailer, sizeof trailer}},
               2);
        CHECK_HEX(fixture_text(entry, "F"), out, sizeof out);
        number_text(text, out, RECEIPT_GROUPS);
        CHECK_TEXT(fixture_text(entry, "receipt"), text);
    }
    CHECK(i > 0);
}

static void test_kdf(void)
{
    json_t *root = fixture_json("kdf.json");
    const json_t *derived = json_object_get(root, "derived");

    test_F(root);
    test_slot_keys(derived);
    test_commitment(derived, "C", "commit");
    test_commitment(derived, "C2", "commit2");
    test_volume_keys(derived);
    test_payload_key(derived);
    test_receipts(root);
    json_decref(root);
}

int main(int argc, char **argv)
{
    check_start("encodings", argc, argv);
    fixture_start(argc, argv);
    CHECK_CASE(test_elligator());
    CHECK_CASE(test_elligator_b());
    CHECK_CASE(test_kem());
    CHECK_CASE(test_divisions());
    CHECK_CASE(test_wide_division());
    CHECK_CASE(test_kdf());
    return check_done();
}
