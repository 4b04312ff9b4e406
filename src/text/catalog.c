#include "text/catalog.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "platform/process.h"
#include "text/catalog_private.h"

static const char *english_texts[TEXT_COUNT][TEXT_FORMS_MAX] = {
#define TEXT(id, english) [T_##id] = {english},
#define PLURAL(id, one, other) [T_##id] = {one, other},
#include "text/catalog.def"
#undef TEXT
#undef PLURAL
};

static size_t english_form(uint64_t count)
{
    return count == 1 ? 0 : 1;
}

const struct catalog *catalog_english(void)
{
    static const struct catalog english = {"en", english_form, english_texts};

    return &english;
}

/* True if a language of ours is called so by the first len bytes; ru-RU is the same as ru_RU. */
static bool is_called(const char *language, const char *wanted, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char c = wanted[i] == '-' ? '_' : wanted[i];

        /* No NUL of language is passed: it is in no name that is wanted. */
        if (language[i] != c)
            return false;
    }
    return language[len] == '\0';
}

static const struct catalog *find(const char *wanted, size_t len)
{
    for (const struct catalog *c = text_languages; c->language != NULL; c++)
        if (is_called(c->language, wanted, len))
            return c;
    return NULL;
}

const struct catalog *catalog_find(const char *language)
{
    const struct catalog *found = NULL;

    if (language != NULL)
        found = find(language, strcspn(language, ".@"));
    if (language != NULL && found == NULL)
        found = find(language, strcspn(language, ".@_-"));
    return found != NULL ? found : catalog_english();
}

void catalog_list(char *out, size_t size)
{
    int n = snprintf(out, size, "en");

    for (const struct catalog *c = text_languages; c->language != NULL; c++)
        if (n > 0 && (size_t)n < size)
            n += snprintf(out + n, size - (size_t)n, ", %s", c->language);
}

/* ---- Names -------------------------------------------------------------------------------- */

#define SHOWN_COLUMNS 200

/* Copies from *s as long as columns allow. */
static void show_some(char *out, size_t *out_len, const char **s, size_t limit)
{
    struct text_look look = {0};
    size_t used = 0;

    while (**s != '\0') {
        char piece[TEXT_PIECE_SIZE];
        size_t columns, n = text_piece(*s, strnlen(*s, 4), &look, piece, &columns);

        if (used + columns > limit)
            break;
        memcpy(out + *out_len, piece, strlen(piece));
        *out_len += strlen(piece);
        used += columns;
        *s += n;
    }
    out[*out_len] = '\0';
}

_Static_assert(TEXT_NAME_SIZE >= SHOWN_COLUMNS * 4 + 2 * TEXT_PIECE_SIZE, "room for a name");

size_t text_name_within(char out[static TEXT_NAME_SIZE], const char *name, size_t room)
{
    struct text_look look = {0};
    size_t len = 0, left = text_columns(name, strlen(name)), end;

    room = room > SHOWN_COLUMNS ? SHOWN_COLUMNS : room;
    end = room > 2 ? (room - 2) / 2 : 0; /* what is kept at either end of one that is cut */
    if (left <= room) {
        show_some(out, &len, &name, room);
        return len;
    }
    show_some(out, &len, &name, end);
    for (left = text_columns(name, strlen(name)); left > end;) {
        char piece[TEXT_PIECE_SIZE];
        size_t columns;

        name += text_piece(name, strnlen(name, 4), &look, piece, &columns);
        left -= columns;
    }
    memcpy(out + len, "..", 2);
    len += 2;
    show_some(out, &len, &name, end);
    return len;
}

size_t text_name(char out[static TEXT_NAME_SIZE], const char *name)
{
    return text_name_within(out, name, SHOWN_COLUMNS);
}

/* ---- Fields ------------------------------------------------------------------------------- */

/* A text while it is written: what does not fit any more is left out. */
struct writer {
    const struct catalog *catalog;
    char *out;
    size_t len, room; /* room: without the NUL */
};

static void add(struct writer *w, const char *text, size_t len)
{
    if (len > w->room - w->len)
        len = w->room - w->len;
    memcpy(w->out + w->len, text, len);
    w->len += len;
}

static void write_text(struct writer *w, enum text_id id, const struct text_args *args);
static const char *form_of(const struct catalog *c, enum text_id id, uint64_t count);

