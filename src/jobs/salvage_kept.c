#include "jobs/salvage_kept_private.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* They grow by so many. */
#define STEP 64

static struct custody_piece *add_piece(struct custody_salvage *s)
{
    struct custody_piece *all = s->pieces;

    if (s->piece_count % STEP == 0)
        all = realloc(all, (s->piece_count + STEP) * sizeof *all);
    if (all == NULL)
        return NULL;
    s->pieces = all;
    return &all[s->piece_count];
}

enum seal_status salvage_keep(struct custody_salvage *s, const struct custody_piece *piece,
                              struct fault *fault)
{
    struct custody_piece *kept;

    if (s->counts.files[piece->state]++ >= CUSTODY_PIECES_MAX) {
        s->is_cut = true;
        return SEAL_OK;
    }
    kept = add_piece(s);
    if (kept == NULL)
        return fault_no_memory(fault);
    *kept = *piece;
    kept->path = strdup(piece->path);
    if (kept->path == NULL)
        return fault_no_memory(fault);
    s->piece_count++;
    return SEAL_OK;
}

void salvage_free(struct custody_salvage *s)
{
    for (size_t i = 0; i < s->piece_count; i++)
        free((char *)(uintptr_t)s->pieces[i].path);
    free(s->pieces);
    *s = (struct custody_salvage){.pieces = NULL};
}
