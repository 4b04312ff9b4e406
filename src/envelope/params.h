/*
 * params: what a box says of its file, as bytes (format section 3.1). Private to this room.
 */
#ifndef SEAL_ENVELOPE_PARAMS_H
#define SEAL_ENVELOPE_PARAMS_H

#include "envelope/envelope.h"

#define PARAMS_LEN 48

/* j: the number of the slot whose box they are for. */
void params_write(uint8_t p[static PARAMS_LEN], const struct envelope_params *params, uint8_t j);
/* SEAL_NEWER: they are of a later version. SEAL_HOSTILE: they break a rule. */
MUST_USE enum seal_status params_read(struct envelope_params *params,
                                      const uint8_t p[static PARAMS_LEN], uint8_t j,
                                      struct fault *fault);

#endif
