/*
 * clock: the only source of the time, and its written forms.
 */
#ifndef SEAL_CLOCK_H
#define SEAL_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/base.h"

#define NSEC_IN_SEC UINT32_C(1000000000)

struct timestamp {
    int64_t sec; /* since 1970-01-01 UTC, rounded down */
    uint32_t nsec;
};

static inline bool timestamp_equal(struct timestamp a, struct timestamp b)
{
    return a.sec == b.sec && a.nsec == b.nsec;
}

struct timestamp clock_now(void);

#define TIME_TEXT_SIZE 40
/* RFC 3339, UTC: 2026-11-22T20:15:53Z; with the fraction, nine digits, if asked for. Years beyond
 * 0000 to 9999 cannot be written so: then seconds, as in "@-99999999999". */
void time_format(char out[static TIME_TEXT_SIZE], struct timestamp t, bool fraction);

struct date {
    int year, month, day;
};

/* Days since 1970-01-01 <-> the Gregorian calendar. date_from_days takes any uint32_t. */
struct date date_from_days(uint32_t days);
/* False unless it is a real date of 1970 or later, given as YYYY-MM-DD. */
bool date_parse(const char *text, uint32_t *days);
uint32_t date_today(void);
/* Whether the clock says a day before these sources were there (SEAL_DAY), which is wrong. */
bool clock_is_behind(void);
#define DATE_TEXT_SIZE sizeof "4294967295-12-31"
/* YYYY-MM-DD. */
void date_text(char out[static DATE_TEXT_SIZE], uint32_t days);

#endif
