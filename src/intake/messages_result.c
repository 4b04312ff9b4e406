/*
 * The messages at the end of a job: texts for people, what the task came to, and its numbers.
 */
#include "intake/messages.h"

#include <stdio.h>
#include <string.h>

/* ---- INFO and REMARKS --------------------------------------------------------------------- */

enum seal_status message_write_text(struct channel *c, enum message_type type,
                                    const struct buffer *text, struct fault *fault)
{
    for (size_t pos = 0; pos < text->len; pos += MESSAGE_PIECE) {
        size_t left = text->len - pos;

        channel_begin(c, (uint8_t)type);
        channel_put_bytes(c, text->data + pos, left < MESSAGE_PIECE ? left : MESSAGE_PIECE);
        if (channel_end(c, fault) != SEAL_OK)
            return fault->status;
    }
    return SEAL_OK;
}

bool message_read_text(struct fields *f, struct buffer *text, size_t most, bool *no_memory)
{
    struct span piece = field_rest(f);

    if (piece.len > most - text->len || memchr(piece.data, 0, piece.len) != NULL)
        return false;
    *no_memory = buffer_append(text, piece.data, piece.len) != SEAL_OK ||
                 buffer_append_text(text, "") != SEAL_OK;
    return !*no_memory;
}

/* ---- MENDED ------------------------------------------------------------------------------- */

enum seal_status message_write_mended(struct channel *c, const struct intake_result *result,
                                      size_t volumes, struct fault *fault)
{
    const struct stream_mended *m = &result->mended;

    channel_begin(c, MESSAGE_MENDED);
    channel_put_u64(c, m->block_count);
    channel_put_u32(c, (uint32_t)volumes);
    for (size_t i = 0; i < volumes; i++)
        channel_put_u64(c, result->blocks[i]);
    channel_put_u32(c, (uint32_t)m->range_count);
    for (size_t i = 0; i < m->range_count; i++) {
        channel_put_u32(c, m->ranges[i].volume);
        channel_put_u64(c, m->ranges[i].first);
        channel_put_u64(c, m->ranges[i].count);
    }
    return channel_end(c, fault);
}

/* A range lies within its file. */
static bool read_range(struct fields *f, struct mended_range *r, const uint64_t *blocks,
                       size_t volumes)
{
    r->volume = field_u32(f);
    r->first = field_u64(f);
    r->count = field_u64(f);
    return r->volume < volumes && r->first < blocks[r->volume] && r->count > 0 &&
           r->count <= blocks[r->volume] - r->first;
}

bool message_read_mended(struct fields *f, struct intake_result *result, size_t volumes)
{
    struct stream_mended *m = &result->mended;
    uint64_t listed = 0;
    uint32_t ranges;

    m->block_count = field_u64(f);
    if (field_u32(f) != volumes)
        return false;
    for (size_t i = 0; i < volumes; i++) {
        result->blocks[i] = field_u64(f);
        if (result->blocks[i] > STREAM_BLOCKS_MAX)
            return false;
    }
    ranges = field_u32(f);
    if (ranges > MENDED_RANGES_MAX)
        return false;
    m->range_count = ranges;
    for (size_t i = 0; i < ranges; i++) {
        if (!read_range(f, &m->ranges[i], result->blocks, volumes))
            return false;
        listed += m->ranges[i].count;
    }
    return listed <= m->block_count && fields_end(f);
}

#define SYS_MAX 4095 /* no system has a larger errno */

/* ---- DONE: the outcome -------------------------------------------------------------------- */

static void put_outcome(struct channel *c, const struct fault *outcome)
{
    channel_put_u8(c, (uint8_t)outcome->status);
    channel_put_u32(c, (uint32_t)outcome->reason);
    channel_put_u32(c, (uint32_t)outcome->sys);
    channel_put_u64(c, outcome->number);
    channel_put_u64(c, outcome->limit);
    channel_put_text(c, outcome->name);
}

