/*
 * Which messages there are, and the writer and the reader of each. Those at the end of a job are in
 * messages_result.c.
 */
#include "intake/messages.h"
#include "base/text.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

/* ---- Which there are ---------------------------------------------------------------------- */

enum seal_status message_receive(struct channel *c, enum message_type *type, struct fields *fields,
                                 struct fault *fault)
{
    uint8_t number = 0;
    bool more = false;

    *type = MESSAGE_NONE;
    if (channel_receive(c, &more, &number, fields, fault) != SEAL_OK || !more)
        return fault->status;
    if (number == MESSAGE_NONE || number >= MESSAGE_TYPES)
        return fault_set(fault, REASON_WORKER_MESSAGE_UNKNOWN, NULL);
    *type = (enum message_type)number;
    return SEAL_OK;
}

#define TASK(name) (1u << INTAKE_##name)
#define EVERY_TASK ((1u << INTAKE_TASKS) - 1)
#define WITHOUT_VOLUMES (TASK(RECHECK) | TASK(TRIAL))

/* The tasks in which a worker may send a message. Those to the worker are not in the table, so it
 * may send them in none. */
static const unsigned int allowed_tasks[MESSAGE_TYPES] = {
    [MESSAGE_CAGE] = EVERY_TASK,
    [MESSAGE_PROGRESS] = EVERY_TASK & ~TASK(TRIAL),
    [MESSAGE_ITEM] = TASK(LIST),
    [MESSAGE_EXTRACTED] = TASK(EXTRACT),
    [MESSAGE_CHANGE] = TASK(RECHECK),
    [MESSAGE_NOTE] = TASK(RECHECK),
    [MESSAGE_MENDED] = EVERY_TASK & ~WITHOUT_VOLUMES,
    [MESSAGE_INFO] = TASK(BAG) | TASK(SALVAGE),
    [MESSAGE_REMARKS] = TASK(BAG) | TASK(SALVAGE),
    [MESSAGE_SALVAGED] = TASK(SALVAGE),
    [MESSAGE_DONE] = EVERY_TASK,
};

bool message_is_allowed(enum intake_task task, enum message_type type)
{
    return (allowed_tasks[type] & 1u << task) != 0;
}

bool task_is_fed(enum intake_task task)
{
    return ((TASK(BAG) | TASK(STREAM) | TASK(RAW) | TASK(MEND)) & 1u << task) != 0;
}

void input_name(char name[static INPUT_NAME_SIZE], size_t number)
{
    (void)snprintf(name, INPUT_NAME_SIZE, WORKER_INPUT "%u", (unsigned int)number);
}

/* ---- To the worker ------------------------------------------------------------------------ */

enum seal_status message_write_job(struct channel *c, const struct job_params *p,
                                   struct fault *fault)
{
    channel_begin(c, MESSAGE_JOB);
    channel_put_u8(c, (uint8_t)p->task);
    channel_put_u32(c, p->volume_count);
    channel_put_u8(c, p->has_output);
    channel_put_u8(c, p->check_first);
    channel_put_u8(c, p->writable);
    channel_put_u8(c, p->exact_names);
    channel_put_u8(c, p->has_record);
    channel_put_u8(c, p->whole_cage);
    channel_put_u8(c, p->keeps_user);
    channel_put_u32(c, p->threads);
    channel_put_u64(c, p->limits.bytes);
    channel_put_u64(c, p->limits.per_byte);
    channel_put_u64(c, p->limits.room);
    channel_put_u64(c, p->limits.files);
    channel_put_u64(c, p->limits.files_least);
    channel_put_u64(c, p->limits.names);
    return channel_end(c, fault);
}

bool message_read_job(struct fields *f, struct job_params *p)
{
    uint8_t task = field_u8(f);

    p->task = (enum intake_task)task;
    p->volume_count = field_u32(f);
    p->has_output = field_bool(f);
    p->check_first = field_bool(f);
    p->writable = field_bool(f);
    p->exact_names = field_bool(f);
    p->has_record = field_bool(f);
    p->whole_cage = field_bool(f);
    p->keeps_user = field_bool(f);
    p->threads = field_u32(f);
    p->limits.bytes = field_u64(f);
    p->limits.per_byte = field_u64(f);
    p->limits.room = field_u64(f);
    p->limits.files = field_u64(f);
    p->limits.files_least = field_u64(f);
    p->limits.names = field_u64(f);
    return fields_end(f) && task < INTAKE_TASKS && p->volume_count <= INTAKE_VOLUMES_MAX &&
           (p->volume_count == 0) == ((1u << task & WITHOUT_VOLUMES) != 0);
}

