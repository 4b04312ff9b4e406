/*
 * The log: its lines, what is found in it, and that it stays whole.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "custody/custody.h"
#include "lib/unit_check.h"
#include "lib/facts.h"
#include "lib/fixture.h"

#define HEAD "# seal log 1\n# time\tsealed-sha256\tcommitment\tbag-id\tD\treceipt\tverdict\tfile\n"

/* A drop that shares nothing with those of other numbers. */
static struct custody drop(struct custody_file *file, uint8_t number)
{
    struct custody c;

    *file = facts_file();
    memset(file->sha256, number, sizeof file->sha256);
    c = facts_sample(file, 1);
    c.opened.sec += number;
    memset(c.commitment, number, sizeof c.commitment);
    memset(c.bag_id, number, sizeof c.bag_id);
    memset(c.digest, number, sizeof c.digest);
    return c;
}

static enum seal_status add_to(const char *path, const struct custody *c, struct fault *fault)
{
    struct custody_log *log;
    enum seal_status status = custody_log_open(&log, path, NULL, NULL, fault);

    if (status != SEAL_OK)
        return status;
    status = custody_log_add(log, c, fault);
    custody_log_close(log);
    return status;
}

static void add(const char *path, const struct custody *c)
{
    struct fault fault = {.status = SEAL_OK};

    CHECK_INT(SEAL_OK, add_to(path, c, &fault));
}

static enum custody_double find(const char *path, const struct custody *c,
                                char when[static TIME_TEXT_SIZE])
{
    struct fault fault = {.status = SEAL_OK};
    enum custody_double seen = NOT_SEEN;
    struct custody_log *log;

    if (CHECK_INT(SEAL_OK, custody_log_open(&log, path, NULL, NULL, &fault))) {
        CHECK_INT(SEAL_OK, custody_log_find(log, c, &seen, when, &fault));
        custody_log_close(log);
    }
    return seen;
}

static char *log_text(const char *path)
{
    struct buffer b = fixture_read(path);

    if (buffer_append_text(&b, "") != SEAL_OK)
        abort();
    return (char *)b.data;
}

static void test_log_line(void)
{
    const char *path = check_scratch("line.log");
    struct custody_file file;
    struct custody c = drop(&file, 0x11), refused;
    struct stat st;
    char *text;

    check_about("log line");
    add(path, &c);
    refused = facts_refusal(&file, VERDICT_NO_KEY);
    file.name = "-";
    add(path, &refused);
    text = log_text(path);
    CHECK_TEXT(HEAD "2026-11-22T20:16:10Z\t"
                    "1111111111111111111111111111111111111111111111111111111111111111\t"
                    "1111111111111111111111111111111111111111111111111111111111111111\t"
                    "11111111111111111111111111111111\t"
                    "1111111111111111111111111111111111111111111111111111111111111111\t"
                    "35964536525431939516\taccepted\tparcel.bin\n"
                    "2026-11-22T20:15:53Z\t"
                    "1111111111111111111111111111111111111111111111111111111111111111\t"
                    "-\t-\t-\t-\tno-key\t\\x2D\n",
               text);
    CHECK_INT(0, stat(path, &st));
    CHECK_INT(0600, st.st_mode & 07777);
    free(text);
}

static void test_log_names(void)
{
    static const struct {
        const char *name, *want;
    } cases[] = {{"=1+1", "\\x3D1+1"},
                 {"+1", "\\x2B1"},
                 {"-1", "\\x2D1"},
                 {"@x", "\\x40x"},
                 {" =1", "\\x20=1"},
                 {"'x", "\\x27x"},
                 {"\"a\"b", "\\x22a\\x22b"},
                 {"\xef\xbc\x9d"
                  "1",
                  "\\xEF\\xBC\\x9D1"},
                 {"\t=1\n2025", "\\x09=1\\x0A2025"},
                 {"a=1", "a=1"},
                 {EVIL, EVIL_SHOWN}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *path = check_scratch("names.log");
        struct custody_file file;
        struct custody c = drop(&file, 1);
        char *text;

        check_about("log name %zu", i);
        file.name = cases[i].name;
        add(path, &c);
        text = log_text(path);
        text[strlen(text) - 1] = '\0';
        CHECK_TEXT(cases[i].want, strrchr(text, '\t') + 1);
        CHECK_INT(2, facts_count(text, "\n"));
        free(text);
        CHECK_INT(0, unlink(path));
    }
}

