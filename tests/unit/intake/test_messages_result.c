/*
 * Texts and the result of a job, as program and worker send them: what is read is what was written,
 * and nothing malformed is taken.
 */
#include <string.h>

#include <sodium.h>

#include "intake/messages.h"
#include "lib/line.h"
#include "lib/unit_check.h"

/* ---- Texts -------------------------------------------------------------------------------- */

/* A text that takes several messages. */
static void test_text(struct line *l)
{
    struct buffer in = {0}, out = {0};
    bool no_memory = false;
    struct fields f;

    for (int i = 0; i < 8200; i++)
        CHECK_INT(SEAL_OK, buffer_append_text(&in, "# spelled\n"));
    CHECK_INT(SEAL_OK, message_write_text(l->to, MESSAGE_REMARKS, &in, &l->fault));
    for (int i = 0; i < 2; i++)
        if (pass_on(l, MESSAGE_REMARKS, &f))
            CHECK(message_read_text(&f, &out, in.len, &no_memory));
    if (CHECK_INT(82000, in.len) && CHECK_INT(in.len, out.len))
        CHECK_BYTES(in.data, out.data, in.len + 1);
    buffer_free(&in);
    buffer_free(&out);
}

static void test_text_refused(struct line *l)
{
    struct buffer out = {0};
    bool no_memory = false;
    struct fields f;

    channel_begin(l->to, MESSAGE_INFO);
    channel_put_bytes(l->to, "a\0b", 3);
    CHECK_INT(SEAL_OK, channel_end(l->to, &l->fault));
    if (pass_on(l, MESSAGE_INFO, &f))
        CHECK(!message_read_text(&f, &out, 3, &no_memory) && !no_memory);
    channel_begin(l->to, MESSAGE_INFO);
    channel_put_bytes(l->to, "four", 4);
    CHECK_INT(SEAL_OK, channel_end(l->to, &l->fault));
    if (pass_on(l, MESSAGE_INFO, &f))
        CHECK(!message_read_text(&f, &out, 3, &no_memory) && !no_memory);
    buffer_free(&out);
}

/* ---- MENDED ------------------------------------------------------------------------------- */

static bool is_taken(struct line *l, struct mended_range range)
{
    struct intake_result in = {.blocks = {80, 3}}, out = {0};
    struct fields f;

    in.mended = (struct stream_mended){.block_count = 9, .range_count = 1, .ranges = {range}};
    CHECK_INT(SEAL_OK, message_write_mended(l->to, &in, 2, &l->fault));
    return CHECK(pass_on(l, MESSAGE_MENDED, &f)) && message_read_mended(&f, &out, 2) &&
           CHECK_INT(9, out.mended.block_count) && CHECK_INT(3, out.blocks[1]) &&
           CHECK_INT(range.first, out.mended.ranges[0].first);
}

/* No range is in another file, or beyond its end. */
static void test_mended(struct line *l)
{
    CHECK(is_taken(l, (struct mended_range){0, 71, 9}));
    CHECK(is_taken(l, (struct mended_range){1, 0, 3}));
    CHECK(!is_taken(l, (struct mended_range){0, 72, 9}));
    CHECK(!is_taken(l, (struct mended_range){1, 3, 1}));
    CHECK(!is_taken(l, (struct mended_range){1, UINT64_MAX, 2}));
    CHECK(!is_taken(l, (struct mended_range){2, 0, 1}));
    CHECK(!is_taken(l, (struct mended_range){0, 0, 0}));
}

/* ---- DONE --------------------------------------------------------------------------------- */

