/*
 * unseal: a sealed file to a checked bag.
 *
 * Order matters: keys are read, the header is opened, the keys are wiped; only then is content
 * looked at.
 */
#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "cli/keyring.h"
#include "envelope/envelope.h"
#include "intake/intake.h"
#include "stream/stream.h"
#include "volume/volume.h"

enum option_number { OPT_KEY, OPT_OUTPUT, OPT_RAW, OPT_PASSPHRASE_FD, OPT_QUIET };

static struct option options[] = {
    [OPT_KEY] = {.name = "key",
                 .letter = 'k',
                 .value = "KEY",
                 .repeatable = true,
                 .help = "try this secret key file, or all in this folder"},
    [OPT_OUTPUT] = {.name = "output",
                    .letter = 'o',
                    .value = "DIR",
                    .help = "the bag to make; for a stream or --raw a file, or -"},
    [OPT_RAW] = {.name = "raw", .help = "write the content as it is (.tar.zst), not unpacked"},
    [OPT_PASSPHRASE_FD] = {.name = "passphrase-fd",
                           .value = "N",
                           .help = "read passphrases from this descriptor, one a line"},
    [OPT_QUIET] = {.name = "quiet", .letter = 'q', .help = "no progress, only results and errors"},
    {.name = NULL},
};

static const struct program program = {
    .name = "unseal",
    .usage = "--key KEY [--key KEY ...] [-o DIR] FILE",
    .about = "Opens a sealed file, checks every byte of it, and leaves a BagIt bag: the evidence "
             "under data/, with manifests and a listing that others can check.",
    .more = "FILE - is standard input. Without -o, the bag is named after FILE, without its\n"
            "ending, in the current folder.\n"
            "\n"
            "Exit status: 0 all there, all checked; 1 could not be done; 2 wrong use; 3 as\n"
            "0, but the sender recorded that something is missing; 4 no key here opens it;\n"
            "5 damaged; 6 intact, but it breaks the rules: suspect its source; 7 made by a\n"
            "newer version.\n",
    .options = options,
};

struct job {
    const char *file;
    char *target; /* path of what will be made, or "-" */
    bool target_is_dir;
    struct keyring ring;
    struct volume_in *in;
    struct envelope *env; /* sodium_malloc: the file key must not be swapped out */
    struct stream_reader *stream;
    struct progress progress;
    struct intake_result result;
    uint64_t raw_len;
    uint8_t pkh[HASH_LEN]; /* of the key that opened it */
};

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

static enum seal_status out_of_memory(struct fault *fault)
{
    return fault_set(fault, SEAL_NO_MEMORY, NULL, NULL);
}

/* ---- Keys and header ---------------------------------------------------------------------- */

static enum seal_status read_keys(struct job *job, struct fault *fault)
{
    enum seal_status status = SEAL_OK;

    for (size_t i = 0; i < options[OPT_KEY].count && status == SEAL_OK; i++)
        status = keyring_add(&job->ring, options[OPT_KEY].all[i], fault);
    return status;
}

static enum seal_status open_header(struct job *job, struct fault *fault)
{
    size_t len;
    bool is_last;
    const uint8_t *block = volume_block(job->in, &len, &is_last);

    if (len < BLOCK_LEN)
        return fault_set(fault, SEAL_NO_KEY, NULL, NULL);
    if (keyring_open(&job->ring, job->env, block, options[OPT_PASSPHRASE_FD].text, job->pkh,
                     fault) != SEAL_OK)
        return fault->status;
    if (job->env->params.flags & FLAG_VOLUME)
        return fault_set(fault, SEAL_NEWER,
                         "it is one volume of a set, which this version cannot put together", NULL);
    return SEAL_OK;
}

/* ---- Where to ----------------------------------------------------------------------------- */

/* The last part of the file's name without its ending; never the name itself. */
static char *default_name(const char *file, const char *ending)
{
    const char *base = base_name(file);
    const char *dot = strrchr(base, '.');
    bool has_ending = dot != NULL && dot != base && dot[1] != '\0';
    size_t len = has_ending ? (size_t)(dot - base) : strlen(base);
    struct buffer b = {0};

    if (!has_ending && *ending == '\0')
        ending = ".bag";
    if (buffer_printf(&b, "%.*s%s", (int)len, base, ending) != SEAL_OK)
        return NULL;
    return (char *)b.data;
}

static enum seal_status choose_target(struct job *job, struct fault *fault)
{
    bool is_bag = job->env->params.type == CONTENT_BAG;
    bool raw = options[OPT_RAW].count > 0;
    const char *given = options[OPT_OUTPUT].text;
    size_t len;

