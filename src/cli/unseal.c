/*
 * unseal: sealed files to checked bags.
 *
 * Order matters: keys are read, the heads of all files are opened, the keys are wiped; only then is
 * content looked at.
 */
#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "platform/process.h"
#include "platform/terminal.h"
#include "platform/worker.h"
#include "cli/drop.h"
#include "cli/inspect.h"
#include "cli/keyring.h"
#include "cli/sets.h"

enum option_number {
    OPT_KEY,
    OPT_OUTPUT,
    OPT_VERIFY,
    OPT_LIST,
    OPT_EXTRACT,
    OPT_RECHECK,
    OPT_LONG,
    OPT_JSON,
    OPT_CSV,
    OPT_RAW,
    OPT_OPERATOR,
    OPT_CASE,
    OPT_LOG,
    OPT_WRITABLE,
    OPT_EXACT_NAMES,
    OPT_MAX_SIZE,
    OPT_MAX_FILES,
    OPT_THREADS,
    OPT_REQUIRE_SANDBOX,
    OPT_PASSPHRASE_FD,
    OPT_QUIET
};

static struct option options[] = {
    [OPT_KEY] = {.name = "key",
                 .letter = 'k',
                 .value = "KEY",
                 .is_path = true,
                 .repeatable = true,
                 .help = "try this secret key file, or all in this folder"},
    [OPT_OUTPUT] = {.name = "output",
                    .letter = 'o',
                    .value = "DIR",
                    .is_path = true,
                    .help =
                        "the bag to make (DIR/: make bags in it); a file for a stream or --raw, "
                        "or -"},
    [OPT_VERIFY] = {.name = "verify", .help = "check everything, write only the custody record"},
    [OPT_LIST] = {.name = "list",
                  .letter = 'l',
                  .help = "show what is inside; reads only the record"},
    [OPT_EXTRACT] = {.name = "extract",
                     .value = "PATH",
                     .repeatable = true,
                     .help = "take out this file or folder alone, and check only that"},
    [OPT_RECHECK] = {.name = "recheck",
                     .value = "BAG",
                     .is_path = true,
                     .repeatable = true,
                     .help = "check a bag on disk again; no key is needed"},
    [OPT_LONG] = {.name = "long", .help = "with --list: sizes, times and SHA-256 too"},
    [OPT_JSON] = {.name = "json", .help = "with --list: all of it, for programs"},
    [OPT_CSV] = {.name = "csv", .help = "with --list: all of it, for spreadsheets"},
    [OPT_RAW] = {.name = "raw", .help = "write the content as it is (.tar.zst), not unpacked"},
    [OPT_OPERATOR] = {.name = "operator",
                      .value = "TEXT",
                      .help = "who opens it, for the custody record"},
    [OPT_CASE] = {.name = "case", .value = "TEXT", .help = "the case, for the custody record"},
    [OPT_LOG] = {.name = "log",
                 .value = "FILE",
                 .is_path = true,
                 .help = "add a line for each drop, and name those that came before"},
    [OPT_WRITABLE] = {.name = "writable", .help = "do not leave the bag read-only"},
    [OPT_EXACT_NAMES] = {.name = "exact-names",
                         .help = "keep names that not every system can hold or show"},
    [OPT_MAX_SIZE] = {.name = "max-size",
                      .value = "SIZE",
                      .help = "let no more come out than this (usually 64 times the sealed size)"},
    [OPT_MAX_FILES] = {.name = "max-files",
                       .value = "N",
                       .help = "no more files, and no more folders (usually 1000000)"},
    [OPT_THREADS] = {.name = "threads",
                     .value = "N",
                     .help = "work on N processors at most (1 to 64); default: all, up to 16"},
    [OPT_REQUIRE_SANDBOX] = {.name = "require-sandbox",
                             .help = "refuse where the system lacks part of the sandbox"},
    [OPT_PASSPHRASE_FD] = {.name = "passphrase-fd",
                           .value = "N",
                           .help = "read passphrases from this descriptor, one a line"},
    [OPT_QUIET] = {.name = "quiet", .letter = 'q', .help = "no progress, only results and errors"},
    {.name = NULL},
};

