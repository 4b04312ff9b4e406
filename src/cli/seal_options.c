#include "cli/seal_options.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/archive.h"
#include "platform/process.h"
#include "platform/terminal.h"
#include "cli/options.h"
#include "jobs/key_kit.h"

enum option_number {
    OPT_TO,
    OPT_FINGERPRINT,
    OPT_OUTPUT,
    OPT_PAD,
    OPT_SPLIT,
    OPT_ASK_MEDIA,
    OPT_REPAIR,
    OPT_VERIFY,
    OPT_NO_VERIFY,
    OPT_LEVEL,
    OPT_NO_COMPRESS,
    OPT_THREADS,
    OPT_ALLOW_EXPIRED,
    OPT_ALLOW_EMPTY,
    OPT_NOTE,
    OPT_NOTE_FILE,
    OPT_INFO,
    OPT_LOCAL_OFFSET,
    OPT_DRY_RUN,
    OPT_QUIET,
    OPT_VERBOSE
};

static struct option options[] = {
    [OPT_TO] = {.name = "to",
                .letter = 't',
                .value = "KEY.pub",
                .is_path = true,
                .repeatable = true,
                .help_text = T_HELP_TO},
    [OPT_FINGERPRINT] = {.name = "fingerprint",
                         .value = "DIGITS",
                         .repeatable = true,
                         .help_text = T_HELP_FINGERPRINT},
    [OPT_OUTPUT] = {.name = "output",
                    .letter = 'o',
                    .value = "FILE",
                    .is_path = true,
                    .help_text = T_HELP_SEAL_OUTPUT},
    [OPT_PAD] = {.name = "pad", .value = "RULE", .help_text = T_HELP_PAD},
    [OPT_SPLIT] = {.name = "split", .value = "SIZE", .help_text = T_HELP_SPLIT},
    [OPT_ASK_MEDIA] = {.name = "ask-media", .help_text = T_HELP_ASK_MEDIA},
    [OPT_REPAIR] = {.name = "repair", .value = "PERCENT", .help_text = T_HELP_REPAIR},
    [OPT_VERIFY] = {.name = "verify", .help_text = T_HELP_SEAL_VERIFY},
    [OPT_NO_VERIFY] = {.name = "no-verify", .help_text = T_HELP_NO_VERIFY},
    [OPT_LEVEL] = {.name = "level", .value = "N", .help_text = T_HELP_LEVEL},
    [OPT_NO_COMPRESS] = {.name = "no-compress", .help_text = T_HELP_NO_COMPRESS},
    [OPT_THREADS] = {.name = "threads", .value = "N", .help_text = T_HELP_SEAL_THREADS},
    [OPT_ALLOW_EXPIRED] = {.name = "allow-expired", .help_text = T_HELP_ALLOW_EXPIRED},
    [OPT_ALLOW_EMPTY] = {.name = "allow-empty", .help_text = T_HELP_ALLOW_EMPTY},
    [OPT_NOTE] = {.name = "note", .value = "TEXT", .help_text = T_HELP_NOTE},
    [OPT_NOTE_FILE] = {.name = "note-file",
                       .value = "FILE",
                       .is_path = true,
                       .help_text = T_HELP_NOTE_FILE},
    [OPT_INFO] = {.name = "info",
                  .value = "LABEL=VALUE",
                  .repeatable = true,
                  .help_text = T_HELP_INFO},
    [OPT_LOCAL_OFFSET] = {.name = "local-offset", .help_text = T_HELP_LOCAL_OFFSET},
    [OPT_DRY_RUN] = {.name = "dry-run", .letter = 'n', .help_text = T_HELP_DRY_RUN},
    [OPT_QUIET] = {.name = "quiet", .letter = 'q', .help_text = T_HELP_SEAL_QUIET},
    [OPT_VERBOSE] = {.name = "verbose", .letter = 'v', .help_text = T_HELP_VERBOSE},
    {.name = NULL},
};

static const struct program program = {
    .name = "seal",
    .usage_text = T_SEAL_USAGE,
    .about_text = T_SEAL_ABOUT,
    .more_text = T_SEAL_MORE,
    .options = options,
};

static bool is_given(enum option_number number)
{
    return options[number].count > 0;
}

static bool is_dash(const char *path)
{
    return path != NULL && strcmp(path, "-") == 0;
}

/* ---- What to seal ------------------------------------------------------------------------- */

