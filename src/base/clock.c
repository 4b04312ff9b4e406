#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECONDS_A_DAY 86400

#ifdef SEAL_TESTING
/* Test builds with a seeded generator have a clock that stands still. */
static bool stands_still(void)
{
    return getenv("SEAL_TEST_SEED") != NULL;
}
#endif

struct timestamp clock_now(void)
{
    struct timespec now = {0};

#ifdef SEAL_TESTING
    if (stands_still())
        return (struct timestamp){1700000000, 0};
#endif
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (struct timestamp){now.tv_sec, (uint32_t)now.tv_nsec};
}

/* Counting in eras of 400 years that begin on 1 March, so that the leap day ends a year. */
struct date date_from_days(uint32_t days)
{
    uint32_t z = days, era, doe, yoe, doy, mp;
    struct date d;

    /* 719468 days lie between 0000-03-01 and 1970-01-01. Split so as not to overflow. */
    era = z / 146097;
    doe = z % 146097 + 719468;
    era += doe / 146097;
    doe %= 146097;
    yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    mp = (5 * doy + 2) / 153;
    d.day = (int)(doy - (153 * mp + 2) / 5 + 1);
    d.month = (int)(mp < 10 ? mp + 3 : mp - 9);
    d.year = (int)(yoe + era * 400) + (d.month <= 2);
    return d;
}

static bool all_digits(const char *s, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (s[i] < '0' || s[i] > '9')
            return false;
    return true;
}

bool date_parse(const char *text, uint32_t *days)
{
    int year, month, day;
    uint32_t guess;

    if (strlen(text) != 10 || text[4] != '-' || text[7] != '-' || !all_digits(text, 0, 4) ||
        !all_digits(text, 5, 7) || !all_digits(text, 8, 10))
        return false;
    year = (int)strtol(text, NULL, 10);
    month = (int)strtol(text + 5, NULL, 10);
    day = (int)strtol(text + 8, NULL, 10);
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31)
        return false;
    /* Start a little before and walk: the calendar is then written down only once, above. */
    guess = (uint32_t)(year - 1970) * 365 + (uint32_t)(month - 1) * 28;
    for (uint32_t end = guess + 3000; guess < end; guess++) {
        struct date d = date_from_days(guess);

        if (d.year == year && d.month == month && d.day == day) {
            *days = guess;
            return true;
        }
    }
    return false;
}

uint32_t date_today(void)
{
    int64_t sec = clock_now().sec;

    return sec < 0 ? 0 : (uint32_t)(sec / SECONDS_A_DAY);
}

bool clock_is_behind(void)
{
    uint32_t day = 0;

    IGNORE_RESULT(date_parse(SEAL_DAY, &day)); /* a test parses it, too */
    return date_today() < day;
}

void date_text(char out[static DATE_TEXT_SIZE], uint32_t days)
{
    struct date d = date_from_days(days);

    (void)snprintf(out, DATE_TEXT_SIZE, "%04d-%02d-%02d", d.year, d.month, d.day);
}

/* Days from 0000-01-01, the first that RFC 3339 can write, to 1970-01-01. */
#define DAYS_BEFORE_1970 719528
/* A whole number of the calendar's cycles of 400 years, that brings any such day behind 1970. */
#define CYCLES 5
#define CYCLE_DAYS 146097

void time_format(char out[static TIME_TEXT_SIZE], struct timestamp t, bool fraction)
{
    const int64_t day_len = 86400;
    int64_t days = t.sec / day_len, rest = t.sec % day_len;
    struct date d;
    char part[16] = "";

    if (rest < 0) {
        days--;
        rest += day_len;
    }
    if (fraction)
        (void)snprintf(part, sizeof part, ".%09u", (unsigned int)(t.nsec % 1000000000));
    if (days < -DAYS_BEFORE_1970 || days >= (int64_t)CYCLE_DAYS * 25 - DAYS_BEFORE_1970) {
        (void)snprintf(out, TIME_TEXT_SIZE, "@%" PRId64 "%s", t.sec, part);
        return;
    }
    d = date_from_days((uint32_t)(days + CYCLES * CYCLE_DAYS));
    (void)snprintf(out, TIME_TEXT_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d%sZ", d.year - CYCLES * 400,
                   d.month, d.day, (int)(rest / 3600), (int)(rest / 60 % 60), (int)(rest % 60),
                   part);
}
