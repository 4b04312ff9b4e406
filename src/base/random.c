/*
 * Randomness and the clock: all that makes two sealings of the same files differ.
 */
#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#define SECONDS_A_DAY 86400

static void random_start_from(struct random *r, const struct span *parts, size_t part_count)
{
    hash_H(r->key, parts, part_count);
}

#ifdef SEAL_TESTING
static const char *test_seed(void)
{
    return getenv("SEAL_TEST_SEED");
}

void random_start_seeded(struct random *r, const void *seed, size_t len)
{
    random_start_from(r, &(struct span){seed, len}, 1);
}
#endif

enum seal_status random_start(struct random *r, const struct span *hedge, size_t hedge_count)
{
    uint8_t fresh[32], hedged[HASH_LEN];
    struct timespec times[2] = {0};

    if (sodium_init() < 0)
        return SEAL_IO;
    hash_H(hedged, hedge, hedge_count);
#ifdef SEAL_TESTING
    if (test_seed() != NULL) {
        random_start_from(
            r, (struct span[]){{test_seed(), strlen(test_seed())}, {hedged, sizeof hedged}}, 2);
        return SEAL_OK;
    }
#endif
    randombytes_buf(fresh, sizeof fresh);
    (void)clock_gettime(CLOCK_REALTIME, &times[0]);
    (void)clock_gettime(CLOCK_MONOTONIC, &times[1]);
    random_start_from(
        r, (struct span[]){{fresh, sizeof fresh}, {times, sizeof times}, {hedged, sizeof hedged}},
        3);
    sodium_memzero(fresh, sizeof fresh);
    return SEAL_OK;
}

/* Fast key erasure: each call replaces the key first, so an earlier output stays secret even from
 * somebody who later reads this memory. */
void random_bytes(struct random *r, void *out, size_t len)
{
    static const uint8_t nonce_next[crypto_stream_chacha20_ietf_NONCEBYTES] = {0};
    static const uint8_t nonce_out[crypto_stream_chacha20_ietf_NONCEBYTES] = {1};
    uint8_t next[32];

    (void)crypto_stream_chacha20_ietf(next, sizeof next, nonce_next, r->key);
    if (len > 0)
        (void)crypto_stream_chacha20_ietf(out, len, nonce_out, r->key);
    memcpy(r->key, next, sizeof next);
    sodium_memzero(next, sizeof next);
}

uint32_t random_below(struct random *r, uint32_t bound)
{
    uint32_t limit = UINT32_MAX - (uint32_t)((UINT64_C(1) << 32) % bound);
    uint8_t b[4];
    bool again;

    do {
        random_bytes(r, b, sizeof b);
        again = load_u32(b) > limit;
        declassify(&again, sizeof again); /* of numbers that nobody gets */
    } while (again);
    return load_u32(b) % bound;
}

void random_end(struct random *r)
{
    sodium_memzero(r, sizeof *r);
}

struct timestamp clock_now(void)
{
    struct timespec now = {0};

#ifdef SEAL_TESTING
    if (test_seed() != NULL)
        return (struct timestamp){1700000000, 0};
#endif
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (struct timestamp){now.tv_sec, (uint32_t)now.tv_nsec};
}

/* Counting in eras of 400 years that begin on 1 March, so that the leap day ends a year. */
struct date date_from_days(uint32_t days)
{
    uint32_t z = days, era, doe, yoe, doy, mp;
    struct date d;

    /* 719468 days lie between 0000-03-01 and 1970-01-01. Split so as not to overflow. */
    era = z / 146097;
    doe = z % 146097 + 719468;
    era += doe / 146097;
    doe %= 146097;
    yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    mp = (5 * doy + 2) / 153;
    d.day = (int)(doy - (153 * mp + 2) / 5 + 1);
    d.month = (int)(mp < 10 ? mp + 3 : mp - 9);
    d.year = (int)(yoe + era * 400) + (d.month <= 2);
    return d;
}

static bool all_digits(const char *s, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (s[i] < '0' || s[i] > '9')
            return false;
    return true;
}

bool date_parse(const char *text, uint32_t *days)
{
    int year, month, day;
    uint32_t guess;

    if (strlen(text) != 10 || text[4] != '-' || text[7] != '-' || !all_digits(text, 0, 4) ||
        !all_digits(text, 5, 7) || !all_digits(text, 8, 10))
        return false;
    year = (int)strtol(text, NULL, 10);
    month = (int)strtol(text + 5, NULL, 10);
    day = (int)strtol(text + 8, NULL, 10);
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31)
        return false;
    /* Start a little before and walk: the calendar is then written down only once, above. */
    guess = (uint32_t)(year - 1970) * 365 + (uint32_t)(month - 1) * 28;
    for (uint32_t end = guess + 3000; guess < end; guess++) {
        struct date d = date_from_days(guess);

        if (d.year == year && d.month == month && d.day == day) {
            *days = guess;
            return true;
        }
    }
    return false;
}

uint32_t date_today(void)
{
    int64_t sec = clock_now().sec;

    return sec < 0 ? 0 : (uint32_t)(sec / SECONDS_A_DAY);
}
