/*
 * prove: what the harnesses share. A harness is a program for CBMC: its main calls a parser with
 * any input that fits the bounds, and states what must hold then. It includes the parser's .c file,
 * so that functions private to it can be called too.
 */
#ifndef SEAL_PROVE_H
#define SEAL_PROVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#ifndef __CPROVER__ /* CBMC knows these; a compiler has to be told */
void __CPROVER_assume(_Bool condition);
void __CPROVER_assert(_Bool condition, const char *text);
_Bool __CPROVER_r_ok(const void *data, size_t len);
_Bool __CPROVER_w_ok(const void *data, size_t len);
void __CPROVER_havoc_slice(void *data, size_t len);
#endif

/* From here on only runs in which this holds are looked at. */
#define ASSUME(condition) __CPROVER_assume(condition)
/* It holds in all of them. */
#define PROVE(condition) __CPROVER_assert((condition), #condition)
#define IMPLIES(a, b) (!(a) || (b))

/* Any value. Nobody defines these: CBMC knows them by their names. */
bool nondet_bool(void);
uint8_t nondet_u8(void);
uint32_t nondet_u32(void);
uint64_t nondet_u64(void);
size_t nondet_size(void);

/* Any number up to most. */
static inline size_t any_up_to(size_t most)
{
    size_t n = nondet_size();

    ASSUME(n <= most);
    return n;
}

/* Exactly len bytes of any content: none before or behind them may be touched. */
#ifdef __CPROVER__
static inline void *any_bytes(size_t len)
{
    void *data = malloc(len);

    ASSUME(data != NULL);
    return data;
}
#else
void *any_bytes(size_t len);
#endif

/* The same with any length up to most. Bytes before them are noticed if they are most; memory of
 * any length would cost CBMC far more. */
static inline void *any_end(size_t most, size_t *len)
{
    *len = any_up_to(most);
    return (char *)any_bytes(most) + (most - *len);
}

#endif
