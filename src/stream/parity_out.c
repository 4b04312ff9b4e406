#include "stream/parity_out.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "stream/chunk.h"
#include "stream/parity.h"

/* A lane of the group, and whether a thread is at it. */
struct lane_out {
    uint8_t *parity[PARITY_MAX]; /* CHUNK_LEN bytes each, of which m are used; made when needed */
    bool is_taken;
};

struct parity_out {
    struct parity_code code;
    struct crew *crew;
    unsigned int lanes; /* of the current group */
    struct lane_out all[GROUP_PARITY_MOST / 4];
};

enum seal_status parity_out_new(struct parity_out **out, unsigned int m, struct crew *crew,
                                struct fault *fault)
{
    struct parity_out *p = calloc(1, sizeof *p);

    *out = p;
    if (p == NULL)
        return fault_no_memory(fault);
    parity_code_init(&p->code, m);
    p->crew = crew;
    return SEAL_OK;
}

static bool lane_begin(struct lane_out *lane, unsigned int m)
{
    for (unsigned int j = 0; j < m; j++) {
        if (lane->parity[j] == NULL)
            lane->parity[j] = malloc(CHUNK_LEN);
        if (lane->parity[j] == NULL)
            return false;
        memset(lane->parity[j], 0, CHUNK_LEN);
    }
    return true;
}

enum seal_status parity_out_begin(struct parity_out *p, const struct group *group,
                                  struct fault *fault)
{
    p->lanes = group->lanes;
    for (unsigned int i = 0; i < p->lanes; i++)
        if (!lane_begin(&p->all[i], p->code.m))
            return fault_no_memory(fault);
    return SEAL_OK;
}

void parity_out_add(struct parity_out *p, uint64_t i, const uint8_t *symbol, size_t len)
{
    struct lane_out *lane = &p->all[i % p->lanes];

    crew_take(p->crew, &lane->is_taken);
    parity_add(&p->code, lane->parity, (unsigned int)(i / p->lanes), symbol, len);
    crew_give(p->crew, &lane->is_taken);
}

const uint8_t *parity_out_symbol(const struct parity_out *p, const struct group *group, uint64_t i)
{
    return p->all[group_parity_lane(group, i)].parity[i / p->lanes];
}

static void lane_free(struct lane_out *lane)
{
    for (unsigned int j = 0; j < PARITY_MAX && lane->parity[j] != NULL; j++) {
        sodium_memzero(lane->parity[j], CHUNK_LEN); /* sums of plaintext */
        free(lane->parity[j]);
    }
}

void parity_out_free(struct parity_out *p)
{
    if (p == NULL)
        return;
    for (unsigned int i = 0; i < GROUP_PARITY_MOST / 4; i++)
        lane_free(&p->all[i]);
    free(p);
}
