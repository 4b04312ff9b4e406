/*
 * The log of drops. The input is what stands in the log, and the name of a file; a drop is looked
 * for in it, added, and found again, and what stood there before is as it was.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "custody/custody.h"
#include "lib/fixture.h"
#include "lib/forge.h"
#include "lib/fuzz.h"
#include "lib/mutate.h"

#define OPENED 1
#define CHECKED 2
#define AS_IT_COMES 4
#define REFUSED 8
#define TWO_FILES 16

static const char *log_path(void)
{
    static char path[300];

    if (path[0] == '\0')
        (void)snprintf(path, sizeof path, "%s/log", fuzz_folder("log"));
    return path;
}

struct drop {
    struct custody_file files[2];
    struct custody facts;
};

static void make_drop(struct drop *d, uint8_t flags, const char *name)
{
    memset(d, 0, sizeof *d);
    d->files[0] = (struct custody_file){.name = name, .size = 5, .has_sha256 = true};
    d->files[1] = (struct custody_file){.name = name, .has_sha256 = true};
    memset(d->files[0].sha256, 0xaa, SHA256_LEN);
    memset(d->files[1].sha256, 0xbb, SHA256_LEN);
    d->facts = (struct custody){.opened = {1000000000, 0}, .program = "unseal", .files = d->files};
    d->facts.file_count = (flags & TWO_FILES) != 0 ? 2 : 1;
    d->facts.was_opened = (flags & OPENED) != 0;
    d->facts.was_checked = (flags & (OPENED | CHECKED)) == (OPENED | CHECKED);
    d->facts.content = flags >> 6 == 0   ? CUSTODY_BAG
                       : flags >> 6 == 1 ? CUSTODY_STREAM
                                         : CUSTODY_RAW;
    d->facts.verdict = (flags & REFUSED) != 0 ? VERDICT_DAMAGED : VERDICT_ACCEPTED;
    memset(d->facts.commitment, 0xcc, sizeof d->facts.commitment);
    memset(d->facts.bag_id, 0x11, sizeof d->facts.bag_id);
    memset(d->facts.digest, 0xdd, sizeof d->facts.digest);
    memcpy(d->facts.receipt, "0123 4567 8901 2345 6789", sizeof d->facts.receipt);
}

/* Letters stand for the values of the drop: a whole digest is hard to guess. */
static void put_log(struct span text, uint8_t flags)
{
    static const char *const values[] = {"aaaaaaaa", "bbbbbbbb", "cccccccc", "dddddddd",
                                         "11111111"};
    struct buffer log = {0};

    forge_text(&log, (flags & AS_IT_COMES) != 0 ? "" : "# seal log 1\n");
    for (size_t i = 0; i < text.len; i++) {
        const char *s = (const char *)text.data + i;
        size_t number = (unsigned char)*s - (size_t)'A';

        if (number >= sizeof values / sizeof values[0]) {
            forge_bytes(&log, s, 1);
            continue;
        }
        for (int k = 0; k < (number == 4 ? 4 : 8); k++)
            forge_text(&log, values[number]);
    }
    fixture_write(log_path(), log.data, log.len);
    buffer_free(&log);
}

static enum custody_double find(struct custody_log *log, const struct custody *c,
                                char when[static TIME_TEXT_SIZE])
{
    struct fault fault = {.status = SEAL_OK};
    enum custody_double seen;
    struct buffer shown;

    FUZZ_OK(custody_log_find(log, c, &seen, when, &fault));
    FUZZ_CHECK(seen >= NOT_SEEN && seen < SEEN_COUNT);
    FUZZ_CHECK((seen == NOT_SEEN) == (when[0] == '\0'));
    shown = (struct buffer){(uint8_t *)when, strlen(when), 0};
    fuzz_check_shown(&shown);
    return seen;
}

/* The new line: eight columns, and nothing in it that is not one. */
static void check_line(const struct buffer *log)
{
    size_t start = log->len - 1, tabs = 0;
    struct buffer column;

    FUZZ_CHECK(log->data[log->len - 1] == '\n');
    while (start > 0 && log->data[start - 1] != '\n')
        start--;
    for (size_t i = start; i < log->len; i++) {
        size_t len = strcspn((char *)log->data + i, "\t\n");

        column = (struct buffer){log->data + i, len, 0};
        fuzz_check_shown(&column);
        FUZZ_CHECK(memchr(column.data, '"', len) == NULL && (len == 0 || column.data[0] != '='));
        i += len;
        tabs += log->data[i] == '\t';
    }
    FUZZ_CHECK(tabs == 7);
}

static void add(const struct drop *d, enum custody_double seen_before)
{
    struct fault fault = {.status = SEAL_OK};
    struct buffer before = fixture_read(log_path()), after;
    char when[TIME_TEXT_SIZE];
    struct custody_log *log;
    enum custody_double seen;

    FUZZ_OK(custody_log_open(&log, log_path(), NULL, NULL, &fault));
    FUZZ_OK(custody_log_add(log, &d->facts, &fault));
    custody_log_close(log);
    after = fixture_read(log_path());
    FUZZ_CHECK(after.len > before.len);
    FUZZ_CHECK(before.len == 0 || memcmp(after.data, before.data, before.len) == 0);
    FUZZ_OK(buffer_append_text(&after, ""));
    check_line(&after);
    FUZZ_OK(custody_log_open(&log, log_path(), NULL, NULL, &fault));
    seen = find(log, &d->facts, when);
    custody_log_close(log);
    /* Its own line matches best. */
    FUZZ_CHECK(seen == (d->facts.verdict == VERDICT_ACCEPTED ? SEEN_FILE : seen_before));
    FUZZ_CHECK(seen == seen_before || strcmp(when, "2001-09-09T01:46:40Z") == 0);
    buffer_free(&before);
    buffer_free(&after);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    struct fault fault = {.status = SEAL_OK};
    char when[TIME_TEXT_SIZE], *name;
    struct custody_log *log;
    struct span text;
    struct drop d;
    uint8_t flags;
    enum custody_double seen;
    enum seal_status status;

    fuzz_start();
    flags = input_byte(&in);
    name = input_text(&in);
    text = input_take(&in, in.len);
    make_drop(&d, flags, name);
    put_log(text, flags);
    status = custody_log_open(&log, log_path(), NULL, NULL, &fault);
    FUZZ_CHECK(status == SEAL_OK || (status == SEAL_USAGE && (flags & AS_IT_COMES) != 0));
    if (status == SEAL_OK) {
        seen = find(log, &d.facts, when);
        custody_log_close(log);
        add(&d, seen);
    }
    free(name);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed)
{
    return mutate_lines(data, size, max, seed);
}
