#include "jobs/drop_twins_private.h"

#include <stdlib.h>
#include <string.h>

#include "bag/bag.h"

/* What output and record of a drop are called, folded: two that are the same collide somewhere. */
struct name {
    struct buffer folded;
    struct drop *drop;
};

struct twins {
    struct name *names; /* those that the drops get without a number, sorted */
    size_t count;
    const struct drop_request *request;
    const struct output_place *place;
};

static int compare_folded(const void *a, const void *b)
{
    const struct buffer *x = &((const struct name *)a)->folded;
    const struct buffer *y = &((const struct name *)b)->folded;
    int order = memcmp(x->data, y->data, x->len < y->len ? x->len : y->len);

    return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

/* Of one name, the drop that was given first comes first. */
static int compare(const void *a, const void *b)
{
    const struct drop *x = ((const struct name *)a)->drop, *y = ((const struct name *)b)->drop;
    int order = compare_folded(a, b);

    return order != 0 ? order : (x > y) - (x < y);
}

static enum seal_status fold(struct name *n)
{
    const char *record = n->drop->target.record;

    n->folded.len = 0;
    return bag_name_fold(&n->folded, record, strlen(record));
}

static enum seal_status collect(struct twins *t, struct drop *drops, const struct sets *sets)
{
    t->names = calloc(sets->count, sizeof *t->names);
    if (t->names == NULL)
        return SEAL_NO_MEMORY;
    for (size_t i = 0; i < sets->count; i++) {
        drop_start(&drops[i], t->request, t->place, &sets->all[i], 1);
        if (drops[i].target.record == NULL)
            continue;
        t->names[t->count].drop = &drops[i];
        if (fold(&t->names[t->count++]) != SEAL_OK)
            return SEAL_NO_MEMORY;
    }
    qsort(t->names, t->count, sizeof *t->names, compare);
    return SEAL_OK;
}

/* Starts a drop again, with the next number that gives a name of its own. */
static enum seal_status give_number(const struct twins *t, struct drop *drop, size_t *number)
{
    struct name n = {.drop = drop};
    const struct set *set = drop->set;
    enum seal_status status = SEAL_OK;

    do {
        drop_free(drop);
        drop_start(drop, t->request, t->place, set, ++*number);
        if (drop->target.record == NULL) /* it has a fault */
            break;
        status = fold(&n);
    } while (status == SEAL_OK &&
             bsearch(&n, t->names, t->count, sizeof n, compare_folded) != NULL);
    buffer_free(&n.folded);
    return status;
}

enum seal_status drop_twins_start(struct drop *drops, const struct sets *sets,
                                  const struct drop_request *request,
                                  const struct output_place *place, struct fault *fault)
{
    struct twins t = {.request = request, .place = place};
    enum seal_status status = collect(&t, drops, sets);
    size_t number = 1;

    for (size_t i = 1; i < t.count && status == SEAL_OK; i++) {
        if (compare_folded(&t.names[i - 1], &t.names[i]) == 0)
            status = give_number(&t, t.names[i].drop, &number);
        else
            number = 1;
    }
    for (size_t i = 0; i < t.count; i++)
        buffer_free(&t.names[i].folded);
    free(t.names);
    return status == SEAL_OK ? SEAL_OK : fault_no_memory(fault);
}
