/*
 * The feed of a worker: what comes out of the pipe is what is hashed, once or twice, and what
 * stands in the result when the worker ends early, or the file is not what it was.
 */
#include "intake/feed.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/fixture.h"
#include "lib/unit_check.h"

#define LONG_LEN ((size_t)5 * VOLUME_PIECE_LEN + 70000) /* more than the pipe and a piece hold */

/* Two volumes, the second of which is short, and a feed of them. */
struct feeding {
    struct buffer content[2];
    struct intake_volume volumes[2];
    struct envelope env; /* without repair data */
    struct intake_job job;
    struct feed feed;
    struct intake_result result;
    struct fault fault;
    int fd; /* the worker's end of the pipe */
};

static const char *const names[2] = {"first", "second"};

static void make_volume(struct feeding *t, size_t i, size_t len)
{
    struct random random = fixture_random(names[i]);

    t->content[i] = (struct buffer){fixture_alloc(len), len, len};
    random_bytes(&random, t->content[i].data, len);
    fixture_write(check_scratch(names[i]), t->content[i].data, len);
    t->volumes[i].name = names[i];
    t->volumes[i].env = &t->env;
    CHECK_INT(SEAL_OK, volume_open(&t->volumes[i].in, check_scratch(names[i]), &t->fault));
}

/* Of volumes that were made. */
static void begin(struct feeding *t, enum intake_task task, size_t count, bool check_first)
{
    t->job = (struct intake_job){.task = task,
                                 .volumes = t->volumes,
                                 .volume_count = count,
                                 .check_first = check_first,
                                 .output = -1};
    CHECK_INT(SEAL_OK, feed_init(&t->feed, &t->job, &t->fault));
    t->fd = feed_fd(&t->feed) < 0 ? -1 : dup(feed_fd(&t->feed));
    CHECK_INT(SEAL_OK, feed_start(&t->feed, &t->fault));
}

static void end(struct feeding *t)
{
    for (size_t i = 0; i < 2; i++) {
        volume_close(t->volumes[i].in);
        buffer_free(&t->content[i]);
    }
    intake_result_free(&t->result);
}

/* The worker has ended, and says that. */
static void end_feed(struct feeding *t, enum seal_status status, bool reads_on, uint64_t known)
{
    const struct intake_observer nobody = {.ctx = NULL};

    if (t->fd >= 0)
        (void)close(t->fd);
    t->fault = (struct fault){.status = status};
    feed_end(&t->feed, reads_on, known, &nobody, &t->fault);
    feed_free(&t->feed, &t->result);
}

/* Whether the next bytes are those of a volume. */
static bool comes(const struct feeding *t, size_t i)
{
    size_t len = t->content[i].len, got = 0;
    uint8_t *data = fixture_alloc(len);
    bool is_same =
        fd_read_full(t->fd, data, len, &got, &(struct fault){.status = SEAL_OK}) == SEAL_OK &&
        got == len && memcmp(data, t->content[i].data, len) == 0;

    free(data);
    return is_same;
}

static bool is_at_end(const struct feeding *t)
{
    char byte;

    return read(t->fd, &byte, 1) == 0;
}

static void check_sealed(const struct feeding *t, size_t i)
{
    uint8_t want[SHA256_LEN];

    sha256_of(want, t->content[i].data, t->content[i].len);
    CHECK(t->result.sealed[i].is_whole);
    CHECK_INT(t->content[i].len, t->result.sealed[i].len);
    CHECK_BYTES(want, t->result.sealed[i].sha256, sizeof want);
}

static void test_volumes(void)
{
    for (int twice = 0; twice < 2; twice++) {
        struct feeding t = {.fd = -1};

        check_about("two volumes, %d", twice);
        make_volume(&t, 0, LONG_LEN);
        make_volume(&t, 1, 4097);
        begin(&t, INTAKE_BAG, 2, twice == 1);
        for (int i = 0; i <= twice; i++)
            CHECK(comes(&t, 0) && comes(&t, 1));
        CHECK(is_at_end(&t));
        end_feed(&t, SEAL_OK, true, 0);
        CHECK_INT(SEAL_OK, t.fault.status);
        check_sealed(&t, 0);
        check_sealed(&t, 1);
        end(&t);
    }
}

