#include "cli/unseal_options.h"

#include <stdlib.h>
#include <string.h>

#include "platform/terminal.h"
#include "cli/options.h"

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
    OPT_REPAIR_TO,
    OPT_SALVAGE,
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
                 .help_text = T_UNSEAL_HELP_KEY},
    [OPT_OUTPUT] = {.name = "output",
                    .letter = 'o',
                    .value = "DIR",
                    .is_path = true,
                    .help_text = T_UNSEAL_HELP_OUTPUT},
    [OPT_VERIFY] = {.name = "verify", .help_text = T_UNSEAL_HELP_VERIFY},
    [OPT_LIST] = {.name = "list", .letter = 'l', .help_text = T_UNSEAL_HELP_LIST},
    [OPT_EXTRACT] = {.name = "extract",
                     .value = "PATH",
                     .repeatable = true,
                     .help_text = T_UNSEAL_HELP_EXTRACT},
    [OPT_RECHECK] = {.name = "recheck",
                     .value = "BAG",
                     .is_path = true,
                     .repeatable = true,
                     .help_text = T_UNSEAL_HELP_RECHECK},
    [OPT_LONG] = {.name = "long", .help_text = T_UNSEAL_HELP_LONG},
    [OPT_JSON] = {.name = "json", .help_text = T_UNSEAL_HELP_JSON},
    [OPT_CSV] = {.name = "csv", .help_text = T_UNSEAL_HELP_CSV},
    [OPT_RAW] = {.name = "raw", .help_text = T_UNSEAL_HELP_RAW},
    [OPT_REPAIR_TO] = {.name = "repair-to",
                       .value = "COPY",
                       .is_path = true,
                       .help_text = T_UNSEAL_HELP_REPAIR_TO},
    [OPT_SALVAGE] = {.name = "salvage", .help_text = T_UNSEAL_HELP_SALVAGE},
    [OPT_OPERATOR] = {.name = "operator", .value = "TEXT", .help_text = T_UNSEAL_HELP_OPERATOR},
    [OPT_CASE] = {.name = "case", .value = "TEXT", .help_text = T_UNSEAL_HELP_CASE},
    [OPT_LOG] = {.name = "log", .value = "FILE", .is_path = true, .help_text = T_UNSEAL_HELP_LOG},
    [OPT_WRITABLE] = {.name = "writable", .help_text = T_UNSEAL_HELP_WRITABLE},
    [OPT_EXACT_NAMES] = {.name = "exact-names", .help_text = T_UNSEAL_HELP_EXACT_NAMES},
    [OPT_MAX_SIZE] = {.name = "max-size", .value = "SIZE", .help_text = T_UNSEAL_HELP_MAX_SIZE},
    [OPT_MAX_FILES] = {.name = "max-files", .value = "N", .help_text = T_UNSEAL_HELP_MAX_FILES},
    [OPT_THREADS] = {.name = "threads", .value = "N", .help_text = T_UNSEAL_HELP_THREADS},
    [OPT_REQUIRE_SANDBOX] = {.name = "require-sandbox", .help_text = T_UNSEAL_HELP_REQUIRE_SANDBOX},
    [OPT_PASSPHRASE_FD] = {.name = "passphrase-fd",
                           .is_whole = true,
                           .value = "N",
                           .help_text = T_UNSEAL_HELP_PASSPHRASE_FD},
    [OPT_QUIET] = {.name = "quiet", .letter = 'q', .help_text = T_UNSEAL_HELP_QUIET},
    {.name = NULL},
};

static const struct program program = {
    .name = "unseal",
    .usage_text = T_UNSEAL_USAGE,
    .about_text = T_UNSEAL_ABOUT,
    .more_text = T_UNSEAL_MORE,
    .options = options,
};

/* ---- What goes together ------------------------------------------------------------------- */

static bool given(enum option_number number)
{
    return options[number].count > 0;
}

