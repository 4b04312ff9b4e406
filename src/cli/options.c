/*
 * Command lines: one table for each program drives parsing and --help.
 */
#include "cli/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "platform/files.h"
#include "platform/process.h"

/* ---- Help --------------------------------------------------------------------------------- */

#define HELP_WIDTH 79
#define HELP_COLUMN 28 /* where the text of an option begins */

/* Whether a line may not begin with the character: a closing mark of Chinese. */
static bool is_closing(const char *s)
{
    static const char *const marks[] = {"，", "。", "；", "：", "、", "）", "」", "》", "！", "？"};

    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (strncmp(s, marks[i], strlen(marks[i])) == 0)
            return true;
    return false;
}

/* The bytes and columns of what stands together in one line: a word, or of a script without blanks
 * a character, with the marks that close it. */
static size_t word_len(const char *text, size_t *columns)
{
    struct text_look look = {0};
    size_t n = 0;

    *columns = 0;
    while (text[n] != '\0' && text[n] != ' ' && text[n] != '\n') {
        char piece[TEXT_PIECE_SIZE];
        size_t wide, len = text_piece(text + n, strnlen(text + n, 4), &look, piece, &wide);

        if (strncmp(text + n, "\u200c", strlen("\u200c")) == 0) /* of Persian words */
            wide = 0;
        n += len;
        *columns += wide;
        if (wide == 2 && !is_closing(text + n))
            break;
    }
    return n;
}

/* Prints text in lines of at most HELP_WIDTH columns; it begins at column, the lines after the
 * first at indent. A word is never broken. */
static void print_wrapped(const char *text, size_t column, size_t indent)
{
    bool first = true, blank = false;

    while (*text != '\0') {
        size_t columns, n = word_len(text, &columns);

        if (!first && column + blank + columns > HELP_WIDTH) {
            print_data("\n%*s", (int)indent, "");
            column = indent;
        } else if (blank) {
            print_data(" ");
            column++;
        }
        print_data("%.*s", (int)n, text);
        column += columns;
        text += n;
        first = false;
        blank = *text == ' ';
        if (*text == '\n') {
            print_data("\n");
            column = 0;
            first = true;
        }
        text += *text == ' ' || *text == '\n';
    }
    print_data("\n");
}

/* A text of the catalog, or the string where it is not there yet; NULL if there is neither. */
static const char *text_or(enum text_id id, const char *text)
{
    return id != T_NONE ? text_plain(ui_catalog(), id) : text;
}

static void print_usage(const struct program *program)
{
    const char *line = text_or(program->usage_text, program->usage);
    enum text_id frame = T_USAGE;

    while (*line != '\0') {
        size_t n = strcspn(line, "\n");
        char words[256];

        (void)snprintf(words, sizeof words, "%.*s", (int)n, line);
        print(frame, .word = program->name, .words = words);
        line += n + (line[n] == '\n');
        frame = T_USAGE_MORE;
    }
}

static void print_option(const struct option *o)
{
    char left[128], help[512];
    int n = snprintf(left, sizeof left, "  %c%c%c --%s%s%s", o->letter ? '-' : ' ',
                     o->letter ? o->letter : ' ', o->letter ? ',' : ' ', o->name,
                     o->value ? " " : "", o->value ? o->value : "");
    size_t width = n > 0 ? (size_t)n : 0;

    print_data("%s", left);
    if (width + 2 > HELP_COLUMN) {
        print_data("\n%*s", HELP_COLUMN, "");
    } else {
        print_data("%*s", (int)(HELP_COLUMN - width), "");
    }
    (void)text_format(help, sizeof help, ui_catalog(), o->help_text,
                      TEXT_ARGS(.words = ui_languages()));
    print_wrapped(o->help_text == T_NONE ? o->help : help, HELP_COLUMN, HELP_COLUMN);
}

/* Every program has these. */
static struct option lang_option = {
    .name = "lang", .value = "LANGUAGE", .help_text = T_HELP_LANG, .repeatable = true};
static struct option help_option = {.name = "help", .letter = 'h', .help_text = T_HELP_HELP};
static struct option version_option = {
    .name = "version", .letter = 'V', .help_text = T_HELP_VERSION};

static enum exit_code print_help(const struct program *program)
{
    const char *more = text_or(program->more_text, program->more);

    print_usage(program);
    print_data("\n");
    print_wrapped(text_or(program->about_text, program->about), 0, 0);
    print_data("\n");
    print(T_OPTIONS);
    for (const struct option *o = program->options; o->name != NULL; o++)
        print_option(o);
    print_option(&lang_option);
    print_option(&help_option);
    print_option(&version_option);
    if (more != NULL)
        print_data("\n%s%s", more, more[0] != '\0' && more[strlen(more) - 1] == '\n' ? "" : "\n");
    return finish_output(EXIT_ALL_DONE);
}

static enum exit_code print_version(const struct program *program)
{
    print_data("%.*s %s (format %d)\n", (int)strcspn(program->name, " "), program->name,
               SEAL_VERSION, SEAL_FORMAT_VERSION);
    return finish_output(EXIT_ALL_DONE);
}