enum seal_status message_write_volume(struct channel *c, const struct envelope *env, uint64_t size,
                                      struct told_blocks told, struct fault *fault)
{
    uint8_t packed[ENVELOPE_PACKED_LEN];

    envelope_pack(packed, env);
    channel_begin(c, MESSAGE_VOLUME);
    channel_put_bytes(c, packed, sizeof packed);
    channel_put_u64(c, size);
    channel_put_u64(c, told.count);
    channel_put_u8(c, told.is_sure);
    sodium_memzero(packed, sizeof packed);
    return channel_end(c, fault);
}

bool message_read_volume(struct fields *f, struct envelope *env, uint64_t *size,
                         struct told_blocks *told)
{
    uint8_t packed[ENVELOPE_PACKED_LEN];
    bool is_good;

    field_bytes(f, packed, sizeof packed);
    *size = field_u64(f);
    told->count = field_u64(f);
    told->is_sure = field_bool(f);
    is_good = fields_end(f) && envelope_unpack(env, packed);
    sodium_memzero(packed, sizeof packed);
    return is_good;
}

enum seal_status message_write_path(struct channel *c, const char *path, struct fault *fault)
{
    channel_begin(c, MESSAGE_PATH);
    channel_put_text(c, path);
    return channel_end(c, fault);
}

bool message_read_path(struct fields *f, const char **path)
{
    *path = field_text(f);
    return fields_end(f);
}

enum seal_status message_write_go(struct channel *c, struct fault *fault)
{
    channel_begin(c, MESSAGE_GO);
    return channel_end(c, fault);
}

/* ---- From the worker, while it works ------------------------------------------------------ */

enum seal_status message_write_cage(struct channel *c, unsigned int missing, struct fault *fault)
{
    channel_begin(c, MESSAGE_CAGE);
    channel_put_u32(c, missing);
    return channel_end(c, fault);
}

bool message_read_cage(struct fields *f, unsigned int *missing)
{
    *missing = field_u32(f) & PLAT_CAGE_ALL;
    return fields_end(f);
}

enum seal_status message_write_progress(struct channel *c, uint64_t bytes, struct fault *fault)
{
    channel_begin(c, MESSAGE_PROGRESS);
    channel_put_u64(c, bytes);
    return channel_end(c, fault);
}

bool message_read_progress(struct fields *f, uint64_t *bytes)
{
    *bytes = field_u64(f);
    return fields_end(f);
}

static void put_item(struct channel *c, const struct bag_item *item)
{
    channel_put_u8(c, (uint8_t)item->type);
    channel_put_u64(c, item->size);
    channel_put_u64(c, (uint64_t)item->mtime.sec);
    channel_put_u32(c, item->mtime.nsec);
    channel_put_u8(c, item->digest != NULL);
    if (item->digest != NULL)
        channel_put_bytes(c, item->digest, SHA256_LEN);
    channel_put_text(c, item->path);
    channel_put_text(c, item->target == NULL ? "" : item->target);
}

static bool read_item_fields(struct fields *f, struct bag_item *item,
                             uint8_t digest[static SHA256_LEN])
{
    uint8_t type = field_u8(f);

    *item = (struct bag_item){.size = field_u64(f)};
    item->mtime.sec = (int64_t)field_u64(f);
    item->mtime.nsec = field_u32(f);
    if (field_bool(f)) {
        field_bytes(f, digest, SHA256_LEN);
        item->digest = digest;
    }
    item->path = field_text(f);
    item->target = field_text(f);
    switch (type) {
    case BAG_FILE:
        item->type = BAG_FILE;
        break;
    case BAG_FOLDER:
        item->type = BAG_FOLDER;
        break;
    case BAG_SYMLINK:
        item->type = BAG_SYMLINK;
        break;
    default:
        return false;
    }
    if (item->type != BAG_SYMLINK)
        item->target = NULL;
    return !f->is_bad && item->mtime.nsec < 1000000000 &&
           (item->type == BAG_FILE) == (item->digest != NULL);
}

enum seal_status message_write_item(struct channel *c, const struct bag_item *item,
                                    struct fault *fault)
{
    channel_begin(c, MESSAGE_ITEM);
    put_item(c, item);
    return channel_end(c, fault);
}

bool message_read_item(struct fields *f, struct bag_item *item, uint8_t digest[static SHA256_LEN])
{
    return read_item_fields(f, item, digest) && fields_end(f) &&
           utf8_is_valid(item->path, strlen(item->path));
}

enum seal_status message_write_extracted(struct channel *c, const struct bag_item *item,
                                         const char *on_disk, struct fault *fault)
{
    channel_begin(c, MESSAGE_EXTRACTED);
    put_item(c, item);
    channel_put_text(c, on_disk);
    return channel_end(c, fault);
}

