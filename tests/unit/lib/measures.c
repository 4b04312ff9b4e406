#include "measures.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/unit_check.h"
#include "lib/fixture.h"

bool measure_show;

bool measure_within(const char *what, double value, double limit)
{
    if (measure_show)
        printf("  %-44s %14.2f  limit %10.2f%s\n", what, value, limit,
               value < limit ? "" : "  EXCEEDED");
    return value < limit;
}

void measure_about(const char *samples)
{
    check_about("%s", samples);
    if (measure_show)
        printf("%s\n", samples);
}

double measure_coin_deviation(size_t heads, size_t n)
{
    return fabs(2.0 * (double)heads - (double)n) / sqrt((double)n);
}

double measure_chi_squared(const size_t *counts, size_t bins, double expected)
{
    double sum = 0;

    for (size_t i = 0; i < bins; i++) {
        double off = (double)counts[i] - expected;

        sum += off * off / expected;
    }
    return sum;
}

double measure_excess(double chi, double df)
{
    return (chi - df) / sqrt(2 * df);
}

struct rows rows_new(size_t len, size_t count)
{
    return (struct rows){fixture_alloc(len * count), len, count};
}

uint8_t *rows_at(const struct rows *rows, size_t i)
{
    return rows->data + i * rows->len;
}

bool measure_bits_are_balanced(const struct rows *rows, const char *what)
{
    size_t *ones = fixture_alloc(rows->len * 8 * sizeof *ones);
    double worst = 0;

    for (size_t i = 0; i < rows->count; i++)
        for (size_t bit = 0; bit < rows->len * 8; bit++)
            ones[bit] += rows_at(rows, i)[bit / 8] >> bit % 8 & 1;
    for (size_t bit = 0; bit < rows->len * 8; bit++)
        worst = fmax(worst, measure_coin_deviation(ones[bit], rows->count));
    free(ones);
    return measure_within(what, worst, 6.7);
}

bool measure_nibbles_are_uniform(const struct rows *rows, const char *what)
{
    double sum = 0;

    for (size_t place = 0; place < 2 * rows->len; place++) {
        size_t counts[16] = {0};

        for (size_t i = 0; i < rows->count; i++)
            counts[rows_at(rows, i)[place / 2] >> (place % 2 * 4) & 15]++;
        sum += measure_chi_squared(counts, 16, (double)rows->count / 16);
    }
    return measure_within(what, fabs(measure_excess(sum, 15.0 * 2 * (double)rows->len)), 6);
}
