#include "jobs/sealed_size.h"

#include "archive/archive.h"
#include "envelope/envelope.h"

static size_t sample_source(void *ctx, uint64_t off, void *buf, size_t len)
{
    return bag_source_sample(ctx, off, buf, len);
}

static uint64_t volumes_for(uint64_t content, size_t head_len, uint64_t split)
{
    uint64_t each = stream_content_max(head_len, split);

    return content == 0 ? 1 : (content + each - 1) / each;
}

/* Of one file, or of all volumes: the last one is padded, but never longer than the others. */
static uint64_t total_for(uint64_t content, size_t head_len, const struct seal_request *request)
{
    uint64_t others, last;

    if (request->split == 0)
        return stream_total_len(head_len, content, request->padding);
    others = volumes_for(content, head_len, request->split) - 1;
    content -= others * stream_content_max(head_len, request->split);
    last = stream_total_len(head_len, content, request->padding);
    if (last == 0 || last > request->split)
        last = request->split;
    return others * request->split + last;
}

enum seal_status sealed_size_expect(struct sealed_size *size, const struct seal_request *request,
                                    size_t key_count, struct bag_source *source,
                                    const struct bag_estimate *survey, struct fault *fault)
{
    size_t head = HEAD_LEN(key_count > SLOTS_FEW ? SLOTS_MANY : SLOTS_FEW);
    struct content_plan plan = {.around = survey->overhead,
                                .entries = survey->entries,
                                .level = request->level,
                                .sample = sample_source,
                                .ctx = source};
    struct bag_totals totals;
    uint64_t about, most;

    *size = (struct sealed_size){.about = 0};
    bag_source_totals(source, &totals);
    plan.bytes = totals.bytes;
    if (content_estimate_len(&plan, &about, &most, fault) != SEAL_OK)
        return fault->status;
    size->about = total_for(about, head, request);
    size->most = total_for(most, head, request);
    if (request->split > 0) {
        size->about_volumes = volumes_for(about, head, request->split);
        size->most_volumes = volumes_for(most, head, request->split);
    }
    return SEAL_OK;
}
