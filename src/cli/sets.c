#include "cli/sets.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum seal_status out_of_memory(struct fault *fault)
{
    return fault_no_memory(fault);
}

/* ---- Which files -------------------------------------------------------------------------- */

/* Takes path, which was malloc'ed. */
static enum seal_status add_file(struct sets *s, char *path, bool lies_in_folder,
                                 struct fault *fault)
{
    struct arrival *all =
        path == NULL ? NULL : realloc(s->arrivals, (s->arrival_count + 1) * sizeof *all);

    if (all == NULL) {
        free(path);
        return out_of_memory(fault);
    }
    s->arrivals = all;
    all[s->arrival_count++] = (struct arrival){
        .path = path, .received = {.name = path}, .lies_in_folder = lies_in_folder};
    return SEAL_OK;
}

/* A folder that was named. */
struct folder {
    struct sets *sets;
    const char *path;
    int fd;
    uint64_t folders; /* in it, into which nobody looks */
    struct fault *fault;
};

/* Names with a dot in front are what systems leave on sticks. */
static int add_from_folder(void *ctx, const char *name)
{
    struct folder *f = ctx;
    size_t len = strlen(f->path);
    struct buffer path = {0};
    struct plat_stat st;

    if (name[0] == '.' || plat_stat_at(f->fd, name, false, &st) != 0)
        return 0;
    f->folders += st.type == PLAT_DIR;
    if (st.type != PLAT_FILE)
        return 0;
    if (buffer_printf(&path, "%s%s%s", f->path, f->path[len - 1] == '/' ? "" : "/", name) !=
        SEAL_OK) {
        buffer_free(&path);
        return (int)out_of_memory(f->fault);
    }
    return (int)add_file(f->sets, (char *)path.data, true, f->fault);
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct arrival *)a)->path, ((const struct arrival *)b)->path);
}

static enum seal_status list_folder(struct sets *s, const char *path, struct fault *fault)
{
    struct folder f = {s, path, plat_open_dir(PLAT_CWD, path, true), 0, fault};
    size_t before = s->arrival_count;

    if (f.fd < 0)
        return fault_set_errno(fault, REASON_OPEN, path);
    if (plat_list_dir(f.fd, add_from_folder, &f) != 0 && fault->status == SEAL_OK)
        (void)fault_set_errno(fault, REASON_LIST, path);
    (void)plat_close(f.fd);
    if (fault->status != SEAL_OK)
        return fault->status;
    if (s->arrival_count == before) {
        warn_old("%s: it is a folder, and no file lies in it.", shown(path));
        return SEAL_OK;
    }
    qsort(s->arrivals + before, s->arrival_count - before, sizeof *s->arrivals, by_path);
    if (f.folders > 0)
        say_old("%s: %s in it, not looked into", shown(path), count_text(f.folders, "folder"));
    return SEAL_OK;
}

