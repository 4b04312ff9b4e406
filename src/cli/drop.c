/*
 * One drop on its way in: received, and recorded.
 *
 * The record is written before the bag gets its name, and gets its own right after it: there is no
 * bag without a record, unless the power fails in between, and no record without a bag.
 */
#include "cli/drop.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "platform/crew.h"
#include "platform/terminal.h"
#include "cli/setcheck.h"

static enum seal_status out_of_memory(struct fault *fault)
{
    return fault_no_memory(fault);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

static const struct arrival *first_of(const struct drop *d)
{
    return d->set->files[0];
}

/* Whose receipt is the receipt. */
static const struct arrival *last_of(const struct drop *d)
{
    return d->set->files[d->set->count - 1];
}

/* ---- Where to ----------------------------------------------------------------------------- */

/* name in the folder that -o names, or in this one; malloc'ed. */
static char *at_home(const struct drop_options *o, const char *name, size_t len, const char *ending)
{
    struct buffer b = {0};
    bool home = o->output != NULL && o->output_is_home;
    size_t home_len = home ? strlen(o->output) : 0;

    while (home_len > 1 && o->output[home_len - 1] == '/')
        home_len--;
    if (buffer_printf(&b, "%.*s%s%.*s%s", (int)home_len, home ? o->output : "",
                      home && o->output[home_len - 1] != '/' ? "/" : "", (int)len, name,
                      ending) != SEAL_OK) {
        buffer_free(&b);
        return NULL;
    }
    return (char *)b.data;
}

char *drop_default_name(const struct drop_options *o, const char *file, const char *ending)
{
    const char *base = base_name(file);
    const char *dot = strrchr(base, '.');
    bool has_ending = dot != NULL && dot != base && dot[1] != '\0';

    if (!has_ending && *ending == '\0') /* never the name itself */
        ending = ".bag";
    return at_home(o, base, has_ending ? (size_t)(dot - base) : strlen(base), ending);
}

/* The name given with -o, without final slashes; malloc'ed. */
static char *given_target(const struct drop_options *o)
{
    size_t len = strlen(o->output);

    while (len > 1 && o->output[len - 1] == '/')
        len--;
    return text_copy(o->output, len);
}

static bool target_is_given(const struct drop_options *o)
{
    return o->output != NULL && !o->output_is_home;
}

/* What can be known of it before the head is open: NULL if nothing can be, or will be made. */
static char *likely_target(const struct drop_options *o, const char *name)
{
    if (o->verify)
        return NULL;
    if (target_is_given(o))
        return strcmp(o->output, "-") == 0 ? NULL : given_target(o);
    return o->raw ? NULL : drop_default_name(o, name, "");
}

static enum seal_status refuse_existing(const char *path, struct fault *fault)
{
    struct plat_stat st;

    if (plat_stat_at(PLAT_CWD, path, false, &st) == 0)
        return fault_set(fault, REASON_EXISTS, path);
    return drop_refuse_in_bag(path, fault);
}

static enum seal_status choose_target(struct drop *d, struct fault *fault)
{
    const struct drop_options *o = d->options;
    bool is_bag = first_of(d)->env->params.type == CONTENT_BAG;

    d->target_is_dir = is_bag && !o->raw;
    if (target_is_given(d->options))
        d->target = strcmp(o->output, "-") == 0 ? strdup("-") : given_target(o);
    else
        d->target = drop_default_name(o, first_of(d)->path,
                                      !o->raw  ? ""
                                      : is_bag ? ".tar.zst"
                                               : ".zst");
    if (d->target == NULL)
        return out_of_memory(fault);
    if (d->target_is_dir && strcmp(d->target, "-") == 0)
        return fault_set(fault, REASON_STDOUT_BAG, NULL);
    if (strcmp(d->target, "-") == 0 && plat_is_terminal(STDOUT_FILENO))
        return fault_set(fault, REASON_STDOUT_TERMINAL, NULL);
    return strcmp(d->target, "-") == 0 ? SEAL_OK : refuse_existing(d->target, fault);
}

/* Two files beside what is made. */
static const struct {
    const char *ending;
    enum seal_status (*make)(struct buffer *out, const struct custody *c);
} records[2] = {{".custody.txt", custody_text}, {".custody.json", custody_json}};

static enum seal_status refuse_records(const char *record, struct fault *fault)
{
    enum seal_status status = SEAL_OK;

