/*
 * seal_labels: what the sender adds to bag-info.txt, from --note, --note-file and --info.
 */
#ifndef SEAL_SEAL_LABELS_H
#define SEAL_SEAL_LABELS_H

#include "bag/bag.h"
#include "cli/ui/message.h"

struct labels {
    struct bag_label *list;
    size_t count;
    size_t len; /* bytes of all keys and values */
};

/* Each complains by itself, and then returns other than EXIT_ALL_DONE. */

/* Label=Value. */
enum exit_code labels_add_info(struct labels *l, const char *text);
/* A label "Note" for each line. */
enum exit_code labels_add_note(struct labels *l, const char *text);
/* The same from a file of at most 64 KiB. */
enum exit_code labels_add_note_file(struct labels *l, const char *name);
void labels_free(struct labels *l);

#endif
