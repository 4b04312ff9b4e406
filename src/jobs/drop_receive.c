#include "jobs/drop_receive.h"

#include "jobs/drop_publish_private.h"

void drop_start(struct drop *d, const struct drop_request *request,
                const struct output_place *place, const struct set *set, size_t number)
{
    *d = (struct drop){.request = request, .set = set};
    if (drop_target_choose(&d->target, request, place, set, number, &d->fault) == SEAL_OK)
        d->fault = set->fault;
    if (d->fault.status != SEAL_OK)
        set_name_fault(set, &d->fault);
}

static struct drop_facts facts_of(const struct drop *d, const uint8_t *program_sha256)
{
    return (struct drop_facts){.request = d->request,
                               .set = d->set,
                               .target = &d->target,
                               .content = &d->content,
                               .fault = &d->fault,
                               .program_sha256 = program_sha256};
}

static void receive_content(struct drop *d, struct drop_outputs *outputs)
{
    const struct set_check check = {.limits = &d->request->limits,
                                    .threads = d->request->threads,
                                    .observer = outputs->observer};

    set_compare_twins(d->set, &check, &d->fault);
    if (d->fault.status == SEAL_OK &&
        drop_content_receive(&d->content, d->request, d->set, outputs, &d->fault) != SEAL_OK)
        set_name_fault(d->set, &d->fault);
    for (size_t i = 0; i < d->set->count; i++)
        arrival_put_aside(d->set->files[i]);
    if (d->fault.status != SEAL_OK)
        drop_outputs_abandon(outputs); /* before the log is waited for */
}

/* A medium that fails gives none, and that is no reason to keep nothing. */
static enum seal_status take_digests_of_damaged(struct drop *d,
                                                const struct receive_observer *observer)
{
    for (size_t i = 0; i < d->set->count && d->fault.status == SEAL_OK; i++) {
        struct fault unread = {.status = SEAL_OK};

        if (arrival_take_digest(d->set->files[i], observer, &unread) == SEAL_INTERRUPTED)
            d->late = unread;
    }
    return d->late.status;
}

/* Of files that no worker has read, for record and log. */
static enum seal_status take_digests(struct drop *d, const struct receive_observer *observer)
{
    if (d->request->task == DROP_SALVAGE)
        return take_digests_of_damaged(d, observer);
    if (!drop_has_verdict(d) || !request_is_recorded(d->request))
        return SEAL_OK;
    for (size_t i = 0; i < d->set->count && d->late.status == SEAL_OK; i++)
        if (arrival_take_digest(d->set->files[i], observer, &d->late) != SEAL_OK)
            fault_add_name(&d->late, d->set->files[i]->path);
    return d->late.status;
}

void drop_receive(struct drop *d, const uint8_t *program_sha256,
                  const struct receive_observer *observer)
{
    struct drop_outputs outputs = {.target = &d->target, .observer = observer, .beside = -1};
    struct drop_facts facts = facts_of(d, program_sha256);

    receive_content(d, &outputs);
    if (take_digests(d, observer) == SEAL_OK &&
        drop_record(&d->logged, &facts, &outputs, &d->late) != SEAL_OK &&
        d->fault.status == SEAL_OK && !d->logged.is_missing) {
        d->fault = d->late; /* without a record it does not stay */
        d->late = (struct fault){.status = SEAL_OK};
    }
    drop_outputs_abandon(&outputs);
}

bool drop_has_verdict(const struct drop *d)
{
    const struct drop_facts facts = facts_of(d, NULL);
    enum custody_verdict verdict;

    return drop_verdict(&verdict, &facts);
}

const char *drop_verdict_word(const struct drop *d)
{
    const struct drop_facts facts = facts_of(d, NULL);
    enum custody_verdict verdict;

    return drop_verdict(&verdict, &facts) ? custody_verdict_word(verdict) : "failed";
}

void drop_free(struct drop *d)
{
    drop_content_free(&d->content);
    drop_target_free(&d->target);
    *d = (struct drop){.request = d->request, .set = d->set};
}
