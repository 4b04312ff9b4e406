#include "cli/recheck_report.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "cli/ui/progress.h"

/* ---- While it is checked ------------------------------------------------------------------ */

/* For programs, too. */
static const char *const change_words[BAG_CHANGE_KINDS] = {
    [BAG_GONE] = "missing", [BAG_ALTERED] = "altered",       [BAG_ADDED] = "added",
    [BAG_RETIMED] = "time", [BAG_UNREADABLE] = "unreadable", [BAG_RECORD_OFF] = "record",
};

static const enum text_id detail_texts[BAG_DETAILS] = {
#define DETAIL(name, kinds, fields) [BAG_DETAIL_##name] = T_RECHECK_##name,
#include "bag/recheck/details.def"
#undef DETAIL
};

static const enum text_id note_texts[BAG_NOTES] = {
    [BAG_NOTE_ALGORITHM] = T_RECHECK_NOTE_ALGORITHM,
};

#define DETAIL_SIZE 1024
#define FACT_SIZE 48 /* two numbers, or a time */

/* What the record says of a path, or what is on disk, for details that tell it. */
static void write_fact(char out[static FACT_SIZE], enum bag_detail detail,
                       const struct bag_facts *facts)
{
    if (detail == BAG_DETAIL_TIME || detail == BAG_DETAIL_TIME_ROUNDED ||
        detail == BAG_DETAIL_TIME_SHIFTED)
        time_format(out, facts->time, true);
    else if (detail == BAG_DETAIL_OXUM_DIFFERS)
        (void)snprintf(out, FACT_SIZE, "%" PRIu64 ".%" PRIu64, facts->bytes, facts->files);
    else
        (void)snprintf(out, FACT_SIZE, "%" PRIu64, facts->bytes);
}

static void show_change(void *ctx, const struct bag_difference *d)
{
    char was[FACT_SIZE], is[FACT_SIZE], detail[DETAIL_SIZE];

    (void)ctx;
    progress_hide();
    if (d->detail == BAG_DETAIL_NONE) {
        print_data("%-10s %s\n", change_words[d->kind], shown(d->path));
        return;
    }
    write_fact(was, d->detail, &d->was);
    write_fact(is, d->detail, &d->is);
    (void)text_format(detail, sizeof detail, ui_catalog(), detail_texts[d->detail],
                      TEXT_ARGS(.name = bag_record_file_name(d->file),
                                .other = bag_record_file_name(d->other), .number = d->line,
                                .word = was, .words = is, .error = d->sys));
    print_data("%-10s %s (%s)\n", change_words[d->kind], shown(d->path), detail);
}

static void show_note(void *ctx, enum bag_note note, const char *path)
{
    (void)ctx;
    message_say(note_texts[note], TEXT_ARGS(.name = path));
}

struct recheck_listener recheck_report_listener(void)
{
    return (struct recheck_listener){.change = show_change, .note = show_note};
}

/* ---- At the end --------------------------------------------------------------------------- */

static void show_custody(const struct recheck_result *r)
{
    char hex[2 * SHA256_LEN + 1];

    switch (r->custody) {
    case RECHECK_NO_RECORD:
        print(T_UNSEAL_CUSTODY_NONE);
        break;
    case RECHECK_NOT_COMPARED:
        print(T_UNSEAL_CUSTODY_NOT_COMPARED);
        break;
    case RECHECK_RECORD_SAME:
        print(T_UNSEAL_CUSTODY_SAME, .name = r->known.opened, .other = r->known.receipt);
        break;
    case RECHECK_RECORD_OTHER:
        hex_encode(hex, r->known.digest, SHA256_LEN);
        print(T_UNSEAL_CUSTODY_OTHER, .name = r->known.opened, .word = hex);
        break;
    case RECHECK_NAMES_OTHER:
        print(T_UNSEAL_CUSTODY_NAMES, .name = r->known.opened);
        break;
    }
}

static void show_changed(const char *bag, const struct recheck_result *r)
{
    bool is_other = r->custody == RECHECK_RECORD_OTHER || r->custody == RECHECK_NAMES_OTHER;

    if (r->changes == 0)
        print(T_UNSEAL_CHANGED_BAG, .name = bag);
    else
        print(is_other ? T_UNSEAL_CHANGED_BOTH : T_UNSEAL_CHANGED, .name = bag,
              .count = r->changes);
}

/* The last line. */
static enum exit_code show_verdict(const char *bag, const struct recheck_result *r)
{
    static const enum exit_code codes[] = {[RECHECK_CHANGED] = EXIT_DAMAGED,
                                           [RECHECK_UNREAD] = EXIT_NOT_DONE,
                                           [RECHECK_UNUSABLE] = EXIT_NOT_DONE,
                                           [RECHECK_TIMES] = EXIT_INCOMPLETE,
                                           [RECHECK_UNCHANGED] = EXIT_ALL_DONE};

    switch (r->verdict) {
    case RECHECK_CHANGED:
        show_changed(bag, r);
        break;
    case RECHECK_UNREAD:
        print(T_UNSEAL_UNREAD, .name = bag, .count = r->bag.changes[BAG_UNREADABLE]);
        break;
    case RECHECK_UNUSABLE:
        print(T_UNSEAL_UNUSABLE, .name = bag);
        break;
    case RECHECK_TIMES:
        print(T_UNSEAL_TIMES, .name = bag, .count = r->bag.changes[BAG_RETIMED]);
        break;
    case RECHECK_UNCHANGED:
        print(T_UNSEAL_UNCHANGED, .name = bag);
        break;
    }
    return codes[r->verdict];
}

#define ALGORITHMS_SIZE 64

/* Names of algorithms, "md5, sha512". */
static void list_algorithms(char out[static ALGORITHMS_SIZE], unsigned int algorithms)
{
    size_t len = 0;

    out[0] = '\0';
    for (int i = 0; i < DIGEST_KINDS; i++)
        if (algorithms & DIGEST_BIT(i))
            len += (size_t)snprintf(out + len, ALGORITHMS_SIZE - len, "%s%s", len > 0 ? ", " : "",
                                    digest_name((enum digest_kind)i));
}

enum exit_code recheck_report_end(const char *bag, const struct recheck_result *r)
{
    char algorithms[ALGORITHMS_SIZE];
    char hex[2 * SHA256_LEN + 1];
    enum exit_code code;

    list_algorithms(algorithms, r->bag.algorithms);
    say(r->bag.has_listing ? T_UNSEAL_RECHECKED_TIMES : T_UNSEAL_RECHECKED, .files = r->bag.files,
        .size = r->bag.bytes, .word = algorithms);
    if (r->bag.has_digest) {
        hex_encode(hex, r->bag.digest, SHA256_LEN);
        print(T_UNSEAL_RECHECK_DIGEST, .word = hex);
    }
    show_custody(r);
    code = show_verdict(bag, r);
    if (r->custody_fault.status == SEAL_OK)
        return code;
    (void)complain(&r->custody_fault);
    return EXIT_NOT_DONE; /* whatever differs: the record beside it must be looked at first */
}
