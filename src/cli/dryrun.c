#include "cli/dryrun.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/archive.h"
#include "cli/limits.h"
#include "cli/outputs.h"

#define LARGEST 5
#define FAT_FILE_MAX UINT32_MAX

/* ---- The largest files -------------------------------------------------------------------- */

struct largest {
    struct {
        char *path;
        uint64_t size;
    } file[LARGEST];
    bool no_memory;
};

static void keep_largest(void *ctx, const char *path, uint64_t size)
{
    struct largest *l = ctx;
    size_t at = LARGEST;
    char *copy;

    while (at > 0 && (l->file[at - 1].path == NULL || l->file[at - 1].size < size))
        at--;
    if (at == LARGEST)
        return;
    copy = strdup(path);
    if (copy == NULL) {
        l->no_memory = true;
        return;
    }
    free(l->file[LARGEST - 1].path);
    memmove(&l->file[at + 1], &l->file[at], (LARGEST - 1 - at) * sizeof l->file[0]);
    l->file[at].path = copy;
    l->file[at].size = size;
}

static void show_largest(const struct largest *l)
{
    if (l->file[0].path == NULL)
        return;
    print_data("largest:\n");
    for (size_t i = 0; i < LARGEST && l->file[i].path != NULL; i++)
        print_data("  %-11s %s\n", size_text(l->file[i].size),
                   shown(path_as_known(l->file[i].path)));
}

static void largest_free(struct largest *l)
{
    for (size_t i = 0; i < LARGEST; i++)
        free(l->file[i].path);
}

/* ---- The expected size -------------------------------------------------------------------- */

struct expected {
    uint64_t about, most; /* of the sealed file; 0: it does not fit the fixed size */
    uint64_t about_volumes, most_volumes;
};

static size_t sample_source(void *ctx, uint64_t off, void *buf, size_t len)
{
    return bag_source_sample(ctx, off, buf, len);
}

static uint64_t volumes_for(uint64_t content, size_t head_len, uint64_t split)
{
    uint64_t each = stream_content_max(head_len, split);

    return content == 0 ? 1 : (content + each - 1) / each;
}

static enum seal_status expect_size(const struct dry_run *d, const struct bag_estimate *estimate,
                                    uint64_t bytes, struct expected *e, struct fault *fault)
{
    size_t head = HEAD_LEN(d->key_count > SLOTS_FEW ? SLOTS_MANY : SLOTS_FEW);
    struct content_plan plan = {.bytes = bytes,
                                .around = estimate->overhead,
                                .entries = estimate->entries,
                                .level = d->level,
                                .sample = sample_source,
                                .ctx = d->source};
    uint64_t about, most;

    if (content_estimate_len(&plan, &about, &most, fault) != SEAL_OK)
        return fault->status;
    e->about = stream_total_len(head, about, d->padding);
    e->most = stream_total_len(head, most, d->padding);
    if (d->split > 0) {
        e->about_volumes = volumes_for(about, head, d->split);
        e->most_volumes = volumes_for(most, head, d->split);
    }
    return SEAL_OK;
}

/* ---- Whether it fits ---------------------------------------------------------------------- */

enum fit { FITS, MAY_NOT_FIT, FITS_NOT };

static enum fit fit_into(const struct expected *e, uint64_t room)
{
    return e->about == 0 || e->about > room ? FITS_NOT
           : e->most == 0 || e->most > room ? MAY_NOT_FIT
                                            : FITS;
}

static const char *fit_words(enum fit fit)
{
    static const char *const words[] = {[FITS] = "it fits",
                                        [MAY_NOT_FIT] = "it may not fit",
                                        [FITS_NOT] = "it will probably not fit"};

    return words[fit];
}

/* The folder that the sealed file would come into (malloc'ed), and whether that is the output
 * itself. */
static char *target_folder(const char *output, bool *is_output)
{
    struct plat_stat st;
    const char *name;
    char *folder;

    *is_output = output != NULL && plat_stat_at(PLAT_CWD, output, true, &st) == 0;
    if (output == NULL)
        return strdup(".");
    if (*is_output && st.type == PLAT_DIR)
        return strdup(output);
    return path_split(output, &folder, &name) ? folder : NULL;
}

/* One file that ends at file_max, or what it is cut into where it may not: as seal does it. */
static bool needs_volumes(const struct dry_run *d, const struct expected *e)
{
    return d->split > 0 ? d->split > FAT_FILE_MAX : e->most == 0 || e->most > FAT_FILE_MAX;
}

static bool can_be_cut(const struct dry_run *d, bool has_name)
{
    return d->split == 0 && d->padding.rule != PAD_FIXED && !has_name;
}

