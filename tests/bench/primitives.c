/*
 * primitives: how fast are the things that sealing cannot do without, on these bytes and this
 * machine, each alone in a loop?
 *
 *     primitives FILE THREADS MILLISECONDS
 *
 * Loads FILE and prints a line for each: its name, bytes a second over all threads together.
 *
 *     sha256      as src/base has it
 *     chacha      libsodium's ChaCha20-Poly1305, in blocks of the sealed file
 *     zstd        frames of Seal's length at its default level; only frames that shrink. Bytes
 *                 before compression a second; and so for
 *     unzstd      the way back
 *     copy        memcpy
 *     parity4     repair data with 4 parity blocks to 64 of data (6 %), as src/stream has it: each
 *                 block in the next lane, sums of 16 MiB in all, which the threads share
 *     parity8     with 8 (12 %)
 *     parity16    with 16 (25 %)
 *
 * And two shares of the bytes: "shrinks" of them are in frames that shrink, "left" is what is
 * left of all after compressing those.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sodium.h>
#include <zstd.h>

#include "archive/archive.h"
#include "archive/frames.h"
#include "base/hash.h"
#include "stream/parity.h"
#include "volume/volume.h"

#define THREADS_MAX 256
#define COPY_LEN ((size_t)1 << 20)
/* What a writer holds of parity: lanes * m blocks. */
#define PARITY_BLOCKS 256
/* A frame shrinks if at least a fiftieth is saved. */
#define SHRINKS(packed, plain) ((packed) + (plain) / 50 < (plain))

struct frame {
    const uint8_t *plain;
    size_t plain_len;
    uint8_t *packed;
    size_t packed_len;
};

static uint8_t *sample;
static size_t sample_len;
static struct frame *frames; /* those that shrink */
static size_t frame_count;
static size_t shrinking, left;
static struct parity_code code;
static uint8_t *sums[PARITY_BLOCKS];
static size_t thread_count;
static double seconds;
static pthread_barrier_t barrier;

struct worker {
    pthread_t thread;
    void (*work)(struct worker *);
    uint8_t *out; /* FRAME_LEN and more */
    ZSTD_CCtx *pack;
    ZSTD_DCtx *unpack;
    struct sha256 hash;
    size_t at; /* where in the sample, or which frame */
    size_t number, lane;
    uint64_t bytes;
    double rate;
};

static void *need(void *p)
{
    if (p == NULL) {
        fprintf(stderr, "primitives: no memory\n");
        exit(1);
    }
    return p;
}

static double now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- The primitives: one piece each ------------------------------------------------------- */

/* The next len bytes of the sample, or what is left of it. */
static const uint8_t *next_piece(struct worker *w, size_t *len)
{
    if (w->at >= sample_len)
        w->at = 0;
    const uint8_t *p = sample + w->at;
    *len = *len < sample_len - w->at ? *len : sample_len - w->at;
    w->at += *len;
    w->bytes += *len;
    return p;
}

static void do_sha256(struct worker *w)
{
    size_t len = COPY_LEN;
    const uint8_t *p = next_piece(w, &len);

    (void)SHA256_Update(&w->hash.ctx, p, len);
}

static void do_chacha(struct worker *w)
{
    static const uint8_t key[crypto_aead_chacha20poly1305_ietf_KEYBYTES] = {1};
    uint8_t nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES] = {0};

    for (int i = 0; i < 16; i++) {
        size_t len = VOLUME_BLOCK_LEN - crypto_aead_chacha20poly1305_ietf_ABYTES;
        const uint8_t *p = next_piece(w, &len);

        memcpy(nonce, &w->bytes, sizeof w->bytes);
        (void)crypto_aead_chacha20poly1305_ietf_encrypt(w->out, NULL, p, len, NULL, 0, NULL, nonce,
                                                        key);
    }
}

static void do_zstd(struct worker *w)
{
    const struct frame *f = &frames[w->at++ % frame_count];

    (void)ZSTD_compressCCtx(w->pack, w->out, ZSTD_compressBound(FRAME_LEN), f->plain, f->plain_len,
                            LEVEL_DEFAULT);
    w->bytes += f->plain_len;
}

static void do_unzstd(struct worker *w)
{
    const struct frame *f = &frames[w->at++ % frame_count];

    (void)ZSTD_decompressDCtx(w->unpack, w->out, FRAME_LEN, f->packed, f->packed_len);
    w->bytes += f->plain_len;
}

static void do_copy(struct worker *w)
{
    size_t len = COPY_LEN;
    const uint8_t *p = next_piece(w, &len);

    memcpy(w->out, p, len);
}

/* Each thread has lanes of its own (where there are more threads than lanes: shares one, and what
 * it computes is wrong). Which place makes no difference. */
static void do_parity(struct worker *w)
{
    size_t lanes = PARITY_BLOCKS / code.m;

    for (int i = 0; i < 16; i++) {
        size_t len = CHUNK_LEN;
        const uint8_t *p = next_piece(w, &len);

        parity_add(&code, sums + w->lane * code.m, (unsigned int)i, p, len);
        w->lane += thread_count;
        if (w->lane >= lanes)
            w->lane = w->number % lanes;
    }
}

/* ---- Measuring ---------------------------------------------------------------------------- */

