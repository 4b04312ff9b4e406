#include "base/sha256_many.h"

#include <string.h>

#define LANES 8
#define LANES_LEAST 3 /* with fewer at work the library is as fast */
#define BLOCK 64
#define WORDS 16
#define ROUNDS 64

/* Not on Windows: there GCC puts vectors of AVX onto a stack that is not laid out for them (GCC bug
 * 54412). */
#if defined(__x86_64__) && !defined(_WIN32)
#define HAS_AVX 1
#else
#define HAS_AVX 0
#endif

/* A word of each lane. */
typedef uint32_t words __attribute__((vector_size(4 * LANES)));

/* FIPS 180-4, section 4.2.2. */
static const uint32_t constants[ROUNDS] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

/* FIPS 180-4, section 5.3.3. */
static const uint32_t initial[SHA256_STATE_WORDS] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

/* ---- Whole blocks, in all lanes ----------------------------------------------------------- */

#define ROTATE(x, n) ((x) >> (n) | (x) << (32 - (n)))
#define ALWAYS_INLINE static inline __attribute__((always_inline))
/* The words of the schedule then stay in registers. */
#ifdef __clang__
#define UNROLLED _Pragma("clang loop unroll_count(16)")
#else
#define UNROLLED _Pragma("GCC unroll 16")
#endif

ALWAYS_INLINE uint32_t load_big_endian(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3];
}

ALWAYS_INLINE void load_block(words w[static WORDS], const uint8_t *const data[static LANES],
                              size_t off)
{
    uint32_t in[WORDS][LANES] __attribute__((aligned(sizeof(words))));

    for (size_t lane = 0; lane < LANES; lane++)
        for (size_t t = 0; t < WORDS; t++)
            in[t][lane] = load_big_endian(data[lane] + off + 4 * t);
    for (size_t t = 0; t < WORDS; t++)
        memcpy(&w[t], in[t], sizeof in[t]);
}

/* Word t of the message schedule, in the place of word t - 16. */
ALWAYS_INLINE void schedule(words w[static WORDS], size_t t)
{
    words w15 = w[(t + 1) % WORDS], w2 = w[(t + 14) % WORDS];

    w[t % WORDS] += (ROTATE(w15, 7) ^ ROTATE(w15, 18) ^ (w15 >> 3)) + w[(t + 9) % WORDS] +
                    (ROTATE(w2, 17) ^ ROTATE(w2, 19) ^ (w2 >> 10));
}

