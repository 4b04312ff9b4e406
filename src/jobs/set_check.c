#include "jobs/set_check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "jobs/receive_relay_private.h"

/* ---- Volumes by themselves ---------------------------------------------------------------- */

/* What a worker says of one volume. */
struct look {
    bool is_last;               /* of its set */
    uint8_t digest[SHA256_LEN]; /* INTAKE_VOLUME: of all that is in it */
};

static enum seal_status look_at_volume(struct look *found, struct arrival *a,
                                       const struct set_check *check, enum intake_task task,
                                       struct fault *fault)
{
    struct receive_relay relay = {check->observer};
    const struct intake_observer from_worker = {.ctx = &relay, .uncaged = relay_uncaged};
    struct intake_volume volume = {.name = a->path, .env = a->env, .in = a->in, .told = a->told};
    struct intake_job job = {.task = task,
                             .volumes = &volume,
                             .volume_count = 1,
                             .output = -1,
                             .threads = check->threads,
                             .whole_cage = check->limits->require_sandbox};
    struct intake_result result;

    IGNORE_RESULT(intake_run(&result, &job, &from_worker, fault));
    found->is_last = result.is_last;
    memcpy(found->digest, result.digest, sizeof found->digest);
    if (fault->status != SEAL_OK)
        fault_add_name(fault, a->path);
    intake_result_free(&result);
    return fault->status;
}

static enum volume_state state_for(enum seal_status status)
{
    return status == SEAL_OK        ? VOLUME_INTACT
           : status == SEAL_DAMAGED ? VOLUME_DAMAGED
           : status == SEAL_HOSTILE ? VOLUME_BREAKS_RULES
           : status == SEAL_BROKE   ? VOLUME_BROKE_READER
                                    : VOLUME_NOT_READ;
}

enum volume_state *set_check_each(const struct set *set, const struct set_check *check,
                                  struct fault *stopped)
{
    const struct receive_observer *observer = check->observer;
    enum volume_state *states = calloc(set->count, sizeof *states);

    if (states == NULL)
        return NULL;
    observer->work_begins(observer->ctx, set_sealed_size(set));
    for (size_t i = 0; i < set->count; i++) {
        struct fault fault = {.status = SEAL_OK};
        struct look found;

        IGNORE_RESULT(look_at_volume(&found, set->files[i], check, INTAKE_VOLUME, &fault));
        observer->work_done(observer->ctx, volume_size(set->files[i]->in));
        states[i] = state_for(fault.status);
        if (fault.status == SEAL_INTERRUPTED) {
            *stopped = fault;
            break;
        }
    }
    observer->work_ends(observer->ctx);
    return states;
}

/* ---- Two of one number -------------------------------------------------------------------- */

static enum seal_status look_at_twin(struct look *found, struct arrival *a,
                                     const struct set_check *check, struct fault *fault)
{
    if (arrival_take_up(a, fault) == SEAL_OK)
        IGNORE_RESULT(look_at_volume(found, a, check, INTAKE_VOLUME, fault));
    arrival_put_aside(a);
    return fault->status;
}

void set_compare_twins(const struct set *set, const struct set_check *check, struct fault *fault)
{
    static const enum seal_reason reasons[2][2] = {
        {REASON_VOLUME_OTHER_CONTENT, REASON_VOLUME_SAME_CONTENT},
        {REASON_VOLUME_STRANGE_CONTENT, REASON_VOLUME_STRANGE_SAME}};
    struct fault unread = {.status = SEAL_OK};
    struct look a, b;

    if (fault->reason != REASON_VOLUME_OTHER)
        return;
    if (look_at_twin(&a, set->twins[0], check, &unread) == SEAL_OK &&
        look_at_twin(&b, set->twins[1], check, &unread) == SEAL_OK)
        fault->reason =
            reasons[set->twins[0]->by_set][memcmp(a.digest, b.digest, sizeof a.digest) == 0];
    else if (unread.status == SEAL_INTERRUPTED)
        *fault = unread;
}

/* ---- What is missing ---------------------------------------------------------------------- */

/* Whether the last volume of the set is here. Only that one knows how many there are. */
enum set_end { SET_HAS_LAST, SET_HAS_MORE, SET_END_UNKNOWN };

