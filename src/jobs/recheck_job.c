#include "jobs/recheck_job.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "jobs/receive_relay_private.h"
#include "platform/confine.h"

/* Nothing is written, so only the number of names is limited, by the memory that they take. */
static const struct intake_limits recheck_limits = {.bytes = UINT64_MAX,
                                                    .room = UINT64_MAX,
                                                    .files = UINT64_C(4) << 20,
                                                    .files_least = UINT64_C(4) << 20,
                                                    .names = UINT64_MAX};

/* What the worker reads. */
struct recheck_files {
    int bag, record; /* -1: there is no record */
    struct buffer record_path;
};

static void close_files(struct recheck_files *files)
{
    if (files->bag >= 0)
        (void)plat_close(files->bag);
    if (files->record >= 0)
        (void)plat_close(files->record);
    buffer_free(&files->record_path);
}

/* ---- The bag ------------------------------------------------------------------------------ */

/* Hands differences on to the listener; a receive_relay comes first. */
struct change_relay {
    struct receive_relay relay;
    const struct recheck_listener *listener;
};

static void relay_change(void *ctx, const struct bag_difference *difference)
{
    const struct change_relay *e = ctx;

    e->listener->change(e->listener->ctx, difference);
}

static void relay_note(void *ctx, enum bag_note note, const char *path)
{
    const struct change_relay *e = ctx;

    e->listener->note(e->listener->ctx, note, path);
}

static enum seal_status check_bag(struct intake_result *found, const struct recheck_files *files,
                                  const struct recheck_request *request,
                                  const struct receive_observer *observer,
                                  const struct recheck_listener *listener, struct fault *fault)
{
    struct change_relay e = {.relay = {observer}, .listener = listener};
    const struct intake_observer from_worker = {.ctx = &e,
                                                .progress = relay_progress,
                                                .uncaged = relay_uncaged,
                                                .change = relay_change,
                                                .note = relay_note};
    const struct intake_job job = {.task = INTAKE_RECHECK,
                                   .output = files->bag,
                                   .output_name = request->bag,
                                   .has_record = files->record >= 0,
                                   .record = files->record,
                                   .whole_cage = request->limits.require_sandbox,
                                   .limits = recheck_limits};

    observer->work_begins(observer->ctx, 0);
    IGNORE_RESULT(intake_run(found, &job, &from_worker, fault));
    observer->work_ends(observer->ctx);
    limits_explain(fault, &request->limits, &recheck_limits, found);
    return fault->status;
}

/* ---- The custody record beside it --------------------------------------------------------- */

/* Whether there cannot be a file of that name, because it is longer than any system takes. */
static bool is_too_long(const char *path)
{
    const char *slash = strrchr(path, '/');

    return errno == ENAMETOOLONG && strlen(slash == NULL ? path : slash + 1) > 255;
}

/* Opens the record at path. What is no regular file is never opened: opening a FIFO would wait for
 * its writer. */
static int open_at(const char *path, struct fault *fault)
{
    char *real = plat_real_path(path); /* it may be a link */
    struct plat_stat st;
    int fd = -1;

    if (real == NULL || plat_stat_at(PLAT_CWD, real, false, &st) != 0)
        (void)fault_set_errno(fault, REASON_LOOK, path);
    else if (st.type != PLAT_FILE)
        (void)fault_set(fault, REASON_RECORD_NO_FILE, path);
    else if ((fd = plat_open_file(PLAT_CWD, real, false)) < 0)
        (void)fault_set_errno(fault, REASON_OPEN, path);
    free(real);
    return fd;
}

/* The record is REAL-PATH-OF-BAG.custody.json: it is found also if the bag was given as "." or by a
 * link. */
static enum seal_status find_record(struct buffer *path, const char *bag, struct fault *fault)
{
    char *real = plat_real_path(bag);

    if (real == NULL)
        (void)fault_set_errno(fault, REASON_LOCATE, bag);
    else if (buffer_printf(path, "%s" CUSTODY_JSON_ENDING, real) != SEAL_OK)
        (void)fault_no_memory(fault);
    free(real);
    return fault->status;
}

