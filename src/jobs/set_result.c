#include "jobs/set_result_private.h"

#include <string.h>

/* What was read, as it was read. */
static void keep_digests(const struct set *set, const struct intake_result *result)
{
    const struct intake_sealed *sealed = result->sealed;

    for (size_t i = 0; sealed != NULL && i < set->count; i++) {
        struct custody_file *received = &set->files[i]->received;

        if (!sealed[i].is_whole)
            continue;
        received->has_sha256 = true;
        received->size = sealed[i].len;
        memcpy(received->sha256, sealed[i].sha256, SHA256_LEN);
        received->unreadable = sealed[i].unreadable;
        arrival_judge_heads(set->files[i], sealed[i].second, result->blocks[i]);
    }
}

/* Ranges of one volume stand side by side. */
static void keep_mended(const struct set *set, const struct intake_result *result)
{
    const struct stream_mended *m = &result->mended;
    uint64_t listed = 0;

    for (size_t i = 0; i < m->range_count; i++) {
        struct custody_file *received = &set->files[m->ranges[i].volume]->received;

        if (received->mended_count++ == 0)
            received->mended = &m->ranges[i];
        listed += m->ranges[i].count;
    }
    for (size_t i = 0; i < set->count; i++)
        set->files[i]->received.mended_is_cut = listed < m->block_count;
}

void set_keep_result(const struct set *set, const struct intake_result *result)
{
    keep_digests(set, result);
    keep_mended(set, result);
}