/* A name; one of the standard streams is called what people call it. */
static void add_name(struct writer *w, const char *name)
{
    char shown[TEXT_NAME_SIZE];
    size_t len = text_name(shown, name);

    if (strcmp(name, NAME_STDIN) == 0)
        write_text(w, T_STANDARD_INPUT, NULL);
    else if (strcmp(name, NAME_STDOUT) == 0)
        write_text(w, T_STANDARD_OUTPUT, NULL);
    else
        add(w, shown, len);
}

/* A name, quoted unless it needs no quotes. */
static void add_shell_name(struct writer *w, const char *name)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-./+,:@%=";

    if (name[0] != '-' && name[strspn(name, plain)] == '\0') {
        add(w, name, strlen(name));
        return;
    }
    if (strchr(name, '\'') != NULL) {
        write_text(w, T_SOME_FILE, NULL);
        return;
    }
    if (name[0] == '-')
        add(w, "-- ", 3);
    add(w, "'", 1);
    add_name(w, name);
    add(w, "'", 1);
}

static void add_number(struct writer *w, uint64_t number)
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%" PRIu64, number);

    add(w, digits, (size_t)len);
}

static void add_size(struct writer *w, uint64_t size)
{
    static const char units[] = "kMGTPE";
    static const enum text_id texts[] = {T_SIZE_KB, T_SIZE_MB, T_SIZE_GB,
                                         T_SIZE_TB, T_SIZE_PB, T_SIZE_EB};
    char text[SIZE_TEXT_SIZE], number[2 * SIZE_TEXT_SIZE];
    size_t whole;

    if (size < 1000) {
        write_text(w, T_SIZE_BYTES, &(struct text_args){.count = size});
        return;
    }
    size_format(text, size); /* "1.2 MB" */
    whole = strcspn(text, ".");
    (void)snprintf(number, sizeof number, "%.*s%s%c", (int)whole, text,
                   form_of(w->catalog, T_SIZE_POINT, 0), text[whole + 1]);
    write_text(w, texts[strchr(units, text[whole + 3]) - units],
               &(struct text_args){.word = number});
}

static void add_count(struct writer *w, enum text_id id, uint64_t count)
{
    write_text(w, id, &(struct text_args){.count = count});
}

static void add_word(struct writer *w, const char *word)
{
    add(w, word, strlen(word));
}

/* True if field is NAME; then it is written. A text that names an unknown field shows it as it is,
 * and a test fails. */
static bool add_string_field(struct writer *w, const char *field, size_t len,
                             const struct text_args *a)
{
    const struct {
        const char *name;
        const char *value;
        void (*add)(struct writer *w, const char *value);
    } fields[] = {
        {"name", a->name, add_name},        {"other", a->other, add_name},
        {"shell", a->name, add_shell_name}, {"word", a->word, add_word},
        {"words", a->words, add_word},
    };

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (strlen(fields[i].name) != len || memcmp(fields[i].name, field, len) != 0)
            continue;
        if (fields[i].value != NULL)
            fields[i].add(w, fields[i].value);
        return true;
    }
    return false;
}

static bool is_field(const char *field, size_t len, const char *name)
{
    return strlen(name) == len && memcmp(name, field, len) == 0;
}

