#include "jobs/sets.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/base.h"
#include "jobs/is_folder.h"
#include "jobs/receive_relay_private.h"

/* ---- Which files -------------------------------------------------------------------------- */

/* Takes path, which was malloc'ed. */
static enum seal_status add_file(struct sets *s, char *path, bool lies_in_folder,
                                 struct fault *fault)
{
    struct arrival *all =
        path == NULL ? NULL : realloc(s->arrivals, (s->arrival_count + 1) * sizeof *all);

    if (all == NULL) {
        free(path);
        return fault_no_memory(fault);
    }
    s->arrivals = all;
    all[s->arrival_count++] = (struct arrival){
        .path = path, .received = {.name = path}, .lies_in_folder = lies_in_folder};
    return SEAL_OK;
}

/* A folder that was given, while it is listed. */
struct folder {
    struct sets *sets;
    const char *path;
    int fd;
    uint64_t folders; /* in it, whose files are not listed */
    const struct receive_observer *observer;
    struct fault *fault;
};

/* Files whose name begins with a dot are skipped: systems leave such files on sticks. */
static int add_from_folder(void *ctx, const char *name)
{
    struct folder *f = ctx;
    size_t len = strlen(f->path);
    struct buffer path = {0};
    struct plat_stat st;

    /* A link to a file stands for it. */
    if (name[0] == '.' ||
        (plat_stat_at(f->fd, name, true, &st) != 0 && plat_stat_at(f->fd, name, false, &st) != 0))
        return 0;
    f->folders += st.type == PLAT_DIR;
    if (st.type == PLAT_DIR)
        return 0;
    if (buffer_printf(&path, "%s%s%s", f->path, f->path[len - 1] == '/' ? "" : "/", name) !=
        SEAL_OK) {
        buffer_free(&path);
        return (int)fault_no_memory(f->fault);
    }
    if (st.type != PLAT_FILE) { /* a pipe, a socket, a link to nothing */
        tell_name(f->observer, RECEIVE_FILE_SKIPPED, (char *)path.data);
        buffer_free(&path);
        return 0;
    }
    return (int)add_file(f->sets, (char *)path.data, true, f->fault);
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct arrival *)a)->path, ((const struct arrival *)b)->path);
}

static enum seal_status list_folder(struct sets *s, const char *path,
                                    const struct receive_observer *observer, struct fault *fault)
{
    struct folder f = {s, path, plat_open_dir(PLAT_CWD, path, true), 0, observer, fault};
    size_t before = s->arrival_count;
    struct plat_stat st;

    if (f.fd < 0)
        return fault_set_errno(fault, REASON_OPEN, path);
    if (plat_stat_at(f.fd, "bagit.txt", false, &st) == 0) {
        (void)plat_close(f.fd);
        return fault_set(fault, REASON_INPUT_BAG, path);
    }
    if (plat_list_dir(f.fd, add_from_folder, &f) != 0 && fault->status == SEAL_OK)
        (void)fault_set_errno(fault, REASON_LIST, path);
    (void)plat_close(f.fd);
    if (fault->status != SEAL_OK)
        return fault->status;
    if (s->arrival_count == before) {
        tell_name(observer, RECEIVE_FOLDER_EMPTY, path);
        return SEAL_OK;
    }
    qsort(s->arrivals + before, s->arrival_count - before, sizeof *s->arrivals, by_path);
    if (f.folders > 0)
        observer->event(observer->ctx, &(struct receive_event){.kind = RECEIVE_SUBFOLDERS_SKIPPED,
                                                               .name = path,
                                                               .number = f.folders});
    return SEAL_OK;
}

enum seal_status sets_list(struct sets *s, const char *const *operands, size_t count,
                           const struct receive_observer *observer, struct fault *fault)
{
    for (size_t i = 0; i < count; i++)
        if (key_file_is_meant(operands[i], ".key"))
            return fault_set(fault, REASON_INPUT_KEY, operands[i]);
    for (size_t i = 0; i < count && fault->status == SEAL_OK; i++)
        IGNORE_RESULT(is_folder(operands[i]) ? list_folder(s, operands[i], observer, fault)
                                             : add_file(s, strdup(operands[i]), false, fault));
    if (fault->status == SEAL_OK && s->arrival_count == 0)
        (void)fault_set(fault, REASON_NOTHING_TO_OPEN, NULL);
    return fault->status;
}

/* ---- Which of them belong together -------------------------------------------------------- */

static bool is_volume(const struct arrival *a)
{
    return a->was_opened && (a->env->params.flags & FLAG_VOLUME) != 0;
}

static bool belong_together(const struct arrival *a, const struct arrival *b)
{
    return is_volume(a) && is_volume(b) &&
           memcmp(a->env->params.bundle_id, b->env->params.bundle_id, BUNDLE_ID_LEN) == 0;
}