/* The worker has ended long before the end of the file. */
static void test_early_end(void)
{
    for (int reads_on = 0; reads_on < 2; reads_on++) {
        struct feeding t = {.fd = -1};
        char byte;

        check_about("an early end, reads on: %d", reads_on);
        make_volume(&t, 0, LONG_LEN);
        begin(&t, INTAKE_RAW, 1, false);
        CHECK_INT(1, read(t.fd, &byte, 1));
        end_feed(&t, SEAL_HOSTILE, reads_on == 1, 1);
        CHECK_INT(SEAL_HOSTILE, t.fault.status);
        if (reads_on == 1)
            check_sealed(&t, 0);
        else
            CHECK(!t.result.sealed[0].is_whole);
        end(&t);
    }
}

/* What the worker says of a file that became shorter is no verdict on it. */
static void test_change(void)
{
    struct feeding t = {.fd = -1};

    check_about("a file that becomes shorter");
    make_volume(&t, 0, LONG_LEN);
    CHECK_INT(0, truncate(check_scratch(names[0]), (off_t)LONG_LEN - 1));
    begin(&t, INTAKE_BAG, 1, false);
    CHECK(!comes(&t, 0));
    end_feed(&t, SEAL_DAMAGED, false, 0);
    CHECK_INT(SEAL_IO, t.fault.status);
    CHECK_INT(REASON_CHANGED, t.fault.reason);
    CHECK(!t.result.sealed[0].is_whole);
    end(&t);
}

/* As fast as it is read: that is no reason to read for ever. */
static void test_growth(void)
{
    struct feeding t = {.fd = -1};
    uint8_t *piece = fixture_alloc(VOLUME_PIECE_LEN);
    off_t len = (off_t)LONG_LEN;
    size_t got = VOLUME_PIECE_LEN;

    check_about("a file that grows");
    make_volume(&t, 0, LONG_LEN);
    begin(&t, INTAKE_BAG, 1, false);
    for (int i = 0; i < 50 && got == VOLUME_PIECE_LEN; i++) {
        len += 2 * (off_t)VOLUME_PIECE_LEN;
        CHECK_INT(0, truncate(check_scratch(names[0]), len));
        CHECK_INT(SEAL_OK, fd_read_full(t.fd, piece, VOLUME_PIECE_LEN, &got, &t.fault));
    }
    CHECK(got < VOLUME_PIECE_LEN);
    end_feed(&t, SEAL_DAMAGED, true, 0);
    CHECK_INT(REASON_CHANGED, t.fault.reason);
    free(piece);
    end(&t);
}

/* The file is another, of the same length and head, when it is read for the second time. */
static void test_second_reading(void)
{
    struct feeding t = {.fd = -1};
    int other;

    check_about("another file the second time");
    make_volume(&t, 0, LONG_LEN);
    begin(&t, INTAKE_STREAM, 1, true);
    CHECK(comes(&t, 0));
    /* The thread is ahead by what the pipe and a piece hold, not by all. */
    t.content[0].data[LONG_LEN - 1] ^= 1;
    other = open(check_scratch(names[0]), O_WRONLY);
    CHECK_INT(1, pwrite(other, t.content[0].data + LONG_LEN - 1, 1, (off_t)LONG_LEN - 1));
    (void)close(other);
    CHECK(comes(&t, 0));
    end_feed(&t, SEAL_OK, true, 2 * LONG_LEN);
    CHECK_INT(SEAL_IO, t.fault.status);
    CHECK_INT(REASON_CHANGED, t.fault.reason);
    end(&t);
}

static void test_tasks(void)
{
    static const bool is_fed[INTAKE_TASKS] = {
        [INTAKE_BAG] = true, [INTAKE_STREAM] = true, [INTAKE_RAW] = true, [INTAKE_MEND] = true};

    for (int task = 0; task < INTAKE_TASKS; task++) {
        struct feeding t = {.fd = -1};

        check_about("task %d", task);
        make_volume(&t, 0, 4097);
        begin(&t, (enum intake_task)task, 1, false);
        CHECK_INT(is_fed[task], t.fd >= 0);
        end_feed(&t, SEAL_OK, true, 0);
        CHECK_INT(SEAL_OK, t.fault.status);
        end(&t);
    }
}

int main(int argc, char **argv)
{
    check_start("feed", argc, argv);
    fixture_start(argc, argv);
    (void)signal(SIGPIPE, SIG_IGN); /* as the program does */
    CHECK_CASE(test_volumes());
    CHECK_CASE(test_early_end());
    CHECK_CASE(test_change());
    CHECK_CASE(test_growth());
    CHECK_CASE(test_second_reading());
    CHECK_CASE(test_tasks());
    return check_done();
}
