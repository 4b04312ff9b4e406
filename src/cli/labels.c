#include "cli/labels.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LABELS_MAX ((size_t)4096)
#define LABELS_LEN_MAX ((size_t)1024 * 1024)
#define NOTE_LEN_MAX ((size_t)64 * 1024)

static const char note_key[] = "Note";

static enum exit_code complain_memory(void)
{
    return complain(&(struct fault){.status = SEAL_NO_MEMORY});
}

/* A fault about this label is told with where it stands in front. */
static enum exit_code add(struct labels *l, const char *key, size_t key_len, const char *value,
                          size_t value_len, const char *where)
{
    struct bag_label *list = realloc(l->list, (l->count + 1) * sizeof *list);
    struct bag_label label = {text_copy(key, key_len), text_copy(value, value_len)};
    const char *fault;

    if (list == NULL || label.key == NULL || label.value == NULL) {
        l->list = list == NULL ? l->list : list;
        free((char *)(uintptr_t)label.key);
        free((char *)(uintptr_t)label.value);
        return complain_memory();
    }
    l->list = list;
    l->list[l->count++] = label;
    l->len += key_len + value_len;
    fault = bag_label_fault(&label);
    if (fault != NULL)
        return complain_usage_old("%s: %s", where, fault);
    if (l->count > LABELS_MAX || l->len > LABELS_LEN_MAX)
        return complain_usage_old(
            "notes and labels are more than %zu lines or 1 MiB in all; put long "
            "texts into a file and seal that",
            LABELS_MAX);
    return EXIT_ALL_DONE;
}

enum exit_code labels_add_info(struct labels *l, const char *text)
{
    const char *equals = strchr(text, '=');
    char where[256];

    if (equals == NULL)
        return complain_usage_old("--info takes Label=Value, such as Source-Organization=NAME, not "
                                  "%s",
                                  shown(text));
    (void)snprintf(where, sizeof where, "--info %.200s", shown(text));
    return add(l, text, (size_t)(equals - text), equals + 1, strlen(equals + 1), where);
}

/* The last line may end without LF; a line may end with CRLF. */
static enum exit_code add_lines(struct labels *l, const char *text, size_t len, const char *from)
{
    enum exit_code code = EXIT_ALL_DONE;
    char where[512];

    for (size_t at = 0, number = 1; at < len && code == EXIT_ALL_DONE; number++) {
        const char *end = memchr(text + at, '\n', len - at);
        size_t line_len = end == NULL ? len - at : (size_t)(end - text) - at;
        size_t kept = line_len > 0 && text[at + line_len - 1] == '\r' ? line_len - 1 : line_len;

        (void)snprintf(where, sizeof where, "%.400s, line %zu", from, number);
        if (memchr(text + at, '\0', kept) != NULL)
            return complain_usage_old(
                "%s: it holds a NUL, as no text in UTF-8 does; save it as UTF-8", where);
        code = add(l, note_key, strlen(note_key), text + at, kept, where);
        at += line_len + 1;
    }
    return code;
}

enum exit_code labels_add_note(struct labels *l, const char *text)
{
    return add_lines(l, text, strlen(text), "--note");
}

/* Programs for Windows put a mark in front of UTF-8. */
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
    char *text = malloc(NOTE_LEN_MAX + 1);
    struct fault fault = {.status = SEAL_OK};
    enum exit_code code;
    size_t len, skip;
    char from[256];

    if (text == NULL)
        return complain_memory();
    (void)snprintf(from, sizeof from, "--note-file %.200s", shown(name));
    if (read_file(name, text, NOTE_LEN_MAX + 1, &len, &fault) != SEAL_OK) {
        code = complain(&fault);
    } else if (len > NOTE_LEN_MAX) {
        code = complain_usage_old("%s: it is longer than 64 KiB; seal it as a file instead", from);
    } else {
        skip = bom_len(text, len);
        code = add_lines(l, text + skip, len - skip, from);
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
