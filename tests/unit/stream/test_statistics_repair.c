/*
 * The same as test_statistics_files.c of files with repair data: what a parity block and the second
 * head look like to somebody without a key. Content is zeros, and so is what is added up from it.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/fixture.h"
#include "lib/measures.h"
#include "lib/payload.h"
#include "lib/unit_check.h"
#include "stream/layout.h"

#define M 4
#define WHOLE_FILES 8

struct samples {
    struct rows heads;   /* the second ones, without their chunk */
    struct buffer whole; /* the first WHOLE_FILES files */
    size_t bytes[256];   /* of all files */
    size_t total;
    size_t odd_lengths;
};

enum defect {
    SOUND,
    RANDOM,       /* control: no file at all, but random bytes of the right length */
    PARITY_PLAIN, /* a parity block as it was added up */
    PARITY_NONCE, /* parity block 0 begins as data block 1 does: the nonce has no kind */
    PARITY_SAME,  /* two parity blocks of a lane are under the same nonce */
    SECOND_E,     /* the second head has the E of the first */
    SECOND_C,     /* and the C */
    SECOND_SLOT,  /* a slot of the first once more */
    SECOND_FIRST, /* the first head once more */
    SECOND_PLAIN, /* its chunk is plaintext */
    SECOND_BLANK, /* its empty slots are zeros */
    TOO_LONG      /* a step too far */
};

struct maker {
    const struct public_key *key;
    struct random *random;
};

static enum seal_status make_second(void *ctx, const struct envelope *env, uint64_t blocks,
                                    uint8_t *block, struct fault *fault)
{
    const struct maker *m = ctx;

    return envelope_make_second(env, block, m->key, 1, blocks, m->random, fault);
}

static uint64_t length_for(size_t content_len)
{
    const struct file_shape shape = {.head_len = HEAD_LEN(SLOTS_FEW), .parity = M};

    return stream_total_len(shape, content_len, (struct padding){.rule = PAD_PADME});
}

static struct buffer make_file(struct maker *maker, enum defect defect, size_t len)
{
    static const uint8_t content[8 * BLOCK_LEN], digest[32];
    struct envelope env = {.params = {.type = CONTENT_BAG, .parity = M}};
    const struct stream_second_head second = {make_second, maker};
    struct padding padding = {.rule = PAD_PADME};
    struct fault fault = {.status = SEAL_OK};
    struct stream_writer *w;
    uint8_t head[HEAD_LEN_MAX], receipt[32];
    int fd = fixture_create(check_scratch("file"));

    if (defect == TOO_LONG)
        padding =
            (struct padding){.rule = PAD_FIXED, .size = stream_fixed_len(length_for(len) * 2, M)};
    random_bytes(maker->random, env.params.bundle_id, BUNDLE_ID_LEN);
    CHECK_INT(SEAL_OK, envelope_make(&env, head, maker->key, 1, maker->random, &fault));
    CHECK_INT(SEAL_OK, stream_writer_new(&w, &env, head, padding, NULL, fd, &fault));
    CHECK_INT(SEAL_OK, stream_writer_repair(w, &second, &fault));
    CHECK_INT(SEAL_OK, stream_write(w, content, len, &fault));
    CHECK_INT(SEAL_OK, stream_writer_finish(w, digest, maker->random, receipt, &fault));
    stream_writer_free(w);
    (void)close(fd);
    return fixture_read(check_scratch("file"));
}

static void spoil(struct buffer *file, enum defect defect, struct random *random)
{
    const uint64_t blocks = file->len / BLOCK_LEN;
    uint8_t *parity = file->data + (layout_data_count(blocks, M)) * BLOCK_LEN;
    uint8_t *second = file->data + (blocks - 1) * BLOCK_LEN;

    switch (defect) {
    case RANDOM:
        random_bytes(random, file->data, file->len);
        break;
    case PARITY_PLAIN:
        memset(parity, 0, CHUNK_LEN);
        break;
    case PARITY_NONCE:
        memcpy(parity, file->data + (blocks > 6 ? BLOCK_LEN : HEAD_LEN(SLOTS_FEW)), LENGTH_UNIT);
        break;
    case PARITY_SAME:
        memcpy(parity + BLOCK_LEN, parity, CHUNK_LEN);
        break;
    case SECOND_E:
        memcpy(second, file->data, COMMITMENT_OFF);
        break;
    case SECOND_C:
        memcpy(second + COMMITMENT_OFF, file->data + COMMITMENT_OFF, COMMITMENT_LEN);
        break;
    case SECOND_SLOT:
        memcpy(second + SLOTS_OFF + SLOT_LEN, file->data + SLOTS_OFF, SLOT_LEN);
        break;
    case SECOND_FIRST:
        memcpy(second, file->data, HEAD_LEN(SLOTS_FEW));
        break;
    case SECOND_PLAIN:
        memset(second + HEAD_LEN(SLOTS_FEW), 0, BLOCK_LEN - HEAD_LEN(SLOTS_FEW) - TAG_LEN);
        break;
    case SECOND_BLANK:
        memset(second + SLOTS_OFF, 0, SLOT_LEN * random_below(random, SLOTS_FEW));
        break;
    default:
        break;
    }
}

