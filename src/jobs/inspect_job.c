#include "jobs/inspect_job.h"

#include <stdlib.h>

#include "base/base.h"
#include "jobs/job_confine_private.h"
#include "jobs/output_place_private.h"
#include "jobs/receive_relay_private.h"
#include "jobs/set_check.h"
#include "jobs/set_result_private.h"

/* ---- The one set -------------------------------------------------------------------------- */

/* Opens the headers of the files that were listed, which must be of one set. */
static enum seal_status open_set(struct sets *sets, const struct inspect_request *request,
                                 const struct receive_observer *observer, struct fault *fault)
{
    if (open_headers(sets, &request->input, 1, observer, fault) != SEAL_OK)
        return fault->status;
    return sets->count > 1 ? fault_set(fault, REASON_SEVERAL_SETS, NULL) : SEAL_OK;
}

/* Refuses what can be refused before a worker reads; opens the files again. */
static enum seal_status take_up(const struct set *set, const struct set_check *check, bool salvages,
                                struct fault *fault)
{
    *fault = set->fault;
    set_compare_twins(set, check, fault);
    if (fault->status == SEAL_OK && !salvages && set->files[0]->env->params.type != CONTENT_BAG)
        (void)fault_set(fault, REASON_STREAM_NO_LIST, NULL);
    if (fault->status == SEAL_OK && !salvages && set->has_gaps)
        IGNORE_RESULT(set_refuse_gaps(set, check, fault));
    if (fault->status == SEAL_OK)
        IGNORE_RESULT(set_take_up(set, fault));
    if (fault->status != SEAL_OK)
        set_name_fault(set, fault);
    return fault->status;
}

static enum seal_status run_worker(struct intake_result *result, struct intake_job *job,
                                   const struct set *set, const struct intake_observer *from_worker,
                                   struct fault *fault)
{
    struct intake_volume *volumes = set_volumes(set);

    if (volumes == NULL)
        return fault_no_memory(fault);
    job->volumes = volumes;
    job->volume_count = set->count;
    IGNORE_RESULT(intake_run(result, job, from_worker, fault));
    free(volumes);
    return fault->status;
}

/* Has a worker do the job. folder: what is written goes there; NULL: nothing is written. */
static enum seal_status look(struct inspect_result *result, struct intake_job *job,
                             const struct set_check *check, const char *folder,
                             const struct intake_observer *from_worker, struct fault *fault)
{
    const struct set *set = &result->sets.all[0];

    job->whole_cage = check->limits->require_sandbox;
    job->limits = limits_for(check->limits, set_sealed_size(set), folder);
    IGNORE_RESULT(run_worker(&result->found, job, set, from_worker, fault));
    limits_explain(fault, check->limits, &job->limits, &result->found);
    set_keep_result(set, &result->found);
    if (set_ends_early(fault)) {
        *fault = (struct fault){.status = SEAL_OK};
        IGNORE_RESULT(set_refuse_gaps(set, check, fault));
    }
    if (fault->status != SEAL_OK)
        set_name_fault(set, fault);
    return fault->status;
}

static void confine(const struct sets *sets, const char *output)
{
    int rules = plat_confine_begin();

    confine_allow_arrivals(rules, sets);
    confine_allow_output(rules, output);
    plat_confine_enter(rules);
}

/* ---- Listing ------------------------------------------------------------------------------ */

/* Hands items on to the listener; a receive_relay comes first. */
struct item_relay {
    struct receive_relay relay;
    const struct inspect_listener *listener;
    struct fault *fault; /* of the listener, where intake cannot be told */
};

static enum seal_status relay_item(void *ctx, const struct bag_item *item, struct fault *fault)
{
    const struct item_relay *e = ctx;

    return e->listener->item(e->listener->ctx, item, NULL, fault);
}

static enum seal_status relay_salvaged(void *ctx, const struct custody_piece *piece,
                                       struct fault *fault)
{
    const struct item_relay *e = ctx;

    return e->listener->salvaged(e->listener->ctx, piece, fault);
}

enum seal_status inspect_list(struct inspect_result *result, const struct inspect_request *request,
                              const struct receive_observer *observer,
                              const struct inspect_listener *listener, struct fault *fault)
{
    const struct set_check check = {.limits = &request->limits, .threads = 1, .observer = observer};
    struct item_relay e = {.relay = {observer}, .listener = listener};
    const struct intake_observer from_worker = {
        .ctx = &e, .uncaged = relay_uncaged, .item = relay_item, .salvaged = relay_salvaged};
    struct intake_job job = {.task = request->salvages ? INTAKE_SALVAGE : INTAKE_LIST,
                             .output = -1};
    struct sets *sets = &result->sets;

    *result = (struct inspect_result){.output = NULL};
    if (sets_list(sets, request->input.files, request->input.file_count, observer, fault) ==
            SEAL_OK &&
        open_set(sets, request, observer, fault) == SEAL_OK &&
        take_up(&sets->all[0], &check, request->salvages, fault) == SEAL_OK) {
        confine(sets, NULL);
        IGNORE_RESULT(look(result, &job, &check, NULL, &from_worker, fault));
    }
    return fault->status;
}

