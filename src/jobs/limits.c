#include "jobs/limits.h"

#include <string.h>
#include <unistd.h>

#include "jobs/size_limit.h"

/* Files without --max-files: at least, and at most. */
#define FILES_LEAST (128 * 1024)
#define FILES_USUAL 1000000
/* Bytes of names. */
#define NAMES_LEAST (UINT64_C(64) << 20)
#define NAMES_PER_FILE 1024 /* that --max-files allows */

static uint64_t names_for(uint64_t max_files)
{
    if (max_files > UINT64_MAX / NAMES_PER_FILE)
        return UINT64_MAX;
    return max_files > NAMES_LEAST / NAMES_PER_FILE ? max_files * NAMES_PER_FILE : NAMES_LEAST;
}

/* The space that may be filled there: a twentieth of what is free stays free. */
static uint64_t room_in(const char *folder)
{
    struct plat_space room;
    struct plat_stat st;
    bool is_known;

    if (folder == NULL)
        is_known = false;
    else if (strcmp(folder, "-") != 0)
        is_known = plat_space(folder, &room) == 0;
    else /* only a file has such a limit, a pipe or a device has none */
        is_known = plat_stat_fd(STDOUT_FILENO, &st) == 0 && st.type == PLAT_FILE &&
                   plat_space_fd(STDOUT_FILENO, &room) == 0;
    if (!is_known)
        return UINT64_MAX;
    return room.free - room.free / 20;
}

struct intake_limits limits_for(const struct asked_limits *asked, uint64_t sealed_size,
                                const char *folder)
{
    struct intake_limits limits = {.bytes = asked->max_size,
                                   .room = room_in(folder),
                                   .files = asked->max_files,
                                   .files_least = asked->max_files,
                                   .names = names_for(asked->max_files)};

    if (asked->max_files == 0) {
        limits.files = FILES_USUAL;
        limits.files_least = FILES_LEAST;
    }
    if (asked->max_size != 0)
        return limits;
    limits.bytes = size_limit_usual(sealed_size);
    if (sealed_size == 0) /* a pipe: the limit grows with what was read so far */
        limits.per_byte = SIZE_LIMIT_RATIO;
    return limits;
}

/* The worker knows which number it counted to, and not where that came from. Of files and names it
 * says the number. */
static void explain_limit(struct fault *fault, const struct asked_limits *asked,
                          const struct intake_limits *limits)
{
    if (fault->reason == REASON_OVER_ROOM) {
        fault_add_numbers(fault, 0, limits->room);
    } else if (fault->reason == REASON_OVER_FILES) {
        fault->reason = asked->max_files != 0 ? REASON_OVER_ASKED_FILES : REASON_OVER_USUAL_FILES;
    } else if (fault->reason == REASON_OVER_BYTES) {
        fault->reason = asked->max_size != 0    ? REASON_OVER_ASKED_BYTES
                        : limits->per_byte != 0 ? REASON_OVER_USUAL_RATIO
                                                : REASON_OVER_USUAL_BYTES;
        fault_add_numbers(fault, SIZE_LIMIT_RATIO, limits->bytes);
    }
}

void limits_explain(struct fault *fault, const struct asked_limits *asked,
                    const struct intake_limits *limits, const struct intake_result *result)
{
    if (fault->status == SEAL_TOO_MUCH)
        explain_limit(fault, asked, limits);
    else if (fault->reason == REASON_WORKER_UNCAGED)
        fault_add_numbers(fault, result->uncaged, 0);
}
