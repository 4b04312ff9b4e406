/*
 * takein: forged bags (lib/forge.h) sealed and taken in, as unseal does it.
 */
#ifndef SEAL_TAKEIN_H
#define SEAL_TAKEIN_H

#include "lib/forge.h"

#define KIB ((size_t)1024)

/* As many times as it takes to make that many bytes. */
void add_filling(struct buffer *b, const char *text, size_t len);

/* An honest bag of one file, data/f. */
struct forged one_file(void);

/* ---- Sealed and taken in ---- */

/* What the bag taken in last came to. */
extern struct taken {
    struct bag_totals totals;
    struct fault fault;
} taken;

/* Seals and forgets the bag and takes it into the folder "out", which is empty before. */
enum seal_status take_in(struct forged *b);
#define CHECK_REFUSED(bag) CHECK_INT(SEAL_HOSTILE, take_in(&(bag)))
#define CHECK_TAKEN(bag) CHECK_INT(SEAL_OK, take_in(&(bag)))

/* ---- Paths ---- */

/* first and then a/a/a..., len bytes in all; for the caller to free. */
char *long_path(const char *first, size_t len);

#endif