/* What one run does: one of these; without any of them, it unseals. */
static const enum option_number modes[] = {OPT_VERIFY, OPT_LIST,      OPT_EXTRACT, OPT_RECHECK,
                                           OPT_RAW,    OPT_REPAIR_TO, OPT_SALVAGE};
#define MODE_COUNT (sizeof modes / sizeof modes[0])

/* Which options go with which mode; OPT_KEY stands for unsealing itself. */
static const struct {
    enum option_number option;
    enum option_number with[6];
    size_t with_count;
} uses[] = {
    {OPT_LONG, {OPT_LIST}, 1},
    {OPT_JSON, {OPT_LIST}, 1},
    {OPT_CSV, {OPT_LIST}, 1},
    {OPT_OUTPUT, {OPT_KEY, OPT_RAW, OPT_VERIFY, OPT_EXTRACT, OPT_SALVAGE}, 5},
    {OPT_OPERATOR, {OPT_KEY, OPT_RAW, OPT_VERIFY, OPT_SALVAGE}, 4},
    {OPT_CASE, {OPT_KEY, OPT_RAW, OPT_VERIFY, OPT_SALVAGE}, 4},
    {OPT_LOG, {OPT_KEY, OPT_RAW, OPT_VERIFY, OPT_SALVAGE}, 4},
    {OPT_WRITABLE, {OPT_KEY, OPT_EXTRACT, OPT_SALVAGE}, 3},
    {OPT_EXACT_NAMES, {OPT_KEY, OPT_EXTRACT, OPT_SALVAGE}, 3},
    {OPT_MAX_SIZE, {OPT_KEY, OPT_RAW, OPT_VERIFY, OPT_LIST, OPT_EXTRACT, OPT_SALVAGE}, 6},
    {OPT_MAX_FILES, {OPT_KEY, OPT_VERIFY, OPT_LIST, OPT_EXTRACT, OPT_SALVAGE}, 5},
    {OPT_THREADS, {OPT_KEY, OPT_RAW, OPT_VERIFY, OPT_REPAIR_TO}, 4},
};

static enum exit_code complain_pair(enum text_id id, enum option_number a, enum option_number b)
{
    return complain_usage(id, .word = options[a].name, .words = options[b].name);
}

/* One form of a list at a time. */
static enum exit_code check_list_forms(void)
{
    static const enum option_number forms[] = {OPT_LONG, OPT_JSON, OPT_CSV};

    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        for (size_t k = i + 1; k < sizeof forms / sizeof forms[0]; k++)
            if (given(forms[i]) && given(forms[k]))
                return complain_pair(T_UNSEAL_CONTRADICT, forms[i], forms[k]);
    if (given(OPT_SALVAGE) && (given(OPT_JSON) || given(OPT_CSV)))
        return complain_pair(T_UNSEAL_NOT_WITH, given(OPT_JSON) ? OPT_JSON : OPT_CSV, OPT_SALVAGE);
    return EXIT_ALL_DONE;
}

static enum exit_code check_uses(enum option_number mode)
{
    for (size_t i = 0; i < sizeof uses / sizeof uses[0]; i++) {
        bool fits = false;

        for (size_t k = 0; k < uses[i].with_count; k++)
            fits |= uses[i].with[k] == mode;
        if (given(uses[i].option) && !fits && mode == OPT_KEY)
            return complain_pair(T_UNSEAL_ONLY_WITH, uses[i].option, uses[i].with[0]);
        if (given(uses[i].option) && !fits)
            return complain_pair(T_UNSEAL_NOT_WITH, uses[i].option, mode);
    }
    return check_list_forms();
}

static enum exit_code find_mode(enum option_number *mode)
{
    *mode = OPT_KEY;
    for (size_t i = 0; i < MODE_COUNT; i++) {
        if (!given(modes[i]))
            continue;
        if (*mode == OPT_LIST && modes[i] == OPT_SALVAGE) /* lists what would come out */
            continue;
        if (*mode != OPT_KEY)
            return complain_pair(T_UNSEAL_CONTRADICT, *mode, modes[i]);
        *mode = modes[i];
    }
    return check_uses(*mode);
}

