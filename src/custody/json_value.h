/*
 * json_value: what the record for machines is made of. Private to custody.
 */
#ifndef SEAL_CUSTODY_JSON_VALUE_H
#define SEAL_CUSTODY_JSON_VALUE_H

#include <jansson.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/hash.h"

/* Each of these makes a value, or NULL for want of memory. What is not UTF-8 is escaped. */
json_t *json_of_span(struct span s);
/* null of NULL, as of NULL data. */
json_t *json_of_text(const char *s);
json_t *json_of_hex(const uint8_t *data, size_t len); /* at most SHA256_LEN */
/* A path of metadata.mtree, without its \ooo. */
json_t *json_of_path(struct span path);
json_t *json_of_number(uint64_t n);
json_t *json_of_time(struct timestamp t, bool fraction);

/* An object in the making: the first failure stays. */
struct object {
    json_t *json;
    bool failed;
};

struct object object_new(void);
/* Takes value over; NULL is a failure. */
void object_set(struct object *o, const char *key, json_t *value);
/* Its value; NULL if something failed. */
json_t *object_end(struct object *o);

#endif
