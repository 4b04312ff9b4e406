#include "jobs/mend_job.h"

#include <stdlib.h>
#include <string.h>

#include "jobs/file_digest.h"
#include "jobs/job_confine_private.h"
#include "jobs/output_place_private.h"
#include "jobs/receive_relay_private.h"
#include "jobs/set_result_private.h"

/* ---- The one file ------------------------------------------------------------------------- */

/* Volumes are sealed files, and are mended one by one. */
static enum seal_status open_file(struct sets *sets, const struct mend_request *request,
                                  const struct receive_observer *observer, struct fault *fault)
{
    const struct set *set;

    if (open_headers(sets, &request->input, request->threads, observer, fault) != SEAL_OK)
        return fault->status;
    set = &sets->all[0];
    if (sets->count > 1 || set->count > 1)
        return fault_set(fault, REASON_MENDS_ONE, NULL);
    *fault = set->files[0]->fault;
    if (fault->status == SEAL_OK && set->files[0]->env->params.parity == 0)
        (void)fault_set(fault, REASON_NO_REPAIR_DATA, NULL);
    if (fault->status == SEAL_OK && set_take_up(set, fault) == SEAL_OK)
        IGNORE_RESULT(volume_need_file(set->files[0]->in, fault));
    if (fault->status != SEAL_OK)
        set_name_fault(set, fault);
    return fault->status;
}

/* ---- The copy ----------------------------------------------------------------------------- */

static struct intake_limits find_limits(const struct mend_request *request, const struct set *set,
                                        struct fault *fault)
{
    struct intake_limits limits = {.room = 0};
    char *folder;
    const char *name;

    if (path_split(request->output, &folder, &name)) {
        limits = limits_for(&request->limits, set_sealed_size(set), folder);
        free(folder);
    } else {
        (void)fault_no_memory(fault);
    }
    return limits;
}

static enum seal_status run_worker(struct mend_result *result, const struct mend_request *request,
                                   const struct receive_observer *observer, int fd,
                                   struct fault *fault)
{
    struct set *set = &result->sets.all[0];
    struct receive_relay relay = {observer};
    const struct intake_observer from_worker = {
        .ctx = &relay, .progress = relay_progress, .uncaged = relay_uncaged};
    struct intake_volume *volumes = set_volumes(set);
    const struct intake_job job = {.task = INTAKE_MEND,
                                   .volumes = volumes,
                                   .volume_count = set->count,
                                   .output = fd,
                                   .output_name = request->output,
                                   .threads = request->threads,
                                   .whole_cage = request->limits.require_sandbox,
                                   .limits = find_limits(request, set, fault)};

    if (volumes == NULL)
        (void)fault_no_memory(fault);
    else
        volumes->last = result->last;
    observer->work_begins(observer->ctx, set_sealed_size(set));
    if (fault->status == SEAL_OK)
        IGNORE_RESULT(intake_run(&result->found, &job, &from_worker, fault));
    observer->work_ends(observer->ctx);
    limits_explain(fault, &request->limits, &job.limits, &result->found);
    set_keep_result(set, &result->found);
    if (fault->status == SEAL_OK)
        IGNORE_RESULT(arrival_check_unchanged(set->files[0], fault));
    if (fault->status != SEAL_OK)
        set_name_fault(set, fault);
    free(volumes);
    return fault->status;
}

/* The worker read the headers once more: whether they are those that were found right. */
static enum seal_status compare_heads(const struct mend_result *result, int fd, uint64_t size,
                                      struct fault *fault)
{
    const struct arrival *a = result->sets.all[0].files[0];
    uint8_t block[BLOCK_LEN];
    size_t len;
    const uint8_t *head = volume_head(a->in, &len);
    bool is_same = true;

    if (!a->by_second)
        is_same = plat_read_at(fd, block, a->env->head_len, 0) == (int64_t)a->env->head_len &&
                  len >= a->env->head_len && memcmp(block, head, a->env->head_len) == 0;
    if (a->received.heads == CUSTODY_HEADS_RIGHT)
        is_same = is_same &&
                  plat_read_at(fd, block, BLOCK_LEN, size - BLOCK_LEN) == (int64_t)BLOCK_LEN &&
                  memcmp(block, result->last, BLOCK_LEN) == 0;
    return is_same ? SEAL_OK : fault_set(fault, REASON_CHANGED, a->path);
}

/* Reads the copy again. */
static enum seal_status look_at_copy(struct mend_result *result, const struct output *file,
                                     struct fault *fault)
{
    struct plat_stat st;
    int fd = output_reopen(file);

    if (fd < 0 || plat_stat_fd(fd, &st) != 0 || !file_digest(fd, result->sha256))
        (void)fault_set_errno(fault, REASON_READ_BACK_FAILED, file->path);
    else if (compare_heads(result, fd, st.size, fault) == SEAL_OK)
        result->size = st.size;
    if (fd >= 0)
        (void)plat_close(fd);
    return fault->status;
}

static enum seal_status publish(struct mend_result *result, struct output *file,
                                const struct receive_observer *observer, struct fault *fault)
{
    observer->sync_begins(observer->ctx);
    if (output_finish(file, fault) == SEAL_OK && look_at_copy(result, file, fault) == SEAL_OK)
        IGNORE_RESULT(output_commit(file, fault));
    observer->sync_ends(observer->ctx);
    return fault->status;
}

static enum seal_status write_copy(struct mend_result *result, const struct mend_request *request,
                                   const struct receive_observer *observer, struct fault *fault)
{
    struct output file = {.fd = -1};
    int rules = plat_confine_begin();

    confine_allow_arrivals(rules, &result->sets);
    confine_allow_output(rules, request->output);
    plat_confine_enter(rules);
    clear_leftovers_of(request->output, observer);
    if (output_create(&file, request->output, PLAT_PRIVATE, fault) == SEAL_OK) {
        tell_exposed(observer, file.dirfd, request->output);
        if (run_worker(result, request, observer, file.fd, fault) == SEAL_OK)
            IGNORE_RESULT(publish(result, &file, observer, fault));
    }
    output_abort(&file, LEFTOVER_OWN, observer->leftover);
    return fault->status;
}

/* ---- From start to end -------------------------------------------------------------------- */

enum seal_status mend_job_run(struct mend_result *result, const struct mend_request *request,
                              const struct receive_observer *observer, struct fault *fault)
{
    const struct receive_input *input = &request->input;

    *result = (struct mend_result){.size = 0};
    if (output_refuse_existing(request->output, fault) != SEAL_OK)
        return fault->status;
    if (sets_list(&result->sets, input->files, input->file_count, observer, fault) == SEAL_OK &&
        open_file(&result->sets, request, observer, fault) == SEAL_OK)
        IGNORE_RESULT(write_copy(result, request, observer, fault));
    return fault->status;
}

void mend_result_free(struct mend_result *result)
{
    intake_result_free(&result->found);
    sets_free(&result->sets);
    *result = (struct mend_result){.size = 0};
}
