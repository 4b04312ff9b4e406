/*
 * forge: bags that no honest sealer makes. Put together in memory, tar by hand, and sealed like any
 * other. What cannot fail in a sound test aborts.
 */
#ifndef SEAL_FORGE_H
#define SEAL_FORGE_H

#include "bag/bag_layout.h"
#include "envelope/envelope.h"

#define TAR_BLOCK 512

/* One envelope for all: who may open it is not what is tested with these. */
extern const struct envelope forge_envelope;

/* A bag in the making; freed by forge_free. */
struct forged {
    struct buffer tar, offsets;
    struct buffer tags[TAG_COUNT]; /* what each is to hold; forge_finish adds to the tag manifest */
    bool left_out[TAG_COUNT];
    uint8_t digest[SHA256_LEN]; /* D, after forge_finish */
};

/* A bag without an entry, whose tag files are as they should be. */
struct forged forge_new(void);
void forge_free(struct forged *b);
/* The tag files go into the tar, and the tar ends. */
void forge_finish(struct forged *b);
/* Seals what was finished, as it is. */
void forge_seal(const struct forged *b, int fd);

/* ---- Entries ---- */

/* A header alone, no offset noted. */
void forge_header(struct forged *b, const char *name, char type, size_t size, unsigned int sec);
/* Data, filled up to whole blocks. */
void forge_blocks(struct forged *b, const void *data, size_t len);
/* An entry in the tar alone; key, which may be NULL, goes into its x header. */
void forge_entry(struct forged *b, const char *path, char type, const struct buffer *data,
                 unsigned int sec, const char *key, const char *value);
/* An honest pax record, its length counted with itself. */
void forge_record(struct buffer *b, const char *key, const char *value);

/* A file of four bytes, with its line in the manifest; the listing is for the caller. */
#define FORGE_FOUR "four"
#define FORGE_FOUR_SHA256 "04efaf080f5a3e74e1c29d1ca6a48569382cbbcd324e8d59d2b83ef21c039f00"
#define FORGE_NO_TIME "0.000000000"
void forge_file(struct forged *b, const char *path, const char *key, const char *value);
/* A line of the listing, printf-like; and the one for such a file, with more words on it. */
void forge_list(struct forged *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void forge_list_file(struct forged *b, const char *path, const char *time, const char *more);
/* An honest file, and an honest folder. */
void forge_put_file(struct forged *b, const char *path);
void forge_put_folder(struct forged *b, const char *path, unsigned int sec);

/* ---- Frames ---- */

/* How a frame is made. */
struct frame_options {
    int checksum, no_size, window_log, level;
};

void forge_frame(struct buffer *b, const void *data, size_t len, struct frame_options o);

struct seek_row {
    uint32_t packed, plain;
};

void forge_seek_table(struct buffer *b, const struct seek_row *rows, size_t count);

/* ---- Bytes ---- */

void forge_u32(struct buffer *b, uint32_t v);

void forge_bytes(struct buffer *b, const void *data, size_t len);
void forge_text(struct buffer *b, const char *text);
/* Replaces what a tag file holds. */
void forge_tag(struct forged *b, enum tag_file tag, const char *text);
void forge_digest(char hex[static 2 * SHA256_LEN + 1], const void *data, size_t len);

#endif
