/*
 * verdict: the text of each verdict and of each kind of double. Private to custody.
 */
#ifndef SEAL_CUSTODY_VERDICT_H
#define SEAL_CUSTODY_VERDICT_H

#include "custody/custody.h"
#include "text/catalog.h"

/* A sentence. */
enum text_id verdict_text(const struct custody *c);
/* A sentence that ends with a colon, before the time; T_NONE for NOT_SEEN. */
enum text_id double_text(enum custody_double seen);

#endif
