/*
 * The line is redrawn at most five times a second, with a carriage return, which every terminal
 * knows.
 */
#include "cli/ui/progress.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "platform/process.h"
#include "platform/terminal.h"
#include "platform/ticker.h"
#include "base/base.h"
#include "base/text.h"
#include "cli/ui/ui.h"
#include "platform/files.h"

#define INTERVAL 0.2 /* seconds from one drawing to the next */
#define SETTLE 1.0   /* seconds before a rate says anything */
#define COLUMNS_MAX 120
#define LINE_SIZE 512 /* bytes of a text */

/* What stands on the terminal's line now; shared with the messages that take it away. */
static atomic_size_t drawn_columns;

/* H:MM:SS or M:SS. */
static void time_text(char *out, size_t size, double seconds)
{
    unsigned long s = seconds < 0 ? 0 : seconds > 359999 ? 359999 : (unsigned long)(seconds + 0.5);

    if (s >= 3600)
        (void)snprintf(out, size, "%lu:%02lu:%02lu", s / 3600, s / 60 % 60, s % 60);
    else
        (void)snprintf(out, size, "%lu:%02lu", s / 60, s % 60);
}

static void put(const char *line, size_t len)
{
    struct fault ignored = {.status = SEAL_OK};

    IGNORE_RESULT(fd_write_full(STDERR_FILENO, line, len, &ignored));
}

/* The texts that can be shown, the fullest first; which ones depends on what is known. */
static const enum text_id *candidates(bool has_total, bool has_rate)
{
    static const enum text_id all[] = {T_PROGRESS_ALL, T_PROGRESS_NO_RATE, T_PROGRESS_TIME,
                                       T_PROGRESS_PERCENT, T_NONE};
    static const enum text_id no_rate[] = {T_PROGRESS_SIZE, T_PROGRESS_PERCENT, T_NONE};
    static const enum text_id no_total[] = {T_PROGRESS_DONE_RATE, T_PROGRESS_DONE, T_NONE};
    static const enum text_id neither[] = {T_PROGRESS_DONE, T_NONE};

    if (has_total)
        return has_rate ? all : no_rate;
    return has_rate ? no_total : neither;
}

/* The fullest text that fits; "" if the terminal is too narrow for any. *columns: those there are,
 * then those that are used. Returns the length. */
static size_t compose(const struct progress *p, double elapsed, char line[static LINE_SIZE],
                      size_t *columns)
{
    double rate = elapsed > 0 ? (double)p->done / elapsed : 0;
    uint64_t done = p->total != 0 && p->done > p->total ? p->total : p->done;
    char time[32], amount[64];
    struct text_args args = {.size = done, .most = p->total, .word = time, .words = amount};
    bool has_rate = elapsed >= SETTLE && rate >= 1;

    if (p->total != 0)
        args.number = (uint64_t)((double)done * 100 / (double)p->total);
    time_text(time, sizeof time, has_rate ? (double)(p->total - done) / rate : 0);
    (void)text_size(amount, sizeof amount, ui_catalog(), (uint64_t)rate);
    for (const enum text_id *id = candidates(p->total != 0, has_rate); *id != T_NONE; id++) {
        size_t len = text_format(line, LINE_SIZE, ui_catalog(), *id, &args);
        size_t used = text_columns(line, len);

        if (used <= *columns) {
            *columns = used;
            return len;
        }
    }
    *columns = 0;
    return 0;
}

/* Columns that a line may take; the last one stays free, as writing there would wrap on some
 * terminals. */
static size_t columns_there(void)
{
    size_t columns = plat_terminal_columns(STDERR_FILENO);

    return columns > COLUMNS_MAX ? COLUMNS_MAX : columns > 1 ? columns - 1 : 1;
}

/* In one write: back to the margin, the new line, blanks over what is left of the old one. line[0]
 * is left free for that; len bytes stand behind it, and take columns. */
static void put_over(char line[static 1 + LINE_SIZE + COLUMNS_MAX], size_t len, size_t columns)
{
    size_t room = columns_there(), before = atomic_exchange(&drawn_columns, columns);

    before = before > room ? room : before;
    line[0] = '\r';
    if (before > columns)
        memset(line + 1 + len, ' ', before - columns);
    put(line, 1 + len + (before > columns ? before - columns : 0));
}

static void draw(const struct progress *p, double now)
{
    char line[1 + LINE_SIZE + COLUMNS_MAX];
    size_t columns = columns_there();
    size_t len = compose(p, now - p->started, line + 1, &columns);

    put_over(line, len, columns);
}

void progress_start(struct progress *p, uint64_t total)
{
    *p = (struct progress){.total = total};
    p->on = !ui_is_quiet() && plat_is_terminal(STDERR_FILENO);
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

/* ---- Waiting ------------------------------------------------------------------------------ */

/* ticker_start's tick. The time shows that the program is alive. */
static void draw_waiting(void *waiting)
{
    const struct waiting *w = waiting;
    char line[1 + LINE_SIZE + COLUMNS_MAX], time[32];
    static const enum text_id texts[] = {T_PROGRESS_SYNC, T_PROGRESS_SYNC_SHORT,
                                         T_PROGRESS_TIME_ONLY};

    time_text(time, sizeof time, plat_monotonic() - w->since);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        size_t len =
            text_format(line + 1, LINE_SIZE, ui_catalog(), texts[i], TEXT_ARGS(.word = time));
        size_t columns = text_columns(line + 1, len);

        if (columns > columns_there())
            continue;
        put_over(line, len, columns);
        return;
    }
}

void waiting_start(struct waiting *w)
{
    *w = (struct waiting){.since = plat_monotonic()};
    if (!ui_is_quiet() && plat_is_terminal(STDERR_FILENO))
        w->ticker = ticker_start(draw_waiting, w);
}

void waiting_end(struct waiting *w)
{
    if (w->ticker == NULL)
        return;
    ticker_stop(w->ticker);
    w->ticker = NULL;
    progress_hide();
}
