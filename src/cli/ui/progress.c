/*
 * How far it is, how fast and how long still: one line, redrawn at most five times a second. Plain
 * ASCII and carriage returns, which every terminal knows.
 */
#include "cli/ui/progress.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "platform/process.h"
#include "platform/terminal.h"
#include "base/text.h"
#include "cli/cli.h"

#define INTERVAL 0.2 /* seconds from one drawing to the next */
#define SETTLE 1.0   /* seconds before a rate says anything */
#define COLUMNS_MAX 120

/* What stands on the terminal's line now; shared with the messages that take it away. */
static atomic_size_t drawn_columns;

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

/* H:MM:SS or M:SS. */
static const char *time_text(char *out, size_t size, double seconds)
{
    unsigned long s = seconds < 0 ? 0 : seconds > 359999 ? 359999 : (unsigned long)(seconds + 0.5);

    if (s >= 3600)
        (void)snprintf(out, size, "%lu:%02lu:%02lu", s / 3600, s / 60 % 60, s % 60);
    else
        (void)snprintf(out, size, "%lu:%02lu", s / 60, s % 60);
    return out;
}

static void put(const char *line, size_t len)
{
    struct fault ignored = {.status = SEAL_OK};

    (void)!fd_write_full(STDERR_FILENO, line, len, &ignored);
}

/* Adds a part if the line still has room for all of it. */
static void add_part(char *line, size_t *len, size_t columns, const char *part)
{
    size_t n = strlen(part);

    if (*len + n > columns)
        return;
    memcpy(line + *len, part, n);
    *len += n;
}

/* The most wanted first: what does not fit a narrow terminal is left out from the end. */
static size_t compose(const struct progress *p, double elapsed, char *line, size_t columns)
{
    char part[96], time[32];
    double rate = elapsed > 0 ? (double)p->done / elapsed : 0;
    uint64_t done = p->total != 0 && p->done > p->total ? p->total : p->done;
    bool settled = elapsed >= SETTLE && rate >= 1;
    size_t len = 0;

    if (p->total != 0) {
        (void)snprintf(part, sizeof part, "%3u %%",
                       (unsigned int)((double)done * 100 / (double)p->total));
        add_part(line, &len, columns, part);
        if (settled) {
            (void)snprintf(part, sizeof part, ", %s left",
                           time_text(time, sizeof time, (double)(p->total - done) / rate));
            add_part(line, &len, columns, part);
        }
        (void)snprintf(part, sizeof part, ", %s of %s", size_text(done), size_text(p->total));
    } else {
        (void)snprintf(part, sizeof part, "%s", size_text(done));
    }
    add_part(line, &len, columns, part);
    if (settled) {
        (void)snprintf(part, sizeof part, ", %s/s", size_text((uint64_t)rate));
        add_part(line, &len, columns, part);
    }
    return len;
}

/* In one write: back to the margin, the new line, blanks over what is left of the old one. */
static void draw(const struct progress *p, double now)
{
    char line[2 * COLUMNS_MAX + 3] = "\r";
    size_t columns = plat_terminal_columns(STDERR_FILENO);
    size_t before, len;

    /* The last column stays free: writing there would wrap on some terminals. */
    columns = columns > COLUMNS_MAX ? COLUMNS_MAX : columns > 1 ? columns - 1 : 1;
    len = compose(p, now - p->started, line + 1, columns);
    before = atomic_exchange(&drawn_columns, len);
    if (before > columns)
        before = columns;
    if (before > len)
        memset(line + 1 + len, ' ', before - len);
    put(line, 1 + (before > len ? before : len));
}

void progress_start(struct progress *p, uint64_t total)
{
    *p = (struct progress){.total = total};
    p->on = !message_is_quiet() && plat_is_terminal(STDERR_FILENO);
    p->started = p->shown = plat_monotonic();
}

void progress_add(void *progress, uint64_t bytes)
{
    struct progress *p = progress;
    double now;

    p->done += bytes;
    if (!p->on)
        return;
    now = plat_monotonic();
    if (now - p->shown < INTERVAL)
        return;
    p->shown = now;
    draw(p, now);
}

void progress_hide(void)
{
    char line[COLUMNS_MAX + 2];
    size_t columns = atomic_exchange(&drawn_columns, 0);

    if (columns == 0)
        return;
    memset(line, ' ', sizeof line);
    line[0] = line[columns + 1] = '\r';
    put(line, columns + 2);
}

void progress_end(struct progress *p)
{
    if (p->on)
        progress_hide();
    p->on = false;
}
