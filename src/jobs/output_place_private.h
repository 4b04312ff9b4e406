/*
 * output_place: where outputs of unseal go, as -o says: one output of that name, or a folder in
 * which each gets a name of its own. Private to this room.
 */
#ifndef SEAL_OUTPUT_PLACE_PRIVATE_H
#define SEAL_OUTPUT_PLACE_PRIVATE_H

#include "jobs/sets.h"

struct output_place {
    const char *given; /* -o; NULL: outputs get names of their own, in the current folder */
    bool is_home;      /* given is the folder for outputs; else it is the name of the one output */
    bool is_new;       /* the folder was made for them */
};

/* A name that ends in a slash is a folder. Other names are only settled by output_place_settle. */
struct output_place output_place_from(const char *given);
/* Makes the folder, if it is one and is not there. SEAL_USAGE: it is a bag, or lies in one;
 * SEAL_IO. */
MUST_USE enum seal_status output_place_prepare(struct output_place *place, struct fault *fault);
/* Once it is known how many sealed files there are: a name given for several is a folder. Then as
 * output_place_prepare. SEAL_USAGE: several to standard output. */
MUST_USE enum seal_status output_place_settle(struct output_place *place, const struct sets *sets,
                                              struct fault *fault);
/* Removes the folder if it was made and nothing came into it. */
void output_place_leave(const struct output_place *place);

/* Whether the one output has a name given. */
bool output_place_names_output(const struct output_place *place);
/* That name without slashes at its end; malloc'ed. */
char *output_place_name(const struct output_place *place);
/* The path of an output with that name and ending in the folder for outputs; malloc'ed. A number
 * from 2 on stands between them, as in name-2. */
char *output_place_path(const struct output_place *place, const char *name, size_t number,
                        const char *ending);
/* The path of an output that is named after a file: the last part of its path, with the number and
 * another ending. malloc'ed. */
char *output_place_default(const struct output_place *place, const char *file, size_t number,
                           const char *ending);

/* The last part of a path. */
const char *path_last_part(const char *path);
/* SEAL_EXISTS: it is there; SEAL_USAGE: it would lie in a bag, whose manifest does not list it. */
MUST_USE enum seal_status output_refuse_existing(const char *path, struct fault *fault);
/* The latter alone. */
MUST_USE enum seal_status output_refuse_in_bag(const char *path, struct fault *fault);

#endif
