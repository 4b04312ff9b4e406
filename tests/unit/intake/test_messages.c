/*
 * What the program and its worker send each other: what is read is what was written, what a worker
 * may send is a table, and nothing malformed is taken.
 */
#include <string.h>
#include <sys/socket.h>

#include <sodium.h>

#include "intake/messages.h"
#include "intake/receiver.h"
#include "lib/line.h"
#include "lib/unit_check.h"

/* ---- The table ---------------------------------------------------------------------------- */

/* x: a worker may send it. Tasks in the order of enum intake_task: bag, stream, raw, list, extract,
 * volume, last, recheck, mend, salvage, trial. */
static void test_allowed(void)
{
    /* clang-format off */
    static const char *const wanted[MESSAGE_TYPES] = {
        [MESSAGE_NONE] =      "...........",
        [MESSAGE_JOB] =       "...........",
        [MESSAGE_VOLUME] =    "...........",
        [MESSAGE_PATH] =      "...........",
        [MESSAGE_GO] =        "...........",
        [MESSAGE_CAGE] =      "xxxxxxxxxxx",
        [MESSAGE_PROGRESS] =  "xxxxxxxxxx.",
        [MESSAGE_ITEM] =      "...x.......",
        [MESSAGE_EXTRACTED] = "....x......",
        [MESSAGE_CHANGE] =    ".......x...",
        [MESSAGE_NOTE] =      ".......x...",
        [MESSAGE_SALVAGED] =  ".........x.",
        [MESSAGE_MENDED] =    "xxxxxxx.xx.",
        [MESSAGE_INFO] =      "x........x.",
        [MESSAGE_REMARKS] =   "x........x.",
        [MESSAGE_DONE] =      "xxxxxxxxxxx",
    };
    /* clang-format on */

    for (int type = 0; type < MESSAGE_TYPES; type++)
        for (int task = 0; task < INTAKE_TASKS; task++) {
            check_about("message %d, task %d", type, task);
            CHECK_INT(wanted[type][task] == 'x',
                      message_is_allowed((enum intake_task)task, (enum message_type)type));
        }
}

static enum seal_status on_item(void *ctx, const struct bag_item *item, struct fault *fault)
{
    (void)item;
    (void)fault;
    ++*(int *)ctx;
    return SEAL_OK;
}

static void test_receiver(enum intake_task task, enum seal_status wanted, int wanted_items)
{
    const struct bag_item item = {.path = "data/a", .type = BAG_FOLDER};
    int items = 0;
    const struct intake_observer observer = {.ctx = &items, .item = on_item};
    struct intake_result result = {.spelled = 0};
    struct receiver r = {.task = task, .observer = &observer, .result = &result, .files_max = 10};
    struct line l;

    if (line_open(&l)) {
        CHECK_INT(SEAL_OK, message_write_item(l.to, &item, &l.fault));
        CHECK_INT(SEAL_OK, channel_flush(l.to, &l.fault));
        (void)shutdown(l.fds[0], SHUT_WR);
        r.channel = l.from;
        CHECK_INT(wanted, receiver_run(&r, &l.fault));
        CHECK_INT(wanted_items, items);
        CHECK(!r.is_done);
    }
    line_close(&l);
}

/* ---- Each message ------------------------------------------------------------------------- */

static void test_job(struct line *l)
{
    const struct job_params in = {.task = INTAKE_EXTRACT,
                                  .volume_count = 3,
                                  .has_output = true,
                                  .writable = true,
                                  .keeps_user = true,
                                  .threads = 7,
                                  .limits = {1, 2, UINT64_MAX, 4}};
    struct job_params out;
    struct fields f;

    CHECK_INT(SEAL_OK, message_write_job(l->to, &in, &l->fault));
    if (!pass_on(l, MESSAGE_JOB, &f) || !CHECK(message_read_job(&f, &out)))
        return;
    CHECK_INT(in.task, out.task);
    CHECK_INT(in.volume_count, out.volume_count);
    CHECK(out.has_output && !out.check_first && out.writable && !out.exact_names &&
          !out.whole_cage && out.keeps_user);
    CHECK_INT(in.threads, out.threads);
    CHECK_BYTES(&in.limits, &out.limits, sizeof in.limits);
}

