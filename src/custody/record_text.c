/*
 * The custody record for people: a lawyer, an archivist, a court. Everything that comes from
 * outside goes through page.c, which escapes it.
 */
#include "custody/custody.h"
#include "base/random.h"
#include "custody/page.h"
#include "custody/page_file.h"
#include "custody/record_salvage.h"
#include "custody/remarks.h"
#include "custody/verdict.h"
#include "text/catalog.h"

#include <string.h>

#define AS_SEALED BAG_AS_SEALED_DIR
#define LISTING "metadata.mtree"
#define MANIFEST "manifest-sha256.txt"
#define TAGMANIFEST "tagmanifest-sha256.txt"

static struct span span_of(const struct buffer *b)
{
    return (struct span){b->data, b->len};
}

/* ---- The verdict, and what was received --------------------------------------------------- */

/* Names in the reason are escaped already. */
static void say_reason(struct page *p, const struct fault *refusal)
{
    char reason[TEXT_FAULT_SIZE], line[TEXT_FAULT_SIZE];

    if (text_reason(reason, sizeof reason, p->catalog, refusal) == 0)
        return;
    (void)text_format(line, sizeof line, p->catalog, T_CUSTODY_FOUND, TEXT_ARGS(.words = reason));
    page_shown(p, line);
}

static void say_verdict(struct page *p, const struct custody *c)
{
    page_title(p, T_CUSTODY_TITLE);
    page_say(p, verdict_text(c));
    say_reason(p, c->refusal);
    page_blank(p);
    if (c->step == STEP_VERIFIED) {
        page_say(p, T_CUSTODY_VERIFIED_ONLY);
        page_blank(p);
    }
    if (c->first_seen != NULL) {
        page_say(p, double_text(c->seen));
        page_field(p, T_CUSTODY_FIRST_RECEIVED, c->first_seen, T_NONE);
        page_blank(p);
    }
    page_say(p, T_CUSTODY_ESCAPES);
}

static void say_received(struct page *p, const struct custody *c)
{
    page_heading(p, T_CUSTODY_RECEIVED);
    page_say(p, T_CUSTODY_RECEIVED_FILES, .count = c->file_count);
    for (size_t i = 0; i < c->file_count; i++) {
        page_blank(p);
        page_file(p, &c->files[i]);
    }
    if (c->number > 1) {
        page_blank(p);
        page_say(p, T_CUSTODY_NUMBERED, .number = c->number);
    }
}

static void say_opening(struct page *p, const struct custody *c)
{
    char opened[TIME_TEXT_SIZE];

    page_heading(p, T_CUSTODY_EXAMINED);
    time_format(opened, c->opened, false);
    page_field(p, T_CUSTODY_TIME, opened, T_NONE);
    page_field_text(p, T_CUSTODY_CLOCK, T_CUSTODY_CLOCK_UNVERIFIED);
    page_field(p, T_CUSTODY_OPERATOR, c->operator_name, T_CUSTODY_NOT_GIVEN);
    page_field(p, T_CUSTODY_CASE, c->case_name, T_CUSTODY_NOT_GIVEN);
    page_field(p, T_CUSTODY_PROGRAM, c->program, T_CUSTODY_NOT_KNOWN);
    if (c->program_sha256 != NULL)
        page_hex(p, T_CUSTODY_PROGRAM_SHA256, c->program_sha256, SHA256_LEN);
    else
        page_field_text(p, T_CUSTODY_PROGRAM_SHA256_UNKNOWN, T_CUSTODY_NOT_KNOWN);
    page_number(p, T_CUSTODY_KEYS_TRIED, c->keys_tried);
    if (c->was_opened)
        page_field(p, T_CUSTODY_KEY, c->fingerprint, T_NONE);
    if (c->slots_differ)
        page_field_text(p, T_CUSTODY_SLOTS, T_CUSTODY_SLOTS_DIFFER);
}

/* ---- What is inside ----------------------------------------------------------------------- */

