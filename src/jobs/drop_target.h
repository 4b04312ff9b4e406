/*
 * drop_target: which paths the output of a drop and its custody record get. Other rooms use the
 * struct alone.
 */
#ifndef SEAL_DROP_TARGET_H
#define SEAL_DROP_TARGET_H

#include "jobs/drop_request.h"
#include "jobs/sets.h"

struct output_place; /* output_place_private.h */

/* Two files hold the record, in these forms. */
enum record_form { RECORD_TEXT, RECORD_JSON, RECORD_FORMS };

/* Free it with drop_target_free. All zero is an empty one. */
struct drop_target {
    char *path;     /* of the output; "-": standard output; NULL: there is no output */
    bool is_folder; /* the output is a bag, else a file */
    char *record;   /* path of the record without its ending; NULL: none is written */
    size_t number;  /* 2, 3, ...: both are named so, after one that has the name already */
};

/* ".custody.txt" or ".custody.json" */
const char *record_ending(enum record_form form);
bool drop_target_is_stdout(const struct drop_target *t);

/* Before any header is open, of the only file that was given: refuses what is known to be refused
 * later, so that no passphrase is asked for in vain. SEAL_EXISTS, SEAL_USAGE, SEAL_NO_MEMORY. */
MUST_USE enum seal_status drop_target_foresee(const struct drop_request *request,
                                              const struct output_place *place, const char *name,
                                              struct fault *fault);
/* Once headers are open. A set that will be refused gets no paths, unless its refusal is to be put
 * on record. number: 1, or what the names get where another drop has them. SEAL_EXISTS: an output
 * or record is there; SEAL_USAGE: no name, or the wrong kind of output; SEAL_NO_MEMORY. */
MUST_USE enum seal_status drop_target_choose(struct drop_target *t,
                                             const struct drop_request *request,
                                             const struct output_place *place,
                                             const struct set *set, size_t number,
                                             struct fault *fault);
void drop_target_free(struct drop_target *t);

#endif
