/*
 * secrets WHAT: runs our own code on secrets that valgrind takes for bytes that were never set, so
 * that it reports each branch and each address that depends on one. What may depend on them is
 * named in the sources, by declassify, with its reason.
 *
 *     elligator  kem  envelope  keys  random
 *     branch  address        leaks on purpose, which have to be reported
 *
 * Ends with 77 where that cannot be done: not under valgrind, or built without its header.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "envelope/encodings.h"
#include "envelope/envelope.h"
#include "keys/record.h"

#if defined(__has_include)
#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#endif
#endif
#ifndef VALGRIND_MAKE_MEM_UNDEFINED
#define VALGRIND_MAKE_MEM_UNDEFINED(data, len) ((void)(data), (void)(len))
#define VALGRIND_MAKE_MEM_DEFINED(data, len) ((void)(data), (void)(len))
#define RUNNING_ON_VALGRIND 0
#endif

#define SKIPPED 77

void declassify(const void *data, size_t len)
{
    VALGRIND_MAKE_MEM_DEFINED(data, len);
}

static void make_secret(void *data, size_t len)
{
    VALGRIND_MAKE_MEM_UNDEFINED(data, len);
}

static void demand(bool holds, const char *what)
{
    declassify(&holds, sizeof holds);
    if (holds)
        return;
    (void)fprintf(stderr, "secrets: it went wrong: %s\n", what);
    exit(1);
}

static struct random start(const char *seed)
{
    struct random r;

    random_start_seeded(&r, seed, strlen(seed));
    make_secret(r.key, sizeof r.key);
    return r;
}

static void try_random(void)
{
    struct random r = start("random");
    uint8_t bytes[1000];
    uint32_t number = 0;

    random_bytes(&r, bytes, sizeof bytes);
    for (uint32_t bound = 1; bound < 100; bound++)
        number += random_below(&r, bound);
    declassify(&number, sizeof number);
    demand(number > 0, "random_below");
    random_end(&r);
}

static void try_elligator(void)
{
    struct random r = start("elligator");
    size_t found = 0;

    for (int i = 0; i < 8; i++) {
        uint8_t e[32], b, code[32], point[32], base[32];

        random_bytes(&r, e, sizeof e);
        random_bytes(&r, &b, 1);
        e[0] &= 248;
        e[31] = (uint8_t)((e[31] & 127) | 64);
        if (!elligator_encode(code, e, b))
            continue;
        found++;
        demand(elligator_decode(point, code), "elligator_decode");
        demand(crypto_scalarmult_base(base, e) == 0, "crypto_scalarmult_base");
        demand(sodium_memcmp(base, point, sizeof point) == 0, "the point of an Elligator code");
    }
    demand(found > 0, "elligator_encode");
}

static void try_kem(void)
{
    struct random r = start("kem");
    static uint8_t ct[MLKEM_CT_LEN], again[MLKEM_CT_LEN], code[KEM_CODE_LEN];

    random_bytes(&r, ct, sizeof ct);
    declassify(ct, sizeof ct); /* as envelope.c does, with the reason */
    kem_encode(code, ct, &r);
    make_secret(code, sizeof code);
    kem_decode(again, code);
    demand(sodium_memcmp(ct, again, sizeof ct) == 0, "kem_decode");
    random_bytes(&r, code, sizeof code); /* what it is given where the slot is another's */
    kem_decode(again, code);
    memset(code, 0, sizeof code);
    make_secret(code, sizeof code);
    kem_decode(again, code);
}

static struct identity *make_identity(struct random *r)
{
    struct identity *id = NULL;

    demand(identity_generate(&id, r, 20000, 0) == SEAL_OK, "identity_generate");
    return id;
}

/* As its owner has it, who did not just make it. */
static void make_identity_secret(struct identity *id)
{
    make_secret(id->master, sizeof id->master);
    make_secret(id->xwing_sk, sizeof id->xwing_sk);
    make_secret(id->cloak_sk, sizeof id->cloak_sk);
}

static void try_envelope(void)
{
    struct random r = start("envelope");
    struct fault fault = {.status = SEAL_OK};
    struct envelope made = {.params = {.type = CONTENT_BAG}}, opened = {.head_len = 0};
    struct identity *ids[3];
    struct public_key keys[2];
    uint8_t *head = calloc(1, HEAD_LEN_MAX > BLOCK_LEN ? HEAD_LEN_MAX : BLOCK_LEN);
    size_t which = 9;

    for (size_t i = 0; i < 3; i++)
        ids[i] = make_identity(&r);
    for (size_t i = 0; i < 2; i++)
        identity_public(&keys[i], ids[i + 1]);
    demand(head != NULL, "memory");
    demand(envelope_make(&made, head, keys, 2, &r, &fault) == SEAL_OK, "envelope_make");
    declassify(head, HEAD_LEN_MAX); /* the beginning of a sealed file: everybody has it */
    for (size_t i = 0; i < 3; i++)
        make_identity_secret(ids[i]);
    /* The first is no recipient, the second is. */
    demand(envelope_open(&opened, head, ids, 3, &which, &fault) == SEAL_OK, "envelope_open");
    demand(which == 1, "which key it is");
    demand(sodium_memcmp(opened.file_key, made.file_key, KEY_LEN) == 0, "the file key");
    envelope_wipe(&opened);
    demand(envelope_open(&opened, head, ids, 1, &which, &fault) == SEAL_NO_KEY, "a stranger's key");
    fault = (struct fault){.status = SEAL_OK};
    head[COMMITMENT_OFF] ^= 1;
    demand(envelope_open(&opened, head, ids, 3, &which, &fault) == SEAL_DAMAGED, "another C");
    for (size_t i = 0; i < 3; i++)
        identity_free(ids[i]);
    free(head);
}

