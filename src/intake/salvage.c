/*
 * Salvage: first all blocks are looked at, then the tar is gone through for the record, then once
 * more for the files. Each of these is read once to find out whether it is whole, and once to be
 * written: nothing comes to whole/ that has to be taken away from there.
 */
#include "intake/salvage.h"

#include <stdlib.h>
#include <string.h>

#include "intake/salvage_look.h"
#include "intake/salvage_out.h"
#include "intake/salvage_record.h"

struct salvage {
    const struct salvage_job *job;
    struct custody_salvage_counts *counts;
    struct holed *holed;
    struct torn *torn;
    struct quota quota;
    struct quota looked; /* what was looked at, also if nothing of it comes out */
    struct salvage_record record;
    struct salvage_out out;
    bool tells_names; /* at the end, of what only the record has a name for */
};

/* ---- A file ------------------------------------------------------------------------------- */

static enum custody_salvaged judge(const struct salvage *s, const struct salvage_look *look,
                                   const struct tar_entry *e, bool is_certain)
{
    struct bag_item item;

    if (look->piece.lost_count > 0)
        return SALVAGED_PART;
    if (!s->record.has_digests)
        return is_certain ? SALVAGED_UNVERIFIED : SALVAGED_FOUND;
    return bag_check_find(s->record.check, e->path, e->path_len, &item) && item.digest != NULL &&
                   memcmp(item.digest, look->digest, SHA256_LEN) == 0
               ? SALVAGED_WHOLE
               : SALVAGED_DIFFERS;
}

static enum seal_status tell(struct salvage *s, struct custody_piece *p, const char *path,
                             struct fault *fault)
{
    if (quota_add_name(&s->quota, strlen(path), fault) != SEAL_OK)
        return fault->status;
    p->path = path;
    s->counts->files[p->state]++;
    if (p->state == SALVAGED_WHOLE || p->state == SALVAGED_UNVERIFIED)
        s->counts->whole_bytes += p->there;
    else
        s->counts->part_bytes += p->there;
    return s->job->each(s->job->ctx, p, fault);
}

/* For the list of what is lost, which has all of it. */
struct listing {
    struct salvage *s;
    const char *on_disk;
    uint64_t off, len; /* the hole that may go on */
};

static enum seal_status list_hole(struct listing *l, struct fault *fault)
{
    const uint64_t len = l->len;

    l->len = 0;
    return len == 0 ? SEAL_OK : salvage_out_list_lost(&l->s->out, l->on_disk, l->off, len, fault);
}

static enum seal_status list_part(void *ctx, const uint8_t *data, uint64_t at, uint64_t len,
                                  struct fault *fault)
{
    struct listing *l = ctx;

    if (data != NULL)
        return list_hole(l, fault);
    if (l->len == 0)
        l->off = at;
    l->len += len;
    return SEAL_OK;
}

static enum seal_status list_parts(struct salvage *s, const char *on_disk, uint64_t off,
                                   uint64_t size, struct fault *fault)
{
    struct listing l = {s, on_disk, 0, 0};

    if (salvage_each_part(s->torn, off, size, list_part, &l, fault) != SEAL_OK)
        return fault->status;
    return list_hole(&l, fault);
}

static bool is_whole(const struct salvage_look *look)
{
    return look->piece.state == SALVAGED_WHOLE || look->piece.state == SALVAGED_UNVERIFIED;
}

static enum seal_status list_file(struct salvage *s, const struct salvage_look *look,
                                  const char *on_disk, uint64_t off, struct fault *fault)
{
    if (is_whole(look))
        return salvage_out_list_whole(&s->out, on_disk, look->digest,
                                      look->piece.state == SALVAGED_WHOLE, fault);
    return list_parts(s, on_disk, off, look->piece.size, fault);
}

static enum seal_status take_unnamed(struct salvage *s, uint64_t off, uint64_t end,
                                     struct fault *fault);