static void say_counts(struct page *p, const struct custody *c)
{
    static const enum text_id times[BAG_TIME_KINDS] = {[BAG_TIME_ROUNDED] = T_CUSTODY_TIMES_ROUNDED,
                                                       [BAG_TIME_SHIFTED] = T_CUSTODY_TIMES_SHIFTED,
                                                       [BAG_TIME_OTHER] = T_CUSTODY_TIMES_OTHER};
    const struct bag_totals *t = &c->totals;
    bool is_bag = c->content == CUSTODY_BAG;

    if (is_bag) {
        page_number(p, T_CUSTODY_FILES, t->files);
        page_number(p, T_CUSTODY_FOLDERS, t->folders);
    }
    if (c->content != CUSTODY_RAW)
        page_size(p, T_CUSTODY_BYTES_IN_ALL, t->bytes);
    if (is_bag && t->remarks[BAG_LINK] > 0)
        page_number(p, T_CUSTODY_LINKS, t->remarks[BAG_LINK]);
    page_field(p, is_bag ? T_CUSTODY_TO_FOLDER : T_CUSTODY_TO_FILE, c->output,
               T_CUSTODY_NOT_WRITTEN);
    if (c->output != NULL && c->output_is_read_only)
        page_field_text(p, T_CUSTODY_PROTECTION, T_CUSTODY_READ_ONLY);
    for (int kind = BAG_TIME_SAME + 1; kind < BAG_TIME_KINDS; kind++)
        if (c->times[kind] > 0)
            page_number(p, times[kind], c->times[kind]);
}

static bool has_other_times(const struct custody *c)
{
    return c->times[BAG_TIME_ROUNDED] + c->times[BAG_TIME_SHIFTED] + c->times[BAG_TIME_OTHER] > 0;
}

static void say_inside(struct page *p, const struct custody *c)
{
    static const enum text_id contents[] = {[CUSTODY_BAG] = T_CUSTODY_KIND_BAG,
                                            [CUSTODY_STREAM] = T_CUSTODY_KIND_STREAM,
                                            [CUSTODY_RAW] = T_CUSTODY_KIND_RAW};

    if (!c->was_opened)
        return;
    page_heading(p, T_CUSTODY_INSIDE);
    page_field_text(p, T_CUSTODY_KIND, contents[c->content]);
    page_number(p, T_CUSTODY_VERSION, (uint64_t)c->format_version);
    if (c->was_checked)
        say_counts(p, c);
    page_hex(p, T_CUSTODY_BAG_ID, c->bag_id, sizeof c->bag_id);
    page_hex(p, T_CUSTODY_FILE_ID, c->commitment, sizeof c->commitment);
    if (c->was_checked && has_other_times(c)) {
        page_blank(p);
        page_say(p, T_CUSTODY_TIMES_EXPLAINED);
    }
    if (c->was_checked && c->content == CUSTODY_BAG && c->totals.remarks[BAG_LINK] > 0) {
        page_blank(p);
        page_say(p, T_CUSTODY_LINKS_EXPLAINED);
    }
}

static void say_receipt(struct page *p, const struct custody *c)
{
    page_heading(p, T_CUSTODY_RECEIPT);
    page_field(p, T_CUSTODY_RECEIPT, c->receipt, T_NONE);
    page_blank(p);
    page_say(p, T_CUSTODY_RECEIPT_EXPLAINED);
}

/* Beside those that were sealed. */
static bool has_lists_on_disk(const struct custody *c)
{
    return c->content == CUSTODY_BAG && c->output != NULL && c->spelled > 0;
}

static void say_digest(struct page *p, const struct custody *c)
{
    page_heading(p, T_CUSTODY_DIGEST);
    page_hex(p, T_CUSTODY_D, c->digest, SHA256_LEN);
    if (has_lists_on_disk(c))
        page_hex(p, T_CUSTODY_ON_DISK, c->disk_digest, SHA256_LEN);
    page_blank(p);
    switch (c->content) {
    case CUSTODY_STREAM:
        page_say(p, T_CUSTODY_D_STREAM);
        return;
    case CUSTODY_RAW:
        page_say(p, T_CUSTODY_D_RAW);
        return;
    case CUSTODY_BAG:
    default:
        page_say(p, T_CUSTODY_D_BAG,
                 .word = c->spelled > 0 ? AS_SEALED "/" TAGMANIFEST : TAGMANIFEST);
    }
    if (!has_lists_on_disk(c))
        return;
    page_blank(p);
    page_say(p, T_CUSTODY_ON_DISK_EXPLAINED, .word = TAGMANIFEST);
}

/* ---- The sender's statements -------------------------------------------------------------- */

static void say_bag_info(struct page *p, const struct custody *c)
{
    const char *text = c->bag_info;
    struct span line;

    page_heading(p, T_CUSTODY_STATEMENTS);
    if (text == NULL || text[0] == '\0') {
        page_say(p, T_CUSTODY_STATEMENTS_NONE);
        return;
    }
    page_say(p, T_CUSTODY_STATEMENTS_EXPLAINED);
    page_blank(p);
    while (line_next(&text, &line))
        page_quote(p, line);
    if (c->info_is_cut) {
        page_blank(p);
        page_say(p, T_CUSTODY_MORE_STATEMENTS);
    }
}