static enum fit show_room(const struct dry_run *d, const struct expected *e, const char *folder,
                          bool has_name)
{
    struct plat_space room;
    enum fit fit;

    if (plat_space(folder, &room) != 0) {
        warn_old("%s: how much room there is could not be found out.", shown(folder));
        return FITS;
    }
    fit = fit_into(e, room.free);
    print_data("free in %s: %s; %s\n", shown(folder), size_text(room.free), fit_words(fit));
    if (room.file_max != FAT_FILE_MAX) {
        if (d->split == 0)
            print_data("on a stick with FAT32, whose files end at 4 GiB - 1 byte: %s\n",
                       needs_volumes(d, e) ? "only with --split fat32" : "it fits");
        return fit;
    }
    print_data("it is a FAT file system, whose files end at 4 GiB - 1 byte: %s\n",
               !needs_volumes(d, e)      ? "it fits"
               : can_be_cut(d, has_name) ? "it will be cut into volumes"
               : d->split > 0            ? "--split asks for more"
               : has_name                ? "only with --split fat32, and a folder for -o"
                                         : "--pad asks for more");
    return needs_volumes(d, e) && !can_be_cut(d, has_name) ? FITS_NOT : fit;
}

static enum seal_status show_target(const struct dry_run *d, const struct expected *e, bool *fits,
                                    struct fault *fault)
{
    struct plat_stat st;
    bool is_there;
    char *folder;

    if (d->output != NULL && strcmp(d->output, "-") == 0)
        return SEAL_OK;
    folder = target_folder(d->output, &is_there);
    if (folder == NULL)
        return fault_no_memory(fault);
    if (is_there && strcmp(folder, d->output) != 0) {
        warn_old("%s is there already, and would not be overwritten.", shown(d->output));
        *fits = false;
    } else if (plat_stat_at(PLAT_CWD, folder, true, &st) != 0 || st.type != PLAT_DIR) {
        warn_old("%s: there is no such folder to write into.", shown(folder));
        *fits = false;
    }
    if (*fits &&
        show_room(d, e, folder, d->output != NULL && strcmp(folder, d->output) != 0) == FITS_NOT)
        *fits = false;
    free(folder);
    return SEAL_OK;
}

static void show_size(const struct expected *e)
{
    if (e->about == 0)
        print_data("sealed file: the content will probably not fit the size asked for with "
                   "--pad\n");
    else if (e->most == 0)
        print_data("sealed file: %s; the content may not fit the size asked for with --pad\n",
                   size_text(e->about));
    else if (e->about == e->most)
        print_data("sealed file: %s\n", size_text(e->most));
    else
        print_data("sealed file: about %s; at most %s\n", size_text(e->about), size_text(e->most));
}

/* False: more than can be opened. */
static bool show_volumes(uint64_t split, const struct expected *e)
{
    print_data("in %s of %s at most\n", count_text(e->most_volumes, "volume"), size_text(split));
    if (e->most_volumes > VOLUMES_MAX)
        print_data("unseal opens no more than %d volumes: give --split a larger size\n",
                   VOLUMES_MAX);
    return e->about_volumes <= VOLUMES_MAX;
}

enum seal_status dry_run_most(const struct dry_run *d, uint64_t *most, struct fault *fault)
{
    struct bag_totals totals;
    struct bag_estimate estimate;
    struct expected e = {0};

    bag_source_totals(d->source, &totals);
    if (bag_source_estimate(d->source, &estimate, NULL, NULL, fault) == SEAL_OK)
        (void)!expect_size(d, &estimate, totals.bytes, &e, fault);
    *most = e.most;
    return fault->status;
}

/* ---- All of it ---------------------------------------------------------------------------- */

enum seal_status dry_run(const struct dry_run *d, struct bag_totals *totals, bool *fits,
                         struct fault *fault)
{
    struct largest largest = {.no_memory = false};
    struct bag_estimate estimate;
    struct expected e = {0};
    enum seal_status status =
        bag_source_estimate(d->source, &estimate, keep_largest, &largest, fault);

    *fits = true;
    bag_source_totals(d->source, totals);
    if (status == SEAL_OK && largest.no_memory)
        status = fault_no_memory(fault);
    if (status == SEAL_OK)
        status = expect_size(d, &estimate, totals->bytes, &e, fault);
    if (status == SEAL_OK) {
        print_data("would seal %s and %s, %s\n", count_text(totals->files, "file"),
                   count_text(totals->folders, "folder"), size_text(totals->bytes));
        show_largest(&largest);
        show_size(&e);
        *fits = (d->split == 0 || show_volumes(d->split, &e)) && e.about != 0;
        if (*fits)
            limits_foresee(totals->bytes, e.about);
        status = *fits ? show_target(d, &e, fits, fault) : SEAL_OK;
    }
    if (status == SEAL_OK)
        print_data("What is inside photos and documents (GPS position, author, camera) is not "
                   "looked at and not removed; the organization will see it.\n"
                   "Nothing was written.\n");
    largest_free(&largest);
    return status;
}
