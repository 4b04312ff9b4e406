/*
 * The Reed-Solomon code of the repair data (format section 3a).
 */
#include "stream/parity.h"

#include <stdlib.h>
#include <string.h>

#include <isa-l/erasure_code.h>
#include <sodium.h>

/* ISA-L takes what it only reads without const, and the length of a symbol as an int. */
static uint8_t *for_reading(const uint8_t *p)
{
    return (uint8_t *)(uintptr_t)p;
}

/* sums[i] += the element in that row and column * symbol. The form of the tables depends on the
 * processor, so nobody but ISA-L finds a place in them. */
static void add_column(uint8_t *const sums[], unsigned int rows, const uint8_t *tables,
                       unsigned int columns, unsigned int column, const uint8_t *symbol, size_t len)
{
    uint8_t *to[PARITY_MAX];

    if (len == 0)
        return;
    memcpy(to, sums, rows * sizeof to[0]);
    ec_encode_data_update((int)len, (int)columns, (int)rows, (int)column, for_reading(tables),
                          for_reading(symbol), to);
}

/* ISA-L's gf_gen_cauchy1_matrix makes the same rows below a unit matrix. */
void parity_code_init(struct parity_code *c, unsigned int m)
{
    c->m = m;
    for (unsigned int j = 0; j < m; j++) {
        for (unsigned int p = 0; p < PARITY_PLACES; p++)
            c->matrix[j * PARITY_PLACES + p] = gf_inv((uint8_t)((PARITY_PLACES + j) ^ p));
    }
    ec_init_tables(PARITY_PLACES, (int)m, c->matrix, c->tables);
}

void parity_add(const struct parity_code *c, uint8_t *const parity[], unsigned int place,
                const uint8_t *symbol, size_t len)
{
    add_column(parity, c->m, c->tables, PARITY_PLACES, place, symbol, len);
}

/* ---- Mending ------------------------------------------------------------------------------ */

bool parity_lane_begin(struct parity_lane *l, const struct parity_code *c)
{
    *l = (struct parity_lane){.code = c, .bad_places = UINT64_MAX};
    for (unsigned int j = 0; j < c->m; j++) {
        l->sums[j] = calloc(1, CHUNK_LEN);
        if (l->sums[j] == NULL) {
            parity_lane_end(l);
            return false;
        }
    }
    return true;
}

void parity_lane_data(struct parity_lane *l, unsigned int place, const uint8_t *symbol, size_t len)
{
    parity_add(l->code, l->sums, place, symbol, len);
    l->bad_places &= ~(UINT64_C(1) << place);
}

/* restrict: so that the compiler takes many at a time. */
static void add(uint8_t *restrict sum, const uint8_t *restrict symbol)
{
    for (size_t i = 0; i < CHUNK_LEN; i++)
        sum[i] ^= symbol[i];
}

void parity_lane_parity(struct parity_lane *l, unsigned int j, const uint8_t *symbol)
{
    add(l->sums[j], symbol);
    l->good_parity |= (uint16_t)(1U << j);
}

/* The numbers of the lowest bits that are set, at most `most` of them; returns how many. */
static unsigned int list_bits(uint64_t bits, uint8_t list[], unsigned int most)
{
    unsigned int count = 0;

    for (uint8_t i = 0; bits != 0 && count < most; i++, bits >>= 1) {
        if (bits & 1)
            list[count++] = i;
    }
    return count;
}

/* Makes the tables by which count sums give back what stood at count places. */
static void invert(uint8_t *tables, const struct parity_code *c, const uint8_t *rows,
                   const uint8_t *places, unsigned int count)
{
    uint8_t matrix[PARITY_MAX * PARITY_MAX], inverse[PARITY_MAX * PARITY_MAX];

    for (unsigned int i = 0; i < count * count; i++)
        matrix[i] = c->matrix[rows[i / count] * PARITY_PLACES + places[i % count]];
    /* It cannot fail: a square part of a Cauchy matrix always has an inverse. */
    (void)gf_invert_matrix(matrix, inverse, (int)count);
    ec_init_tables((int)count, (int)count, inverse, tables);
}

bool parity_lane_solve(const struct parity_lane *l, uint8_t *const out[])
{
    _Alignas(uint64_t) uint8_t tables[32 * PARITY_MAX * PARITY_MAX];
    uint8_t places[PARITY_MAX + 1], rows[PARITY_MAX];
    unsigned int count = list_bits(l->bad_places, places, PARITY_MAX + 1);

    if (count > PARITY_MAX || list_bits(l->good_parity, rows, count) < count)
        return false;
    invert(tables, l->code, rows, places, count);
    for (unsigned int i = 0; i < count; i++)
        memset(out[i], 0, CHUNK_LEN);
    for (unsigned int i = 0; i < count; i++)
        add_column(out, count, tables, count, i, l->sums[rows[i]], CHUNK_LEN);
    return true;
}

void parity_lane_end(struct parity_lane *l)
{
    for (unsigned int j = 0; j < PARITY_MAX; j++) {
        if (l->sums[j] != NULL)
            sodium_memzero(l->sums[j], CHUNK_LEN);
        free(l->sums[j]);
        l->sums[j] = NULL;
    }
}
