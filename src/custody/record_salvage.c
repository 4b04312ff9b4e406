#include "custody/record_salvage.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* In the order of the record. */
static const struct {
    enum custody_salvaged state;
    const char *word;     /* for machines */
    enum text_id label;   /* of the count */
    enum text_id meaning; /* above the files */
} states[SALVAGED_STATES] = {
    {SALVAGED_WHOLE, "whole", T_CUSTODY_SALVAGED_WHOLE, T_CUSTODY_SALVAGED_WHOLE_MEANS},
    {SALVAGED_UNVERIFIED, "whole-unverified", T_CUSTODY_SALVAGED_UNVERIFIED,
     T_CUSTODY_SALVAGED_UNVERIFIED_MEANS},
    {SALVAGED_FOUND, "found", T_CUSTODY_SALVAGED_FOUND, T_CUSTODY_SALVAGED_FOUND_MEANS},
    {SALVAGED_DIFFERS, "differs", T_CUSTODY_SALVAGED_DIFFERS, T_CUSTODY_SALVAGED_DIFFERS_MEANS},
    {SALVAGED_PART, "partial", T_CUSTODY_SALVAGED_PART, T_CUSTODY_SALVAGED_PART_MEANS},
    {SALVAGED_NAME, "name-only", T_CUSTODY_SALVAGED_NAME, T_CUSTODY_SALVAGED_NAME_MEANS},
};

/* ---- For people --------------------------------------------------------------------------- */

static void say_counts(struct page *p, const struct custody_salvage_counts *c)
{
    page_number(p, T_CUSTODY_SALVAGED_BLOCKS, c->blocks);
    page_number(p, T_CUSTODY_SALVAGED_BLOCKS_LOST, c->lost_blocks);
    if (c->missing_volumes > 0)
        page_number(p, T_CUSTODY_SALVAGED_VOLUMES, c->missing_volumes);
    for (size_t i = 0; i < SALVAGED_STATES; i++)
        page_number(p, states[i].label, c->files[states[i].state]);
    page_size(p, T_CUSTODY_SALVAGED_WHOLE_BYTES, c->whole_bytes);
    page_size(p, T_CUSTODY_SALVAGED_PART_BYTES, c->part_bytes);
    page_size(p, T_CUSTODY_SALVAGED_UNNAMED_BYTES, c->unnamed_bytes);
}

static void say_more(struct page *p, const struct custody_salvage_counts *c)
{
    static const enum text_id none = T_NONE;
    const enum text_id sentences[] = {
        c->has_record ? T_CUSTODY_SALVAGED_RECORD : T_CUSTODY_SALVAGED_NO_RECORD,
        c->has_more_volumes ? T_CUSTODY_SALVAGED_MORE_VOLUMES : none,
        c->record_is_bad ? T_CUSTODY_SALVAGED_RECORD_BAD : none,
        c->has_tables ? none : T_CUSTODY_SALVAGED_NO_TABLES,
        c->gave_up ? T_CUSTODY_SALVAGED_GAVE_UP : none,
    };

    for (size_t i = 0; i < sizeof sentences / sizeof *sentences; i++) {
        if (sentences[i] == none)
            continue;
        page_blank(p);
        page_say(p, sentences[i]);
    }
}

/* "OFFSET+LENGTH", one line each. */
static void say_lost(struct page *p, const struct custody_piece *piece)
{
    for (size_t i = 0; i < piece->lost_count; i++) {
        char range[64];

        (void)snprintf(range, sizeof range, "%" PRIu64 " + %" PRIu64, piece->lost[i].off,
                       piece->lost[i].len);
        page_detail(p, T_CUSTODY_SALVAGED_LOST, (struct span){range, strlen(range)});
    }
    if (piece->lost_is_cut)
        page_detail(p, T_CUSTODY_SALVAGED_LOST, (struct span){"...", 3});
}

static void say_pieces(struct page *p, const struct custody_salvage *s, size_t i)
{
    if (s->counts.files[states[i].state] == 0)
        return;
    page_blank(p);
    page_say(p, states[i].meaning);
    page_blank(p);
    for (size_t k = 0; k < s->piece_count; k++) {
        const struct custody_piece *piece = &s->pieces[k];

        if (piece->state != states[i].state)
            continue;
        page_name(p, (struct span){piece->path, strlen(piece->path)});
        if (piece->state == SALVAGED_PART)
            say_lost(p, piece);
        if (piece->state == SALVAGED_PART && piece->is_guess)
            page_detail(p, T_CUSTODY_SALVAGED_GUESS, (struct span){"", 0});
    }
}