static void test_job_refused(struct line *l)
{
    static const struct job_params bad[] = {
        {.task = INTAKE_TASKS, .volume_count = 1},
        {.task = INTAKE_BAG, .volume_count = 0},
        {.task = INTAKE_RECHECK, .volume_count = 1},
        {.task = INTAKE_TRIAL, .volume_count = 1},
        {.task = INTAKE_BAG, .volume_count = INTAKE_VOLUMES_MAX + 1},
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct job_params out;
        struct fields f;

        CHECK_INT(SEAL_OK, message_write_job(l->to, &bad[i], &l->fault));
        if (pass_on(l, MESSAGE_JOB, &f))
            CHECK(!message_read_job(&f, &out));
    }
}

static void test_volume(struct line *l)
{
    struct envelope in = {.params = {8, FLAG_VOLUME, 8, CONTENT_BAG, 5, {0}}, .head_len = 13120},
                    out;
    const struct told_blocks told = {80, true};
    struct told_blocks got = {0};
    uint64_t size = 0;
    struct fields f;

    memset(in.file_key, 1, sizeof in.file_key);
    memset(in.commitment, 2, sizeof in.commitment);
    memset(in.params.bundle_id, 3, sizeof in.params.bundle_id);
    CHECK_INT(SEAL_OK, message_write_volume(l->to, &in, UINT64_MAX - 7, told, &l->fault));
    if (!pass_on(l, MESSAGE_VOLUME, &f) || !CHECK(message_read_volume(&f, &out, &size, &got)))
        return;
    CHECK_BYTES(in.file_key, out.file_key, sizeof in.file_key);
    CHECK_BYTES(in.commitment, out.commitment, sizeof in.commitment);
    CHECK_INT(in.params.slot_count, out.params.slot_count);
    CHECK_INT(in.params.flags, out.params.flags);
    CHECK_INT(in.params.type, out.params.type);
    CHECK_INT(in.params.index, out.params.index);
    CHECK_BYTES(in.params.bundle_id, out.params.bundle_id, sizeof in.params.bundle_id);
    CHECK_INT(in.head_len, out.head_len);
    CHECK_INT(in.params.parity, out.params.parity);
    CHECK(size == UINT64_MAX - 7);
    CHECK_INT(80, got.count);
    CHECK(got.is_sure);
}

static void test_item(struct line *l)
{
    static const uint8_t digest_in[SHA256_LEN] = {9, 8, 7};
    const struct bag_item in = {.path = "data/\xc3\xa9",
                                .type = BAG_FILE,
                                .size = UINT64_C(1) << 40,
                                .mtime = {-5, 999999999},
                                .digest = digest_in};
    uint8_t digest[SHA256_LEN];
    struct bag_item out;
    struct fields f;

    CHECK_INT(SEAL_OK, message_write_item(l->to, &in, &l->fault));
    if (pass_on(l, MESSAGE_ITEM, &f) && CHECK(message_read_item(&f, &out, digest))) {
        CHECK_TEXT(in.path, out.path);
        CHECK_INT(in.type, out.type);
        CHECK_INT(in.size, out.size);
        CHECK_INT(in.mtime.sec, out.mtime.sec);
        CHECK_INT(in.mtime.nsec, out.mtime.nsec);
        CHECK_BYTES(digest_in, out.digest, SHA256_LEN);
        CHECK(out.target == NULL);
    }
}

