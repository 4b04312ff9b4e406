/*
 * curve: what an observer can find out about E (format section 4.1), with field arithmetic of its
 * own: nothing in common with src/envelope or libsodium.
 */
#ifndef SEAL_CURVE_H
#define SEAL_CURVE_H

#include <stdbool.h>
#include <stdint.h>

struct curve_facts {
    unsigned int order; /* of L·Q, where Q is the point before it is multiplied by 8: 1, 2, 4, 8 */
    bool first_branch;  /* x = -A / (1 + 2 r^2) itself is on the curve */
    bool large_root;    /* r > (p - 1) / 2 */
    uint8_t P[32];      /* 8 Q, as elligator_decode has it */
};

void curve_examine(struct curve_facts *facts, const uint8_t E[static 32]);

#endif