static void test_log_find(void)
{
    const char *path = check_scratch("find.log");
    struct custody_file file, other_file;
    struct custody c = drop(&file, 1), other;
    char when[TIME_TEXT_SIZE];

    check_about("log find");
    CHECK_INT(NOT_SEEN, find(path, &c, when));
    add(path, &c);
    c = drop(&file, 2);
    CHECK_INT(NOT_SEEN, find(path, &c, when));
    CHECK_TEXT("", when);
    c.verdict = VERDICT_DAMAGED; /* such a line is no earlier drop */
    add(path, &c);
    CHECK_INT(NOT_SEEN, find(path, &c, when));
    c.verdict = VERDICT_INCOMPLETE;
    add(path, &c);
    c.opened.sec += 1000;
    add(path, &c);
    CHECK_INT(SEEN_FILE, find(path, &c, when));
    CHECK_TEXT("2026-11-22T20:15:55Z", when);

    other = drop(&other_file, 3);
    memcpy(other.commitment, c.commitment, sizeof c.commitment);
    CHECK_INT(SEEN_HEAD, find(path, &other, when));
    other = drop(&other_file, 3);
    memcpy(other.bag_id, c.bag_id, sizeof c.bag_id);
    CHECK_INT(SEEN_NUMBER, find(path, &other, when));
    other.was_checked = false;
    CHECK_INT(SEEN_NUMBER, find(path, &other, when));
    other = drop(&other_file, 3);
    memcpy(other.digest, c.digest, sizeof c.digest);
    CHECK_INT(SEEN_BAG, find(path, &other, when));
    other.content = CUSTODY_RAW;
    CHECK_INT(NOT_SEEN, find(path, &other, when));
    other = facts_refusal(&file, VERDICT_NO_KEY);
    CHECK_INT(SEEN_FILE, find(path, &other, when));
    memset(file.sha256, 0, sizeof file.sha256);
    CHECK_INT(NOT_SEEN, find(path, &other, when));
    /* What says most counts, and not the first line: that may be somebody else's, with this ID. */
    other = drop(&other_file, 2);
    memset(other.digest, 1, sizeof other.digest);
    CHECK_INT(SEEN_FILE, find(path, &other, when));
    CHECK_TEXT("2026-11-22T20:15:55Z", when);
    other = drop(&other_file, 3);
    memset(other.digest, 1, sizeof other.digest);
    memcpy(other.bag_id, c.bag_id, sizeof c.bag_id);
    CHECK_INT(SEEN_BAG, find(path, &other, when));
    CHECK_TEXT("2026-11-22T20:15:54Z", when);
}

static void test_log_volumes(void)
{
    const char *path = check_scratch("volumes.log");
    struct custody_file file, files[3], many[501];
    struct custody c = drop(&file, 9);
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
    add(path, &c);
    CHECK_INT(SEEN_FILE, find(path, &c, when));
    files[0] = files[1];
    memset(files[1].sha256, 0x20, SHA256_LEN);
    CHECK_INT(SEEN_FILE, find(path, &c, when));
    c.file_count = 2;
    CHECK_INT(NOT_SEEN, find(path, &c, when));

    for (size_t i = 0; i < 501; i++)
        many[i] = facts_file();
    c.files = many;
    c.file_count = 501;
    c.opened.sec = 0;
    add(path, &c);
    CHECK_INT(NOT_SEEN, find(path, &c, when));
    text = log_text(path);
    CHECK(strstr(text, "\n1970-01-01T00:00:00Z\t-\t-\t") != NULL);
    free(text);
}

/* Lines that are none, or torn, or too long, are passed over; what follows is found. */
static void test_log_malformed(void)
{
    const char *path = check_scratch("malformed.log");
    struct custody_file file;
    struct custody c = drop(&file, 1);
    struct buffer b = {0};
    char when[TIME_TEXT_SIZE];
    char *line = NULL;

    check_about("log malformed");
    add(path, &c);
    line = log_text(path);
    CHECK_INT(SEAL_OK, buffer_append_text(&b, HEAD "\n\t\t\t\t\t\t\t\nx\n"));
    for (size_t i = 0; i < 200000; i++)
        CHECK(buffer_append_text(&b, "y") == SEAL_OK);
    CHECK_INT(SEAL_OK, buffer_append_text(&b, "\n"));
    CHECK_INT(SEAL_OK, buffer_append(&b, "\0\n", 2));
    CHECK_INT(SEAL_OK, buffer_printf(&b, "\x1b[2J%s", line + strlen(HEAD)));
    fixture_write(path, b.data, b.len);
    CHECK_INT(NOT_SEEN, find(path, &c, when));
    CHECK_INT(SEAL_OK, buffer_append_text(&b, line + strlen(HEAD)));
    fixture_write(path, b.data, b.len);
    CHECK_INT(SEEN_FILE, find(path, &c, when));
    free(line);
    buffer_free(&b);
}

