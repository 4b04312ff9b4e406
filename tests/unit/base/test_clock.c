/*
 * Dates and times of day.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/random.h"
#include "lib/unit_check.h"
#include "lib/fixture.h"

/* ---- Dates -------------------------------------------------------------------------------- */

static void check_day(uint32_t days)
{
    time_t t = (time_t)days * 86400;
    struct date d = date_from_days(days);
    struct tm tm;
    char text[40];
    uint32_t parsed = 0;

    CHECK(gmtime_r(&t, &tm) != NULL);
    (void)snprintf(text, sizeof text, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1,
                   tm.tm_mday);
    check_about("%s", text);
    CHECK(d.year == tm.tm_year + 1900 && d.month == tm.tm_mon + 1 && d.day == tm.tm_mday);
    if (tm.tm_year + 1900 > 9999)
        return;
    CHECK(date_parse(text, &parsed) && parsed == days);
}

static void test_dates(void)
{
    static const char *const bad[] = {
        "",           "2024",       "2023-02-29",  "2100-02-29",  "2024-02-30", "2024-04-31",
        "2024-13-01", "2024-00-10", "2024-01-00",  "2024-01-32",  "1969-12-31", "2024-1-01",
        "2024-01-1",  "2024/01/01", "24-01-01",    "2024-01-011", " 2024-01-1", "2024-01-0a",
        "+024-01-01", "-024-01-01", "2024-01-01 ", "0000-00-00"};
    struct random random = fixture_random("dates");
    uint32_t days;

    for (uint32_t day = 0; day <= 47846; day++) /* to 2100-12-31 */
        check_day(day);
    for (uint32_t year = 2100; year < 10000; year += 100) /* 28 February and 1 March */
        for (uint32_t off = 55; off < 63; off++)
            check_day((year - 1970) * 365 + (year - 1969) / 4 - (year - 1901) / 100 +
                      (year - 1601) / 400 + off);
    for (int i = 0; i < 2000; i++) {
        random_bytes(&random, &days, sizeof days);
        check_day(days);
    }
    check_day(UINT32_MAX);
    check_about("dates that are none");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (!CHECK(!date_parse(bad[i], &days)))
            fprintf(stderr, "    \"%s\"\n", bad[i]);
}

static void test_clock(void)
{
    time_t now = time(NULL);

    check_about("clock");
    CHECK(unsetenv("SEAL_TEST_SEED") == 0);
    CHECK(llabs((long long)clock_now().sec - (long long)now) <= 2);
    CHECK(clock_now().nsec < 1000000000);
    CHECK(setenv("SEAL_TEST_SEED", "x", 1) == 0);
    CHECK_INT(1700000000, clock_now().sec);
    CHECK_INT(1700000000 / 86400, date_today());
    CHECK(unsetenv("SEAL_TEST_SEED") == 0);
}

/* ---- Text for people ---------------------------------------------------------------------- */

static void check_time(const char *want, int64_t sec, uint32_t nsec, bool fraction)
{
    char text[TIME_TEXT_SIZE];

    time_format(text, (struct timestamp){sec, nsec}, fraction);
    CHECK_TEXT(want, text);
}

static void test_time_format(void)
{
    check_about("times");
    check_time("1970-01-01T00:00:00Z", 0, 0, false);
    check_time("2023-11-14T22:13:20Z", 1700000000, 999999999, false);
    check_time("2023-11-14T22:13:20.000000001Z", 1700000000, 1, true);
    check_time("1969-12-31T23:59:59Z", -1, 0, false);
    check_time("1969-12-31T23:59:59.500000000Z", -1, 500000000, true);
    check_time("1969-12-31T00:00:00Z", -86400, 0, false);
    check_time("1969-12-30T23:59:59Z", -86401, 0, false);
    check_time("1900-03-01T00:00:00Z", -2203891200, 0, false);
    check_time("1900-02-28T23:59:59Z", -2203891201, 0, false);
    check_time("2000-02-29T12:00:00Z", 951825600, 0, false);
    check_time("0000-01-01T00:00:00Z", -62167219200, 0, false);
    check_time("@-62167219201", -62167219201, 0, false);
    check_time("9999-12-31T23:59:59Z", 253402300799, 0, false);
    check_time("@253402300800", 253402300800, 0, false);
    check_time("@253402300800.000000007", 253402300800, 7, true);
    check_time("@9223372036854775807", INT64_MAX, 0, false);
    check_time("@-9223372036854775808.999999999", INT64_MIN, 999999999, true);
}

/* By the C library's own calendar. */
static void test_time_against_library(void)
{
    size_t differing = 0;

    check_about("times as the C library has them");
    for (int64_t sec = -62167219200; sec < 253402300800; sec += 86400 * 97 + 12345) {
        char ours[TIME_TEXT_SIZE], theirs[TIME_TEXT_SIZE];
        time_t t = (time_t)sec;
        struct tm tm;

        time_format(ours, (struct timestamp){sec, 0}, false);
        if (gmtime_r(&t, &tm) == NULL)
            continue;
        (void)snprintf(theirs, sizeof theirs, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900,
                       tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
        differing += strcmp(ours, theirs) != 0;
    }
    CHECK_INT(0, differing);
}

int main(int argc, char **argv)
{
    check_start("clock", argc, argv);
    fixture_start(argc, argv);
    CHECK_CASE(test_dates());
    CHECK_CASE(test_clock());
    CHECK_CASE(test_time_format());
    CHECK_CASE(test_time_against_library());
    return check_done();
}