static const struct {
    int error;
    enum text_id text;
} error_texts[] = {
    {EACCES, T_ERROR_EACCES},
    {EAGAIN, T_ERROR_EAGAIN},
    {EBADF, T_ERROR_EBADF},
    {EBUSY, T_ERROR_EBUSY},
    {ECONNRESET, T_ERROR_ECONNRESET},
#ifdef EDQUOT
    {EDQUOT, T_ERROR_EDQUOT},
#endif
    {EEXIST, T_ERROR_EEXIST},
    {EFBIG, T_ERROR_EFBIG},
    {EINVAL, T_ERROR_EINVAL},
    {EIO, T_ERROR_EIO},
    {EISDIR, T_ERROR_EISDIR},
    {ELOOP, T_ERROR_ELOOP},
    {EMFILE, T_ERROR_EMFILE},
    {ENFILE, T_ERROR_EMFILE},
    {ENAMETOOLONG, T_ERROR_ENAMETOOLONG},
    {ENODEV, T_ERROR_ENODEV},
    {ENOENT, T_ERROR_ENOENT},
    {ENOMEM, T_ERROR_ENOMEM},
    {ENOSPC, T_ERROR_ENOSPC},
    {ENOTCONN, T_ERROR_ENOTCONN},
    {ENOTDIR, T_ERROR_ENOTDIR},
    {ENOTEMPTY, T_ERROR_ENOTEMPTY},
    {ENOTSUP, T_ERROR_ENOTSUP},
    {ENXIO, T_ERROR_ENXIO},
    {EPERM, T_ERROR_EPERM},
    {EPIPE, T_ERROR_EPIPE},
    {EROFS, T_ERROR_EROFS},
    {ESPIPE, T_ERROR_ESPIPE},
#ifdef ESTALE
    {ESTALE, T_ERROR_ESTALE},
#endif
    {ETXTBSY, T_ERROR_ETXTBSY},
    {EXDEV, T_ERROR_EXDEV},
};

/* What the system says of an errno, in the reader's language if it can be. */
static void add_error(struct writer *w, int error)
{
    const char *words = plat_strerror(error);

    for (size_t i = 0; i < sizeof error_texts / sizeof error_texts[0]; i++)
        if (error_texts[i].error == error && w->catalog != catalog_english() &&
            w->catalog->texts[error_texts[i].text][0] != NULL)
            words = w->catalog->texts[error_texts[i].text][0];
    add_word(w, words);
}

static void add_field(struct writer *w, const char *field, size_t len, const struct text_args *a)
{
    if (add_string_field(w, field, len, a))
        return;
    if (is_field(field, len, "count"))
        add_number(w, a->count);
    else if (is_field(field, len, "number"))
        add_number(w, a->number);
    else if (is_field(field, len, "limit"))
        add_number(w, a->limit);
    else if (is_field(field, len, "files"))
        add_count(w, T_COUNT_FILES, a->files);
    else if (is_field(field, len, "folders"))
        add_count(w, T_COUNT_FOLDERS, a->folders);
    else if (is_field(field, len, "size"))
        add_size(w, a->size);
    else if (is_field(field, len, "most"))
        add_size(w, a->most);
    else if (is_field(field, len, "error"))
        add_error(w, a->error);
    else
        add(w, field - 1, len + 2);
}

/* ---- Texts -------------------------------------------------------------------------------- */

static const char *form_of(const struct catalog *c, enum text_id id, uint64_t count)
{
    const char *const *forms = c->texts[id];
    size_t form;

    if (forms[0] == NULL) {
        c = catalog_english();
        forms = c->texts[id];
    }
    form = forms[1] != NULL ? c->form(count) : 0;
    return form < TEXT_FORMS_MAX && forms[form] != NULL ? forms[form] : forms[0];
}

static void write_text(struct writer *w, enum text_id id, const struct text_args *args)
{
    static const struct text_args none = {.count = 0};
    const struct text_args *a = args != NULL ? args : &none;
    const char *t = form_of(w->catalog, id, a->count);

    while (*t != '\0') {
        size_t plain = strcspn(t, "{}");
        const char *end;

        add(w, t, plain);
        t += plain;
        if (*t == '\0')
            break;
        end = strchr(t, '}');
        if (t[0] == t[1] || *t == '}' || end == NULL) { /* a brace itself */
            add(w, t, 1);
            t += t[0] == t[1] ? 2 : 1;
            continue;
        }
        add_field(w, t + 1, (size_t)(end - t) - 1, a);
        t = end + 1;
    }
}

size_t text_size(char *out, size_t size, const struct catalog *catalog, uint64_t bytes)
{
    struct writer w = {.catalog = catalog, .out = out, .room = size - 1};

    add_size(&w, bytes);
    out[w.len] = '\0';
    return w.len;
}

size_t text_format(char *out, size_t size, const struct catalog *catalog, enum text_id id,
                   const struct text_args *args)
{
    struct writer w = {.catalog = catalog, .out = out, .room = size - 1};

    write_text(&w, id, args);
    out[w.len] = '\0';
    return w.len;
}

const char *text_plain(const struct catalog *catalog, enum text_id id)
{
    return form_of(catalog, id, 0);
}