static enum exit_code parse_paths(struct seal_request *r, const char **operands, size_t count)
{
    if (count == 0)
        return complain_usage(T_SEAL_NOTHING);
    for (size_t i = 0; i < count; i++)
        r->is_stream |= is_dash(operands[i]);
    if (r->is_stream && count > 1)
        return complain_usage(T_SEAL_STDIN_ALONE);
    if (r->is_stream && plat_is_terminal(STDIN_FILENO))
        return complain_usage(T_SEAL_STDIN_TERMINAL);
    r->allow_empty = is_given(OPT_ALLOW_EMPTY);
    r->paths = operands;
    r->path_count = count;
    return EXIT_ALL_DONE;
}

/* A stream is sealed without a record, and is read only once. */
static enum exit_code check_stream(void)
{
    static const enum option_number refused[] = {OPT_NOTE, OPT_NOTE_FILE, OPT_INFO,
                                                 OPT_LOCAL_OFFSET};

    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        if (is_given(refused[i]))
            return complain_usage(T_SEAL_STDIN_OPTION, .word = options[refused[i]].name);
    if (is_given(OPT_DRY_RUN))
        return complain_usage(T_SEAL_STDIN_DRY_RUN);
    return EXIT_ALL_DONE;
}

/* ---- To whom and where to ----------------------------------------------------------------- */

/* On a stick that sealkey kit made, the key lies beside the program; and the sealed file goes
 * there, too. */
static enum exit_code look_for_kit(struct seal_options *o)
{
    struct buffer path = {0};
    struct plat_stat st;

    o->kit_folder = plat_program_folder();
    if (o->kit_folder != NULL &&
        buffer_printf(&path, "%s/" KIT_RECIPIENT, o->kit_folder) == SEAL_OK &&
        plat_stat_at(PLAT_CWD, (char *)path.data, true, &st) == 0 && st.type == PLAT_FILE) {
        o->kit_key = (char *)path.data;
        return EXIT_ALL_DONE;
    }
    buffer_free(&path);
    return complain_usage(T_SEAL_TO_MISSING);
}

/* Four groups at least: a key with the same two takes 10^8 tries on average, each a block of
 * BLAKE2b over another cloak_pk: a minute or two on one core. */
#define GROUPS_MIN 4

static bool is_fingerprint(const char *text)
{
    size_t digits = 0;

    for (; *text != '\0'; text++) {
        if ((*text < '0' || *text > '9') && *text != ' ')
            return false;
        digits += *text != ' ';
    }
    return digits % 4 == 0 && digits >= 4 * GROUPS_MIN && digits <= 4 * FINGERPRINT_GROUPS;
}

static enum exit_code parse_fingerprints(struct seal_options *o)
{
    const struct option *given = &options[OPT_FINGERPRINT];

    o->fingerprints = calloc(given->count + 1, sizeof *o->fingerprints);
    if (o->fingerprints == NULL)
        return complain(&(struct fault){.status = SEAL_NO_MEMORY});
    for (size_t i = 0; i < given->count; i++) {
        if (!is_fingerprint(given->all[i]))
            return complain_usage(T_SEAL_FINGERPRINT_WRONG, .name = given->all[i]);
        o->fingerprints[i] = given->all[i];
    }
    o->request.fingerprints = o->fingerprints;
    o->request.fingerprint_count = given->count;
    return EXIT_ALL_DONE;
}

/* Whether a path is a folder that folder lies in, or that folder itself. */
static bool holds(const char *path, const char *folder)
{
    char *real = plat_real_path(path), *below = plat_real_path(folder);
    size_t len = real == NULL ? 0 : strlen(real);
    bool does = real != NULL && below != NULL && strncmp(below, real, len) == 0 &&
                (below[len] == '\0' || below[len] == '/' || (len > 0 && real[len - 1] == '/'));

    free(real);
    free(below);
    return does;
}

/* Somebody who types "seal ." there means other files than these. */
static enum exit_code refuse_kit_itself(const struct seal_options *o)
{
    for (size_t i = 0; i < o->request.path_count; i++)
        if (holds(o->request.paths[i], o->kit_folder))
            return complain_usage(T_SEAL_KIT_ITSELF, .name = o->request.paths[i]);
    return EXIT_ALL_DONE;
}

static enum exit_code parse_recipients(struct seal_options *o)
{
    size_t count = options[OPT_TO].count;

