#include "bag/bag.h"

#include "platform/files.h"

#define SECOND INT64_C(1000000000) /* in nanoseconds */
#define HOUR 3600
#define HOURS_MAX 26 /* between the clocks of two places */

/* Nanoseconds from one time to another that is few seconds away. */
static int64_t apart(struct timestamp was, struct timestamp is)
{
    return (is.sec - was.sec) * SECOND + is.nsec - was.nsec;
}

/* Whether a file system may have made the one of the other that has times in steps: NTFS of 100 ns,
 * exFAT of 10 ms, ext3 and HFS+ of 1 s, FAT of 2 s. */
static bool may_be_rounded(struct timestamp was, struct timestamp is)
{
    static const int64_t steps[] = {100, 1000, SECOND / 100, SECOND, 2 * SECOND};
    const int64_t within = (is.sec & 1) * SECOND + is.nsec;
    int64_t off;

    if (was.sec > is.sec + 2 || is.sec > was.sec + 2)
        return false;
    off = apart(was, is);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        if (off < steps[i] && -off < steps[i] && within % steps[i] == 0)
            return true;
    return false;
}

/* FAT has the time of a place, and not of which. */
static bool may_be_shifted(struct timestamp was, struct timestamp is)
{
    for (int64_t hours = -HOURS_MAX; hours <= HOURS_MAX; hours++) {
        const struct timestamp back = {is.sec - hours * HOUR, is.nsec};

        if (timestamp_equal(was, back) || may_be_rounded(was, back))
            return true;
    }
    return false;
}

enum bag_time_kind bag_time_compare(struct timestamp was, struct timestamp is)
{
    if (was.sec == is.sec && was.nsec / PLAT_TIME_UNIT == is.nsec / PLAT_TIME_UNIT)
        return BAG_TIME_SAME;
    /* Far from what can be calculated with, no two times are close. */
    if (is.sec > INT64_MAX / 2 || is.sec < INT64_MIN / 2)
        return BAG_TIME_OTHER;
    if (may_be_rounded(was, is))
        return BAG_TIME_ROUNDED;
    return may_be_shifted(was, is) ? BAG_TIME_SHIFTED : BAG_TIME_OTHER;
}