    for (size_t i = 0; i < 2 && status == SEAL_OK; i++) {
        struct buffer path = {0};

        status = buffer_printf(&path, "%s%s", record, records[i].ending) != SEAL_OK
                     ? out_of_memory(fault)
                     : refuse_existing((char *)path.data, fault);
        buffer_free(&path);
    }
    return status;
}

/* With --verify the record is about the file, whose whole name it has; malloc'ed. */
static char *record_of_file(const struct drop_options *o, const char *name)
{
    const char *base = base_name(name);

    return target_is_given(o) ? given_target(o) : at_home(o, base, strlen(base), "");
}

/* Else about what is made. */
static enum seal_status choose_record(struct drop *d, struct fault *fault)
{
    char *record;

    if (d->target != NULL && strcmp(d->target, "-") == 0)
        return SEAL_OK;
    record = d->target != NULL ? strdup(d->target) : record_of_file(d->options, first_of(d)->path);
    if (record == NULL)
        return out_of_memory(fault);
    if (refuse_records(record, fault) == SEAL_OK)
        d->record = record;
    else
        free(record); /* it is another drop's */
    return fault->status;
}

enum seal_status drop_refuse_in_bag(const char *path, struct fault *fault)
{
    struct plat_stat here = {0}, above, st;
    char *dir = NULL;
    const char *name;
    int fd;

    if (!path_split(path, &dir, &name))
        return out_of_memory(fault);
    fd = plat_open_dir(PLAT_CWD, dir, true);
    free(dir);
    while (fd >= 0 && plat_stat_fd(fd, &above) == 0 &&
           (above.inode != here.inode || above.device != here.device)) {
        int next = plat_open_dir(fd, "..", false);

        here = above;
        if (plat_stat_at(fd, "bagit.txt", false, &st) == 0 && st.type == PLAT_FILE &&
            plat_stat_at(fd, "data", false, &st) == 0 && st.type == PLAT_DIR)
            (void)fault_set(fault, REASON_OUTPUT_IN_BAG, path);
        (void)plat_close(fd);
        fd = next;
    }
    if (fd >= 0)
        (void)plat_close(fd);
    return fault->status;
}

static enum seal_status check_name(const struct drop_options *o, const char *name,
                                   struct fault *fault)
{
    if (!target_is_given(o) && strcmp(name, "-") != 0 && strspn(base_name(name), ".-") > 0)
        return fault_set(fault, REASON_OUTPUT_UNNAMED, name);
    return SEAL_OK;
}

enum seal_status drop_foresee(const struct drop_options *o, const char *name, struct fault *fault)
{
    char *target = likely_target(o, name), *record = o->verify ? record_of_file(o, name) : NULL;

    if (check_name(o, name, fault) == SEAL_OK && target != NULL)
        (void)!refuse_existing(target, fault);
    if (fault->status == SEAL_OK && target != NULL)
        (void)!refuse_records(target, fault);
    if (fault->status == SEAL_OK && record != NULL)
        (void)!refuse_records(record, fault);
    free(target);
    free(record);
    return fault->status;
}

/* ---- As it arrived ------------------------------------------------------------------------ */

void drop_name_fault(struct fault *fault, const char *file)
{
    if (fault->status == SEAL_HOSTILE && fault->name[0] != '\0' && strcmp(fault->name, file) != 0) {
        fault_add_item(fault, fault->name);
        fault->name[0] = '\0';
    }
    fault_add_name(fault, file);
}

const char *drop_called(const struct drop *d)
{
    return d->name != NULL ? d->name : first_of(d)->path;
}

static enum seal_status start_drop(struct drop *d, struct fault *fault)
{
    size_t count = d->set->count;

