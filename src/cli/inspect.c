#include "cli/inspect.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform/crew.h"
#include "cli/drop.h"
#include "cli/setcheck.h"

/* ---- What both need ----------------------------------------------------------------------- */

struct look {
    char *name; /* of the sealed file or set, for messages */
    struct intake_volume *volumes;
    struct intake_limits limits;
    struct intake_result result;
};

static enum seal_status look_open(struct look *l, const struct inspection *in, struct fault *fault)
{
    const struct set *set = in->set;

    *l = (struct look){.name = set_name(set)};
    if (l->name == NULL)
        return fault_no_memory(fault);
    *fault = set->fault;
    if (fault->status == SEAL_OK && set->files[0]->env->params.type != CONTENT_BAG)
        (void)fault_set(fault, REASON_STREAM_NO_LIST, NULL);
    if (fault->status == SEAL_OK && set->has_gaps)
        (void)!set_refuse_gaps(set, &in->limits, fault);
    if (fault->status == SEAL_OK && set_take_up(set, fault) == SEAL_OK) {
        l->volumes = set_volumes(set);
        if (l->volumes == NULL)
            (void)fault_no_memory(fault);
    }
    if (fault->status != SEAL_OK)
        drop_name_fault(fault, l->name);
    return fault->status;
}

/* What goes wrong is said of the sealed file. folder: what is written goes there, or NULL. */
static enum seal_status look_run(struct look *l, const struct inspection *in,
                                 struct intake_job *job, const char *folder,
                                 const struct intake_observer *observer, struct fault *fault)
{
    job->volumes = l->volumes;
    job->volume_count = in->set->count;
    job->whole_cage = in->limits.require_sandbox;
    job->limits = l->limits = limits_for(&in->limits, set_sealed_size(in->set), folder);
    if (intake_run(&l->result, job, observer, fault) == SEAL_OK)
        return SEAL_OK;
    if (set_ends_early(fault)) {
        *fault = (struct fault){.status = SEAL_OK};
        (void)!set_refuse_gaps(in->set, &in->limits, fault);
    } else {
        limits_explain(fault, &in->limits, &l->limits, &l->result);
    }
    drop_name_fault(fault, l->name);
    return fault->status;
}

static void look_close(struct look *l)
{
    intake_result_free(&l->result);
    free(l->volumes);
    free(l->name);
}

static void get_totals(const struct look *l, bool *incomplete)
{
    *incomplete = bag_is_incomplete(&l->result.totals);
    if (*incomplete)
        warn_old("the sender recorded that something is missing or was not read whole; the custody "
                 "record, made by unsealing or --verify, tells what.");
}

/* ---- --list ------------------------------------------------------------------------------- */

struct listing {
    const struct inspection *in;
    struct buffer line;
    bool any;
    bool is_cut; /* standard output takes no more */
};

#define JSON_HEAD "{\"schema\": \"seal-list-1\", \"items\": ["

static const char *const type_words[] = {
    [BAG_FILE] = "file", [BAG_FOLDER] = "dir", [BAG_SYMLINK] = "link"};

static enum seal_status make_long(struct buffer *line, const struct bag_item *item)
{
    char time[TIME_TEXT_SIZE], hex[2 * SHA256_LEN + 1] = "-";

    time_format(time, item->mtime, false);
    if (item->digest != NULL)
        hex_encode(hex, item->digest, SHA256_LEN);
    return buffer_printf(line, "%-4s %12" PRIu64 " %s %-64s ", type_words[item->type], item->size,
                         time, hex);
}

static enum seal_status make_line(struct buffer *line, const struct inspection *in,
                                  const struct bag_item *item)
{
    if (in->as_json)
        return custody_item_json(line, item->path, type_words[item->type], item->size, item->mtime,
                                 item->digest, item->target);
    if (in->as_csv)
        return custody_item_csv(line, item->path, type_words[item->type], item->size, item->mtime,
                                item->digest, item->target);
    if (in->as_long && make_long(line, item) != SEAL_OK)
        return SEAL_NO_MEMORY;
    if (text_escape(line, item->path, strlen(item->path)) != SEAL_OK)
        return SEAL_NO_MEMORY;
    if (item->type == BAG_FOLDER)
        return buffer_append_text(line, "/");
    if (item->type == BAG_FILE || !in->as_long)
        return SEAL_OK;
    return buffer_append_text(line, " -> ") == SEAL_OK
               ? text_escape(line, item->target, strlen(item->target))
               : SEAL_NO_MEMORY;
}

static enum seal_status list_item(void *ctx, const struct bag_item *item, struct fault *fault)
{
    struct listing *l = ctx;

    l->line.len = 0;
    if (make_line(&l->line, l->in, item) != SEAL_OK)
        return fault_no_memory(fault);
    if (l->in->as_json)
        print_data("%s\n%s", l->any ? "," : JSON_HEAD, (const char *)l->line.data);
    else if (l->in->as_csv)
        print_data("%s%s", l->any ? "" : CUSTODY_CSV_HEAD, (const char *)l->line.data);
    else
        print_data("%s\n", (const char *)l->line.data);
    l->any = true;
    l->is_cut = !print_works();
    return l->is_cut ? SEAL_IO : SEAL_OK;
}