/* In the order of the record. */
static const struct {
    enum text_id count;   /* a label */
    enum text_id meaning; /* above the items */
} kinds[REMARK_KINDS] = {
    [BAG_MISSING] = {T_CUSTODY_COUNT_MISSING, T_CUSTODY_MISSING},
    [BAG_SKIPPED] = {T_CUSTODY_COUNT_SKIPPED, T_CUSTODY_SKIPPED},
    [BAG_DAMAGED] = {T_CUSTODY_COUNT_DAMAGED, T_CUSTODY_DAMAGED_PARTS},
    [BAG_CHANGED] = {T_CUSTODY_COUNT_CHANGED, T_CUSTODY_CHANGED},
    [BAG_RENAMED] = {T_CUSTODY_COUNT_RENAMED, T_CUSTODY_RENAMED},
    [BAG_ODD_NAME] = {T_CUSTODY_COUNT_ODD_NAMES, T_CUSTODY_ODD_NAMES},
    [BAG_ROUNDED] = {T_CUSTODY_COUNT_ROUNDED, T_CUSTODY_ROUNDED},
    [BAG_UNKEPT] = {T_CUSTODY_COUNT_UNKEPT, T_CUSTODY_UNKEPT},
    [REMARK_SPELLED] = {T_NONE, T_CUSTODY_SPELLED_LIST},
};

/* Two lines, so that where a name ends is never in doubt. */
static void say_item(struct page *p, const struct remark *r)
{
    struct buffer path = {0};

    if (p->status == SEAL_OK)
        p->status = remark_path(&path, r->path);
    page_name(p, span_of(&path));
    path.len = 0;
    if (!r->detail_is_path) {
        if (r->detail.len > 0)
            page_detail(p, T_NONE, r->detail);
    } else {
        if (p->status == SEAL_OK)
            p->status = remark_path(&path, r->detail);
        page_detail(p, r->kind == REMARK_SPELLED ? T_CUSTODY_AS_SEALED : T_CUSTODY_IT_WAS,
                    span_of(&path));
    }
    buffer_free(&path);
}

static void say_items(struct page *p, const struct custody *c, int kind)
{
    const char *text = c->remarks;
    struct remark r;

    page_blank(p);
    page_say(p, kinds[kind].meaning);
    page_blank(p);
    while (p->status == SEAL_OK && remark_next(&text, &r))
        if (r.kind == kind)
            say_item(p, &r);
}

/* Remarks of names on this disk stand in the listing beside data/, the rest in the one that was
 * sealed. */
static void say_cut(struct page *p, const struct custody *c, bool is_of_names)
{
    if (!c->remarks_are_cut)
        return;
    page_blank(p);
    page_say(p, T_CUSTODY_MORE_REMARKS,
             .word = is_of_names || c->spelled == 0 ? LISTING : AS_SEALED "/" LISTING);
}

static void say_remarks(struct page *p, const struct custody *c, const uint64_t counts[])
{
    uint64_t sum = 0;

    page_heading(p, T_CUSTODY_GAPS);
    for (int kind = 0; kind < REMARK_SPELLED; kind++)
        sum += kind == BAG_LINK ? 0 : counts[kind];
    if (sum == 0 && !c->remarks_are_cut) {
        page_say(p, T_CUSTODY_GAPS_NONE);
        return;
    }
    for (int kind = 0; kind < REMARK_SPELLED; kind++)
        if (kind != BAG_LINK)
            page_number(p, kinds[kind].count, c->totals.remarks[kind]);
    for (int kind = 0; kind < REMARK_SPELLED; kind++)
        if (kind != BAG_LINK && counts[kind] > 0)
            say_items(p, c, kind);
    say_cut(p, c, false);
}

static void say_spelled(struct page *p, const struct custody *c, uint64_t count)
{
    if (count == 0)
        return;
    page_heading(p, T_CUSTODY_SPELLED);
    page_say(p, T_CUSTODY_SPELLED_EXPLAINED, .count = count, .word = AS_SEALED);
    say_items(p, c, REMARK_SPELLED);
    say_cut(p, c, true);
}

static void say_sender(struct page *p, const struct custody *c)
{
    uint64_t counts[REMARK_KINDS] = {0};
    const char *text = c->remarks;
    struct remark r;

    say_bag_info(p, c);
    while (remark_next(&text, &r))
        counts[r.kind]++;
    say_remarks(p, c, counts);
    say_spelled(p, c, counts[REMARK_SPELLED]);
}