    if (count == 0 && !o->dry_run) {
        enum exit_code code = look_for_kit(o);

        if (code == EXIT_ALL_DONE)
            code = refuse_kit_itself(o);
        if (code != EXIT_ALL_DONE)
            return code;
    }
    o->key_files = calloc(count + 1, sizeof *o->key_files);
    if (o->key_files == NULL)
        return complain(&(struct fault){.status = SEAL_NO_MEMORY});
    if (count > 0)
        memcpy(o->key_files, options[OPT_TO].all, count * sizeof *o->key_files);
    else if (o->kit_key != NULL)
        o->key_files[count++] = o->kit_key;
    for (size_t i = 0; o->request.is_stream && i < count; i++)
        if (path_is_stdin(o->key_files[i]))
            return complain_usage(T_SEAL_STDIN_TWICE);
    o->request.key_files = o->key_files;
    o->request.key_file_count = count;
    o->request.allow_expired = is_given(OPT_ALLOW_EXPIRED);
    return parse_fingerprints(o);
}

static void parse_output(struct seal_options *o)
{
    o->request.output = options[OPT_OUTPUT].text;
    if (o->request.output == NULL && o->kit_key != NULL)
        o->request.output = o->kit_folder;
}

/* ---- How ---------------------------------------------------------------------------------- */

/* A size that a sealed file can have. */
static bool parse_length(const char *text, uint64_t *size)
{
    return size_parse(text, size) && *size >= BLOCK_LEN && *size % LENGTH_UNIT == 0 &&
           *size <= STREAM_BLOCKS_MAX * BLOCK_LEN;
}

static enum exit_code parse_padding(struct padding *padding)
{
    static const struct {
        const char *name;
        enum padding_rule rule;
    } rules[] = {{"padme", PAD_PADME}, {"mib", PAD_MIB}, {"round", PAD_ROUND}, {"pow2", PAD_POW2}};
    const char *text = options[OPT_PAD].text;

    *padding = (struct padding){.rule = PAD_PADME, .size = 0};
    if (text == NULL)
        return EXIT_ALL_DONE;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (strcmp(text, rules[i].name) != 0)
            continue;
        padding->rule = rules[i].rule;
        return EXIT_ALL_DONE;
    }
    padding->rule = PAD_FIXED;
    if (!parse_length(text, &padding->size))
        return complain_usage(T_SEAL_PAD_WRONG, .name = text);
    return EXIT_ALL_DONE;
}

static enum exit_code parse_split(struct seal_request *r)
{
    const char *text = options[OPT_SPLIT].text;

    if (text != NULL && strcmp(text, "fat32") == 0)
        r->split = SPLIT_FAT32;
    else if (text != NULL && !parse_length(text, &r->split))
        return complain_usage(T_SEAL_SPLIT_WRONG, .name = text);
    if (text != NULL && r->padding.rule == PAD_FIXED)
        return complain_usage(T_SEAL_SPLIT_AND_PAD);
    if (text != NULL && is_dash(options[OPT_OUTPUT].text))
        return complain_usage(T_SEAL_SPLIT_STDOUT);
    r->ask_media = is_given(OPT_ASK_MEDIA);
    if (text == NULL && r->ask_media)
        return complain_usage(T_SEAL_ASK_MEDIA_ALONE);
    return EXIT_ALL_DONE;
}

static enum exit_code parse_repair(int *repair)
{
    static const struct {
        const char *name;
        int m;
    } levels[] = {{"none", 0}, {"6", 4}, {"12", 8}, {"25", 16}};
    const char *text = options[OPT_REPAIR].text;

    *repair = REPAIR_AUTO;
    for (size_t i = 0; text != NULL && i < sizeof levels / sizeof levels[0]; i++)
        if (strcmp(text, levels[i].name) == 0)
            *repair = levels[i].m;
    return text == NULL || *repair != REPAIR_AUTO
               ? EXIT_ALL_DONE
               : complain_usage(T_SEAL_REPAIR_WRONG, .name = text);
}

static enum exit_code parse_read_back(enum read_back_when *when)
{
    bool verify = is_given(OPT_VERIFY), no_verify = is_given(OPT_NO_VERIFY);

