#include "cli/sealkey_options.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/options.h"

/* ---- What may stand on it ----------------------------------------------------------------- */

enum {
    NEW_OUTPUT,
    NEW_EXPIRES,
    NEW_SUGGEST,
    NEW_NO_PASSPHRASE,
    NEW_PASSPHRASE_FD,
    NEW_QUIET,
    NEW_COUNT
};
static struct option new_options[NEW_COUNT + 1] = {
    [NEW_OUTPUT] = {.name = "output",
                    .letter = 'o',
                    .value = "NAME",
                    .is_path = true,
                    .help_text = T_SEALKEY_HELP_NEW_OUTPUT},
    [NEW_EXPIRES] = {.name = "expires",
                     .letter = 'e',
                     .value = "DATE",
                     .help_text = T_SEALKEY_HELP_NEW_EXPIRES},
    [NEW_SUGGEST] = {.name = "suggest", .help_text = T_SEALKEY_HELP_SUGGEST},
    [NEW_NO_PASSPHRASE] = {.name = "no-passphrase", .help_text = T_SEALKEY_HELP_NEW_NO_PASSPHRASE},
    [NEW_PASSPHRASE_FD] = {.name = "passphrase-fd",
                           .is_whole = true,
                           .value = "N",
                           .help_text = T_SEALKEY_HELP_NEW_PASSPHRASE_FD},
    [NEW_QUIET] = {.name = "quiet", .letter = 'q', .help_text = T_SEALKEY_HELP_QUIET},
};
static const struct program new_program = {
    .name = "sealkey new",
    .usage_text = T_SEALKEY_USAGE_NEW,
    .about_text = T_SEALKEY_ABOUT_NEW,
    .options = new_options,
};

enum { SHOW_PASSPHRASE_FD, SHOW_COUNT };
static struct option show_options[SHOW_COUNT + 1] = {
    [SHOW_PASSPHRASE_FD] = {.name = "passphrase-fd",
                            .is_whole = true,
                            .value = "N",
                            .help_text = T_SEALKEY_HELP_SHOW_PASSPHRASE_FD},
};
static const struct program show_program = {
    .name = "sealkey show",
    .usage_text = T_SEALKEY_USAGE_SHOW,
    .about_text = T_SEALKEY_ABOUT_SHOW,
    .options = show_options,
};

enum {
    PASSWD_SUGGEST,
    PASSWD_NO_PASSPHRASE,
    PASSWD_PASSPHRASE_FD,
    PASSWD_NEW_PASSPHRASE_FD,
    PASSWD_QUIET,
    PASSWD_COUNT
};
static struct option passwd_options[PASSWD_COUNT + 1] = {
    [PASSWD_SUGGEST] = {.name = "suggest", .help_text = T_SEALKEY_HELP_SUGGEST},
    [PASSWD_NO_PASSPHRASE] = {.name = "no-passphrase",
                              .help_text = T_SEALKEY_HELP_PASSWD_NO_PASSPHRASE},
    [PASSWD_PASSPHRASE_FD] = {.name = "passphrase-fd",
                              .is_whole = true,
                              .value = "N",
                              .help_text = T_SEALKEY_HELP_PASSWD_PASSPHRASE_FD},
    [PASSWD_NEW_PASSPHRASE_FD] = {.name = "new-passphrase-fd",
                                  .is_whole = true,
                                  .value = "N",
                                  .help_text = T_SEALKEY_HELP_PASSWD_NEW_PASSPHRASE_FD},
    [PASSWD_QUIET] = {.name = "quiet", .letter = 'q', .help_text = T_SEALKEY_HELP_PASSWD_QUIET},
};
static const struct program passwd_program = {
    .name = "sealkey passwd",
    .usage_text = T_SEALKEY_USAGE_PASSWD,
    .about_text = T_SEALKEY_ABOUT_PASSWD,
    .options = passwd_options,
};