static const struct program program = {
    .name = "unseal",
    .usage = "--key KEY [--key KEY ...] [-o DIR] FILE...\n"
             "--key KEY --verify FILE...\n"
             "--key KEY --list [--long | --json | --csv] FILE\n"
             "--key KEY --extract PATH [--extract PATH ...] [-o DIR] FILE\n"
             "--recheck BAG",
    .about = "Opens sealed files, checks every byte of them, and leaves of each a BagIt bag (the "
             "evidence under data/, with manifests and a listing that others can check) and beside "
             "it a custody record, .custody.txt and .custody.json.",
    .more = "FILE - is standard input. Without -o, the bag is named after FILE, without its\n"
            "ending, in the current folder.\n"
            "\n"
            "Exit status: 0 all there, all checked; 1 could not be done; 2 wrong use; 3 as\n"
            "0, but the sender recorded that something is missing; 4 no key here opens it;\n"
            "5 damaged; 6 intact, but it breaks the rules: suspect its source; 7 made by a\n"
            "newer version. Of several FILEs, the worst: 6, then 1, 5, 4, 7, 2, 3.\n"
            "With --recheck: 0 unchanged; 1 not all could be read, or the custody record\n"
            "beside the bag is of no use; 3 only times differ; 5 changed, or not the bag on\n"
            "record.\n",
    .options = options,
};

/* ---- The command line --------------------------------------------------------------------- */

static bool given(enum option_number number)
{
    return options[number].count > 0;
}

/* What one run does: one of these, or to unseal. */
static const enum option_number modes[] = {OPT_VERIFY, OPT_LIST, OPT_EXTRACT, OPT_RECHECK, OPT_RAW};
#define MODE_COUNT (sizeof modes / sizeof modes[0])

/* Which options go with which mode; OPT_KEY stands for unsealing itself. */
static const struct {
    enum option_number option;
    enum option_number with[5];
    size_t with_count;
} uses[] = {
    {OPT_LONG, {OPT_LIST}, 1},
    {OPT_JSON, {OPT_LIST}, 1},
    {OPT_CSV, {OPT_LIST}, 1},
    {OPT_OUTPUT, {OPT_KEY, OPT_RAW, OPT_VERIFY, OPT_EXTRACT}, 4},
    {OPT_OPERATOR, {OPT_KEY, OPT_RAW, OPT_VERIFY}, 3},
    {OPT_CASE, {OPT_KEY, OPT_RAW, OPT_VERIFY}, 3},
    {OPT_LOG, {OPT_KEY, OPT_RAW, OPT_VERIFY}, 3},
    {OPT_WRITABLE, {OPT_KEY, OPT_EXTRACT}, 2},
    {OPT_EXACT_NAMES, {OPT_KEY, OPT_EXTRACT}, 2},
    {OPT_MAX_SIZE, {OPT_KEY, OPT_RAW, OPT_VERIFY, OPT_LIST, OPT_EXTRACT}, 5},
    {OPT_MAX_FILES, {OPT_KEY, OPT_VERIFY, OPT_LIST, OPT_EXTRACT}, 4},
    {OPT_THREADS, {OPT_KEY, OPT_RAW, OPT_VERIFY}, 3},
};

/* One form of a list at a time. */
static enum exit_code check_list_forms(void)
{
    static const enum option_number forms[] = {OPT_LONG, OPT_JSON, OPT_CSV};

    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        for (size_t k = i + 1; k < sizeof forms / sizeof forms[0]; k++)
            if (given(forms[i]) && given(forms[k]))
                return complain_usage_old("--%s and --%s contradict each other",
                                          options[forms[i]].name, options[forms[k]].name);
    return EXIT_ALL_DONE;
}

