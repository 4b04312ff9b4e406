#include "jobs/output_place_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "jobs/is_folder.h"

/* ---- Names -------------------------------------------------------------------------------- */

const char *path_last_part(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

/* Without slashes at the end; "/" keeps its own. */
static size_t len_without_slashes(const char *path)
{
    size_t len = strlen(path);

    while (len > 1 && path[len - 1] == '/')
        len--;
    return len;
}

bool output_place_names_output(const struct output_place *place)
{
    return place->given != NULL && !place->is_home;
}

char *output_place_name(const struct output_place *place)
{
    return text_copy(place->given, len_without_slashes(place->given));
}

/* len bytes of name, the number and ending. */
static char *path_at_home(const struct output_place *place, const char *name, size_t len,
                          size_t number, const char *ending)
{
    struct buffer b = {0};
    const char *home = place->is_home ? place->given : "";
    size_t home_len = len_without_slashes(home);
    const char *slash = home_len > 0 && home[home_len - 1] != '/' ? "/" : "";

    if (buffer_printf(&b, "%.*s%s%.*s", (int)home_len, home, slash, (int)len, name) == SEAL_OK &&
        (number < 2 || buffer_printf(&b, "-%zu", number) == SEAL_OK) &&
        buffer_printf(&b, "%s", ending) == SEAL_OK)
        return (char *)b.data;
    buffer_free(&b);
    return NULL;
}

char *output_place_path(const struct output_place *place, const char *name, size_t number,
                        const char *ending)
{
    return path_at_home(place, name, strlen(name), number, ending);
}

/* Whether the first len bytes of name are what a record could be called, where letter case may not
 * count. */
static bool is_record_name(const char *name, size_t len)
{
    static const char *const endings[] = {CUSTODY_TEXT_ENDING, CUSTODY_JSON_ENDING};

    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        size_t ending_len = strlen(endings[i]);

        if (len >= ending_len && strncasecmp(name + len - ending_len, endings[i], ending_len) == 0)
            return true;
    }
    return false;
}

char *output_place_default(const struct output_place *place, const char *file, size_t number,
                           const char *ending)
{
    const char *base = path_last_part(file);
    const char *dot = strrchr(base, '.');
    bool has_ending = dot != NULL && dot != base && dot[1] != '\0';
    size_t len = has_ending ? (size_t)(dot - base) : strlen(base);

    /* Else it would be the name of the sealed file itself, or that of another drop's record. */
    if (*ending == '\0' && (!has_ending || is_record_name(base, len)))
        ending = ".bag";
    return path_at_home(place, base, len, number, ending);
}

/* ---- What must not be ---------------------------------------------------------------------- */

enum seal_status output_refuse_existing(const char *path, struct fault *fault)
{
    if (output_refuse_taken(PLAT_CWD, path, path, fault) != SEAL_OK)
        return fault->status;
    return output_refuse_in_bag(path, fault);
}

static bool is_bag(int dirfd)
{
    struct plat_stat st;

    return plat_stat_at(dirfd, "bagit.txt", false, &st) == 0 && st.type == PLAT_FILE &&
           plat_stat_at(dirfd, "data", false, &st) == 0 && st.type == PLAT_DIR;
}

enum seal_status output_refuse_in_bag(const char *path, struct fault *fault)
{
    struct plat_stat here = {0}, above;
    char *dir = NULL;
    const char *name;
    int fd;

    if (!path_split(path, &dir, &name))
        return fault_no_memory(fault);
    fd = plat_open_dir(PLAT_CWD, dir, true);
    free(dir);
    /* Up to the top, which is its own "..". */
    while (fd >= 0 && plat_stat_fd(fd, &above) == 0 &&
           (above.inode != here.inode || above.device != here.device)) {
        int next = plat_open_dir(fd, "..", false);

        here = above;
        if (is_bag(fd))
            (void)fault_set(fault, REASON_OUTPUT_IN_BAG, path);
        (void)plat_close(fd);
        fd = next;
    }
    if (fd >= 0)
        (void)plat_close(fd);
    return fault->status;
}

/* ---- The folder for outputs --------------------------------------------------------------- */

struct output_place output_place_from(const char *given)
{
    bool is_home = given != NULL && given[0] != '\0' && given[strlen(given) - 1] == '/';

    return (struct output_place){.given = given, .is_home = is_home};
}

enum seal_status output_place_prepare(struct output_place *place, struct fault *fault)
{
    struct plat_stat st;
    int fd;

    if (!place->is_home)
        return SEAL_OK;
    if (output_refuse_in_bag(place->given, fault) != SEAL_OK)
        return fault->status;
    if (plat_stat_at(PLAT_CWD, place->given, true, &st) != 0) {
        if (plat_make_dir(PLAT_CWD, place->given, PLAT_SHARED) != 0)
            return fault_set_errno(fault, REASON_CREATE, place->given);
        place->is_new = true;
    }
    fd = plat_open_dir(PLAT_CWD, place->given, true);
    if (fd < 0)
        return fault_set_errno(fault, REASON_OPEN, place->given);
    if (plat_stat_at(fd, "bagit.txt", false, &st) == 0)
        (void)fault_set(fault, REASON_OUTPUT_IS_BAG, place->given);
    (void)plat_close(fd);
    return fault->status;
}

void output_place_leave(const struct output_place *place)
{
    if (place->is_new)
        (void)plat_remove_tree(PLAT_CWD, place->given, -1, false); /* fails if it is not empty */
}

enum seal_status output_place_settle(struct output_place *place, const struct sets *sets,
                                     struct fault *fault)
{
    bool may_be_several = sets->arrival_count > 1 || sets->arrivals[0].lies_in_folder;

    if (place->given == NULL || place->is_home)
        return SEAL_OK;
    if (sets->count > 1 && strcmp(place->given, "-") == 0)
        return fault_set(fault, REASON_STDOUT_SEVERAL, NULL);
    place->is_home = sets->count > 1 || (may_be_several && is_folder(place->given));
    return output_place_prepare(place, fault);
}
