/*
 * The custody record in JSON, and the list of items in CSV.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "custody/custody.h"
#include "lib/unit_check.h"
#include "lib/facts.h"
#include "lib/fixture.h"

static struct buffer json_of(const struct custody *c)
{
    struct buffer out = {0};
    size_t odd = 0;

    CHECK_INT(SEAL_OK, custody_json(&out, c));
    CHECK_INT(strlen((const char *)out.data), out.len);
    for (size_t i = 0; i < out.len; i++)
        odd += out.data[i] != '\n' && (out.data[i] < ' ' || out.data[i] > '~');
    CHECK_INT(0, odd);
    CHECK(out.len > 2 && memcmp(out.data + out.len - 3, "\n}\n", 3) == 0);
    return out;
}

static json_t *parsed(const struct custody *c)
{
    struct buffer b = json_of(c);
    json_t *json = json_loadb((const char *)b.data, b.len, JSON_REJECT_DUPLICATES, NULL);

    CHECK(json != NULL);
    buffer_free(&b);
    return json;
}

static const char *member(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static void test_json_facts(void)
{
    struct custody_file file = facts_file();
    struct custody c = facts_with_gaps(&file);
    json_t *json = parsed(&c), *received, *rows;

    check_about("json");
    CHECK_TEXT("seal-custody-1", member(json, "schema"));
    CHECK_TEXT("incomplete", member(json, "verdict"));
    CHECK_TEXT("unsealed", member(json, "step"));
    CHECK_TEXT("2026-11-22T20:15:53Z", member(json, "opened"));
    CHECK_TEXT(c.operator_name, member(json, "operator"));
    CHECK_TEXT(c.fingerprint, member(json, "key_fingerprint"));
    CHECK_TEXT(c.receipt, member(json, "receipt"));
    CHECK_TEXT("bag", member(json, "content"));
    CHECK(json_is_null(json_object_get(json, "first_seen")));
    CHECK(json_is_true(json_object_get(json, "digest_was_compared")));
    fixture_hex(file.sha256, SHA256_LEN, json, "digest");
    CHECK_BYTES(c.digest, file.sha256, SHA256_LEN);
    received = json_array_get(json_object_get(json, "received"), 0);
    CHECK_TEXT("parcel.bin", member(received, "name"));
    CHECK_INT(49283072, fixture_number(received, "size"));
    CHECK_TEXT("2026-11-21T07:40:12.250000000Z", member(received, "mtime"));
    CHECK_INT(48302211, fixture_number(json_object_get(json, "totals"), "bytes"));
    CHECK_INT(1, fixture_number(json_object_get(json, "totals"), "links"));

    rows = json_object_get(json, "bag_info");
    CHECK_INT(5, json_array_size(rows));
    CHECK_TEXT("Contact-Name", member(json_array_get(rows, 4), "label"));
    CHECK_TEXT("ask for the second reader", member(json_array_get(rows, 4), "value"));
    rows = json_object_get(json, "remarks");
    CHECK_INT(5, json_array_size(rows));
    CHECK_TEXT("missing", member(json_array_get(rows, 0), "kind"));
    CHECK_TEXT("data/case/tape 2.mp3", member(json_array_get(rows, 0), "path"));
    CHECK_TEXT("Input/output error", member(json_array_get(rows, 0), "detail"));
    CHECK_TEXT("data/case/\\xCF\\xEE.txt", member(json_array_get(rows, 2), "detail"));
    CHECK_TEXT("data/case/А:1.txt", member(json_array_get(rows, 4), "detail"));
    json_decref(json);
}

static void test_json_edges(void)
{
    struct custody_file file = facts_file();
    struct custody c = facts_evil(&file);
    json_t *json, *rows;

    check_about("json edges");
    file.size = UINT64_MAX;
    json = parsed(&c);
    CHECK_TEXT(EVIL_SHOWN, member(json, "operator"));
    CHECK(json_integer_value(json_object_get(json_array_get(json_object_get(json, "received"), 0),
                                             "size")) == INT64_MAX);
    rows = json_object_get(json, "remarks");
    CHECK_INT(5, json_array_size(rows));
    CHECK_TEXT("b\\x0Ac\\x1B\\xFF", member(json_array_get(rows, 1), "path"));
    CHECK_TEXT("\\0\\400\\000", member(json_array_get(rows, 2), "path"));
    json_decref(json);

    for (enum custody_verdict v = VERDICT_NO_KEY; v < VERDICT_COUNT; v++) {
        c = facts_refusal(&file, v);
        json = parsed(&c);
        CHECK_TEXT(custody_verdict_word(v), member(json, "verdict"));
        CHECK(json_is_null(json_object_get(json, "digest")));
        CHECK(json_is_null(json_object_get(json, "totals")));
        CHECK_INT(0, json_array_size(json_object_get(json, "remarks")));
        json_decref(json);
    }

    c = facts_sample(&file, 1);
    c.bag_info = "\n continued\nEmpty:\nA: b\r\n\tc\n:\n";
    json = parsed(&c);
    rows = json_object_get(json, "bag_info");
    CHECK_INT(4, json_array_size(rows));
    CHECK_TEXT("continued", member(json_array_get(rows, 0), "value"));
    CHECK_TEXT("", member(json_array_get(rows, 1), "value"));
    CHECK_TEXT("b c", member(json_array_get(rows, 2), "value"));
    json_decref(json);
}

static double seconds_for(struct custody *c, size_t count)
{
    struct buffer lines = {0}, json = {0}, text = {0};
    clock_t begin;

    for (size_t i = 0; i < count; i++)
        if (buffer_printf(&lines, "# missing ./data/folder/\\320\\220%zu.txt No such file\n", i) !=
            SEAL_OK)
            abort();
    c->remarks = (const char *)lines.data;
    begin = clock();
    CHECK_INT(SEAL_OK, custody_json(&json, c));
    CHECK_INT(SEAL_OK, custody_text(&text, c));
    begin = clock() - begin;
    CHECK_INT(count, facts_count((char *)json.data, "\"kind\""));
    CHECK_INT(count, facts_count((char *)text.data, "    |     No such file\n"));
    buffer_free(&lines);
    buffer_free(&json);
    buffer_free(&text);
    return (double)begin / CLOCKS_PER_SEC;
}

/* Ten times as many remarks take about ten times as long; a hundred times would be quadratic. */
static void test_many_remarks(void)
{
    struct custody_file file = facts_file();
    struct custody c = facts_sample(&file, 1);
    size_t count = fixture_share(100000, 20000);
    double few = seconds_for(&c, count / 10), many = seconds_for(&c, count);

    check_about("many remarks: %.3f s for a tenth, %.3f s", few, many);
    CHECK(many < 40 * few + 0.5);
}

