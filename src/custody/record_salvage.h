/*
 * record_salvage: what was salvaged, in the custody record: for people, and for machines. Private
 * to custody.
 */
#ifndef SEAL_RECORD_SALVAGE_H
#define SEAL_RECORD_SALVAGE_H

#include "custody/custody.h"
#include "custody/page.h"

#include <jansson.h>

void salvage_text(struct page *p, const struct custody *c);
/* How to check it by hand. */
void salvage_checks(struct page *p);
/* An object; null if nothing was salvaged; NULL for want of memory. */
json_t *salvage_json(const struct custody_salvage *s);

#endif