/* ---- Checking, and what it is worth ------------------------------------------------------- */

/* Lists with the names on this disk are no part of what D covers; those in as-sealed/ are. */
static void say_check_spelled(struct page *p)
{
    page_command(p, "sha256sum " AS_SEALED "/" TAGMANIFEST);
    page_point(p, T_CUSTODY_CHECK_LISTS_AS_SEALED, .word = AS_SEALED);
    page_command(p, "cd " AS_SEALED " && sha256sum -c " TAGMANIFEST);
    page_point(p, T_CUSTODY_CHECK_NAMES_ALONE);
    page_command(p, "diff <(cut -c1-64 " MANIFEST " | sort) \\");
    page_command(p, "     <(cut -c1-64 " AS_SEALED "/" MANIFEST " | sort)");
    page_point(p, T_CUSTODY_CHECK_ON_DISK);
    page_command(p, "sha256sum " TAGMANIFEST);
    page_point(p, T_CUSTODY_CHECK_LISTS_ON_DISK);
    page_command(p, "sha256sum -c " TAGMANIFEST);
}

static void say_check_bag(struct page *p, const struct custody *c)
{
    if (c->totals.files > 0) {
        page_point(p, T_CUSTODY_CHECK_FILES);
        page_command(p, "sha256sum -c " MANIFEST);
    } else {
        page_point(p, T_CUSTODY_CHECK_NO_FILES, .word = MANIFEST);
        page_command(p, "find data -type f");
    }
    if (c->totals.coded_names > 0)
        page_point(p, T_CUSTODY_CHECK_CODED, .count = c->totals.coded_names);
    page_point(p, T_CUSTODY_CHECK_D);
    if (c->spelled > 0) {
        say_check_spelled(p);
        page_point(p, T_CUSTODY_CHECK_MTREE_AS_SEALED, .word = AS_SEALED);
    } else {
        page_command(p, "sha256sum " TAGMANIFEST);
        page_point(p, T_CUSTODY_CHECK_LISTS);
        page_command(p, "sha256sum -c " TAGMANIFEST);
        page_point(p, T_CUSTODY_CHECK_MTREE);
    }
    page_command(p, "mtree -f " LISTING " -p .");
}

/* Commands have SEALED-FILE and the like in them, not the names as given: somebody might choose a
 * name that does harm when it is copied into a terminal. */
static void say_checks(struct page *p, const struct custody *c)
{
    page_heading(p, T_CUSTODY_BY_HAND);
    page_say(p, T_CUSTODY_TOOLS);
    page_blank(p);
    page_point(p, T_CUSTODY_CHECK_SEALED, .count = c->file_count);
    page_command(p, "sha256sum SEALED-FILE");
    if (c->salvage != NULL)
        salvage_checks(p);
    if (!c->was_checked || c->output == NULL)
        return;
    if (c->content == CUSTODY_BAG)
        say_check_bag(p, c);
    if (c->content == CUSTODY_STREAM) {
        page_point(p, T_CUSTODY_CHECK_STREAM);
        page_command(p, "sha256sum OUTPUT-FILE");
    }
}

static void say_limits(struct page *p, const struct custody *c)
{
    page_heading(p, T_CUSTODY_LIMITS);
    page_point(p, T_CUSTODY_LIMIT_SENDER);
    if (c->salvage != NULL)
        page_point(p, T_CUSTODY_LIMIT_SALVAGED);
    if (c->was_checked) {
        page_point(p, T_CUSTODY_LIMIT_WHEN);
        page_point(p, T_CUSTODY_LIMIT_TRUTH);
        page_point(p, T_CUSTODY_LIMIT_COMPLETE);
    }
    page_point(p, T_CUSTODY_LIMIT_CLOCK);
    page_point(p, c->was_checked ? T_CUSTODY_LIMIT_GENUINE_D : T_CUSTODY_LIMIT_GENUINE);
}

enum seal_status custody_text(struct buffer *out, const struct custody *c)
{
    struct page p = {.out = out, .catalog = catalog_english(), .status = SEAL_OK};

    say_verdict(&p, c);
    say_received(&p, c);
    say_opening(&p, c);
    say_inside(&p, c);
    if (c->was_checked) {
        say_receipt(&p, c);
        say_digest(&p, c);
        if (c->content == CUSTODY_BAG)
            say_sender(&p, c);
    }
    if (c->salvage != NULL) {
        salvage_text(&p, c);
        say_bag_info(&p, c);
    }
    say_checks(&p, c);
    say_limits(&p, c);
    return p.status == SEAL_OK ? buffer_append_text(out, "") : p.status;
}
