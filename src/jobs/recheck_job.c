#include "jobs/recheck_job.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "jobs/receive_relay_private.h"

/* Nothing is written, so only the number of names is limited, by the memory that they take. */
static const struct intake_limits recheck_limits = {
    .bytes = UINT64_MAX, .room = UINT64_MAX, .files = UINT64_C(4) << 20};

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

static enum seal_status check_bag(struct bag_recheck *bag, int fd,
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
                                   .output = fd,
                                   .output_name = request->bag,
                                   .whole_cage = request->limits.require_sandbox,
                                   .limits = recheck_limits};
    struct intake_result found;

    observer->work_begins(observer->ctx, 0);
    IGNORE_RESULT(intake_run(&found, &job, &from_worker, fault));
    observer->work_ends(observer->ctx);
    limits_explain(fault, &request->limits, &recheck_limits, &found);
    *bag = found.recheck;
    intake_result_free(&found);
    return fault->status;
}

/* ---- The custody record beside it --------------------------------------------------------- */

#define RECORD_MAX ((size_t)256 * 1024 * 1024)

static enum seal_status read_whole(int fd, struct buffer *out, const char *name,
                                   struct fault *fault)
{
    size_t got = 0;

    do {
        if (out->len > RECORD_MAX)
            return fault_set(fault, REASON_RECORD_LARGE, name);
        if (buffer_reserve(out, 65536) != SEAL_OK)
            return fault_no_memory(fault);
        if (fd_read_full(fd, out->data + out->len, 65536, &got, fault) != SEAL_OK) {
            fault_add_name(fault, name);
            return fault->status;
        }
        out->len += got;
    } while (got > 0);
    return SEAL_OK;
}

enum custody_state { CUSTODY_NONE, CUSTODY_READ, CUSTODY_UNUSABLE };

/* Whether there cannot be a file of that name, because it is longer than any system takes. */
static bool is_too_long(const char *path)
{
    const char *slash = strrchr(path, '/');

    return errno == ENAMETOOLONG && strlen(slash == NULL ? path : slash + 1) > 255;
}

/* Reads the record at path. What is no regular file is never opened: opening a FIFO would wait for
 * its writer. */
static enum seal_status read_record(const char *path, struct buffer *text, struct fault *fault)
{
    char *real = plat_real_path(path); /* it may be a link */
    struct plat_stat st;
    enum seal_status status;
    int fd = -1;

    if (real == NULL || plat_stat_at(PLAT_CWD, real, false, &st) != 0)
        status = fault_set_errno(fault, REASON_LOOK, path);
    else if (st.type != PLAT_FILE)
        status = fault_set(fault, REASON_RECORD_NO_FILE, path);
    else if ((fd = plat_open_file(PLAT_CWD, real, false)) < 0)
        status = fault_set_errno(fault, REASON_OPEN, path);
    else
        status = read_whole(fd, text, path, fault);
    if (fd >= 0)
        (void)plat_close(fd);
    free(real);
    return status;
}

static enum custody_state use_record(const char *path, struct custody_known *known,
                                     struct fault *fault)
{
    struct buffer text = {0};
    struct plat_stat st;
    enum custody_state state = CUSTODY_UNUSABLE;

    if (plat_stat_at(PLAT_CWD, path, false, &st) != 0 &&
        (errno == ENOENT || errno == ENOTDIR || is_too_long(path)))
        return CUSTODY_NONE;
    if (read_record(path, &text, fault) == SEAL_OK) {
        if (custody_json_read(known, (char *)text.data, text.len))
            state = CUSTODY_READ;
        else
            (void)fault_set(fault, REASON_RECORD_UNREADABLE, path);
    }
    buffer_free(&text);
    return state;
}

/* The record is REAL-PATH-OF-BAG.custody.json: it is found also if the bag was given as "." or by a
 * link. */
static enum custody_state read_custody(const char *bag, struct custody_known *known,
                                       struct fault *fault)
{
    struct buffer path = {0};
    char *real = plat_real_path(bag);
    enum custody_state state = CUSTODY_UNUSABLE;

    if (real == NULL)
        (void)fault_set_errno(fault, REASON_LOCATE, bag);
    else if (buffer_printf(&path, "%s.custody.json", real) != SEAL_OK)
        (void)fault_no_memory(fault);
    else
        state = use_record((const char *)path.data, known, fault);
    buffer_free(&path);
    free(real);
    return state;
}

static enum recheck_custody compare_custody(struct custody_known *known, const char *bag,
                                            const struct bag_recheck *r, struct fault *fault)
{
    switch (read_custody(bag, known, fault)) {
    case CUSTODY_NONE:
        return RECHECK_NO_RECORD;
    case CUSTODY_UNUSABLE:
        return RECHECK_NOT_COMPARED;
    default:
        break;
    }
    if (r->has_unread_digest)
        return RECHECK_NOT_COMPARED;
    return r->has_digest && memcmp(known->digest, r->digest, SHA256_LEN) == 0
               ? RECHECK_RECORD_SAME
               : RECHECK_RECORD_OTHER;
}

/* ---- The whole ---------------------------------------------------------------------------- */

static enum recheck_verdict judge(const struct recheck_result *r)
{
    uint64_t times = r->bag.changes[BAG_RETIMED], unread = r->bag.changes[BAG_UNREADABLE];

    if (r->changes > times + unread || r->custody == RECHECK_RECORD_OTHER)
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

enum seal_status recheck_job_run(struct recheck_result *result,
                                 const struct recheck_request *request,
                                 const struct receive_observer *observer,
                                 const struct recheck_listener *listener, struct fault *fault)
{
    int fd = open_bag(request->bag, fault);

    *result = (struct recheck_result){.changes = 0};
    if (fd < 0)
        return fault->status;
    IGNORE_RESULT(check_bag(&result->bag, fd, request, observer, listener, fault));
    (void)plat_close(fd);
    if (fault->status != SEAL_OK) {
        fault_add_name(fault, request->bag);
        return fault->status;
    }
    for (size_t i = 0; i < BAG_CHANGE_KINDS; i++)
        result->changes += result->bag.changes[i];
    result->custody =
        compare_custody(&result->known, request->bag, &result->bag, &result->custody_fault);
    result->verdict = judge(result);
    return SEAL_OK;
}
