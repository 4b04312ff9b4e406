#include "cli/unseal_report.h"

#include "cli/repair_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/salvage_report.h"
#include "cli/ui/passphrase.h"
#include "platform/terminal.h"

#define SET_TEXT_SIZE (TEXT_NAME_SIZE + 128)

/* ---- While a job runs --------------------------------------------------------------------- */

static void show_sandbox(struct unseal_report *r, unsigned int missing)
{
    char pieces[TEXT_FAULT_SIZE];

    if (r->told_sandbox)
        return;
    r->told_sandbox = true;
    (void)text_cage_pieces(pieces, sizeof pieces, ui_catalog(), missing);
    warn(T_UNCAGED, .words = pieces);
}

static void show_exposed(struct unseal_report *r, const char *folder)
{
    if (!r->told_exposed)
        warn(T_UNSEAL_OTHERS_MAY_RENAME, .name = folder);
    r->told_exposed = true;
}

/* Who has the passphrase of one key of several is asked for the others, too. */
static void show_locked(const struct unseal_report *r, uint64_t keys)
{
    if (r->passphrase_fd == NULL)
        warn(T_UNSEAL_KEYS_LOCKED, .count = keys);
}

/* A line a drop, which is a result: it goes where receipts go. */
static void show_before(const struct receive_event *e)
{
    char name[SET_TEXT_SIZE];

    (void)text_format(name, sizeof name, ui_catalog(),
                      e->number > 0 ? T_UNSEAL_SET : T_UNSEAL_SET_OF_ONE,
                      TEXT_ARGS(.name = e->name, .count = e->number));
    print(T_UNSEAL_OPENED_BEFORE, .words = name, .word = e->other);
}

static void show_event(void *ctx, const struct receive_event *e)
{
    static const enum text_id warnings[] = {
        [RECEIVE_FOLDER_EMPTY] = T_UNSEAL_FOLDER_EMPTY,
        [RECEIVE_FILE_SKIPPED] = T_UNSEAL_FILE_SKIPPED,
        [RECEIVE_EMPTY_SKIPPED] = T_UNSEAL_EMPTY_SKIPPED,
        [RECEIVE_SHORT_SKIPPED] = T_UNSEAL_SHORT_SKIPPED,
        [RECEIVE_KEY_SKIPPED] = T_UNSEAL_KEY_SKIPPED,
        [RECEIVE_KEY_EXPOSED] = T_KEY_EXPOSED_LOCKED,
        [RECEIVE_KEY_NOTE_OTHER] = T_UNSEAL_KEY_NOTE_OTHER,
        [RECEIVE_OPENED_BY_SET] = T_UNSEAL_OPENED_BY_SET,
        [RECEIVE_SLOTS_DIFFER] = T_UNSEAL_SLOTS_DIFFER,
        [RECEIVE_LOG_EXPOSED] = T_UNSEAL_LOG_EXPOSED,
        [RECEIVE_LOG_ODD] = T_UNSEAL_LOG_ODD,
        [RECEIVE_LOG_AHEAD] = T_UNSEAL_LOG_AHEAD,
        [RECEIVE_LOG_AWAITED] = T_UNSEAL_LOG_AWAITED,
        [RECEIVE_OUTPUT_STAYS] = T_UNSEAL_OUTPUT_STAYS,
        [RECEIVE_RECORD_STAYS] = T_UNSEAL_RECORD_STAYS,
    };

    switch (e->kind) {
    case RECEIVE_SUBFOLDERS_SKIPPED:
        say(T_UNSEAL_SUBFOLDERS_SKIPPED, .name = e->name, .count = e->number);
        break;
    case RECEIVE_KEYS_LOCKED:
        show_locked(ctx, e->number);
        break;
    case RECEIVE_OPENED_BEFORE:
        show_before(e);
        break;
    case RECEIVE_COPY_SKIPPED:
        say(T_UNSEAL_COPY_SKIPPED, .name = e->name, .other = e->other);
        break;
    case RECEIVE_SANDBOX_LACKS:
        show_sandbox(ctx, (unsigned int)e->number);
        break;
    case RECEIVE_OTHERS_MAY_RENAME:
        show_exposed(ctx, e->name);
        break;
    default:
        warn(warnings[e->kind], .name = e->name, .other = e->other, .count = e->number);
    }
}

