/*
 * flips KEY FILE HEAD_STEP PAYLOAD_STEP: damages a sealed file in every way a medium or a courier
 * can, one at a time, and opens each with the library's own reader, all checks made:
 *
 *   one bit flipped in every HEAD_STEPth byte of the head and every PAYLOAD_STEPth of the payload;
 *   cut at every block border, one byte before and one behind; bytes appended;
 *   every block dropped, doubled, and swapped with every other.
 *
 * All must be refused, and with the right word: no key where the reader's own slot or E is hit,
 * else damaged. Prints each that was not, and a count; exits 0 if there was none.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "envelope/envelope.h"
#include "intake/copy_stream.h"
#include "intake/quota.h"
#include "keys/keys.h"
#include "stream/stream.h"
#include "volume/volume.h"

#define EXTRA ((size_t)2 * BLOCK_LEN)

static struct {
    struct identity *id;
    uint8_t *good;
    size_t len;
    size_t head_len;
    int fd;
    char name[64];
    unsigned long passed, failed;
} state;

static void fail(const char *what)
{
    fprintf(stderr, "flips: %s\n", what);
    exit(1);
}

/* ---- The reader under test ---------------------------------------------------------------- */

/* What an unsealer does, to nowhere. */
static enum seal_status open_once(void)
{
    struct fault fault = {.status = SEAL_OK};
    struct volume_in *in;
    struct envelope env = {.head_len = 0};
    struct stream_reader *stream = NULL;
    struct intake_result result = {.digest = {0}};
    const struct intake_progress quiet = {NULL, NULL};
    enum seal_status status = volume_open(&in, state.name, &fault);
    size_t len, which;
    bool is_last;
    const uint8_t *block;

    if (status != SEAL_OK)
        return status;
    block = volume_head(in, &len);
    status =
        len < BLOCK_LEN ? SEAL_NO_KEY : envelope_open(&env, block, &state.id, 1, &which, &fault);
    if (status == SEAL_OK)
        status = stream_reader_new(&stream, &env, in, NULL, &fault);
    if (status == SEAL_OK)
        status = intake_copy_stream(&result, stream, NULL, &INTAKE_NO_LIMITS, &quiet, &fault);
    if (status == SEAL_OK)
        state.head_len = env.head_len;
    intake_result_free(&result);
    stream_reader_free(stream);
    envelope_wipe(&env);
    volume_close(in);
    return status;
}

static void put(const void *data, size_t len, size_t off)
{
    if (pwrite(state.fd, data, len, (off_t)off) != (ssize_t)len)
        fail("the copy cannot be written");
}

static void put_all(const void *data, size_t len)
{
    if (ftruncate(state.fd, (off_t)len) != 0)
        fail("the copy cannot be cut");
    put(data, len, 0);
}

static void judge(enum seal_status want, enum seal_status got, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void judge(enum seal_status want, enum seal_status got, const char *format, ...)
{
    va_list args;

    if (want == got) {
        state.passed++;
        return;
    }
    state.failed++;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf(": status %d, not %d\n", (int)got, (int)want);
}

/* ---- Damage ------------------------------------------------------------------------------- */

static enum seal_status open_flipped(size_t off)
{
    uint8_t byte = state.good[off] ^ (uint8_t)(1U << (off * 5 % 8));
    enum seal_status status;

    put(&byte, 1, off);
    status = open_once();
    put(&state.good[off], 1, off);
    return status;
}

static size_t own_slot(void)
{
    size_t count = (state.head_len - SLOTS_OFF) / SLOT_LEN, own = count;

    for (size_t j = 0; j < count; j++) {
        if (open_flipped(SLOTS_OFF + j * SLOT_LEN) != SEAL_NO_KEY)
            continue;
        if (own != count)
            fail("two slots seem to be the reader's");
        own = j;
    }
    if (own == count)
        fail("no slot seems to be the reader's");
    return own;
}

static void flip_all(size_t head_step, size_t payload_step)
{
    size_t own = SLOTS_OFF + own_slot() * SLOT_LEN;

    for (size_t off = 0; off < state.len; off += off < state.head_len ? head_step : payload_step) {
        bool no_key = off < COMMITMENT_OFF || (off >= own && off < own + SLOT_LEN);

        judge(no_key ? SEAL_NO_KEY : SEAL_DAMAGED, open_flipped(off), "a bit flipped in byte %zu",
              off);
    }
    judge(SEAL_DAMAGED, open_flipped(state.len - 1), "a bit flipped in the last byte");
}

static void cut_all(void)
{
    for (size_t border = 0; border <= state.len; border += BLOCK_LEN)
        for (size_t len = border == 0 ? 0 : border - 1; len <= border + 1 && len < state.len;
             len++) {
            put_all(state.good, len);
            judge(len < BLOCK_LEN ? SEAL_NO_KEY : SEAL_DAMAGED, open_once(), "cut to %zu bytes",
                  len);
        }
    for (size_t less = 1; less <= 2 * LENGTH_UNIT;
         less += less == 1 ? LENGTH_UNIT - 1 : LENGTH_UNIT) {
        put_all(state.good, state.len - less);
        judge(SEAL_DAMAGED, open_once(), "cut by %zu bytes", less);
    }
}

static void append_all(uint8_t *work)
{
    static const size_t more[] = {1, 16, LENGTH_UNIT, BLOCK_LEN, EXTRA};

    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++)
        for (int fill = 0; fill < 2; fill++) {
            memcpy(work, state.good, state.len);
            if (fill == 0)
                memset(work + state.len, 0, more[i]);
            else
                memcpy(work + state.len, state.good, more[i]);
            put_all(work, state.len + more[i]);
            judge(SEAL_DAMAGED, open_once(), "%zu bytes appended", more[i]);
        }
}

