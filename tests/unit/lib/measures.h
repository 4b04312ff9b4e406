/*
 * measures: whether samples look like random bytes. Limits lie where chance would come once in a
 * million or more rarely, so that a change of the order in which randomness is drawn does not upset
 * them.
 */
#ifndef SEAL_MEASURES_H
#define SEAL_MEASURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

extern bool measure_show;

/* SEAL_TEST_SHOW=1 in the environment shows every measure. */
bool measure_within(const char *what, double value, double limit);
void measure_about(const char *samples);

/* How far a count of n coins lies from the middle, in standard deviations. */
double measure_coin_deviation(size_t heads, size_t n);
double measure_chi_squared(const size_t *counts, size_t bins, double expected);

/* Chi-squared with df degrees of freedom as standard deviations above what it should be. */
double measure_excess(double chi, double df);

/* Rows of random-looking bytes, all of one length. */
struct rows {
    uint8_t *data;
    size_t len, count;
};

struct rows rows_new(size_t len, size_t count);
uint8_t *rows_at(const struct rows *rows, size_t i);

/* Every bit at its place: the worst one. Of a hundred thousand sound bits, one lies beyond the
 * limit in two of a million runs. */
bool measure_bits_are_balanced(const struct rows *rows, const char *what);

/* Two bits of a row, of which one stands that many bits behind the other: none says anything about
 * the other, at any place. Of thirty million sound pairs, one lies beyond the limit in one of a
 * million runs. */
bool measure_bits_are_independent(const struct rows *rows, const size_t *distances, size_t count,
                                  const char *what);

/* No WINDOW_LEN bytes stand twice in data, wherever they begin. */
#define WINDOW_LEN 16
bool measure_nothing_repeats(const uint8_t *data, size_t len, const char *what);

/* Every half byte at its place, the measures of all places added up. */
bool measure_nibbles_are_uniform(const struct rows *rows, const char *what);

#endif