static void begin_work(void *ctx, uint64_t total)
{
    struct unseal_report *r = ctx;

    progress_start(&r->progress, total);
}

static void show_work(void *ctx, uint64_t bytes)
{
    struct unseal_report *r = ctx;

    progress_add(&r->progress, bytes);
}

static void end_work(void *ctx)
{
    struct unseal_report *r = ctx;

    progress_end(&r->progress);
}

static void begin_sync(void *ctx)
{
    struct unseal_report *r = ctx;

    waiting_start(&r->waiting);
}

static void end_sync(void *ctx)
{
    struct unseal_report *r = ctx;

    waiting_end(&r->waiting);
}

static enum seal_status unlock(void *ctx, struct identity **out, const struct secret_record *record,
                               const char *name, struct fault *fault)
{
    const struct unseal_report *r = ctx;

    return identity_unlock(out, record, name, r->passphrase_fd, fault);
}

struct receive_observer unseal_report_start(struct unseal_report *r, const char *passphrase_fd)
{
    *r = (struct unseal_report){.passphrase_fd = passphrase_fd};
    return (struct receive_observer){.ctx = r,
                                     .event = show_event,
                                     .leftover = show_leftover,
                                     .work_begins = begin_work,
                                     .work_done = show_work,
                                     .work_ends = end_work,
                                     .sync_begins = begin_sync,
                                     .sync_ends = end_sync,
                                     .unlock = unlock};
}

/* ---- Names -------------------------------------------------------------------------------- */

/* A set as it is called in messages: by its first file, and the number of the others. */
static const char *set_text(char out[static SET_TEXT_SIZE], const struct set *set)
{
    (void)text_format(out, SET_TEXT_SIZE, ui_catalog(),
                      set->count > 1 ? T_UNSEAL_SET : T_UNSEAL_SET_OF_ONE,
                      TEXT_ARGS(.name = set->files[0]->path, .count = set->count - 1));
    return out;
}

/* ---- What was in it ----------------------------------------------------------------------- */

#define REMARKS_SHOWN 40

/* Whether a line of the record says that something is missing. */
static bool is_about_missing(const char *line)
{
    static const char *const kinds[] = {"# missing ", "# skipped ", "# damaged ", "# changed "};

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strncmp(line, kinds[i], strlen(kinds[i])) == 0)
            return true;
    return false;
}

static void show_remark(const char *line, size_t len)
{
    char *text = text_copy(line + 2, len - 2); /* without "# " */

    if (text != NULL)
        warn(T_UNSEAL_REMARK, .name = text);
    free(text);
}

/* The sender's own words for what is missing, a line each. */
static void show_remarks(const struct intake_result *result)
{
    const char *line = (const char *)result->remarks.data, *next;
    size_t count = 0;

    warn(T_UNSEAL_INCOMPLETE);
    for (; line != NULL && *line != '\0'; line = next) {
        size_t len = strcspn(line, "\n"); /* the last line may lack its LF */

        next = line + len + (line[len] == '\n');
        if (is_about_missing(line) && ++count <= REMARKS_SHOWN)
            show_remark(line, len);
    }
    if (count > REMARKS_SHOWN)
        warn(T_UNSEAL_REMARKS_MORE, .count = count - REMARKS_SHOWN,
             .word = result->spelled > 0 ? BAG_AS_SEALED_DIR "/metadata.mtree" : "metadata.mtree");
}

static void show_names(const struct drop *d)
{
    const struct intake_result *result = &d->content.result;

    if (result->totals.coded_names > 0 && d->target.is_folder)
        say(T_UNSEAL_CODED_NAMES, .count = result->totals.coded_names);
    if (result->spelled > 0)
        say(T_UNSEAL_SPELLED_NAMES, .count = result->spelled);
}

/* What is lost on this disk is told also by who is to be quiet. */
void show_times(const uint64_t times[static BAG_TIME_KINDS])
{
    if (times[BAG_TIME_ROUNDED] > 0)
        say(T_UNSEAL_TIMES_ROUNDED, .count = times[BAG_TIME_ROUNDED]);
    if (times[BAG_TIME_SHIFTED] > 0)
        say(T_UNSEAL_TIMES_SHIFTED, .count = times[BAG_TIME_SHIFTED]);
    if (times[BAG_TIME_OTHER] > 0)
        warn(T_UNSEAL_TIMES_OTHER, .count = times[BAG_TIME_OTHER]);
}

