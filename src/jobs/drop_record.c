#include "jobs/drop_record.h"

#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "jobs/drop_publish_private.h"
#include "jobs/receive_relay_private.h"

/* ---- The facts ---------------------------------------------------------------------------- */

static const struct arrival *first_of(const struct set *set)
{
    return set->files[0];
}

/* The last volume has the receipt of the set. */
static const struct arrival *last_of(const struct set *set)
{
    return set->files[set->count - 1];
}

static enum custody_verdict verdict_of_good(const struct drop_facts *facts)
{
    if (facts->request->task == DROP_RAW)
        return VERDICT_UNCHECKED;
    if (facts->request->task == DROP_SALVAGE)
        return VERDICT_SALVAGED;
    return bag_is_incomplete(&facts->content->result.totals) ? VERDICT_INCOMPLETE
                                                             : VERDICT_ACCEPTED;
}

bool drop_verdict(enum custody_verdict *verdict, const struct drop_facts *facts)
{
    static const struct {
        enum seal_status status;
        enum custody_verdict verdict;
    } refusals[] = {
        {SEAL_NO_KEY, VERDICT_NO_KEY},   {SEAL_DAMAGED, VERDICT_DAMAGED},
        {SEAL_HOSTILE, VERDICT_HOSTILE}, {SEAL_NEWER, VERDICT_NEWER},
        {SEAL_BROKE, VERDICT_BROKE},
    };

    if (facts->fault->status == SEAL_OK) {
        *verdict = verdict_of_good(facts);
        return true;
    }
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        if (refusals[i].status != facts->fault->status)
            continue;
        *verdict = refusals[i].verdict;
        return true;
    }
    return false;
}

/* The files as they were received, in one array; malloc'ed. */
static struct custody_file *received_files(const struct drop_facts *facts)
{
    const struct set *set = facts->set;
    struct custody_file *files = calloc(set->count, sizeof *files);

    for (size_t i = 0; files != NULL && i < set->count; i++)
        files[i] = set->files[i]->received;
    return files;
}

static void fill_header(struct custody *c, const struct drop_facts *facts)
{
    const struct arrival *a = last_of(facts->set);

    c->was_opened = true;
    fingerprint_text(c->fingerprint, a->pkh);
    c->format_version = SEAL_FORMAT_VERSION;
    for (size_t i = 0; i < facts->set->count; i++)
        c->slots_differ |= facts->set->files[i]->env->others_differ;
    memcpy(c->commitment, a->env->commitment, sizeof c->commitment);
    memcpy(c->bag_id, a->env->params.bundle_id, sizeof c->bag_id);
    c->content = facts->request->task == DROP_RAW        ? CUSTODY_RAW
                 : a->env->params.type == CONTENT_STREAM ? CUSTODY_STREAM
                                                         : CUSTODY_BAG;
}

static void fill_content(struct custody *c, const struct drop_facts *facts)
{
    const struct intake_result *result = &facts->content->result;

    c->was_checked = true;
    number_text(c->receipt, result->receipt, RECEIPT_GROUPS);
    memcpy(c->digest, result->digest, sizeof c->digest);
    memcpy(c->disk_digest, result->disk_digest, sizeof c->disk_digest);
    c->output = facts->target->path;
    c->output_is_read_only = facts->target->is_folder && result->is_read_only;
    memcpy(c->times, result->times, sizeof c->times);
    c->totals = result->totals;
    if (c->content == CUSTODY_RAW)
        c->totals.bytes = result->content_len;
    c->bag_info = (const char *)result->bag_info.data;
    c->remarks = (const char *)result->remarks.data;
    c->remarks_are_cut = result->remarks_are_cut;
    c->info_is_cut = result->info_is_cut;
    c->spelled = result->spelled;
}

/* No receipt, and no D: they are for what is whole. */
static void fill_salvage(struct custody *c, const struct drop_facts *facts)
{
    const struct intake_result *result = &facts->content->result;

    c->salvage = &facts->content->salvage;
    c->output = facts->target->path;
    c->bag_info = (const char *)result->bag_info.data;
    c->info_is_cut = result->info_is_cut;
    c->spelled = result->spelled;
}