    job->target_is_dir = is_bag && !raw;
    if (given == NULL)
        job->target = default_name(job->file, !raw ? "" : is_bag ? ".tar.zst" : ".zst");
    else
        job->target = strdup(given);
    if (job->target == NULL)
        return out_of_memory(fault);
    for (len = strlen(job->target); job->target_is_dir && len > 1 && job->target[len - 1] == '/';)
        job->target[--len] = '\0';
    if (job->target_is_dir && strcmp(job->target, "-") == 0)
        return fault_set(fault, SEAL_USAGE,
                         "it holds a bag, which is a folder; give -o a name for it, or add --raw",
                         NULL);
    return SEAL_OK;
}

/* ---- A bag -------------------------------------------------------------------------------- */

/* The folder under its temporary name. It stays the owner's alone: that decides over all in it. */
struct new_bag {
    int parent;
    int fd;
    const char *name;
    char *temporary;
};

static enum seal_status bag_create(struct new_bag *bag, const char *target, struct fault *fault)
{
    char *dir = NULL, *temporary;
    struct plat_stat st;

    if (!path_split(target, &dir, &bag->name))
        return out_of_memory(fault);
    bag->parent = plat_open_dir(PLAT_CWD, dir, true);
    free(dir);
    if (bag->parent < 0)
        return fault_set_errno(fault, "its folder could not be opened", target);
    if (plat_stat_at(bag->parent, bag->name, false, &st) == 0)
        return fault_set(fault, SEAL_EXISTS, NULL, target);
    temporary = partial_name(bag->name);
    if (temporary == NULL)
        return out_of_memory(fault);
    if (plat_make_dir(bag->parent, temporary, PLAT_PRIVATE) != 0) {
        (void)fault_set_errno(fault, "could not be created", target);
        free(temporary);
        return fault->status;
    }
    bag->temporary = temporary; /* ours to remove from now on */
    bag->fd = plat_open_dir(bag->parent, bag->temporary, false);
    return bag->fd < 0 ? fault_set_errno(fault, "could not be created", target) : SEAL_OK;
}

/* Everything is checked and written: to the medium with it, and then its name. */
static enum seal_status bag_publish(struct new_bag *bag, const char *target, struct fault *fault)
{
    if (plat_sync_filesystem(bag->fd) != 0)
        return fault_set_errno(fault, "could not be written", target);
    if (plat_rename_new(bag->parent, bag->temporary, bag->name) != 0) {
        if (errno == EEXIST || errno == ENOTEMPTY)
            return fault_set(fault, SEAL_EXISTS, NULL, target);
        return fault_set_errno(fault, "could not be given its name", target);
    }
    if (plat_sync(bag->parent) == 0) {
        free(bag->temporary);
        bag->temporary = NULL; /* it is no longer ours to remove */
        return SEAL_OK;
    }
    (void)fault_set_errno(fault, "its folder could not be written", target);
    (void)plat_rename_new(bag->parent, bag->name, bag->temporary);
    return fault->status;
}

static void bag_close(struct new_bag *bag)
{
    if (bag->fd >= 0)
        (void)plat_close(bag->fd);
    if (bag->temporary != NULL && plat_remove_tree(bag->parent, bag->temporary) != 0)
        warn("%s: this unfinished folder could not be removed; remove it by hand.",
             shown(bag->temporary));
    if (bag->parent >= 0)
        (void)plat_close(bag->parent);
    free(bag->temporary);
}

static enum seal_status receive_bag(struct job *job, struct fault *fault)
{
    struct intake_progress progress = {&job->progress, progress_add};
    struct new_bag bag = {-1, -1, NULL, NULL};
    enum seal_status status = bag_create(&bag, job->target, fault);

    if (status == SEAL_OK)
        status = intake_bag(&job->result, job->stream, bag.fd, &progress, fault);
    progress_end(&job->progress);
    if (status == SEAL_OK)
        status = bag_publish(&bag, job->target, fault);
    bag_close(&bag);
    return status;
}

/* ---- A stream, or content as it is -------------------------------------------------------- */

/* Takes at most left bytes and drops the rest: the padding behind raw content. */
struct fd_sink {
    int fd;
    uint64_t left;
};

static enum seal_status fd_sink_write(void *self, const void *data, size_t len, struct fault *fault)
{
    struct fd_sink *s = self;
    size_t n = len < s->left ? len : (size_t)s->left;

    s->left -= n;
    return fd_write_full(s->fd, data, n, fault);
}

/* One pass over the file; to NULL only checks. */
static enum seal_status pass(struct job *job, const struct sink *to, struct fault *fault)
{
    struct fd_sink dropped = {-1, 0};
    const struct sink nowhere = {fd_sink_write, &dropped};
    struct intake_progress progress = {&job->progress, progress_add};
    struct intake_result *r = &job->result;

