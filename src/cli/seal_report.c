#include "cli/seal_report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "platform/terminal.h"
#include "cli/ui/message.h"
#include "cli/ui/window.h"
#include "jobs/is_folder.h"

/* ---- Other events ------------------------------------------------------------------------- */

/* The whole fingerprint: to be compared. */
static void show_recipient(const struct seal_event *e)
{
    char fingerprint[NUMBER_TEXT_SIZE(FINGERPRINT_GROUPS)];

    fingerprint_text(fingerprint, e->key->pkh);
    say(T_SEAL_RECIPIENT, .word = fingerprint, .name = e->name);
}

static void show_expired(const struct seal_event *e)
{
    char day[DATE_TEXT_SIZE];

    date_text(day, e->key->expires);
    warn(T_SEAL_EXPIRED, .name = e->name, .word = day);
}

static void show_event(void *ctx, const struct seal_event *e)
{
    static const enum text_id warnings[SEAL_EVENT_KINDS] = {
        [SEAL_EVENT_EXAMPLE_KEY] = T_SEAL_EXAMPLE_KEY,   [SEAL_EVENT_PATH_BARE] = T_SEAL_PATH_BARE,
        [SEAL_EVENT_NO_OFFSET] = T_SEAL_NO_OFFSET,       [SEAL_EVENT_NO_FOLDER] = T_SEAL_NO_FOLDER,
        [SEAL_EVENT_VOLUME_STAYS] = T_SEAL_VOLUME_STAYS, [SEAL_EVENT_NO_MEDIUM] = T_SEAL_NO_MEDIUM,
    };
    struct seal_report *r = ctx;

    switch (e->kind) {
    case SEAL_EVENT_RECIPIENT:
        show_recipient(e);
        warn_of_clock(e->name, e->key->created);
        break;
    case SEAL_EVENT_EXPIRED:
        show_expired(e);
        break;
    case SEAL_EVENT_REMARK:
        seal_remarks_show(&r->remarks, e->notice);
        break;
    case SEAL_EVENT_LISTED:
        seal_remarks_end_names(&r->remarks);
        break;
    case SEAL_EVENT_SPLIT_FOR_FAT:
        say(T_SEAL_SPLIT_FOR_FAT);
        break;
    case SEAL_EVENT_MAY_NOT_FIT:
        warn(T_SEAL_MAY_NOT_FIT, .name = e->name, .size = e->free_bytes, .most = e->wanted);
        break;
    case SEAL_EVENT_READING_BACK:
        say(T_SEAL_READING_BACK);
        break;
    case SEAL_EVENT_MEDIUM_FAULT:
        (void)complain(e->fault);
        break;
    case SEAL_EVENT_EXAMPLE_KEY:
    case SEAL_EVENT_PATH_BARE:
    case SEAL_EVENT_NO_MEDIUM:
    case SEAL_EVENT_NO_OFFSET:
    case SEAL_EVENT_NO_FOLDER:
    case SEAL_EVENT_VOLUME_STAYS:
    case SEAL_EVENT_KINDS:
    default:
        warn(warnings[e->kind], .name = e->name);
        break;
    }
}

static void begin_work(void *ctx, uint64_t total)
{
    struct seal_report *r = ctx;

    progress_start(&r->progress, total);
}

static void add_work(void *ctx, uint64_t bytes)
{
    struct seal_report *r = ctx;

    progress_add(&r->progress, bytes);
}

static void end_work(void *ctx)
{
    struct seal_report *r = ctx;

    progress_end(&r->progress);
}

static void begin_sync(void *ctx)
{
    struct seal_report *r = ctx;

    waiting_start(&r->waiting);
}

static void end_sync(void *ctx)
{
    struct seal_report *r = ctx;

    waiting_end(&r->waiting);
}

/* On a medium that fails or is gone nobody can remove anything, and what is sealed harms nobody:
 * then the failure is all there is to say. */
static void show_unfinished(const char *path, enum leftover_fate fate, int sys)
{
    if (fate != LEFTOVER_OWN || (sys != EIO && !is_medium_gone(sys)))
        show_leftover(path, fate, sys);
}

/* ---- Questions ---------------------------------------------------------------------------- */

