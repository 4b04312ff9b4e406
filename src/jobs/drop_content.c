#include "jobs/drop_content.h"

#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "jobs/drop_publish_private.h"
#include "jobs/receive_relay_private.h"
#include "jobs/salvage_kept_private.h"
#include "jobs/set_result_private.h"

/* ---- The worker --------------------------------------------------------------------------- */

/* The folder that the output is made in, malloc'ed; "-": standard output; NULL: no output, or no
 * memory. */
static char *folder_of(const struct drop_target *target)
{
    char *folder = NULL;
    const char *name;

    if (drop_target_is_stdout(target))
        return strdup("-");
    if (target->path == NULL || !path_split(target->path, &folder, &name))
        return NULL;
    return folder;
}

static struct intake_limits find_limits(const struct drop_request *request, const struct set *set,
                                        const struct drop_target *target)
{
    char *folder = folder_of(target);
    struct intake_limits limits = limits_for(&request->limits, set_sealed_size(set), folder);

    free(folder);
    return limits;
}

static enum intake_task task_for(const struct drop_request *request, const struct set *set)
{
    if (request->task == DROP_SALVAGE)
        return INTAKE_SALVAGE;
    if (request->task == DROP_RAW)
        return INTAKE_RAW;
    return set->files[0]->env->params.type == CONTENT_STREAM ? INTAKE_STREAM : INTAKE_BAG;
}

/* For what a worker tells while it works. */
struct telling {
    struct receive_relay relay; /* first, as the relay's functions get it */
    struct custody_salvage *salvage;
};

static enum seal_status keep_salvaged(void *ctx, const struct custody_piece *piece,
                                      struct fault *fault)
{
    return salvage_keep(((struct telling *)ctx)->salvage, piece, fault);
}

static enum seal_status run_worker(struct drop_content *c, struct intake_job *job,
                                   const struct drop_request *request, struct drop_outputs *outputs,
                                   uint64_t sealed_size, struct fault *fault)
{
    const struct receive_observer *observer = outputs->observer;
    struct intake_result *result = &c->result;
    struct telling telling = {{observer}, &c->salvage};
    const struct intake_observer from_worker = {.ctx = &telling,
                                                .progress = relay_progress,
                                                .uncaged = relay_uncaged,
                                                .salvaged = keep_salvaged};

    if (drop_outputs_make(outputs, fault) != SEAL_OK)
        return fault->status;
    job->output = drop_outputs_fd(outputs);
    observer->work_begins(observer->ctx, sealed_size);
    IGNORE_RESULT(intake_run(result, job, &from_worker, fault));
    observer->work_ends(observer->ctx);
    limits_explain(fault, &request->limits, &job->limits, result);
    if (fault->status == SEAL_OK && request->task == DROP_RAW) /* padding was written behind it */
        return drop_outputs_cut(outputs, result->content_len, fault);
    return fault->status;
}

static enum seal_status read_content(struct drop_content *c, const struct drop_request *request,
                                     const struct set *set, const struct intake_volume *volumes,
                                     struct drop_outputs *outputs, struct fault *fault)
{
    const struct drop_target *target = outputs->target;
    bool is_stdout = drop_target_is_stdout(target);
    struct intake_job job = {.task = task_for(request, set),
                             .volumes = volumes,
                             .volume_count = set->count,
                             .output_name = is_stdout ? NAME_STDOUT : target->path,
                             .check_first = is_stdout,
                             .reads_rest = request_is_recorded(request),
                             .writable = request->writable,
                             .exact_names = request->exact_names,
                             .threads = request->threads,
                             .whole_cage = request->limits.require_sandbox,
                             .limits = find_limits(request, set, target)};

    return run_worker(c, &job, request, outputs, set_sealed_size(set), fault);
}

/* What goes to standard output is read twice: what cannot be is refused before the first time. */
static enum seal_status refuse_pipes(const struct set *set, struct fault *fault)
{
    for (size_t i = 0; i < set->count; i++)
        if (!volume_is_file(set->files[i]->in))
            return fault_set(fault, REASON_INPUT_ONCE, volume_name(set->files[i]->in));
    return SEAL_OK;
}

static enum seal_status receive_set(struct drop_content *c, const struct drop_request *request,
                                    const struct set *set, struct drop_outputs *outputs,
                                    struct fault *fault)
{
    struct intake_volume *volumes;

    if (set_take_up(set, fault) != SEAL_OK)
        return fault->status;
    if (drop_target_is_stdout(outputs->target) && refuse_pipes(set, fault) != SEAL_OK)
        return fault->status;
    volumes = set_volumes(set);
    if (volumes == NULL)
        return fault_no_memory(fault);
    IGNORE_RESULT(read_content(c, request, set, volumes, outputs, fault));
    set_keep_result(set, &c->result);
    free(volumes);
    return fault->status;
}

/* ---- Whether it is still the same file ----------------------------------------- */

/* If a file was replaced meanwhile, its name is now that of another one than the verdict and the
 * digest are of. So that fault goes before any verdict. */
static void blame_change(const struct set *set, struct fault *fault)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct arrival *a = set->files[i];
        struct fault changed = {.status = SEAL_OK};

        if (fault->status == SEAL_INTERRUPTED || a->in == NULL ||
            arrival_check_unchanged(a, &changed) == SEAL_OK)
            continue;
        *fault = changed;
        fault_add_name(fault, a->path);
        return;
    }
}

/* ---- What else is intact ------------------------------------------------------------------ */

/* Of a set that is refused some volumes may be good: only the others have to be sent again. */
static void check_each(struct drop_content *c, const struct set *set, const struct set_check *check,
                       struct fault *fault)
{
    struct fault stopped = {.status = SEAL_OK};

    c->volumes = set_check_each(set, check, &stopped);
    if (stopped.status != SEAL_OK)
        *fault = stopped;
}

static void refuse_gaps(struct drop_content *c, const struct drop_request *request,
                        const struct set *set, const struct set_check *check, struct fault *fault)
{
    *fault = (struct fault){.status = SEAL_OK};
    IGNORE_RESULT(set_refuse_gaps(set, check, fault));
    if (fault->status == SEAL_USAGE && request->task == DROP_VERIFY &&
        set->files[0]->stat.type == PLAT_FILE)
        check_each(c, set, check, fault);
}

enum seal_status drop_content_receive(struct drop_content *c, const struct drop_request *request,
                                      const struct set *set, struct drop_outputs *outputs,
                                      struct fault *fault)
{
    const struct set_check check = {
        .limits = &request->limits, .threads = request->threads, .observer = outputs->observer};

    if (request->task == DROP_SALVAGE) {
        IGNORE_RESULT(receive_set(c, request, set, outputs, fault));
        c->salvage.counts = c->result.salvage;
        blame_change(set, fault);
        return fault->status;
    }
    if (set->has_gaps) {
        refuse_gaps(c, request, set, &check, fault);
        return fault->status;
    }
    IGNORE_RESULT(receive_set(c, request, set, outputs, fault));
    blame_change(set, fault);
    c->was_checked = fault->status == SEAL_OK;
    if (set_ends_early(fault))
        refuse_gaps(c, request, set, &check, fault);
    if (fault->status == SEAL_DAMAGED && set->count > 1)
        check_each(c, set, &check, fault);
    return fault->status;
}

void drop_content_free(struct drop_content *c)
{
    intake_result_free(&c->result);
    salvage_free(&c->salvage);
    free(c->volumes);
    *c = (struct drop_content){.volumes = NULL};
}
