/*
 * The counting itself: what a program of these tests says and exits with, for cases that pass, fail
 * and are skipped.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/unit_check.h"

static void two_failures(void)
{
    CHECK_CASE((void)CHECK(true));
    check_case("two failures");
    CHECK(false);
    CHECK_INT(1, 2);
    CHECK(true);
}

static void many_turns(void)
{
    check_case("turns");
    for (int i = 0; i < 1000000; i++)
        CHECK(i >= 0);
}

static void no_case(void) {}

static void before_the_first(void)
{
    CHECK(true);
}

static void empty_case(void)
{
    check_case("nothing");
    CHECK_CASE((void)CHECK(true));
}

static void skipped(void)
{
    check_case("a case that cannot be tried");
    check_skip("no reason");
    CHECK_CASE((void)CHECK(true));
}

static void skipped_and_failed(void)
{
    check_case("a case that fails, and skips its rest");
    CHECK(false);
    check_skip("no reason");
}

static void ends_early(void)
{
    CHECK_CASE((void)CHECK(true));
    _exit(0);
}

/* Runs cases in a program of its own, whose complaints go nowhere. */
static void expect(void (*cases)(void), const char *last_line, int status)
{
    char said[4096] = "", *end;
    int fds[2], how;
    size_t len;
    FILE *f;

    (void)fflush(NULL);
    if (pipe(fds) != 0)
        abort();
    if (fork() == 0) {
        (void)dup2(fds[1], 1);
        if (freopen("/dev/null", "w", stderr) == NULL)
            _exit(2);
        check_start("cases", 1, NULL);
        cases();
        how = check_done();
        (void)fflush(stdout);
        _exit(how);
    }
    (void)close(fds[1]);
    f = fdopen(fds[0], "r");
    len = fread(said, 1, sizeof said - 1, f);
    (void)fclose(f);
    CHECK(wait(&how) > 0 && WIFEXITED(how) && WEXITSTATUS(how) == status);
    if (len > 0)
        said[len - 1] = '\0'; /* the line end */
    end = strrchr(said, '\n');
    CHECK_TEXT(last_line, end == NULL ? said : end + 1);
}

int main(int argc, char **argv)
{
    check_start("counting", argc, argv);
    CHECK_CASE(expect(two_failures, "cases: 1 passed, 1 failed (4 checks)", 1));
    CHECK_CASE(expect(many_turns, "cases: 1 passed, 0 failed (1000000 checks)", 0));
    CHECK_CASE(expect(no_case, "cases: 0 passed, 0 failed (0 checks)", 1));
    CHECK_CASE(expect(before_the_first, "cases: 1 passed, 0 failed (1 checks)", 0));
    CHECK_CASE(expect(empty_case, "cases: 1 passed, 1 failed (1 checks)", 1));
    CHECK_CASE(expect(skipped, "cases: 1 passed, 0 failed, 1 skipped (1 checks)", 0));
    CHECK_CASE(expect(skipped_and_failed, "cases: 0 passed, 1 failed (1 checks)", 1));
    CHECK_CASE(expect(ends_early, "", 0)); /* no sum: tests/run counts that as failed */
    return check_done();
}