static void test_extracted(struct line *l)
{
    static const uint8_t digest_in[SHA256_LEN] = {9, 8, 7};
    const struct bag_item in = {.path = "data/a", .type = BAG_FILE, .digest = digest_in};
    uint8_t digest[SHA256_LEN];
    struct bag_item out;
    const char *on_disk;
    struct fields f;

    CHECK_INT(SEAL_OK, message_write_extracted(l->to, &in, "there", &l->fault));
    if (pass_on(l, MESSAGE_EXTRACTED, &f) &&
        CHECK(message_read_extracted(&f, &out, digest, &on_disk))) {
        CHECK_TEXT(in.path, out.path);
        CHECK_BYTES(digest_in, out.digest, SHA256_LEN);
        CHECK_TEXT("there", on_disk);
    }
}

static void test_item_refused(struct line *l)
{
    static const uint8_t digest_in[SHA256_LEN] = {0};
    const struct bag_item bad[] = {
        {.path = "data/a", .type = BAG_FILE}, /* without a digest */
        {.path = "data/a", .type = BAG_FOLDER, .digest = digest_in},
        {.path = "data/\xff", .type = BAG_FOLDER},
        {.path = "data/a", .type = BAG_FOLDER, .mtime = {0, 1000000000}},
        {.path = "data/a", .type = 3},
    };
    uint8_t digest[SHA256_LEN];
    struct bag_item out;
    struct fields f;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        check_about("bad item %zu", i);
        CHECK_INT(SEAL_OK, message_write_item(l->to, &bad[i], &l->fault));
        if (pass_on(l, MESSAGE_ITEM, &f))
            CHECK(!message_read_item(&f, &out, digest));
    }
}

/* Only files are extracted. */
static void test_extracted_refused(struct line *l)
{
    const struct bag_item folder = {.path = "data/a", .type = BAG_FOLDER};
    uint8_t digest[SHA256_LEN];
    struct bag_item out;
    const char *on_disk;
    struct fields f;

    CHECK_INT(SEAL_OK, message_write_extracted(l->to, &folder, "there", &l->fault));
    if (pass_on(l, MESSAGE_EXTRACTED, &f))
        CHECK(!message_read_extracted(&f, &out, digest, &on_disk));
}

/* ---- A bag on disk ------------------------------------------------------------------------ */

static void test_change(struct line *l)
{
    const struct bag_difference in = {BAG_RECORD_OFF,         "a",
                                      BAG_DETAIL_LISTED_SIZE, .file = BAG_RECORD_LISTING,
                                      .was.bytes = 1,         .is.bytes = UINT64_MAX};
    struct bag_difference out;
    struct fields f;

    CHECK_INT(SEAL_OK, message_write_change(l->to, &in, &l->fault));
    if (!pass_on(l, MESSAGE_CHANGE, &f) || !CHECK(message_read_change(&f, &out)))
        return;
    CHECK_INT(in.kind, out.kind);
    CHECK_TEXT(in.path, out.path);
    CHECK_INT(in.detail, out.detail);
    CHECK_INT(in.file, out.file);
    CHECK_INT(0, out.sys);
    CHECK_INT(1, out.was.bytes);
    CHECK(out.is.bytes == UINT64_MAX);
}

/* Each field that belongs to a detail comes through. */
static void test_change_fields(struct line *l)
{
    static const struct bag_difference good[] = {
        {BAG_GONE, "", BAG_DETAIL_NONE, .sys = 0},
        {BAG_UNREADABLE, "a", BAG_DETAIL_SYSTEM, .sys = 4095},
        {BAG_ALTERED, "a", BAG_DETAIL_DIGESTS_DIFFER, .file = 1, .other = BAG_RECORD_FILES - 1},
        {BAG_RECORD_OFF, "a", BAG_DETAIL_LINE_MALFORMED, .line = UINT64_MAX},
        {BAG_RECORD_OFF, "a", BAG_DETAIL_OXUM_DIFFERS, .was = {1, 2, {0, 0}}},
        {BAG_RETIMED, "a", BAG_DETAIL_TIME, .was.time = {INT64_MIN, 999999999}},
    };
    struct bag_difference out;
    struct fields f;

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        check_about("good change %zu", i);
        CHECK_INT(SEAL_OK, message_write_change(l->to, &good[i], &l->fault));
        if (!pass_on(l, MESSAGE_CHANGE, &f) || !CHECK(message_read_change(&f, &out)))
            continue;
        CHECK_INT(good[i].sys, out.sys);
        CHECK_INT(good[i].file, out.file);
        CHECK_INT(good[i].other, out.other);
        CHECK(good[i].line == out.line);
        CHECK(good[i].was.bytes == out.was.bytes && good[i].was.files == out.was.files);
        CHECK(timestamp_equal(good[i].was.time, out.was.time));
    }
    check_about("%s", "");
}

