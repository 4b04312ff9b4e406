/*
 * What the custody record says of what was salvaged: every state with its files, ranges, and no
 * receipt; in text that no name can change, and in JSON.
 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/facts.h"
#include "lib/unit_check.h"

static struct custody_piece pieces[] = {
    {SALVAGED_WHOLE, "data/whole", 10, 10, .lost_count = 0},
    {SALVAGED_UNVERIFIED, "data/unverified", 10, 10, .lost_count = 0},
    {SALVAGED_FOUND, "data/found", 10, 10, .is_guess = true},
    {SALVAGED_DIFFERS, "data/differs\x1b[31m", 10, 10, .lost_count = 0},
    {SALVAGED_PART, "data/part", 100, 40, {{10, 20}, {60, 40}}, 2, true, .is_guess = true},
    {SALVAGED_NAME, "data/name", CUSTODY_SIZE_UNKNOWN, 0, .lost_count = 0},
};

static struct custody_salvage salvage_of(uint64_t each)
{
    struct custody_salvage s = {.counts = {.blocks = 20, .lost_blocks = 3, .missing_volumes = 1},
                                .pieces = pieces,
                                .piece_count = sizeof pieces / sizeof *pieces,
                                .is_cut = true};

    for (int i = 0; i < SALVAGED_STATES; i++)
        s.counts.files[i] = each;
    return s;
}

static struct custody facts(const struct custody_file *file, const struct custody_salvage *s)
{
    struct custody c = facts_refusal(file, VERDICT_SALVAGED);

    c.was_opened = true;
    c.refusal = NULL;
    c.salvage = s;
    c.output = "a.salvaged";
    return c;
}

static void test_text(void)
{
    static const char *const wanted[] = {"Salvaged: ",
                                         "data/whole",
                                         "data/unverified",
                                         "data/found",
                                         "data/differs\\x1B",
                                         "data/part",
                                         "data/name",
                                         "lost: 10 + 20",
                                         "lost: 60 + 40",
                                         "lost: ...",
                                         "found by what it looks like",
                                         "sha256sum -c whole-sha256.txt"};
    struct custody_file file = facts_file();
    struct custody_salvage s = salvage_of(1);
    struct custody c = facts(&file, &s);
    char *text = facts_text(&c);

    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        check_about("%s", wanted[i]);
        CHECK(strstr(text, wanted[i]) != NULL);
    }
    CHECK(strstr(text, "Receipt") == NULL && strstr(text, "\x1b") == NULL);
    free(text);
}

static void test_json(void)
{
    struct custody_file file = facts_file();
    struct custody_salvage s = salvage_of(7);
    struct custody c = facts(&file, &s);
    struct buffer out = {0};
    const json_t *salvage, *piece;
    json_t *json;

    CHECK_INT(SEAL_OK, custody_json(&out, &c));
    json = json_loadb((const char *)out.data, out.len, 0, NULL);
    salvage = json_object_get(json, "salvage");
    CHECK_TEXT("salvaged", json_string_value(json_object_get(json, "verdict")));
    CHECK(json_is_null(json_object_get(json, "receipt")));
    CHECK_INT(7, json_integer_value(json_object_get(json_object_get(salvage, "files"), "partial")));
    CHECK_INT(6, json_array_size(json_object_get(salvage, "pieces")));
    piece = json_array_get(json_object_get(salvage, "pieces"), 4);
    CHECK_TEXT("partial", json_string_value(json_object_get(piece, "state")));
    CHECK_INT(60, json_integer_value(
                      json_object_get(json_array_get(json_object_get(piece, "lost"), 1), "from")));
    CHECK(json_is_true(json_object_get(piece, "found_by_looks")));
    piece = json_array_get(json_object_get(salvage, "pieces"), 5);
    CHECK(json_is_null(json_object_get(piece, "size")));
    json_decref(json);
    buffer_free(&out);
}

int main(int argc, char **argv)
{
    check_start("record_salvage", argc, argv);
    CHECK_CASE(test_text());
    CHECK_CASE(test_json());
    return check_done();
}
