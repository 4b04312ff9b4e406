/*
 * The custody record for people: a lawyer, an archivist, a court. Plain words; everything that
 * comes from outside goes through page.c, which escapes it.
 */
#include "custody/custody.h"
#include "base/random.h"
#include "custody/page.h"
#include "custody/remarks.h"
#include "text/catalog.h"

#include <inttypes.h>
#include <string.h>

#define NOT_GIVEN "not given"
#define TAGMANIFEST "tagmanifest-sha256.txt"
#define AS_SEALED_TAGMANIFEST BAG_AS_SEALED_DIR "/" TAGMANIFEST

static struct span span_of(const struct buffer *b)
{
    return (struct span){b->data, b->len};
}

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

/* ---- The verdict, and what was received --------------------------------------------------- */

static void say_verdict(struct page *p, const struct custody *c)
{
    char reason[TEXT_FAULT_SIZE];
    size_t reason_len;

    page_title(p, "CUSTODY RECORD");
    page_say(p, "%s", custody_verdict_sentence(c->verdict));
    reason_len = text_reason(reason, sizeof reason, catalog_english(), c->refusal);
    if (reason_len > 0)
        page_value(p, "What was found: ", (struct span){reason, reason_len});
    page_blank(p);
    if (c->step == STEP_VERIFIED) {
        page_say(p, "This time it was checked only; nothing of what is inside was written.");
        page_blank(p);
    }
    if (c->first_seen != NULL) {
        page_say(p, "%s The log has it with this time:", custody_double_sentence(c->seen));
        page_field(p, "First received", c->first_seen, "");
        page_blank(p);
    }
    page_say(p, "Written by a program, at the time below. Whatever stands here as \\x and two "
                "digits, or as \\u{...}, is a character that could not be shown safely.");
}

static void say_file(struct page *p, const struct custody_file *f)
{
    char mtime[TIME_TEXT_SIZE];

    page_field(p, "Name as given", f->name, "(none)");
    page_size(p, "Size", f->size);
    if (f->has_mtime)
        time_format(mtime, f->mtime, true);
    page_field(p, "Time of the file", f->has_mtime ? mtime : NULL, "not known");
    page_hex(p,
             f->before_opening ? "SHA-256, computed before it was opened"
                               : "SHA-256, computed while it was read for the first time",
             f->sha256, SHA256_LEN);
}

static void say_received(struct page *p, const struct custody *c)
{
    page_heading(p, "What was received");
    if (c->file_count == 1)
        page_say(p, "One sealed file. The time is what this computer's file system said of it.");
    else
        page_say(p,
                 "%zu sealed files that make up one drop. The times are what this computer's file "
                 "system said of them.",
                 c->file_count);
    for (size_t i = 0; i < c->file_count; i++) {
        page_blank(p);
        say_file(p, &c->files[i]);
    }
}

static void say_opening(struct page *p, const struct custody *c)
{
    char opened[TIME_TEXT_SIZE];

    page_heading(p, "When, by whom and with what it was examined");
    time_format(opened, c->opened, false);
    page_field(p, "Time (UTC)", opened, "");
    page_field(p, "Clock", "unverified: taken from this computer", "");
    page_field(p, "Operator", c->operator_name, NOT_GIVEN);
    page_field(p, "Case", c->case_name, NOT_GIVEN);
    page_field(p, "Program", c->program, "not known");
    if (c->program_sha256 != NULL)
        page_hex(p, "SHA-256 of the program as it ran", c->program_sha256, SHA256_LEN);
    else
        page_field(p, "SHA-256 of it", NULL, "not known");
    page_number(p, "Keys tried", c->keys_tried);
    if (c->was_opened)
        page_field(p, "Opened with key", c->fingerprint, "");
}

/* ---- What is inside ----------------------------------------------------------------------- */

static void say_counts(struct page *p, const struct custody *c)
{
    const struct bag_totals *t = &c->totals;

    if (c->content == CUSTODY_BAG) {
        page_number(p, "Files", t->files);
        page_number(p, "Folders", t->folders);
    }
    if (c->content != CUSTODY_RAW)
        page_size(p, "Bytes in all", t->bytes);
    if (c->content == CUSTODY_BAG && t->remarks[BAG_LINK] > 0)
        page_number(p, "Symbolic links", t->remarks[BAG_LINK]);
    page_field(p, c->content == CUSTODY_BAG ? "Written to folder" : "Written to file", c->output,
               "nothing was written");
    if (c->output != NULL && c->output_is_read_only)
        page_field(p, "Protection", "made read-only", "");
}

static void say_inside(struct page *p, const struct custody *c)
{
    static const char *const contents[] = {[CUSTODY_BAG] =
                                               "files and folders, as a BagIt bag (RFC 8493)",
                                           [CUSTODY_STREAM] = "one row of bytes, without a name",
                                           [CUSTODY_RAW] = "taken out as it is, not looked into"};

    if (!c->was_opened)
        return;
    page_heading(p, "What is inside");
    page_field(p, "Kind", contents[c->content], "");
    page_number(p, "Format version", (uint64_t)c->format_version);
    if (c->was_checked)
        say_counts(p, c);
    page_hex(p, "Number of the bag, drawn at random by the sender's program", c->bag_id,
             sizeof c->bag_id);
    page_hex(p, "Mark by which the sealed file is known from within", c->commitment,
             sizeof c->commitment);
    if (c->was_checked && c->content == CUSTODY_BAG && c->totals.remarks[BAG_LINK] > 0) {
        page_blank(p);
        page_say(p, "Symbolic links, which point to another place, are recorded with their "
                    "targets in metadata.mtree and are not made.");
    }
}