void salvage_text(struct page *p, const struct custody *c)
{
    page_heading(p, T_CUSTODY_SALVAGE);
    page_say(p, T_CUSTODY_SALVAGE_EXPLAINED);
    page_blank(p);
    page_field(p, T_CUSTODY_TO_FOLDER, c->output, T_CUSTODY_NOT_WRITTEN);
    say_counts(p, &c->salvage->counts);
    say_more(p, &c->salvage->counts);
    for (size_t i = 0; i < SALVAGED_STATES; i++)
        say_pieces(p, c->salvage, i);
    if (!c->salvage->is_cut)
        return;
    page_blank(p);
    page_say(p, T_CUSTODY_SALVAGED_CUT);
}

void salvage_checks(struct page *p)
{
    page_point(p, T_CUSTODY_CHECK_SALVAGED);
    page_command(p, "sha256sum -c whole-sha256.txt");
}

/* ---- For machines ------------------------------------------------------------------------- */

static json_t *number(uint64_t n)
{
    return json_integer(n > INT64_MAX ? INT64_MAX : (json_int_t)n);
}

static bool set(json_t *object, const char *key, json_t *value)
{
    return value != NULL && json_object_set_new(object, key, value) == 0;
}

static json_t *lost_json(const struct custody_piece *p)
{
    json_t *all = json_array();

    for (size_t i = 0; i < p->lost_count; i++)
        if (json_array_append_new(all, json_pack("{s:I,s:I}", "from", (json_int_t)p->lost[i].off,
                                                 "bytes", (json_int_t)p->lost[i].len)) != 0) {
            json_decref(all);
            return NULL;
        }
    return all;
}

/* Paths are UTF-8: intake sees to it. */
static json_t *piece_json(const struct custody_piece *p, const char *word)
{
    json_t *o = json_object();

    if (set(o, "state", json_string(word)) && set(o, "path", json_string(p->path)) &&
        set(o, "size", p->size == CUSTODY_SIZE_UNKNOWN ? json_null() : number(p->size)) &&
        set(o, "bytes_there", number(p->there)) && set(o, "lost", lost_json(p)) &&
        set(o, "lost_is_cut", json_boolean(p->lost_is_cut)) &&
        set(o, "found_by_looks", json_boolean(p->is_guess)))
        return o;
    json_decref(o);
    return NULL;
}

const char *custody_salvaged_word(enum custody_salvaged state)
{
    size_t i = 0;

    while (states[i].state != state)
        i++;
    return states[i].word;
}

static json_t *pieces_json(const struct custody_salvage *s)
{
    json_t *all = json_array();

    for (size_t i = 0; i < s->piece_count; i++)
        if (json_array_append_new(
                all, piece_json(&s->pieces[i], custody_salvaged_word(s->pieces[i].state))) != 0) {
            json_decref(all);
            return NULL;
        }
    return all;
}

static json_t *counts_json(const struct custody_salvage_counts *c)
{
    json_t *o = json_object();
    bool done = true;

    for (size_t i = 0; i < SALVAGED_STATES; i++)
        done = done && set(o, states[i].word, number(c->files[states[i].state]));
    if (done)
        return o;
    json_decref(o);
    return NULL;
}

json_t *salvage_json(const struct custody_salvage *s)
{
    const struct custody_salvage_counts *c;
    json_t *o;

    if (s == NULL)
        return json_null();
    c = &s->counts;
    o = json_object();
    if (set(o, "blocks", number(c->blocks)) && set(o, "blocks_lost", number(c->lost_blocks)) &&
        set(o, "volumes_missing", number(c->missing_volumes)) &&
        set(o, "volumes_missing_behind", json_boolean(c->has_more_volumes)) &&
        set(o, "files", counts_json(c)) && set(o, "bytes_whole", number(c->whole_bytes)) &&
        set(o, "bytes_partial", number(c->part_bytes)) &&
        set(o, "bytes_unnamed", number(c->unnamed_bytes)) &&
        set(o, "has_record", json_boolean(c->has_record)) &&
        set(o, "record_breaks_rules", json_boolean(c->record_is_bad)) &&
        set(o, "has_tables", json_boolean(c->has_tables)) &&
        set(o, "gave_up", json_boolean(c->gave_up)) && set(o, "pieces", pieces_json(s)) &&
        set(o, "pieces_are_cut", json_boolean(s->is_cut)))
        return o;
    json_decref(o);
    return NULL;
}