static enum exit_code check_uses(enum option_number mode)
{
    for (size_t i = 0; i < sizeof uses / sizeof uses[0]; i++) {
        bool fits = false;

        for (size_t k = 0; k < uses[i].with_count; k++)
            fits |= uses[i].with[k] == mode;
        if (given(uses[i].option) && !fits && mode == OPT_KEY)
            return complain_usage_old("--%s goes only with --%s", options[uses[i].option].name,
                                      options[uses[i].with[0]].name);
        if (given(uses[i].option) && !fits)
            return complain_usage_old("--%s does not go with --%s", options[uses[i].option].name,
                                      options[mode].name);
    }
    return check_list_forms();
}

static enum exit_code find_mode(enum option_number *mode)
{
    *mode = OPT_KEY;
    for (size_t i = 0; i < MODE_COUNT; i++) {
        if (!given(modes[i]))
            continue;
        if (*mode != OPT_KEY)
            return complain_usage_old("--%s and --%s contradict each other", options[*mode].name,
                                      options[modes[i]].name);
        *mode = modes[i];
    }
    return check_uses(*mode);
}

static enum exit_code check_files(enum option_number mode, const char *const *files, size_t count)
{
    if (mode == OPT_RECHECK) {
        if (count > 0)
            return complain_usage_old("--recheck is given the bag itself, and no sealed file");
        if (given(OPT_KEY))
            return complain_usage_old("--recheck needs no --key: a bag is not sealed");
        return EXIT_ALL_DONE;
    }
    if (!given(OPT_KEY))
        return complain_usage_old("--key is missing: the secret key that opens the file");
    if (count == 0)
        return complain_usage_old("no sealed file was named");
    for (size_t i = 0; i < count; i++) {
        if (strcmp(files[i], "-") != 0)
            continue;
        if (count > 1)
            return complain_usage_old(
                "- (standard input) is opened by itself, not with other files");
        if (mode != OPT_LIST && !given(OPT_OUTPUT))
            return complain_usage_old(
                "standard input has no name to call the %s after; give one with "
                "-o",
                mode == OPT_VERIFY ? "record" : "bag");
        if (plat_is_terminal(0))
            return complain_usage_old("standard input is a terminal; direct a sealed file into it");
    }
    return EXIT_ALL_DONE;
}

static enum exit_code check_output(enum option_number mode)
{
    const char *output = options[OPT_OUTPUT].text;

    if (output == NULL || strcmp(output, "-") != 0)
        return EXIT_ALL_DONE;
    if (mode == OPT_VERIFY || mode == OPT_EXTRACT)
        return complain_usage_old("-o - does not go with --%s; give a name", options[mode].name);
    return EXIT_ALL_DONE;
}

static enum exit_code read_limits(struct asked_limits *limits)
{
    const char *size = options[OPT_MAX_SIZE].text, *files = options[OPT_MAX_FILES].text;

    *limits = (struct asked_limits){.require_sandbox = given(OPT_REQUIRE_SANDBOX)};
    if (size != NULL && (!size_parse(size, &limits->max_size) || limits->max_size == 0))
        return complain_usage_old("--max-size takes a size in bytes (K, M and G may follow)");
    if (files != NULL && (!size_parse(files, &limits->max_files) || limits->max_files == 0))
        return complain_usage_old("--max-files takes a number");
    return EXIT_ALL_DONE;
}

/* ---- Many drops --------------------------------------------------------------------------- */

/* The folder that bags go into. Never one that is a bag: something in it that its manifest does not
 * list would spoil it. */
static enum seal_status prepare_home(const struct drop_options *o, struct fault *fault)
{
    struct plat_stat st;
    int fd;

    if (o->output == NULL || !o->output_is_home)
        return SEAL_OK;
    if (drop_refuse_in_bag(o->output, fault) != SEAL_OK)
        return fault->status;
    if (plat_stat_at(PLAT_CWD, o->output, true, &st) != 0 &&
        plat_make_dir(PLAT_CWD, o->output, PLAT_SHARED) != 0)
        return fault_set_errno(fault, REASON_CREATE, o->output);
    fd = plat_open_dir(PLAT_CWD, o->output, true);
    if (fd < 0)
        return fault_set_errno(fault, REASON_OPEN, o->output);
    if (plat_stat_at(fd, "bagit.txt", false, &st) == 0)
        (void)fault_set(fault, REASON_OUTPUT_IS_BAG, o->output);
    (void)plat_close(fd);
    return fault->status;
}