static void add(struct samples *s, size_t i, const struct buffer *file, size_t content_len)
{
    memcpy(rows_at(&s->heads, i), file->data + file->len - BLOCK_LEN, s->heads.len);
    if (i < WHOLE_FILES)
        CHECK_INT(SEAL_OK, buffer_append(&s->whole, file->data, file->len));
    for (size_t k = 0; k < file->len; k++)
        s->bytes[file->data[k]]++;
    s->total += file->len;
    s->odd_lengths += file->len != length_for(content_len) || file->len % BLOCK_LEN != 0;
}

static struct samples *take_samples(enum defect defect, size_t count)
{
    struct random random = fixture_random("repair files");
    struct samples *s = fixture_alloc(sizeof *s);
    struct public_key key;
    struct identity *id;

    fixture_identities(&id, &key, 1);
    s->heads = rows_new(HEAD_LEN(SLOTS_FEW), count);
    for (size_t i = 0; i < count; i++) {
        struct maker maker = {&key, &random};
        size_t len = random_below(&random, 4 * BLOCK_LEN);
        struct buffer file = make_file(&maker, defect, len);

        spoil(&file, defect, &random);
        add(s, i, &file, len);
        buffer_free(&file);
    }
    identity_free(id);
    return s;
}

static void test_repair_files(void)
{
    /* Which checks fail on which mistake. */
    static const struct {
        const char *name;
        enum defect defect;
        bool bytes, bits, windows, lengths;
    } rows[] = {{"repair sound", SOUND, true, true, true, true},
                {"repair control: random bytes", RANDOM, true, true, true, true},
                {"repair plain parity", PARITY_PLAIN, false, true, false, true},
                {"repair parity under a nonce of data", PARITY_NONCE, true, true, false, true},
                {"repair parity twice", PARITY_SAME, true, true, false, true},
                {"repair second head has E", SECOND_E, true, true, false, true},
                {"repair second head has C", SECOND_C, true, true, false, true},
                {"repair second head has a slot", SECOND_SLOT, true, true, false, true},
                {"repair second head is the first", SECOND_FIRST, true, true, false, true},
                {"repair second head's chunk is plain", SECOND_PLAIN, false, true, false, true},
                {"repair empty slots of it are zeros", SECOND_BLANK, false, false, false, true},
                {"repair too long", TOO_LONG, true, true, true, false}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct samples *s = take_samples(rows[i].defect, fixture_share(i < 2 ? 400 : 128, 64));
        const double chi = measure_chi_squared(s->bytes, 256, (double)s->total / 256);

        measure_about(rows[i].name);
        CHECK_INT(rows[i].bytes, measure_within("all bytes", fabs(measure_excess(chi, 255)), 6));
        CHECK_INT(rows[i].bits, measure_bits_are_balanced(&s->heads, "worst bit of second heads"));
        CHECK_INT(rows[i].windows,
                  measure_nothing_repeats(s->whole.data, s->whole.len, "windows that repeat"));
        CHECK_INT(rows[i].lengths,
                  measure_within("lengths that are not the smallest", (double)s->odd_lengths, 0.5));
        free(s->heads.data);
        buffer_free(&s->whole);
        free(s);
    }
}

int main(int argc, char **argv)
{
    check_start("statistics_repair", argc, argv);
    fixture_start(argc, argv);
    measure_show = getenv("SEAL_TEST_SHOW") != NULL;
    CHECK_CASE(test_repair_files());
    return check_done();
}
