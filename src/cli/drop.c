/*
 * One sealed file on its way in: opened, received, recorded.
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

#include <sodium.h>

static enum seal_status out_of_memory(struct fault *fault)
{
    return fault_set(fault, SEAL_NO_MEMORY, NULL, NULL);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

static bool is_stdin(const struct drop *d)
{
    return strcmp(d->received.name, "-") == 0;
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
    return strndup(o->output, len);
}

static bool target_is_given(const struct drop *d)
{
    return d->options->output != NULL && !d->options->output_is_home;
}

/* What can be known of it before the head is open: NULL if nothing can be, or will be made. */
static char *likely_target(const struct drop *d)
{
    if (d->options->verify)
        return NULL;
    if (target_is_given(d))
        return strcmp(d->options->output, "-") == 0 ? NULL : given_target(d->options);
    return d->options->raw ? NULL : drop_default_name(d->options, d->received.name, "");
}

static enum seal_status refuse_existing(const char *path, struct fault *fault)
{
    struct plat_stat st;

    if (plat_stat_at(PLAT_CWD, path, false, &st) == 0)
        return fault_set(fault, SEAL_EXISTS, NULL, path);
    return drop_refuse_in_bag(path, fault);
}

static enum seal_status choose_target(struct drop *d, struct fault *fault)
{
    const struct drop_options *o = d->options;
    bool is_bag = d->env->params.type == CONTENT_BAG;

    d->target_is_dir = is_bag && !o->raw;
    if (target_is_given(d))
        d->target = strcmp(o->output, "-") == 0 ? strdup("-") : given_target(o);
    else
        d->target = drop_default_name(d->options, d->received.name,
                                      !o->raw  ? ""
                                      : is_bag ? ".tar.zst"
                                               : ".zst");
    if (d->target == NULL)
        return out_of_memory(fault);
    if (d->target_is_dir && strcmp(d->target, "-") == 0)
        return fault_set(fault, SEAL_USAGE,
                         "it holds a bag, which is a folder; give -o a name for it, or add --raw",
                         NULL);
    if (strcmp(d->target, "-") == 0 && plat_is_terminal(STDOUT_FILENO))
        return fault_set(fault, SEAL_USAGE,
                         "standard output is a terminal; direct it into a file or a pipe", NULL);
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

/* With --verify the record is about the file, whose whole name it has; else about what is made. */
static enum seal_status choose_record(struct drop *d, struct fault *fault)
{
    const char *base = base_name(d->received.name);
    char *record;

    if (d->target != NULL && strcmp(d->target, "-") == 0)
        return SEAL_OK;
    if (d->target != NULL)
        record = strdup(d->target);
    else
        record = target_is_given(d) ? given_target(d->options)
                                    : at_home(d->options, base, strlen(base), "");
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
            (void)fault_set(fault, SEAL_USAGE,
                            "it would lie in a bag, to which nothing may be "
                            "added; give -o another name",
                            path);
        (void)plat_close(fd);
        fd = next;
    }
    if (fd >= 0)
        (void)plat_close(fd);
    return fault->status;
}

/* Said before passphrases are asked for. */
static enum seal_status refuse_likely_target(struct drop *d, struct fault *fault)
{
    char *path = likely_target(d);
    enum seal_status status = path == NULL ? SEAL_OK : refuse_existing(path, fault);

    if (status == SEAL_OK && path != NULL)
        status = refuse_records(path, fault);
    free(path);
    if (status == SEAL_OK && d->options->verify)
        status = choose_record(d, fault);
    return status;
}

static enum seal_status choose_places(struct drop *d, struct fault *fault)
{
    if (d->options->verify) /* the record is chosen already */
        return SEAL_OK;
    return choose_target(d, fault) == SEAL_OK ? choose_record(d, fault) : fault->status;
}

/* ---- The head ----------------------------------------------------------------------------- */

static enum seal_status open_head(struct drop *d, struct keyring *ring, const char *passphrase_fd,
                                  struct fault *fault)
{
    size_t len;
    const uint8_t *block = volume_head(d->in, &len);
    enum seal_status status;

    d->opened = clock_now();
    d->env = sodium_malloc(sizeof *d->env);
    if (d->env == NULL)
        return out_of_memory(fault);
    memset(d->env, 0, sizeof *d->env);
    if (len < BLOCK_LEN)
        return fault_set(fault, SEAL_NO_KEY, NULL, NULL);
    status = keyring_open(ring, d->env, block, passphrase_fd, d->pkh, &d->keys_tried, fault);
    d->opened = clock_now(); /* after a passphrase was typed */
    d->was_opened = status == SEAL_OK;
    if (status == SEAL_OK && (d->env->params.flags & FLAG_VOLUME) != 0)
        return fault_set(fault, SEAL_NEWER,
                         "it is one volume of a set, which this version cannot put together", NULL);
    return status;
}