static enum seal_status ask_medium(void *ctx, const struct medium_question *question,
                                   char answer[static ANSWER_SIZE], struct fault *fault)
{
    char prompt[2048];

    (void)ctx;
    (void)text_format(prompt, sizeof prompt, ui_catalog(), T_SEAL_ASK_MEDIUM,
                      TEXT_ARGS(.name = question->folder, .size = question->free_bytes,
                                .number = question->volume, .most = question->wanted));
    progress_hide();
    switch (plat_prompt_line(prompt, answer, ANSWER_SIZE)) {
    case PLAT_PROMPT_OK:
        return SEAL_OK;
    case PLAT_PROMPT_NO_TERMINAL:
        return fault_set(fault, REASON_VOLUME_NO_ROOM, question->folder);
    case PLAT_PROMPT_FAILED:
        return fault_set_errno(fault, REASON_ANSWER_READ, NULL);
    case PLAT_PROMPT_TOO_LONG:
    case PLAT_PROMPT_STOPPED:
    default:
        return fault_set(fault, REASON_INTERRUPTED, NULL);
    }
}

struct seal_observer seal_report_start(struct seal_report *report, bool verbose)
{
    *report = (struct seal_report){.remarks.verbose = verbose};
    return (struct seal_observer){.ctx = report,
                                  .event = show_event,
                                  .leftover = show_unfinished,
                                  .work_begins = begin_work,
                                  .work_done = add_work,
                                  .work_ends = end_work,
                                  .sync_begins = begin_sync,
                                  .sync_ends = end_sync,
                                  .ask_medium = ask_medium};
}

/* ---- The result --------------------------------------------------------------------------- */

static void summarize(const struct seal_report *r, const struct seal_request *request,
                      const struct bag_totals *t)
{
    if (request->is_stream)
        say(T_SEAL_SUMMARY_STREAM, .size = t->bytes);
    else
        say(T_SEAL_SUMMARY, .files = t->files, .folders = t->folders, .size = t->bytes);
    /* With --verbose each link was told. */
    if (!r->remarks.verbose && t->remarks[BAG_LINK] > 0)
        say(T_SEAL_LINKS, .count = t->remarks[BAG_LINK]);
    if (!r->remarks.verbose && t->remarks[BAG_UNKEPT] > 0)
        say(T_SEAL_UNKEPT, .count = t->remarks[BAG_UNKEPT]);
    seal_remarks_end(&r->remarks, request, t);
}

static void warn_of_limit(uint64_t max_size_gib)
{
    if (max_size_gib > 0)
        warn(T_SEAL_NEEDS_MAX_SIZE, .number = max_size_gib);
}

/* A name without an ending was meant as a folder, perhaps; and it tells more than a drawn one. */
static void show_name_taken(const char *output)
{
    const char *slash = output == NULL ? NULL : strrchr(output, '/');

    if (output != NULL && strchr(slash == NULL ? output : slash, '.') == NULL && !is_folder(output))
        say(T_SEAL_OUTPUT_NO_FOLDER, .name = output);
}

static void show_next(const struct seal_result *result)
{
    enum text_id text = result->file_count > 1 ? T_SEAL_NEXT_VOLUMES : T_SEAL_NEXT;

    if (bag_is_incomplete(&result->totals))
        text = T_SEAL_NEXT_INCOMPLETE;
    say(text, .name = result->files[0].path);
}

void seal_report_result(const struct seal_report *report, const struct seal_request *request,
                        const struct seal_result *result)
{
    bool is_beside = strcmp(result->files[0].path, "-") == 0;
    char receipt[NUMBER_TEXT_SIZE(RECEIPT_GROUPS)];

    if (is_beside)
        print_beside();
    summarize(report, request, &result->totals);
    for (size_t i = 0; !is_beside && i < result->file_count; i++)
        print(T_SEAL_SEALED, .name = result->files[i].path, .size = result->files[i].size);
    if (!is_beside)
        show_name_taken(request->output);
    if (result->file_count > 1)
        print(T_SEAL_VOLUMES, .count = result->file_count);
    if (result->was_in_memory)
        warn(T_SEAL_READ_FROM_MEMORY);
    else if (result->was_read_back)
        say(T_SEAL_READ_BACK);
    warn_of_limit(result->max_size_gib);
    number_text(receipt, result->receipt, RECEIPT_GROUPS);
    print(T_SEAL_RECEIPT, .word = receipt);
    if (!is_beside)
        show_next(result);
    if (plat_owns_console_window())
        print_large(receipt);
}

