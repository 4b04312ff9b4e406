/*
 * mutate: mutators that know a little of what inputs are made of. A target that has a use for one
 * says so in its own LLVMFuzzerCustomMutator. libFuzzer calls that by itself; for AFL++ there is
 * afl_mutator.c.
 */
#ifndef SEAL_FUZZ_MUTATE_H
#define SEAL_FUZZ_MUTATE_H

#include <stddef.h>
#include <stdint.h>

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed);

/* Each alters data, of which size bytes are used and max can be, and returns how many are then. Now
 * and then it leaves that to what the fuzzer does with any bytes. */

/* A text: lines are taken out, doubled, moved; words of a line are. */
size_t mutate_lines(uint8_t *data, size_t size, size_t max, unsigned int seed);
/* A row of pieces of that length behind a head of skip bytes: likewise. */
size_t mutate_pieces(uint8_t *data, size_t size, size_t max, unsigned int seed, size_t skip,
                     size_t piece);

#endif
