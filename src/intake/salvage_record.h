/*
 * The record of a bag that is salvaged, as far as it survived; private to this room.
 */
#ifndef SEAL_INTAKE_SALVAGE_RECORD_H
#define SEAL_INTAKE_SALVAGE_RECORD_H

#include "archive/torn.h"
#include "bag/check/check.h"
#include "intake/quota.h"

/* A part of the tar that is of one entry, whose header is lost. */
struct lost_entry {
    uint64_t number, off, end;
};

/* Where in the tar the data of its files are. */
struct record_places {
    uint64_t offs[RECORD_ENTRIES];
    size_t count;
};

struct salvage_record {
    struct bag_check *check;
    struct record_places places; /* of what is all there */
    bool has_digests;            /* manifest or listing are there */
    bool is_all;             /* all five files are there, and agree with each other and with D */
    bool is_bad;             /* something of it breaks the rules: nothing of it counts */
    struct lost_entry *lost; /* by number */
    size_t lost_count, lost_cap;
};

/* Looks for the record in all of the tar. digest: D, or NULL if that is lost. A record that had to
 * be looked for may be of a bag among the evidence: it counts only if it has that D.
 * SEAL_NO_MEMORY, SEAL_IO, SEAL_TOO_MUCH, SEAL_INTERRUPTED. */
MUST_USE enum seal_status salvage_record_read(struct salvage_record *r, struct torn *from,
                                              struct quota *quota, const uint8_t *digest,
                                              struct fault *fault);
/* Whether a file whose data are there is of it. */
bool salvage_record_has(const struct salvage_record *r, uint64_t data_off);
void salvage_record_free(struct salvage_record *r);

#endif