/* By number; those of the same number in the order in which they were given. */
static int by_number(const void *a, const void *b)
{
    const struct arrival *x = *(struct arrival *const *)a, *y = *(struct arrival *const *)b;

    if (arrival_number(x) != arrival_number(y))
        return arrival_number(x) < arrival_number(y) ? -1 : 1;
    return x < y ? -1 : 1;
}

static bool has_digest(struct arrival *a, const struct receive_observer *observer,
                       struct fault *fault)
{
    if (arrival_take_digest(a, observer, fault) != SEAL_OK)
        fault_add_name(fault, a->path);
    return fault->status == SEAL_OK;
}

/* False with a fault: one of them could not be read. */
static bool are_copies(struct arrival *a, struct arrival *b,
                       const struct receive_observer *observer, struct fault *fault)
{
    return a->stat.size == b->stat.size && has_digest(a, observer, fault) &&
           has_digest(b, observer, fault) &&
           memcmp(a->received.sha256, b->received.sha256, SHA256_LEN) == 0;
}

/* Two files of one number that differ. */
static void refuse_other(struct set *set, struct arrival *a, struct arrival *b)
{
    bool are_in_order = a->by_set || !b->by_set;

    if (set->fault.status != SEAL_OK)
        return;
    set->twins[0] = are_in_order ? a : b;
    set->twins[1] = are_in_order ? b : a;
    (void)fault_set(&set->fault, REASON_VOLUME_OTHER, set->twins[0]->path);
    fault_add_numbers(&set->fault, arrival_number(b), 0);
    fault_add_item(&set->fault, set->twins[1]->path);
}

/* Of a file that has the number of the last one. */
static void skip_copy(struct set *set, struct arrival *a, struct arrival *last,
                      const struct receive_observer *observer)
{
    struct fault unread = {.status = SEAL_OK};

    if (are_copies(a, last, observer, &unread))
        observer->event(observer->ctx, &(struct receive_event){.kind = RECEIVE_COPY_SKIPPED,
                                                               .name = a->path,
                                                               .other = last->path});
    else if (unread.status == SEAL_OK)
        refuse_other(set, a, last);
    else if (set->fault.status == SEAL_OK || unread.status == SEAL_INTERRUPTED)
        set->fault = unread;
}

/* Keeps one file for each number: copies are skipped; of two files that differ nobody knows which
 * is the right one. */
static void skip_copies(struct set *set, const struct receive_observer *observer)
{
    size_t kept = 1;

    for (size_t i = 1; i < set->count; i++) {
        struct arrival *last = set->files[kept - 1];

        if (arrival_number(set->files[i]) != arrival_number(last))
            set->files[kept++] = set->files[i];
        else
            skip_copy(set, set->files[i], last, observer);
    }
    set->count = kept;
}

/* The first volume whose header gave the set key; else the first of all: a volume that was opened
 * by its second head has none. */
static const struct arrival *with_set_key(const struct set *set)
{
    for (size_t i = 0; i < set->count; i++)
        if (arrival_has_set_key(set->files[i]))
            return set->files[i];
    return set->files[0];
}

/* Whether two volumes may be of one set by what their headers say (section 3.8). */
static bool do_agree(const struct arrival *a, const struct arrival *b)
{
    const struct envelope_params *x = &a->env->params, *y = &b->env->params;
    bool is_same = true;

    if (arrival_has_set_key(a) && arrival_has_set_key(b))
        is_same = sodium_memcmp(a->env->set_key, b->env->set_key, KEY_LEN) == 0;
    declassify(&is_same, sizeof is_same); /* the verdict */
    return is_same && x->type == y->type && x->flags == y->flags &&
           x->slot_count == y->slot_count && x->parity == y->parity;
}

/* Before two of one number are compared: one that does not agree is no twin of the other. */
static void refuse_strangers(struct set *set)
{
    const struct arrival *one = with_set_key(set);

    for (size_t i = 0; i < set->count && set->fault.status == SEAL_OK; i++)
        if (!do_agree(set->files[i], one))
            (void)fault_set(&set->fault, REASON_VOLUMES_DISAGREE, set->files[i]->path);
}

/* What else can be said of a set by its headers alone. */
static void judge(struct set *set)
{
    const uint64_t last = arrival_number(set->files[set->count - 1]);

    set->has_gaps = last != set->count;
    /* No set has a volume behind these, and where its content would stand is beyond all numbers. */
    if ((set->count > INTAKE_VOLUMES_MAX || last > SET_VOLUMES_MAX) &&
        set->fault.status == SEAL_OK) {
        (void)fault_set(&set->fault, REASON_VOLUMES_OVER, NULL);
        fault_add_numbers(&set->fault, last > SET_VOLUMES_MAX ? last : set->count,
                          INTAKE_VOLUMES_MAX);
    }
}

