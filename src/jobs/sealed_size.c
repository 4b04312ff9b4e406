#include "jobs/sealed_size.h"

#include <string.h>

#include "archive/archive.h"
#include "envelope/envelope.h"

static size_t sample_source(void *ctx, uint64_t off, void *buf, size_t len)
{
    return bag_source_sample(ctx, off, buf, len);
}

/* ---- Repair data -------------------------------------------------------------------------- */

/* Whether a file, or a volume, can have that repair data. */
static bool has_size(const struct seal_request *request, unsigned int m)
{
    if (request->split > 0)
        return stream_fixed_len(request->split, m) > 0;
    return request->padding.rule != PAD_FIXED ||
           stream_fixed_len(request->padding.size, m) == request->padding.size;
}

static bool is_worth_it(const struct seal_request *request, uint64_t bytes)
{
    return bytes > REPAIR_FROM && (request->output == NULL || strcmp(request->output, "-") != 0);
}

enum seal_status repair_choose(uint8_t *parity, uint64_t *split, const struct seal_request *request,
                               uint64_t bytes, struct fault *fault)
{
    const bool is_asked = request->repair != REPAIR_AUTO;
    const uint8_t m = (uint8_t)(is_asked ? request->repair : REPAIR_USUAL);

    if (is_asked && !has_size(request, m)) {
        const uint64_t size = request->split > 0 ? request->split : request->padding.size;

        fault_add_numbers(fault, size, stream_fixed_len(size, m));
        return fault_set(fault, REASON_REPAIR_SIZE, NULL);
    }
    *parity = is_asked || (has_size(request, m) && is_worth_it(request, bytes)) ? m : 0;
    *split = stream_fixed_len(request->split, *parity);
    return SEAL_OK;
}

/* ---- Sizes -------------------------------------------------------------------------------- */

static uint64_t volumes_for(uint64_t content, struct file_shape shape, uint64_t split)
{
    uint64_t each = stream_content_max(shape, split);

    return content == 0 ? 1 : (content + each - 1) / each;
}

/* Of one file, or of all volumes: the last one is padded, but never longer than the others. */
static uint64_t total_for(uint64_t content, struct file_shape shape, uint64_t split,
                          struct padding padding)
{
    uint64_t others, last;

    if (split == 0)
        return stream_total_len(shape, content, padding);
    others = volumes_for(content, shape, split) - 1;
    content -= others * stream_content_max(shape, split);
    last = stream_total_len(shape, content, padding);
    if (last == 0 || last > split)
        last = split;
    return others * split + last;
}

enum seal_status sealed_size_expect(struct sealed_size *size, const struct seal_request *request,
                                    size_t key_count, struct bag_source *source,
                                    const struct bag_estimate *survey, struct fault *fault)
{
    struct file_shape shape = {.head_len =
                                   HEAD_LEN(key_count > SLOTS_FEW ? SLOTS_MANY : SLOTS_FEW)};
    struct content_plan plan = {.around = survey->overhead,
                                .entries = survey->entries,
                                .level = request->level,
                                .sample = sample_source,
                                .ctx = source};
    struct bag_totals totals;
    uint64_t about, most, split;
    uint8_t parity;

    *size = (struct sealed_size){.about = 0};
    bag_source_totals(source, &totals);
    plan.bytes = totals.bytes;
    if (repair_choose(&parity, &split, request, totals.bytes, fault) != SEAL_OK ||
        content_estimate_len(&plan, &about, &most, fault) != SEAL_OK)
        return fault->status;
    shape.parity = parity;
    size->about = total_for(about, shape, split, request->padding);
    size->most = total_for(most, shape, split, request->padding);
    if (split > 0) {
        size->about_volumes = volumes_for(about, shape, split);
        size->most_volumes = volumes_for(most, shape, split);
    }
    return SEAL_OK;
}
