/*
 * content: what is inside a sealed file, tar and frames (format sections 5 and 6), sealed and read
 * back, from begin to end and by seeking; and tars and streams put together by hand.
 */
#ifndef SEAL_CONTENT_H
#define SEAL_CONTENT_H

#include "archive/archive.h"
#include "lib/forge.h"

extern struct crew *content_crew; /* of readers; NULL: each is alone */
#define MIB (1024 * 1024)

/* ---- Content into a sealed file, and out of one ---- */

struct sealing {
    struct random random;
    struct stream_writer *stream;
    struct fault fault;
    int fd;
};

void sealing_start(struct sealing *s);
void sealing_end(struct sealing *s);
void content_seal(const void *content, size_t len);

struct unsealing {
    struct volume_in *in;
    struct stream_reader *stream;
    struct fault fault;
};

void unsealing_start(struct unsealing *u);
void unsealing_end(struct unsealing *u);

/* ---- Entries ---- */

/* The bytes of entry number i: one half compresses, the other does not. */
void content_fill(uint8_t *data, size_t len, size_t i);
void write_entries(const struct tar_entry *entries, size_t count, int level);
void content_check_data(struct content_reader *r, size_t len, size_t i, struct fault *fault);

/* ---- By seeking ---- */

/* A reader that has its tables. */
struct seeking {
    struct unsealing u;
    struct content_reader *r;
    uint64_t count;
};

enum seal_status content_seek_start(struct seeking *k);
void content_seek_end(struct seeking *k);
struct tar_entry content_file(const char *path, uint64_t size);

/* ---- Altered and forged content ---- */

/* By seeking, from several places on; the first failure, which does not spoil the rest. */
enum seal_status seek_status(void);

/* Reads it all, as a bag or as a stream. */
enum seal_status read_status(enum content_type type);
enum seal_status content_status(const struct buffer *content, enum content_type type);
void content_add(struct buffer *b, const void *data, size_t len);

/* ---- Forged tars ---- */

struct tar {
    struct buffer bytes;
    struct buffer offsets;
};

void tar_checksum(char *h);
void tar_header(struct tar *t, const char *name, char type, size_t size);
void tar_note(struct tar *t);
void tar_data(struct tar *t, const void *data, size_t len);
void tar_zeros(struct tar *t, size_t len);

/* An entry of that type with some data. */
void tar_entry(struct tar *t, const char *name, char type, const char *data);
struct tar tar_one_entry(void);
/* A file of 4 bytes behind an x header with those records. */
void tar_pax(struct tar *t, const char *records, size_t len);
/* Makes a bag's content of it, reads it and forgets it. */
enum seal_status tar_status(struct tar *t);

#endif