/* A log that cannot be used is better known before than after. */
static enum seal_status try_log(const struct drop_options *o, struct fault *fault)
{
    struct custody_log *log = NULL;
    enum seal_status status = SEAL_OK;

    if (o->log != NULL)
        status = drop_refuse_in_bag(o->log, fault);
    if (o->log != NULL && status == SEAL_OK)
        status = custody_log_open(&log, o->log, fault);
    custody_log_close(log);
    return status;
}

static enum seal_status read_keys(struct keyring *ring, struct fault *fault)
{
    enum seal_status status = SEAL_OK;

    if (options[OPT_PASSPHRASE_FD].text != NULL)
        status = passphrase_fd_check(options[OPT_PASSPHRASE_FD].text, fault);
    for (size_t i = 0; i < options[OPT_KEY].count && status == SEAL_OK; i++)
        status = keyring_add(ring, options[OPT_KEY].all[i], fault);
    return status;
}

/* The worse of two exit codes: what has to be looked into first. */
static enum exit_code worse(enum exit_code a, enum exit_code b)
{
    static const enum exit_code order[] = {EXIT_ALL_DONE, EXIT_INCOMPLETE, EXIT_WRONG_USE,
                                           EXIT_NEWER,    EXIT_NO_KEY,     EXIT_DAMAGED,
                                           EXIT_NOT_DONE, EXIT_SUSPICIOUS};
    size_t x = 0, y = 0;

    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        if (order[i] == a)
            x = i;
        if (order[i] == b)
            y = i;
    }
    return x > y ? a : b;
}

/* ---- What arrived ------------------------------------------------------------------------- */

static enum seal_status open_arrival(struct arrival *a, struct keyring *ring, bool many,
                                     bool hashes, unsigned int threads, struct fault *fault)
{
    struct fault changed = {.status = SEAL_OK};

    if (arrival_find(a, many, fault) != SEAL_OK)
        return fault->status;
    if (hashes && arrival_take_digest(a, threads, fault) != SEAL_OK)
        return fault->status;
    (void)!arrival_open_head(a, ring, options[OPT_PASSPHRASE_FD].text, fault);
    /* A verdict on a file that was replaced meanwhile would be one on another than the digest. */
    if (fault->status != SEAL_INTERRUPTED && arrival_check_unchanged(a, &changed) != SEAL_OK)
        *fault = changed;
    return fault->status;
}

/* Opens all heads, and finds out what belongs together. Why one was not opened is noted with it;
 * fault is what ends all. The keys are wiped in any case. */
static enum seal_status open_arrivals(struct sets *s, struct keyring *ring, bool hashes,
                                      unsigned int threads, struct fault *fault)
{
    for (size_t i = 0; i < s->arrival_count && fault->status == SEAL_OK; i++) {
        struct arrival *a = &s->arrivals[i];

        (void)!open_arrival(a, ring, s->arrival_count > 1, hashes, threads, &a->fault);
        arrival_put_aside(a);
        if (a->fault.status != SEAL_OK)
            fault_add_name(&a->fault, a->path);
        if (a->fault.status == SEAL_INTERRUPTED)
            *fault = a->fault;
    }
    keyring_free(ring);
    return fault->status == SEAL_OK ? sets_sort(s, fault) : fault->status;
}

/* ---- Unsealing ---------------------------------------------------------------------------- */

/* A line of the table at the end. */
struct outcome {
    char receipt[NUMBER_TEXT_SIZE(RECEIPT_GROUPS)];
    const char *word;
};

static void show_table(const struct drop *drops, const struct outcome *outcomes, size_t count)
{
    print_data("\n%-12s  %-24s  %s\n", "result", "receipt", "file");
    for (size_t i = 0; i < count; i++)
        print_data("%-12s  %-24s  %s\n", outcomes[i].word,
                   outcomes[i].receipt[0] != '\0' ? outcomes[i].receipt : "-",
                   shown(drop_called(&drops[i])));
}

