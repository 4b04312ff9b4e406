#include "jobs/key_kit_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "base/text.h"
#include "jobs/key_kit.h"
#include "platform/files.h"

/* A page has it once, where the fingerprints are to stand. */
#define FINGERPRINTS "{{FINGERPRINTS}}"
#define PAGE_MAX ((size_t)1024 * 1024)

static enum seal_status append_fingerprints(struct buffer *page, const struct key_file *keys)
{
    char number[NUMBER_TEXT_SIZE(FINGERPRINT_GROUPS)];
    enum seal_status status = SEAL_OK;

    for (size_t i = 0; i < keys->public_count && status == SEAL_OK; i++) {
        fingerprint_text(number, keys->public_keys[i].pkh);
        status = buffer_printf(page, "<p class=\"number\">%s</p>\n", number);
    }
    return status;
}

static enum seal_status write_page(struct kit_folder *kit, const char *name, const char *text,
                                   const struct key_file *keys, struct fault *fault)
{
    const char *place = strstr(text, FINGERPRINTS);
    struct buffer page = {0};

    if (place == NULL)
        return fault_set(fault, REASON_KIT_PAGE, name);
    if (buffer_append(&page, text, (size_t)(place - text)) != SEAL_OK ||
        append_fingerprints(&page, keys) != SEAL_OK ||
        buffer_append_text(&page, place + strlen(FINGERPRINTS)) != SEAL_OK)
        (void)fault_no_memory(fault);
    else
        IGNORE_RESULT(kit_write_text(kit, name, page.data, page.len, fault));
    buffer_free(&page);
    return fault->status;
}

/* The text of a page, malloc'ed; NULL after a failure. */
static char *read_page(int folder, const char *name, struct fault *fault)
{
    char *text = malloc(PAGE_MAX + 1);
    size_t len = 0;
    int fd = text == NULL ? -1 : plat_open_file(folder, name, false);

    if (text == NULL)
        (void)fault_no_memory(fault);
    else if (fd < 0)
        (void)fault_set_errno(fault, REASON_OPEN, name);
    else if (fd_read_full(fd, text, PAGE_MAX, &len, fault) != SEAL_OK)
        fault_add_name(fault, name);
    if (fd >= 0)
        (void)plat_close(fd);
    if (fault->status != SEAL_OK) {
        free(text);
        return NULL;
    }
    text[len] = '\0';
    return text;
}

static enum seal_status copy_page(struct kit_folder *kit, int folder, const char *name,
                                  const struct key_file *keys, struct fault *fault)
{
    char *text = read_page(folder, name, fault);

    if (text != NULL)
        IGNORE_RESULT(write_page(kit, name, text, keys, fault));
    free(text);
    return fault->status;
}

/* ---- Which pages there are ---------------------------------------------------------------- */

struct page_names {
    char **all;
    size_t count;
};

static int note_page(void *ctx, const char *name)
{
    struct page_names *names = ctx;
    char **all;

    if (strncmp(name, KIT_PAGE_BEGIN, strlen(KIT_PAGE_BEGIN)) != 0)
        return 0;
    all = realloc(names->all, (names->count + 1) * sizeof *all);
    if (all == NULL)
        return -1;
    names->all = all;
    all[names->count] = strdup(name);
    return all[names->count++] == NULL ? -1 : 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* In the order of their names, so that SHA256SUMS is the same on every system. */
static enum seal_status copy_pages(struct kit_folder *kit, int folder, const char *path,
                                   const struct key_file *keys, struct fault *fault)
{
    struct page_names names = {NULL, 0};

    if (plat_list_dir(folder, note_page, &names) != 0)
        (void)fault_set_errno(fault, REASON_LIST, path);
    if (names.count > 0)
        qsort(names.all, names.count, sizeof *names.all, by_name);
    for (size_t i = 0; i < names.count; i++) {
        if (fault->status == SEAL_OK)
            IGNORE_RESULT(copy_page(kit, folder, names.all[i], keys, fault));
        free(names.all[i]);
    }
    free(names.all);
    return fault->status;
}

enum seal_status kit_write_pages(struct kit_folder *kit, const char *pages,
                                 const struct key_file *keys, struct fault *fault)
{
    int folder = plat_open_dir(PLAT_CWD, pages, true);

    if (folder < 0)
        return fault_set_errno(fault, REASON_OPEN, pages);
    IGNORE_RESULT(copy_pages(kit, folder, pages, keys, fault));
    (void)plat_close(folder);
    return fault->status;
}
