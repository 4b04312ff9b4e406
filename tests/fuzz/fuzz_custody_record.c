/*
 * The custody record of a drop whose facts, and all that its sender says, are the input's. What is
 * for people can change nothing on a screen; what is for machines is JSON in ASCII, and its reader
 * finds in it what was put there.
 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "custody/custody.h"
#include "lib/fuzz.h"
#include "lib/mutate.h"

#define TEXTS 10

static void make_facts(struct custody *c, struct input *in)
{
    uint8_t flags = input_byte(in), more = input_byte(in);

    *c = (struct custody){.step = (flags & 1) != 0 ? STEP_UNSEALED : STEP_VERIFIED};
    c->was_opened = (flags & 2) != 0;
    c->was_checked = (flags & 6) == 6;
    c->content = (flags & 8) == 0 ? CUSTODY_BAG : (flags & 16) != 0 ? CUSTODY_STREAM : CUSTODY_RAW;
    c->remarks_are_cut = (flags & 32) != 0;
    c->output_is_read_only = (flags & 64) != 0;
    c->verdict = (enum custody_verdict)(more % VERDICT_COUNT);
    c->seen = (enum custody_double)(more / VERDICT_COUNT % SEEN_COUNT);
    c->opened.sec = (int64_t)input_u64(in);
    c->opened.nsec = input_u16(in);
    c->format_version = 1;
    c->keys_tried = input_byte(in);
    c->spelled = input_byte(in);
    c->totals.files = input_u16(in);
    c->totals.bytes = input_u64(in);
    for (int i = 0; i < BAG_REMARK_KINDS; i++)
        c->totals.remarks[i] = input_byte(in);
    input_fill(in, c->digest, 8);
    memcpy(c->receipt, "0123 4567 8901 2345 6789", sizeof c->receipt);
    memcpy(c->fingerprint, "0123 4567 8901 2345 6789 0123 4567 8901 2345", sizeof c->fingerprint);
}

static void set_texts(struct custody *c, struct custody_file *file, char *const texts[static TEXTS])
{
    c->program = texts[0] == NULL ? "unseal" : texts[0];
    c->bag_info = texts[1];
    c->remarks = texts[2];
    file->name = texts[3] == NULL ? "-" : texts[3];
    c->operator_name = texts[4];
    c->case_name = texts[5];
    c->refusal = NULL;
    c->output = texts[7];
    c->first_seen = c->seen == NOT_SEEN ? NULL : texts[8] == NULL ? "2001" : texts[8];
}

static void check_text(const struct custody *c)
{
    struct buffer out = {0};

    FUZZ_OK(custody_text(&out, c));
    FUZZ_CHECK(out.data[out.len] == '\0' && strlen((char *)out.data) == out.len);
    FUZZ_CHECK(utf8_is_valid(out.data, out.len));
    fuzz_check_shown(&out);
    buffer_free(&out);
}

static void check_json(const struct custody *c)
{
    struct buffer out = {0};
    struct custody_known known;
    json_error_t error;
    json_t *root;

    FUZZ_OK(custody_json(&out, c));
    FUZZ_CHECK(out.data[out.len] == '\0');
    for (size_t i = 0; i < out.len; i++)
        FUZZ_CHECK(out.data[i] == '\n' || (out.data[i] >= 0x20 && out.data[i] < 0x7f));
    root = json_loadb((char *)out.data, out.len, JSON_REJECT_DUPLICATES, &error);
    FUZZ_CHECK(json_is_object(root));
    json_decref(root);
    if (custody_json_read(&known, (char *)out.data, out.len)) {
        FUZZ_CHECK(c->was_checked);
        FUZZ_CHECK(memcmp(known.digest, c->digest, SHA256_LEN) == 0);
        FUZZ_CHECK(strcmp(known.receipt, c->receipt) == 0);
    } else {
        FUZZ_CHECK(!c->was_checked);
    }
    buffer_free(&out);
}

static void check_item(const char *path, const char *target)
{
    struct buffer out = {0};
    json_t *root;

    if (path == NULL)
        return;
    FUZZ_OK(custody_item_json(&out, path, "link", 0, (struct timestamp){0, 0}, NULL, target));
    FUZZ_CHECK(strchr((char *)out.data, '\n') == NULL);
    root = json_loadb((char *)out.data, out.len, JSON_REJECT_DUPLICATES, NULL);
    FUZZ_CHECK(json_is_object(root));
    if (utf8_is_valid(path, strlen(path)))
        FUZZ_CHECK(strcmp(json_string_value(json_object_get(root, "path")), path) == 0);
    json_decref(root);
    buffer_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    struct custody_file file = {.size = 77};
    char *texts[TEXTS] = {NULL};
    struct custody c;

    fuzz_start();
    make_facts(&c, &in);
    for (int i = 0; i < TEXTS && (texts[i] = input_text(&in)) != NULL; i++)
        ;
    c.files = &file;
    c.file_count = 1;
    set_texts(&c, &file, texts);
    check_text(&c);
    check_json(&c);
    check_item(texts[1], texts[2]);
    for (int i = 0; i < TEXTS; i++)
        free(texts[i]);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed)
{
    return mutate_lines(data, size, max, seed);
}