static void note_outcome(struct outcome *o, const struct drop *d)
{
    o->word = drop_word(d);
    if (d->fault.status == SEAL_OK)
        number_text(o->receipt, d->result.receipt, RECEIPT_GROUPS);
}

/* One after the other. */
static enum exit_code receive_all(struct drop *drops, size_t count, struct outcome *outcomes,
                                  struct fault *stopped)
{
    enum exit_code code = EXIT_ALL_DONE;

    for (size_t i = 0; i < count && stopped->status == SEAL_OK; i++) {
        if (count > 1)
            print_data("%sfile     %s\n", i > 0 ? "\n" : "", shown(drop_called(&drops[i])));
        print_flush();
        drop_receive(&drops[i]);
        code = worse(code, drop_report(&drops[i]));
        note_outcome(&outcomes[i], &drops[i]);
        if (drops[i].fault.status == SEAL_INTERRUPTED)
            *stopped = drops[i].fault;
        drop_end(&drops[i]);
    }
    if (count > 1 && stopped->status == SEAL_OK)
        show_table(drops, outcomes, count);
    return code;
}

static enum exit_code receive_sets(const struct drop_options *o, const struct sets *s,
                                   struct fault *stopped)
{
    struct drop *drops = calloc(s->count, sizeof *drops);
    struct outcome *outcomes = calloc(s->count, sizeof *outcomes);
    enum exit_code code;

    for (size_t i = 0; drops != NULL && i < s->count; i++)
        drop_start(&drops[i], o, &s->all[i]);
    if (drops != NULL && outcomes != NULL)
        code = receive_all(drops, s->count, outcomes, stopped);
    else
        code = complain(&(struct fault){.status = SEAL_NO_MEMORY});
    for (size_t i = 0; drops != NULL && i < s->count; i++)
        drop_close(&drops[i]);
    free(drops);
    free(outcomes);
    return code;
}

static bool ends_in_slash(const char *text)
{
    return text != NULL && text[0] != '\0' && text[strlen(text) - 1] == '/';
}

/* What -o names: one bag, or the folder for several. */
static enum seal_status find_home(struct drop_options *o, const struct sets *s, struct fault *fault)
{
    if (o->output == NULL || o->output_is_home)
        return SEAL_OK;
    if (s->count > 1 && strcmp(o->output, "-") == 0)
        return fault_set(fault, REASON_STDOUT_SEVERAL, NULL);
    o->output_is_home = s->count > 1 || ((s->arrival_count > 1 || s->arrivals[0].lies_in_folder) &&
                                         is_folder(o->output));
    return prepare_home(o, fault);
}

static enum exit_code run_drops(struct drop_options *o, struct sets *s, struct fault *stopped)
{
    struct keyring ring = {0};

    o->output_is_home = ends_in_slash(o->output);
    if (prepare_home(o, stopped) == SEAL_OK && try_log(o, stopped) == SEAL_OK &&
        (s->arrival_count > 1 || s->arrivals[0].lies_in_folder ||
         drop_foresee(o, s->arrivals[0].path, stopped) == SEAL_OK) &&
        read_keys(&ring, stopped) == SEAL_OK &&
        open_arrivals(s, &ring, true, o->threads, stopped) == SEAL_OK)
        (void)find_home(o, s, stopped);
    keyring_free(&ring);
    if (stopped->status != SEAL_OK)
        return complain(stopped);
    return receive_sets(o, s, stopped);
}

/* ---- The whole ---------------------------------------------------------------------------- */