    d->name = set_name(d->set);
    d->received = calloc(count, sizeof *d->received);
    if (d->name == NULL || d->received == NULL)
        return out_of_memory(fault);
    for (size_t i = 0; i < count; i++)
        d->received[i] = d->set->files[i]->received;
    if (check_name(d->options, first_of(d)->path, fault) != SEAL_OK)
        return fault->status;
    if (d->options->verify) { /* also of what was not opened there will be a record */
        if (choose_record(d, fault) != SEAL_OK)
            return fault->status;
    } else if (d->set->fault.status == SEAL_OK && !d->set->has_gaps) {
        if (choose_target(d, fault) != SEAL_OK || choose_record(d, fault) != SEAL_OK)
            return fault->status;
    }
    *fault = d->set->fault;
    return fault->status;
}

void drop_start(struct drop *d, const struct drop_options *options, const struct set *set)
{
    *d = (struct drop){.options = options, .set = set};
    if (start_drop(d, &d->fault) != SEAL_OK)
        drop_name_fault(&d->fault, drop_called(d));
}

/* ---- Content ------------------------------------------------------------------------------ */

/* Where what is written will lie: its folder, malloc'ed; NULL: nothing is, or not there. */
static char *folder_of_target(const struct drop *d)
{
    char *folder = NULL;
    const char *name;

    if (d->target != NULL && strcmp(d->target, "-") == 0)
        return strdup("-");
    if (d->target == NULL || !path_split(d->target, &folder, &name))
        return NULL;
    return folder;
}

static struct intake_job job_for(struct drop *d, const struct intake_volume *volumes)
{
    const struct drop_options *o = d->options;
    char *folder = folder_of_target(d);

    d->limits = limits_for(&o->limits, set_sealed_size(d->set), folder);
    free(folder);
    return (struct intake_job){.task = o->raw ? INTAKE_RAW
                                       : first_of(d)->env->params.type == CONTENT_STREAM
                                           ? INTAKE_STREAM
                                           : INTAKE_BAG,
                               .volumes = volumes,
                               .volume_count = d->set->count,
                               .output = -1,
                               .output_name = d->target,
                               .writable = o->writable,
                               .exact_names = o->exact_names,
                               .threads = o->threads,
                               .whole_cage = o->limits.require_sandbox,
                               .limits = d->limits};
}

/* Makes what the content is written to. */
static enum seal_status make_target(struct drop *d, struct intake_job *job, struct fault *fault)
{
    if (d->target == NULL)
        return SEAL_OK;
    clear_leftovers(d->target, NULL);
    if (d->target_is_dir) {
        if (output_dir_create(&d->dir, d->target, fault) == SEAL_OK)
            job->output = d->dir.fd;
        return fault->status;
    }
    if (output_create(&d->file, d->target, PLAT_PRIVATE, fault) != SEAL_OK)
        return fault->status;
    job->output = d->file.fd;
    plat_mark_downloaded(job->output);
    if (d->file.is_stdout) {
        job->output_name = NAME_STDOUT;
        job->check_first = true;
    }
    return SEAL_OK;
}

/* Raw content was written with the padding behind it. */
static enum seal_status cut_padding(const struct drop *d, struct fault *fault)
{
    if (!d->options->raw || d->target == NULL || d->file.is_stdout ||
        plat_truncate(d->file.fd, d->result.content_len) == 0)
        return SEAL_OK;
    return fault_set_errno(fault, REASON_WRITE, d->target);
}

static enum seal_status run_worker(struct drop *d, const struct intake_volume *volumes,
                                   struct fault *fault)
{
    const struct intake_observer observer = {
        .ctx = &d->progress, .progress = progress_add, .uncaged = limits_uncaged};
    struct intake_job job = job_for(d, volumes);

    if (make_target(d, &job, fault) != SEAL_OK)
        return fault->status;
    progress_start(&d->progress, set_sealed_size(d->set));
    (void)!intake_run(&d->result, &job, &observer, fault);
    progress_end(&d->progress);
    limits_explain(fault, &d->options->limits, &d->limits, &d->result);
    return fault->status == SEAL_OK ? cut_padding(d, fault) : fault->status;
}

static enum seal_status receive_content(struct drop *d, struct fault *fault)
{
    struct intake_volume *volumes;