static uint64_t odd_lines(const char *path)
{
    struct fault fault = {.status = SEAL_OK};
    struct custody_log *log;
    uint64_t count = 0;

    if (CHECK_INT(SEAL_OK, custody_log_open(&log, path, NULL, NULL, &fault))) {
        CHECK_INT(SEAL_OK, custody_log_count_odd(log, &count, &fault));
        custody_log_close(log);
    }
    return count;
}

/* Begins a log anew, with the head and then so many lines. */
static uint64_t odd_of(const char *path, const char *lines)
{
    struct buffer b = {0};

    CHECK_INT(SEAL_OK, buffer_printf(&b, HEAD "%s", lines));
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
    struct custody c = drop(&file, 1);
    char *text;

    check_about("log odd");
    for (enum custody_verdict v = 0; v < VERDICT_COUNT; v++) {
        c.verdict = v;
        add(path, &c);
    }
    c = facts_refusal(&file, VERDICT_NO_KEY);
    c.step = STEP_VERIFIED;
    add(path, &c);
    text = log_text(path);
    fixture_write(path, text, strlen(text) - 5);
    free(text);
    add(path, &c); /* behind a torn line */
    CHECK_INT(0, odd_lines(path));
    CHECK_INT(0, odd_of(path, "\n# a remark\n\r\n"));
    CHECK_INT(2, odd_of(path, "x\ny\n# z\n"));
    CHECK_INT(1, odd_of(path, "2026-11-30T04:47:28Z\t-\t-\t-\t-\t-\tAccepted\tx\n"));
    CHECK_INT(1, odd_of(path, "2026-11-30T04:47:28Z\tab\t-\t-\t-\t-\taccepted\tx\n"));
    CHECK_INT(1, odd_of(path, "2026-11-30T04:47:28Z\t-\t-\t1,1E+31\t-\t-\taccepted\tx\n"));
    CHECK_INT(1, odd_of(path, "2026-11-30 04:47:28\t-\t-\t-\t-\t-\taccepted\tx\n"));
    CHECK_INT(0, odd_of(path, "2026-11-30T04:47:28Z\t-\t-\t-\t-\t-\taccepted\tx\r\n"));
    CHECK_INT(0, unlink(path));
    add(path, &c);
    text = log_text(path);
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
    struct custody c = drop(&file, 1), next = drop(&next_file, 2);
    struct buffer b = {0};
    char when[TIME_TEXT_SIZE];
    char *text;

    check_about("log with CR LF");
    add(path, &c);
    text = log_text(path);
    for (const char *s = text; *s != '\0'; s++)
        CHECK(buffer_printf(&b, *s == '\n' ? "\r%c" : "%c", *s) == SEAL_OK);
    fixture_write(path, b.data, b.len);
    CHECK_INT(0, odd_lines(path));
    CHECK_INT(SEEN_FILE, find(path, &c, when));
    CHECK_TEXT("2026-11-22T20:15:54Z", when);
    add(path, &next);
    CHECK_INT(SEEN_FILE, find(path, &next, when));
    CHECK_INT(0, odd_lines(path));
    free(text);
    buffer_free(&b);
}

/* Wherever the last line was torn: it is no drop, and the next one is found. */
static void test_log_torn(void)
{
    const char *path = check_scratch("torn.log");
    struct custody_file file, next_file;
    struct custody c = drop(&file, 1), next = drop(&next_file, 2);
    char when[TIME_TEXT_SIZE];
    size_t len;
    char *text;

    check_about("log torn");
    add(path, &c);
    text = log_text(path);
    len = strlen(text);
    for (size_t cut = 0; cut < len; cut++) {
        char *after;

        check_about("log torn at %zu", cut);
        fixture_write(path, text, cut);
        add(path, &next);
        CHECK_INT(NOT_SEEN, find(path, &c, when));
        CHECK_INT(SEEN_FILE, find(path, &next, when));
        after = log_text(path);
        CHECK(strncmp(after, HEAD, strlen(HEAD)) == 0);
        CHECK(strncmp(after, text, cut) == 0);
        CHECK_INT(cut <= strlen(HEAD) ? 3 : 4, facts_count(after, "\n"));
        free(after);
    }
    free(text);
}

static void expect_refusal(const char *path)
{
    struct fault fault = {.status = SEAL_OK};
    struct custody_log *log;

    CHECK_INT(SEAL_USAGE, custody_log_open(&log, path, NULL, NULL, &fault));
    CHECK_INT(REASON_LOG_NONE, fault.reason);
    CHECK_TEXT(path, fault.name);
    CHECK(log == NULL);
}