/* The digest of a file is taken before anything else is done with it; that of a pipe, which can be
 * read only once, on the way. */
static enum seal_status take_digest(struct drop *d, struct fault *fault)
{
    struct crew *crew = NULL;
    struct random random;
    enum seal_status status;

    d->received.before_opening = d->stat.type == PLAT_FILE;
    if (!d->received.before_opening)
        return SEAL_OK; /* the worker takes it */
    d->received.size = d->stat.size;
    d->received.mtime = d->stat.mtime;
    d->received.has_mtime = true;
    if (random_start(&random, NULL, 0) != SEAL_OK)
        return fault_set(fault, SEAL_IO, "the system gives no random numbers", NULL);
    random_bytes(&random, d->mark_key, sizeof d->mark_key);
    random_end(&random);
    /* One reads while the other hashes. */
    if (crew_new(&crew, d->options->threads < 2 ? d->options->threads : 2, fault) != SEAL_OK)
        return fault->status;
    progress_start(&d->progress, d->stat.size);
    status = volume_digest(d->in, crew, d->mark_key, d->received.sha256, d->mark, progress_add,
                           &d->progress, fault);
    progress_end(&d->progress);
    crew_free(crew);
    return status;
}

static enum seal_status check_name(const struct drop *d, struct fault *fault)
{
    bool named_after = d->options->output == NULL || d->options->output_is_home;

    if (named_after && !is_stdin(d) && strspn(base_name(d->received.name), ".-") > 0)
        return fault_set(fault, SEAL_USAGE,
                         "its name begins with a dot or a dash, so nothing is named after it; give "
                         "-o a name",
                         d->received.name);
    return SEAL_OK;
}

static enum seal_status open_drop(struct drop *d, struct keyring *ring, struct fault *fault)
{
    if (check_name(d, fault) != SEAL_OK || refuse_likely_target(d, fault) != SEAL_OK ||
        volume_open(&d->in, d->received.name, fault) != SEAL_OK)
        return fault->status;
    volume_stat(d->in, &d->stat);
    if (d->options->many && d->stat.type != PLAT_FILE)
        return fault_set(fault, SEAL_USAGE, "it is no file; open it by itself", NULL);
    if (take_digest(d, fault) != SEAL_OK)
        return fault->status;
    if (open_head(d, ring, d->options->passphrase_fd, fault) != SEAL_OK)
        return fault->status;
    return choose_places(d, fault);
}

#define CHANGED "it changed while it was read; try again"

/* What was opened must be what the digest was taken of. */
static enum seal_status check_unchanged(const struct drop *d, struct fault *fault)
{
    struct plat_stat now;

    if (!d->received.before_opening)
        return SEAL_OK;
    volume_stat(d->in, &now);
    if (now.size != d->stat.size || !timestamp_equal(now.mtime, d->stat.mtime))
        return fault_set(fault, SEAL_IO, CHANGED, NULL);
    return SEAL_OK;
}

/* A verdict on a file that was replaced meanwhile would be one on another file than the digest. */
static void blame_change(struct drop *d)
{
    struct fault changed = {.status = SEAL_OK};

    if (d->in == NULL || d->fault.status == SEAL_INTERRUPTED)
        return;
    if (check_unchanged(d, &changed) != SEAL_OK)
        d->fault = changed;
}

void drop_name_fault(struct fault *fault, const char *file)
{
    char item[FAULT_NAME_SIZE];

    if (fault->status == SEAL_HOSTILE && fault->name[0] != '\0') {
        memcpy(item, fault->name, sizeof item);
        (void)snprintf(fault->name, sizeof fault->name, "%.400s, at %.600s", file, item);
    }
    fault_add_name(fault, file);
}

void drop_open(struct drop *d, const struct drop_options *options, const char *file,
               struct keyring *ring)
{
    *d = (struct drop){.options = options, .received = {.name = file}};
    (void)!open_drop(d, ring, &d->fault);
    blame_change(d);
    if (d->fault.status != SEAL_OK)
        drop_name_fault(&d->fault, file);
    /* Many files cannot all stay open. */
    if (d->received.before_opening && !is_stdin(d)) {
        volume_close(d->in);
        d->in = NULL;
    }
}

