/*
 * Key records: any bytes, up to a few more than a record has.
 */
#include "prove.h"
#include "sodium_model.h"

#include "base/bytes.c"
#include "keys/record.c"

#define MORE 8

static void check_verdict(enum seal_status status, enum seal_reason reason, const uint8_t *data,
                          size_t len, size_t right_len)
{
    PROVE(status == SEAL_OK || status == SEAL_BAD_KEY || status == SEAL_NEWER);
    PROVE((status == SEAL_OK) == (reason == REASON_NONE));
    PROVE(IMPLIES(status == SEAL_OK, len == right_len && data[0] == VERSION));
    PROVE(IMPLIES(status == SEAL_NEWER, len > CHECKSUM_LEN && data[0] > VERSION));
}

static void read_public(void)
{
    size_t len = any_up_to(PUBLIC_RECORD_LEN + MORE), i = any_up_to(PK_LEN - 1);
    const uint8_t *data = any_bytes(len);
    struct public_key key;
    enum seal_reason reason = REASON_NONE;
    enum seal_status status = public_record_read(&key, data, len, &reason);

    check_verdict(status, reason, data, len, PUBLIC_RECORD_LEN);
    if (status != SEAL_OK)
        return;
    PROVE(load_u32(data + 1) << 8 == 0 && load_u32(data + 12) == 0);
    PROVE(key.created == load_u32(data + 4) && key.expires == load_u32(data + 8));
    PROVE(key.pk[i] == data[16 + i]);
}

static void write_public(void)
{
    const struct public_key *key = any_bytes(sizeof *key);
    uint8_t *data = any_bytes(PUBLIC_RECORD_LEN);
    struct public_key again;
    enum seal_reason reason = REASON_NONE;

    public_record_write(data, key);
    PROVE(public_record_read(&again, data, PUBLIC_RECORD_LEN, &reason) == SEAL_OK);
    PROVE(again.created == key->created && again.expires == key->expires);
}

static bool is_zero(const uint8_t *data, size_t from, size_t to)
{
    bool zero = true;

    for (size_t i = from; i < to; i++)
        zero = zero && data[i] == 0;
    return zero;
}

static void read_secret(void)
{
    size_t len = any_up_to(SECRET_RECORD_LEN + MORE), i = any_up_to(SECRET_RECORD_LEN - 1);
    const uint8_t *data = any_bytes(len);
    struct secret_record record;
    enum seal_reason reason = REASON_NONE;
    enum seal_status status = secret_record_read(&record, data, len, &reason);

    check_verdict(status, reason, data, len, SECRET_RECORD_LEN);
    if (status != SEAL_OK)
        return;
    PROVE(is_zero(data, 2, 4) && is_zero(data, 20, 24));
    PROVE(data[1] == record.locked);
    PROVE(record.bytes[i] == data[i]);
    PROVE(record.created == load_u32(data + 4) && record.expires == load_u32(data + 8));
    if (record.locked) {
        /* What Argon2id may cost. */
        PROVE(load_u32(data + 12) >= 1 && load_u32(data + 12) <= 64);
        PROVE(load_u32(data + 16) >= 8 && load_u32(data + 16) <= UINT32_C(2) * 1024 * 1024);
    } else {
        PROVE(is_zero(data, 12, 64) && is_zero(data, 96, 112));
    }
}

int main(void)
{
    read_public();
    write_public();
    read_secret();
    return 0;
}
