/*
 * params in the box of a slot: any 48 bytes, in any slot; and an envelope as bytes.
 */
#include "prove.h"
#include "sodium_model.h"

#include "base/bytes.c"
#include "base/status.c"
#include "envelope/params.c"

/* Only one row of bytes stands for what is accepted: that which would be written for it. */
static void read_any(void)
{
    const uint8_t *p = any_bytes(PARAMS_LEN);
    uint8_t j = nondet_u8(), *again = any_bytes(PARAMS_LEN);
    size_t i = any_up_to(PARAMS_LEN - 1);
    struct envelope_params params;
    struct fault fault = {.status = SEAL_OK};
    enum seal_status status = params_read(&params, p, j, &fault);

    PROVE(status == fault.status);
    PROVE(status == SEAL_OK || status == SEAL_HOSTILE || status == SEAL_NEWER);
    if (status != SEAL_OK)
        return;
    PROVE((params.slot_count == 8 || params.slot_count == 39) && j < params.slot_count);
    PROVE(params.flags == 0 || params.flags == FLAG_VOLUME);
    PROVE(params.type == CONTENT_STREAM || params.type == CONTENT_BAG);
    PROVE(IMPLIES(params.flags == 0, params.index == 0));
    PROVE(params.parity == 0 || params.parity == 4 || params.parity == 8 || params.parity == 16);
    params_write(again, &params, j);
    PROVE(again[i] == p[i]);
}

static void write_and_read(void)
{
    struct envelope_params params = {.slot_count = nondet_bool() ? 8 : 39,
                                     .flags = nondet_bool() ? FLAG_VOLUME : 0,
                                     .parity = (uint8_t)(nondet_bool() ? 4 << nondet_u8() % 3 : 0),
                                     .type = nondet_bool() ? CONTENT_BAG : CONTENT_STREAM};
    struct envelope_params again;
    uint8_t *p = any_bytes(PARAMS_LEN), j = nondet_u8();
    size_t i = any_up_to(BUNDLE_ID_LEN - 1);
    struct fault fault = {.status = SEAL_OK};

    ASSUME(j < params.slot_count);
    params.index = params.flags == 0 ? 0 : nondet_u32();
    params.bundle_id[i] = nondet_u8();
    params_write(p, &params, j);
    PROVE(params_read(&again, p, j, &fault) == SEAL_OK);
    PROVE(again.slot_count == params.slot_count && again.flags == params.flags);
    PROVE(again.parity == params.parity);
    PROVE(again.type == params.type && again.index == params.index);
    PROVE(again.bundle_id[i] == params.bundle_id[i]);
}

static void unpack_any(void)
{
    const uint8_t *in = any_bytes(ENVELOPE_PACKED_LEN);
    uint8_t *again = any_bytes(ENVELOPE_PACKED_LEN);
    size_t i = any_up_to(ENVELOPE_PACKED_LEN - 1), k = any_up_to(KEY_LEN - 1);
    struct envelope env;

    if (!envelope_unpack(&env, in)) {
        PROVE(env.file_key[k] == 0);
        return;
    }
    PROVE(env.head_len == HEAD_LEN(env.params.slot_count) && env.head_len <= HEAD_LEN_MAX);
    PROVE(HEAD_LEN_MAX <= BLOCK_LEN);
    envelope_pack(again, &env);
    PROVE(again[i] == in[i]);
}

int main(void)
{
    read_any();
    write_and_read();
    unpack_any();
    return 0;
}