enum seal_status drop_open_head(struct drop *d, const char *file, struct keyring *ring,
                                const char *passphrase_fd, struct fault *fault)
{
    *d = (struct drop){.received = {.name = file}};
    if (volume_open(&d->in, file, fault) != SEAL_OK ||
        open_head(d, ring, passphrase_fd, fault) != SEAL_OK)
        drop_name_fault(fault, file);
    return fault->status;
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

static struct intake_job job_for(struct drop *d)
{
    const struct drop_options *o = d->options;
    char *folder = folder_of_target(d);
    struct intake_job job;

    d->limits = limits_for(&o->limits, volume_size(d->in), folder);
    free(folder);
    job = (struct intake_job){.task = o->raw                                  ? INTAKE_RAW
                                      : d->env->params.type == CONTENT_STREAM ? INTAKE_STREAM
                                                                              : INTAKE_BAG,
                              .env = d->env,
                              .in = d->in,
                              .input_name = is_stdin(d) ? "standard input" : d->received.name,
                              .output = -1,
                              .output_name = d->target,
                              .writable = o->writable,
                              .exact_names = o->exact_names,
                              .threads = o->threads,
                              .whole_cage = o->limits.require_sandbox,
                              .limits = d->limits};
    memcpy(job.mark_key, d->mark_key, sizeof job.mark_key);
    return job;
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
    if (d->file.is_stdout) {
        job->output_name = "standard output";
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
    return fault_set_errno(fault, "could not be written", d->target);
}

static enum seal_status receive_content(struct drop *d, struct fault *fault)
{
    const struct intake_observer observer = {
        .ctx = &d->progress, .progress = progress_add, .uncaged = limits_uncaged};
    struct intake_job job;

    if (d->in == NULL && (volume_open(&d->in, d->received.name, fault) != SEAL_OK ||
                          check_unchanged(d, fault) != SEAL_OK))
        return fault->status;
    if (d->target != NULL && strcmp(d->target, "-") == 0) {
        /* Said now rather than after the first pass. */
        if (volume_rewind(d->in, fault) != SEAL_OK)
            return fault->status;
    }
    job = job_for(d);
    if (make_target(d, &job, fault) != SEAL_OK)
        return fault->status;
    progress_start(&d->progress, volume_size(d->in));
    (void)!intake_run(&d->result, &job, &observer, fault);
    progress_end(&d->progress);
    limits_explain(fault, &d->options->limits, &d->limits, &d->result, d->reason);
    return fault->status == SEAL_OK ? cut_padding(d, fault) : fault->status;
}

/* ---- Record and log ----------------------------------------------------------------------- */

void drop_abort_dir(struct output_dir *dir)
{
    if (!output_dir_abort(dir))
        warn("%s: this unfinished folder could not be removed; remove it by hand.",
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
    c->was_opened = true;
    fingerprint_text(c->fingerprint, d->pkh);
    c->format_version = SEAL_FORMAT_VERSION;
    memcpy(c->commitment, d->env->commitment, sizeof c->commitment);
    memcpy(c->bag_id, d->env->params.bundle_id, sizeof c->bag_id);
    c->content = d->options->raw                         ? CUSTODY_RAW
                 : d->env->params.type == CONTENT_STREAM ? CUSTODY_STREAM
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
                          .opened = d->opened,
                          .program = "unseal " SEAL_VERSION,
                          .program_sha256 = d->options->program_sha256,
                          .operator_name = d->options->operator_name,
                          .case_name = d->options->case_name,
                          .files = &d->received,
                          .file_count = 1,
                          .keys_tried = d->keys_tried,
                          .reason = d->fault.what};
    if (!verdict_of(d, &c->verdict))
        return false;
    if (d->was_opened)
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
        warn("%s: this file could not be removed; remove it by hand.", shown(d->target));
    if (first_record_has_name &&
        (buffer_printf(&path, "%s%s", d->record, records[0].ending) != SEAL_OK ||
         plat_unlink(PLAT_CWD, (char *)path.data) != 0))
        warn("%s%s: this record of nothing could not be removed; remove it by hand.",
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
    if (status == SEAL_OK && log != NULL && d->was_opened)
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

/* Size and time can be made those of another file, its mark cannot: of what the worker has read, as
 * it says. */
static void check_mark(const struct drop *d, struct fault *fault)
{
    if (fault->status == SEAL_OK && d->received.before_opening &&
        memcmp(d->result.sealed_digest, d->mark, sizeof d->mark) != 0)
        (void)fault_set(fault, SEAL_IO, CHANGED, NULL);
}

void drop_receive(struct drop *d)
{
    bool opened = d->fault.status == SEAL_OK;

    if (opened) {
        (void)!receive_content(d, &d->fault);
        blame_change(d);
        check_mark(d, &d->fault);
        d->was_checked = d->fault.status == SEAL_OK;
    }
    if (d->was_checked && !d->received.before_opening) {
        d->received.size = d->result.sealed_len;
        memcpy(d->received.sha256, d->result.sealed_digest, SHA256_LEN);
    }
    if (d->fault.status != SEAL_OK) {
        drop_name_fault(&d->fault, d->received.name);
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

    warn("the sender recorded that something is missing or was not read whole:");
    for (; line != NULL && *line != '\0'; line = next) {
        size_t len = strcspn(line, "\n"); /* a worker may have left out the last */
        bool is_missing = false;
        char *copy;

        next = line + len + (line[len] == '\n');

        for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
            is_missing |= strncmp(line, kinds[i], strlen(kinds[i])) == 0;
        if (!is_missing || ++shown_count > REMARKS_SHOWN)
            continue;
        copy = strndup(line + 2, len - 2);
        warn("  %s", copy == NULL ? "" : shown(copy));
        free(copy);
    }
    if (shown_count > REMARKS_SHOWN)
        warn("  and %s; %smetadata.mtree has them all",
             count_text(shown_count - REMARKS_SHOWN, "more such line"),
             d->result.spelled > 0 ? BAG_AS_SEALED_DIR "/" : "");
}

static void show_names(const struct drop *d)
{
    const struct bag_totals *t = &d->result.totals;

    if (t->coded_names > 0 && d->target_is_dir)
        say("%s with %%, CR or LF, which BagIt writes as %%25, %%0D, %%0A: sha256sum does not find "
            "them by that; see unseal(1)",
            count_text(t->coded_names, "name"));
    if (d->result.spelled > 0)
        say("%s that not every system can hold or show, spelled differently here; the record "
            "explains",
            count_text(d->result.spelled, "name"));
}

static void show_summary(const struct drop *d)
{
    const struct bag_totals *t = &d->result.totals;
    char number[NUMBER_TEXT_SIZE(FINGERPRINT_GROUPS)];

    fingerprint_text(number, d->pkh);
    say("opened with key %s", number);
    if (d->options->raw)
        say("%s, not unpacked: only the seal is checked, not what is inside",
            size_text(d->result.content_len));
    else if (d->env->params.type == CONTENT_BAG)
        say("%s and %s, %s, all checked", count_text(t->files, "file"),
            count_text(t->folders, "folder"), size_text(t->bytes));
    else
        say("%s, all checked", size_text(t->bytes));
    show_names(d);
    if (bag_is_incomplete(t))
        show_remarks(d);
    if (d->target_is_dir && !d->options->writable && !d->result.is_read_only)
        say("this file system could not make it read-only");
    if (d->seen != NOT_SEEN)
        warn("%s: %s The log has it at %s.", shown(d->received.name),
             custody_double_sentence(d->seen), d->first_seen);
}

static void show_result(const struct drop *d)
{
    FILE *out = d->target != NULL && strcmp(d->target, "-") == 0 ? stderr : stdout;
    char number[NUMBER_TEXT_SIZE(RECEIPT_GROUPS)];
    char hex[2 * SHA256_LEN + 1];

    show_summary(d);
    if (d->target == NULL)
        (void)fprintf(out, "verified %s\n", shown(d->received.name));
    else if (out == stdout)
        (void)fprintf(out, "unsealed %s\n", shown(d->target));
    if (d->record != NULL)
        (void)fprintf(out, "record   %s.custody.txt\n", shown(d->record));
    number_text(number, d->result.receipt, RECEIPT_GROUPS);
    (void)fprintf(out, "receipt  %s\n", number);
    hex_encode(hex, d->result.digest, SHA256_LEN);
    (void)fprintf(out, "digest   %s%s\n", hex,
                  d->options->raw ? "  (the sender's, not compared)" : "");
}

enum exit_code drop_report(struct drop *d)
{
    enum exit_code code = EXIT_ALL_DONE, late_code;

    if (d->fault.status != SEAL_OK) {
        code = complain(&d->fault);
        if (d->options->verify && d->record != NULL && d->late.status == SEAL_OK &&
            verdict_of(d, &(enum custody_verdict){VERDICT_ACCEPTED}))
            (void)printf("record   %s.custody.txt\n", shown(d->record));
    } else {
        show_result(d);
        if (bag_is_incomplete(&d->result.totals))
            code = EXIT_INCOMPLETE;
    }
    if (d->late.status == SEAL_OK)
        return code;
    if (d->is_unlogged && d->fault.status == SEAL_OK)
        warn("%s: it is unsealed and in order, but the log does not have it.",
             shown(d->received.name));
    late_code = complain(&d->late);
    return d->fault.status != SEAL_OK ? code : late_code; /* the verdict says more than the log */
}

const char *drop_word(const struct drop *d)
{
    enum custody_verdict verdict;

    return verdict_of(d, &verdict) ? custody_verdict_word(verdict) : "failed";
}

void drop_close(struct drop *d)
{
    abandon(d);
    sodium_free(d->env);
    volume_close(d->in);
    intake_result_free(&d->result);
    free(d->target);
    free(d->record);
    *d = (struct drop){.options = d->options};
}
