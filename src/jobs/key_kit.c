/*
 * Only the program seal goes into a kit: whoever finds the stick is not to learn of the others.
 */
#include "jobs/key_kit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "output/output.h"
#include "base/base.h"
#include "base/clock.h"
#include "jobs/is_folder.h"
#include "jobs/key_kit_private.h"
#include "platform/files.h"
#include "platform/process.h"

/* Below the folder of the programs. */
#define PAGES "kit"
#define SCRIPT "seal.sh"

/* The program for each system: its name in the kit, and where it lies below the folder of the
 * programs. */
static const struct kit_program {
    const char *name, *from;
    enum key_kit_event missing;
} kit_programs[] = {
    {"seal.exe", "windows-x86_64/seal.exe", KEY_KIT_NO_WINDOWS},
    {"seal-linux", "linux-x86_64/seal", KEY_KIT_NO_LINUX},
    {"seal-linux-arm", "linux-aarch64/seal", KEY_KIT_NO_LINUX_ARM},
};

/* What parts of a kit come from. */
struct kit_sources {
    char *programs; /* a folder */
    const struct key_file *keys;
    const struct key_kit_observer *observer;
};

/* folder/name, malloc'ed; NULL for want of memory. */
static char *join(const char *folder, const char *name)
{
    struct buffer b = {0};

    if (buffer_printf(&b, "%s/%s", folder, name) != SEAL_OK)
        buffer_free(&b);
    return (char *)b.data;
}

/* ---- Where things are --------------------------------------------------------------------- */

static bool has_pages(const char *folder)
{
    char *pages = join(folder, PAGES);
    bool has = pages != NULL && is_folder(pages);

    free(pages);
    return has;
}

/* Beside this program's own folder, as `make dist` lays it out, or where a package has it.
 * malloc'ed; NULL: it is in neither place. */
static char *find_beside(void)
{
    static const char *const places[] = {"..", "../share/seal"};
    char *own = plat_program_folder(), *found = NULL;

    for (size_t i = 0; own != NULL && found == NULL && i < sizeof places / sizeof places[0]; i++) {
        found = join(own, places[i]);
        if (found != NULL && !has_pages(found)) {
            free(found);
            found = NULL;
        }
    }
    free(own);
    return found;
}

static enum seal_status find_programs(char **programs, const char *given, struct fault *fault)
{
    *programs = given != NULL ? strdup(given) : find_beside();
    if (*programs == NULL || !has_pages(*programs))
        return fault_set(fault, REASON_KIT_PROGRAMS, given);
    return SEAL_OK;
}

static enum seal_status read_keys(struct key_file *keys, const char *name, struct fault *fault)
{
    if (key_file_read(keys, name, fault) != SEAL_OK)
        return fault->status;
    if (keys->public_count == 0)
        return key_file_lacks(keys, REASON_KEY_NO_PUBLIC, name, fault);
    if (keys->marked_public)
        return fault_set(fault, REASON_KEY_EXAMPLE, name);
    for (size_t i = 0; i < keys->public_count && fault->status == SEAL_OK; i++) {
        if (!key_is_expired(keys->public_keys[i].expires, date_today()))
            continue;
        (void)fault_set(fault, REASON_KEY_EXPIRED, name);
        fault_add_numbers(fault, keys->public_keys[i].expires, date_today());
    }
    return fault->status;
}

/* ---- What is written ---------------------------------------------------------------------- */

/* *missing: there is no such file, which may be no failure. */
static enum seal_status copy_part(struct kit_folder *kit, const char *name, const char *path,
                                  bool *missing, struct fault *fault)
{
    int from = plat_open_file(PLAT_CWD, path, true);

    *missing = from < 0 && errno == ENOENT;
    if (*missing)
        return SEAL_OK;
    if (from < 0)
        return fault_set_errno(fault, REASON_OPEN, path);
    IGNORE_RESULT(kit_copy_file(kit, name, from, fault));
    (void)plat_close(from);
    return fault->status;
}

/* The kit goes without those systems for which there is no program. */
static enum seal_status copy_program(struct kit_folder *kit, const struct kit_sources *sources,
                                     const struct kit_program *program, size_t *count,
                                     struct fault *fault)
{
    char *path = join(sources->programs, program->from);
    bool missing = false;

