#include "envelope/params.h"

#include <string.h>

#include <sodium.h>

#define PARAMS_VERSION 1
#define FLAG_PARITY 1

_Static_assert(ENVELOPE_PACKED_LEN == KEY_LEN + COMMITMENT_LEN + PARAMS_LEN, "packed envelope");

void params_write(uint8_t p[static PARAMS_LEN], const struct envelope_params *params, uint8_t j)
{
    memset(p, 0, PARAMS_LEN);
    p[0] = PARAMS_VERSION;
    p[1] = params->slot_count;
    p[2] = j;
    p[3] = params->flags;
    if (params->parity > 0) {
        p[3] |= FLAG_PARITY;
        p[4] = PARITY_PLACES;
        p[5] = params->parity;
    }
    p[6] = (uint8_t)params->type;
    store_u32(p + 8, params->index);
    memcpy(p + 16, params->bundle_id, BUNDLE_ID_LEN);
}

/* Whether the flag for repair data, k and m are of this version. */
static bool parity_is_known(const uint8_t p[static PARAMS_LEN])
{
    if ((p[3] & FLAG_PARITY) == 0)
        return p[4] == 0 && p[5] == 0;
    return p[4] == PARITY_PLACES && (p[5] == 4 || p[5] == 8 || p[5] == 16);
}

/* Signs of a later version are looked for first: there the other fields may mean something else. */
enum seal_status params_read(struct envelope_params *params, const uint8_t p[static PARAMS_LEN],
                             uint8_t j, struct fault *fault)
{
    if (p[0] != PARAMS_VERSION || p[6] > CONTENT_BAG ||
        (p[3] & ~(FLAG_VOLUME | FLAG_PARITY)) != 0 || !parity_is_known(p))
        return fault_set(fault, REASON_NEWER, NULL);
    if ((p[1] != SLOTS_FEW && p[1] != SLOTS_MANY) || p[1] <= j)
        return fault_set(fault, REASON_SLOT_COUNT, NULL);
    if (p[2] != j)
        return fault_set(fault, REASON_SLOT_MISPLACED, NULL);
    if (p[7] != 0 || !bytes_are_zero(p + 12, 4) || !bytes_are_zero(p + 32, 16))
        return fault_set(fault, REASON_HEADER_NOT_ZERO, NULL);
    params->slot_count = p[1];
    params->flags = p[3] & FLAG_VOLUME;
    params->parity = p[5];
    params->type = (enum content_type)p[6];
    params->index = load_u32(p + 8);
    memcpy(params->bundle_id, p + 16, BUNDLE_ID_LEN);
    if ((params->flags & FLAG_VOLUME) == 0 && params->index != 0)
        return fault_set(fault, REASON_VOLUME_NUMBER_ALONE, NULL);
    return SEAL_OK;
}

/* ---- For another process ------------------------------------------------------------------ */

void envelope_pack(uint8_t out[static ENVELOPE_PACKED_LEN], const struct envelope *env)
{
    memcpy(out, env->file_key, KEY_LEN);
    memcpy(out + KEY_LEN, env->commitment, COMMITMENT_LEN);
    params_write(out + KEY_LEN + COMMITMENT_LEN, &env->params, 0);
}

bool envelope_unpack(struct envelope *env, const uint8_t in[static ENVELOPE_PACKED_LEN])
{
    struct fault ignored = {.status = SEAL_OK};

    memset(env, 0, sizeof *env);
    if (params_read(&env->params, in + KEY_LEN + COMMITMENT_LEN, 0, &ignored) != SEAL_OK)
        return false;
    env->head_len = HEAD_LEN(env->params.slot_count);
    memcpy(env->file_key, in, KEY_LEN);
    memcpy(env->commitment, in + KEY_LEN, COMMITMENT_LEN);
    return true;
}