enum { KIT_TO, KIT_PROGRAMS, KIT_QUIET, KIT_COUNT };
static struct option kit_options[KIT_COUNT + 1] = {
    [KIT_TO] = {.name = "to",
                .letter = 't',
                .value = "KEY.pub",
                .is_path = true,
                .help_text = T_SEALKEY_HELP_KIT_TO},
    [KIT_PROGRAMS] = {.name = "programs",
                      .value = "DIR",
                      .is_path = true,
                      .help_text = T_SEALKEY_HELP_KIT_PROGRAMS},
    [KIT_QUIET] = {.name = "quiet", .letter = 'q', .help_text = T_SEALKEY_HELP_QUIET},
};
static const struct program kit_program = {
    .name = "sealkey kit",
    .usage_text = T_SEALKEY_USAGE_KIT,
    .about_text = T_SEALKEY_ABOUT_KIT,
    .options = kit_options,
};

static struct option no_options[1] = {{.name = NULL}};
static const struct program no_program = {
    .name = "sealkey",
    .usage_text = T_SEALKEY_USAGE,
    .about_text = T_SEALKEY_ABOUT,
    .more_text = T_SEALKEY_MORE,
    .options = no_options,
};

/* ---- new ---------------------------------------------------------------------------------- */

/* What is wrong with the name of a new key; T_NONE: nothing. */
static enum text_id mistake_in_name(const char *name)
{
    const char *slash = strrchr(name, '/');
    const char *last = slash == NULL ? name : slash + 1;
    size_t len = strlen(last);

    if (len == 0 || strcmp(last, ".") == 0 || strcmp(last, "..") == 0)
        return T_SEALKEY_OUTPUT_NO_NAME;
    if (strcmp(name, "-") == 0)
        return T_SEALKEY_OUTPUT_STDOUT;
    if (len > 4 && (strcmp(last + len - 4, ".pub") == 0 || strcmp(last + len - 4, ".key") == 0))
        return T_SEALKEY_OUTPUT_SUFFIX;
    return T_NONE;
}

static enum exit_code parse_expires(struct key_make_request *make, const char *text)
{
    if (text == NULL)
        return EXIT_ALL_DONE;
    if (!date_parse(text, &make->expires))
        return complain_usage(T_SEALKEY_DATE_MALFORMED, .name = text);
    if (key_is_expired(make->expires, make->created))
        return complain_usage(T_SEALKEY_DATE_PAST, .name = text);
    return EXIT_ALL_DONE;
}

/* fd: the option that gives the new passphrase, NULL if it was not given. */
static enum exit_code check_suggest(const struct sealkey_options *o, bool no_passphrase,
                                    const char *fd)
{
    if (o->suggest && (no_passphrase || fd != NULL))
        return complain_usage(T_OPTIONS_CONTRADICT, .word = "suggest",
                              .words = no_passphrase ? "no-passphrase" : fd);
    return EXIT_ALL_DONE;
}

static enum exit_code take_new(struct sealkey_options *out, const char **operands, size_t count)
{
    const char *name = new_options[NEW_OUTPUT].text;
    enum exit_code code;

    out->quiet = new_options[NEW_QUIET].count > 0;
    out->passphrase_fd = new_options[NEW_PASSPHRASE_FD].text;
    out->suggest = new_options[NEW_SUGGEST].count > 0;
    out->make =
        (struct key_make_request){.name = name,
                                  .created = date_today(),
                                  .no_passphrase = new_options[NEW_NO_PASSPHRASE].count > 0};
    if (count > 0)
        return complain_usage(T_SEALKEY_NEW_OPERAND, .name = operands[0]);
    if (name == NULL)
        return complain_usage(T_SEALKEY_NEW_NO_OUTPUT);
    if (mistake_in_name(name) != T_NONE)
        return complain_usage(mistake_in_name(name));
    code = parse_expires(&out->make, new_options[NEW_EXPIRES].text);
    if (code == EXIT_ALL_DONE && out->make.no_passphrase && out->passphrase_fd != NULL)
        code = complain_usage(T_SEALKEY_NO_PASSPHRASE_AND_FD);
    if (code == EXIT_ALL_DONE)
        code = check_suggest(out, out->make.no_passphrase,
                             out->passphrase_fd != NULL ? "passphrase-fd" : NULL);
    return code;
}

/* ---- show, passwd and kit ----------------------------------------------------------------- */

static enum exit_code take_show(struct sealkey_options *out, const char **operands, size_t count)
{
    (void)operands; /* all of them are taken as they are */
    out->passphrase_fd = show_options[SHOW_PASSPHRASE_FD].text;
    return count == 0 ? complain_usage(T_SEALKEY_SHOW_NO_FILE) : EXIT_ALL_DONE;
}