static void say_receipt(struct page *p, const struct custody *c)
{
    page_heading(p, "Receipt");
    page_field(p, "Receipt", c->receipt, "");
    page_blank(p);
    page_say(p, "The sender's program showed the same number when the file was sealed. Nobody can "
                "work it out without opening the file. To say it back tells the sender that this "
                "very file arrived and was opened.");
}

static void say_digest(struct page *p, const struct custody *c)
{
    page_heading(p, "Digest of the record");
    page_hex(p, "D", c->digest, SHA256_LEN);
    page_blank(p);
    switch (c->content) {
    case CUSTODY_STREAM:
        page_say(p, "D is the SHA-256 of what was inside. It was computed anew and is the same "
                    "that the sealed file has.");
        return;
    case CUSTODY_RAW:
        page_say(p, "D is what the sealed file says. It was not compared with what is inside.");
        return;
    case CUSTODY_BAG:
    default:
        page_say(p,
                 "D is the SHA-256 of the file %s in the bag. That file has the digests of the "
                 "lists, and the lists have the digest of every file, and every name, size, time "
                 "and folder: so D covers everything in the bag. It was computed anew and is the "
                 "same that the sealed file has.",
                 c->spelled > 0 ? AS_SEALED_TAGMANIFEST : TAGMANIFEST);
    }
}

/* ---- The sender's word -------------------------------------------------------------------- */

static void say_bag_info(struct page *p, const struct custody *c)
{
    const char *text = c->bag_info;
    struct span line;

    page_heading(p, "What the sender says (not checked)");
    if (text == NULL || text[0] == '\0') {
        page_say(p, "Nothing.");
        return;
    }
    page_say(p, "These lines are bag-info.txt as it was sealed. They are the word of the sender "
                "and of the sender's program, dates included. Nobody has checked them.");
    page_blank(p);
    while (line_next(&text, &line))
        page_value(p, "    | ", line);
}

static const struct {
    const char *count;   /* at most 40 columns */
    const char *meaning; /* above the items */
} kinds[REMARK_KINDS] = {
    [BAG_MISSING] = {"Missing",
                     "Missing: it could not be read, or, of a folder, what is in it; that is "
                     "not in the bag."},
    [BAG_SKIPPED] = {"Skipped",
                     "Skipped: special files of the system without content; not in the bag."},
    [BAG_DAMAGED] = {"Damaged",
                     "Damaged: parts could not be read; bytes of value zero stand there."},
    [BAG_CHANGED] = {"Changed",
                     "Changed while it was sealed: it may be a mixture of older and newer."},
    [BAG_LINK] = {"Links", "Symbolic links: recorded, not made."},
    [BAG_RENAMED] = {"Renamed", "Renamed: the name was no valid text (UTF-8); the sender's "
                                "program wrote it as follows."},
    [BAG_ODD_NAME] = {"Odd names",
                      "Odd names: not every system can hold or show them as they are."},
    [REMARK_SPELLED] = {"Spelled differently", "Each name on this disk, and as it was sealed:"},
};

/* Two lines, so that where a name ends is never in doubt. */
static void say_item(struct page *p, const struct remark *r)
{
    struct buffer path = {0};

    if (p->status == SEAL_OK)
        p->status = remark_path(&path, r->path);
    page_value(p, "    ", span_of(&path));
    path.len = 0;
    if (!r->detail_is_path) {
        if (r->detail.len > 0)
            page_value(p, "        ", r->detail);
    } else {
        if (p->status == SEAL_OK)
            p->status = remark_path(&path, r->detail);
        page_value(p, r->kind == REMARK_SPELLED ? "        as sealed: " : "        it was: ",
                   span_of(&path));
    }
    buffer_free(&path);
}

static void say_items(struct page *p, const struct custody *c, int kind)
{
    const char *text = c->remarks;
    struct remark r;

    page_blank(p);
    page_say(p, "%s", kinds[kind].meaning);
    page_blank(p);
    while (p->status == SEAL_OK && remark_next(&text, &r))
        if (r.kind == kind)
            say_item(p, &r);
}

/* What is recorded of names on this disk stands beside data/, the rest as it was sealed. */
static void say_cut(struct page *p, const struct custody *c, bool is_of_names)
{
    if (!c->remarks_are_cut)
        return;
    page_blank(p);
    page_say(p,
             "There are more than this record can hold: the file %smetadata.mtree in the bag has "
             "all of them, in the lines that begin with #.",
             is_of_names || c->spelled == 0 ? "" : BAG_AS_SEALED_DIR "/");
}

