/*
 * What a whole sealed file looks like to somebody without a key: like random bytes? Two programs
 * that share a mistake here understand each other, so no known answer finds it.
 *
 * Each check is a function that says whether samples look as they should. It is given what the
 * library makes, truly random bytes, and the output of broken variants: it must pass the first two
 * and catch the last. Seeds are fixed.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "envelope/encodings.h"
#include "lib/unit_check.h"
#include "lib/fixture.h"
#include "lib/measures.h"
#include "stream/stream.h"

struct file_samples {
    struct rows heads; /* the first HEAD_LEN(8) bytes */
    size_t bytes[256]; /* of all files */
    size_t total;
    uint64_t *lengths;
};

static bool file_bytes(const struct file_samples *s)
{
    return measure_within(
        "files, all bytes",
        fabs(measure_excess(measure_chi_squared(s->bytes, 256, (double)s->total / 256), 255)), 6);
}

static bool file_head_bits(const struct file_samples *s)
{
    return measure_bits_are_balanced(&s->heads, "files, worst bit of the head");
}

static bool file_head_nibbles(const struct file_samples *s)
{
    return measure_nibbles_are_uniform(&s->heads, "files, half bytes of the head");
}

static unsigned int bit_length(uint64_t v)
{
    unsigned int n = 0;

    for (; v != 0; v >>= 1)
        n++;
    return n;
}

/* Padmé(L) = L: of the bits below the highest only the first few are used, as many as the number
 * of the highest bit has bits itself. */
static bool is_padme_length(uint64_t len)
{
    unsigned int high = bit_length(len) - 1;
    unsigned int zeros = high - bit_length(high);

    return len >= BLOCK_LEN && len % (UINT64_C(1) << zeros) == 0;
}

static bool file_lengths(const struct file_samples *s)
{
    size_t others = 0;

    for (size_t i = 0; i < s->heads.count; i++)
        others += !is_padme_length(s->lengths[i]);
    return measure_within("files, lengths that are not Padmé's", (double)others, 0.5);
}

enum file_defect {
    FILE_SOUND,
    FILE_EMPTY_SLOTS_ZERO,
    FILE_E_BIT_255, /* zero in every file */
    FILE_NO_PADME   /* the next multiple of 2048 */
};

static void files_add(struct file_samples *s, size_t i, const struct buffer *file)
{
    memcpy(rows_at(&s->heads, i), file->data, s->heads.len);
    for (size_t k = 0; k < file->len; k++)
        s->bytes[file->data[k]]++;
    s->total += file->len;
    s->lengths[i] = file->len;
}

/* All slots but one, which may as well be the used one: both look alike. */
static void zero_slots(uint8_t *head, struct random *random)
{
    uint32_t used = random_below(random, SLOTS_FEW);

    for (uint32_t j = 0; j < SLOTS_FEW; j++)
        if (j != used)
            memset(head + SLOTS_OFF + j * SLOT_LEN, 0, SLOT_LEN);
}

static struct padding file_padding(enum file_defect defect, size_t content_len)
{
    struct padding padding = {.rule = PAD_PADME};

    if (defect != FILE_NO_PADME)
        return padding;
    padding.rule = PAD_FIXED;
    for (padding.size = BLOCK_LEN; stream_total_len(HEAD_LEN(8), content_len, padding) == 0;)
        padding.size += LENGTH_UNIT;
    return padding;
}

/* One file of zeros, which would show through if anything did. */
static struct buffer file_make(const struct public_key *key, enum file_defect defect,
                               struct random *random)
{
    static const uint8_t content[200000], digest[32];
    struct envelope env = {.params = {.type = CONTENT_BAG}};
    struct fault fault = {.status = SEAL_OK};
    struct stream_writer *w;
    uint8_t head[HEAD_LEN_MAX], receipt[32];
    size_t len = random_below(random, sizeof content);
    int fd = fixture_create(check_scratch("file"));

    random_bytes(random, env.params.bundle_id, BUNDLE_ID_LEN);
    CHECK_INT(SEAL_OK, envelope_make(&env, head, key, 1, random, &fault));
    if (defect == FILE_EMPTY_SLOTS_ZERO)
        zero_slots(head, random);
    if (defect == FILE_E_BIT_255)
        head[31] &= 0x7f;
    CHECK_INT(SEAL_OK,
              stream_writer_new(&w, &env, head, file_padding(defect, len), NULL, fd, &fault));
    CHECK_INT(SEAL_OK, stream_write(w, content, len, &fault));
    CHECK_INT(SEAL_OK, stream_writer_finish(w, digest, random, receipt, &fault));
    stream_writer_free(w);
    (void)close(fd);
    return fixture_read(check_scratch("file"));
}

static struct file_samples *files_new(enum file_defect defect, size_t count)
{
    struct random random = fixture_random("files");
    struct file_samples *s = fixture_alloc(sizeof *s);
    struct public_key key;
    struct identity *id;

    fixture_identities(&id, &key, 1);
    s->heads = rows_new(HEAD_LEN(SLOTS_FEW), count);
    s->lengths = fixture_alloc(count * sizeof *s->lengths);
    for (size_t i = 0; i < count; i++) {
        struct buffer file = file_make(&key, defect, &random);

        files_add(s, i, &file);
        buffer_free(&file);
    }
    identity_free(id);
    return s;
}

static void files_free(struct file_samples *s)
{
    free(s->heads.data);
    free(s->lengths);
    free(s);
}

static void test_files(void)
{
    static const struct {
        const char *name;
        enum file_defect defect;
        bool bytes, bits, nibbles, lengths;
    } rows[] = {{"files sound", FILE_SOUND, true, true, true, true},
                {"files unused slots zero", FILE_EMPTY_SLOTS_ZERO, false, false, false, true},
                {"files bit 255 of E zero", FILE_E_BIT_255, true, false, true, true},
                {"files no Padmé", FILE_NO_PADME, true, true, true, false}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct file_samples *s = files_new(rows[i].defect, fixture_share(400, 64));

        measure_about(rows[i].name);
        CHECK_INT(rows[i].bytes, file_bytes(s));
        CHECK_INT(rows[i].bits, file_head_bits(s));
        CHECK_INT(rows[i].nibbles, file_head_nibbles(s));
        CHECK_INT(rows[i].lengths, file_lengths(s));
        files_free(s);
    }
}

int main(int argc, char **argv)
{
    check_start("statistics_files", argc, argv);
    fixture_start(argc, argv);
    measure_show = getenv("SEAL_TEST_SHOW") != NULL;
    CHECK_CASE(test_files());
    return check_done();
}
