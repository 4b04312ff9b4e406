/*
 * Randomness, and the hashes it is made of.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/random.h"
#include "base/status.h"
#include "lib/unit_check.h"
#include "lib/fixture.h"

/* ---- Randomness --------------------------------------------------------------------------- */

static void check_below(uint32_t bound, size_t draws)
{
    struct random random = fixture_random("below");
    size_t *counts = fixture_alloc(bound * sizeof *counts);
    double expected = (double)draws / bound, chi = 0, df = bound - 1;

    check_about("random_below(%u)", bound);
    for (size_t i = 0; i < draws; i++) {
        uint32_t v = random_below(&random, bound);

        if (!CHECK(v < bound))
            break;
        counts[v]++;
    }
    for (uint32_t v = 0; v < bound; v++)
        chi += ((double)counts[v] - expected) * ((double)counts[v] - expected) / expected;
    /* (chi - df)^2 < 36 * 2 df + some room for the skew of few degrees of freedom */
    CHECK(chi < df || (chi - df) * (chi - df) < 72 * df + 900);
    free(counts);
}

/* A bound for which dropping the remainder would show: 3 * 2^30 folds a quarter of all draws. */
static void test_below_large(void)
{
    struct random random = fixture_random("below large");
    const uint32_t bound = UINT32_C(3) << 30;
    size_t thirds[3] = {0}, n = fixture_share(60000, 6000);
    double chi = 0;

    check_about("random_below(3 * 2^30)");
    for (size_t i = 0; i < n; i++) {
        uint32_t v = random_below(&random, bound);

        if (!CHECK(v < bound))
            return;
        thirds[v >> 30]++;
    }
    for (int i = 0; i < 3; i++) {
        double off = (double)thirds[i] - (double)n / 3;

        chi += off * off / ((double)n / 3);
    }
    CHECK(chi < 35);
    CHECK_INT(0, random_below(&random, 1));
    (void)random_below(&random, UINT32_MAX);
}

static void test_random_start(void)
{
    static const struct span hedge = {"hedge", 5};
    struct random a, b;
    uint8_t x[64], y[64];

    check_about("random_start");
    CHECK_INT(SEAL_OK, random_start(&a, &hedge, 1));
    CHECK_INT(SEAL_OK, random_start(&b, &hedge, 1));
    random_bytes(&a, x, sizeof x);
    random_bytes(&b, y, sizeof y);
    CHECK(memcmp(x, y, sizeof x) != 0);
    random_bytes(&a, y, sizeof y);
    CHECK(memcmp(x, y, sizeof x) != 0);
    CHECK(setenv("SEAL_TEST_SEED", "seed", 1) == 0);
    CHECK_INT(SEAL_OK, random_start(&a, &hedge, 1));
    CHECK_INT(SEAL_OK, random_start(&b, &hedge, 1));
    random_bytes(&a, x, sizeof x);
    random_bytes(&b, y, sizeof y);
    CHECK_BYTES(x, y, sizeof x);
    CHECK_INT(SEAL_OK, random_start(&b, NULL, 0)); /* the hedge counts also with a seed */
    random_bytes(&b, y, sizeof y);
    CHECK(memcmp(x, y, sizeof x) != 0);
    CHECK(unsetenv("SEAL_TEST_SEED") == 0);
    random_end(&a);
    CHECK(bytes_are_zero(&a, sizeof a));
}

/* The key that made an output is gone after it. */
static void test_key_erasure(void)
{
    struct random random = fixture_random("erasure"), before = random;
    uint8_t out[32], again[32];

    check_about("fast key erasure");
    random_bytes(&random, out, sizeof out);
    CHECK(memcmp(random.key, before.key, sizeof random.key) != 0);
    CHECK(memcmp(random.key, out, sizeof out) != 0);
    random_bytes(&random, again, sizeof again);
    CHECK(memcmp(out, again, sizeof out) != 0);
    random_bytes(&before, again, sizeof again);
    CHECK_BYTES(out, again, sizeof out);
}

/* ---- Hashes ------------------------------------------------------------------------------- */

static void test_hashes(void)
{
    uint8_t out[HASH512_LEN], joined[HASH512_LEN];
    const struct span parts[] = {{"a", 1}, {"", 0}, {"bc", 2}}, whole = {"abc", 3};
    struct sha256 h;
    json_t *root = fixture_json("kdf.json");
    const json_t *entry;
    size_t i;

    check_about("hashes");
    json_array_foreach (json_object_get(root, "F"), i, entry) {
        struct buffer m = fixture_bytes(entry, "m");
        uint8_t key[KEY_LEN];
        size_t half = m.len / 2;

        fixture_hex(key, sizeof key, entry, "K");
        hash_F(out, key, fixture_text(entry, "name"),
               (struct span[]){{m.data, half}, {m.data + half, m.len - half}}, 2);
        CHECK_HEX(fixture_text(entry, "F"), out, HASH_LEN);
        buffer_free(&m);
    }
    json_decref(root);
    /* RFC 7693, appendix A */
    hash_H512(out, parts, 3);
    CHECK_HEX("ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
              "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923",
              out, HASH512_LEN);
    hash_H(out, parts, 3);
    hash_H(joined, &whole, 1);
    CHECK_BYTES(joined, out, HASH_LEN);
    /* FIPS 180-4 */
    sha256_start(&h);
    sha256_add(&h, "a", 1);
    sha256_add(&h, NULL, 0);
    sha256_add(&h, "bc", 2);
    sha256_end(&h, out);
    CHECK_HEX("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", out, SHA256_LEN);
}

/* ---- Text for people ---------------------------------------------------------------------- */

static void test_random_below(void)
{
    static const uint32_t bounds[] = {2, 3, 5, 8, 39, 77, 1000};

    for (size_t i = 0; i < sizeof bounds / sizeof bounds[0]; i++)
        check_below(bounds[i], fixture_share(50000, 10000));
    test_below_large();
}

int main(int argc, char **argv)
{
    check_start("random", argc, argv);
    fixture_start(argc, argv);
    CHECK_CASE(test_random_below());
    CHECK_CASE(test_random_start());
    CHECK_CASE(test_key_erasure());
    CHECK_CASE(test_hashes());
    return check_done();
}