static void show_totals(const struct drop *d)
{
    const struct intake_result *result = &d->content.result;
    const struct bag_totals *t = &result->totals;

    if (d->request->task == DROP_RAW)
        say(T_UNSEAL_TOTALS_RAW, .size = result->content_len);
    else if (d->set->files[0]->env->params.type == CONTENT_BAG)
        say(T_UNSEAL_TOTALS_BAG, .files = t->files, .folders = t->folders, .size = t->bytes);
    else
        say(T_UNSEAL_TOTALS_STREAM, .size = t->bytes);
}

static void show_double(const struct drop *d)
{
    static const enum text_id texts[SEEN_COUNT] = {[SEEN_FILE] = T_UNSEAL_SEEN_FILE,
                                                   [SEEN_HEAD] = T_UNSEAL_SEEN_HEADER,
                                                   [SEEN_BAG] = T_UNSEAL_SEEN_BAG,
                                                   [SEEN_NUMBER] = T_UNSEAL_SEEN_NUMBER,
                                                   [SEEN_CONTENT] = T_UNSEAL_SEEN_CONTENT};
    char name[SET_TEXT_SIZE];

    if (d->logged.seen != NOT_SEEN)
        warn(texts[d->logged.seen], .words = set_text(name, d->set), .word = d->logged.first_seen);
}

static void show_summary(const struct drop *d)
{
    const struct intake_result *result = &d->content.result;
    char number[NUMBER_TEXT_SIZE(FINGERPRINT_GROUPS)];

    fingerprint_text(number, d->set->files[d->set->count - 1]->pkh);
    say(T_UNSEAL_KEY, .word = number);
    show_totals(d);
    show_repair(d->set);
    show_names(d);
    if (d->target.number > 1)
        say(T_UNSEAL_NUMBERED, .name = d->target.record);
    if (bag_is_incomplete(&result->totals))
        show_remarks(result);
    if (d->target.is_folder && !d->request->writable && !result->is_read_only)
        say(T_UNSEAL_NOT_READ_ONLY);
    show_times(result->times);
    show_double(d);
}

/* ---- One drop ----------------------------------------------------------------------------- */

static void print_record(const struct drop *d)
{
    if (d->target.record != NULL)
        print(T_UNSEAL_RECORD, .name = d->target.record);
}

static void show_accepted(const struct drop *d)
{
    const struct intake_result *result = &d->content.result;
    bool is_beside = drop_target_is_stdout(&d->target);
    char number[NUMBER_TEXT_SIZE(RECEIPT_GROUPS)], name[SET_TEXT_SIZE];
    char hex[2 * SHA256_LEN + 1];

    if (is_beside)
        print_beside();
    show_summary(d);
    if (d->target.path == NULL)
        print(T_UNSEAL_VERIFIED, .words = set_text(name, d->set));
    else if (!is_beside)
        print(T_UNSEAL_UNSEALED, .name = d->target.path);
    print_record(d);
    number_text(number, result->receipt, RECEIPT_GROUPS);
    print(T_UNSEAL_RECEIPT, .word = number);
    hex_encode(hex, result->digest, SHA256_LEN);
    print(d->request->task == DROP_RAW ? T_UNSEAL_DIGEST_RAW : T_UNSEAL_DIGEST, .word = hex);
}

/* Volume by volume, of a set that was refused. The words are for programs, too. */
static void show_volumes(const struct set *set, const enum volume_state *states)
{
    static const char *const words[] = {[VOLUME_INTACT] = "intact",
                                        [VOLUME_DAMAGED] = "damaged",
                                        [VOLUME_BREAKS_RULES] = "breaks-rules",
                                        [VOLUME_BROKE_READER] = "broke-reader",
                                        [VOLUME_NOT_READ] = "not-read"};

    for (size_t i = 0; i < set->count && states[i] != VOLUME_NOT_CHECKED; i++) {
        char number[24], word[24];

        (void)snprintf(number, sizeof number, "%3" PRIu64, arrival_number(set->files[i]));
        (void)snprintf(word, sizeof word, "%-12s", words[states[i]]);
        print(T_UNSEAL_VOLUME, .word = number, .words = word, .name = set->files[i]->path);
    }
}

