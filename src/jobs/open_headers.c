#include "jobs/open_headers.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/base.h"
#include "jobs/keyring_private.h"
#include "jobs/receive_relay_private.h"

/* How each of several files is opened. */
struct opening {
    struct keyring ring;
    bool many; /* files; none may be a pipe then */
    const struct receive_observer *observer;
};

static enum seal_status open_one(struct arrival *a, struct opening *o, struct fault *fault)
{
    if (arrival_find(a, o->many, fault) != SEAL_OK)
        return fault->status;
    if (arrival_open_header(a, &o->ring, o->observer, fault) != SEAL_OK)
        return fault->status;
    if (a->env->others_differ)
        tell_name(o->observer, RECEIVE_SLOTS_DIFFER, a->path);
    return SEAL_OK;
}

static enum seal_status open_all(struct sets *s, struct opening *o, struct fault *fault)
{
    for (size_t i = 0; i < s->arrival_count && fault->status == SEAL_OK; i++) {
        struct arrival *a = &s->arrivals[i];

        IGNORE_RESULT(open_one(a, o, &a->fault));
        arrival_put_aside(a);
        if (a->fault.status != SEAL_OK)
            fault_add_name(&a->fault, a->path);
        if (a->fault.status == SEAL_INTERRUPTED)
            *fault = a->fault;
    }
    return fault->status;
}

/* ---- With set keys ------------------------------------------------------------------------ */

/* Trying every index that there may be takes long. So many times it is done, and then only those
 * are tried that a set which can be opened has. */
#define SEARCHES_FULL 64

/* Volumes that gave a set key, one for each. */
struct set_keys {
    const struct arrival **known;
    size_t count;
    size_t searches;
};

static bool gave_same(const struct arrival *a, const struct arrival *b)
{
    bool is_same;

    if (memcmp(a->env->params.bundle_id, b->env->params.bundle_id, BUNDLE_ID_LEN) != 0)
        return false;
    is_same = a->env->params.slot_count == b->env->params.slot_count &&
              a->env->params.parity == b->env->params.parity &&
              a->env->params.type == b->env->params.type &&
              sodium_memcmp(a->env->set_key, b->env->set_key, KEY_LEN) == 0;
    declassify(&is_same, sizeof is_same); /* which files are of one set is told to the user */
    return is_same;
}

static void add_set_key(struct set_keys *k, const struct arrival *a)
{
    if (!arrival_has_set_key(a))
        return;
    for (size_t i = 0; i < k->count; i++)
        if (gave_same(k->known[i], a))
            return;
    k->known[k->count++] = a;
}

/* Whether it is a file that no key here opens. Of what lies in folders much is no sealed file. */
static bool may_be_of_set(const struct arrival *a)
{
    return a->stat.type == PLAT_FILE && a->stat.size >= BLOCK_LEN && a->may_be_sealed &&
           (a->fault.status == SEAL_NO_KEY || a->fault.status == SEAL_WRONG_PASSPHRASE ||
            a->fault.status == SEAL_USAGE);
}

static enum seal_status try_set_keys(struct arrival *a, struct set_keys *k,
                                     const struct receive_observer *observer, struct fault *fault)
{
    for (size_t i = 0; i < k->count && !a->was_opened && fault->status == SEAL_OK; i++) {
        bool is_full = k->searches++ < SEARCHES_FULL;

        if (stop_requested())
            return fault_set(fault, REASON_INTERRUPTED, NULL);
        IGNORE_RESULT(arrival_open_with_set(a, k->known[i],
                                            is_full ? SET_VOLUMES_MAX : INTAKE_VOLUMES_MAX, fault));
        if (a->was_opened)
            observer->event(observer->ctx, &(struct receive_event){.kind = RECEIVE_OPENED_BY_SET,
                                                                   .name = a->path,
                                                                   .other = k->known[i]->path});
    }
    return fault->status;
}

/* Who opens one volume of a set can open all of them, whoever they were sealed for. */
static enum seal_status open_with_sets(struct sets *s, const struct receive_observer *observer,
                                       struct fault *fault)
{
    struct set_keys k = {.known = calloc(s->arrival_count, sizeof(struct arrival *))};

    if (k.known == NULL)
        return fault_no_memory(fault);
    for (size_t i = 0; i < s->arrival_count; i++)
        add_set_key(&k, &s->arrivals[i]);
    for (size_t i = 0; i < s->arrival_count && k.count > 0 && fault->status == SEAL_OK; i++) {
        struct arrival *a = &s->arrivals[i];
        struct fault unread = {.status = SEAL_OK};

        if (!may_be_of_set(a) || try_set_keys(a, &k, observer, &unread) == SEAL_OK)
            continue;
        if (unread.status == SEAL_INTERRUPTED || unread.status == SEAL_NO_MEMORY)
            *fault = unread;
        a->fault = unread; /* it could be read before */
        fault_add_name(&a->fault, a->path);
    }
    free(k.known);
    return fault->status;
}

enum seal_status open_headers(struct sets *s, const struct receive_input *input,
                              unsigned int threads, const struct receive_observer *observer,
                              struct fault *fault)
{
    struct opening o = {.many = s->arrival_count > 1, .observer = observer};

    for (size_t i = 0; i < input->key_count && fault->status == SEAL_OK; i++)
        IGNORE_RESULT(keyring_add(&o.ring, input->keys[i], observer, fault));
    keyring_use_threads(&o.ring, threads);
    if (fault->status == SEAL_OK)
        IGNORE_RESULT(open_all(s, &o, fault));
    keyring_free(&o.ring);
    if (fault->status == SEAL_OK && o.many)
        IGNORE_RESULT(open_with_sets(s, observer, fault));
    return fault->status == SEAL_OK ? sets_sort(s, observer, fault) : fault->status;
}
