#include "envelope/xwing.h"

#include <string.h>

#define SEEDS_LEN (crypto_kem_mlkem768_SEEDBYTES + 32) /* of ML-KEM, and sk_X */

bool xwing_expand(struct xwing *x, const struct identity *id, const uint8_t P[static 32])
{
    uint8_t seeds[SEEDS_LEN], pk[crypto_kem_mlkem768_PUBLICKEYBYTES];
    bool ok;

    (void)crypto_xof_shake256(seeds, sizeof seeds, id->xwing_sk, sizeof id->xwing_sk);
    ok = crypto_kem_mlkem768_seed_keypair(pk, x->mlkem_sk, seeds) == 0 &&
         crypto_scalarmult(x->dh, seeds + crypto_kem_mlkem768_SEEDBYTES, P) == 0;
    memcpy(x->P, P, sizeof x->P);
    memcpy(x->pk_X, id->pk + crypto_kem_mlkem768_PUBLICKEYBYTES, sizeof x->pk_X);
    sodium_memzero(seeds, sizeof seeds);
    declassify(&ok, sizeof ok); /* it fails on some P only, whatever the key */
    return ok;
}

bool xwing_dec(uint8_t ss[static 32], const struct xwing *x, const uint8_t ct[static MLKEM_CT_LEN])
{
    static const uint8_t label[] = {'\\', '.', '/', '/', '^', '\\'};
    crypto_hash_sha3256_state hash;
    uint8_t mlkem_ss[crypto_kem_mlkem768_SHAREDSECRETBYTES];

    bool ok = crypto_kem_mlkem768_dec(mlkem_ss, ct, x->mlkem_sk) == 0;

    declassify(&ok, sizeof ok); /* it takes any ciphertext */
    if (ok) {
        (void)crypto_hash_sha3256_init(&hash);
        (void)crypto_hash_sha3256_update(&hash, mlkem_ss, sizeof mlkem_ss);
        (void)crypto_hash_sha3256_update(&hash, x->dh, sizeof x->dh);
        (void)crypto_hash_sha3256_update(&hash, x->P, sizeof x->P);
        (void)crypto_hash_sha3256_update(&hash, x->pk_X, sizeof x->pk_X);
        (void)crypto_hash_sha3256_update(&hash, label, sizeof label);
        (void)crypto_hash_sha3256_final(&hash, ss);
        sodium_memzero(&hash, sizeof hash);
    }
    sodium_memzero(mlkem_ss, sizeof mlkem_ss);
    return ok;
}