static enum exit_code show_refused(const struct drop *d)
{
    enum exit_code code = complain(&d->fault);

    if (d->content.volumes != NULL)
        show_volumes(d->set, d->content.volumes);
    if (d->request->task == DROP_VERIFY && d->late.status == SEAL_OK && drop_has_verdict(d))
        print_record(d);
    return code;
}

static enum exit_code show_drop(const struct drop *d)
{
    bool is_accepted = d->fault.status == SEAL_OK;
    char name[SET_TEXT_SIZE];
    enum exit_code code, late_code;

    if (is_accepted && d->request->task == DROP_SALVAGE) {
        code = salvage_report_drop(d);
    } else if (is_accepted) {
        show_accepted(d);
        code = bag_is_incomplete(&d->content.result.totals) ? EXIT_INCOMPLETE : EXIT_ALL_DONE;
    } else {
        code = show_refused(d);
    }
    if (d->late.status == SEAL_OK)
        return code;
    if (is_accepted && d->logged.is_missing)
        warn(T_UNSEAL_NOT_LOGGED, .words = set_text(name, d->set));
    late_code = complain(&d->late);
    return is_accepted ? late_code : code; /* the refusal matters more than the log */
}

/* ---- All drops ---------------------------------------------------------------------------- */

static void begin_drop(void *ctx, const struct set *set, size_t number, size_t count)
{
    char name[SET_TEXT_SIZE];

    (void)ctx;
    if (number > 0)
        print_data("\n");
    if (count > 1)
        print(T_UNSEAL_FILE, .words = set_text(name, set));
    print_flush();
}

static void end_drop(void *ctx, const struct drop *d)
{
    struct unseal_report *r = ctx;

    r->code = exit_code_worse(r->code, show_drop(d));
}

struct unseal_listener unseal_report_drops(struct unseal_report *r)
{
    return (struct unseal_listener){.ctx = r, .drop_begins = begin_drop, .drop_ends = end_drop};
}

#define TABLE_COLUMNS 40 /* in front of the name */

/* On a terminal no name goes on in another line, which would look like one of the table. */
static const char *name_in_table(char out[static TEXT_NAME_SIZE], const struct set *set)
{
    size_t columns = plat_terminal_columns(STDOUT_FILENO);
    char name[SET_TEXT_SIZE];

    if (!plat_is_terminal(STDOUT_FILENO))
        columns = SIZE_MAX;
    (void)text_name_within(out, set_text(name, set),
                           columns > 2 * TABLE_COLUMNS - 1 ? columns - TABLE_COLUMNS
                                                           : TABLE_COLUMNS);
    return out;
}

void unseal_report_table(const struct unseal_result *result)
{
    if (result->sets.count < 2)
        return;
    print_data("\n");
    print(T_UNSEAL_TABLE);
    for (size_t i = 0; i < result->sets.count; i++) {
        const struct drop_outcome *o = &result->outcomes[i];
        char receipt[NUMBER_TEXT_SIZE(RECEIPT_GROUPS)] = "-", name[TEXT_NAME_SIZE];

        if (o->has_receipt)
            number_text(receipt, o->receipt, RECEIPT_GROUPS);
        print_data("%-12s  %-24s  %s\n", o->verdict, receipt,
                   name_in_table(name, &result->sets.all[i]));
    }
}

enum exit_code exit_code_worse(enum exit_code a, enum exit_code b)
{
    static const enum exit_code order[] = {EXIT_ALL_DONE, EXIT_INCOMPLETE, EXIT_WRONG_USE,
                                           EXIT_NEWER,    EXIT_NO_KEY,     EXIT_DAMAGED,
                                           EXIT_NOT_DONE, EXIT_SUSPICIOUS};
    size_t x = 0, y = 0;

    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        if (order[i] == a)
            x = i;
        if (order[i] == b)
            y = i;
    }
    return x > y ? a : b;
}