static bool reads(struct custody_known *known, const char *text)
{
    return custody_json_read(known, text, strlen(text));
}

static void test_json_read(void)
{
    static const char digest[] =
        "\"digest\":\"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\"";
    static const char opened[] = "\"opened\":\"2026-11-22T20:15:53Z\"";
    static const char receipt[] = "\"receipt\":\"3596 4536 5254 3193 9516\"";
    static const char schema[] = "\"schema\":\"seal-custody-1\"";
    struct custody_file file = facts_file();
    struct custody c = facts_with_gaps(&file);
    struct buffer b = json_of(&c), deep = {0};
    struct custody_known known;
    char text[1024];

    check_about("json read");
    if (CHECK(custody_json_read(&known, (const char *)b.data, b.len))) {
        CHECK_BYTES(c.digest, known.digest, SHA256_LEN);
        CHECK(known.has_disk_digest);
        CHECK_BYTES(c.disk_digest, known.disk_digest, SHA256_LEN);
        CHECK_TEXT("2026-11-22T20:15:53Z", known.opened);
        CHECK_TEXT(c.receipt, known.receipt);
    }
    for (size_t len = 0; len < b.len - 1; len += 1 + len / 16)
        CHECK(!custody_json_read(&known, (const char *)b.data, len));

    (void)snprintf(text, sizeof text, "{%s,%s,%s,%s}", schema, digest, opened, receipt);
    CHECK(reads(&known, text) && !known.has_disk_digest);
    (void)snprintf(text, sizeof text, "{%s,%s,%s,%s,\"digest_on_disk\":null}", schema, digest,
                   opened, receipt);
    CHECK(reads(&known, text) && !known.has_disk_digest);
    (void)snprintf(text, sizeof text, "{%s,%s,%s,%s,\"digest_on_disk\":\"00\"}", schema, digest,
                   opened, receipt);
    CHECK(!reads(&known, text));
    (void)snprintf(text, sizeof text, "{%s,%s,%s}", digest, opened, receipt);
    CHECK(!reads(&known, text));
    (void)snprintf(text, sizeof text, "{%s,%s,%s,%s,%s}", schema, digest, digest, opened, receipt);
    CHECK(!reads(&known, text));
    (void)snprintf(text, sizeof text, "{%s,%s,%s,\"receipt\":\"\\u001b[2J\"}", schema, digest,
                   opened);
    CHECK(!reads(&known, text));
    (void)snprintf(text, sizeof text, "{%s,%s,\"opened\":17,%s}", schema, digest, receipt);
    CHECK(!reads(&known, text));
    (void)snprintf(text, sizeof text, "{%s,\"digest\":\"00\",%s,%s}", schema, opened, receipt);
    CHECK(!reads(&known, text));
    (void)snprintf(text, sizeof text, "{%s,%s,\"opened\":\"%0200d\",%s}", schema, digest, 1,
                   receipt);
    CHECK(!reads(&known, text));
    CHECK(!reads(&known, ""));
    CHECK(!reads(&known, "[]"));
    CHECK(!reads(&known, "null"));
    CHECK(!reads(&known, "{\"schema\":\"\\u0000\"}"));
    for (size_t i = 0; i < 100000; i++)
        if (buffer_append_text(&deep, "[") != SEAL_OK)
            abort();
    CHECK(!reads(&known, (const char *)deep.data));
    buffer_free(&b);
    buffer_free(&deep);
}