/* ---- What was named ----------------------------------------------------------------------- */

static enum exit_code check_stdin(enum option_number mode, size_t count)
{
    if (given(OPT_SALVAGE) || mode == OPT_REPAIR_TO)
        return complain_usage(T_UNSEAL_NEEDS_FILE,
                              .word = options[given(OPT_SALVAGE) ? OPT_SALVAGE : mode].name);
    if (count > 1)
        return complain_usage(T_UNSEAL_STDIN_ALONE);
    if (mode != OPT_LIST && !given(OPT_OUTPUT))
        return complain_usage(mode == OPT_VERIFY ? T_UNSEAL_STDIN_RECORD_NAME
                                                 : T_UNSEAL_STDIN_OUTPUT_NAME);
    if (plat_is_terminal(0))
        return complain_usage(T_UNSEAL_STDIN_TERMINAL);
    return EXIT_ALL_DONE;
}

/* What is read first would take all of it, and of the other it would be said that it is empty or no
 * UTF-8. */
static enum exit_code check_stdin_uses(const char *const *files, size_t count)
{
    const char *text = options[OPT_PASSPHRASE_FD].text;
    unsigned int fd = 1;
    size_t readers = text != NULL && number_parse(text, 9, &fd) && fd == 0;

    for (size_t i = 0; i < count; i++)
        readers += strcmp(files[i], "-") == 0 || path_is_stdin(files[i]);
    for (size_t i = 0; i < options[OPT_KEY].count; i++)
        readers += path_is_stdin(options[OPT_KEY].all[i]);
    return readers > 1 ? complain_usage(T_UNSEAL_STDIN_TWICE) : EXIT_ALL_DONE;
}

static enum exit_code check_files(enum option_number mode, const char *const *files, size_t count)
{
    if (mode == OPT_RECHECK && count > 0)
        return complain_usage(T_UNSEAL_RECHECK_FILE);
    if (mode == OPT_RECHECK)
        return given(OPT_KEY) ? complain_usage(T_UNSEAL_RECHECK_KEY) : EXIT_ALL_DONE;
    if (!given(OPT_KEY))
        return complain_usage(T_UNSEAL_KEY_MISSING);
    if (count == 0)
        return complain_usage(T_UNSEAL_FILE_MISSING);
    for (size_t i = 0; i < count; i++)
        if (strcmp(files[i], "-") == 0)
            return check_stdin(mode, count);
    return EXIT_ALL_DONE;
}

static enum exit_code check_output(enum option_number mode)
{
    const char *output = options[mode == OPT_REPAIR_TO ? OPT_REPAIR_TO : OPT_OUTPUT].text;

    if (output == NULL || strcmp(output, "-") != 0)
        return EXIT_ALL_DONE;
    if (mode == OPT_REPAIR_TO)
        return complain_usage(T_UNSEAL_REPAIR_STDOUT);
    if (mode == OPT_VERIFY || mode == OPT_EXTRACT || mode == OPT_SALVAGE)
        return complain_usage(T_UNSEAL_STDOUT_NOT_WITH, .word = options[mode].name);
    return EXIT_ALL_DONE;
}

static enum exit_code read_limits(struct asked_limits *limits)
{
    const char *size = options[OPT_MAX_SIZE].text, *files = options[OPT_MAX_FILES].text;

    *limits = (struct asked_limits){.require_sandbox = given(OPT_REQUIRE_SANDBOX)};
    if (size != NULL && (!size_parse(size, &limits->max_size) || limits->max_size == 0))
        return complain_usage(T_UNSEAL_MAX_SIZE_WRONG, .name = size);
    if (files != NULL && (!size_parse(files, &limits->max_files) || limits->max_files == 0))
        return complain_usage(T_UNSEAL_MAX_FILES_WRONG, .name = files);
    return EXIT_ALL_DONE;
}

/* ---- The requests ------------------------------------------------------------------------- */