static uint64_t min_of(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* A file of which nothing is there is only a name. */
static enum seal_status take_file(struct salvage *s, const struct tar_entry *e, uint64_t off,
                                  bool is_certain, struct fault *fault)
{
    const uint64_t end = min_of(off + e->size, torn_stretch_end(s->torn, off));
    struct salvage_look look;
    char *on_disk = NULL;

    if (salvage_look_at(s->torn, &look, off, e->size, fault) != SEAL_OK)
        return fault->status;
    look.piece.state = judge(s, &look, e, is_certain);
    look.piece.is_guess = !is_certain && look.piece.state != SALVAGED_WHOLE;
    if (look.piece.there == 0 && e->size > 0) {
        look.piece.state = SALVAGED_NAME;
        if (!s->tells_names && bag_check_find(s->record.check, e->path, e->path_len, NULL))
            return SEAL_OK; /* take_names tells */
        return tell(s, &look.piece, e->path, fault);
    }
    if (salvage_out_entry(&s->out, is_whole(&look) ? TREE_WHOLE : TREE_PARTS, e, off,
                          off < end ? end : off, &on_disk, fault) != SEAL_OK)
        return fault->status;
    if (on_disk == NULL)
        return take_unnamed(s, off, off < end ? end : off, fault);
    if (tell(s, &look.piece, on_disk, fault) == SEAL_OK)
        IGNORE_RESULT(list_file(s, &look, on_disk, off, fault));
    free(on_disk);
    return fault->status;
}

/* ---- What has no name --------------------------------------------------------------------- */

/* Of zeros, which are between entries and behind them, nobody wants a file. */
static enum seal_status count_part(void *ctx, const uint8_t *data, uint64_t at, uint64_t len,
                                   struct fault *fault)
{
    uint64_t *there = ctx;

    (void)at;
    (void)fault;
    if (data != NULL && !bytes_are_zero(data, (size_t)len))
        *there += len;
    return SEAL_OK;
}

static enum seal_status take_unnamed(struct salvage *s, uint64_t off, uint64_t end,
                                     struct fault *fault)
{
    uint64_t there = 0;

    if (salvage_each_part(s->torn, off, end - off, count_part, &there, fault) != SEAL_OK ||
        there == 0)
        return fault->status;
    s->counts->unnamed_bytes += there;
    return salvage_out_bytes(&s->out, NULL, off, end, fault);
}

/* ---- The entries of a bag ----------------------------------------------------------------- */

static enum seal_status take_record_file(struct salvage *s, const struct tar_entry *e, uint64_t off,
                                         struct fault *fault)
{
    if (!salvage_record_has(&s->record, off))
        return take_unnamed(s, off, min_of(off + e->size, torn_stretch_end(s->torn, off)), fault);
    if (strcmp(e->path, "bagit.txt") == 0) /* with it the folder would look like a bag */
        return SEAL_OK;
    return salvage_out_record(&s->out, e, off, fault);
}

/* What was looked for, and is no file of the record, is a part of another. */
static bool is_known(const struct salvage *s, const struct tar_entry *e)
{
    return !s->record.has_digests || bag_check_find(s->record.check, e->path, e->path_len, NULL);
}

static enum seal_status take_entry(void *ctx, const struct tar_entry *e, uint64_t data_off,
                                   bool is_certain, struct fault *fault)
{
    struct salvage *s = ctx;
    const uint64_t end = min_of(data_off + e->size, torn_stretch_end(s->torn, data_off));
    char *on_disk = NULL;

    /* One that repeats costs time, its header at least, and nothing else. */
    if (quota_add_bytes(&s->looked, 512 + (data_off < end ? end - data_off : 0), fault) != SEAL_OK)
        return fault->status;
    if (bag_payload_name(e->path) == NULL && !e->is_dir)
        return take_record_file(s, e, data_off, fault);
    if (!e->is_dir &&
        ((!is_certain && !is_known(s, e)) || salvage_out_has(&s->out, e->path, e->path_len)))
        return take_unnamed(s, data_off, data_off < end ? end : data_off, fault);
    if (!e->is_dir)
        return take_file(s, e, data_off, is_certain, fault);
    if (!is_certain && !is_known(s, e))
        return SEAL_OK;
    IGNORE_RESULT(salvage_out_entry(&s->out, TREE_WHOLE, e, 0, 0, &on_disk, fault));
    free(on_disk);
    return fault->status;
}

/* What the record tells the name of is taken behind all others. */
static enum seal_status take_stray(void *ctx, uint64_t number, uint64_t off, uint64_t end,
                                   struct fault *fault)
{
    struct salvage *s = ctx;

    if (number != TORN_NO_NUMBER && s->record.is_all)
        return SEAL_OK;
    return take_unnamed(s, off, end, fault);
}

/* ---- What only the record has a name for -------------------------------------------------- */

struct naming {
    struct salvage *s;
    size_t next; /* of the entries whose headers are lost */
};

static struct lost_entry *lost_entry_of(struct naming *n, uint64_t number)
{
    struct salvage_record *r = &n->s->record;

    while (n->next < r->lost_count && r->lost[n->next].number < number)
        n->next++;
    return n->next < r->lost_count && r->lost[n->next].number == number ? &r->lost[n->next] : NULL;
}

/* Its data end, filled up to a block, where the next entry begins. False: they do not fit in there.
 */
static bool place_by_record(const struct bag_item *item, const struct lost_entry *lost,
                            uint64_t *off)
{
    const uint64_t filled = item->size > lost->end ? UINT64_MAX : (item->size + 511) / 512 * 512;

    *off = lost->end - filled;
    return filled <= lost->end - lost->off;
}

static enum seal_status take_name(void *ctx, const struct bag_item *item, struct fault *fault)
{
    struct naming *n = ctx;
    struct salvage *s = n->s;
    const struct tar_entry e = {.path = item->path,
                                .path_len = strlen(item->path),
                                .size = item->size,
                                .mtime = item->mtime};
    struct custody_piece piece = {.state = SALVAGED_NAME, .size = item->size};
    const struct lost_entry *lost = s->record.is_all ? lost_entry_of(n, item->entry) : NULL;
    uint64_t off;

    if (item->type != BAG_FILE || salvage_out_has(&s->out, e.path, e.path_len))
        return SEAL_OK;
    if (lost != NULL && place_by_record(item, lost, &off))
        return take_file(s, &e, off, true, fault);
    if (lost != NULL && take_unnamed(s, lost->off, lost->end, fault) != SEAL_OK)
        return fault->status;
    if (!s->record.is_all)
        piece.size = CUSTODY_SIZE_UNKNOWN;
    return tell(s, &piece, item->path, fault);
}

static enum seal_status take_names(struct salvage *s, struct fault *fault)
{
    struct naming naming = {.s = s};

    if (!s->record.has_digests)
        return SEAL_OK;
    s->tells_names = true;
    return bag_check_each_item(s->record.check, take_name, &naming, fault);
}

/* ---- All of it ---------------------------------------------------------------------------- */

static enum seal_status salvage_bag(struct salvage *s, struct fault *fault)
{
    const struct torn_listener listener = {s, take_entry, take_stray};

    if (torn_walk(s->torn, &listener, fault) != SEAL_OK)
        return fault->status;
    return take_names(s, fault);
}

#define STREAM_NAME "stream"

static enum seal_status salvage_stream(struct salvage *s, struct fault *fault)
{
    struct torn_facts facts;
    struct salvage_look look = {.piece = {.state = SALVAGED_PART}};

    torn_facts(s->torn, &facts);
    look.piece.size = facts.has_tables ? facts.len : CUSTODY_SIZE_UNKNOWN;
    for (uint64_t off = 0; off < facts.len && fault->status == SEAL_OK;) {
        const uint8_t *data;
        size_t len;

        if (stop_requested())
            return fault_set(fault, REASON_INTERRUPTED, NULL);
        if (torn_peek(s->torn, off, &data, &len, fault) != SEAL_OK)
            return fault->status;
        salvage_note_part(&look.piece, data != NULL, off, len);
        if (data == NULL)
            IGNORE_RESULT(salvage_out_list_lost(&s->out, STREAM_NAME, off, len, fault));
        off += len;
    }
    if (fault->status != SEAL_OK || look.piece.there == 0 ||
        salvage_out_bytes(&s->out, STREAM_NAME, 0, facts.len, fault) != SEAL_OK)
        return fault->status;
    return tell(s, &look.piece, STREAM_NAME, fault);
}

/* What the sender says, if it is there. */
static enum seal_status fill_result(struct salvage *s, struct intake_result *result,
                                    struct fault *fault)
{
    struct holed_totals totals;
    struct torn_facts facts;
    bool ignored;

    holed_totals(s->holed, &totals);
    torn_facts(s->torn, &facts);
    s->counts->blocks = totals.blocks;
    s->counts->lost_blocks = totals.lost_blocks;
    s->counts->missing_volumes = totals.missing_volumes;
    s->counts->has_more_volumes = totals.has_more_volumes;
    s->counts->has_tables = facts.has_tables;
    s->counts->gave_up = facts.gave_up;
    s->counts->has_record = s->record.has_digests;
    s->counts->record_is_bad = s->record.is_bad;
    for (int tree = 0; tree < TREES; tree++)
        if (s->out.writers[tree].spelling != NULL)
            result->spelled += bag_spelling_count(s->out.writers[tree].spelling);
    if (s->record.check == NULL || s->record.is_bad)
        return SEAL_OK;
    if (buffer_append_text(&result->bag_info,
                           bag_check_info(s->record.check, &result->info_is_cut)) != SEAL_OK ||
        buffer_append_text(&result->remarks, bag_check_remarks(s->record.check, &ignored)) !=
            SEAL_OK)
        return fault_no_memory(fault);
    result->remarks_are_cut = ignored;
    return SEAL_OK;
}

static bool came_out(const struct custody_salvage_counts *c)
{
    return c->whole_bytes + c->part_bytes + c->unnamed_bytes + c->files[SALVAGED_WHOLE] +
               c->files[SALVAGED_UNVERIFIED] >
           0;
}

static enum seal_status salvage(struct salvage *s, struct intake_result *result,
                                struct fault *fault)
{
    const enum content_type type = s->job->volumes[0].env->params.type;
    uint8_t digest[32];
    struct quota lists;
    uint64_t end;
    bool ends;

    if (torn_new(&s->torn, s->holed, type, fault) != SEAL_OK)
        return fault->status;
    ends = holed_end(s->holed, &end, digest);
    lists = s->quota;
    if (type == CONTENT_BAG &&
        salvage_record_read(&s->record, s->torn, &lists, ends ? digest : NULL, fault) != SEAL_OK)
        return fault->status;
    s->out.from = s->torn;
    s->out.quota = &s->quota;
    if (salvage_out_start(&s->out, &s->job->target, fault) == SEAL_OK &&
        (type == CONTENT_BAG ? salvage_bag : salvage_stream)(s, fault) == SEAL_OK &&
        salvage_out_finish(&s->out, fault) == SEAL_OK)
        IGNORE_RESULT(fill_result(s, result, fault));
    if (fault->status == SEAL_OK && !came_out(s->counts))
        (void)fault_set(fault, REASON_NOTHING_SALVAGED, NULL);
    salvage_out_end(&s->out);
    return fault->status;
}

static uint64_t sealed_len(const struct salvage_job *job)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < job->count; i++)
        sum += volume_size(job->volumes[i].in);
    return sum;
}

enum seal_status intake_salvage(struct intake_result *result, const struct salvage_job *job,
                                struct fault *fault)
{
    struct salvage *s = calloc(1, sizeof *s);

    *result = (struct intake_result){.is_read_only = false};
    if (s == NULL)
        return fault_no_memory(fault);
    s->job = job;
    s->counts = &result->salvage;
    s->quota = s->looked = (struct quota){.limits = job->limits, .sealed = sealed_len(job)};
    if (holed_new(&s->holed, job->volumes, job->count, job->progress->add, job->progress->ctx,
                  fault) == SEAL_OK) {
        if (holed_is_whole(s->holed) && !holed_has_more(s->holed))
            (void)fault_set(fault, REASON_NOTHING_TO_SALVAGE, NULL);
        else
            IGNORE_RESULT(salvage(s, result, fault));
    }
    salvage_record_free(&s->record);
    torn_free(s->torn);
    holed_free(s->holed);
    free(s);
    return fault->status;
}