/* ---- Parsing ------------------------------------------------------------------------------ */

struct parser {
    const struct program *program;
    int argc;
    char **argv;
    int next; /* the argument to be looked at next */
    const char **operands;
    size_t operand_count;
};

_Noreturn static void leave(struct parser *p, enum exit_code code)
{
    free(p->operands);
    options_free(p->program);
    exit((int)code);
}

/* The options whose names begin with what was typed. */
struct matches {
    const char *typed;
    size_t len;
    struct option *first; /* the one that is called just so, if there is one */
    size_t count;
    char names[256]; /* of all of them */
};

static void match(struct matches *m, struct option *o)
{
    size_t used = strlen(m->names);

    if (m->len == 0 || strncmp(o->name, m->typed, m->len) != 0 ||
        (o->is_whole && o->name[m->len] != '\0'))
        return;
    if (m->first == NULL || o->name[m->len] == '\0')
        m->first = o;
    m->count++;
    if (used > 0)
        used +=
            text_format(m->names + used, sizeof m->names - used, ui_catalog(), T_LIST_COMMA, NULL);
    (void)snprintf(m->names + used, sizeof m->names - used, "--%s", o->name);
}

/* NULL: there is none. A beginning that several have is complained about. */
static struct option *find_long(struct parser *p, const char *name, size_t len)
{
    struct matches m = {.typed = name, .len = len};

    for (struct option *o = p->program->options; o->name != NULL; o++)
        match(&m, o);
    match(&m, &lang_option);
    match(&m, &help_option);
    match(&m, &version_option);
    if (m.count > 1 && m.first->name[len] != '\0')
        leave(p, complain_usage(T_OPTION_AMBIGUOUS, .name = name - 2, .words = m.names));
    return m.first;
}

static struct option *find_letter(const struct program *program, char letter)
{
    for (struct option *o = program->options; o->name != NULL; o++)
        if (o->letter == letter)
            return o;
    return NULL;
}

/* Notes that an option was given, and its value; that of a switch is NULL. */
static void take(struct parser *p, struct option *o, char *value)
{
    if (o->count > 0 && !o->repeatable)
        leave(p, complain_usage(T_OPTION_TWICE, .word = o->name));
    if (value != NULL && value[0] == '\0')
        leave(p, complain_usage(T_OPTION_EMPTY, .word = o->name, .words = o->value));
    if (value != NULL && o->all == NULL) {
        o->all = calloc((size_t)p->argc, sizeof *o->all);
        if (o->all == NULL)
            leave(p, complain(&(struct fault){.status = SEAL_NO_MEMORY}));
    }
    if (value != NULL && o->is_path)
        path_unify(value);
    if (value != NULL)
        o->all[o->count] = value;
    o->text = value;
    o->count++;
}

/* The value that stands in the next argument. */
static char *value_behind(struct parser *p, const struct option *o)
{
    if (p->next >= p->argc)
        leave(p, complain_usage(T_OPTION_NEEDS_VALUE, .word = o->name, .words = o->value));
    return p->argv[p->next++];
}

/* wrong: what stands behind one or two dashes, of which len bytes are the name. */
static enum exit_code complain_unknown(const char *wrong, size_t len, const char *nearest)
{
    char name[FAULT_NAME_SIZE];

    (void)snprintf(name, sizeof name, "%.*s", (int)(len < sizeof name ? len : sizeof name), wrong);
    if (nearest == NULL)
        return complain_usage(T_OPTION_UNKNOWN, .name = name);
    warn(T_OPTION_UNKNOWN_NEAR, .name = name, .word = nearest);
    return EXIT_WRONG_USE;
}

static enum exit_code complain_unknown_long(const struct program *program, const char *name,
                                            size_t len)
{
    struct suggestion s = {.wrong = name, .wrong_len = len};

    for (const struct option *o = program->options; o->name != NULL; o++)
        suggestion_consider(&s, o->name);
    suggestion_consider(&s, lang_option.name);
    suggestion_consider(&s, help_option.name);
    suggestion_consider(&s, version_option.name);
    return complain_unknown(name - 2, len + 2, s.nearest);
}

static void choose_language(struct parser *p, const char *language)
{
    if (!ui_set_language(language))
        leave(p, complain_usage(T_LANG_UNKNOWN, .name = language, .words = ui_languages()));
}

/* Wherever --lang stands, all is said in that language. */
static void look_for_language(int argc, char **argv)
{
    static const char name[] = "--lang";

    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        const char *value = strncmp(argv[i], name, sizeof name - 1) != 0 ? NULL
                            : argv[i][sizeof name - 1] == '='            ? argv[i] + sizeof name
                            : argv[i][sizeof name - 1] == '\0'           ? argv[i + 1]
                                                                         : NULL;

        if (value != NULL && ui_set_language(value))
            return;
    }
}