bool message_read_extracted(struct fields *f, struct bag_item *item,
                            uint8_t digest[static SHA256_LEN], const char **on_disk)
{
    if (!read_item_fields(f, item, digest) || item->type != BAG_FILE)
        return false;
    *on_disk = field_text(f);
    return fields_end(f);
}

/* ---- From the worker: a bag on disk ------------------------------------------------------- */

static void put_facts(struct channel *c, const struct bag_facts *facts)
{
    channel_put_u64(c, facts->bytes);
    channel_put_u64(c, facts->files);
    channel_put_u64(c, (uint64_t)facts->time.sec);
    channel_put_u32(c, facts->time.nsec);
}

static void read_facts(struct fields *f, struct bag_facts *facts)
{
    facts->bytes = field_u64(f);
    facts->files = field_u64(f);
    facts->time.sec = (int64_t)field_u64(f);
    facts->time.nsec = field_u32(f);
}

enum seal_status message_write_change(struct channel *c, const struct bag_difference *difference,
                                      struct fault *fault)
{
    channel_begin(c, MESSAGE_CHANGE);
    channel_put_u8(c, (uint8_t)difference->kind);
    channel_put_u8(c, (uint8_t)difference->detail);
    channel_put_u32(c, (uint32_t)difference->sys);
    channel_put_u8(c, (uint8_t)difference->file);
    channel_put_u8(c, (uint8_t)difference->other);
    channel_put_u64(c, difference->line);
    put_facts(c, &difference->was);
    put_facts(c, &difference->is);
    channel_put_text(c, difference->path);
    return channel_end(c, fault);
}

bool message_read_change(struct fields *f, struct bag_difference *difference)
{
    uint32_t sys;

    difference->kind = (enum bag_change)field_u8(f);
    difference->detail = (enum bag_detail)field_u8(f);
    sys = field_u32(f);
    difference->sys = sys <= INT_MAX ? (int)sys : -1;
    difference->file = (enum bag_record_file)field_u8(f);
    difference->other = (enum bag_record_file)field_u8(f);
    difference->line = field_u64(f);
    read_facts(f, &difference->was);
    read_facts(f, &difference->is);
    difference->path = field_text(f);
    return fields_end(f) && bag_difference_is_possible(difference);
}

enum seal_status message_write_note(struct channel *c, enum bag_note note, const char *path,
                                    struct fault *fault)
{
    channel_begin(c, MESSAGE_NOTE);
    channel_put_u8(c, (uint8_t)note);
    channel_put_text(c, path);
    return channel_end(c, fault);
}

bool message_read_note(struct fields *f, enum bag_note *note, const char **path)
{
    uint8_t number = field_u8(f);

    *note = (enum bag_note)number;
    *path = field_text(f);
    return fields_end(f) && number < BAG_NOTES;
}

/* ---- From the worker: what was salvaged --------------------------------------------------- */

enum seal_status message_write_salvaged(struct channel *c, const struct custody_piece *piece,
                                        struct fault *fault)
{
    channel_begin(c, MESSAGE_SALVAGED);
    channel_put_u8(c, (uint8_t)piece->state);
    channel_put_u64(c, piece->size);
    channel_put_u64(c, piece->there);
    channel_put_u8(c, piece->lost_is_cut);
    channel_put_u8(c, piece->is_guess);
    channel_put_u32(c, (uint32_t)piece->lost_count);
    for (size_t i = 0; i < piece->lost_count; i++) {
        channel_put_u64(c, piece->lost[i].off);
        channel_put_u64(c, piece->lost[i].len);
    }
    channel_put_text(c, piece->path);
    return channel_end(c, fault);
}

bool message_read_salvaged(struct fields *f, struct custody_piece *piece)
{
    uint8_t state = field_u8(f);
    uint32_t count;

    *piece = (struct custody_piece){.state = (enum custody_salvaged)state};
    piece->size = field_u64(f);
    piece->there = field_u64(f);
    piece->lost_is_cut = field_bool(f);
    piece->is_guess = field_bool(f);
    count = field_u32(f);
    if (state >= SALVAGED_STATES || count > CUSTODY_RANGES_MAX)
        return false;
    for (piece->lost_count = 0; piece->lost_count < count; piece->lost_count++) {
        piece->lost[piece->lost_count].off = field_u64(f);
        piece->lost[piece->lost_count].len = field_u64(f);
    }
    piece->path = field_text(f);
    return fields_end(f) && utf8_is_valid(piece->path, strlen(piece->path));
}
