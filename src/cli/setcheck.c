/*
 * A set as a whole, for workers and messages; and what of it is here and intact, when it is no
 * good.
 */
#include "cli/setcheck.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform/crew.h"
#include "stream/stream.h"

/* ---- All of it ---------------------------------------------------------------------------- */

char *set_name(const struct set *set)
{
    const char *first = set->files[0]->path;
    struct buffer b = {0};

    if (set->count == 1)
        return strdup(first);
    if (buffer_printf(&b, "%s and %zu more", first, set->count - 1) == SEAL_OK)
        return (char *)b.data;
    buffer_free(&b);
    return NULL;
}

struct intake_volume *set_volumes(const struct set *set)
{
    struct intake_volume *volumes = calloc(set->count, sizeof *volumes);

    for (size_t i = 0; volumes != NULL && i < set->count; i++) {
        const struct arrival *a = set->files[i];

        volumes[i] = (struct intake_volume){.name = volume_name(a->in), .env = a->env, .in = a->in};
        memcpy(volumes[i].mark_key, a->mark_key, sizeof a->mark_key);
    }
    return volumes;
}

uint64_t set_sealed_size(const struct set *set)
{
    uint64_t size = 0;

    for (size_t i = 0; i < set->count; i++)
        size += volume_size(set->files[i]->in);
    return size;
}

enum seal_status set_take_up(const struct set *set, struct fault *fault)
{
    for (size_t i = 0; i < set->count; i++)
        if (arrival_take_up(set->files[i], fault) != SEAL_OK)
            return fault->status;
    return SEAL_OK;
}

/* ---- Volumes by themselves ---------------------------------------------------------------- */

static enum seal_status look_at_volume(struct arrival *a, const struct asked_limits *limits,
                                       unsigned int threads, enum intake_task task, bool *is_last,
                                       struct fault *fault)
{
    const struct intake_observer observer = {.uncaged = limits_uncaged};
    struct intake_volume volume = {.name = a->path, .env = a->env, .in = a->in};
    struct intake_job job = {.task = task,
                             .volumes = &volume,
                             .volume_count = 1,
                             .output = -1,
                             .threads = threads,
                             .whole_cage = limits->require_sandbox};
    struct intake_result result;

    (void)!intake_run(&result, &job, &observer, fault);
    *is_last = result.is_last;
    if (fault->status != SEAL_OK)
        fault_add_name(fault, a->path);
    intake_result_free(&result);
    return fault->status;
}

static const char *word_for(enum seal_status status)
{
    return status == SEAL_OK        ? "intact"
           : status == SEAL_DAMAGED ? "damaged"
           : status == SEAL_HOSTILE ? "breaks-rules"
           : status == SEAL_BROKE   ? "broke-reader"
                                    : "not-read";
}

const char **set_check_each(const struct set *set, const struct asked_limits *limits,
                            unsigned int threads, struct fault *stopped)
{
    const char **words = calloc(set->count, sizeof *words);
    struct progress progress;

    if (words == NULL)
        return NULL;
    progress_start(&progress, set_sealed_size(set));
    for (size_t i = 0; i < set->count; i++) {
        struct fault fault = {.status = SEAL_OK};
        bool is_last;

        (void)!look_at_volume(set->files[i], limits, threads, INTAKE_VOLUME, &is_last, &fault);
        progress_add(&progress, volume_size(set->files[i]->in));
        words[i] = word_for(fault.status);
        if (fault.status == SEAL_INTERRUPTED) {
            *stopped = fault;
            break;
        }
    }
    progress_end(&progress);
    return words;
}

/* ---- What is missing ---------------------------------------------------------------------- */

/* Whether the last of its volumes is here: of how many there are only that one knows. */
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
    if (g->len < 100) /* of a hundred gaps the first ones will do */
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

    for (size_t i = 0; i < set->count; i++) {
        add_gap(&g, next, arrival_number(set->files[i]) - 1);
        next = arrival_number(set->files[i]) + 1;
    }
    (void)fault_set(fault, g.count == 0 ? REASON_VOLUMES_MORE : reasons[end], NULL);
    fault_add_numbers(fault, g.count, last);
    fault_add_item(fault, g.text);
    return fault->status;
}

/* SET_END_UNKNOWN: a pipe cannot be asked, and what is damaged does not say. */
static enum set_end find_end(const struct set *set, const struct asked_limits *limits,
                             struct fault *fault)
{
    struct arrival *last = set->files[set->count - 1];
    bool is_last;

    if (last->stat.type != PLAT_FILE)
        return SET_END_UNKNOWN;
    if (set_take_up(set, fault) == SEAL_OK &&
        look_at_volume(last, limits, 1, INTAKE_LAST, &is_last, fault) == SEAL_OK)
        return is_last ? SET_HAS_LAST : SET_HAS_MORE;
    if (fault->status == SEAL_DAMAGED || fault->status == SEAL_HOSTILE)
        *fault = (struct fault){.status = SEAL_OK};
    return SET_END_UNKNOWN;
}

bool set_ends_early(const struct fault *fault)
{
    return fault->reason == REASON_VOLUMES_BEHIND_MISSING;
}

enum seal_status set_refuse_gaps(const struct set *set, const struct asked_limits *limits,
                                 struct fault *fault)
{
    enum set_end end = set->has_gaps ? find_end(set, limits, fault) : SET_HAS_MORE;

    if (fault->status != SEAL_OK)
        return fault->status;
    return refuse_missing(set, end, fault);
}
