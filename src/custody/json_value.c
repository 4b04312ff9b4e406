#include "custody/json_value.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "custody/remarks.h"

json_t *json_of_span(struct span s)
{
    struct buffer escaped = {0};
    json_t *value = NULL;

    if (s.len == 0)
        return json_string(""); /* data may be NULL then */
    if (utf8_is_valid(s.data, s.len))
        return json_stringn(s.data, s.len);
    if (text_escape(&escaped, s.data, s.len) == SEAL_OK)
        value = json_stringn((const char *)escaped.data, escaped.len);
    buffer_free(&escaped);
    return value;
}

json_t *json_of_text(const char *s)
{
    return s == NULL ? json_null() : json_of_span((struct span){s, strlen(s)});
}

json_t *json_of_path(struct span path)
{
    struct buffer plain = {0};
    json_t *value = NULL;

    if (remark_path(&plain, path) == SEAL_OK)
        value = json_of_span((struct span){plain.data, plain.len});
    buffer_free(&plain);
    return value;
}

json_t *json_of_number(uint64_t n)
{
    return json_integer(n > INT64_MAX ? INT64_MAX : (json_int_t)n);
}

json_t *json_of_hex(const uint8_t *data, size_t len)
{
    char text[2 * SHA256_LEN + 1];

    if (data == NULL)
        return json_null();
    hex_encode(text, data, len);
    return json_string(text);
}

json_t *json_of_time(struct timestamp t, bool fraction)
{
    char text[TIME_TEXT_SIZE];

    time_format(text, t, fraction);
    return json_string(text);
}

struct object object_new(void)
{
    json_t *json = json_object();

    return (struct object){json, json == NULL};
}

void object_set(struct object *o, const char *key, json_t *value)
{
    if (value == NULL || json_object_set_new(o->json, key, value) != 0)
        o->failed = true;
}

json_t *object_end(struct object *o)
{
    if (!o->failed)
        return o->json;
    json_decref(o->json);
    return NULL;
}
