#include "intake/small.h"

#include <stdlib.h>

/* Handed on by so many, since to hand on costs as much as a small file. All together have
 * descriptors, of which the worker has few. */
#define GROUPS 4
#define GROUP_FILES 8
#define GROUP_LEN (4 * SMALL_LEN)

struct small {
    struct unpack_file file;
    size_t item; /* of the check */
    size_t off, len;
    uint8_t digest[SHA256_LEN];
};

struct group {
    struct task task; /* first, so that it leads here */
    struct unpack *unpack;
    size_t count, done; /* files; done: those without a fault */
    struct fault fault; /* of the one behind those */
    struct small files[GROUP_FILES];
    size_t len;
    uint8_t data[GROUP_LEN];
};

/* One group is being filled, at; those behind it in the ring are under way or done. */
struct smalls {
    struct crew *crew;
    struct lane lane;
    struct unpack *unpack;
    struct bag_check *check;
    struct fault fault; /* the first */
    size_t count, at;
    struct group groups[];
};

static enum seal_status finish(struct group *g, struct small *m, struct fault *fault)
{
    enum seal_status status;

    sha256_of(m->digest, g->data + m->off, m->len);
    status = unpack_write(&m->file, g->data + m->off, m->len, fault);
    return unpack_close(g->unpack, &m->file, status, fault);
}

static void group_work(struct task *t)
{
    struct group *g = (struct group *)t;

    for (size_t i = 0; i < g->count; i++) {
        struct fault ignored = {.status = SEAL_OK};
        bool good = g->fault.status == SEAL_OK;

        (void)!finish(g, &g->files[i], good ? &g->fault : &ignored);
        g->done += g->fault.status == SEAL_OK;
    }
}

enum seal_status smalls_new(struct smalls **out, struct crew *crew, struct unpack *unpack,
                            struct bag_check *check, struct fault *fault)
{
    size_t count = crew_size(crew) > 1 ? GROUPS : 1;
    struct smalls *s = calloc(1, sizeof *s + count * sizeof s->groups[0]);

    *out = s;
    if (s == NULL)
        return fault_no_memory(fault);
    s->crew = crew;
    s->unpack = unpack;
    s->check = check;
    s->count = count;
    for (size_t i = 0; i < count; i++) {
        s->groups[i].task = (struct task){.work = group_work};
        s->groups[i].unpack = unpack;
    }
    return SEAL_OK;
}

/* Waits for what became of it, and empties it. */
static void take_group(struct smalls *s, struct group *g)
{
    crew_await(s->crew, &g->task);
    for (size_t i = 0; i < g->done; i++)
        bag_check_set_digest(s->check, g->files[i].item, g->files[i].digest);
    if (s->fault.status == SEAL_OK)
        s->fault = g->fault;
    g->fault.status = SEAL_OK;
    g->count = g->done = g->len = 0;
}

static void next_group(struct smalls *s)
{
    crew_post(s->crew, &s->lane, &s->groups[s->at].task);
    s->at = (s->at + 1) % s->count;
    take_group(s, &s->groups[s->at]);
}

static enum seal_status first_fault(const struct smalls *s, struct fault *fault)
{
    if (s->fault.status != SEAL_OK)
        *fault = s->fault;
    return s->fault.status;
}

enum seal_status smalls_room(struct smalls *s, uint8_t **data, struct fault *fault)
{
    const struct group *g = &s->groups[s->at];

    if (g->count == GROUP_FILES || g->len > GROUP_LEN - SMALL_LEN)
        next_group(s);
    *data = s->groups[s->at].data + s->groups[s->at].len;
    return first_fault(s, fault);
}

enum seal_status smalls_add(struct smalls *s, const struct tar_entry *entry, size_t len,
                            struct fault *fault)
{
    struct group *g = &s->groups[s->at];
    struct small *m = &g->files[g->count];

    m->item = bag_check_item(s->check);
    m->off = g->len;
    m->len = len;
    if (unpack_create(s->unpack, entry, &m->file, fault) != SEAL_OK)
        return unpack_close(s->unpack, &m->file, fault->status, fault);
    g->len += len;
    g->count++;
    return SEAL_OK;
}

enum seal_status smalls_settle(struct smalls *s, enum seal_status status, struct fault *fault)
{
    next_group(s);
    for (size_t i = 0; i < s->count; i++)
        take_group(s, &s->groups[(s->at + i) % s->count]);
    return first_fault(s, fault) == SEAL_OK ? status : fault->status;
}

void smalls_free(struct smalls *s)
{
    if (s != NULL)
        (void)!smalls_settle(s, SEAL_OK, &(struct fault){.status = SEAL_OK});
    free(s);
}