    if (set_take_up(d->set, fault) != SEAL_OK)
        return fault->status;
    if (d->target != NULL && strcmp(d->target, "-") == 0) {
        /* Said now rather than after the first pass. */
        for (size_t i = 0; i < d->set->count; i++)
            if (volume_rewind(d->set->files[i]->in, fault) != SEAL_OK)
                return fault->status;
    }
    volumes = set_volumes(d->set);
    if (volumes == NULL)
        return out_of_memory(fault);
    (void)!run_worker(d, volumes, fault);
    free(volumes);
    return fault->status;
}

/* Which to ask for again: a set that is no good may have others that are. */
static void check_each(struct drop *d)
{
    struct fault stopped = {.status = SEAL_OK};

    d->words = set_check_each(d->set, &d->options->limits, d->options->threads, &stopped);
    if (stopped.status != SEAL_OK)
        d->fault = stopped;
}

static void refuse_gaps(struct drop *d)
{
    d->fault = (struct fault){.status = SEAL_OK};
    (void)!set_refuse_gaps(d->set, &d->options->limits, &d->fault);
    if (d->fault.status == SEAL_USAGE && d->options->verify && first_of(d)->stat.type == PLAT_FILE)
        check_each(d);
}

/* ---- Record and log ----------------------------------------------------------------------- */

void drop_abort_dir(struct output_dir *dir)
{
    if (!output_dir_abort(dir))
        warn_old("%s: this unfinished folder could not be removed; remove it by hand.",
                 shown(dir->committed ? dir->name : dir->temporary));
}

/* Removes what is not to stay. */
static void abandon(struct drop *d)
{
    drop_abort_dir(&d->dir);
    output_abort(&d->file);
    for (size_t i = 0; i < 2; i++)
        output_abort(&d->records[i]);
}

static bool verdict_of(const struct drop *d, enum custody_verdict *verdict)
{
    switch (d->fault.status) {
    case SEAL_OK:
        *verdict = d->options->raw                        ? VERDICT_UNCHECKED
                   : bag_is_incomplete(&d->result.totals) ? VERDICT_INCOMPLETE
                                                          : VERDICT_ACCEPTED;
        return true;
    case SEAL_NO_KEY:
        *verdict = VERDICT_NO_KEY;
        return true;
    case SEAL_DAMAGED:
        *verdict = VERDICT_DAMAGED;
        return true;
    case SEAL_HOSTILE:
        *verdict = VERDICT_HOSTILE;
        return true;
    case SEAL_NEWER:
        *verdict = VERDICT_NEWER;
        return true;
    case SEAL_BROKE:
        *verdict = VERDICT_BROKE;
        return true;
    default:
        return false;
    }
}

static void fill_head(struct custody *c, const struct drop *d)
{
    const struct arrival *a = last_of(d);

    c->was_opened = true;
    fingerprint_text(c->fingerprint, a->pkh);
    c->format_version = SEAL_FORMAT_VERSION;
    memcpy(c->commitment, a->env->commitment, sizeof c->commitment);
    memcpy(c->bag_id, a->env->params.bundle_id, sizeof c->bag_id);
    c->content = d->options->raw                         ? CUSTODY_RAW
                 : a->env->params.type == CONTENT_STREAM ? CUSTODY_STREAM
                                                         : CUSTODY_BAG;
}

static void fill_content(struct custody *c, const struct drop *d)
{
    c->was_checked = true;
    number_text(c->receipt, d->result.receipt, RECEIPT_GROUPS);
    memcpy(c->digest, d->result.digest, sizeof c->digest);
    c->output = d->target;
    c->output_is_read_only = d->target_is_dir && d->result.is_read_only;
    c->totals = d->result.totals;
    if (c->content == CUSTODY_RAW)
        c->totals.bytes = d->result.content_len;
    c->bag_info = (const char *)d->result.bag_info.data;
    c->remarks = (const char *)d->result.remarks.data;
    c->remarks_are_cut = d->result.remarks_are_cut;
    c->spelled = d->result.spelled;
}

/* False: there is nothing to record, since nothing was found out about it. */
static bool fill_custody(struct custody *c, const struct drop *d)
{
    *c = (struct custody){.step = d->options->verify ? STEP_VERIFIED : STEP_UNSEALED,
                          .opened = first_of(d)->opened,
                          .program = "unseal " SEAL_VERSION,
                          .program_sha256 = d->options->program_sha256,
                          .operator_name = d->options->operator_name,
                          .case_name = d->options->case_name,
                          .files = d->received,
                          .file_count = d->set->count,
                          .keys_tried = last_of(d)->keys_tried,
                          .refusal = &d->fault};
    if (!verdict_of(d, &c->verdict))
        return false;
    if (first_of(d)->was_opened)
        fill_head(c, d);
    if (d->was_checked)
        fill_content(c, d);
    return true;
}

static enum seal_status write_record(struct drop *d, const struct custody *c, size_t which,
                                     struct fault *fault)
{
    struct buffer path = {0}, text = {0};
    enum seal_status status = SEAL_OK;

