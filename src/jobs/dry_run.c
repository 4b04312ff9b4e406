#include "jobs/dry_run.h"

#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "jobs/destination_private.h"
#include "jobs/recipients_private.h"
#include "jobs/seal_source_private.h"
#include "jobs/size_limit.h"

#define FAT_FILE_MAX UINT32_MAX

/* ---- The largest files -------------------------------------------------------------------- */

struct largest {
    struct dry_run_result *result;
    bool no_memory;
};

/* Largest first; of two of one size, the one that was listed first. */
static void keep_largest(void *ctx, const char *path, uint64_t size)
{
    struct largest *l = ctx;
    struct largest_file *list = l->result->largest;
    size_t at = l->result->largest_count;
    char *copy;

    while (at > 0 && list[at - 1].size < size)
        at--;
    if (at == LARGEST_MAX)
        return;
    copy = strdup(path);
    if (copy == NULL) {
        l->no_memory = true;
        return;
    }
    if (l->result->largest_count == LARGEST_MAX)
        free(list[--l->result->largest_count].path);
    memmove(&list[at + 1], &list[at], (l->result->largest_count - at) * sizeof *list);
    list[at] = (struct largest_file){copy, size};
    l->result->largest_count++;
}

/* ---- Whether it fits ---------------------------------------------------------------------- */

static enum fit fit_into(const struct sealed_size *size, uint64_t room)
{
    if (size->about == 0 || size->about > room)
        return FITS_NOT;
    return size->most == 0 || size->most > room ? MAY_NOT_FIT : FITS;
}

/* Whether one file, or a volume, may become larger than FAT takes. */
static bool is_beyond_fat(const struct seal_request *request, const struct sealed_size *size)
{
    return request->split > 0 ? request->split > FAT_FILE_MAX
                              : size->most == 0 || size->most > FAT_FILE_MAX;
}

/* What seal does where the target is on FAT; see split_for_fat. */
static enum fat_verdict judge_fat(const struct seal_request *request, bool has_name)
{
    if (request->split > 0)
        return FAT_SPLIT_LARGE;
    if (has_name)
        return FAT_NEEDS_FOLDER;
    return request->padding.rule == PAD_FIXED ? FAT_PAD_LARGE : FAT_WILL_SPLIT;
}

/* False: it surely does not fit. */
static bool look_at_room(struct dry_run_target *t, const struct seal_request *request,
                         const struct sealed_size *size, const struct destination *d)
{
    bool is_beyond = is_beyond_fat(request, size);
    struct plat_space room;

    if (!destination_space(d, &room)) {
        t->state = TARGET_UNKNOWN;
        return true;
    }
    t->state = TARGET_FOLDER;
    t->lacks_medium = destination_lacks_medium(d);
    t->free_bytes = room.free;
    t->fit = fit_into(size, room.free);
    t->is_fat = room.file_max == FAT_FILE_MAX;
    t->has_verdict = t->is_fat || request->split == 0;
    t->verdict = !is_beyond  ? FAT_FITS
                 : t->is_fat ? judge_fat(request, d->path != NULL)
                             : FAT_NEEDS_SPLIT;
    if (t->is_fat && is_beyond && t->verdict != FAT_WILL_SPLIT)
        return false;
    return t->fit != FITS_NOT;
}

/* The same checks as before sealing, and then the room. */
static void look_at_folder(struct dry_run_result *result, const struct seal_request *request,
                           const struct destination *d)
{
    struct dry_run_target *t = &result->target;

    if (destination_is_stdout(d)) {
        t->state = TARGET_STREAM;
    } else if (destination_check(d, request, &t->fault) != SEAL_OK) {
        t->state = TARGET_REFUSED;
        result->fits = false;
    } else if (!look_at_room(t, request, &result->size, d)) {
        result->fits = false;
    }
}

static enum seal_status look_at_target(struct dry_run_result *result,
                                       const struct seal_request *request, struct fault *fault)
{
    struct destination d;

    result->has_target = true;
    if (destination_init(&d, request->output, fault) == SEAL_OK) {
        result->target.folder = destination_target(&d);
        if (result->target.folder == NULL)
            IGNORE_RESULT(fault_no_memory(fault));
        else
            look_at_folder(result, request, &d);
    }
    destination_free(&d);
    return fault->status;
}

/* ---- All of it ---------------------------------------------------------------------------- */

static enum seal_status survey(struct dry_run_result *result, const struct seal_request *request,
                               size_t key_count, struct bag_source *source, struct fault *fault)
{
    struct largest largest = {.result = result};
    struct bag_estimate found;
    enum seal_status status = bag_source_estimate(source, &found, keep_largest, &largest, fault);

    bag_source_totals(source, &result->totals);
    if (status == SEAL_OK && largest.no_memory)
        status = fault_no_memory(fault);
    if (status == SEAL_OK)
        status = seal_source_check(source, request, fault);
    if (status == SEAL_OK)
        status = sealed_size_expect(&result->size, request, key_count, source, &found, fault);
    return status;
}

static enum seal_status judge(struct dry_run_result *result, const struct seal_request *request,
                              struct fault *fault)
{
    const struct sealed_size *size = &result->size;

    result->fits = (request->split == 0 || size->about_volumes <= VOLUMES_MAX) && size->about != 0;
    if (!result->fits)
        return SEAL_OK;
    result->max_size_gib = size_limit_needed(result->totals.bytes, size->about);
    return look_at_target(result, request, fault);
}

enum seal_status dry_run(struct dry_run_result *result, const struct seal_request *request,
                         const struct seal_observer *observer, struct fault *fault)
{
    struct recipients to = {.count = 0};
    struct bag_source *source = NULL;
    enum seal_status status;

    *result = (struct dry_run_result){.fits = false};
    status = recipients_read(&to, request, observer, fault);
    if (status == SEAL_OK)
        status = seal_source_list(&source, request, observer, fault);
    if (status == SEAL_OK)
        status = survey(result, request, to.count, source, fault);
    if (status == SEAL_OK)
        status = judge(result, request, fault);
    bag_source_free(source);
    recipients_free(&to);
    return status;
}

void dry_run_free(struct dry_run_result *result)
{
    for (size_t i = 0; i < result->largest_count; i++)
        free(result->largest[i].path);
    free(result->target.folder);
    *result = (struct dry_run_result){.fits = false};
}