/* FIPS 180-4, section 6.2.2; the state stands in its names of there. */
ALWAYS_INLINE void add_block(words state[static SHA256_STATE_WORDS], words w[static WORDS])
{
    words a = state[0], b = state[1], c = state[2], d = state[3];
    words e = state[4], f = state[5], g = state[6], h = state[7];

    UNROLLED
    for (size_t t = 0; t < ROUNDS; t++) {
        words t1, t2;

        if (t >= WORDS)
            schedule(w, t);
        t1 = h + (ROTATE(e, 6) ^ ROTATE(e, 11) ^ ROTATE(e, 25)) + (g ^ (e & (f ^ g))) +
             constants[t] + w[t % WORDS];
        t2 = (ROTATE(a, 2) ^ ROTATE(a, 13) ^ ROTATE(a, 22)) + ((a & b) | (c & (a | b)));
        h = g;
        g = f;
        f = e;
        e = d + t1;
        d = c;
        c = b;
        b = a;
        a = t1 + t2;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    state[5] += f;
    state[6] += g;
    state[7] += h;
}

ALWAYS_INLINE void add_blocks(words state[static SHA256_STATE_WORDS],
                              const uint8_t *const data[static LANES], size_t blocks)
{
    for (size_t i = 0; i < blocks; i++) {
        words w[WORDS];

        load_block(w, data, i * BLOCK);
        add_block(state, w);
    }
}

static void add_plainly(words *state, const uint8_t *const *data, size_t blocks)
{
    add_blocks(state, data, blocks);
}

#if HAS_AVX
__attribute__((target("avx2"))) static void add_by_avx2(words *state, const uint8_t *const *data,
                                                        size_t blocks)
{
    add_blocks(state, data, blocks);
}

__attribute__((target("avx2,avx512f,avx512vl"))) static void
add_by_avx512(words *state, const uint8_t *const *data, size_t blocks)
{
    add_blocks(state, data, blocks);
}
#endif

static void add_in_way(enum sha256_way way, words *state, const uint8_t *const *data, size_t blocks)
{
#if HAS_AVX
    if (way == SHA256_LANES_AVX2)
        add_by_avx2(state, data, blocks);
    else if (way == SHA256_LANES_AVX512)
        add_by_avx512(state, data, blocks);
    else
#endif
        add_plainly(state, data, blocks);
    (void)way;
}

/* ---- Messages in lanes -------------------------------------------------------------------- */

struct many {
    words state[SHA256_STATE_WORDS];
    const struct sha256_item *items[LANES]; /* NULL: nothing is in this lane */
    const uint8_t *next[LANES];             /* the block that comes next */
    size_t blocks[LANES];                   /* whole ones from there on */
    size_t busy;                            /* lanes that have any */
    const struct sha256_item *waiting, *end;
};

static void hash_singly(const struct sha256_item *item)
{
    sha256_of(item->digest, item->data, item->len);
}

/* The next message that has a whole block comes into the lane. */
static void fill_lane(struct many *m, size_t lane)
{
    while (m->waiting < m->end && m->waiting->len < BLOCK)
        hash_singly(m->waiting++);
    m->items[lane] = NULL;
    if (m->waiting == m->end)
        return;
    m->items[lane] = m->waiting;
    m->next[lane] = m->waiting->data;
    m->blocks[lane] = m->waiting->len / BLOCK;
    for (size_t i = 0; i < SHA256_STATE_WORDS; i++)
        m->state[i][lane] = initial[i];
    m->waiting++;
    m->busy++;
}

/* What is not in the lane yet is left to the library: the last block, which is padded, and the rest
 * of the longest messages. */
static void finish_lane(const struct many *m, size_t lane)
{
    const struct sha256_item *item = m->items[lane];
    size_t done = (size_t)(m->next[lane] - item->data);
    uint32_t state[SHA256_STATE_WORDS];
    struct sha256 h;

    for (size_t i = 0; i < SHA256_STATE_WORDS; i++)
        state[i] = m->state[i][lane];
    sha256_resume(&h, state, done);
    sha256_add(&h, m->next[lane], item->len - done);
    sha256_end(&h, item->digest);
}

/* As many blocks as every message in a lane has. An empty lane computes what another one does. */
static void advance(struct many *m, enum sha256_way way)
{
    size_t blocks = SIZE_MAX, some = 0;
    const uint8_t *data[LANES];

    for (size_t lane = 0; lane < LANES; lane++)
        if (m->items[lane] != NULL && m->blocks[lane] < blocks)
            blocks = m->blocks[some = lane];
    for (size_t lane = 0; lane < LANES; lane++)
        data[lane] = m->items[lane] != NULL ? m->next[lane] : m->next[some];
    add_in_way(way, m->state, data, blocks);
    for (size_t lane = 0; lane < LANES; lane++) {
        if (m->items[lane] == NULL)
            continue;
        m->next[lane] += blocks * BLOCK;
        m->blocks[lane] -= blocks;
        if (m->blocks[lane] > 0)
            continue;
        finish_lane(m, lane);
        m->busy--;
        fill_lane(m, lane);
    }
}

void sha256_many(enum sha256_way way, const struct sha256_item *items, size_t count)
{
    struct many m = {.waiting = items, .end = items + count};

    if (way <= SHA256_SINGLY || count < LANES_LEAST) {
        for (size_t i = 0; i < count; i++)
            hash_singly(&items[i]);
        return;
    }
    for (size_t lane = 0; lane < LANES; lane++)
        fill_lane(&m, lane);
    while (m.busy >= LANES_LEAST)
        advance(&m, way);
    for (size_t lane = 0; lane < LANES; lane++)
        if (m.items[lane] != NULL)
            finish_lane(&m, lane);
}

/* ---- The choice --------------------------------------------------------------------------- */

bool sha256_way_is_here(enum sha256_way way)
{
    switch (way) {
    case SHA256_SINGLY:
    case SHA256_LANES:
        return true;
#if HAS_AVX
    case SHA256_LANES_AVX2:
        return __builtin_cpu_supports("avx2");
    case SHA256_LANES_AVX512:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("avx512f") &&
               __builtin_cpu_supports("avx512vl");
#endif
    default:
        return false;
    }
}

#define TRIAL_LEN 1024
#define TRIALS 3 /* the first ones bring code and data near; an interruption spoils one */

static double time_of(enum sha256_way way, const struct sha256_item *items, double (*now)(void))
{
    double best = 0;

    for (int i = 0; i < TRIALS; i++) {
        double begin = now(), passed;

        sha256_many(way, items, LANES);
        passed = now() - begin;
        if (i == 0 || passed < best)
            best = passed;
    }
    return best;
}

enum sha256_way sha256_fastest_way(double (*now)(void))
{
    static const uint8_t message[TRIAL_LEN];
    uint8_t digests[LANES][SHA256_LEN] = {{0}};
    struct sha256_item items[LANES];
    enum sha256_way fastest = SHA256_SINGLY;
    double best = 0;

    for (size_t i = 0; i < LANES; i++)
        items[i] = (struct sha256_item){message, TRIAL_LEN, digests[i]};
    for (enum sha256_way way = 0; way < SHA256_WAYS; way++) {
        double passed;

        if (!sha256_way_is_here(way))
            continue;
        passed = time_of(way, items, now);
        if (way == SHA256_SINGLY || passed < best) {
            best = passed;
            fastest = way;
        }
    }
    return fastest;
}
