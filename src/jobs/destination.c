#include "jobs/destination_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "platform/files.h"
#include "base/bytes.h"
#include "base/text.h"
#include "base/base.h"
#include "jobs/is_folder.h"
#include "jobs/output_place_private.h"

#define NEUTRAL_NAME_LEN 10

/* Drawn names and their ending tell nothing about the file. */
static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";

static bool is_neutral_name(const char *name, size_t len)
{
    return len == NEUTRAL_NAME_LEN + 4 && strspn(name, letters) == NEUTRAL_NAME_LEN &&
           memcmp(name + NEUTRAL_NAME_LEN, ".bin", 4) == 0;
}

/* malloc'ed. */
static char *with_slash(const char *folder)
{
    size_t len = strlen(folder);
    char *copy = malloc(len + 2);

    if (copy == NULL)
        return NULL;
    memcpy(copy, folder, len + 1);
    if (len > 0 && copy[len - 1] != '/')
        memcpy(copy + len, "/", 2);
    return copy;
}

enum seal_status destination_init(struct destination *d, const char *given, struct fault *fault)
{
    bool is_named = given != NULL && !is_folder(given);

    d->folder = with_slash(given == NULL || is_named ? "" : given);
    d->path = is_named ? strdup(given) : NULL;
    d->was_medium = false;
    if (d->folder == NULL || (is_named && d->path == NULL))
        return fault_no_memory(fault);
    return SEAL_OK;
}

void destination_free(struct destination *d)
{
    free(d->path);
    free(d->folder);
    *d = (struct destination){.path = NULL};
}

bool destination_is_stdout(const struct destination *d)
{
    return d->path != NULL && strcmp(d->path, "-") == 0;
}

const char *destination_folder(const struct destination *d)
{
    return d->folder[0] == '\0' ? "." : d->folder;
}

char *destination_target(const struct destination *d)
{
    size_t len = strlen(d->folder);
    char *folder = NULL;
    const char *name;

    if (d->path == NULL && len > 1)
        return text_copy(d->folder, len - 1); /* without the slash */
    if (d->path == NULL)
        return strdup(destination_folder(d));
    return path_split(d->path, &folder, &name) ? folder : NULL;
}

bool destination_space(const struct destination *d, struct plat_space *room)
{
    char *folder = destination_is_stdout(d) ? NULL : destination_target(d);
    bool is_known = folder != NULL && plat_space(folder, room) == 0;

    free(folder);
    return is_known;
}

bool destination_file_max(const struct destination *d, uint64_t *file_max)
{
    struct plat_space room;

    if (!destination_space(d, &room))
        return false;
    *file_max = room.file_max;
    return room.file_max != UINT64_MAX;
}

/* Which folder it is, the fault names as the user did. */
static enum seal_status check_folder(const struct destination *d, const char *folder,
                                     struct fault *fault)
{
    const char *name = d->path != NULL ? d->path : folder;
    struct plat_space room;

    if (plat_may_create_in(folder) != 0)
        return fault_set_errno(fault,
                               errno == ENOENT || errno == ENOTDIR ? REASON_FOLDER_OPEN
                               : d->path != NULL                   ? REASON_CREATE
                                                                   : REASON_CREATE_IN,
                               name);
    if (plat_space(folder, &room) == 0 && room.files == 0)
        return fault_set(fault, REASON_FILES_USED_UP, name);
    return SEAL_OK;
}

enum seal_status destination_check(const struct destination *d, const struct seal_request *request,
                                   struct fault *fault)
{
    char *folder;

    if (destination_is_stdout(d))
        return SEAL_OK;
    if (request->split > 0 && d->path != NULL)
        return fault_set(fault, REASON_SPLIT_NEEDS_FOLDER, d->path);
    if (d->path != NULL)
        IGNORE_RESULT(output_refuse_existing(d->path, fault));
    else
        IGNORE_RESULT(output_refuse_in_bag(destination_folder(d), fault));
    if (fault->status != SEAL_OK || request->ask_media)
        return fault->status;
    folder = destination_target(d);
    if (folder == NULL)
        return fault_no_memory(fault);
    IGNORE_RESULT(check_folder(d, folder, fault));
    free(folder);
    return fault->status;
}

/* The device of a folder, or 0. */
static uint64_t device_of(const char *folder)
{
    struct plat_stat st;

    return plat_stat_at(PLAT_CWD, folder, true, &st) == 0 ? st.device : 0;
}

static bool is_in(const char *path, const char *folder)
{
    size_t len = strlen(folder);

    return strncmp(path, folder, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

bool destination_lacks_medium(const struct destination *d)
{
    static const struct {
        const char *media; /* where they are mounted */
        const char *above; /* what its device is if none is */
    } places[] = {{"/media", "/"}, {"/run/media", "/run"}, {"/mnt", "/"}, {"/Volumes", "/"}};
    char *folder = destination_is_stdout(d) ? NULL : destination_target(d);
    char *path = folder == NULL ? NULL : plat_real_path(folder);
    bool lacks = false;

    for (size_t i = 0; path != NULL && i < sizeof places / sizeof places[0]; i++)
        if (is_in(path, places[i].media))
            lacks = device_of(path) != 0 && device_of(path) == device_of(places[i].above);
    free(path);
    free(folder);
    return lacks;
}

void destination_clear_leftovers(const struct destination *d,
                                 void (*tell)(const char *path, enum leftover_fate fate, int sys))
{
    struct buffer any = {0};

    if (d->path != NULL) {
        if (!destination_is_stdout(d))
            leftovers_remove(d->path, NULL, tell);
    } else if (buffer_printf(&any, "%sx", d->folder) == SEAL_OK) {
        leftovers_remove((char *)any.data, is_neutral_name, tell);
    }
    buffer_free(&any);
}

char *destination_next_path(const struct destination *d, struct random *random)
{
    char name[NEUTRAL_NAME_LEN + 1] = "";
    struct buffer path = {0};

    if (d->path != NULL)
        return strdup(d->path);
    for (size_t i = 0; i < NEUTRAL_NAME_LEN; i++)
        name[i] = letters[random_below(random, sizeof letters - 1)];
    if (buffer_printf(&path, "%s%s.bin", d->folder, name) == SEAL_OK)
        return (char *)path.data;
    buffer_free(&path);
    return NULL;
}

/* ---- Media that are exchanged ------------------------------------------------------------- */

/* Whether something is mounted right there: the folder and the one above it are on two devices. */
static bool is_medium(const struct destination *d)
{
    struct buffer above = {0};
    struct plat_stat here, st;
    bool is = buffer_printf(&above, "%s/..", destination_folder(d)) == SEAL_OK &&
              plat_stat_at(PLAT_CWD, destination_folder(d), true, &here) == 0 &&
              plat_stat_at(PLAT_CWD, (char *)above.data, true, &st) == 0 &&
              here.device != st.device;

    buffer_free(&above);
    return is;
}

void destination_mark(struct destination *d)
{
    d->was_medium = is_medium(d);
}

bool destination_has_room(const struct destination *d, uint64_t wanted, uint64_t *free_bytes)
{
    struct plat_space room;

    *free_bytes = 0;
    if ((d->was_medium && !is_medium(d)) || plat_space(destination_folder(d), &room) != 0)
        return false;
    *free_bytes = room.free;
    return room.free >= wanted;
}

enum seal_status destination_move(struct destination *d, const char *folder, struct fault *fault)
{
    char *copy = with_slash(folder);

    if (copy == NULL)
        return fault_no_memory(fault);
    free(d->folder);
    d->folder = copy;
    destination_mark(d);
    return SEAL_OK;
}