/* What is unknown, what does not go together, and what does not belong to the detail. */
static void test_change_refused(struct line *l)
{
    static const struct bag_difference bad[] = {
        {BAG_CHANGE_KINDS, "a", BAG_DETAIL_NONE, .sys = 0},
        {BAG_RECORD_OFF, "a", BAG_DETAILS, .sys = 0},
        {BAG_GONE, "a", (enum bag_detail)255, .sys = 0},
        {BAG_RECORD_OFF, "a", BAG_DETAIL_NONE, .sys = 0},
        {BAG_ADDED, "a", BAG_DETAIL_SYSTEM, .sys = 5},
        {BAG_UNREADABLE, "a", BAG_DETAIL_SYSTEM, .sys = 4096},
        {BAG_UNREADABLE, "a", BAG_DETAIL_SYSTEM, .sys = -1},
        {BAG_UNREADABLE, "a", BAG_DETAIL_NONE, .sys = 5},
        {BAG_RECORD_OFF, "a", BAG_DETAIL_NOT_LISTED, .file = BAG_RECORD_FILES},
        {BAG_RECORD_OFF, "a", BAG_DETAIL_NOT_LISTED, .file = BAG_RECORD_NO_FILE},
        {BAG_RECORD_OFF, "a", BAG_DETAIL_NOT_LISTED, .file = 1, .other = 1},
        {BAG_GONE, "a", BAG_DETAIL_NONE, .file = 1},
        {BAG_RECORD_OFF, "a", BAG_DETAIL_LINE_MALFORMED, .line = 0},
        {BAG_GONE, "a", BAG_DETAIL_NONE, .line = 1},
        {BAG_ALTERED, "a", BAG_DETAIL_NONE, .is.bytes = 1},
        {BAG_ALTERED, "a", BAG_DETAIL_SIZE, .is.files = 1},
        {BAG_ALTERED, "a", BAG_DETAIL_SIZE, .was.time = {1, 0}},
        {BAG_RETIMED, "a", BAG_DETAIL_TIME, .is.time = {0, 1000000000}},
    };
    struct bag_difference out;
    struct fields f;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        check_about("bad change %zu", i);
        CHECK_INT(SEAL_OK, message_write_change(l->to, &bad[i], &l->fault));
        if (pass_on(l, MESSAGE_CHANGE, &f))
            CHECK(!message_read_change(&f, &out));
    }
    check_about("%s", "");
}

/* Every detail goes with some kind of change, and no change is told without a detail that fits. */
static void test_details(void)
{
    for (int detail = 0; detail < BAG_DETAILS; detail++) {
        int kinds = 0;

        check_about("detail %d", detail);
        for (int kind = 0; kind < BAG_CHANGE_KINDS; kind++)
            for (int fields = 0; fields < 8; fields++)
                kinds += bag_difference_is_possible(&(struct bag_difference){
                    (enum bag_change)kind, "a", (enum bag_detail)detail, .line = fields & 1,
                    .file = fields >> 1 & 1, .other = fields >> 2 & 1});
        CHECK(kinds > 0);
    }
    check_about("%s", "");
}

static void test_note(struct line *l)
{
    enum bag_note note;
    const char *path;
    struct fields f;

    CHECK_INT(SEAL_OK, message_write_note(l->to, BAG_NOTE_ALGORITHM, "a", &l->fault));
    if (pass_on(l, MESSAGE_NOTE, &f) && CHECK(message_read_note(&f, &note, &path))) {
        CHECK_INT(BAG_NOTE_ALGORITHM, note);
        CHECK_TEXT("a", path);
    }
    CHECK_INT(SEAL_OK, message_write_note(l->to, BAG_NOTES, "a", &l->fault));
    if (pass_on(l, MESSAGE_NOTE, &f))
        CHECK(!message_read_note(&f, &note, &path));
}

