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
#include "lib/payload.h"

struct file_samples {
    struct rows heads; /* the first HEAD_LEN(8) bytes */
    struct buffer
        whole; /* the first WHOLE_FILES of them, one after the other, then all other heads */
    size_t bytes[256]; /* of all files */
    size_t total;
    size_t odd_lengths; /* not the smallest that is allowed */
};

#define WHOLE_FILES 8

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

/* Bits near each other, and those at the same place in two slots or in the halves of a slot. */
static bool file_head_pairs(const struct file_samples *s)
{
    size_t distances[256 + SLOTS_FEW];

    for (size_t i = 0; i < 256; i++)
        distances[i] = i + 1;
    for (size_t i = 1; i < SLOTS_FEW; i++)
        distances[255 + i] = i * SLOT_LEN * 8;
    distances[255 + SLOTS_FEW] = (size_t)SLOT_LEN / 2 * 8;
    return measure_bits_are_independent(&s->heads, distances, 256 + SLOTS_FEW,
                                        "files, worst pair of bits of the head");
}

static bool file_windows(const struct file_samples *s)
{
    return measure_nothing_repeats(s->whole.data, s->whole.len, "files, windows that repeat");
}

static uint64_t capacity(uint64_t len)
{
    return payload_capacity(HEAD_LEN(SLOTS_FEW), len);
}

static uint64_t least_len(uint64_t content_len)
{
    return payload_least_len(HEAD_LEN(SLOTS_FEW), content_len, PAD_PADME);
}

static bool file_lengths(const struct file_samples *s)
{
    return measure_within("files, lengths that are not the smallest", (double)s->odd_lengths, 0.5);
}

enum file_defect {
    FILE_SOUND,
    FILE_RANDOM, /* control: no file at all, but random bytes of the right length */
    FILE_EMPTY_SLOTS_ZERO,
    FILE_E_BIT_255,     /* zero in every file */
    FILE_E_BITS_EQUAL,  /* bit 255 is bit 254 once more */
    FILE_C_IS_E,        /* C is E once more */
    FILE_SLOT_TWICE,    /* the last slot is the first once more */
    FILE_HALF_TWICE,    /* the second half of some slot is its first */
    FILE_SLOT_BIT,      /* the first bit of each slot is that of the slot before */
    FILE_SLOT_BEFORE,   /* some slot is the first of the file before */
    FILE_NONCE_TWICE,   /* block 2 begins as block 1 does, as both hold zeros */
    FILE_NO_PADME,      /* the next multiple of 2048 */
    FILE_PADME_TOO_FAR, /* a step too far */
    FILE_FULL_TOO_FAR   /* a step too far where content fills the file */
};

/* All slots but one, which may as well be the used one: both look alike. */
static void zero_slots(uint8_t *head, struct random *random)
{
    uint32_t used = random_below(random, SLOTS_FEW);

    for (uint32_t j = 0; j < SLOTS_FEW; j++)
        if (j != used)
            memset(head + SLOTS_OFF + j * SLOT_LEN, 0, SLOT_LEN);
}

static uint8_t *slot(uint8_t *head, size_t j)
{
    return head + SLOTS_OFF + j * SLOT_LEN;
}

static void spoil_head(uint8_t *head, enum file_defect defect, struct random *random)
{
    static uint8_t before[SLOT_LEN];
    uint8_t *some = slot(head, 1 + random_below(random, SLOTS_FEW - 1));

    if (defect == FILE_EMPTY_SLOTS_ZERO)
        zero_slots(head, random);
    if (defect == FILE_E_BIT_255)
        head[31] &= 0x7f;
    if (defect == FILE_E_BITS_EQUAL)
        head[31] = (uint8_t)((head[31] & 0x7f) | (head[31] & 0x40) << 1);
    if (defect == FILE_C_IS_E)
        memcpy(head + COMMITMENT_OFF, head, COMMITMENT_LEN);
    if (defect == FILE_SLOT_TWICE)
        memcpy(slot(head, SLOTS_FEW - 1), slot(head, 0), SLOT_LEN);
    if (defect == FILE_HALF_TWICE)
        memcpy(some + SLOT_LEN / 2, some, SLOT_LEN / 2);
    for (size_t j = 1; defect == FILE_SLOT_BIT && j < SLOTS_FEW; j++)
        *slot(head, j) = (uint8_t)((*slot(head, j) & 0xfe) | (*slot(head, j - 1) & 1));
    if (defect == FILE_SLOT_BEFORE)
        memcpy(some, before, SLOT_LEN);
    memcpy(before, slot(head, 0), SLOT_LEN);
}

static struct padding file_padding(enum file_defect defect, size_t content_len)
{
    uint64_t least = least_len(content_len), next = least_len(capacity(least) + 1);

    if (defect == FILE_PADME_TOO_FAR ||
        (defect == FILE_FULL_TOO_FAR && capacity(least) == content_len))
        return (struct padding){.rule = PAD_FIXED, .size = next};
    if (defect == FILE_NO_PADME) {
        while (least > BLOCK_LEN && capacity(least - LENGTH_UNIT) >= content_len)
            least -= LENGTH_UNIT;
        return (struct padding){.rule = PAD_FIXED, .size = least};
    }
    return (struct padding){.rule = PAD_PADME};
}