void seal_report_left_behind(const struct seal_result *result)
{
    for (size_t i = 0; i < result->file_count; i++)
        warn(T_SEAL_VOLUME_USELESS, .name = result->files[i].path);
}

/* ---- The dry run -------------------------------------------------------------------------- */

static void show_largest(const struct dry_run_result *result)
{
    if (result->largest_count == 0)
        return;
    print(T_DRY_LARGEST);
    for (size_t i = 0; i < result->largest_count; i++) {
        char size[64];
        size_t len = text_size(size, sizeof size, ui_catalog(), result->largest[i].size);
        size_t columns = text_columns(size, len);

        print_data("  %s%*s %s\n", size, columns < 11 ? (int)(11 - columns) : 0, "",
                   shown(path_as_known(result->largest[i].path)));
    }
}

static void show_size(const struct sealed_size *size)
{
    enum text_id text = T_DRY_SIZE_ABOUT;

    if (size->about == 0)
        text = T_DRY_SIZE_TOO_LARGE;
    else if (size->most == 0)
        text = T_DRY_SIZE_MAYBE_TOO_LARGE;
    else if (size->about == size->most)
        text = T_DRY_SIZE;
    print(text, .size = size->about, .most = size->most);
}

static void show_volumes(uint64_t split, const struct sealed_size *size)
{
    print(T_DRY_VOLUMES, .count = size->most_volumes, .size = split);
    if (size->most_volumes > VOLUMES_MAX)
        print(T_DRY_VOLUMES_TOO_MANY, .limit = VOLUMES_MAX);
}

static void show_room(const struct dry_run_target *t)
{
    static const enum text_id fits[] = {
        [FITS] = T_DRY_FITS, [MAY_NOT_FIT] = T_DRY_MAY_NOT_FIT, [FITS_NOT] = T_DRY_FITS_NOT};
    static const enum text_id here[] = {
        [FAT_FITS] = T_DRY_FAT_FITS,
        [FAT_NEEDS_SPLIT] = T_DRY_FAT_NEEDS_SPLIT,
        [FAT_WILL_SPLIT] = T_DRY_FAT_WILL_SPLIT,
        [FAT_NEEDS_FOLDER] = T_DRY_FAT_NEEDS_FOLDER,
        [FAT_SPLIT_LARGE] = T_DRY_FAT_SPLIT_LARGE,
        [FAT_PAD_LARGE] = T_DRY_FAT_PAD_LARGE,
    };

    if (t->lacks_medium)
        warn(T_DRY_NO_MEDIUM, .name = t->folder);
    print(fits[t->fit], .name = t->folder, .size = t->free_bytes);
    if (t->is_fat)
        print(here[t->verdict]);
    else if (t->has_verdict)
        print(t->verdict == FAT_FITS ? T_DRY_STICK_FITS : T_DRY_STICK_NEEDS_SPLIT);
}

static void show_target(const struct dry_run_target *t)
{
    switch (t->state) {
    case TARGET_FOLDER:
        show_room(t);
        break;
    case TARGET_REFUSED:
        (void)complain(&t->fault);
        break;
    case TARGET_UNKNOWN:
        warn(T_DRY_ROOM_UNKNOWN, .name = t->folder);
        break;
    case TARGET_STREAM:
    default:
        break;
    }
}

void seal_report_dry_run(const struct seal_report *report, const struct seal_request *request,
                         const struct dry_run_result *result)
{
    print(T_DRY_SUMMARY, .files = result->totals.files, .folders = result->totals.folders,
          .size = result->totals.bytes);
    seal_remarks_end(&report->remarks, request, &result->totals);
    show_largest(result);
    show_size(&result->size);
    if (request->split > 0)
        show_volumes(request->split, &result->size);
    warn_of_limit(result->max_size_gib);
    if (result->has_target)
        show_target(&result->target);
    print(T_DRY_METADATA);
    print(T_DRY_NOTHING_WRITTEN);
}