    if (buffer_printf(&path, "%s%s", d->record, records[which].ending) != SEAL_OK ||
        records[which].make(&text, c) != SEAL_OK)
        status = out_of_memory(fault);
    if (status == SEAL_OK) {
        clear_leftovers((char *)path.data, NULL);
        status = output_create(&d->records[which], (char *)path.data, PLAT_SHARED, fault);
    }
    if (status == SEAL_OK &&
        fd_write_full(d->records[which].fd, text.data, text.len, fault) != SEAL_OK) {
        fault_add_name(fault, (char *)path.data);
        status = fault->status;
    }
    buffer_free(&path);
    buffer_free(&text);
    return status;
}

static enum seal_status write_records(struct drop *d, const struct custody *c, struct fault *fault)
{
    if (d->record == NULL || write_record(d, c, 0, fault) != SEAL_OK)
        return fault->status;
    return write_record(d, c, 1, fault);
}

/* What got its name already loses it again. */
static void take_back(struct drop *d, bool file_has_name, bool first_record_has_name)
{
    struct buffer path = {0};

    if (file_has_name && plat_unlink(PLAT_CWD, d->target) != 0)
        warn_old("%s: this file could not be removed; remove it by hand.", shown(d->target));
    if (first_record_has_name &&
        (buffer_printf(&path, "%s%s", d->record, records[0].ending) != SEAL_OK ||
         plat_unlink(PLAT_CWD, (char *)path.data) != 0))
        warn_old("%s%s: this record of nothing could not be removed; remove it by hand.",
                 shown(d->record), records[0].ending);
    buffer_free(&path);
}

/* What is made gets its name, and then the record of it. */
static enum seal_status publish(struct drop *d, struct fault *fault)
{
    bool is_file = d->file.temporary != NULL;
    bool file_done = false, first_done = false;
    enum seal_status status = SEAL_OK;

    if (d->dir.temporary != NULL)
        status = output_dir_commit(&d->dir, fault);
    else if (is_file || d->file.is_stdout)
        status = output_commit(&d->file, fault);
    file_done = status == SEAL_OK && is_file;
    if (status == SEAL_OK && d->record != NULL) {
        status = output_commit(&d->records[0], fault);
        first_done = status == SEAL_OK;
        if (status == SEAL_OK)
            status = output_commit(&d->records[1], fault);
    }
    if (status != SEAL_OK)
        take_back(d, file_done, first_done);
    else if (d->dir.temporary != NULL)
        output_dir_keep(&d->dir);
    return status;
}

/* Everything that can still fail, once the content is known to be good or bad. The log stays locked
 * meanwhile: of two doubles at the same time one is the first. */
static enum seal_status settle(struct drop *d, struct fault *fault)
{
    struct custody_log *log = NULL;
    struct custody c;
    bool accepted = d->fault.status == SEAL_OK;
    enum seal_status status = SEAL_OK;

