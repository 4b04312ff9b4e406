#include "measures.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
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

/* The column of a bit: its values in all rows, 64 in each word. */
static uint64_t *bit_columns(const struct rows *rows, size_t words)
{
    uint64_t *columns = fixture_alloc(rows->len * 8 * words * sizeof *columns);

    for (size_t i = 0; i < rows->count; i++)
        for (size_t bit = 0; bit < rows->len * 8; bit++)
            columns[bit * words + i / 64] |= (uint64_t)(rows_at(rows, i)[bit / 8] >> bit % 8 & 1)
                                             << i % 64;
    return columns;
}

static size_t count_differing(const uint64_t *a, const uint64_t *b, size_t words)
{
    size_t n = 0;

    for (size_t i = 0; i < words; i++)
        n += (size_t)__builtin_popcountll(a[i] ^ b[i]);
    return n;
}

bool measure_bits_are_independent(const struct rows *rows, const size_t *distances, size_t count,
                                  const char *what)
{
    size_t words = (rows->count + 63) / 64, bits = rows->len * 8;
    uint64_t *columns = bit_columns(rows, words);
    double worst = 0;

    for (size_t i = 0; i < count; i++)
        for (size_t bit = 0; bit + distances[i] < bits; bit++) {
            size_t differ = count_differing(columns + bit * words,
                                            columns + (bit + distances[i]) * words, words);

            worst = fmax(worst, measure_coin_deviation(differ, rows->count));
        }
    free(columns);
    return measure_within(what, worst, 7.6);
}

/* An open hash table of offsets + 1. The bytes are random, so they are their own hash. */
bool measure_nothing_repeats(const uint8_t *data, size_t len, const char *what)
{
    size_t size = 1024, repeated = 0;
    uint32_t *table;

    while (size < len + len / 4)
        size *= 2;
    table = fixture_alloc(size * sizeof *table);
    for (size_t i = 0; i + WINDOW_LEN <= len && repeated == 0; i++) {
        size_t at = (size_t)load_u64(data + i) & (size - 1);

        for (; table[at] != 0 && repeated == 0; at = (at + 1) & (size - 1))
            repeated += memcmp(data + table[at] - 1, data + i, WINDOW_LEN) == 0;
        table[at] = (uint32_t)i + 1;
    }
    free(table);
    return measure_within(what, (double)repeated, 0.5);
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