    if (path == NULL)
        return fault_no_memory(fault);
    IGNORE_RESULT(copy_part(kit, program->name, path, &missing, fault));
    if (missing)
        sources->observer->event(sources->observer->ctx, program->missing, path);
    else if (fault->status == SEAL_OK)
        ++*count;
    free(path);
    return fault->status;
}

static enum seal_status copy_script(struct kit_folder *kit, const char *programs,
                                    struct fault *fault)
{
    char *path = join(programs, PAGES "/" SCRIPT);
    bool missing = false;

    if (path == NULL)
        return fault_no_memory(fault);
    if (copy_part(kit, SCRIPT, path, &missing, fault) == SEAL_OK && missing) {
        errno = ENOENT;
        (void)fault_set_errno(fault, REASON_OPEN, path);
    }
    free(path);
    return fault->status;
}

static enum seal_status copy_programs(struct kit_folder *kit, const struct kit_sources *sources,
                                      struct fault *fault)
{
    size_t count = 0;

    for (size_t i = 0; i < sizeof kit_programs / sizeof kit_programs[0]; i++)
        if (copy_program(kit, sources, &kit_programs[i], &count, fault) != SEAL_OK)
            return fault->status;
    if (copy_script(kit, sources->programs, fault) != SEAL_OK)
        return fault->status;
    return count == 0 ? fault_set(fault, REASON_KIT_NO_PROGRAM, sources->programs) : SEAL_OK;
}

static enum seal_status write_keys(struct kit_folder *kit, const struct key_file *keys,
                                   struct fault *fault)
{
    struct buffer text = {0};
    enum seal_status status = buffer_reserve(&text, keys->public_count * KEY_TEXT_MAX);

    for (size_t i = 0; i < keys->public_count && status == SEAL_OK; i++)
        status = public_key_text(&text, &keys->public_keys[i]);
    status = status == SEAL_OK ? kit_write_text(kit, KIT_RECIPIENT, text.data, text.len, fault)
                               : fault_no_memory(fault);
    buffer_free(&text);
    return status;
}

static enum seal_status write_pages(struct kit_folder *kit, const struct kit_sources *sources,
                                    struct fault *fault)
{
    char *pages = join(sources->programs, PAGES);
    enum seal_status status =
        pages == NULL ? fault_no_memory(fault) : kit_write_pages(kit, pages, sources->keys, fault);

    free(pages);
    return status;
}

static enum seal_status fill_kit(struct kit_folder *kit, const struct kit_sources *sources,
                                 struct fault *fault)
{
    if (copy_programs(kit, sources, fault) != SEAL_OK ||
        write_keys(kit, sources->keys, fault) != SEAL_OK ||
        write_pages(kit, sources, fault) != SEAL_OK)
        return fault->status;
    return kit_write_text(kit, "SHA256SUMS", kit->sums.data, kit->sums.len, fault);
}

/* ---- All of it ---------------------------------------------------------------------------- */

/* The folder gets its name when it is whole, and is removed again if it does not read back. */
static enum seal_status make_folder(const char *path, const struct kit_sources *sources,
                                    struct fault *fault)
{
    struct output_dir dir;
    struct kit_folder kit = {.fd = -1};

    if (output_dir_create(&dir, path, fault) != SEAL_OK)
        return fault->status;
    kit.fd = dir.fd;
    if (fill_kit(&kit, sources, fault) == SEAL_OK && output_dir_commit(&dir, fault) == SEAL_OK &&
        kit_check_files(&kit.sums, path, fault) == SEAL_OK)
        output_dir_keep(&dir);
    else
        output_dir_abort(&dir, sources->observer->leftover);
    buffer_free(&kit.sums);
    return fault->status;
}

enum seal_status key_kit(struct key_file *keys, const struct key_kit_request *request,
                         const struct key_kit_observer *observer, struct fault *fault)
{
    struct kit_sources sources = {.keys = keys, .observer = observer};

    *keys = (struct key_file){0};
    if (read_keys(keys, request->key, fault) == SEAL_OK &&
        find_programs(&sources.programs, request->programs, fault) == SEAL_OK)
        IGNORE_RESULT(make_folder(request->path, &sources, fault));
    free(sources.programs);
    return fault->status;
}