/* files->record stays -1 if there is none (fault is not set), or it cannot be opened. */
static void open_record(struct recheck_files *files, const char *bag, struct fault *fault)
{
    struct plat_stat st;
    const char *path;

    if (find_record(&files->record_path, bag, fault) != SEAL_OK)
        return;
    path = (const char *)files->record_path.data;
    if (plat_stat_at(PLAT_CWD, path, false, &st) == 0 ||
        (errno != ENOENT && errno != ENOTDIR && !is_too_long(path)))
        files->record = open_at(path, fault);
}

static enum recheck_custody compare_custody(struct recheck_result *result,
                                            const struct intake_record *record,
                                            const struct recheck_files *files)
{
    const struct bag_recheck *r = &result->bag;

    if (files->record >= 0 && !record->is_read)
        IGNORE_RESULT(fault_set(&result->custody_fault, record->reason,
                                (const char *)files->record_path.data));
    if (record->reason == REASON_READ)
        result->custody_fault.sys = record->sys;
    if (result->custody_fault.status != SEAL_OK)
        return RECHECK_NOT_COMPARED;
    if (files->record < 0)
        return RECHECK_NO_RECORD;
    result->known = record->known;
    if (r->has_unread_digest)
        return RECHECK_NOT_COMPARED;
    if (!r->has_digest || memcmp(record->known.digest, r->digest, SHA256_LEN) != 0)
        return RECHECK_RECORD_OTHER;
    return !record->known.has_disk_digest ||
                   memcmp(record->known.disk_digest, r->disk_digest, SHA256_LEN) == 0
               ? RECHECK_RECORD_SAME
               : RECHECK_NAMES_OTHER;
}

void recheck_confine(const char *const *bags, size_t count)
{
    int rules = plat_confine_begin();

    for (size_t i = 0; i < count; i++) {
        struct fault ignored = {.status = SEAL_OK}; /* met again when the bag has its turn */
        struct buffer record = {0};

        plat_confine_allow(rules, bags[i], PLAT_MAY_READ);
        if (find_record(&record, bags[i], &ignored) == SEAL_OK)
            plat_confine_allow(rules, (const char *)record.data, PLAT_MAY_READ);
        buffer_free(&record);
    }
    plat_confine_enter(rules);
}

/* ---- The whole ---------------------------------------------------------------------------- */

static enum recheck_verdict judge(const struct recheck_result *r)
{
    uint64_t times = r->bag.changes[BAG_RETIMED], unread = r->bag.changes[BAG_UNREADABLE];

    if (r->changes > times + unread || r->custody == RECHECK_RECORD_OTHER ||
        r->custody == RECHECK_NAMES_OTHER)
        return RECHECK_CHANGED;
    if (unread > 0)
        return RECHECK_UNREAD;
    if (r->custody == RECHECK_NOT_COMPARED)
        return RECHECK_UNUSABLE;
    return times > 0 ? RECHECK_TIMES : RECHECK_UNCHANGED;
}

static int open_bag(const char *path, struct fault *fault)
{
    int fd = plat_open_dir(PLAT_CWD, path, true);

    if (fd < 0 && errno == ENOTDIR)
        (void)fault_set(fault, REASON_BAG_NO_FOLDER, path);
    else if (fd < 0)
        (void)fault_set_errno(fault, REASON_OPEN, path);
    return fd;
}

static enum seal_status check(struct recheck_result *result, const struct recheck_files *files,
                              const struct recheck_request *request,
                              const struct receive_observer *observer,
                              const struct recheck_listener *listener, struct fault *fault)
{
    struct intake_result found;

    if (check_bag(&found, files, request, observer, listener, fault) != SEAL_OK) {
        fault_add_name(fault, request->bag);
    } else {
        result->bag = found.recheck;
        for (size_t i = 0; i < BAG_CHANGE_KINDS; i++)
            result->changes += result->bag.changes[i];
        result->custody = compare_custody(result, &found.record, files);
        result->verdict = judge(result);
    }
    intake_result_free(&found);
    return fault->status;
}

enum seal_status recheck_job_run(struct recheck_result *result,
                                 const struct recheck_request *request,
                                 const struct receive_observer *observer,
                                 const struct recheck_listener *listener, struct fault *fault)
{
    struct recheck_files files = {.bag = open_bag(request->bag, fault), .record = -1};

    *result = (struct recheck_result){.changes = 0};
    if (files.bag >= 0) {
        open_record(&files, request->bag, &result->custody_fault);
        IGNORE_RESULT(check(result, &files, request, observer, listener, fault));
    }
    close_files(&files);
    return fault->status;
}