static void test_done(struct line *l)
{
    struct intake_result in = {.spelled = 3, .is_read_only = true, .content_len = 11}, out = {0};
    struct fault outcome_in = {.status = SEAL_OK}, outcome;
    struct fields f;

    in.totals.remarks[BAG_REMARK_KINDS - 1] = 12;
    in.recheck.changes[BAG_CHANGE_KINDS - 1] = 13;
    in.times[BAG_TIME_KINDS - 1] = 14;
    memset(in.digest, 15, sizeof in.digest);
    memset(in.disk_digest, 16, sizeof in.disk_digest);
    memset(in.recheck.digest, 17, sizeof in.recheck.digest);
    memset(in.recheck.disk_digest, 18, sizeof in.recheck.disk_digest);
    in.record.known.has_disk_digest = true;
    memset(in.record.known.disk_digest, 19, sizeof in.record.known.disk_digest);
    in.recheck.algorithms = DIGEST_BIT(DIGEST_MD5) | DIGEST_BIT(DIGEST_SHA512);
    (void)fault_set(&outcome_in, REASON_ARCHIVE_MALFORMED, WORKER_OUTPUT);
    CHECK_INT(SEAL_OK, message_write_done(l->to, &outcome_in, &in, &l->fault));
    if (!pass_on(l, MESSAGE_DONE, &f) || !CHECK(message_read_done(&f, INTAKE_BAG, &outcome, &out)))
        return;
    CHECK_INT(SEAL_HOSTILE, outcome.status);
    CHECK_INT(REASON_ARCHIVE_MALFORMED, outcome.reason);
    CHECK_TEXT(WORKER_OUTPUT, outcome.name);
    CHECK_BYTES(&in.totals, &out.totals, sizeof in.totals);
    CHECK_INT(3, out.spelled);
    CHECK(out.is_read_only && !out.is_last && !out.remarks_are_cut);
    CHECK_INT(11, out.content_len);
    CHECK_INT(14, out.times[BAG_TIME_KINDS - 1]);
    CHECK_INT(13, out.recheck.changes[BAG_CHANGE_KINDS - 1]);
    CHECK_BYTES(in.digest, out.digest, SHA256_LEN);
    CHECK_BYTES(in.disk_digest, out.disk_digest, SHA256_LEN);
    CHECK_BYTES(in.recheck.digest, out.recheck.digest, SHA256_LEN);
    CHECK_BYTES(in.recheck.disk_digest, out.recheck.disk_digest, SHA256_LEN);
    CHECK(out.record.known.has_disk_digest);
    CHECK_BYTES(in.record.known.disk_digest, out.record.known.disk_digest, SHA256_LEN);
    CHECK_INT(in.recheck.algorithms, out.recheck.algorithms);
    in.recheck.algorithms = DIGEST_BIT(DIGEST_KINDS);
    CHECK_INT(SEAL_OK, message_write_done(l->to, &outcome_in, &in, &l->fault));
    if (pass_on(l, MESSAGE_DONE, &f))
        CHECK(!message_read_done(&f, INTAKE_BAG, &outcome, &out));
}

/* What a worker cannot find out, and what it may not say. */
static void test_done_refused(struct line *l)
{
    static const struct fault bad[] = {
        {.status = SEAL_INTERRUPTED},
        {.status = SEAL_NO_KEY},
        {.status = SEAL_BROKE},
        {.status = (enum seal_status)200},
        {.status = SEAL_IO, .sys = 4096},
        {.status = SEAL_DAMAGED, .reason = REASON_COUNT},
        {.status = SEAL_HOSTILE, .reason = REASON_CUT_SHORT},
        {.status = SEAL_USAGE, .reason = REASON_LOG_NONE},
    };
    const struct intake_result in = {.spelled = 0};
    struct intake_result out;
    struct fault outcome;
    struct fields f;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        check_about("bad outcome %zu", i);
        CHECK_INT(SEAL_OK, message_write_done(l->to, &bad[i], &in, &l->fault));
        if (pass_on(l, MESSAGE_DONE, &f))
            CHECK(!message_read_done(&f, INTAKE_BAG, &outcome, &out));
    }
}

int main(int argc, char **argv)
{
    check_start("messages_result", argc, argv);
    if (!CHECK(sodium_init() >= 0))
        return check_done();
    CHECK_CASE(with_line(test_text));
    CHECK_CASE(with_line(test_text_refused));
    CHECK_CASE(with_line(test_mended));
    CHECK_CASE(with_line(test_done));
    CHECK_CASE(with_line(test_done_refused));
    return check_done();
}