/* ---- Extracting --------------------------------------------------------------------------- */

/* Finds the path of the folder to make; file is the sealed file. */
static enum seal_status choose_output(char **path, const char *output, const char *file,
                                      struct fault *fault)
{
    const struct output_place place = output_place_from(NULL);
    const struct output_place given = {.given = output};

    *path = output != NULL ? output_place_name(&given)
                           : output_place_default(&place, file, 1, ".extract");
    return *path == NULL ? fault_no_memory(fault) : output_refuse_existing(*path, fault);
}

/* Before any passphrase is asked for: whether the output, as far as its name is known, may be made.
 */
static enum seal_status foresee(const struct inspect_request *request, const struct sets *sets,
                                struct fault *fault)
{
    char *path = NULL;

    if (request->output != NULL || sets->arrival_count == 1)
        IGNORE_RESULT(choose_output(&path, request->output, sets->arrivals[0].path, fault));
    free(path);
    return fault->status;
}

/* The files are good so far; what the listener cannot take is told when the worker has ended. */
static void relay_extracted(void *ctx, const struct bag_item *item, const char *on_disk)
{
    struct item_relay *e = ctx;

    if (e->fault->status == SEAL_OK)
        IGNORE_RESULT(e->listener->item(e->listener->ctx, item, on_disk, e->fault));
}

static enum seal_status extract_into(struct inspect_result *result, struct output_dir *dir,
                                     const struct inspect_request *request,
                                     const struct set_check *check,
                                     const struct inspect_listener *listener, struct fault *fault)
{
    struct fault refused = {.status = SEAL_OK};
    struct item_relay e = {.relay = {check->observer}, .listener = listener, .fault = &refused};
    const struct intake_observer from_worker = {
        .ctx = &e, .uncaged = relay_uncaged, .extracted = relay_extracted};
    struct intake_job job = {.task = INTAKE_EXTRACT,
                             .output = dir->fd,
                             .output_name = result->output,
                             .writable = request->writable,
                             .exact_names = request->exact_names,
                             .paths = request->paths,
                             .path_count = request->path_count};
    char *folder;
    const char *name;

    if (!path_split(result->output, &folder, &name))
        return fault_no_memory(fault);
    IGNORE_RESULT(look(result, &job, check, folder, &from_worker, fault));
    free(folder);
    if (fault->status == SEAL_OK && refused.status != SEAL_OK)
        *fault = refused;
    if (fault->status != SEAL_OK)
        return fault->status;
    check->observer->sync_begins(check->observer->ctx);
    IGNORE_RESULT(output_dir_commit(dir, fault));
    check->observer->sync_ends(check->observer->ctx);
    return fault->status;
}

static enum seal_status extract_set(struct inspect_result *result,
                                    const struct inspect_request *request,
                                    const struct receive_observer *observer,
                                    const struct inspect_listener *listener, struct fault *fault)
{
    const struct set_check check = {.limits = &request->limits, .threads = 1, .observer = observer};
    const struct set *set = &result->sets.all[0];
    struct output_dir dir;

    if (choose_output(&result->output, request->output, set->files[0]->path, fault) != SEAL_OK ||
        take_up(set, &check, false, fault) != SEAL_OK)
        return fault->status;
    confine(&result->sets, result->output);
    clear_leftovers_of(result->output, observer);
    if (output_dir_create(&dir, result->output, fault) != SEAL_OK)
        return fault->status;
    tell_exposed(observer, dir.parent, result->output);
    if (extract_into(result, &dir, request, &check, listener, fault) == SEAL_OK)
        output_dir_keep(&dir);
    else
        output_dir_abort(&dir, observer->leftover);
    return fault->status;
}

enum seal_status inspect_extract(struct inspect_result *result,
                                 const struct inspect_request *request,
                                 const struct receive_observer *observer,
                                 const struct inspect_listener *listener, struct fault *fault)
{
    struct sets *sets = &result->sets;

    *result = (struct inspect_result){.output = NULL};
    if (sets_list(sets, request->input.files, request->input.file_count, observer, fault) ==
            SEAL_OK &&
        foresee(request, sets, fault) == SEAL_OK &&
        open_set(sets, request, observer, fault) == SEAL_OK)
        IGNORE_RESULT(extract_set(result, request, observer, listener, fault));
    return fault->status;
}

void inspect_result_free(struct inspect_result *result)
{
    intake_result_free(&result->found);
    sets_free(&result->sets);
    free(result->output);
    *result = (struct inspect_result){.output = NULL};
}
