/*
 * How much may come out of a sealed file, and the words for what stood in the way.
 */
#include "cli/limits.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

#define SIZE_LEAST (UINT64_C(4) << 30)
#define SIZE_RATIO 64
#define FILES_USUAL 1000000

/* Where it is written: a part of what is free stays so. */
static uint64_t room_in(const char *folder)
{
    struct plat_room room;
    struct plat_stat st;
    bool is_known;

    if (folder == NULL)
        is_known = false;
    else if (strcmp(folder, "-") != 0)
        is_known = plat_room(folder, &room) == 0;
    else /* a pipe or a device has none */
        is_known = plat_stat_fd(STDOUT_FILENO, &st) == 0 && st.type == PLAT_FILE &&
                   plat_room_fd(STDOUT_FILENO, &room) == 0;
    if (!is_known)
        return UINT64_MAX;
    return room.free - room.free / 20;
}

static uint64_t usual_most(uint64_t sealed_size)
{
    if (sealed_size > UINT64_MAX / SIZE_RATIO)
        return UINT64_MAX;
    return sealed_size * SIZE_RATIO > SIZE_LEAST ? sealed_size * SIZE_RATIO : SIZE_LEAST;
}

void limits_foresee(uint64_t content, uint64_t sealed_size)
{
    const uint64_t unit = UINT64_C(1) << 30;

    /* The record is counted, too. */
    if (content / 100 * 101 > usual_most(sealed_size))
        warn("it shrinks so much that unseal will take it for a trap: whoever opens it needs "
             "--max-size %" PRIu64 "G.",
             content / unit + 2);
}

struct intake_limits limits_for(const struct asked_limits *asked, uint64_t sealed_size,
                                const char *folder)
{
    struct intake_limits limits = {.bytes = asked->max_size,
                                   .room = room_in(folder),
                                   .files = asked->max_files == 0 ? FILES_USUAL : asked->max_files};

    if (asked->max_size != 0)
        return limits;
    limits.bytes = usual_most(sealed_size);
    if (sealed_size == 0) /* a pipe: judged by what was read so far */
        limits.per_byte = SIZE_RATIO;
    return limits;
}

static int explain_limit(const struct fault *fault, const struct asked_limits *asked,
                         const struct intake_limits *limits, char *text, size_t size)
{
    if (strcmp(fault->what, INTAKE_OVER_ROOM) == 0)
        return snprintf(text, size, "it holds more than there is room for (%s, and 5%% to spare)",
                        size_text(limits->room));
    if (strcmp(fault->what, INTAKE_OVER_FILES) == 0)
        return snprintf(text, size,
                        asked->max_files != 0 ? "it holds more than the %" PRIu64
                                                " files or folders that --max-files allows"
                                              : "it holds more than %" PRIu64
                                                " files or folders, the most without --max-files",
                        limits->files);
    if (asked->max_size != 0)
        return snprintf(text, size, "it holds more than the %s that --max-size allows",
                        size_text(limits->bytes));
    if (limits->per_byte != 0)
        return snprintf(text, size,
                        "it holds more than %s and %d times what was read of it, the most without "
                        "--max-size",
                        size_text(limits->bytes), SIZE_RATIO);
    return snprintf(text, size, "it holds more than %s, the most for its size without --max-size",
                    size_text(limits->bytes));
}

/* The pieces, named for who has to find them. */
static int name_uncaged(unsigned int missing, char *text, size_t size)
{
    return snprintf(text, size, "%s%s%s%s%s", INTAKE_UNCAGED,
                    (missing & PLAT_CAGE_FILES) != 0 ? ", " PLAT_CAGE_FILES_NAME : "",
                    (missing & PLAT_CAGE_CALLS) != 0 ? ", " PLAT_CAGE_CALLS_NAME : "",
                    (missing & PLAT_CAGE_PRIVILEGES) != 0 ? ", giving up privileges" : "",
                    (missing & PLAT_CAGE_LIMITS) != 0 ? ", resource limits" : "");
}

void limits_uncaged(void *ctx, unsigned int missing)
{
    static bool said;
    char text[REASON_SIZE];

    (void)ctx;
    if (said)
        return;
    said = true;
    (void)name_uncaged(missing, text, sizeof text);
    warn("%s; the rest of it holds. See unseal(1), --require-sandbox.", text);
}

void limits_explain(struct fault *fault, const struct asked_limits *asked,
                    const struct intake_limits *limits, const struct intake_result *result,
                    char text[static REASON_SIZE])
{
    if (fault->what == NULL)
        return;
    if (fault->status == SEAL_TOO_MUCH && strcmp(fault->what, INTAKE_OVER_ROOM) == 0)
        fault->sys = ENOSPC; /* which the advice depends on */
    if (fault->status == SEAL_TOO_MUCH)
        (void)explain_limit(fault, asked, limits, text, REASON_SIZE);
    else if (fault->status == SEAL_IO && strcmp(fault->what, INTAKE_UNCAGED) == 0)
        (void)name_uncaged(result->uncaged, text, REASON_SIZE);
    else
        (void)snprintf(text, REASON_SIZE, "%s", fault->what);
    fault->what = text;
}