    if (verify && no_verify)
        return complain_usage(T_OPTIONS_CONTRADICT, .word = options[OPT_VERIFY].name,
                              .words = options[OPT_NO_VERIFY].name);
    if (verify && is_dash(options[OPT_OUTPUT].text))
        return complain_usage(T_SEAL_VERIFY_STDOUT);
    *when = verify ? READ_BACK_ALWAYS : no_verify ? READ_BACK_NEVER : READ_BACK_REMOVABLE;
    return EXIT_ALL_DONE;
}

static enum exit_code parse_level(int *level)
{
    const char *text = options[OPT_LEVEL].text;
    unsigned int number = 0;

    *level = is_given(OPT_NO_COMPRESS) ? LEVEL_STORE : LEVEL_DEFAULT;
    if (text == NULL)
        return EXIT_ALL_DONE;
    if (*level == LEVEL_STORE)
        return complain_usage(T_OPTIONS_CONTRADICT, .word = options[OPT_LEVEL].name,
                              .words = options[OPT_NO_COMPRESS].name);
    if (!number_parse(text, 2, &number) || number < LEVEL_MIN || number > LEVEL_MAX)
        return complain_usage(T_SEAL_LEVEL_WRONG, .number = LEVEL_MIN, .limit = LEVEL_MAX,
                              .name = text);
    *level = (int)number;
    return EXIT_ALL_DONE;
}

/* ---- The record --------------------------------------------------------------------------- */

static enum exit_code parse_record(struct seal_options *o)
{
    enum exit_code code = o->request.is_stream ? check_stream() : EXIT_ALL_DONE;

    for (size_t i = 0; i < options[OPT_INFO].count && code == EXIT_ALL_DONE; i++)
        code = labels_add_info(&o->labels, options[OPT_INFO].all[i]);
    if (code == EXIT_ALL_DONE && is_given(OPT_NOTE))
        code = labels_add_note(&o->labels, options[OPT_NOTE].text);
    if (code == EXIT_ALL_DONE && is_given(OPT_NOTE_FILE))
        code = labels_add_note_file(&o->labels, options[OPT_NOTE_FILE].text);
    o->request.labels = o->labels.list;
    o->request.label_count = o->labels.count;
    o->request.local_offset = is_given(OPT_LOCAL_OFFSET);
    return code;
}

/* ---- All of it ---------------------------------------------------------------------------- */

static enum exit_code check_terminal(const struct seal_options *o)
{
    struct fault fault = {.status = SEAL_OK};

    if (o->dry_run)
        return EXIT_ALL_DONE;
    if (is_dash(o->request.output) && plat_is_terminal(STDOUT_FILENO))
        return complain_usage(T_SEAL_STDOUT_TERMINAL);
    if (!o->request.ask_media || plat_has_terminal())
        return EXIT_ALL_DONE;
    (void)fault_set(&fault, REASON_ASK_MEDIA_NO_TERMINAL, NULL);
    return complain(&fault);
}

static enum exit_code parse_how(struct seal_request *r)
{
    enum exit_code code = parse_padding(&r->padding);

    if (code == EXIT_ALL_DONE)
        code = parse_split(r);
    if (code == EXIT_ALL_DONE)
        code = parse_repair(&r->repair);
    if (code == EXIT_ALL_DONE)
        code = parse_read_back(&r->read_back);
    if (code == EXIT_ALL_DONE)
        code = parse_level(&r->level);
    if (code == EXIT_ALL_DONE)
        code = threads_parse(options[OPT_THREADS].text, &r->threads);
    return code;
}

enum exit_code seal_options_parse(struct seal_options *o, int argc, char **argv)
{
    size_t operand_count;
    enum exit_code code;

    *o = (struct seal_options){.operands = NULL};
    options_parse(&program, argc, argv, &o->operands, &operand_count);
    o->dry_run = is_given(OPT_DRY_RUN);
    o->quiet = is_given(OPT_QUIET);
    o->verbose = is_given(OPT_VERBOSE);
    code = parse_paths(&o->request, o->operands, operand_count);
    if (code == EXIT_ALL_DONE)
        code = parse_recipients(o);
    parse_output(o);
    if (code == EXIT_ALL_DONE)
        code = parse_how(&o->request);
    if (code == EXIT_ALL_DONE)
        code = parse_record(o);
    if (code == EXIT_ALL_DONE)
        code = check_terminal(o);
    options_free(&program);
    return code;
}

void seal_options_free(struct seal_options *o)
{
    labels_free(&o->labels);
    free(o->operands);
    free(o->key_files);
    free(o->fingerprints);
    free(o->kit_folder);
    free(o->kit_key);
}
