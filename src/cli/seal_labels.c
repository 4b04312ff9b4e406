#include "cli/seal_labels.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "platform/files.h"

#define LABELS_MAX ((size_t)4096)
#define LABELS_LEN_MAX ((size_t)1024 * 1024)
#define NOTE_LEN_MAX ((size_t)64 * 1024)

static const char note_key[] = "Note";

/* Where a label stands on the command line, for complaints about it. */
struct place {
    enum text_id text; /* of name, number and words */
    const char *name;
    size_t line;
};

static enum exit_code complain_memory(void)
{
    return complain(&(struct fault){.status = SEAL_NO_MEMORY});
}

static enum exit_code complain_at(const struct place *place, enum text_id what)
{
    return complain_usage(place->text, .name = place->name, .number = place->line,
                          .words = text_plain(ui_catalog(), what));
}

static enum exit_code check(const struct labels *l, const struct place *place)
{
    static const enum text_id texts[] = {
        [BAG_LABEL_EMPTY] = T_LABEL_EMPTY,       [BAG_LABEL_CHARACTER] = T_LABEL_CHARACTER,
        [BAG_LABEL_BLANK] = T_LABEL_BLANK,       [BAG_LABEL_RESERVED] = T_LABEL_RESERVED,
        [BAG_VALUE_NOT_UTF8] = T_LABEL_NOT_UTF8, [BAG_VALUE_CONTROL] = T_LABEL_CONTROL,
    };
    enum bag_label_fault fault = bag_label_check(&l->list[l->count - 1]);

    if (fault != BAG_LABEL_GOOD)
        return complain_at(place, texts[fault]);
    if (l->count > LABELS_MAX || l->len > LABELS_LEN_MAX)
        return complain_usage(T_LABELS_TOO_MANY, .limit = LABELS_MAX);
    return EXIT_ALL_DONE;
}

static enum exit_code add(struct labels *l, struct span key, struct span value,
                          const struct place *place)
{
    struct bag_label *list = realloc(l->list, (l->count + 1) * sizeof *list);
    struct bag_label label = {text_copy(key.data, key.len), text_copy(value.data, value.len)};

    if (list == NULL || label.key == NULL || label.value == NULL) {
        l->list = list == NULL ? l->list : list;
        free((char *)(uintptr_t)label.key);
        free((char *)(uintptr_t)label.value);
        return complain_memory();
    }
    l->list = list;
    l->list[l->count++] = label;
    l->len += key.len + value.len;
    return check(l, place);
}

enum exit_code labels_add_info(struct labels *l, const char *text)
{
    const char *equals = strchr(text, '=');
    struct place place = {.text = T_LABEL_AT_INFO, .name = text};

    if (equals == NULL)
        return complain_usage(T_LABEL_NO_EQUALS, .name = text);
    return add(l, (struct span){text, (size_t)(equals - text)},
               (struct span){equals + 1, strlen(equals + 1)}, &place);
}

/* The last line may end without LF; a line may end with CRLF. */
static enum exit_code add_lines(struct labels *l, const char *text, size_t len, struct place *place)
{
    enum exit_code code = EXIT_ALL_DONE;

    place->line = 1;
    for (size_t at = 0; at < len && code == EXIT_ALL_DONE; place->line++) {
        const char *end = memchr(text + at, '\n', len - at);
        size_t line_len = end == NULL ? len - at : (size_t)(end - text) - at;
        size_t kept = line_len > 0 && text[at + line_len - 1] == '\r' ? line_len - 1 : line_len;

        if (memchr(text + at, '\0', kept) != NULL)
            return complain_at(place, T_LABEL_NUL);
        code = add(l, (struct span){note_key, strlen(note_key)}, (struct span){text + at, kept},
                   place);
        at += line_len + 1;
    }
    return code;
}

enum exit_code labels_add_note(struct labels *l, const char *text)
{
    return add_lines(l, text, strlen(text), &(struct place){.text = T_LABEL_AT_NOTE});
}

/* Programs for Windows put a byte order mark in front of UTF-8. */
static size_t bom_len(const char *text, size_t len)
{
    return len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

static enum seal_status read_file(const char *name, char *text, size_t size, size_t *got,
                                  struct fault *fault)
{
    int fd = plat_open_file(PLAT_CWD, name, true);
    enum seal_status status;

    if (fd < 0)
        return fault_set_errno(fault, REASON_READ, name);
    status = fd_read_full(fd, text, size, got, fault);
    if (status != SEAL_OK)
        fault_add_name(fault, name);
    (void)plat_close(fd);
    return status;
}

enum exit_code labels_add_note_file(struct labels *l, const char *name)
{
    struct place place = {.text = T_LABEL_AT_NOTE_FILE, .name = name};
    char *text = malloc(NOTE_LEN_MAX + 1);
    struct fault fault = {.status = SEAL_OK};
    enum exit_code code;
    size_t len, skip;

    if (text == NULL)
        return complain_memory();
    if (read_file(name, text, NOTE_LEN_MAX + 1, &len, &fault) != SEAL_OK) {
        code = complain(&fault);
    } else if (len > NOTE_LEN_MAX) {
        code = complain_usage(T_LABEL_FILE_LONG, .name = name);
    } else {
        skip = bom_len(text, len);
        code = skip == len ? complain_usage(T_LABEL_FILE_EMPTY, .name = name)
                           : add_lines(l, text + skip, len - skip, &place);
    }
    free(text);
    return code;
}

void labels_free(struct labels *l)
{
    for (size_t i = 0; i < l->count; i++) {
        free((char *)(uintptr_t)l->list[i].key);
        free((char *)(uintptr_t)l->list[i].value);
    }
    free(l->list);
    *l = (struct labels){.count = 0};
}