/* ---- What was salvaged -------------------------------------------------------------------- */

static struct custody_piece a_piece(void)
{
    return (struct custody_piece){.state = SALVAGED_PART,
                                  .path = "data/a",
                                  .size = CUSTODY_SIZE_UNKNOWN,
                                  .there = 5,
                                  .lost = {{1, 2}, {UINT64_MAX, 3}},
                                  .lost_count = 2,
                                  .lost_is_cut = true,
                                  .is_guess = true};
}

static void test_salvaged(struct line *l)
{
    const struct custody_piece in = a_piece();
    struct custody_piece out;
    struct fields f;

    CHECK_INT(SEAL_OK, message_write_salvaged(l->to, &in, &l->fault));
    if (!pass_on(l, MESSAGE_SALVAGED, &f) || !CHECK(message_read_salvaged(&f, &out)))
        return;
    CHECK_INT(in.state, out.state);
    CHECK_TEXT(in.path, out.path);
    CHECK(out.size == in.size && out.there == in.there && out.lost_is_cut && out.is_guess);
    CHECK_INT(2, out.lost_count);
    CHECK(memcmp(in.lost, out.lost, sizeof in.lost) == 0);
}

static void check_salvaged_refused(struct line *l, const struct custody_piece *piece)
{
    struct custody_piece out;
    struct fields f;

    CHECK_INT(SEAL_OK, message_write_salvaged(l->to, piece, &l->fault));
    if (pass_on(l, MESSAGE_SALVAGED, &f))
        CHECK(!message_read_salvaged(&f, &out));
}

static void test_salvaged_refused(struct line *l)
{
    struct custody_piece piece = a_piece();

    piece.state = SALVAGED_STATES;
    check_salvaged_refused(l, &piece);
    piece = a_piece();
    piece.path = "\xff";
    check_salvaged_refused(l, &piece);
}

/* ---- Types -------------------------------------------------------------------------------- */

static void test_unknown(uint8_t number)
{
    enum message_type type;
    struct fields f;
    struct line l;

    if (line_open(&l)) {
        channel_begin(l.to, number);
        CHECK_INT(SEAL_OK, channel_end(l.to, &l.fault));
        CHECK_INT(SEAL_OK, channel_flush(l.to, &l.fault));
        CHECK_INT(SEAL_BROKE, message_receive(l.from, &type, &f, &l.fault));
    }
    line_close(&l);
}

int main(int argc, char **argv)
{
    check_start("messages", argc, argv);
    if (!CHECK(sodium_init() >= 0))
        return check_done();
    CHECK_CASE(test_allowed());
    CHECK_CASE(test_receiver(INTAKE_LIST, SEAL_OK, 1));
    CHECK_CASE(test_receiver(INTAKE_BAG, SEAL_BROKE, 0));
    CHECK_CASE(test_unknown(MESSAGE_NONE));
    CHECK_CASE(test_unknown(MESSAGE_TYPES));
    CHECK_CASE(with_line(test_job));
    CHECK_CASE(with_line(test_job_refused));
    CHECK_CASE(with_line(test_volume));
    CHECK_CASE(with_line(test_item));
    CHECK_CASE(with_line(test_item_refused));
    CHECK_CASE(with_line(test_extracted));
    CHECK_CASE(with_line(test_extracted_refused));
    CHECK_CASE(with_line(test_change));
    CHECK_CASE(with_line(test_change_fields));
    CHECK_CASE(with_line(test_change_refused));
    CHECK_CASE(test_details());
    CHECK_CASE(with_line(test_note));
    CHECK_CASE(with_line(test_salvaged));
    CHECK_CASE(with_line(test_salvaged_refused));
    return check_done();
}