static enum exit_code run_inspection(enum option_number mode, struct sets *s,
                                     const struct asked_limits *limits, struct fault *stopped)
{
    struct keyring ring = {0};
    struct inspection in = {.as_json = given(OPT_JSON),
                            .as_csv = given(OPT_CSV),
                            .as_long = given(OPT_LONG),
                            .paths = options[OPT_EXTRACT].all,
                            .path_count = options[OPT_EXTRACT].count,
                            .output = options[OPT_OUTPUT].text,
                            .writable = given(OPT_WRITABLE),
                            .exact_names = given(OPT_EXACT_NAMES),
                            .limits = *limits};
    bool incomplete = false;
    char *target = NULL;

    if (mode == OPT_EXTRACT && (in.output != NULL || s->arrival_count == 1))
        (void)!inspect_target(&target, in.output, s->arrivals[0].path, stopped);
    free(target);
    if (stopped->status == SEAL_OK && read_keys(&ring, stopped) == SEAL_OK)
        (void)!open_arrivals(s, &ring, false, 1, stopped);
    keyring_free(&ring);
    if (stopped->status == SEAL_OK && s->count > 1)
        (void)fault_set(stopped, REASON_SEVERAL_SETS, NULL);
    in.set = s->all;
    if (stopped->status == SEAL_OK)
        (void)!(mode == OPT_LIST ? inspect_list(&in, &incomplete, stopped)
                                 : inspect_extract(&in, &incomplete, stopped));
    if (stopped->status != SEAL_OK)
        return complain(stopped);
    return incomplete ? EXIT_INCOMPLETE : EXIT_ALL_DONE;
}

static enum exit_code run(enum option_number mode, const char *const *files, size_t count,
                          const struct asked_limits *limits, unsigned int threads,
                          struct fault *stopped)
{
    struct drop_options o = {.output = options[OPT_OUTPUT].text,
                             .raw = given(OPT_RAW),
                             .verify = given(OPT_VERIFY),
                             .writable = given(OPT_WRITABLE),
                             .exact_names = given(OPT_EXACT_NAMES),
                             .operator_name = options[OPT_OPERATOR].text,
                             .case_name = options[OPT_CASE].text,
                             .log = options[OPT_LOG].text,
                             .threads = threads,
                             .limits = *limits};
    struct sets sets = {.count = 0};
    enum exit_code code;

    if (sets_list(&sets, files, count, stopped) != SEAL_OK) {
        code = complain(stopped);
    } else if (mode == OPT_LIST || mode == OPT_EXTRACT) {
        code = run_inspection(mode, &sets, limits, stopped);
    } else {
        o.program_sha256 = program_digest();
        code = run_drops(&o, &sets, stopped);
    }
    sets_free(&sets);
    return code;
}

static enum exit_code run_rechecks(const struct asked_limits *limits, struct fault *stopped)
{
    enum exit_code code = EXIT_ALL_DONE;

    for (size_t i = 0; i < options[OPT_RECHECK].count && stopped->status == SEAL_OK; i++)
        code = worse(code, recheck_bag(options[OPT_RECHECK].all[i], limits, stopped));
    return code;
}

int main(int argc, char **argv)
{
    struct fault stopped = {.status = SEAL_OK};
    const char **files;
    size_t count;
    struct asked_limits limits;
    unsigned int threads = 1;
    enum option_number mode;
    enum exit_code code;

    plat_process_setup();
    if (argc == 1 && strcmp(argv[0], PLAT_WORKER_NAME) == 0)
        return intake_worker();
    window_hold_at_end();
    plat_process_restrict(true);
    ui_setup(program.name, false);
    options_parse(&program, argc, argv, &files, &count);
    ui_setup(program.name, given(OPT_QUIET));
    code = find_mode(&mode);
    if (code == EXIT_ALL_DONE)
        code = check_files(mode, files, count);
    if (code == EXIT_ALL_DONE)
        code = check_output(mode);
    if (code == EXIT_ALL_DONE)
        code = read_limits(&limits);
    if (code == EXIT_ALL_DONE)
        code = threads_parse(options[OPT_THREADS].text, &threads);
    if (code == EXIT_ALL_DONE) {
        if (sodium_init() < 0)
            code = complain(&(struct fault){.status = SEAL_IO, .reason = REASON_SODIUM});
        else if (mode == OPT_RECHECK)
            code = run_rechecks(&limits, &stopped);
        else
            code = run(mode, files, count, &limits, threads, &stopped);
    }
    free(files);
    options_free(&program);
    if (stopped.status == SEAL_INTERRUPTED)
        plat_die_by_signal();
    return (int)finish_output(code);
}