static struct drop_request drop_from(enum option_number mode, const struct asked_limits *limits,
                                     unsigned int threads)
{
    return (struct drop_request){.task = mode == OPT_RAW       ? DROP_RAW
                                         : mode == OPT_VERIFY  ? DROP_VERIFY
                                         : mode == OPT_SALVAGE ? DROP_SALVAGE
                                                               : DROP_UNSEAL,
                                 .output = options[OPT_OUTPUT].text,
                                 .writable = given(OPT_WRITABLE),
                                 .exact_names = given(OPT_EXACT_NAMES),
                                 .operator_name = options[OPT_OPERATOR].text,
                                 .case_name = options[OPT_CASE].text,
                                 .log = options[OPT_LOG].text,
                                 .threads = threads,
                                 .limits = *limits};
}

static struct inspect_request inspect_from(const struct receive_input *input,
                                           const struct asked_limits *limits)
{
    return (struct inspect_request){.input = *input,
                                    .limits = *limits,
                                    .salvages = given(OPT_SALVAGE),
                                    .paths = options[OPT_EXTRACT].all,
                                    .path_count = options[OPT_EXTRACT].count,
                                    .output = options[OPT_OUTPUT].text,
                                    .writable = given(OPT_WRITABLE),
                                    .exact_names = given(OPT_EXACT_NAMES)};
}

static struct mend_request mend_from(const struct receive_input *input,
                                     const struct asked_limits *limits, unsigned int threads)
{
    return (struct mend_request){.input = *input,
                                 .limits = *limits,
                                 .output = options[OPT_REPAIR_TO].text,
                                 .threads = threads};
}

static void fill(struct unseal_options *out, enum option_number mode, size_t file_count,
                 unsigned int threads)
{
    const struct receive_input input = {.keys = options[OPT_KEY].all,
                                        .key_count = options[OPT_KEY].count,
                                        .files = out->operands,
                                        .file_count = file_count};

    out->mode = mode == OPT_LIST        ? UNSEAL_LIST
                : mode == OPT_EXTRACT   ? UNSEAL_EXTRACT
                : mode == OPT_RECHECK   ? UNSEAL_RECHECK
                : mode == OPT_REPAIR_TO ? UNSEAL_MEND
                                        : UNSEAL_DROPS;
    out->passphrase_fd = options[OPT_PASSPHRASE_FD].text;
    out->unseal =
        (struct unseal_request){.input = input, .drop = drop_from(mode, &out->limits, threads)};
    out->inspect = inspect_from(&input, &out->limits);
    out->mend = mend_from(&input, &out->limits, threads);
    out->list_form = given(OPT_LONG)   ? LIST_LONG
                     : given(OPT_JSON) ? LIST_JSON
                     : given(OPT_CSV)  ? LIST_CSV
                                       : LIST_NAMES;
    out->bags = options[OPT_RECHECK].all;
    out->bag_count = options[OPT_RECHECK].count;
}

enum exit_code unseal_options_parse(struct unseal_options *out, int argc, char **argv)
{
    enum option_number mode = OPT_KEY;
    unsigned int threads = 1;
    size_t count;
    enum exit_code code;

    *out = (struct unseal_options){.operands = NULL};
    options_parse(&program, argc, argv, &out->operands, &count);
    out->quiet = given(OPT_QUIET);
    code = find_mode(&mode);
    if (code == EXIT_ALL_DONE)
        code = check_files(mode, out->operands, count);
    if (code == EXIT_ALL_DONE)
        code = check_stdin_uses(out->operands, count);
    if (code == EXIT_ALL_DONE)
        code = check_output(mode);
    if (code == EXIT_ALL_DONE)
        code = read_limits(&out->limits);
    if (code == EXIT_ALL_DONE)
        code = threads_parse(options[OPT_THREADS].text, &threads);
    if (code == EXIT_ALL_DONE)
        fill(out, mode, count, threads);
    return code;
}

void unseal_options_free(struct unseal_options *o)
{
    free(o->operands);
    options_free(&program);
    *o = (struct unseal_options){.operands = NULL};
}
