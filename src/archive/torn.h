/*
 * torn: the tar or the stream in a content with holes (stream/holed.h), as far as it is there.
 * Public.
 *
 * Where the tables at the end of the content are there, they tell which frame holds what. Where
 * they are lost, frames are followed from the begin of the content on, and looked for behind a
 * hole; then the place of what comes behind is not known. Offsets below, in what is decompressed,
 * are right where the tables are there; else they are right within a stretch, and a stretch begins
 * behind all before it, at a multiple of 512.
 */
#ifndef SEAL_TORN_H
#define SEAL_TORN_H

#include "archive/archive.h"
#include "stream/holed.h"

struct torn;

/* Finds the frames. from must outlive it. SEAL_NO_MEMORY, SEAL_INTERRUPTED, SEAL_IO. */
MUST_USE enum seal_status torn_new(struct torn **out, struct holed *from, enum content_type type,
                                   struct fault *fault);
void torn_free(struct torn *t);

struct torn_facts {
    bool has_tables;  /* the seek table is there */
    bool has_offsets; /* of a bag: so is the table of offsets */
    bool gave_up;     /* looking for frames and headers took too long: there may be more */
    uint64_t len;     /* of all stretches */
};

void torn_facts(const struct torn *t, struct torn_facts *facts);
/* Where the stretch that off is in ends: what comes behind is from elsewhere. */
uint64_t torn_stretch_end(const struct torn *t, uint64_t off);

/* What there is from off on: *len bytes at *data, valid until the next call; or a hole, if *data is
 * NULL. *len is 0 at the end. SEAL_NO_MEMORY, SEAL_IO. */
MUST_USE enum seal_status torn_peek(struct torn *t, uint64_t off, const uint8_t **data, size_t *len,
                                    struct fault *fault);

/* ---- Entries of a bag --------------------------------------------------------------------- */

#define TORN_NO_NUMBER UINT64_MAX

/* Is told what is found, in order. What a function returns but SEAL_OK ends the walk. */
struct torn_listener {
    void *ctx;
    /* An entry whose header is there; its data are e->size bytes from data_off on, as far as the
     * stretch goes. is_certain: the tables told of it, or all in front of it; else it was looked
     * for, and evidence may look like it. e is valid until the function returns. */
    enum seal_status (*entry)(void *ctx, const struct tar_entry *e, uint64_t data_off,
                              bool is_certain, struct fault *fault);
    /* A part that belongs to no entry with a header: holes, and maybe bytes. number: of the entry,
     * if the table of offsets tells that the part is all of one; else TORN_NO_NUMBER. */
    enum seal_status (*stray)(void *ctx, uint64_t number, uint64_t off, uint64_t end,
                              struct fault *fault);
};

/* Finds the entries: by the table of offsets; or one behind the other, and after a hole in a header
 * by looking for the next header that others follow. */
MUST_USE enum seal_status torn_walk(struct torn *t, const struct torn_listener *listener,
                                    struct fault *fault);

#endif
