#include "jobs/unseal_job.h"

#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "jobs/drop_twins_private.h"
#include "jobs/file_digest.h"
#include "jobs/job_confine_private.h"
#include "jobs/output_place_private.h"
#include "jobs/receive_relay_private.h"

/* ---- Before the first drop ---------------------------------------------------------------- */

#define DAY_SECONDS 86400

/* Whether the time of a line is more than a day ahead. */
static bool is_ahead(const char *time)
{
    char tomorrow[TIME_TEXT_SIZE];
    struct timestamp t = clock_now();

    t.sec += DAY_SECONDS;
    time_format(tomorrow, t, false);
    return strcmp(time, tomorrow) > 0;
}

static enum seal_status look_at_lines(struct custody_log *log, const char *path,
                                      const struct receive_observer *observer, struct fault *fault)
{
    char last[TIME_TEXT_SIZE];
    struct receive_event odd = {.kind = RECEIVE_LOG_ODD, .name = path};
    struct receive_event ahead = {.kind = RECEIVE_LOG_AHEAD, .name = path, .other = last};

    if (custody_log_survey(log, &odd.number, last, fault) != SEAL_OK)
        return fault->status;
    if (odd.number > 0)
        observer->event(observer->ctx, &odd);
    if (is_ahead(last))
        observer->event(observer->ctx, &ahead);
    return SEAL_OK;
}

/* Opens the log and closes it again: what is wrong with it is told before a passphrase is asked
 * for. */
static enum seal_status try_log(const char *path, const struct receive_observer *observer,
                                struct fault *fault)
{
    struct custody_log *log = NULL;

    if (path == NULL || output_refuse_in_bag(path, fault) != SEAL_OK)
        return fault->status;
    if (log_open(&log, path, observer, fault) != SEAL_OK)
        return fault->status;
    if (custody_log_is_exposed(log))
        tell_name(observer, RECEIVE_LOG_EXPOSED, path);
    IGNORE_RESULT(look_at_lines(log, path, observer, fault));
    custody_log_close(log);
    return fault->status;
}

static enum seal_status foresee(const struct unseal_request *request,
                                const struct output_place *place, const struct sets *sets,
                                struct fault *fault)
{
    if (sets->arrival_count > 1 || sets->arrivals[0].lies_in_folder)
        return SEAL_OK; /* how many outputs there will be is not known yet */
    return drop_target_foresee(&request->drop, place, sets->arrivals[0].path, fault);
}

/* ---- What was opened before --------------------------------------------------------------- */

/* Who names a file wants it opened: only those in folders are looked for. */
static bool may_be_skipped(const struct set *set)
{
    for (size_t i = 0; i < set->count; i++)
        if (!set->files[i]->lies_in_folder || !set->files[i]->was_opened)
            return false;
    return true;
}

/* The files with their digests; malloc'ed. Of one that cannot be read that is said later. */
static struct custody_file *files_of(const struct set *set, const struct receive_observer *observer,
                                     struct fault *fault)
{
    struct custody_file *files = calloc(set->count, sizeof *files);

    if (files == NULL)
        (void)fault_no_memory(fault);
    for (size_t i = 0; files != NULL && i < set->count; i++) {
        struct fault unread = {.status = SEAL_OK};

        if (arrival_take_digest(set->files[i], observer, &unread) == SEAL_INTERRUPTED)
            *fault = unread;
        files[i] = set->files[i]->received;
    }
    return files;
}

/* Whether the log has the drop. Digests are taken only if it has the commitment: else all would
 * have to be read twice. */
static enum seal_status was_opened_before(const struct set *set, struct custody_log *log,
                                          const struct receive_observer *observer, bool *found,
                                          char when[static TIME_TEXT_SIZE], struct fault *fault)
{
    enum custody_double seen = NOT_SEEN;
    struct custody_file *files;
    struct custody c = {.file_count = 0};

    *found = false;
    if (!may_be_skipped(set))
        return SEAL_OK;
    memcpy(c.commitment, set->files[set->count - 1]->env->commitment, sizeof c.commitment);
    if (custody_log_find_unsealed(log, &c, &seen, when, fault) != SEAL_OK || seen == NOT_SEEN)
        return fault->status;
    c.files = files = files_of(set, observer, fault);
    c.file_count = set->count;
    if (fault->status == SEAL_OK)
        IGNORE_RESULT(custody_log_find_unsealed(log, &c, &seen, when, fault));
    *found = fault->status == SEAL_OK && seen == SEEN_FILE;
    free(files);
    return fault->status;
}

static void tell_before(const struct set *set, const char *when,
                        const struct receive_observer *observer)
{
    observer->event(observer->ctx, &(struct receive_event){.kind = RECEIVE_OPENED_BEFORE,
                                                           .name = set->files[0]->path,
                                                           .other = when,
                                                           .number = set->count - 1});
}

/* Moves a set behind those that are kept so far, or frees it. */
static void keep_or_free(struct sets *sets, size_t number, bool keep, size_t *kept)
{
    if (keep)
        sets->all[(*kept)++] = sets->all[number];
    else
        free(sets->all[number].files);
}

/* Leaves out of the sets what the log has as unsealed. */
static enum seal_status skip_opened(struct sets *sets, const struct drop_request *request,
                                    const struct receive_observer *observer, struct fault *fault)
{
    struct custody_log *log = NULL;
    size_t kept = 0;

    if (request->log == NULL || request->task != DROP_UNSEAL ||
        log_open(&log, request->log, observer, fault) != SEAL_OK)
        return fault->status;
    for (size_t i = 0; i < sets->count; i++) {
        char when[TIME_TEXT_SIZE];
        bool found = false;

        if (fault->status == SEAL_OK)
            IGNORE_RESULT(was_opened_before(&sets->all[i], log, observer, &found, when, fault));
        if (found)
            tell_before(&sets->all[i], when, observer);
        keep_or_free(sets, i, !found, &kept);
    }
    sets->count = kept;
    custody_log_close(log);
    return fault->status;
}

