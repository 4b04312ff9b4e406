#include "lib/logs.h"

#include <stdlib.h>
#include <string.h>

#include "lib/facts.h"
#include "lib/fixture.h"
#include "lib/unit_check.h"

struct custody logs_drop(struct custody_file *file, uint8_t number)
{
    struct custody c;

    *file = facts_file();
    memset(file->sha256, number, sizeof file->sha256);
    c = facts_sample(file, 1);
    c.opened.sec += number;
    memset(c.commitment, number, sizeof c.commitment);
    memset(c.bag_id, number, sizeof c.bag_id);
    memset(c.digest, number, sizeof c.digest);
    return c;
}

enum seal_status logs_add_to(const char *path, const struct custody *c, struct fault *fault)
{
    struct custody_log *log;
    enum seal_status status = custody_log_open(&log, path, NULL, NULL, fault);

    if (status != SEAL_OK)
        return status;
    status = custody_log_add(log, c, fault);
    custody_log_close(log);
    return status;
}

void logs_add(const char *path, const struct custody *c)
{
    struct fault fault = {.status = SEAL_OK};

    CHECK_INT(SEAL_OK, logs_add_to(path, c, &fault));
}

enum custody_double logs_find(const char *path, const struct custody *c,
                              char when[static TIME_TEXT_SIZE])
{
    struct fault fault = {.status = SEAL_OK};
    enum custody_double seen = NOT_SEEN;
    struct custody_log *log;

    if (CHECK_INT(SEAL_OK, custody_log_open(&log, path, NULL, NULL, &fault))) {
        CHECK_INT(SEAL_OK, custody_log_find(log, c, &seen, when, &fault));
        custody_log_close(log);
    }
    return seen;
}

char *logs_text(const char *path)
{
    struct buffer b = fixture_read(path);

    if (buffer_append_text(&b, "") != SEAL_OK)
        abort();
    return (char *)b.data;
}
