/*
 * Wording that is not in the catalog yet. To be removed, with cli.h, when nothing uses it.
 */
#include "cli/cli.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define LINE_SIZE 8192

#define FORMAT_LINE(line, format)                         \
    do {                                                  \
        va_list args;                                     \
        va_start(args, format);                           \
        (void)vsnprintf(line, sizeof line, format, args); \
        va_end(args);                                     \
    } while (0)

void say_old(const char *format, ...)
{
    char line[LINE_SIZE];

    FORMAT_LINE(line, format);
    say(T_OLD_WORDS, .words = line);
}

void warn_old(const char *format, ...)
{
    char line[LINE_SIZE];

    FORMAT_LINE(line, format);
    warn(T_OLD_WORDS, .words = line);
}

enum exit_code complain_usage_old(const char *format, ...)
{
    char line[LINE_SIZE];

    FORMAT_LINE(line, format);
    return complain_usage(T_OLD_WORDS, .words = line);
}

const char *size_text(uint64_t bytes)
{
    static _Thread_local char ring[4][SIZE_TEXT_SIZE];
    static _Thread_local unsigned int turn;
    char *out = ring[turn++ % 4];

    size_format(out, bytes);
    return out;
}

const char *count_text(uint64_t count, const char *noun)
{
    static _Thread_local char ring[4][64];
    static _Thread_local unsigned int turn;
    char *out = ring[turn++ % 4];

    (void)snprintf(out, sizeof ring[0], "%" PRIu64 " %s%s", count, noun, count == 1 ? "" : "s");
    return out;
}

void clear_leftovers(const char *path, bool (*is_name)(const char *name, size_t len))
{
    if (strcmp(path, "-") != 0)
        leftovers_remove(path, is_name, show_leftover);
}
