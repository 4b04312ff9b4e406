#include "jobs/open_headers.h"

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
    return fault->status == SEAL_OK ? sets_sort(s, observer, fault) : fault->status;
}