static bool read_outcome(struct fields *f, enum intake_task task, struct fault *outcome)
{
    uint8_t status = field_u8(f);
    uint32_t reason = field_u32(f), sys = field_u32(f);
    uint64_t number = field_u64(f), limit = field_u64(f);
    const char *name = field_text(f);

    *outcome = (struct fault){.status = SEAL_OK};
    if (reason >= REASON_COUNT || sys > SYS_MAX || strlen(name) >= sizeof outcome->name)
        return false;
    *outcome = (struct fault){.status = (enum seal_status)status,
                              .reason = (enum seal_reason)reason,
                              .sys = (int)sys,
                              .number = number,
                              .limit = limit};
    fault_add_name(outcome, name);
    return outcome_is_allowed(task, outcome);
}

/* ---- DONE: the numbers -------------------------------------------------------------------- */

static void put_recheck(struct channel *c, const struct bag_recheck *r)
{
    channel_put_u64(c, r->files);
    channel_put_u64(c, r->bytes);
    for (size_t i = 0; i < BAG_CHANGE_KINDS; i++)
        channel_put_u64(c, r->changes[i]);
    channel_put_u8(c, r->has_listing);
    channel_put_u8(c, r->has_digest);
    channel_put_bytes(c, r->digest, sizeof r->digest);
    channel_put_bytes(c, r->disk_digest, sizeof r->disk_digest);
    channel_put_u8(c, r->has_unread_digest);
    channel_put_u32(c, r->algorithms);
}

static bool read_recheck(struct fields *f, struct bag_recheck *r)
{
    r->files = field_u64(f);
    r->bytes = field_u64(f);
    for (size_t i = 0; i < BAG_CHANGE_KINDS; i++)
        r->changes[i] = field_u64(f);
    r->has_listing = field_bool(f);
    r->has_digest = field_bool(f);
    field_bytes(f, r->digest, sizeof r->digest);
    field_bytes(f, r->disk_digest, sizeof r->disk_digest);
    r->has_unread_digest = field_bool(f);
    r->algorithms = field_u32(f);
    return r->algorithms < DIGEST_BIT(DIGEST_KINDS);
}

static void put_record(struct channel *c, const struct intake_record *r)
{
    channel_put_u8(c, r->is_read);
    channel_put_u32(c, (uint32_t)r->reason);
    channel_put_u32(c, (uint32_t)r->sys);
    channel_put_bytes(c, r->known.digest, sizeof r->known.digest);
    channel_put_u8(c, r->known.has_disk_digest);
    channel_put_bytes(c, r->known.disk_digest, sizeof r->known.disk_digest);
    channel_put_text(c, r->known.opened);
    channel_put_text(c, r->known.receipt);
}

/* What a worker may say of a record that it did not read. */
static bool is_record_reason(uint32_t reason)
{
    return reason == REASON_RECORD_LARGE || reason == REASON_RECORD_UNREADABLE ||
           reason == REASON_READ || reason == REASON_NO_MEMORY;
}

static bool take_text(char *out, size_t size, const char *text)
{
    return (size_t)snprintf(out, size, "%s", text) < size;
}

static bool read_record(struct fields *f, struct intake_record *r)
{
    uint32_t reason, sys;

    r->is_read = field_bool(f);
    reason = field_u32(f);
    sys = field_u32(f);
    field_bytes(f, r->known.digest, sizeof r->known.digest);
    r->known.has_disk_digest = field_bool(f);
    field_bytes(f, r->known.disk_digest, sizeof r->known.disk_digest);
    if (!take_text(r->known.opened, sizeof r->known.opened, field_text(f)) ||
        !take_text(r->known.receipt, sizeof r->known.receipt, field_text(f)) ||
        !custody_known_is_clean(&r->known) || sys > SYS_MAX ||
        (reason != REASON_NONE && (r->is_read || !is_record_reason(reason))))
        return false;
    r->reason = (enum seal_reason)reason;
    r->sys = (int)sys;
    return true;
}

