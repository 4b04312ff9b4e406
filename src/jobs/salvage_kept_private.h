/*
 * salvage_kept: the pieces of a salvage that are kept for record and report. Private to this room.
 */
#ifndef SEAL_SALVAGE_KEPT_PRIVATE_H
#define SEAL_SALVAGE_KEPT_PRIVATE_H

#include "custody/custody.h"

/* Keeps a copy, unless there are enough of its kind. SEAL_NO_MEMORY. */
MUST_USE enum seal_status salvage_keep(struct custody_salvage *s, const struct custody_piece *piece,
                                       struct fault *fault);
void salvage_free(struct custody_salvage *s);

#endif
