#include "cli/recheck_report.h"

#include "base/text.h"
#include "cli/ui/progress.h"

/* ---- While it is checked ------------------------------------------------------------------ */

/* For programs, too. */
static const char *const change_words[BAG_CHANGE_KINDS] = {
    [BAG_GONE] = "missing", [BAG_ALTERED] = "altered",       [BAG_ADDED] = "added",
    [BAG_RETIMED] = "time", [BAG_UNREADABLE] = "unreadable", [BAG_RECORD_OFF] = "record",
};

static void show_change(void *ctx, enum bag_change kind, const char *path, const char *detail)
{
    (void)ctx;
    progress_hide();
    if (detail != NULL)
        print_data("%-10s %s (%s)\n", change_words[kind], shown(path), shown(detail));
    else
        print_data("%-10s %s\n", change_words[kind], shown(path));
}

static void show_note(void *ctx, const char *path, const char *what)
{
    (void)ctx;
    say(T_UNSEAL_RECHECK_NOTE, .name = path, .other = what);
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
    }
}

static void show_changed(const char *bag, const struct recheck_result *r)
{
    bool is_other = r->custody == RECHECK_RECORD_OTHER;

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

enum exit_code recheck_report_end(const char *bag, const struct recheck_result *r)
{
    char hex[2 * SHA256_LEN + 1];
    enum exit_code code;

    say(r->bag.has_listing ? T_UNSEAL_RECHECKED_TIMES : T_UNSEAL_RECHECKED, .files = r->bag.files,
        .size = r->bag.bytes, .word = r->bag.algorithms);
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
