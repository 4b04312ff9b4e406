/*
 * What is found in a log: drops that were received before, also in one that was torn, or that
 * another program changed.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "custody/custody.h"
#include "lib/unit_check.h"
#include "lib/facts.h"
#include "lib/fixture.h"
#include "lib/logs.h"

static void test_log_find(void)
{
    const char *path = check_scratch("find.log");
    struct custody_file file, other_file;
    struct custody c = logs_drop(&file, 1), other;
    char when[TIME_TEXT_SIZE];

    check_about("log find");
    CHECK_INT(NOT_SEEN, logs_find(path, &c, when));
    logs_add(path, &c);
    c = logs_drop(&file, 2);
    CHECK_INT(NOT_SEEN, logs_find(path, &c, when));
    CHECK_TEXT("", when);
    c.verdict = VERDICT_DAMAGED; /* such a line is no earlier drop */
    logs_add(path, &c);
    CHECK_INT(NOT_SEEN, logs_find(path, &c, when));
    c.verdict = VERDICT_INCOMPLETE;
    logs_add(path, &c);
    c.opened.sec += 1000;
    logs_add(path, &c);
    CHECK_INT(SEEN_FILE, logs_find(path, &c, when));
    CHECK_TEXT("2026-11-22T20:15:55Z", when);

    other = logs_drop(&other_file, 3);
    memcpy(other.commitment, c.commitment, sizeof c.commitment);
    CHECK_INT(SEEN_HEAD, logs_find(path, &other, when));
    other = logs_drop(&other_file, 3);
    memcpy(other.bag_id, c.bag_id, sizeof c.bag_id);
    CHECK_INT(SEEN_NUMBER, logs_find(path, &other, when));
    other.was_checked = false;
    CHECK_INT(SEEN_NUMBER, logs_find(path, &other, when));
    other = logs_drop(&other_file, 3);
    memcpy(other.digest, c.digest, sizeof c.digest);
    CHECK_INT(SEEN_BAG, logs_find(path, &other, when));
    other.content = CUSTODY_RAW;
    CHECK_INT(NOT_SEEN, logs_find(path, &other, when));
    other = facts_refusal(&file, VERDICT_NO_KEY);
    CHECK_INT(SEEN_FILE, logs_find(path, &other, when));
    memset(file.sha256, 0, sizeof file.sha256);
    CHECK_INT(NOT_SEEN, logs_find(path, &other, when));
    /* What says most counts, and not the first line: that may be somebody else's, with this ID. */
    other = logs_drop(&other_file, 2);
    memset(other.digest, 1, sizeof other.digest);
    CHECK_INT(SEEN_FILE, logs_find(path, &other, when));
    CHECK_TEXT("2026-11-22T20:15:55Z", when);
    other = logs_drop(&other_file, 3);
    memset(other.digest, 1, sizeof other.digest);
    memcpy(other.bag_id, c.bag_id, sizeof c.bag_id);
    CHECK_INT(SEEN_BAG, logs_find(path, &other, when));
    CHECK_TEXT("2026-11-22T20:15:54Z", when);
}

static void test_log_volumes(void)
{
    const char *path = check_scratch("volumes.log");
    struct custody_file file, files[3], many[501];
    struct custody c = logs_drop(&file, 9);
    char when[TIME_TEXT_SIZE];
    char *text;

    check_about("log volumes");
    for (size_t i = 0; i < 3; i++) {
        files[i] = facts_file();
        memset(files[i].sha256, (int)(0x20 + i), SHA256_LEN);
    }
    c.files = files;
    c.file_count = 3;
    c.was_opened = c.was_checked = false;
    logs_add(path, &c);
    CHECK_INT(SEEN_FILE, logs_find(path, &c, when));
    files[0] = files[1];
    memset(files[1].sha256, 0x20, SHA256_LEN);
    CHECK_INT(SEEN_FILE, logs_find(path, &c, when));
    c.file_count = 2;
    CHECK_INT(NOT_SEEN, logs_find(path, &c, when));

    for (size_t i = 0; i < 501; i++)
        many[i] = facts_file();
    c.files = many;
    c.file_count = 501;
    c.opened.sec = 0;
    logs_add(path, &c);
    CHECK_INT(NOT_SEEN, logs_find(path, &c, when));
    text = logs_text(path);
    CHECK(strstr(text, "\n1970-01-01T00:00:00Z\t-\t-\t") != NULL);
    free(text);
}

/* Lines that are none, or torn, or too long, are passed over; what follows is found. */
static void test_log_malformed(void)
{
    const char *path = check_scratch("malformed.log");
    struct custody_file file;
    struct custody c = logs_drop(&file, 1);
    struct buffer b = {0};
    char when[TIME_TEXT_SIZE];
    char *line = NULL;

    check_about("log malformed");
    logs_add(path, &c);
    line = logs_text(path);
    CHECK_INT(SEAL_OK, buffer_append_text(&b, LOGS_HEAD "\n\t\t\t\t\t\t\t\nx\n"));
    for (size_t i = 0; i < 200000; i++)
        CHECK(buffer_append_text(&b, "y") == SEAL_OK);
    CHECK_INT(SEAL_OK, buffer_append_text(&b, "\n"));
    CHECK_INT(SEAL_OK, buffer_append(&b, "\0\n", 2));
    CHECK_INT(SEAL_OK, buffer_printf(&b, "\x1b[2J%s", line + strlen(LOGS_HEAD)));
    fixture_write(path, b.data, b.len);
    CHECK_INT(NOT_SEEN, logs_find(path, &c, when));
    CHECK_INT(SEAL_OK, buffer_append_text(&b, line + strlen(LOGS_HEAD)));
    fixture_write(path, b.data, b.len);
    CHECK_INT(SEEN_FILE, logs_find(path, &c, when));
    free(line);
    buffer_free(&b);
}