static void fill_custody(struct custody *c, const struct drop_facts *facts,
                         const struct custody_file *files)
{
    const struct drop_request *request = facts->request;

    *c = (struct custody){.step = request->task == DROP_VERIFY ? STEP_VERIFIED : STEP_UNSEALED,
                          .opened = first_of(facts->set)->opened,
                          .program = "unseal " SEAL_VERSION,
                          .program_sha256 = facts->program_sha256,
                          .operator_name = request->operator_name,
                          .case_name = request->case_name,
                          .files = files,
                          .file_count = facts->set->count,
                          .number = facts->target->number,
                          .keys_tried = last_of(facts->set)->keys_tried,
                          .refusal = facts->fault};
    (void)drop_verdict(&c->verdict, facts);
    if (first_of(facts->set)->was_opened)
        fill_header(c, facts);
    if (facts->content->was_checked)
        fill_content(c, facts);
    if (c->verdict == VERDICT_SALVAGED)
        fill_salvage(c, facts);
}

/* ---- Record and log ----------------------------------------------------------------------- */

static enum seal_status write_records(struct drop_outputs *outputs, const struct custody *c,
                                      struct fault *fault)
{
    static enum seal_status (*const make[RECORD_FORMS])(struct buffer *, const struct custody *) = {
        [RECORD_TEXT] = custody_text, [RECORD_JSON] = custody_json};

    for (enum record_form form = 0; form < RECORD_FORMS && fault->status == SEAL_OK; form++) {
        struct buffer text = {0};

        if (stop_requested())
            (void)fault_set(fault, REASON_INTERRUPTED, NULL);
        else if (make[form](&text, c) != SEAL_OK)
            (void)fault_no_memory(fault);
        else
            IGNORE_RESULT(drop_outputs_add_record(outputs, form, &text, fault));
        buffer_free(&text);
    }
    return fault->status;
}

static enum seal_status publish(const struct drop_facts *facts, const struct custody *c,
                                struct drop_outputs *outputs, struct fault *fault)
{
    if (facts->fault->status != SEAL_OK && facts->request->task != DROP_VERIFY)
        return SEAL_OK;
    if (facts->target->record != NULL && write_records(outputs, c, fault) != SEAL_OK)
        return fault->status;
    if (stop_requested()) /* nothing has a name yet */
        return fault_set(fault, REASON_INTERRUPTED, NULL);
    return drop_outputs_publish(outputs, fault);
}

static enum seal_status find_double(struct drop_logged *logged, struct custody *c,
                                    struct custody_log *log, struct fault *fault)
{
    if (log == NULL || !c->was_opened)
        return SEAL_OK;
    if (custody_log_find(log, c, &logged->seen, logged->first_seen, fault) != SEAL_OK)
        return fault->status;
    c->seen = logged->seen;
    if (logged->seen != NOT_SEEN)
        c->first_seen = logged->first_seen;
    return SEAL_OK;
}

/* The log stays locked from looking for doubles to adding the line: of two doubles that arrive at
 * the same time one is the first. */
static enum seal_status settle(struct drop_logged *logged, const struct drop_facts *facts,
                               struct custody *c, struct drop_outputs *outputs, struct fault *fault)
{
    struct custody_log *log = NULL;

    if (facts->request->log != NULL &&
        log_open(&log, facts->request->log, outputs->observer, fault) != SEAL_OK)
        return fault->status;
    if (find_double(logged, c, log, fault) == SEAL_OK &&
        publish(facts, c, outputs, fault) == SEAL_OK && log != NULL)
        logged->is_missing = custody_log_add(log, c, fault) != SEAL_OK;
    custody_log_close(log);
    return fault->status;
}

enum seal_status drop_record(struct drop_logged *logged, const struct drop_facts *facts,
                             struct drop_outputs *outputs, struct fault *fault)
{
    struct custody_file *files;
    enum custody_verdict verdict;
    struct custody c;

    if (!drop_verdict(&verdict, facts))
        return SEAL_OK;
    files = received_files(facts);
    if (files == NULL)
        return fault_no_memory(fault);
    fill_custody(&c, facts, files);
    IGNORE_RESULT(settle(logged, facts, &c, outputs, fault));
    free(files);
    return fault->status;
}
