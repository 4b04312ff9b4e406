/*
 * Numbers and times in the records of a pax header: any text.
 */
#include "string_model.h"
#include "prove.h"

#include "base/status.c"
#include "archive/pax.c"

#define NUMBER_MAX 21 /* one digit more than UINT64_MAX has */
#define TIME_MAX 14

static void read_decimal(void)
{
    size_t len, i = any_up_to(NUMBER_MAX - 1);
    const char *s = any_end(NUMBER_MAX, &len);
    uint64_t most = (uint64_t)INT64_MAX + nondet_bool(), value = nondet_u64();

    if (get_decimal(s, len, most, &value)) {
        PROVE(len > 0 && value <= most);
        PROVE(IMPLIES(i < len, s[i] >= '0' && s[i] <= '9'));
    }
}

/* It is that number, and is taken up to most. */
static void decimal_is_exact(void)
{
    const uint64_t most = 4095;
    size_t len;
    const char *s = any_end(5, &len);
    uint64_t value = nondet_u64(), right = 0;
    bool digits = len > 0;

    for (size_t i = 0; i < len; i++) {
        digits = digits && s[i] >= '0' && s[i] <= '9';
        right = right * 10 + (uint64_t)(s[i] - '0');
    }
    PROVE(get_decimal(s, len, most, &value) == (digits && right <= most));
    PROVE(IMPLIES(digits && right <= most, value == right));
}

static void read_time(void)
{
    size_t len;
    const char *s = any_end(TIME_MAX, &len);
    struct timestamp t;

    if (get_time(s, len, &t)) {
        PROVE(len > 0 && t.nsec < NSEC_IN_SEC);
        PROVE((t.sec < 0) <= (s[0] == '-'));
    }
}

int main(void)
{
    read_decimal();
    decimal_is_exact();
    read_time();
    return 0;
}
