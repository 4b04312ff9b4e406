/*
 * drop_record: puts what was found out about a drop into its custody record and the log, and has
 * all files of the drop get their names. Of this header other rooms use the struct alone.
 */
#ifndef SEAL_DROP_RECORD_H
#define SEAL_DROP_RECORD_H

#include "custody/custody.h"
#include "jobs/drop_content.h"

/* What the record is made of. */
struct drop_facts {
    const struct drop_request *request;
    const struct set *set;
    const struct drop_target *target;
    const struct drop_content *content;
    const struct fault *fault;     /* why it was refused; SEAL_OK: it was not */
    const uint8_t *program_sha256; /* of the running program; NULL: not known */
};

/* What the log said, and what became of the new line in it. */
struct drop_logged {
    bool is_missing;          /* all else was done, but the line could not be added */
    enum custody_double seen; /* whether such a drop was received before */
    char first_seen[TIME_TEXT_SIZE];
};

/* False: there is no verdict, since nothing was found out about the sealed file. */
bool drop_verdict(enum custody_verdict *verdict, const struct drop_facts *facts);
/* Does everything that can still fail once the content was accepted or refused. Nothing if there is
 * no verdict. SEAL_IO, SEAL_EXISTS, SEAL_NO_MEMORY; SEAL_USAGE: the log is none. */
MUST_USE enum seal_status drop_record(struct drop_logged *logged, const struct drop_facts *facts,
                                      struct drop_outputs *outputs, struct fault *fault);

#endif