    if (!fill_custody(&c, d))
        return SEAL_OK;
    if (d->options->log != NULL)
        status = custody_log_open(&log, d->options->log, fault);
    if (status == SEAL_OK && log != NULL && first_of(d)->was_opened)
        status = custody_log_find(log, &c, &d->seen, d->first_seen, fault);
    c.seen = d->seen;
    if (d->seen != NOT_SEEN)
        c.first_seen = d->first_seen;
    if (status == SEAL_OK && (accepted || d->options->verify)) {
        status = write_records(d, &c, fault);
        if (status == SEAL_OK)
            status = publish(d, fault);
    }
    if (status == SEAL_OK && log != NULL) {
        status = custody_log_add(log, &c, fault);
        d->is_unlogged = status != SEAL_OK;
    }
    custody_log_close(log);
    return status;
}

/* A verdict on a file that was replaced meanwhile would be one on another file than the digest. */
static void blame_change(struct drop *d)
{
    for (size_t i = 0; i < d->set->count; i++) {
        const struct arrival *a = d->set->files[i];
        struct fault changed = {.status = SEAL_OK};

        if (d->fault.status == SEAL_INTERRUPTED || a->in == NULL ||
            arrival_check_unchanged(a, &changed) == SEAL_OK)
            continue;
        d->fault = changed;
        fault_add_name(&d->fault, a->path);
        return;
    }
}

/* Of what the digests were taken of, as the worker tells it. */
static void expected_mark(const struct drop *d, uint8_t mark[static SHA256_LEN])
{
    struct sha256 all;

    if (d->set->count == 1) {
        memcpy(mark, first_of(d)->mark, SHA256_LEN);
        return;
    }
    sha256_start(&all);
    for (size_t i = 0; i < d->set->count; i++)
        sha256_add(&all, d->set->files[i]->mark, SHA256_LEN);
    sha256_end(&all, mark);
}

/* Size and time can be made those of another file, its mark cannot: of what the worker has read, as
 * it says. */
static void check_mark(const struct drop *d, struct fault *fault)
{
    uint8_t mark[SHA256_LEN];

    expected_mark(d, mark);
    if (fault->status == SEAL_OK && first_of(d)->received.before_opening &&
        memcmp(d->result.sealed_digest, mark, sizeof mark) != 0)
        (void)fault_set(fault, REASON_CHANGED, NULL);
}

static void receive_all(struct drop *d)
{
    (void)!receive_content(d, &d->fault);
    blame_change(d);
    check_mark(d, &d->fault);
    d->was_checked = d->fault.status == SEAL_OK;
    if (d->was_checked && !first_of(d)->received.before_opening) { /* a pipe */
        d->received[0].size = d->result.sealed_len;
        memcpy(d->received[0].sha256, d->result.sealed_digest, SHA256_LEN);
    }
    if (set_ends_early(&d->fault))
        refuse_gaps(d);
    if (d->fault.status == SEAL_DAMAGED && d->set->count > 1)
        check_each(d);
}

void drop_receive(struct drop *d)
{
    bool is_new = d->fault.status == SEAL_OK; /* a fault from here on has no name yet */

    if (d->fault.status == SEAL_OK && d->set->has_gaps)
        refuse_gaps(d);
    else if (d->fault.status == SEAL_OK)
        receive_all(d);
    for (size_t i = 0; i < d->set->count; i++) /* a set has many files */
        arrival_put_aside(d->set->files[i]);
    if (d->fault.status != SEAL_OK) {
        if (is_new)
            drop_name_fault(&d->fault, drop_called(d));
        abandon(d);
    }
    if (settle(d, &d->late) == SEAL_OK)
        return;
    if (d->fault.status == SEAL_OK && !d->is_unlogged) {
        d->fault = d->late;
        d->late = (struct fault){.status = SEAL_OK};
    }
}

/* ---- What is said ------------------------------------------------------------------------- */

#define REMARKS_SHOWN 40

/* The sender's own words about what is missing, escaped, a line each. */
static void show_remarks(const struct drop *d)
{
    static const char *const kinds[] = {"# missing ", "# skipped ", "# damaged ", "# changed "};
    const char *line = (const char *)d->result.remarks.data, *next;
    size_t shown_count = 0;

    warn_old("the sender recorded that something is missing or was not read whole:");
    for (; line != NULL && *line != '\0'; line = next) {
        size_t len = strcspn(line, "\n"); /* a worker may have left out the last */
        bool is_missing = false;
        char *copy;

        next = line + len + (line[len] == '\n');

        for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
            is_missing |= strncmp(line, kinds[i], strlen(kinds[i])) == 0;
        if (!is_missing || ++shown_count > REMARKS_SHOWN)
            continue;
        copy = text_copy(line + 2, len - 2);
        warn_old("  %s", copy == NULL ? "" : shown(copy));
        free(copy);
    }
    if (shown_count > REMARKS_SHOWN)
        warn_old("  and %s; %smetadata.mtree has them all",
                 count_text(shown_count - REMARKS_SHOWN, "more such line"),
                 d->result.spelled > 0 ? BAG_AS_SEALED_DIR "/" : "");
}

static void show_names(const struct drop *d)
{
    const struct bag_totals *t = &d->result.totals;

    if (t->coded_names > 0 && d->target_is_dir)
        say_old(
            "%s with %%, CR or LF, which BagIt writes as %%25, %%0D, %%0A: sha256sum does not find "
            "them by that; see unseal(1)",
            count_text(t->coded_names, "name"));
    if (d->result.spelled > 0)
        say_old("%s that not every system can hold or show, spelled differently here; the record "
                "explains",
                count_text(d->result.spelled, "name"));
}

static void show_summary(const struct drop *d)
{
    const struct bag_totals *t = &d->result.totals;
    char number[NUMBER_TEXT_SIZE(FINGERPRINT_GROUPS)];

    fingerprint_text(number, last_of(d)->pkh);
    say_old("opened with key %s", number);
    if (d->options->raw)
        say_old("%s, not unpacked: only the seal is checked, not what is inside",
                size_text(d->result.content_len));
    else if (first_of(d)->env->params.type == CONTENT_BAG)
        say_old("%s and %s, %s, all checked", count_text(t->files, "file"),
                count_text(t->folders, "folder"), size_text(t->bytes));
    else
        say_old("%s, all checked", size_text(t->bytes));
    show_names(d);
    if (bag_is_incomplete(t))
        show_remarks(d);
    if (d->target_is_dir && !d->options->writable && !d->result.is_read_only)
        say_old("this file system could not make it read-only");
    if (d->seen != NOT_SEEN)
        warn_old("%s: %s The log has it at %s.", shown(drop_called(d)),
                 custody_double_sentence(d->seen), d->first_seen);
}

static void show_result(const struct drop *d)
{
    bool is_beside = d->target != NULL && strcmp(d->target, "-") == 0;
    char number[NUMBER_TEXT_SIZE(RECEIPT_GROUPS)];
    char hex[2 * SHA256_LEN + 1];

    if (is_beside)
        print_beside();
    show_summary(d);
    if (d->target == NULL)
        print_data("verified %s\n", shown(drop_called(d)));
    else if (!is_beside)
        print_data("unsealed %s\n", shown(d->target));
    if (d->record != NULL)
        print_data("record   %s.custody.txt\n", shown(d->record));
    number_text(number, d->result.receipt, RECEIPT_GROUPS);
    print_data("receipt  %s\n", number);
    hex_encode(hex, d->result.digest, SHA256_LEN);
    print_data("digest   %s%s\n", hex, d->options->raw ? "  (the sender's, not compared)" : "");
}

/* Volume by volume, when a set is no good. */
static void show_volumes(const struct drop *d)
{
    for (size_t i = 0; i < d->set->count && d->words[i] != NULL; i++)
        print_data("volume %3" PRIu64 "  %-12s  %s\n", arrival_number(d->set->files[i]),
                   d->words[i], shown(d->set->files[i]->path));
}

enum exit_code drop_report(struct drop *d)
{
    enum exit_code code = EXIT_ALL_DONE, late_code;

