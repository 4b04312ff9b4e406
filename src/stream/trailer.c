/*
 * The trailer, written and read, and the receipt.
 */
#include "stream/trailer.h"

#include <string.h>

/* Where the fields stand. */
#define LAST_OFF 8
#define DIGEST_OFF 16
#define DIGEST_LEN 32
#define SOURCE_TAG_OFF TRAILER_SAID_LEN
#define SOURCE_TAG_LEN 32
#define ZERO_OFF 80

void trailer_write(uint8_t t[static TRAILER_LEN], uint64_t content_len, const uint8_t *digest,
                   struct random *random)
{
    memset(t, 0, TRAILER_LEN);
    store_u64(t, content_len);
    if (digest != NULL) {
        t[LAST_OFF] = 1;
        memcpy(t + DIGEST_OFF, digest, DIGEST_LEN);
    }
    random_bytes(random, t + SOURCE_TAG_OFF, SOURCE_TAG_LEN); /* kept for a later version */
}

static enum seal_status check_zeros(const uint8_t t[static TRAILER_LEN], struct fault *fault)
{
    if (t[LAST_OFF] > 1 || !bytes_are_zero(t + LAST_OFF + 1, DIGEST_OFF - LAST_OFF - 1) ||
        !bytes_are_zero(t + ZERO_OFF, TRAILER_LEN - ZERO_OFF))
        return fault_set(fault, REASON_TRAILER_NOT_ZERO, NULL);
    return SEAL_OK;
}

enum seal_status stream_has_more(struct fault *fault)
{
    return fault_set(fault, REASON_VOLUMES_BEHIND_MISSING, NULL);
}

bool trailer_is_last(const uint8_t t[static TRAILER_LEN])
{
    return t[LAST_OFF] != 0;
}

enum seal_status trailer_read(const uint8_t t[static TRAILER_LEN], bool is_volume,
                              uint64_t *content_len, uint8_t digest[static 32], struct fault *fault)
{
    if (!trailer_is_last(t) && is_volume)
        return stream_has_more(fault);
    if (t[LAST_OFF] != 1)
        return fault_set(fault, REASON_TRAILER_INCOMPLETE, NULL);
    if (check_zeros(t, fault) != SEAL_OK)
        return fault->status;
    *content_len = load_u64(t);
    memcpy(digest, t + DIGEST_OFF, DIGEST_LEN);
    return SEAL_OK;
}

enum seal_status trailer_check_full(const uint8_t t[static TRAILER_LEN], uint64_t content_len,
                                    struct fault *fault)
{
    if (check_zeros(t, fault) != SEAL_OK)
        return fault->status;
    if (trailer_is_last(t))
        return fault_set(fault, REASON_VOLUME_TWO_ENDS, NULL);
    if (load_u64(t) != content_len)
        return fault_set(fault, REASON_CONTENT_LENGTH, NULL);
    if (!bytes_are_zero(t + DIGEST_OFF, DIGEST_LEN))
        return fault_set(fault, REASON_VOLUME_DIGEST_EARLY, NULL);
    return SEAL_OK;
}

void receipt_derive(uint8_t receipt[static 32], const struct envelope *env,
                    const uint8_t t[static TRAILER_LEN])
{
    hash_F(receipt, env->file_key, "receipt",
           (struct span[]){{env->commitment, COMMITMENT_LEN}, {t, TRAILER_LEN}}, 2);
}