static void *run_worker(void *arg)
{
    struct worker *w = arg;

    w->work(w); /* once, to have all pages and tables at hand */
    w->bytes = 0;
    (void)pthread_barrier_wait(&barrier);
    double begin = now(), end = begin;
    while (end - begin < seconds) {
        w->work(w);
        end = now();
    }
    w->rate = (double)w->bytes / (end - begin);
    return NULL;
}

/* Each thread begins at a place of its own. */
static void measure(const char *name, void (*work)(struct worker *), struct worker *workers,
                    size_t count, size_t range)
{
    double rate = 0;

    (void)pthread_barrier_init(&barrier, NULL, (unsigned)count);
    for (size_t i = 0; i < count; i++) {
        workers[i].work = work;
        workers[i].at = range / count * i;
        workers[i].number = i;
        if (pthread_create(&workers[i].thread, NULL, run_worker, &workers[i]) != 0) {
            fprintf(stderr, "primitives: no thread\n");
            exit(1);
        }
    }
    for (size_t i = 0; i < count; i++) {
        (void)pthread_join(workers[i].thread, NULL);
        rate += workers[i].rate;
    }
    (void)pthread_barrier_destroy(&barrier);
    printf("%s %.0f\n", name, rate);
}

static void measure_parity(struct worker *workers)
{
    char name[16];

    for (size_t i = 0; i < PARITY_BLOCKS; i++)
        sums[i] = need(calloc(1, VOLUME_BLOCK_LEN));
    for (unsigned int m = 4; m <= PARITY_MAX; m *= 2) {
        parity_code_init(&code, m);
        for (size_t i = 0; i < thread_count; i++)
            workers[i].lane = i % (PARITY_BLOCKS / m);
        (void)snprintf(name, sizeof name, "parity%u", m);
        measure(name, do_parity, workers, thread_count, sample_len);
    }
    for (size_t i = 0; i < PARITY_BLOCKS; i++)
        free(sums[i]);
}

/* Which frames shrink, and how much: as an omniscient compressor would do it, not as Seal does. */
static void find_frames(void)
{
    ZSTD_CCtx *pack = need(ZSTD_createCCtx());
    size_t cap = ZSTD_compressBound(FRAME_LEN);
    uint8_t *out = need(malloc(cap));

    frames = need(calloc(sample_len / FRAME_LEN + 1, sizeof *frames));
    for (size_t at = 0; at < sample_len; at += FRAME_LEN) {
        size_t len = sample_len - at < FRAME_LEN ? sample_len - at : FRAME_LEN;
        size_t n = ZSTD_compressCCtx(pack, out, cap, sample + at, len, LEVEL_DEFAULT);

        if (ZSTD_isError(n) || !SHRINKS(n, len)) {
            left += len;
            continue;
        }
        struct frame *f = &frames[frame_count++];
        *f = (struct frame){.plain = sample + at, .plain_len = len, .packed_len = n};
        f->packed = need(malloc(n));
        memcpy(f->packed, out, n);
        shrinking += len;
        left += n;
    }
    free(out);
    ZSTD_freeCCtx(pack);
}

static void load(const char *path)
{
    FILE *f = fopen(path, "rb");
    long len = -1;

    if (f != NULL && fseek(f, 0, SEEK_END) == 0)
        len = ftell(f);
    if (len <= 0 || fseek(f, 0, SEEK_SET) != 0) {
        fprintf(stderr, "primitives: %s: empty, or cannot be read\n", path);
        exit(1);
    }
    sample_len = (size_t)len;
    sample = need(malloc(sample_len));
    if (fread(sample, 1, sample_len, f) != sample_len) {
        fprintf(stderr, "primitives: %s: cannot be read\n", path);
        exit(1);
    }
    (void)fclose(f);
}

int main(int argc, char **argv)
{
    static struct worker workers[THREADS_MAX];
    size_t count = argc == 4 ? strtoul(argv[2], NULL, 10) : 0;

    thread_count = count;
    if (count == 0 || count > THREADS_MAX || sodium_init() < 0) {
        fprintf(stderr, "usage: primitives FILE THREADS MILLISECONDS\n");
        return 2;
    }
    seconds = (double)strtoul(argv[3], NULL, 10) / 1000;
    load(argv[1]);
    find_frames();
    for (size_t i = 0; i < count; i++) {
        workers[i].out = need(malloc(ZSTD_compressBound(FRAME_LEN)));
        workers[i].pack = need(ZSTD_createCCtx());
        workers[i].unpack = need(ZSTD_createDCtx());
        (void)SHA256_Init(&workers[i].hash.ctx);
    }
    measure("sha256", do_sha256, workers, count, sample_len);
    measure("chacha", do_chacha, workers, count, sample_len);
    if (frame_count > 0) {
        measure("zstd", do_zstd, workers, count, frame_count);
        measure("unzstd", do_unzstd, workers, count, frame_count);
    }
    measure("copy", do_copy, workers, count, sample_len);
    measure_parity(workers);
    printf("shrinks %.6f\nleft %.6f\n", (double)shrinking / (double)sample_len,
           (double)left / (double)sample_len);
    for (size_t i = 0; i < count; i++) {
        free(workers[i].out);
        ZSTD_freeCCtx(workers[i].pack);
        ZSTD_freeDCtx(workers[i].unpack);
    }
    return 0;
}