    if (options[OPT_RAW].count == 0)
        return intake_stream(r, job->stream, to, &progress, fault);
    return stream_reader_copy(job->stream, to != NULL ? to : &nowhere, &job->raw_len, r->digest,
                              r->receipt, fault);
}

/* What went to standard output cannot be taken back: check all of it first, then read it again. */
static enum seal_status receive_stdout(struct job *job, struct fault *fault)
{
    struct fd_sink sink = {STDOUT_FILENO, UINT64_MAX};
    enum seal_status status = pass(job, NULL, fault);

    if (status == SEAL_OK)
        status = volume_rewind(job->in, fault);
    stream_reader_free(job->stream);
    job->stream = NULL;
    if (status == SEAL_OK)
        status = stream_reader_new(&job->stream, job->env, job->in, fault);
    if (status == SEAL_OK) {
        if (options[OPT_RAW].count > 0)
            sink.left = job->raw_len;
        status = pass(job, &(struct sink){fd_sink_write, &sink}, fault);
    }
    return status;
}

static enum seal_status receive_file(struct job *job, struct fault *fault)
{
    struct output output;
    struct fd_sink sink = {-1, UINT64_MAX};
    enum seal_status status = output_create(&output, job->target, PLAT_PRIVATE, fault);

    if (status != SEAL_OK)
        return status;
    if (output.is_stdout) {
        status = receive_stdout(job, fault);
    } else {
        sink.fd = output.fd;
        status = pass(job, &(struct sink){fd_sink_write, &sink}, fault);
        if (status == SEAL_OK && options[OPT_RAW].count > 0 &&
            plat_truncate(output.fd, job->raw_len) != 0)
            status = fault_set_errno(fault, "could not be written", job->target);
    }
    progress_end(&job->progress);
    if (status == SEAL_OK)
        return output_commit(&output, fault);
    if (fault->status == SEAL_IO)
        fault_add_name(fault, output.is_stdout ? "standard output" : job->target);
    output_abort(&output);
    return status;
}

/* Said before passphrases are asked for, where the name is known by then. */
static enum seal_status refuse_existing(const struct job *job, struct fault *fault)
{
    const char *given = options[OPT_OUTPUT].text;
    char *name = NULL;
    struct plat_stat st;
    bool exists;

    if (given == NULL && options[OPT_RAW].count == 0)
        name = default_name(job->file, "");
    else if (given != NULL && strcmp(given, "-") != 0)
        name = strdup(given);
    else
        return SEAL_OK;
    if (name == NULL)
        return out_of_memory(fault);
    exists = plat_stat_at(PLAT_CWD, name, false, &st) == 0;
    if (exists)
        (void)fault_set(fault, SEAL_EXISTS, NULL, name);
    free(name);
    return exists ? SEAL_EXISTS : SEAL_OK;
}

/* ---- The whole ---------------------------------------------------------------------------- */

static enum seal_status receive(struct job *job, struct fault *fault)
{
    enum seal_status status = choose_target(job, fault);

    if (status == SEAL_OK && strcmp(job->target, "-") == 0) {
        if (plat_is_terminal(STDOUT_FILENO))
            return fault_set(fault, SEAL_USAGE,
                             "standard output is a terminal; direct it into a file or a pipe",
                             NULL);
        /* Said now rather than after the first pass. */
        status = volume_rewind(job->in, fault);
    }
    if (status == SEAL_OK)
        status = stream_reader_new(&job->stream, job->env, job->in, fault);
    if (status != SEAL_OK)
        return status;
    progress_start(&job->progress, volume_size(job->in));
    return job->target_is_dir ? receive_bag(job, fault) : receive_file(job, fault);
}

/* The message is about the sealed file; what a rule was broken by is said as well. */
static void name_file(struct fault *fault, const char *file)
{
    char item[FAULT_NAME_SIZE];

    if (fault->status == SEAL_HOSTILE && fault->name[0] != '\0') {
        memcpy(item, fault->name, sizeof item);
        (void)snprintf(fault->name, sizeof fault->name, "%.400s, at %.600s", file, item);
    }
    fault_add_name(fault, file);
}

static enum seal_status run(struct job *job, struct fault *fault)
{
    enum seal_status status = refuse_existing(job, fault);