/* Looks again, since another run may have been at the same folder meanwhile. */
static bool was_opened_meanwhile(struct drop *d, const struct receive_observer *observer)
{
    struct fault fault = {.status = SEAL_OK};
    struct custody_log *log = NULL;
    char when[TIME_TEXT_SIZE];
    bool found = false;

    if (d->request->log == NULL || d->request->task != DROP_UNSEAL ||
        !d->set->files[0]->lies_in_folder)
        return false;
    if (log_open(&log, d->request->log, observer, &fault) == SEAL_OK &&
        was_opened_before(d->set, log, observer, &found, when, &fault) == SEAL_OK && found)
        tell_before(d->set, when, observer);
    custody_log_close(log);
    if (d->fault.status == SEAL_OK || fault.status == SEAL_INTERRUPTED)
        d->fault = fault;
    return found;
}

/* ---- In order ----------------------------------------------------------------------------- */

static enum seal_status prepare(struct sets *sets, struct output_place *place,
                                const struct unseal_request *request,
                                const struct receive_observer *observer, struct fault *fault)
{
    const struct receive_input *input = &request->input;

    if (sets_list(sets, input->files, input->file_count, observer, fault) != SEAL_OK ||
        output_place_prepare(place, fault) != SEAL_OK || /* the log may lie in that folder */
        try_log(request->drop.log, observer, fault) != SEAL_OK ||
        foresee(request, place, sets, fault) != SEAL_OK ||
        open_headers(sets, input, request->drop.threads, observer, fault) != SEAL_OK ||
        skip_opened(sets, &request->drop, observer, fault) != SEAL_OK || sets->count == 0)
        return fault->status;
    return output_place_settle(place, sets, fault);
}

/* ---- The drops ---------------------------------------------------------------------------- */

static void note_outcome(struct drop_outcome *o, const struct drop *d)
{
    o->verdict = drop_verdict_word(d);
    o->has_receipt = d->fault.status == SEAL_OK && d->request->task != DROP_SALVAGE;
    if (o->has_receipt)
        memcpy(o->receipt, d->content.result.receipt, sizeof o->receipt);
}

static void confine(const struct sets *sets, const struct drop *drops,
                    const struct output_place *place, const char *log)
{
    int rules = plat_confine_begin();

    confine_allow_arrivals(rules, sets);
    for (size_t i = 0; i < sets->count; i++) {
        confine_allow_output(rules, drops[i].target.path);
        confine_allow_output(rules, drops[i].target.record);
    }
    if (place->is_new)
        confine_allow_output(rules, place->given);
    confine_allow_log(rules, log);
    plat_confine_enter(rules);
}

/* Those that were opened meanwhile have no outcome, and are left out of the result. */
static void keep_outcomes(struct unseal_result *result)
{
    size_t kept = 0;

    for (size_t i = 0; i < result->sets.count; i++) {
        result->outcomes[kept] = result->outcomes[i];
        keep_or_free(&result->sets, i, result->outcomes[i].verdict != NULL, &kept);
    }
    result->sets.count = kept;
}

static enum seal_status receive_all(struct unseal_result *result, struct drop *drops,
                                    const struct output_place *place, const char *log,
                                    const struct receive_observer *observer,
                                    const struct unseal_listener *listener)
{
    const uint8_t *program_sha256 = program_digest();
    enum seal_status status = SEAL_OK;

    confine(&result->sets, drops, place, log);
    for (size_t i = 0; i < result->sets.count && status != SEAL_INTERRUPTED; i++) {
        if (was_opened_meanwhile(&drops[i], observer))
            continue;
        listener->drop_begins(listener->ctx, &result->sets.all[i], i, result->sets.count);
        drop_receive(&drops[i], program_sha256, observer);
        if (drops[i].fault.status == SEAL_EXISTS && was_opened_meanwhile(&drops[i], observer))
            continue;
        listener->drop_ends(listener->ctx, &drops[i]);
        note_outcome(&result->outcomes[i], &drops[i]);
        status = drops[i].fault.status;
        drop_free(&drops[i]);
    }
    return status == SEAL_INTERRUPTED ? SEAL_INTERRUPTED : SEAL_OK;
}

enum seal_status unseal_job_run(struct unseal_result *result, const struct unseal_request *request,
                                const struct receive_observer *observer,
                                const struct unseal_listener *listener, struct fault *fault)
{
    struct output_place place = output_place_from(request->drop.output);
    struct drop *drops;
    enum seal_status status;

    *result = (struct unseal_result){.outcomes = NULL};
    if (prepare(&result->sets, &place, request, observer, fault) != SEAL_OK ||
        result->sets.count == 0) {
        output_place_leave(&place);
        return fault->status;
    }
    result->outcomes = calloc(result->sets.count, sizeof *result->outcomes);
    drops = calloc(result->sets.count, sizeof *drops);
    status = drops == NULL || result->outcomes == NULL
                 ? fault_no_memory(fault)
                 : drop_twins_start(drops, &result->sets, &request->drop, &place, fault);
    if (status == SEAL_OK)
        status = receive_all(result, drops, &place, request->drop.log, observer, listener);
    for (size_t i = 0; drops != NULL && i < result->sets.count; i++)
        drop_free(&drops[i]);
    free(drops);
    if (result->outcomes != NULL)
        keep_outcomes(result);
    output_place_leave(&place);
    return status;
}

void unseal_result_free(struct unseal_result *result)
{
    sets_free(&result->sets);
    free(result->outcomes);
    *result = (struct unseal_result){.outcomes = NULL};
}