static size_t block_len(size_t block)
{
    size_t off = block * BLOCK_LEN;

    return state.len - off < BLOCK_LEN ? state.len - off : BLOCK_LEN;
}

/* The blocks of the good file in another order. */
static void open_order(uint8_t *work, const size_t *order, size_t count, const char *what, size_t a,
                       size_t b)
{
    size_t len = 0;

    for (size_t i = 0; i < count; i++) {
        memcpy(work + len, state.good + order[i] * BLOCK_LEN, block_len(order[i]));
        len += block_len(order[i]);
    }
    put_all(work, len);
    judge(count > 0 && order[0] == 0 ? SEAL_DAMAGED : SEAL_NO_KEY, open_once(), "%s %zu %zu", what,
          a, b);
}

static void reorder_all(uint8_t *work)
{
    size_t count = (state.len + BLOCK_LEN - 1) / BLOCK_LEN, order[64];

    if (count > 60)
        fail("the file is too long to reorder");
    for (size_t a = 0; a < count; a++) {
        size_t n = 0;

        for (size_t i = 0; i < count; i++)
            if (i != a)
                order[n++] = i;
        open_order(work, order, n, "a block dropped:", a, a);
        for (n = 0; n <= count; n++)
            order[n] = n <= a ? n : n - 1;
        open_order(work, order, n, "a block doubled:", a, a);
        for (size_t b = a + 1; b < count; b++) {
            for (n = 0; n < count; n++)
                order[n] = n == a ? b : n == b ? a : n;
            open_order(work, order, n, "blocks swapped:", a, b);
        }
    }
}

/* ---- The whole ---------------------------------------------------------------------------- */

static void load(const char *key, const char *file)
{
    struct fault fault = {.status = SEAL_OK};
    struct key_file keys;
    FILE *in = fopen(file, "rb");

    if (key_file_read(&keys, key, &fault) != SEAL_OK || keys.secret_count != 1 ||
        secret_record_open(&state.id, keys.secrets, NULL, 0, &fault) != SEAL_OK)
        fail("the key cannot be read");
    key_file_free(&keys);
    if (in == NULL || fseek(in, 0, SEEK_END) != 0)
        fail("the file cannot be read");
    state.len = (size_t)ftell(in);
    rewind(in);
    state.good = malloc(state.len);
    if (state.good == NULL || fread(state.good, 1, state.len, in) != state.len)
        fail("the file cannot be read");
    (void)fclose(in);
    state.fd = memfd_create("flips", 0);
    (void)snprintf(state.name, sizeof state.name, "/proc/self/fd/%d", state.fd);
    put_all(state.good, state.len);
    if (open_once() != SEAL_OK)
        fail("the file does not open as it is: a stream for this one key is wanted");
}

int main(int argc, char **argv)
{
    uint8_t *work;

    if (argc != 5)
        fail("usage: flips KEY FILE HEAD_STEP PAYLOAD_STEP");
    load(argv[1], argv[2]);
    work = malloc(state.len + EXTRA);
    if (work == NULL)
        fail("no memory");
    flip_all((size_t)atol(argv[3]), (size_t)atol(argv[4]));
    cut_all();
    append_all(work);
    reorder_all(work);
    put_all(state.good, state.len);
    judge(SEAL_OK, open_once(), "the file as it was");
    printf("%lu passed, %lu failed\n", state.passed, state.failed);
    free(work);
    free(state.good);
    identity_free(state.id);
    return state.failed != 0;
}