enum seal_status inspect_list(const struct inspection *in, bool *incomplete, struct fault *fault)
{
    struct listing l = {.in = in};
    const struct intake_observer observer = {
        .ctx = &l, .uncaged = limits_uncaged, .item = list_item};
    struct intake_job job = {.task = INTAKE_LIST, .output = -1};
    struct look look;
    const struct bag_totals *totals = &look.result.totals;
    enum seal_status status = look_open(&look, in, fault);

    if (status == SEAL_OK)
        status = look_run(&look, in, &job, NULL, &observer, fault);
    if (status == SEAL_OK) {
        if (in->as_csv && !l.any)
            print_data("%s", CUSTODY_CSV_HEAD);
        if (in->as_json)
            print_data("%s\n]}\n", l.any ? "" : JSON_HEAD);
        get_totals(&look, incomplete);
        say_old("%s and %s, %s, by the record at the end of the sealed file; the files themselves "
                "were not checked",
                count_text(totals->files, "file"), count_text(totals->folders, "folder"),
                size_text(totals->bytes));
    }
    buffer_free(&l.line);
    look_close(&look);
    return l.is_cut ? SEAL_OK : status;
}

/* ---- --extract ---------------------------------------------------------------------------- */

/* What is told when all of it is good: lines as sha256sum makes them. */
struct extracted {
    const char *path; /* of the folder */
    struct buffer lines;
    uint64_t count;
    bool no_memory;
};

static void note_extracted(void *ctx, const struct bag_item *item, const char *on_disk)
{
    char hex[2 * SHA256_LEN + 1];
    struct extracted *x = ctx;

    hex_encode(hex, item->digest, SHA256_LEN);
    if (strcmp(item->path, on_disk) != 0)
        x->no_memory |= buffer_append_text(&x->lines, "# as sealed: ") != SEAL_OK ||
                        text_escape(&x->lines, item->path, strlen(item->path)) != SEAL_OK ||
                        buffer_append_text(&x->lines, "\n") != SEAL_OK;
    x->no_memory |= buffer_printf(&x->lines, "%s  ", hex) != SEAL_OK ||
                    text_escape(&x->lines, on_disk, strlen(on_disk)) != SEAL_OK ||
                    buffer_append_text(&x->lines, "\n") != SEAL_OK;
    x->count++;
}

static enum seal_status extract_into(struct look *l, const struct inspection *in,
                                     struct output_dir *dir, struct extracted *x,
                                     struct fault *fault)
{
    const struct intake_observer observer = {
        .ctx = x, .uncaged = limits_uncaged, .extracted = note_extracted};
    struct intake_job job = {.task = INTAKE_EXTRACT,
                             .output = dir->fd,
                             .writable = in->writable,
                             .exact_names = in->exact_names,
                             .paths = in->paths,
                             .path_count = in->path_count};
    char *folder;
    const char *name;

    if (!path_split(x->path, &folder, &name))
        return fault_no_memory(fault);
    job.output_name = x->path;
    (void)!look_run(l, in, &job, folder, &observer, fault);
    free(folder);
    if (fault->status != SEAL_OK)
        return fault->status;
    if (x->no_memory)
        return fault_no_memory(fault);
    return output_dir_commit(dir, fault);
}

static enum seal_status extract_to(struct look *l, const struct inspection *in, const char *path,
                                   struct fault *fault)
{
    struct extracted x = {.path = path};
    struct output_dir dir;
    enum seal_status status;

    clear_leftovers(path, NULL);
    status = output_dir_create(&dir, path, fault);

    if (status != SEAL_OK)
        return status;
    status = extract_into(l, in, &dir, &x, fault);
    if (status != SEAL_OK) {
        drop_abort_dir(&dir);
    } else {
        output_dir_keep(&dir);
        print_data("%sextracted to %s\n", x.count > 0 ? (char *)x.lines.data : "", shown(path));
        say_old(
            "%s taken out and checked against the record. Nothing else of the sealed file was "
            "looked at, and what is there is no bag: to have all of it checked, unseal it or use "
            "--verify",
            count_text(x.count, "file"));
    }
    buffer_free(&x.lines);
    return status;
}

enum seal_status inspect_target(char **path, const char *output, const char *file,
                                struct fault *fault)
{
    struct plat_stat st;

    *path = output != NULL ? strdup(output)
                           : drop_default_name(&(struct drop_options){0}, file, ".extract");
    if (*path == NULL)
        return fault_no_memory(fault);
    for (size_t len = strlen(*path); len > 1 && (*path)[len - 1] == '/';)
        (*path)[--len] = '\0';
    if (plat_stat_at(PLAT_CWD, *path, false, &st) == 0)
        return fault_set(fault, REASON_EXISTS, *path);
    return drop_refuse_in_bag(*path, fault);
}

enum seal_status inspect_extract(const struct inspection *in, bool *incomplete, struct fault *fault)
{
    struct look look = {.name = NULL};
    char *path;

    if (inspect_target(&path, in->output, in->set->files[0]->path, fault) == SEAL_OK &&
        look_open(&look, in, fault) == SEAL_OK && extract_to(&look, in, path, fault) == SEAL_OK)
        get_totals(&look, incomplete);
    look_close(&look);
    free(path);
    return fault->status;
}