static void test_log_refused(void)
{
    const char *path = check_scratch("foreign");
    struct fault fault = {.status = SEAL_OK};
    struct custody_log *log;
    char *text;

    check_about("log refused");
    fixture_write(path, "my notes\n", 9);
    expect_refusal(path);
    text = log_text(path);
    CHECK_TEXT("my notes\n", text);
    free(text);
    fixture_write(path, "# seal log 2\n", 13);
    expect_refusal(path);
    CHECK_INT(0, mkfifo(check_scratch("fifo"), 0600));
    expect_refusal(check_scratch("fifo"));
    expect_refusal(check_scratch(""));
    expect_refusal("/dev/null");
    CHECK_INT(SEAL_IO, custody_log_open(&log, check_scratch("no/such/folder"), NULL, NULL, &fault));
    CHECK_INT(ENOENT, fault.sys);
}

#define WRITERS 8
#define LINES_EACH 50

static _Noreturn void write_lines(const char *path, uint8_t number)
{
    struct fault fault = {.status = SEAL_OK};
    struct custody_file file;
    struct custody c = drop(&file, number);
    int failed = 0;

    for (size_t i = 0; i < LINES_EACH; i++)
        failed |= add_to(path, &c, &fault) != SEAL_OK;
    _exit(failed);
}

static void test_log_together(void)
{
    const char *path = check_scratch("together.log");
    struct custody_file file;
    char when[TIME_TEXT_SIZE];
    size_t whole = 0;
    char *text;
    pid_t pids[WRITERS];

    check_about("log together");
    for (size_t i = 0; i < WRITERS; i++) {
        pids[i] = fork();
        if (pids[i] == 0)
            write_lines(path, (uint8_t)(i + 1));
    }
    for (size_t i = 0; i < WRITERS; i++) {
        int status = -1;

        CHECK_INT(pids[i], waitpid(pids[i], &status, 0));
        CHECK_INT(0, status);
    }
    text = log_text(path);
    CHECK_INT(1, facts_count(text, HEAD));
    for (char *line = text + strlen(HEAD); *line != '\0'; line = strchr(line, '\n') + 1)
        whole += strncmp(line, "2026-11-22T20:1", 15) == 0 &&
                 strcspn(line, "\n") == 20 + 65 + 65 + 33 + 65 + 21 + 9 + 11;
    CHECK_INT(WRITERS * LINES_EACH, whole);
    CHECK_INT(WRITERS * LINES_EACH + 2, facts_count(text, "\n"));
    free(text);
    for (uint8_t i = 1; i <= WRITERS; i++) {
        struct custody c = drop(&file, i);

        CHECK_INT(SEEN_FILE, find(path, &c, when));
    }
}

/* The file may grow by some bytes only: what of the line fits is taken back. */
static void test_log_full(void)
{
    const char *path = check_scratch("full.log");
    struct custody_file file;
    struct custody c = drop(&file, 1);
    struct rlimit old, tight;
    struct fault fault = {.status = SEAL_OK};
    char *before, *after;

    check_about("log full");
    add(path, &c);
    before = log_text(path);
    (void)signal(SIGXFSZ, SIG_IGN);
    CHECK_INT(0, getrlimit(RLIMIT_FSIZE, &old));
    tight = old;
    tight.rlim_cur = strlen(before) + 40;
    CHECK_INT(0, setrlimit(RLIMIT_FSIZE, &tight));
    CHECK_INT(SEAL_IO, add_to(path, &c, &fault));
    CHECK_INT(EFBIG, fault.sys);
    CHECK_TEXT(path, fault.name);
    CHECK_INT(0, setrlimit(RLIMIT_FSIZE, &old));
    after = log_text(path);
    CHECK_TEXT(before, after);
    free(before);
    free(after);
}

int main(int argc, char **argv)
{
    check_start("log", argc, argv);
    fixture_start(argc, argv);
    CHECK_CASE(test_log_line());
    CHECK_CASE(test_log_names());
    CHECK_CASE(test_log_find());
    CHECK_CASE(test_log_volumes());
    CHECK_CASE(test_log_malformed());
    CHECK_CASE(test_log_odd());
    CHECK_CASE(test_log_carriage_returns());
    CHECK_CASE(test_log_torn());
    CHECK_CASE(test_log_refused());
    CHECK_CASE(test_log_together());
    CHECK_CASE(test_log_full());
    return check_done();
}