static void parse_long(struct parser *p, char *name)
{
    size_t len = strcspn(name, "=");
    struct option *o = find_long(p, name, len);

    if (o == NULL)
        leave(p, complain_unknown_long(p->program, name, len));
    if (o->value == NULL && name[len] == '=')
        leave(p, complain_usage(T_OPTION_TAKES_NO_VALUE, .word = o->name));
    if (o == &help_option)
        leave(p, print_help(p->program));
    if (o == &version_option)
        leave(p, print_version(p->program));
    if (o == &lang_option)
        choose_language(p, name[len] == '=' ? name + len + 1 : value_behind(p, o));
    else if (o->value == NULL)
        take(p, o, NULL);
    else
        take(p, o, name[len] == '=' ? name + len + 1 : value_behind(p, o));
}

static enum exit_code complain_unknown_letter(const char *letter)
{
    size_t n = utf8_char_len((const uint8_t *)letter, strlen(letter));
    char wrong[8];

    (void)snprintf(wrong, sizeof wrong, "-%.*s", (int)(n > 0 ? n : 1), letter);
    return complain_unknown(wrong, strlen(wrong), NULL);
}

/* -q, several switches together as -qv, -oVALUE, -o=VALUE and -o VALUE. */
static void parse_letters(struct parser *p, char *letters)
{
    while (*letters != '\0') {
        struct option *o = find_letter(p->program, *letters);

        if (o == NULL && *letters == help_option.letter)
            leave(p, print_help(p->program));
        if (o == NULL && *letters == version_option.letter)
            leave(p, print_version(p->program));
        if (o == NULL)
            leave(p, complain_unknown_letter(letters));
        letters++;
        if (o->value != NULL) {
            take(p, o, *letters != '\0' ? letters + (*letters == '=') : value_behind(p, o));
            return;
        }
        take(p, o, NULL);
    }
}

static void add_operand(struct parser *p, char *operand)
{
    path_unify(operand); /* all operands are paths */
    if (operand[0] == '\0')
        leave(p, complain_usage(T_OPERAND_EMPTY));
    p->operands[p->operand_count++] = operand;
}

void options_parse(const struct program *program, int argc, char **argv, const char ***operands,
                   size_t *operand_count)
{
    struct parser p = {.program = program, .argc = argc, .argv = argv, .next = 1};

    look_for_language(argc, argv);
    p.operands = calloc((size_t)argc + 1, sizeof *p.operands);
    if (p.operands == NULL)
        leave(&p, complain(&(struct fault){.status = SEAL_NO_MEMORY}));
    if (argc == 2 && strcmp(argv[1], help_option.name) == 0)
        leave(&p, print_help(program));
    while (p.next < argc) {
        char *arg = argv[p.next++];

        if (strcmp(arg, "--") == 0)
            break;
        if (strncmp(arg, "--", 2) == 0)
            parse_long(&p, arg + 2);
        else if (arg[0] == '-' && arg[1] != '\0')
            parse_letters(&p, arg + 1);
        else
            add_operand(&p, arg);
    }
    while (p.next < argc)
        add_operand(&p, argv[p.next++]);
    *operands = p.operands;
    *operand_count = p.operand_count;
}

void options_free(const struct program *program)
{
    for (struct option *o = program->options; o->name != NULL; o++) {
        free(o->all);
        o->all = NULL;
        o->text = NULL;
        o->count = 0;
    }
}

/* ---- Values ------------------------------------------------------------------------------- */

bool size_parse(const char *text, uint64_t *size)
{
    static const char units[] = "KMGkmg";
    size_t digits = strspn(text, "0123456789");
    const char *unit = text[digits] == '\0' ? NULL : strchr(units, text[digits]);
    unsigned int shift = unit == NULL ? 0 : 10 * (1 + (unsigned int)(unit - units) % 3);

    if (digits == 0 || digits > 15 || (unit == NULL ? text[digits] : text[digits + 1]) != '\0')
        return false;
    *size = strtoull(text, NULL, 10);
    if (*size > UINT64_MAX >> shift)
        return false;
    *size <<= shift;
    return true;
}

bool path_is_stdin(const char *path)
{
    static const char *const names[] = {"/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(path, names[i]) == 0)
            return true;
    return false;
}

bool number_parse(const char *text, size_t digits_max, unsigned int *number)
{
    size_t digits = strspn(text, "0123456789");

    if (digits == 0 || digits > digits_max || text[digits] != '\0')
        return false;
    *number = (unsigned int)strtoul(text, NULL, 10);
    return true;
}

#define THREADS_MAX 64
/* Each takes some 20 MiB of memory. */
#define THREADS_USUAL_MAX 16

enum exit_code threads_parse(const char *text, unsigned int *threads)
{
    *threads = plat_processor_count();
    if (*threads > THREADS_USUAL_MAX)
        *threads = THREADS_USUAL_MAX;
    if (text == NULL)
        return EXIT_ALL_DONE;
    if (!number_parse(text, 2, threads) || *threads == 0 || *threads > THREADS_MAX)
        return complain_usage(T_THREADS_WRONG, .limit = THREADS_MAX, .name = text);
    return EXIT_ALL_DONE;
}