static void put_salvage(struct channel *c, const struct custody_salvage_counts *s)
{
    for (size_t i = 0; i < SALVAGED_STATES; i++)
        channel_put_u64(c, s->files[i]);
    channel_put_u64(c, s->whole_bytes);
    channel_put_u64(c, s->part_bytes);
    channel_put_u64(c, s->unnamed_bytes);
    channel_put_u64(c, s->blocks);
    channel_put_u64(c, s->lost_blocks);
    channel_put_u64(c, s->missing_volumes);
    channel_put_u8(c, s->has_more_volumes);
    channel_put_u8(c, s->has_tables);
    channel_put_u8(c, s->has_record);
    channel_put_u8(c, s->record_is_bad);
    channel_put_u8(c, s->gave_up);
}

static void read_salvage(struct fields *f, struct custody_salvage_counts *s)
{
    for (size_t i = 0; i < SALVAGED_STATES; i++)
        s->files[i] = field_u64(f);
    s->whole_bytes = field_u64(f);
    s->part_bytes = field_u64(f);
    s->unnamed_bytes = field_u64(f);
    s->blocks = field_u64(f);
    s->lost_blocks = field_u64(f);
    s->missing_volumes = field_u64(f);
    s->has_more_volumes = field_bool(f);
    s->has_tables = field_bool(f);
    s->has_record = field_bool(f);
    s->record_is_bad = field_bool(f);
    s->gave_up = field_bool(f);
}

static void put_result(struct channel *c, const struct intake_result *r)
{
    channel_put_u64(c, r->totals.files);
    channel_put_u64(c, r->totals.folders);
    channel_put_u64(c, r->totals.bytes);
    channel_put_u64(c, r->totals.coded_names);
    for (size_t i = 0; i < BAG_REMARK_KINDS; i++)
        channel_put_u64(c, r->totals.remarks[i]);
    channel_put_bytes(c, r->digest, sizeof r->digest);
    channel_put_bytes(c, r->disk_digest, sizeof r->disk_digest);
    channel_put_bytes(c, r->receipt, sizeof r->receipt);
    channel_put_u8(c, r->remarks_are_cut);
    channel_put_u8(c, r->info_is_cut);
    channel_put_u64(c, r->spelled);
    channel_put_u8(c, r->is_read_only);
    for (size_t i = 0; i < BAG_TIME_KINDS; i++)
        channel_put_u64(c, r->times[i]);
    channel_put_u8(c, r->is_last);
    channel_put_u64(c, r->content_len);
    put_salvage(c, &r->salvage);
    put_recheck(c, &r->recheck);
    put_record(c, &r->record);
}

static bool read_result(struct fields *f, struct intake_result *r)
{
    r->totals.files = field_u64(f);
    r->totals.folders = field_u64(f);
    r->totals.bytes = field_u64(f);
    r->totals.coded_names = field_u64(f);
    for (size_t i = 0; i < BAG_REMARK_KINDS; i++)
        r->totals.remarks[i] = field_u64(f);
    field_bytes(f, r->digest, sizeof r->digest);
    field_bytes(f, r->disk_digest, sizeof r->disk_digest);
    field_bytes(f, r->receipt, sizeof r->receipt);
    r->remarks_are_cut = field_bool(f);
    r->info_is_cut = field_bool(f);
    r->spelled = field_u64(f);
    r->is_read_only = field_bool(f);
    for (size_t i = 0; i < BAG_TIME_KINDS; i++)
        r->times[i] = field_u64(f);
    r->is_last = field_bool(f);
    r->content_len = field_u64(f);
    read_salvage(f, &r->salvage);
    return read_recheck(f, &r->recheck) && read_record(f, &r->record);
}

enum seal_status message_write_done(struct channel *c, const struct fault *outcome,
                                    const struct intake_result *result, struct fault *fault)
{
    channel_begin(c, MESSAGE_DONE);
    put_outcome(c, outcome);
    put_result(c, result);
    return channel_end(c, fault);
}

bool message_read_done(struct fields *f, enum intake_task task, struct fault *outcome,
                       struct intake_result *result)
{
    return read_outcome(f, task, outcome) && read_result(f, result) && fields_end(f);
}