/* Opened by the second head, and by the set key of another volume. */
static void try_other_ways(const struct envelope *made, const uint8_t *first, const uint8_t *second,
                           struct identity **ids)
{
    struct fault fault = {.status = SEAL_OK};
    struct envelope opened, known = *made;
    uint64_t blocks;
    size_t which;

    demand(envelope_open_second(&opened, second, ids, 3, &which, &blocks, &fault) == SEAL_OK,
           "envelope_open_second");
    demand(blocks == 80 && which == 1, "what the second head says");
    demand(sodium_memcmp(opened.file_key, made->file_key, KEY_LEN) == 0, "the same file key");
    demand(envelope_check_second(made, second, ids[1], 80) == SECOND_HEAD_RIGHT, "both heads");
    demand(envelope_check_second(made, second, ids[0], 80) == SECOND_HEAD_NO_SLOT, "a stranger");
    known.params.index = 0;
    demand(envelope_open_with_set(&opened, first, &known, 8) == SEAL_OK, "envelope_open_with_set");
    demand(opened.params.index == made->params.index, "which volume it is");
    demand(envelope_open_with_set(&opened, second, &known, 8) == SEAL_NO_KEY, "no volume");
    envelope_wipe(&known);
    envelope_wipe(&opened);
}

static void try_volume(void)
{
    struct random r = start("volume");
    struct fault fault = {.status = SEAL_OK};
    struct envelope made = {
        .params = {.type = CONTENT_BAG, .flags = FLAG_VOLUME, .parity = 4, .index = 5}};
    struct identity *ids[3];
    struct public_key keys[2];
    uint8_t *first = calloc(2, BLOCK_LEN), *second = first + BLOCK_LEN;

    demand(first != NULL, "memory");
    for (size_t i = 0; i < 3; i++)
        ids[i] = make_identity(&r);
    for (size_t i = 0; i < 2; i++)
        identity_public(&keys[i], ids[i + 1]);
    random_bytes(&r, made.set_key, KEY_LEN);
    demand(envelope_make(&made, first, keys, 2, &r, &fault) == SEAL_OK, "a volume");
    demand(envelope_make_second(&made, second, keys, 2, 80, &r, &fault) == SEAL_OK,
           "envelope_make_second");
    declassify(first, (size_t)2 * BLOCK_LEN);
    for (size_t i = 0; i < 3; i++)
        make_identity_secret(ids[i]);
    try_other_ways(&made, first, second, ids);
    envelope_wipe(&made);
    for (size_t i = 0; i < 3; i++)
        identity_free(ids[i]);
    free(first);
}

static void try_keys(void)
{
    struct random r = start("keys");
    struct fault fault = {.status = SEAL_OK};
    struct identity *id = make_identity(&r), *again = NULL;
    struct secret_record record, read;
    const char *what = NULL;

    make_identity_secret(id);
    demand(secret_record_make(&record, id, NULL, 0, &r, &fault) == SEAL_OK, "secret_record_make");
    demand(secret_record_read(&read, record.bytes, SECRET_RECORD_LEN, &what) == SEAL_OK,
           "secret_record_read");
    demand(secret_record_open(&again, &read, NULL, 0, &fault) == SEAL_OK, "secret_record_open");
    demand(sodium_memcmp(again->master, id->master, MASTER_LEN) == 0, "the master");
    demand(sodium_memcmp(again->pkh, id->pkh, HASH_LEN) == 0, "the public key");
    identity_free(again);
    identity_free(id);
}

static void leak_by_branch(void)
{
    uint8_t secret = 3;

    make_secret(&secret, 1);
    if ((secret & 1) != 0)
        (void)puts("odd");
}

static void leak_by_address(void)
{
    static const volatile uint8_t table[256] = {1, 2, 3};
    uint8_t secret = 2, got;

    make_secret(&secret, 1);
    got = table[secret];
    (void)got;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } all[] = {{"elligator", try_elligator}, {"kem", try_kem},
               {"envelope", try_envelope},   {"volume", try_volume},
               {"keys", try_keys},           {"random", try_random},
               {"branch", leak_by_branch},   {"address", leak_by_address}};

    if (!RUNNING_ON_VALGRIND)
        return SKIPPED;
    if (argc != 2 || sodium_init() < 0)
        return 2;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (strcmp(argv[1], all[i].name) == 0) {
            all[i].run();
            return 0;
        }
    return 2;
}
