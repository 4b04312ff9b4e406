/*
 * The folder that salvaged files go to; private to this room.
 *
 *     whole/             files of which all is there
 *     parts/             others: zeros stand in the holes, but not behind the last byte there is
 *     parts/unnamed/     what belongs to no file that is known
 *     record/            files of the record of which all is there, but bagit.txt
 *     whole-sha256.txt   what is in whole/, for sha256sum -c
 *     whole-unverified.txt  those of them that the record could not be asked about, if any
 *     parts.txt          what is lost of what is in parts/: from, bytes, file
 */
#ifndef SEAL_INTAKE_SALVAGE_OUT_H
#define SEAL_INTAKE_SALVAGE_OUT_H

#include "archive/torn.h"
#include "intake/entry_writer.h"
#include "intake/quota.h"

enum salvage_tree { TREE_WHOLE, TREE_PARTS, TREES };

struct salvage_list {
    struct buffer text; /* not written yet */
    struct entry_file file;
};

struct salvage_out {
    struct torn *from;
    struct quota *quota;
    struct unpack_target targets[TREES], top_target;
    struct entry_writer writers[TREES], top;
    struct bag_check *names[TREES], *no_names;
    struct salvage_list whole, unverified, parts;
    bool has_record_dir;
    uint64_t unnamed; /* files in parts/unnamed */
};

/* The fields from and quota are to be set before. Makes the folders; where target has none, nothing
 * is written here and below, and the rest is as if it were. salvage_out_end must follow,
 * also after a failure. */
MUST_USE enum seal_status
salvage_out_start(struct salvage_out *o, const struct unpack_target *target, struct fault *fault);
void salvage_out_end(struct salvage_out *o);
/* Whether a file or folder of that path is in one of the trees already. */
bool salvage_out_has(const struct salvage_out *o, const char *path, size_t len);
/* Makes an entry of the payload: a folder, or a file of the bytes from data_off to data_end.
 * *on_disk gets its path in the tree, malloc'ed; NULL: it cannot be there beside what is there.
 * SEAL_LOCAL_NAME, SEAL_IO, SEAL_TOO_MUCH. */
MUST_USE enum seal_status salvage_out_entry(struct salvage_out *o, enum salvage_tree tree,
                                            const struct tar_entry *e, uint64_t data_off,
                                            uint64_t data_end, char **on_disk, struct fault *fault);
/* A file of the record, all of which is there; each once. */
MUST_USE enum seal_status salvage_out_record(struct salvage_out *o, const struct tar_entry *e,
                                             uint64_t data_off, struct fault *fault);
/* Bytes without a name, from off to end, holes included; a stream is such, too, and gets that name.
 * name: in parts/; NULL: the next number in parts/unnamed. */
MUST_USE enum seal_status salvage_out_bytes(struct salvage_out *o, const char *name, uint64_t off,
                                            uint64_t end, struct fault *fault);

/* Lines of the lists. */
MUST_USE enum seal_status salvage_out_list_whole(struct salvage_out *o, const char *on_disk,
                                                 const uint8_t digest[static SHA256_LEN],
                                                 bool is_verified, struct fault *fault);
MUST_USE enum seal_status salvage_out_list_lost(struct salvage_out *o, const char *on_disk,
                                                uint64_t off, uint64_t len, struct fault *fault);
/* Ends the lists, and sets times and rights. */
MUST_USE enum seal_status salvage_out_finish(struct salvage_out *o, struct fault *fault);

#endif