/* The numbers of volumes that are missing, as ranges: "2, 4-6". */
struct gaps {
    char text[128];
    size_t len;
    uint64_t count; /* of volumes */
};

static void add_gap(struct gaps *g, uint64_t from, uint64_t to)
{
    int added = 0;

    if (from > to)
        return;
    if (g->len < 100) /* further gaps become "..." */
        added = snprintf(g->text + g->len, sizeof g->text - g->len,
                         from == to ? "%s%" PRIu64 : "%s%" PRIu64 "-%" PRIu64,
                         g->count > 0 ? ", " : "", from, to);
    else if (g->text[g->len - 1] != '.')
        added = snprintf(g->text + g->len, sizeof g->text - g->len, " ...");
    g->len += (size_t)added;
    g->count += to - from + 1;
}

static enum seal_status refuse_missing(const struct set *set, enum set_end end, struct fault *fault)
{
    static const enum seal_reason reasons[] = {[SET_HAS_LAST] = REASON_VOLUMES_GAPS_OF,
                                               [SET_HAS_MORE] = REASON_VOLUMES_GAPS_AND_MORE,
                                               [SET_END_UNKNOWN] = REASON_VOLUMES_GAPS};
    uint64_t next = 1, last = arrival_number(set->files[set->count - 1]);
    struct gaps g = {.len = 0};

    if (last > INTAKE_VOLUMES_MAX) { /* nobody can send so many */
        (void)fault_set(fault, REASON_VOLUMES_OVER, NULL);
        fault_add_numbers(fault, last, INTAKE_VOLUMES_MAX);
        return fault->status;
    }
    for (size_t i = 0; i < set->count; i++) {
        add_gap(&g, next, arrival_number(set->files[i]) - 1);
        next = arrival_number(set->files[i]) + 1;
    }
    (void)fault_set(fault, g.count == 0 ? REASON_VOLUMES_MORE : reasons[end], NULL);
    fault_add_numbers(fault, g.count, last);
    fault_add_item(fault, g.text);
    return fault->status;
}

/* Only one can be the last: another was made to go with the others of this set, or asks for what
 * was never sealed. */
static enum seal_status refuse_two_ends(const struct set *set, const struct set_check *alone,
                                        struct fault *fault)
{
    for (size_t i = 0; i + 1 < set->count; i++) {
        struct fault ignored = {.status = SEAL_OK};
        struct look found;

        if (look_at_volume(&found, set->files[i], alone, INTAKE_LAST, &ignored) == SEAL_OK &&
            found.is_last)
            return fault_set(fault, REASON_VOLUME_TWO_ENDS, set->files[i]->path);
    }
    return SEAL_OK;
}

/* SET_END_UNKNOWN: a pipe cannot be read ahead, and a damaged volume does not say. */
static enum set_end find_end(const struct set *set, const struct set_check *check,
                             struct fault *fault)
{
    const struct set_check alone = {
        .limits = check->limits, .threads = 1, .observer = check->observer};
    struct arrival *last = set->files[set->count - 1];
    struct look found;

    if (last->stat.type != PLAT_FILE)
        return SET_END_UNKNOWN;
    if (set_take_up(set, fault) != SEAL_OK || refuse_two_ends(set, &alone, fault) != SEAL_OK)
        return SET_END_UNKNOWN;
    if (look_at_volume(&found, last, &alone, INTAKE_LAST, fault) == SEAL_OK)
        return found.is_last ? SET_HAS_LAST : SET_HAS_MORE;
    if (fault->status == SEAL_DAMAGED || fault->status == SEAL_HOSTILE)
        *fault = (struct fault){.status = SEAL_OK};
    return SET_END_UNKNOWN;
}

bool set_ends_early(const struct fault *fault)
{
    return fault->reason == REASON_VOLUMES_BEHIND_MISSING;
}

enum seal_status set_refuse_gaps(const struct set *set, const struct set_check *check,
                                 struct fault *fault)
{
    enum set_end end = set->has_gaps ? find_end(set, check, fault) : SET_HAS_MORE;

    if (fault->status != SEAL_OK)
        return fault->status;
    return refuse_missing(set, end, fault);
}