/* A folder may hold other files beside sealed ones. What may be a part of a sealed file is not
 * skipped. */
static bool is_skipped(const struct arrival *a)
{
    return a->lies_in_folder && a->fault.status == SEAL_NO_KEY && !a->may_be_sealed;
}

/* Makes the set of that file, which is in no other set. */
static enum seal_status collect(struct sets *s, size_t first, bool *is_taken,
                                const struct receive_observer *observer, struct fault *fault)
{
    struct set *set = &s->all[s->count];
    struct arrival *a = &s->arrivals[first];
    /* Most files are no volumes, and there may be many: those are not compared with all others. */
    size_t members = 1, end = is_volume(a) ? s->arrival_count : first;

    for (size_t i = first + 1; i < end; i++)
        members += !is_taken[i] && belong_together(a, &s->arrivals[i]);
    set->files = calloc(members, sizeof(struct arrival *));
    if (set->files == NULL)
        return fault_no_memory(fault);
    s->count++;
    set->files[set->count++] = a;
    set->fault = a->fault;
    for (size_t i = first + 1; i < end; i++) {
        if (is_taken[i] || !belong_together(a, &s->arrivals[i]))
            continue;
        is_taken[i] = true;
        set->files[set->count++] = &s->arrivals[i];
        if (set->fault.status == SEAL_OK)
            set->fault = s->arrivals[i].fault;
    }
    if (!is_volume(a))
        return SEAL_OK;
    qsort(set->files, set->count, sizeof(struct arrival *), by_number);
    refuse_strangers(set);
    skip_copies(set, observer);
    judge(set);
    if (set->fault.status == SEAL_INTERRUPTED)
        *fault = set->fault;
    return fault->status;
}

static enum receive_event_kind kind_of_skipped(const struct arrival *a)
{
    if (a->fault.reason == REASON_EMPTY)
        return RECEIVE_EMPTY_SKIPPED;
    return a->stat.size < ARRIVAL_JUDGED_LEAST ? RECEIVE_SHORT_SKIPPED : RECEIVE_FILE_SKIPPED;
}

static void tell_skipped(const struct sets *s, const struct receive_observer *observer)
{
    for (size_t i = 0; i < s->arrival_count; i++)
        if (is_skipped(&s->arrivals[i]))
            tell_name(observer, kind_of_skipped(&s->arrivals[i]), s->arrivals[i].path);
}

enum seal_status sets_sort(struct sets *s, const struct receive_observer *observer,
                           struct fault *fault)
{
    bool *is_taken = calloc(s->arrival_count, sizeof *is_taken);

    s->all = calloc(s->arrival_count, sizeof *s->all);
    if (is_taken == NULL || s->all == NULL)
        (void)fault_no_memory(fault);
    for (size_t i = 0; i < s->arrival_count && fault->status == SEAL_OK; i++)
        if (!is_taken[i] && !is_skipped(&s->arrivals[i]))
            IGNORE_RESULT(collect(s, i, is_taken, observer, fault));
    free(is_taken);
    if (fault->status != SEAL_OK)
        return fault->status;
    tell_skipped(s, observer);
    return s->count > 0 ? SEAL_OK : fault_set(fault, REASON_NOTHING_TO_OPEN, NULL);
}

void sets_free(struct sets *s)
{
    for (size_t i = 0; s->all != NULL && i < s->count; i++)
        free(s->all[i].files);
    for (size_t i = 0; i < s->arrival_count; i++)
        arrival_close(&s->arrivals[i]);
    free(s->all);
    free(s->arrivals);
    *s = (struct sets){.count = 0};
}

/* ---- One set ------------------------------------------------------------------------------ */

struct intake_volume *set_volumes(const struct set *set)
{
    struct intake_volume *volumes = calloc(set->count, sizeof *volumes);

    for (size_t i = 0; volumes != NULL && i < set->count; i++) {
        const struct arrival *a = set->files[i];

        volumes[i] = (struct intake_volume){.name = volume_name(a->in),
                                            .env = a->env,
                                            .in = a->in,
                                            .told = a->told,
                                            .last = a->last};
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

void set_name_fault(const struct set *set, struct fault *fault)
{
    bool is_set = set->count == 1 && strcmp(fault->name, set->files[0]->path) == 0;

    if (fault->status == SEAL_HOSTILE && fault->name[0] != '\0' && !is_set) {
        fault_add_item(fault, fault->name);
        fault->name[0] = '\0';
    }
    if (fault->name[0] != '\0')
        return;
    fault_add_name(fault, set->files[0]->path);
    fault->more = set->count - 1;
}
