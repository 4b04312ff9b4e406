/*
 * The records of a pax header: any bytes.
 */
#include "string_model.h"
#include "prove.h"

#include "base/bytes.h"
#include "base/status.c"
#include "archive/pax.c"

#define RECORDS_MAX 12 /* bytes: two records, the shortest of which has 5 */

/* It fails, or takes what it is told to. */
enum seal_status buffer_append(struct buffer *b, const void *data, size_t len)
{
    PROVE(__CPROVER_r_ok(data, len));
    if (nondet_bool())
        return SEAL_NO_MEMORY;
    b->len += len;
    return SEAL_OK;
}

static void read_records(void)
{
    size_t len;
    const char *records = any_end(RECORDS_MAX, &len);
    struct buffer path = {.len = 0};
    struct pax_values v = {.path = &path};
    struct fault fault = {.status = SEAL_OK};
    enum seal_status status = pax_read(&v, records, len, &fault);

    PROVE(status == fault.status);
    PROVE(status == SEAL_OK || status == SEAL_HOSTILE || status == SEAL_NO_MEMORY);
    if (status != SEAL_OK)
        return;
    PROVE(IMPLIES(len > 0, records[len - 1] == '\n'));
    PROVE(IMPLIES(v.has_size, v.size <= INT64_MAX));
    PROVE(IMPLIES(v.has_mtime, v.mtime.nsec < NSEC_IN_SEC));
    PROVE(IMPLIES(v.has_path, path.len < len));
}

#define KEYWORD_MAX 3

/* Whatever was noted before: as many as there may be, each with any text. */
static void note_keywords(void)
{
    struct keywords k = {.count = any_up_to(PAX_KEYWORDS_MAX)};
    const char *text = any_bytes(KEYWORD_MAX);
    size_t len = any_up_to(KEYWORD_MAX), count = k.count, i = any_up_to(PAX_KEYWORDS_MAX - 1);
    struct fault fault = {.status = SEAL_OK};

    for (size_t n = 0; n < PAX_KEYWORDS_MAX; n++) {
        k.list[n].len = any_up_to(KEYWORD_MAX);
        k.list[n].text = any_bytes(KEYWORD_MAX);
    }
    if (note_keyword(&k, text, len, &fault) != SEAL_OK) {
        PROVE(k.count == count && fault.status == SEAL_HOSTILE);
        return;
    }
    PROVE(k.count == count + 1 && k.count <= PAX_KEYWORDS_MAX);
    PROVE(k.list[count].text == text && k.list[count].len == len);
    if (i < count && k.list[i].len == len && len > 0)
        PROVE(k.list[i].text[0] != text[0] || (len > 1 && k.list[i].text[1] != text[1]) ||
              (len > 2 && k.list[i].text[2] != text[2]));
}

int main(void)
{
    note_keywords();
    read_records();
    return 0;
}
