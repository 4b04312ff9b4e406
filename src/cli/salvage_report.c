#include "cli/salvage_report.h"

#define PARTS_SHOWN 40

void salvage_report_first(void)
{
    warn(T_SALVAGE_FIRST);
}

/* Files of a state; the record has more of them than a screen. */
static void show_pieces(const struct custody_salvage *s, enum custody_salvaged state,
                        enum text_id line)
{
    uint64_t shown = 0;

    for (size_t i = 0; i < s->piece_count && shown < PARTS_SHOWN; i++) {
        const struct custody_piece *p = &s->pieces[i];

        if (p->state != state)
            continue;
        warn(line == T_SALVAGE_PART && p->size == CUSTODY_SIZE_UNKNOWN ? T_SALVAGE_PART_OF : line,
             .name = p->path, .size = p->there, .most = p->size);
        shown++;
    }
    if (s->counts.files[state] > shown)
        warn(T_SALVAGE_MORE, .count = s->counts.files[state] - shown);
}

/* What the salvage is worth, beginning with the worst. */
static void show_doubts(const struct custody_salvage_counts *c)
{
    if (c->record_is_bad)
        warn(T_SALVAGE_RECORD_BAD);
    if (c->files[SALVAGED_DIFFERS] > 0)
        warn(T_SALVAGE_DIFFERS, .count = c->files[SALVAGED_DIFFERS]);
    if (c->files[SALVAGED_UNVERIFIED] > 0)
        warn(T_SALVAGE_UNVERIFIED, .count = c->files[SALVAGED_UNVERIFIED]);
    if (c->files[SALVAGED_FOUND] > 0)
        warn(T_SALVAGE_FOUND, .count = c->files[SALVAGED_FOUND]);
    if (c->gave_up)
        warn(T_SALVAGE_GAVE_UP);
}

static void show_damage(const struct custody_salvage_counts *c)
{
    if (c->lost_blocks > 0)
        warn(T_SALVAGE_BLOCKS, .number = c->lost_blocks, .limit = c->blocks);
    if (c->missing_volumes > 0)
        warn(T_SALVAGE_VOLUMES, .count = c->missing_volumes);
    if (c->has_more_volumes)
        warn(T_SALVAGE_VOLUMES_BEHIND);
}

static void show_lost(const struct custody_salvage *s)
{
    const struct custody_salvage_counts *c = &s->counts;

    show_damage(c);
    if (c->files[SALVAGED_PART] > 0) {
        warn(T_SALVAGE_PARTS, .count = c->files[SALVAGED_PART]);
        show_pieces(s, SALVAGED_PART, T_SALVAGE_PART);
    }
    if (c->files[SALVAGED_NAME] > 0) {
        warn(T_SALVAGE_NAMES, .count = c->files[SALVAGED_NAME]);
        show_pieces(s, SALVAGED_NAME, T_SALVAGE_NAME);
    }
    if (c->unnamed_bytes > 0)
        warn(T_SALVAGE_UNNAMED, .size = c->unnamed_bytes);
}

enum exit_code salvage_report_drop(const struct drop *d)
{
    const struct custody_salvage *s = &d->content.salvage;
    const struct custody_salvage_counts *c = &s->counts;

    show_lost(s);
    show_doubts(c);
    print(T_SALVAGED, .name = d->target.path);
    print(T_SALVAGED_WHOLE, .files = c->files[SALVAGED_WHOLE] + c->files[SALVAGED_UNVERIFIED],
          .size = c->whole_bytes);
    print(T_SALVAGED_PARTS,
          .files = c->files[SALVAGED_PART] + c->files[SALVAGED_FOUND] + c->files[SALVAGED_DIFFERS],
          .size = c->part_bytes);
    print(T_UNSEAL_RECORD, .name = d->target.record);
    warn(c->lost_blocks + c->missing_volumes == 0 && !c->has_more_volumes ? T_SALVAGE_ALL
                                                                          : T_SALVAGE_NEXT);
    return EXIT_DAMAGED;
}

void salvage_report_list(const struct custody_salvage_counts *c)
{
    show_damage(c);
    if (c->record_is_bad)
        warn(T_SALVAGE_RECORD_BAD);
    if (c->gave_up)
        warn(T_SALVAGE_GAVE_UP);
    say(T_SALVAGE_LISTED, .files = c->files[SALVAGED_WHOLE] + c->files[SALVAGED_UNVERIFIED],
        .size = c->whole_bytes, .most = c->part_bytes);
}
