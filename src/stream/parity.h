/*
 * The Reed-Solomon code of the repair data (format section 3a), private to this room: what a writer
 * adds up, and how a reader gets back what is missing. The arithmetic, in GF(2^8) with polynomial
 * 0x11d, is ISA-L's. Which block is at which place of which lane is not known here.
 *
 * A symbol is CHUNK_LEN bytes. A lane has up to PARITY_PLACES data symbols and m parity symbols;
 * parity symbol j is the sum over places p of symbol_p / ((64 + j) XOR p). Any m of them can be
 * missing.
 */
#ifndef SEAL_STREAM_PARITY_H
#define SEAL_STREAM_PARITY_H

#include "stream/chunk.h"
#include "stream/layout.h"

/* Read only once it is made: any number of threads may use one. */
struct parity_code {
    unsigned int m;
    uint8_t matrix[PARITY_MAX * PARITY_PLACES]; /* 1 / ((64 + j) XOR p), a row for each j */
    /* ISA-L's own, made of that; it writes them eight bytes at a time. */
    _Alignas(uint64_t) uint8_t tables[32 * PARITY_PLACES * PARITY_MAX];
};

/* m: 4, 8 or 16. */
void parity_code_init(struct parity_code *c, unsigned int m);

/* Adds the data symbol at that place of a lane to its m parity symbols, of CHUNK_LEN bytes each,
 * which are zeros at first. Of the symbol len bytes are there, behind them it is zeros up to
 * CHUNK_LEN. The order of places does not matter; none is added twice. */
void parity_add(const struct parity_code *c, uint8_t *const parity[], unsigned int place,
                const uint8_t *symbol, size_t len);

/* ---- Mending ------------------------------------------------------------------------------ */

/* One lane that is being mended. Call order: parity_lane_begin; parity_lane_data and
 * parity_lane_parity for what is good, in any order, each once at most; parity_lane_solve;
 * parity_lane_end. Symbols are not kept: what is held is m sums. */
struct parity_lane {
    const struct parity_code *code;
    /* CHUNK_LEN each, owned: of parity symbol j and all good data symbols' share in it. So what the
     * bad ones add to that parity is left, once all good ones are told. */
    uint8_t *sums[PARITY_MAX];
    uint64_t bad_places;  /* bit p: no symbol */
    uint16_t good_parity; /* bit j */
};

/* All places are bad, and there is no parity. c must outlive the lane. False: no memory; then there
 * is nothing to end. */
MUST_USE bool parity_lane_begin(struct parity_lane *l, const struct parity_code *c);
/* The symbol at that place is good. len as for parity_add; 0 where the last group does not fill the
 * place: it counts as zeros. */
void parity_lane_data(struct parity_lane *l, unsigned int place, const uint8_t *symbol, size_t len);
/* Parity symbol j is good, CHUNK_LEN bytes. */
void parity_lane_parity(struct parity_lane *l, unsigned int j, const uint8_t *symbol);
/* Mends: the symbols of the bad places, in the order of places, stand in out[0], out[1], ... (room
 * for CHUNK_LEN each). False: more bad places than good parity symbols; out is untouched. May be
 * called again when more has been told. */
MUST_USE bool parity_lane_solve(const struct parity_lane *l, uint8_t *const out[]);
/* Wipes and frees: sums are plaintext. Also of a lane that is all zero or ended. */
void parity_lane_end(struct parity_lane *l);

#endif
