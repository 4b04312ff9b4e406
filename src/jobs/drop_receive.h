/*
 * drop_receive: one drop on its way in, from the headers that were opened to the record. Public, as
 * reports read it; the functions are private to this room. When they are called, the secret keys
 * are wiped.
 */
#ifndef SEAL_DROP_RECEIVE_H
#define SEAL_DROP_RECEIVE_H

#include "jobs/drop_record.h"

/* Each step fills in its own part. */
struct drop {
    const struct drop_request *request;
    const struct set *set;       /* what arrived */
    struct drop_target target;   /* where it goes */
    struct drop_content content; /* what came out */
    struct drop_logged logged;   /* what the log says */
    struct fault fault;          /* why it was not accepted; SEAL_OK: it was, so far */
    struct fault late; /* what went wrong with record or log of one whose verdict stands */
};

/* Finds out where it goes. number: as for drop_target_choose. Failures, and that of the set, are
 * noted in d->fault. Whatever they are, drop_free must follow. request and set must outlive the
 * drop. */
void drop_start(struct drop *d, const struct drop_request *request,
                const struct output_place *place, const struct set *set, size_t number);
/* Receives it, unless it has a fault already; writes record and log. program_sha256: of the running
 * program; NULL: not known. */
void drop_receive(struct drop *d, const uint8_t *program_sha256,
                  const struct receive_observer *observer);
void drop_free(struct drop *d);

/* The verdict in a word for machines: "accepted", "damaged", ...; "failed": there is none. */
const char *drop_verdict_word(const struct drop *d);
/* Whether such a verdict, or failure, is put on record. */
bool drop_has_verdict(const struct drop *d);

#endif
