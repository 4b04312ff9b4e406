#include "intake/copy_stream.h"

#include <string.h>

#include "archive/archive.h"
#include "intake/quota.h"

static enum seal_status copy_content(struct content_reader *archive, struct quota *quota,
                                     const struct sink *to, struct progress_meter *meter,
                                     uint8_t digest[static SHA256_LEN], struct fault *fault)
{
    struct sha256 hash;

    sha256_start(&hash);
    for (;;) {
        const uint8_t *data;
        size_t len;

        if (content_read_data(archive, &data, &len, fault) != SEAL_OK)
            return fault->status;
        if (len == 0)
            break;
        sha256_add(&hash, data, len);
        if (quota_add_bytes(quota, len, fault) != SEAL_OK)
            return fault->status;
        if (to != NULL && to->write(to->self, data, len, fault) != SEAL_OK)
            return fault->status;
        progress_meter_update(meter);
    }
    sha256_end(&hash, digest);
    return SEAL_OK;
}

enum seal_status intake_copy_stream(struct intake_result *result, struct stream_reader *from,
                                    const struct sink *to, const struct intake_limits *limits,
                                    const struct intake_progress *progress, struct fault *fault)
{
    struct quota quota = {.limits = limits, .from = from};
    struct progress_meter meter = {from, progress, 0};
    struct content_reader *archive = NULL;
    uint8_t digest[SHA256_LEN];

    *result = (struct intake_result){.is_read_only = false};
    if (content_reader_new(&archive, CONTENT_STREAM, from, fault) == SEAL_OK &&
        copy_content(archive, &quota, to, &meter, digest, fault) == SEAL_OK &&
        content_reader_finish(archive, fault) == SEAL_OK &&
        stream_reader_finish(from, result->digest, result->receipt, fault) == SEAL_OK) {
        if (memcmp(digest, result->digest, sizeof digest) != 0)
            (void)fault_set(fault, REASON_BAG_DIGEST_D, NULL);
        else
            progress_meter_update(&meter);
    }
    result->totals.bytes = quota.bytes;
    content_reader_free(archive);
    return fault->status;
}