static void say_remarks(struct page *p, const struct custody *c, const uint64_t counts[])
{
    uint64_t sum = 0;

    page_heading(p, "What the sender's program recorded about gaps and names");
    for (int kind = 0; kind < REMARK_SPELLED; kind++)
        sum += kind == BAG_LINK ? 0 : counts[kind];
    if (sum == 0 && !c->remarks_are_cut) {
        page_say(p, "Nothing is recorded as missing, skipped, damaged, changed or renamed, and no "
                    "name is odd.");
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
    page_heading(p, "Names spelled differently on this disk");
    page_say(p,
             "%" PRIu64 " name%s could not be held or shown everywhere as sealed. In the bag on "
             "this disk, and in the lists beside data/, each character that is odd is written as "
             "its code between braces, as {3A} for a colon. Content and times are as sealed. The "
             "record as it was sealed is kept, byte for byte, in " BAG_AS_SEALED_DIR "/.",
             count, plural(count));
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

static void say_check_coded(struct page *p, uint64_t count)
{
    if (count > 0)
        page_point(p,
                   "There, %" PRIu64 " name%s a percent sign, or the end of a line, written as "
                   "%%25, %%0A or %%0D. sha256sum does not know that, and will not find the "
                   "file; a BagIt validator that follows RFC 8493 will.",
                   count, count == 1 ? " has" : "s have");
}

/* Lists with the names on this disk are no part of what D covers; those in as-sealed/ are. */
static void say_check_spelled(struct page *p)
{
    page_point(p, "That the lists in " BAG_AS_SEALED_DIR
                  "/ are those that D covers. Each must come out as OK:");
    page_command(p, "cd " BAG_AS_SEALED_DIR " && sha256sum -c tagmanifest-sha256.txt");
    page_point(p, "That the list beside data/ has the same digests, and so differs in names "
                  "alone. In the folder of the bag, in bash, this must print nothing:");
    page_command(p, "diff <(cut -c1-64 manifest-sha256.txt | sort) \\");
    page_command(p, "     <(cut -c1-64 " BAG_AS_SEALED_DIR "/manifest-sha256.txt | sort)");
}

static void say_check_bag(struct page *p, const struct custody *c)
{
    page_point(p, "All files of the bag. In the folder of the bag, each must come out as OK:");
    page_command(p, "sha256sum -c manifest-sha256.txt");
    say_check_coded(p, c->totals.coded_names);
    page_point(p, "The list of the lists. This must be D:");
    if (c->spelled > 0) {
        page_command(p, "sha256sum " AS_SEALED_TAGMANIFEST);
        say_check_spelled(p);
    } else {
        page_command(p, "sha256sum " TAGMANIFEST);
        page_point(p, "That the lists are those that D covers. Each must come out as OK:");
        page_command(p, "sha256sum -c " TAGMANIFEST);
    }
    page_point(p,
               "Names, sizes, times and folders, with mtree (Debian: mtree-netbsd). Beside the "
               "lists%s, as extra, and symbolic links, as missing, it must name nothing:",
               c->spelled > 0 ? " and " BAG_AS_SEALED_DIR : "");
    page_command(p, "mtree -f metadata.mtree -p .");
}

/* Commands have SEALED-FILE and the like in them, not the names as given: somebody might choose a
 * name that does harm when it is copied into a terminal. */
static void say_checks(struct page *p, const struct custody *c)
{
    page_heading(p, "How to check it by hand");
    page_say(p, "With tools that Linux and macOS have or can get. On macOS, shasum -a 256 does "
                "what sha256sum does here:");
    page_blank(p);
    page_point(p, "The sealed file%s. This must be the SHA-256 under \"What was received\":",
               c->file_count == 1 ? "" : "s");
    page_command(p, "sha256sum SEALED-FILE");
    if (!c->was_checked || c->output == NULL)
        return;
    if (c->content == CUSTODY_BAG)
        say_check_bag(p, c);
    if (c->content == CUSTODY_STREAM) {
        page_point(p, "What was inside. This must be D:");
        page_command(p, "sha256sum OUTPUT-FILE");
    }
}

static void say_limits(struct page *p, const struct custody *c)
{
    page_heading(p, "What this record does not prove");
    page_point(p, "Who sent it. Anybody who has the public key can seal a file to it.");
    if (c->was_checked) {
        page_point(p, "When the evidence, or the sealed file, was made. Times inside are those of "
                      "the sender's computer, and can be set to anything.");
        page_point(p, "Whether what is inside is true, and where it is from.");
        page_point(p, "That nothing was left out before sealing, beyond what is recorded above.");
    }
    page_point(p, "That the time of this record is right: it is what this computer's clock said.");
    page_point(p,
               "That this record itself was not altered since. Sign it, print it, or give "
               "%s to somebody who can say later when it came: a notary, a court, a "
               "time-stamping service.",
               c->was_checked ? "D" : "its SHA-256");
}

enum seal_status custody_text(struct buffer *out, const struct custody *c)
{
    struct page p = {out, SEAL_OK};

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
    say_checks(&p, c);
    say_limits(&p, c);
    return p.status == SEAL_OK ? buffer_append_text(out, "") : p.status;
}
