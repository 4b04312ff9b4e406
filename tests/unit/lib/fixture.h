/*
 * fixture: what several tests need. Seeded randomness, keys, files, JSON, and counts that shrink
 * where the program runs slowly. What cannot fail in a sound test aborts.
 */
#ifndef SEAL_FIXTURE_H
#define SEAL_FIXTURE_H

#include <jansson.h>

#include "envelope/envelope.h"
#include "keys/keys.h"

/* sodium_init; argv[2] is how many percent of the full effort to make. Without it all of it, or
 * less under the sanitizers. */
void fixture_start(int argc, char **argv);
/* That share of full, at least least. */
size_t fixture_share(size_t full, size_t least);

struct random fixture_random(const char *seed);
void *fixture_alloc(size_t len);
/* A sink's function (struct sink of stream/stream.h) whose self is a struct buffer. */
enum seal_status fixture_append(void *self, const void *data, size_t len, struct fault *fault);
struct crew; /* platform/crew.h */
/* Calls test with *crew NULL, where each reader and writer works alone, and once more with a crew
 * of three threads. */
void fixture_twice(struct crew **crew, void (*test)(void));

/* ---- Keys, the same for the same number ---- */

struct identity *fixture_identity(unsigned int number);
/* Of the vector keys.json; NULL: none has that name. */
struct identity *fixture_key_named(const json_t *keys, const char *name);
/* Identities 0 to count - 1; public_keys may be NULL. */
void fixture_identities(struct identity **ids, struct public_key *public_keys, size_t count);
void fixture_identities_free(struct identity **ids, size_t count);

/* ---- Files ---- */

void fixture_write(const char *path, const void *data, size_t len);
/* The whole file; the caller frees the buffer. */
struct buffer fixture_read(const char *path);
/* A new empty file for reading and writing. */
int fixture_create(const char *path);
/* A folder and all in it. False: not all of it could be removed; true also if it is not there. */
bool fixture_remove_tree(const char *path);

/* ---- JSON ---- */

json_t *fixture_json(const char *vector);
const char *fixture_text(const json_t *object, const char *key);
uint64_t fixture_number(const json_t *object, const char *key);
/* A hexadecimal member of exactly len bytes. */
void fixture_hex(uint8_t *out, size_t len, const json_t *object, const char *key);
/* The same of any length; the caller frees the buffer. */
struct buffer fixture_bytes(const json_t *object, const char *key);

#endif