    if (d->fault.status != SEAL_OK) {
        code = complain(&d->fault);
        if (d->words != NULL)
            show_volumes(d);
        if (d->options->verify && d->record != NULL && d->late.status == SEAL_OK &&
            verdict_of(d, &(enum custody_verdict){VERDICT_ACCEPTED}))
            print_data("record   %s.custody.txt\n", shown(d->record));
    } else {
        show_result(d);
        if (bag_is_incomplete(&d->result.totals))
            code = EXIT_INCOMPLETE;
    }
    if (d->late.status == SEAL_OK)
        return code;
    if (d->is_unlogged && d->fault.status == SEAL_OK)
        warn_old("%s: it is unsealed and in order, but the log does not have it.",
                 shown(drop_called(d)));
    late_code = complain(&d->late);
    return d->fault.status != SEAL_OK ? code : late_code; /* the verdict says more than the log */
}

const char *drop_word(const struct drop *d)
{
    enum custody_verdict verdict;

    return verdict_of(d, &verdict) ? custody_verdict_word(verdict) : "failed";
}

void drop_end(struct drop *d)
{
    abandon(d);
    intake_result_free(&d->result);
    free(d->received);
    free(d->words);
    free(d->target);
    free(d->record);
    *d = (struct drop){.options = d->options, .set = d->set, .name = d->name};
}

void drop_close(struct drop *d)
{
    drop_end(d);
    free(d->name);
    d->name = NULL;
}
