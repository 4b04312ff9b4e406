#include "bag/ahead.h"

#include <errno.h>
#include <stdlib.h>

/* Handed on by so many, since to hand on costs as much as a small file. */
#define GROUPS 4
#define GROUP_FILES 8

struct group {
    struct task task; /* first, so that it leads here */
    size_t count, taken;
    size_t items[GROUP_FILES];
    struct ahead_file files[GROUP_FILES];
    uint8_t *data; /* GROUP_FILES times AHEAD_LEN */
};

struct ahead {
    struct bag_source *source;
    struct crew *crew;
    struct lane lane;
    size_t next; /* the first item that is in no group yet */
    size_t at;   /* the group whose files are taken now; the others in the ring are behind it */
    struct group groups[GROUPS];
};

/* ---- In another thread -------------------------------------------------------------------- */

static enum seal_status read_all(struct ahead_file *f)
{
    struct reading *r = &f->reading;
    enum seal_status status;
    size_t len;

    do
        status = reading_next(r, f->data + r->off, AHEAD_LEN - (size_t)r->off, &len, &f->fault);
    while (status == SEAL_OK && len > 0);
    return status;
}

static void read_file(struct ahead_file *f)
{
    f->is_file = reading_start(&f->reading, f->fd) == 0;
    f->is_read = f->is_file && f->reading.before.size <= AHEAD_LEN;
    if (!f->is_read || read_all(f) != SEAL_OK)
        return;
    sha256_of(f->digest, f->data, (size_t)f->reading.off);
    f->change = reading_end(&f->reading);
    if (f->change != READ_STABLE)
        return; /* it is looked at once more */
    (void)plat_close(f->fd);
    f->fd = -1;
}

static void group_work(struct task *t)
{
    struct group *g = (struct group *)t;

    for (size_t i = 0; i < g->count; i++)
        if (g->files[i].fd >= 0)
            read_file(&g->files[i]);
}

/* ---- In the caller's ---------------------------------------------------------------------- */

static void release(struct ahead_file *f)
{
    reading_free(&f->reading);
    if (f->fd >= 0)
        (void)plat_close(f->fd);
    f->fd = -1;
}

static void add_file(struct ahead *a, struct group *g, size_t item)
{
    struct ahead_file *f = &g->files[g->count];

    *f = (struct ahead_file){.data = g->data + g->count * AHEAD_LEN};
    f->fd = source_open_item(a->source, &a->source->table.items[item]);
    if (f->fd < 0)
        f->error = errno;
    else
        plat_hint_prefetch(f->fd);
    g->items[g->count++] = item;
}

/* Opens the next small files, in order, and has them read. Not beyond a large one, which may take
 * so long that what was read of those behind it is old by then. */
static void fill_group(struct ahead *a, struct group *g)
{
    const struct table *t = &a->source->table;

    g->count = g->taken = 0;
    for (; a->next < t->count && g->count < GROUP_FILES; a->next++) {
        if (t->items[a->next].type != ITEM_FILE)
            continue;
        if (t->items[a->next].size > AHEAD_LEN)
            break;
        add_file(a, g, a->next);
    }
    if (g->count > 0)
        crew_post(a->crew, &a->lane, &g->task);
}

static void fill_all(struct ahead *a)
{
    for (size_t i = 0; i < GROUPS; i++)
        fill_group(a, &a->groups[(a->at + i) % GROUPS]);
}

static void empty_group(struct ahead *a, struct group *g)
{
    crew_await(a->crew, &g->task);
    for (size_t i = 0; i < g->count; i++)
        release(&g->files[i]);
    g->count = 0;
}

enum seal_status ahead_new(struct ahead **out, struct bag_source *source, struct crew *crew,
                           struct fault *fault)
{
    struct ahead *a = *out = calloc(1, sizeof *a);

    if (a == NULL)
        return fault_no_memory(fault);
    a->source = source;
    a->crew = crew;
    for (size_t i = 0; i < GROUPS; i++) {
        a->groups[i].task = (struct task){.work = group_work};
        a->groups[i].data = malloc(GROUP_FILES * AHEAD_LEN);
        if (a->groups[i].data == NULL) {
            ahead_free(a);
            *out = NULL;
            return fault_no_memory(fault);
        }
    }
    return SEAL_OK;
}

struct ahead_file *ahead_take(struct ahead *a, size_t item)
{
    struct group *g = &a->groups[a->at];

    if (a->source->table.items[item].size > AHEAD_LEN) {
        a->next = item + 1; /* those before it are taken */
        return NULL;
    }
    if (g->taken > 0)
        release(&g->files[g->taken - 1]);
    if (g->taken == g->count) {
        a->at = (a->at + 1) % GROUPS;
        if (a->groups[a->at].count == 0) /* then they all are */
            fill_all(a);
        else
            fill_group(a, g);
        g = &a->groups[a->at];
    }
    crew_await(a->crew, &g->task);
    return &g->files[g->taken++];
}

void ahead_free(struct ahead *a)
{
    if (a == NULL)
        return;
    for (size_t i = 0; i < GROUPS; i++) {
        empty_group(a, &a->groups[i]);
        free(a->groups[i].data);
    }
    free(a);
}