    if (status == SEAL_OK && options[OPT_PASSPHRASE_FD].text != NULL)
        status = passphrase_fd_check(options[OPT_PASSPHRASE_FD].text, fault);
    if (status == SEAL_OK)
        status = read_keys(job, fault);
    if (status == SEAL_OK && (job->env = sodium_malloc(sizeof *job->env)) == NULL)
        status = out_of_memory(fault);
    if (status == SEAL_OK)
        status = volume_open(&job->in, job->file, fault);
    if (status == SEAL_OK)
        status = open_header(job, fault);
    keyring_free(&job->ring);
    if (status == SEAL_OK)
        status = receive(job, fault);
    stream_reader_free(job->stream);
    sodium_free(job->env);
    volume_close(job->in);
    if (status != SEAL_OK)
        name_file(fault, job->file);
    return status;
}

/* The sender's own words about what is missing, escaped, a line each. */
static void show_remarks(const struct job *job)
{
    char *line = (char *)job->result.remarks.data;

    if (!bag_is_incomplete(&job->result.totals))
        return;
    warn("the sender recorded that something is missing or was not read whole:");
    while (line != NULL && *line != '\0') {
        char *end = strchr(line, '\n');

        if (end != NULL)
            *end = '\0';
        warn("  %s", shown(line + 2));
        line = end == NULL ? NULL : end + 1;
    }
}

static void show_result(const struct job *job)
{
    FILE *out = strcmp(job->target, "-") == 0 ? stderr : stdout;
    const struct bag_totals *t = &job->result.totals;
    char number[NUMBER_TEXT_SIZE(FINGERPRINT_GROUPS)];
    char hex[2 * SHA256_LEN + 1];

    fingerprint_text(number, job->pkh);
    say("opened with key %s", number);
    if (job->target_is_dir)
        say("%s and %s, %s, all checked", count_text(t->files, "file"),
            count_text(t->folders, "folder"), size_text(t->bytes));
    else if (options[OPT_RAW].count > 0)
        say("%s, not unpacked: only the seal is checked, not what is inside",
            size_text(job->raw_len));
    else
        say("%s, all checked", size_text(t->bytes));
    if (t->coded_names > 0)
        say("%s with %%, CR or LF, which BagIt writes as %%25, %%0D, %%0A: sha256sum does not find "
            "them by that; see unseal(1)",
            count_text(t->coded_names, "name"));
    show_remarks(job);
    if (out == stdout)
        (void)fprintf(out, "unsealed %s\n", shown(job->target));
    number_text(number, job->result.receipt, RECEIPT_GROUPS);
    (void)fprintf(out, "receipt  %s\n", number);
    hex_encode(hex, job->result.digest, SHA256_LEN);
    (void)fprintf(out, "digest   %s%s\n", hex,
                  options[OPT_RAW].count > 0 ? "  (the sender's, not compared)" : "");
}

static enum exit_code parse_job(struct job *job, const char *const *operands, size_t count)
{
    if (options[OPT_KEY].count == 0)
        return complain_usage("--key is missing: the secret key that opens the file");
    if (count == 0)
        return complain_usage("no sealed file was named");
    if (count > 1)
        return complain_usage("one sealed file is opened at a time");
    job->file = operands[0];
    if (strcmp(job->file, "-") != 0) {
        if (options[OPT_OUTPUT].count == 0 && strspn(base_name(job->file), ".-") > 0)
            return complain_usage("%s begins with a dot or a dash, so nothing is named after it; "
                                  "give -o a name",
                                  shown(job->file));
        return EXIT_ALL_DONE;
    }
    if (options[OPT_OUTPUT].count == 0)
        return complain_usage("standard input has no name to call the bag after; give one with -o");
    if (plat_is_terminal(STDIN_FILENO))
        return complain_usage("standard input is a terminal; direct a sealed file into it");
    return EXIT_ALL_DONE;
}

int main(int argc, char **argv)
{
    struct job job = {.file = NULL};
    struct fault fault = {.status = SEAL_OK};
    const char **operands;
    size_t operand_count;
    enum exit_code code;

    plat_process_setup();
    message_setup(program.name, false);
    options_parse(&program, argc, argv, &operands, &operand_count);
    message_setup(program.name, options[OPT_QUIET].count > 0);
    code = parse_job(&job, operands, operand_count);
    if (code == EXIT_ALL_DONE) {
        if (sodium_init() < 0)
            code = complain(&(struct fault){.status = SEAL_IO, .what = "libsodium did not start"});
        else if (run(&job, &fault) != SEAL_OK)
            code = complain(&fault);
        else {
            show_result(&job);
            code = bag_is_incomplete(&job.result.totals) ? EXIT_INCOMPLETE : EXIT_ALL_DONE;
        }
    }
    keyring_free(&job.ring);
    intake_result_free(&job.result);
    free(job.target);
    free(operands);
    options_free(&program);
    if (fault.status == SEAL_INTERRUPTED)
        plat_die_by_signal();
    return (int)finish_output(code);
}