static void check_item(const char *want, const char *path, const char *type, const uint8_t *sha256,
                       const char *target)
{
    struct buffer out = {0};

    CHECK_INT(SEAL_OK,
              custody_item_json(&out, path, type, 17, (struct timestamp){-1, 5}, sha256, target));
    CHECK_TEXT(want, (char *)out.data);
    buffer_free(&out);
}

static void test_items(void)
{
    static const uint8_t sha256[SHA256_LEN] = {0xab};

    check_about("items");
    check_item("{\"path\": \"data/a\\n\\u0410\\u007f\", \"type\": \"file\", \"size\": 17, "
               "\"mtime\": \"1969-12-31T23:59:59.000000005Z\", \"sha256\": "
               "\"ab00000000000000000000000000000000000000000000000000000000000000\"}",
               "data/a\nА\x7f", "file", sha256, NULL);
    check_item("{\"path\": \"data\", \"type\": \"dir\", "
               "\"mtime\": \"1969-12-31T23:59:59.000000005Z\"}",
               "data", "dir", NULL, NULL);
    check_item("{\"path\": \"data/l\", \"type\": \"link\", "
               "\"mtime\": \"1969-12-31T23:59:59.000000005Z\", \"target\": \"\\\\xFF\"}",
               "data/l", "link", NULL, "\xff");
}

/* Texts from outside that are nearly right, or nonsense: the record stays safe to show, its JSON is
 * JSON, and a record that was changed anywhere is read or not, and no more. */
static void test_nonsense(void)
{
    struct random r = fixture_random("nonsense");
    struct custody_file file = facts_file();
    struct custody c = facts_sample(&file, 1);

    check_about("nonsense");
    for (size_t round = 0; round < fixture_share(3000, 300); round++) {
        static const char bits[] = "# missing ./spelled renamed\\033 \n: \t\\4";
        char lines[256];
        struct custody_known known;
        struct buffer json;
        size_t len = random_below(&r, sizeof lines - 1);
        char *text;

        random_bytes(&r, lines, len);
        for (size_t i = 0; i < len; i++)
            if (lines[i] == '\0' || random_below(&r, 4) != 0)
                lines[i] = bits[random_below(&r, sizeof bits - 1)];
        lines[len] = '\0';
        c.remarks = random_below(&r, 2) == 0 ? lines : facts_remarks;
        c.bag_info = lines;
        json_decref(parsed(&c));
        text = facts_text(&c);
        CHECK(facts_is_safe(text));
        free(text);
        json = json_of(&c);
        json.data[random_below(&r, (uint32_t)json.len)] ^= (uint8_t)(1 << random_below(&r, 8));
        (void)custody_json_read(&known, (const char *)json.data, json.len);
        buffer_free(&json);
    }
}

int main(int argc, char **argv)
{
    check_start("record_json", argc, argv);
    fixture_start(argc, argv);
    CHECK_CASE(test_json_facts());
    CHECK_CASE(test_json_edges());
    CHECK_CASE(test_many_remarks());
    CHECK_CASE(test_json_read());
    CHECK_CASE(test_items());
    CHECK_CASE(test_nonsense());
    return check_done();
}