static enum exit_code take_passwd(struct sealkey_options *out, const char **operands, size_t count)
{
    out->quiet = passwd_options[PASSWD_QUIET].count > 0;
    out->passphrase_fd = passwd_options[PASSWD_PASSPHRASE_FD].text;
    out->new_passphrase_fd = passwd_options[PASSWD_NEW_PASSPHRASE_FD].text;
    out->suggest = passwd_options[PASSWD_SUGGEST].count > 0;
    out->passwd =
        (struct key_passwd_request){.name = count > 0 ? operands[0] : NULL,
                                    .no_passphrase = passwd_options[PASSWD_NO_PASSPHRASE].count > 0,
                                    .passphrase_given = out->passphrase_fd != NULL};
    if (count != 1)
        return complain_usage(T_SEALKEY_PASSWD_FILES);
    if (out->passwd.no_passphrase && out->new_passphrase_fd != NULL)
        return complain_usage(T_SEALKEY_NO_PASSPHRASE_AND_NEW_FD);
    return check_suggest(out, out->passwd.no_passphrase,
                         out->new_passphrase_fd != NULL ? "new-passphrase-fd" : NULL);
}

static enum exit_code take_kit(struct sealkey_options *out, const char **operands, size_t count)
{
    out->quiet = kit_options[KIT_QUIET].count > 0;
    out->kit = (struct key_kit_request){.key = kit_options[KIT_TO].text,
                                        .programs = kit_options[KIT_PROGRAMS].text,
                                        .path = count > 0 ? operands[0] : NULL};
    if (out->kit.key == NULL)
        return complain_usage(T_SEALKEY_KIT_NO_KEY);
    if (count != 1)
        return complain_usage(T_SEALKEY_KIT_FOLDERS);
    return EXIT_ALL_DONE;
}

/* ---- The command -------------------------------------------------------------------------- */

static const struct command {
    const char *name;
    const struct program *program;
    /* Checks what was parsed, and takes it over. */
    enum exit_code (*take)(struct sealkey_options *out, const char **operands, size_t count);
} commands[] = {
    [SEALKEY_NEW] = {"new", &new_program, take_new},
    [SEALKEY_SHOW] = {"show", &show_program, take_show},
    [SEALKEY_PASSWD] = {"passwd", &passwd_program, take_passwd},
    [SEALKEY_KIT] = {"kit", &kit_program, take_kit},
};
#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

static enum exit_code complain_unknown(const char *typed)
{
    struct suggestion s = {.wrong = typed, .wrong_len = strlen(typed)};

    for (size_t i = 0; i < COMMAND_COUNT; i++)
        suggestion_consider(&s, commands[i].name);
    if (s.nearest == NULL)
        return complain_usage(T_SEALKEY_COMMAND_UNKNOWN, .name = typed);
    warn(T_SEALKEY_COMMAND_MEANT, .name = typed, .word = s.nearest);
    return EXIT_WRONG_USE;
}

/* Without a command there are only --help, --version, and help as a word. */
static enum exit_code parse_no_command(struct sealkey_options *out, int argc, char **argv)
{
    if (argc > 1 && argv[1][0] != '-' && (argc > 2 || strcmp(argv[1], "help") != 0))
        return complain_unknown(argv[1]);
    options_parse(&no_program, argc, argv, &out->files, &out->file_count);
    return complain_usage(T_SEALKEY_NO_COMMAND);
}

enum exit_code sealkey_options_parse(struct sealkey_options *out, int argc, char **argv)
{
    *out = (struct sealkey_options){.files = NULL};
    for (size_t i = 0; argc > 1 && i < COMMAND_COUNT; i++) {
        enum exit_code code;

        if (strcmp(argv[1], commands[i].name) != 0)
            continue;
        out->command = (enum sealkey_command)i;
        options_parse(commands[i].program, argc - 1, argv + 1, &out->files, &out->file_count);
        code = commands[i].take(out, out->files, out->file_count);
        options_free(commands[i].program);
        return code;
    }
    return parse_no_command(out, argc, argv);
}

void sealkey_options_free(struct sealkey_options *options)
{
    free(options->files);
    *options = (struct sealkey_options){.files = NULL};
}
