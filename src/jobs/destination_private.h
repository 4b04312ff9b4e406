/*
 * destination: where seal writes, and the names that its files get there. Private to this room.
 */
#ifndef SEAL_DESTINATION_PRIVATE_H
#define SEAL_DESTINATION_PRIVATE_H

#include "base/random.h"
#include "base/status.h"
#include "jobs/seal_request.h"
#include "output/output.h"

struct destination {
    char *path;      /* of the one file, "-" for standard output; NULL: names are drawn */
    char *folder;    /* where drawn names go: "", or with a final slash */
    bool was_medium; /* something was mounted on the folder when destination_mark was called */
};

/* given is -o (a folder, a file, "-"), or NULL. SEAL_NO_MEMORY. To be freed whatever happens. */
MUST_USE enum seal_status destination_init(struct destination *d, const char *given,
                                           struct fault *fault);
void destination_free(struct destination *d);

bool destination_is_stdout(const struct destination *d);
/* The largest file that its file system takes. False: as large as it may be, or not known. */
bool destination_file_max(const struct destination *d, uint64_t *file_max);
/* Removes what killed programs left of names like these; tell is that of leftovers_remove. */
void destination_clear_leftovers(const struct destination *d,
                                 void (*tell)(const char *path, enum leftover_fate fate, int sys));
/* The path of the next file, malloc'ed: the one given, or a new name in the folder. NULL for want
 * of memory. */
char *destination_next_path(const struct destination *d, struct random *random);
/* The folder of a file with a name, too; malloc'ed, or NULL for want of memory. */
char *destination_target(const struct destination *d);
/* The folder for drawn names, as it can be opened. */
const char *destination_folder(const struct destination *d);
/* Whether the files asked for can be made there at all; writes nothing. SEAL_EXISTS: as in
 * output_refuse_existing; SEAL_USAGE: it lies in a bag, or volumes have only one name; SEAL_IO: the
 * folder is not there, or takes no file of this user's, unless another medium may be asked for. */
MUST_USE enum seal_status destination_check(const struct destination *d,
                                            const struct seal_request *request,
                                            struct fault *fault);
/* Whether it lies where media are mounted, and none is there: on this computer's own disk. */
bool destination_lacks_medium(const struct destination *d);
/* How much room there is. False: nobody knows. */
bool destination_space(const struct destination *d, struct plat_space *room);

/* ---- Media that are exchanged ---- */

/* Notes whether the folder is where a medium is mounted. */
void destination_mark(struct destination *d);
/* Whether so much fits into the folder; *free_bytes says how much does. False also where a medium
 * was taken out and no other is mounted: that folder is on this computer's own disk. */
bool destination_has_room(const struct destination *d, uint64_t wanted, uint64_t *free_bytes);
/* Goes on in another folder, which is there. SEAL_NO_MEMORY. */
MUST_USE enum seal_status destination_move(struct destination *d, const char *folder,
                                           struct fault *fault);

#endif
