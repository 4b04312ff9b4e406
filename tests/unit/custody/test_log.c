/*
 * The log: its lines, and that it stays whole.
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
#include "lib/logs.h"

static void test_log_line(void)
{
    const char *path = check_scratch("line.log");
    struct custody_file file;
    struct custody c = logs_drop(&file, 0x11), refused;
    struct stat st;
    char *text;

    check_about("log line");
    logs_add(path, &c);
    refused = facts_refusal(&file, VERDICT_NO_KEY);
    file.name = "-";
    logs_add(path, &refused);
    file.has_sha256 = false;
    logs_add(path, &refused);
    text = logs_text(path);
    CHECK_TEXT(LOGS_HEAD "2026-11-22T20:16:10Z\t"
                         "1111111111111111111111111111111111111111111111111111111111111111\t"
                         "1111111111111111111111111111111111111111111111111111111111111111\t"
                         "11111111111111111111111111111111\t"
                         "1111111111111111111111111111111111111111111111111111111111111111\t"
                         "35964536525431939516\taccepted\tparcel.bin\n"
                         "2026-11-22T20:15:53Z\t"
                         "1111111111111111111111111111111111111111111111111111111111111111\t"
                         "-\t-\t-\t-\tno-key\t\\x2D\n"
                         "2026-11-22T20:15:53Z\t-\t-\t-\t-\t-\tno-key\t\\x2D\n",
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
        struct custody c = logs_drop(&file, 1);
        char *text;

        check_about("log name %zu", i);
        file.name = cases[i].name;
        logs_add(path, &c);
        text = logs_text(path);
        text[strlen(text) - 1] = '\0';
        CHECK_TEXT(cases[i].want, strrchr(text, '\t') + 1);
        CHECK_INT(2, facts_count(text, "\n"));
        free(text);
        CHECK_INT(0, unlink(path));
    }
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
    text = logs_text(path);
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
    struct custody c = logs_drop(&file, number);
    int failed = 0;

    for (size_t i = 0; i < LINES_EACH; i++)
        failed |= logs_add_to(path, &c, &fault) != SEAL_OK;
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
    text = logs_text(path);
    CHECK_INT(1, facts_count(text, LOGS_HEAD));
    for (char *line = text + strlen(LOGS_HEAD); *line != '\0'; line = strchr(line, '\n') + 1)
        whole += strncmp(line, "2026-11-22T20:1", 15) == 0 &&
                 strcspn(line, "\n") == 20 + 65 + 65 + 33 + 65 + 21 + 9 + 11;
    CHECK_INT(WRITERS * LINES_EACH, whole);
    CHECK_INT(WRITERS * LINES_EACH + 2, facts_count(text, "\n"));
    free(text);
    for (uint8_t i = 1; i <= WRITERS; i++) {
        struct custody c = logs_drop(&file, i);

        CHECK_INT(SEEN_FILE, logs_find(path, &c, when));
    }
}

/* The file may grow by some bytes only: what of the line fits is taken back. */
static void test_log_full(void)
{
    const char *path = check_scratch("full.log");
    struct custody_file file;
    struct custody c = logs_drop(&file, 1);
    struct rlimit old, tight;
    struct fault fault = {.status = SEAL_OK};
    char *before, *after;

    check_about("log full");
    logs_add(path, &c);
    before = logs_text(path);
    (void)signal(SIGXFSZ, SIG_IGN);
    CHECK_INT(0, getrlimit(RLIMIT_FSIZE, &old));
    tight = old;
    tight.rlim_cur = strlen(before) + 40;
    CHECK_INT(0, setrlimit(RLIMIT_FSIZE, &tight));
    CHECK_INT(SEAL_IO, logs_add_to(path, &c, &fault));
    CHECK_INT(EFBIG, fault.sys);
    CHECK_TEXT(path, fault.name);
    CHECK_INT(0, setrlimit(RLIMIT_FSIZE, &old));
    after = logs_text(path);
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
    CHECK_CASE(test_log_refused());
    CHECK_CASE(test_log_together());
    CHECK_CASE(test_log_full());
    return check_done();
}
