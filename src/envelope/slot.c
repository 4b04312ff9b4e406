#include "envelope/slot.h"

#include <string.h>

#include "envelope/encodings.h"

#define XWING_CT_LEN (MLKEM_CT_LEN + 32)

_Static_assert(SLOT_LEN == KEM_CODE_LEN + BOX_LEN, "a slot is Z and box");
_Static_assert(crypto_kem_xwing_PUBLICKEYBYTES == XWING_PK_LEN, "X-Wing public key");
_Static_assert(crypto_kem_xwing_CIPHERTEXTBYTES == XWING_CT_LEN, "X-Wing ciphertext");
_Static_assert(crypto_kem_xwing_SEEDBYTES == 32, "X-Wing secret key");

static const uint8_t nonce_zero[12] = {0};

/* ---- Derived keys (section 3.3), the same on both sides ----------------------------------- */

/* ck = F(X25519(...), "cloak", E || pkh || j) */
static void derive_ck(uint8_t ck[static 32], const uint8_t dh[static 32],
                      const uint8_t E[static 32], const uint8_t pkh[static HASH_LEN], uint8_t j)
{
    hash_F(ck, dh, "cloak", (struct span[]){{E, 32}, {pkh, HASH_LEN}, {&j, 1}}, 3);
}

/* bk = F(ss, "box", E || pkh || j || Z) */
static void derive_bk(uint8_t bk[static 32], const uint8_t ss[static 32],
                      const uint8_t E[static 32], const uint8_t pkh[static HASH_LEN], uint8_t j,
                      const uint8_t Z[static KEM_CODE_LEN])
{
    hash_F(bk, ss, "box", (struct span[]){{E, 32}, {pkh, HASH_LEN}, {&j, 1}, {Z, KEM_CODE_LEN}}, 4);
}

/* ---- Making ------------------------------------------------------------------------------- */

enum seal_status ephemeral_make(struct ephemeral *eph, struct random *random, struct fault *fault)
{
    uint8_t b, decoded[32];

    do {
        random_bytes(random, eph->e, sizeof eph->e);
        random_bytes(random, &b, sizeof b);
        eph->e[0] &= 248;
        eph->e[31] = (uint8_t)((eph->e[31] & 127) | 64);
    } while (!elligator_encode(eph->E, eph->e, b));
    if (crypto_scalarmult_base(eph->P, eph->e) != 0)
        memset(eph->P, 0, sizeof eph->P);
    declassify(eph->P, sizeof eph->P); /* anybody can compute it from E */
    /* Section 4.1, step 7. It never fails on a sound computer; on another, the file could be opened
     * by nobody, which would be found out too late. */
    if (!elligator_decode(decoded, eph->E) || sodium_memcmp(decoded, eph->P, sizeof decoded) != 0)
        return fault_set(fault, REASON_CALCULATES_WRONGLY, NULL);
    return SEAL_OK;
}

/* Makes ss and Z for one recipient in slot j (section 3.3). False: a call fails on this key. */
static bool encapsulate(uint8_t ss[static 32], uint8_t Z[static KEM_CODE_LEN],
                        const struct ephemeral *eph, const struct public_key *key, uint8_t j,
                        struct random *random)
{
    uint8_t dh[32], ck[32], seed[64], ct[XWING_CT_LEN], again[MLKEM_CT_LEN];
    bool ok;

    random_bytes(random, seed, 32); /* coins || e */
    memcpy(seed + 32, eph->e, 32);
    ok = crypto_scalarmult(dh, eph->e, key->pk + XWING_PK_LEN) == 0;
    ok &= crypto_kem_xwing_enc_deterministic(ct, ss, key->pk, seed) == 0;
    /* The calls fail on a bad key only. And a ciphertext is made to be sent in the clear: it tells
     * neither ss nor whose it is. */
    declassify(&ok, sizeof ok);
    declassify(ct, sizeof ct);
    ok = ok && sodium_memcmp(ct + MLKEM_CT_LEN, eph->P, 32) == 0;
    if (!ok)
        goto out;
    kem_encode(Z, ct, random);
    kem_decode(again, Z);
    ok = sodium_memcmp(again, ct, MLKEM_CT_LEN) == 0;
    if (!ok)
        goto out;
    derive_ck(ck, dh, eph->E, key->pkh, j);
    (void)crypto_stream_chacha20_ietf_xor(Z, Z, KEM_CODE_LEN, nonce_zero, ck);
out:
    sodium_memzero(dh, sizeof dh);
    sodium_memzero(ck, sizeof ck);
    sodium_memzero(seed, sizeof seed);
    sodium_memzero(ct, sizeof ct);
    sodium_memzero(again, sizeof again);
    return ok;
}

bool slot_make(uint8_t slot[static SLOT_LEN], const uint8_t plain[static BOX_PLAIN_LEN],
               const struct ephemeral *eph, const struct public_key *key, uint8_t j,
               struct random *random)
{
    uint8_t ss[32], bk[32];
    bool ok = encapsulate(ss, slot, eph, key, j, random);

    if (ok) {
        derive_bk(bk, ss, eph->E, key->pkh, j, slot);
        ok = crypto_aead_chacha20poly1305_ietf_encrypt(slot + KEM_CODE_LEN, NULL, plain,
                                                       BOX_PLAIN_LEN, NULL, 0, NULL, nonce_zero,
                                                       bk) == 0;
    }
    sodium_memzero(ss, sizeof ss);
    sodium_memzero(bk, sizeof bk);
    return ok;
}

/* ---- Opening ------------------------------------------------------------------------------ */

bool opener_start(struct opener *o, const uint8_t *head, const uint8_t P[static 32],
                  const struct identity *id)
{
    bool ok;

    *o = (struct opener){.E = head, .pkh = id->pkh};
    ok = crypto_scalarmult(o->dh, id->cloak_sk, P) == 0;
    declassify(&ok, sizeof ok); /* it fails on some P only, whatever the key */
    return ok && xwing_expand(&o->xwing, id, P);
}

/* Section 3.7, step 2. */
bool slot_open(uint8_t plain[static BOX_PLAIN_LEN], const struct opener *o, const uint8_t *head,
               uint8_t j)
{
    const uint8_t *slot = head + SLOTS_OFF + SLOT_LEN * (size_t)j;
    uint8_t ck[32], ss[32], bk[32], code[KEM_CODE_LEN], ct[MLKEM_CT_LEN];
    bool ok;

    derive_ck(ck, o->dh, o->E, o->pkh, j);
    (void)crypto_stream_chacha20_ietf_xor(code, slot, KEM_CODE_LEN, nonce_zero, ck);
    kem_decode(ct, code);
    ok = xwing_dec(ss, &o->xwing, ct);
    if (ok) {
        derive_bk(bk, ss, o->E, o->pkh, j, slot);
        ok = crypto_aead_chacha20poly1305_ietf_decrypt(plain, NULL, NULL, slot + KEM_CODE_LEN,
                                                       BOX_LEN, NULL, 0, nonce_zero, bk) == 0;
        /* Which key opens which slot decides what is done next, is told to the user, and is known
         * to the sender. */
        declassify(&ok, sizeof ok);
    }
    sodium_memzero(ck, sizeof ck);
    sodium_memzero(ss, sizeof ss);
    sodium_memzero(bk, sizeof bk);
    sodium_memzero(code, sizeof code);
    sodium_memzero(ct, sizeof ct);
    return ok;
}