/* Every other one fills a file, or is a byte too long for it. */
static size_t content_len_of(size_t number, struct random *random)
{
    size_t len = random_below(random, 200000);

    return number % 2 == 0 ? len : capacity(least_len(len)) + number % 4 / 3;
}

/* One file of zeros, which would show through if anything did. */
static struct buffer file_make(const struct public_key *key, enum file_defect defect, size_t len,
                               struct random *random)
{
    static const uint8_t content[250000], digest[32];
    struct envelope env = {.params = {.type = CONTENT_BAG}};
    struct fault fault = {.status = SEAL_OK};
    struct stream_writer *w;
    uint8_t head[HEAD_LEN_MAX], receipt[32];
    int fd = fixture_create(check_scratch("file"));

    random_bytes(random, env.params.bundle_id, BUNDLE_ID_LEN);
    CHECK_INT(SEAL_OK, envelope_make(&env, head, key, 1, random, &fault));
    spoil_head(head, defect, random);
    CHECK_INT(SEAL_OK,
              stream_writer_new(&w, &env, head, file_padding(defect, len), NULL, fd, &fault));
    CHECK_INT(SEAL_OK, stream_write(w, content, len, &fault));
    CHECK_INT(SEAL_OK, stream_writer_finish(w, digest, random, receipt, &fault));
    stream_writer_free(w);
    (void)close(fd);
    return fixture_read(check_scratch("file"));
}

static void spoil_file(struct buffer *file, enum file_defect defect, struct random *random)
{
    if (defect == FILE_RANDOM)
        random_bytes(random, file->data, file->len);
    if (defect == FILE_NONCE_TWICE && file->len > 2 * BLOCK_LEN)
        memcpy(file->data + 2 * BLOCK_LEN, file->data + BLOCK_LEN, LENGTH_UNIT / 2);
}

static void files_add(struct file_samples *s, size_t i, const struct buffer *file,
                      size_t content_len)
{
    memcpy(rows_at(&s->heads, i), file->data, s->heads.len);
    CHECK_INT(SEAL_OK,
              buffer_append(&s->whole, file->data, i < WHOLE_FILES ? file->len : s->heads.len));
    for (size_t k = 0; k < file->len; k++)
        s->bytes[file->data[k]]++;
    s->total += file->len;
    s->odd_lengths += file->len != least_len(content_len);
}

static struct file_samples *files_new(enum file_defect defect, size_t count)
{
    struct random random = fixture_random("files");
    struct file_samples *s = fixture_alloc(sizeof *s);
    struct public_key key;
    struct identity *id;

    fixture_identities(&id, &key, 1);
    s->heads = rows_new(HEAD_LEN(SLOTS_FEW), count);
    for (size_t i = 0; i < count; i++) {
        size_t len = content_len_of(i, &random);
        struct buffer file = file_make(&key, defect, len, &random);

        spoil_file(&file, defect, &random);
        files_add(s, i, &file, len);
        buffer_free(&file);
    }
    identity_free(id);
    return s;
}

static void files_free(struct file_samples *s)
{
    free(s->heads.data);
    buffer_free(&s->whole);
    free(s);
}

static void test_files(void)
{
    /* Which checks fail on which mistake. */
    static const struct {
        const char *name;
        enum file_defect defect;
        bool bytes, bits, nibbles, pairs, windows, lengths;
    } rows[] = {
        {"files sound", FILE_SOUND, true, true, true, true, true, true},
        {"files control: random bytes", FILE_RANDOM, true, true, true, true, true, true},
        {"files unused slots zero", FILE_EMPTY_SLOTS_ZERO, false, false, false, false, false, true},
        {"files bit 255 of E zero", FILE_E_BIT_255, true, false, true, true, true, true},
        {"files bit 255 of E is 254", FILE_E_BITS_EQUAL, true, true, true, false, true, true},
        {"files C is E", FILE_C_IS_E, true, true, true, false, false, true},
        {"files a slot twice", FILE_SLOT_TWICE, true, true, true, false, false, true},
        {"files half a slot twice", FILE_HALF_TWICE, true, true, true, true, false, true},
        {"files a bit of slots", FILE_SLOT_BIT, true, true, true, false, true, true},
        {"files slot of another file", FILE_SLOT_BEFORE, true, true, true, true, false, true},
        {"files a nonce twice", FILE_NONCE_TWICE, true, true, true, true, false, true},
        {"files no Padmé", FILE_NO_PADME, true, true, true, true, true, false},
        {"files Padmé too far", FILE_PADME_TOO_FAR, true, true, true, true, true, false},
        {"files full too far", FILE_FULL_TOO_FAR, true, true, true, true, true, false}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        /* A mistake shows in fewer samples than soundness. */
        size_t full = i < 2 ? 400 : 128;
        struct file_samples *s = files_new(rows[i].defect, fixture_share(full, 64));

        measure_about(rows[i].name);
        CHECK_INT(rows[i].bytes, file_bytes(s));
        CHECK_INT(rows[i].bits, file_head_bits(s));
        CHECK_INT(rows[i].nibbles, file_head_nibbles(s));
        CHECK_INT(rows[i].pairs, file_head_pairs(s));
        CHECK_INT(rows[i].windows, file_windows(s));
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