static uint64_t odd_lines(const char *path)
{
    struct fault fault = {.status = SEAL_OK};
    struct custody_log *log;
    char last[TIME_TEXT_SIZE];
    uint64_t count = 0;

    if (CHECK_INT(SEAL_OK, custody_log_open(&log, path, NULL, NULL, &fault))) {
        CHECK_INT(SEAL_OK, custody_log_survey(log, &count, last, &fault));
        custody_log_close(log);
    }
    return count;
}

/* Begins a log anew, with the head and then so many lines. */
static uint64_t odd_of(const char *path, const char *lines)
{
    struct buffer b = {0};

    CHECK_INT(SEAL_OK, buffer_printf(&b, LOGS_HEAD "%s", lines));
    fixture_write(path, b.data, b.len);
    buffer_free(&b);
    return odd_lines(path);
}

static void replace_all(char *text, char from, char to)
{
    for (char *s = text; (s = strchr(s, from)) != NULL;)
        *s = to;
}

/* Lines that another program changed are counted, and none that unseal writes. */
static void test_log_odd(void)
{
    const char *path = check_scratch("odd.log");
    struct custody_file file;
    struct custody c = logs_drop(&file, 1);
    char *text;

    check_about("log odd");
    for (enum custody_verdict v = 0; v < VERDICT_COUNT; v++) {
        c.verdict = v;
        logs_add(path, &c);
    }
    c = facts_refusal(&file, VERDICT_NO_KEY);
    c.step = STEP_VERIFIED;
    logs_add(path, &c);
    text = logs_text(path);
    fixture_write(path, text, strlen(text) - 5);
    free(text);
    logs_add(path, &c); /* behind a torn line */
    CHECK_INT(0, odd_lines(path));
    CHECK_INT(0, odd_of(path, "\n# a remark\n\r\n"));
    CHECK_INT(2, odd_of(path, "x\ny\n# z\n"));
    CHECK_INT(1, odd_of(path, "2026-11-30T04:47:28Z\t-\t-\t-\t-\t-\tAccepted\tx\n"));
    CHECK_INT(1, odd_of(path, "2026-11-30T04:47:28Z\tab\t-\t-\t-\t-\taccepted\tx\n"));
    CHECK_INT(1, odd_of(path, "2026-11-30T04:47:28Z\t-\t-\t1,1E+31\t-\t-\taccepted\tx\n"));
    CHECK_INT(1, odd_of(path, "2026-11-30 04:47:28\t-\t-\t-\t-\t-\taccepted\tx\n"));
    CHECK_INT(0, odd_of(path, "2026-11-30T04:47:28Z\t-\t-\t-\t-\t-\taccepted\tx\r\n"));
    CHECK_INT(0, unlink(path));
    logs_add(path, &c);
    text = logs_text(path);
    replace_all(text, '\t', ' ');
    fixture_write(path, text, strlen(text));
    CHECK_INT(1, odd_lines(path));
    free(text);
}

/* An editor of Windows made CR LF of each LF. */
static void test_log_carriage_returns(void)
{
    const char *path = check_scratch("cr.log");
    struct custody_file file, next_file;
    struct custody c = logs_drop(&file, 1), next = logs_drop(&next_file, 2);
    struct buffer b = {0};
    char when[TIME_TEXT_SIZE];
    char *text;

    check_about("log with CR LF");
    logs_add(path, &c);
    text = logs_text(path);
    for (const char *s = text; *s != '\0'; s++)
        CHECK(buffer_printf(&b, *s == '\n' ? "\r%c" : "%c", *s) == SEAL_OK);
    fixture_write(path, b.data, b.len);
    CHECK_INT(0, odd_lines(path));
    CHECK_INT(SEEN_FILE, logs_find(path, &c, when));
    CHECK_TEXT("2026-11-22T20:15:54Z", when);
    logs_add(path, &next);
    CHECK_INT(SEEN_FILE, logs_find(path, &next, when));
    CHECK_INT(0, odd_lines(path));
    free(text);
    buffer_free(&b);
}

/* Wherever the last line was torn: it is no drop, and the next one is found. */
static void test_log_torn(void)
{
    const char *path = check_scratch("torn.log");
    struct custody_file file, next_file;
    struct custody c = logs_drop(&file, 1), next = logs_drop(&next_file, 2);
    char when[TIME_TEXT_SIZE];
    size_t len;
    char *text;

    check_about("log torn");
    logs_add(path, &c);
    text = logs_text(path);
    len = strlen(text);
    for (size_t cut = 0; cut < len; cut++) {
        char *after;

        check_about("log torn at %zu", cut);
        fixture_write(path, text, cut);
        logs_add(path, &next);
        CHECK_INT(NOT_SEEN, logs_find(path, &c, when));
        CHECK_INT(SEEN_FILE, logs_find(path, &next, when));
        after = logs_text(path);
        CHECK(strncmp(after, LOGS_HEAD, strlen(LOGS_HEAD)) == 0);
        CHECK(strncmp(after, text, cut) == 0);
        CHECK_INT(cut <= strlen(LOGS_HEAD) ? 3 : 4, facts_count(after, "\n"));
        free(after);
    }
    free(text);
}

int main(int argc, char **argv)
{
    check_start("log_find", argc, argv);
    fixture_start(argc, argv);
    CHECK_CASE(test_log_find());
    CHECK_CASE(test_log_volumes());
    CHECK_CASE(test_log_malformed());
    CHECK_CASE(test_log_odd());
    CHECK_CASE(test_log_carriage_returns());
    CHECK_CASE(test_log_torn());
    return check_done();
}