enum seal_status sets_list(struct sets *s, const char *const *operands, size_t count,
                           struct fault *fault)
{
    for (size_t i = 0; i < count && fault->status == SEAL_OK; i++)
        (void)!(is_folder(operands[i]) ? list_folder(s, operands[i], fault)
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

/* By number, and those of the same in the order in which they were named. */
static int by_number(const void *a, const void *b)
{
    const struct arrival *x = *(struct arrival *const *)a, *y = *(struct arrival *const *)b;

    if (arrival_number(x) != arrival_number(y))
        return arrival_number(x) < arrival_number(y) ? -1 : 1;
    return x < y ? -1 : 1;
}

/* What is only looked into was not hashed before. */
static bool has_digest(struct arrival *a)
{
    struct fault ignored = {.status = SEAL_OK};

    if (!a->received.before_opening && arrival_take_up(a, &ignored) == SEAL_OK)
        (void)!arrival_take_digest(a, 1, &ignored);
    return a->received.before_opening && ignored.status == SEAL_OK;
}

/* Two copies of one volume. */
static bool are_equal(struct arrival *a, struct arrival *b)
{
    return a->stat.size == b->stat.size && has_digest(a) && has_digest(b) &&
           memcmp(a->received.sha256, b->received.sha256, SHA256_LEN) == 0;
}

/* Of copies one stays. */
static void drop_doubles(struct set *set)
{
    size_t kept = 1;

    for (size_t i = 1; i < set->count; i++) {
        struct arrival *last = set->files[kept - 1];

        if (arrival_number(set->files[i]) != arrival_number(last)) {
            set->files[kept++] = set->files[i];
            continue;
        }
        if (are_equal(set->files[i], last)) {
            say_old("%s: a copy of %s, left aside", shown(set->files[i]->path), shown(last->path));
            continue;
        }
        if (set->fault.status == SEAL_OK) {
            (void)fault_set(&set->fault, REASON_VOLUME_OTHER, set->files[i]->path);
            fault_add_numbers(&set->fault, arrival_number(last), 0);
            fault_add_item(&set->fault, last->path);
        }
    }
    set->count = kept;
}

static void judge(struct set *set)
{
    const struct arrival *last = set->files[set->count - 1];

    set->has_gaps = arrival_number(last) != set->count;
    for (size_t i = 1; i < set->count && set->fault.status == SEAL_OK; i++)
        if (set->files[i]->env->params.type != set->files[0]->env->params.type)
            (void)fault_set(&set->fault, REASON_VOLUMES_DISAGREE, set->files[i]->path);
    if (set->count > INTAKE_VOLUMES_MAX && set->fault.status == SEAL_OK) {
        (void)fault_set(&set->fault, REASON_VOLUMES_OVER, NULL);
        fault_add_numbers(&set->fault, set->count, INTAKE_VOLUMES_MAX);
    }
}

/* No sealed file has such a size; one that was cut short may have, and then looks random. */
static bool is_no_sealed_file(const struct arrival *a)
{
    return a->stat.type == PLAT_FILE && (a->stat.size < BLOCK_LEN || a->stat.size % 2048 != 0);
}

/* In a folder lies more than sealed files. */
static bool is_left_aside(const struct arrival *a)
{
    return a->lies_in_folder && a->fault.status == SEAL_NO_KEY && is_no_sealed_file(a) &&
           !a->looks_random;
}

/* Everything that belongs to that one, which is in no set yet. */
static enum seal_status collect(struct sets *s, size_t first, bool *is_taken, struct fault *fault)
{
    struct set *set = &s->all[s->count];
    struct arrival *a = &s->arrivals[first];
    size_t members = 1;

    for (size_t i = first + 1; i < s->arrival_count; i++)
        members += !is_taken[i] && belong_together(a, &s->arrivals[i]);
    set->files = calloc(members, sizeof(struct arrival *));
    if (set->files == NULL)
        return out_of_memory(fault);
    s->count++;
    set->files[set->count++] = a;
    set->fault = a->fault;
    for (size_t i = first + 1; i < s->arrival_count; i++) {
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
    drop_doubles(set);
    judge(set);
    return SEAL_OK;
}

/* All that was named, when none of it can be a sealed file. */
static enum seal_status refuse_all(const struct sets *s, struct fault *fault)
{
    (void)fault_set(fault, REASON_NO_KEY, s->arrivals[0].path);
    fault->more = s->arrival_count - 1;
    return fault->status;
}

static void say_left_aside(const struct sets *s)
{
    for (size_t i = 0; i < s->arrival_count; i++)
        if (is_left_aside(&s->arrivals[i]))
            warn_old("%s: no key here opens it, and no sealed file has its size: left aside.",
                     shown(s->arrivals[i].path));
}

enum seal_status sets_sort(struct sets *s, struct fault *fault)
{
    bool *is_taken = calloc(s->arrival_count, sizeof *is_taken);

    s->all = calloc(s->arrival_count, sizeof *s->all);
    if (is_taken == NULL || s->all == NULL)
        (void)out_of_memory(fault);
    for (size_t i = 0; i < s->arrival_count && fault->status == SEAL_OK; i++)
        if (!is_taken[i] && !is_left_aside(&s->arrivals[i]))
            (void)!collect(s, i, is_taken, fault);
    free(is_taken);
    if (fault->status != SEAL_OK)
        return fault->status;
    if (s->count == 0)
        return refuse_all(s, fault);
    say_left_aside(s);
    return SEAL_OK;
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
