/*
 * The custody record in text and JSON, and the log: that they say what is known, that nothing from
 * outside can change how they look, and that the log stays whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "custody/custody.h"
#include "lib/check.h"
#include "lib/fixture.h"

/* ---- Facts -------------------------------------------------------------------------------- */

static const char bag_info[] = "Bagging-Date: 2026-11-19\n"
                               "Bag-Software-Agent: seal 0.1.0\n"
                               "Payload-Oxum: 48302211.3\n"
                               "Seal-Format-Version: 1\n"
                               "Contact-Name: ask for\n"
                               "  the second reader\n";

static const char remarks[] =
    "# missing ./data/case/tape\\0402.mp3 Input/output error\n"
    "# damaged ./data/case/IMG_0412.jpg zeros stand at 65536-131071\n"
    "# renamed ./data/case/%CF%EE.txt ./data/case/\\317\\356.txt\n"
    "# name ./data/case/\\320\\220:1.txt Windows cannot hold it\n"
    "# spelled ./data/case/\\320\\220{3A}1.txt ./data/case/\\320\\220:1.txt\n";

static struct custody_file sample_file(void)
{
    struct custody_file f = {.name = "parcel.bin",
                             .size = 49283072,
                             .has_mtime = true,
                             .mtime = {1795246812, 250000000},
                             .before_opening = true};

    hash_H(f.sha256, &(struct span){"sealed", 6}, 1);
    return f;
}

/* A drop from which nothing is missing. */
static struct custody sample(const struct custody_file *files, size_t count)
{
    static uint8_t program[SHA256_LEN];
    struct custody c = {.step = STEP_UNSEALED,
                        .opened = {1795378553, 123},
                        .program = "unseal 0.1.0",
                        .program_sha256 = program,
                        .operator_name = "M. Keller",
                        .case_name = "2026/118",
                        .files = files,
                        .file_count = count,
                        .keys_tried = 2,
                        .verdict = VERDICT_ACCEPTED,
                        .was_opened = true,
                        .fingerprint = "4488 4266 9646 0256 5144 2202 3238 5288 0655",
                        .format_version = 1,
                        .content = CUSTODY_BAG,
                        .was_checked = true,
                        .receipt = "3596 4536 5254 3193 9516",
                        .output = "parcel",
                        .output_is_read_only = true,
                        .bag_info = bag_info,
                        .remarks = ""};

    hash_H(program, &(struct span){"program", 7}, 1);
    hash_H(c.commitment, &(struct span){"commitment", 10}, 1);
    hash_H(c.digest, &(struct span){"digest", 6}, 1);
    memcpy(c.bag_id, c.digest + 16, sizeof c.bag_id);
    hash_H(c.digest, &(struct span){"D", 1}, 1);
    c.totals = (struct bag_totals){.files = 3, .folders = 2, .bytes = 48302211};
    return c;
}

/* The one in docs/CUSTODY.md: the sender could not read all of it. */
static struct custody sample_with_gaps(const struct custody_file *files)
{
    struct custody c = sample(files, 1);

    c.verdict = VERDICT_INCOMPLETE;
    c.remarks = remarks;
    c.spelled = 1;
    c.totals.remarks[BAG_MISSING] = c.totals.remarks[BAG_DAMAGED] = 1;
    c.totals.remarks[BAG_RENAMED] = c.totals.remarks[BAG_ODD_NAME] = 1;
    c.totals.remarks[BAG_LINK] = 1;
    return c;
}

static struct custody sample_refusal(const struct custody_file *files, enum custody_verdict verdict)
{
    struct custody c = {.opened = {1795378553, 0},
                        .program = "unseal 0.1.0",
                        .files = files,
                        .file_count = 1,
                        .keys_tried = 2,
                        .verdict = verdict};

    if (verdict == VERDICT_NO_KEY)
        return c;
    c.was_opened = true;
    c.reason = "padding is not zero";
    memcpy(c.fingerprint, "4488 4266 9646 0256 5144 2202 3238 5288 0655", sizeof c.fingerprint);
    c.format_version = 1;
    return c;
}

static char *text_of(const struct custody *c)
{
    struct buffer out = {0};

    CHECK_INT(SEAL_OK, custody_text(&out, c));
    CHECK_INT(strlen((const char *)out.data), out.len);
    return (char *)out.data;
}

/* Whether text has this line, whole. */
static bool has_line(const char *text, const char *line)
{
    size_t len = strlen(line);

    for (const char *s = text; (s = strstr(s, line)) != NULL; s++)
        if ((s == text || s[-1] == '\n') && s[len] == '\n')
            return true;
    fprintf(stderr, "no line \"%s\"\n", line);
    return false;
}

/* (Not with strstr: the sanitizer looks at all the rest of the text at each call of that.) */
static size_t count_of(const char *text, const char *part)
{
    size_t count = 0, len = strlen(part);

    for (const char *s = text; *s != '\0'; s++)
        count += *s == *part && strncmp(s, part, len) == 0;
    return count;
}

static size_t longest_line(const char *text)
{
    size_t longest = 0;

    while (*text != '\0') {
        size_t len = strcspn(text, "\n");

        longest = len > longest ? len : longest;
        text += len + (text[len] == '\n');
    }
    return longest;
}

/* ---- The record in text ------------------------------------------------------------------- */

static void test_accepted(void)
{
    struct custody_file file = sample_file();
    struct custody c = sample(&file, 1);
    char *text = text_of(&c);

    check_about("accepted");
    CHECK(strstr(text, "CUSTODY RECORD\n==============\n\nAccepted: ") == text);
    CHECK(has_line(text, "    Name as given       parcel.bin"));
    CHECK(has_line(text, "    Size                49283072 bytes (49.3 MB)"));
    CHECK(has_line(text, "    Time of the file    2026-11-21T07:40:12.250000000Z"));
    CHECK(has_line(text, "    SHA-256, computed before it was opened"));
    CHECK(has_line(text, "    Time (UTC)          2026-11-22T20:15:53Z"));
    CHECK(has_line(text, "    Clock               unverified: taken from this computer"));
    CHECK(has_line(text, "    Operator            M. Keller"));
    CHECK(has_line(text, "    Case                2026/118"));
    CHECK(has_line(text, "    Program             unseal 0.1.0"));
    CHECK(has_line(text, "    Keys tried          2"));
    CHECK(has_line(text, "    Opened with key     4488 4266 9646 0256 5144 2202 3238 5288 0655"));
    CHECK(has_line(text, "    Receipt             3596 4536 5254 3193 9516"));
    CHECK(has_line(text, "    | Bagging-Date: 2026-11-19"));
    CHECK(has_line(text, "    |   the second reader"));
    CHECK(has_line(text, "    Files               3"));
    CHECK(has_line(text, "    Folders             2"));
    CHECK(has_line(text, "    Written to folder   parcel"));
    CHECK(has_line(text, "        sha256sum tagmanifest-sha256.txt"));
    CHECK(strstr(text, "as-sealed") == NULL);
    CHECK(strstr(text, "received before") == NULL);
    CHECK(longest_line(text) <= 79);
    CHECK(strstr(text, " \n") == NULL);
    free(text);
}

/* The sample of docs/CUSTODY.md is what the code makes. If it is not, the text that should stand
 * there is shown. */
static void test_gaps(void)
{
    struct custody_file file = sample_file();
    struct custody c = sample_with_gaps(&file);
    struct buffer doc = fixture_read(check_vector("../../docs/CUSTODY.md"));
    char *text = text_of(&c);

    check_about("incomplete");
    CHECK_INT(SEAL_OK, buffer_append_text(&doc, ""));
    if (!CHECK(strstr((char *)doc.data, text) != NULL))
        fprintf(stderr, "----\n%s----\n", text);
    CHECK(strstr(text, "Accepted, with gaps") != NULL);
    CHECK(has_line(text, "    Missing             1"));
    CHECK(has_line(text, "    Skipped             0"));
    CHECK(has_line(text, "    data/case/tape 2.mp3\n        Input/output error"));
    CHECK(has_line(text, "    data/case/%CF%EE.txt\n        it was: data/case/\\xCF\\xEE.txt"));
    CHECK(has_line(text, "    data/case/А{3A}1.txt\n        as sealed: data/case/А:1.txt"));
    CHECK(has_line(text, "        sha256sum as-sealed/tagmanifest-sha256.txt"));
    free(text);

    c.remarks_are_cut = true;
    c.first_seen = "2026-11-20T08:00:00Z";
    c.seen = SEEN_BAG;
    text = text_of(&c);
    CHECK(strstr(text, "more than this record can hold") != NULL);
    CHECK(has_line(text, "    First received      2026-11-20T08:00:00Z"));
    free(text);
    c.remarks = "";
    text = text_of(&c);
    CHECK(strstr(text, "as-sealed/metadata.mtree") != NULL);
    CHECK(strstr(text, "The same bag was received before, in another sealed file.") != NULL);
    free(text);
    buffer_free(&doc);
}

static void test_other_contents(void)
{
    struct custody_file files[2] = {sample_file(), sample_file()};
    struct custody c = sample(files, 2);
    char *text;

    check_about("contents");
    files[1].name = "-";
    files[1].has_mtime = files[1].before_opening = false;
    c.content = CUSTODY_STREAM;
    c.program_sha256 = NULL;
    c.operator_name = "";
    text = text_of(&c);
    CHECK(has_line(text, "    Name as given       -"));
    CHECK(has_line(text, "    Time of the file    not known"));
    CHECK(has_line(text, "    SHA-256, computed while it was read for the first time"));
    CHECK(has_line(text, "    SHA-256 of it       not known"));
    CHECK(has_line(text, "    Operator            not given"));
    CHECK(has_line(text, "        sha256sum OUTPUT-FILE"));
    CHECK(strstr(text, "bag-info") == NULL);
    CHECK(longest_line(text) <= 79);
    free(text);

    c.content = CUSTODY_RAW;
    c.step = STEP_VERIFIED;
    c.output = NULL;
    text = text_of(&c);
    CHECK(strstr(text, "was not compared") != NULL);
    CHECK(strstr(text, "checked only") != NULL);
    CHECK(strstr(text, "sha256sum OUTPUT-FILE") == NULL);
    free(text);
}

static void test_refusals(void)
{
    static const char *const begins[VERDICT_COUNT] = {
        [VERDICT_NO_KEY] = "Refused: no key that was tried opens it",
        [VERDICT_DAMAGED] = "Refused: a key opens it, but it was altered",
        [VERDICT_HOSTILE] = "Refused: it arrived as it was sealed, but",
        [VERDICT_NEWER] = "Refused: it was made by a newer version",
        [VERDICT_BROKE] = "Refused: the part of the program that reads what is inside"};
    struct custody_file file = sample_file();

    for (enum custody_verdict v = VERDICT_NO_KEY; v < VERDICT_COUNT; v++) {
        struct custody c = sample_refusal(&file, v);
        bool opened = v != VERDICT_NO_KEY;
        char *text = text_of(&c);

        check_about("refused: %s", custody_verdict_word(v));
        CHECK(strstr(text, begins[v]) != NULL);
        CHECK(has_line(text, "    Name as given       parcel.bin"));
        CHECK_INT(opened, strstr(text, "Opened with key") != NULL);
        CHECK_INT(opened, strstr(text, "What was found: padding is not zero\n") != NULL);
        CHECK(strstr(text, "Receipt") == NULL);
        CHECK(strstr(text, "Digest of") == NULL);
        CHECK(strstr(text, "What the sender") == NULL);
        CHECK(strstr(text, "manifest-sha256") == NULL);
        CHECK(longest_line(text) <= 79);
        free(text);
    }
}

/* Every string from outside holds what could change a terminal or begin a line. */
#define EVIL "x\nVerdict: \x1b[2J\r\b\xe2\x80\xae\xff\xc2\x85\xe2\x80\xa8\x7f\\n\ty"
#define EVIL_SHOWN \
    "x\\x0AVerdict: \\x1B[2J\\x0D\\x08\\u{202E}\\xFF\\u{0085}\\u{2028}\\x7F\\x5Cn\\x09y"

static bool is_safe(const char *text)
{
    unsigned int marks = 0;

    for (size_t i = 0, len = strlen(text); i < len;) {
        char piece[TEXT_PIECE_SIZE];
        size_t columns, n = text_piece(text + i, len - i, &marks, piece, &columns);

        if (text[i] != '\n' && (strlen(piece) != n || memcmp(piece, text + i, n) != 0))
            return false;
        i += n;
    }
    return true;
}

static struct custody evil_sample(struct custody_file *file)
{
    struct custody c;

    file->name = EVIL;
    c = sample(file, 1);
    c.program = c.operator_name = c.case_name = c.reason = c.output = c.first_seen = EVIL;
    c.bag_info = "L: " EVIL "\n" EVIL "\nno colon \xff\x1b\n";
    c.remarks = "# missing ./a\x1b\xff " EVIL "\n"
                "# renamed ./b\\012c\\033\\377 ./d\\012e\x1b\\\n"
                "# spelled ./\\0\\400\\000 ./\\\n"
                "# missing ./\n"
                "# other ./x y\n"
                "#\n"
                "no remark\n"
                "# missing ./cut";
    return c;
}

static void test_injection(void)
{
    struct custody_file file = sample_file();
    struct custody c = evil_sample(&file);
    char *text = text_of(&c);

    check_about("injection");
    CHECK(is_safe(text));
    CHECK(has_line(text, "    Name as given       " EVIL_SHOWN));
    CHECK(has_line(text, "    Operator            " EVIL_SHOWN));
    CHECK(has_line(text, "    Case                " EVIL_SHOWN));
    CHECK(has_line(text, "    Program             " EVIL_SHOWN));
    CHECK(has_line(text, "    Written to folder   " EVIL_SHOWN));
    CHECK(has_line(text, "What was found: " EVIL_SHOWN));
    CHECK(has_line(text, "    First received      " EVIL_SHOWN));
    CHECK(has_line(text, "    | L: x"));
    CHECK(has_line(text, "    | no colon \\xFF\\x1B"));
    CHECK(has_line(text, "    a\\x1B\\xFF\n        x"));
    CHECK(has_line(text, "    b\\x0Ac\\x1B\\xFF\n        it was: d\\x0Ae\\x1B\\x5C"));
    CHECK(has_line(text, "    \\x5C0\\x5C400\\x5C000\n        as sealed: \\x5C"));
    CHECK(has_line(text, "    cut"));
    CHECK_INT(0, count_of(text, "\nVerdict"));
    free(text);
}

/* ---- The record in JSON ------------------------------------------------------------------- */

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
    struct custody_file file = sample_file();
    struct custody c = sample_with_gaps(&file);
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
    struct custody_file file = sample_file();
    struct custody c = evil_sample(&file);
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
        c = sample_refusal(&file, v);
        json = parsed(&c);
        CHECK_TEXT(custody_verdict_word(v), member(json, "verdict"));
        CHECK(json_is_null(json_object_get(json, "digest")));
        CHECK(json_is_null(json_object_get(json, "totals")));
        CHECK_INT(0, json_array_size(json_object_get(json, "remarks")));
        json_decref(json);
    }

    c = sample(&file, 1);
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
    CHECK_INT(count, count_of((char *)json.data, "\"kind\""));
    CHECK_INT(count, count_of((char *)text.data, "        No such file\n"));
    buffer_free(&lines);
    buffer_free(&json);
    buffer_free(&text);
    return (double)begin / CLOCKS_PER_SEC;
}

/* Ten times as many remarks take about ten times as long; a hundred times would be quadratic. */
static void test_many_remarks(void)
{
    struct custody_file file = sample_file();
    struct custody c = sample(&file, 1);
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
    struct custody_file file = sample_file();
    struct custody c = sample_with_gaps(&file);
    struct buffer b = json_of(&c), deep = {0};
    struct custody_known known;
    char text[1024];

    check_about("json read");
    if (CHECK(custody_json_read(&known, (const char *)b.data, b.len))) {
        CHECK_BYTES(c.digest, known.digest, SHA256_LEN);
        CHECK_TEXT("2026-11-22T20:15:53Z", known.opened);
        CHECK_TEXT(c.receipt, known.receipt);
    }
    for (size_t len = 0; len < b.len - 1; len += 1 + len / 16)
        CHECK(!custody_json_read(&known, (const char *)b.data, len));

    (void)snprintf(text, sizeof text, "{%s,%s,%s,%s}", schema, digest, opened, receipt);
    CHECK(reads(&known, text));
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
    struct custody_file file = sample_file();
    struct custody c = sample(&file, 1);

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
        c.remarks = random_below(&r, 2) == 0 ? lines : remarks;
        c.bag_info = lines;
        json_decref(parsed(&c));
        text = text_of(&c);
        CHECK(is_safe(text));
        free(text);
        json = json_of(&c);
        json.data[random_below(&r, (uint32_t)json.len)] ^= (uint8_t)(1 << random_below(&r, 8));
        (void)custody_json_read(&known, (const char *)json.data, json.len);
        buffer_free(&json);
    }
}

/* ---- The log ------------------------------------------------------------------------------ */

#define HEAD "# seal log 1\n# time\tsealed-sha256\tcommitment\tbag-id\tD\treceipt\tverdict\tfile\n"

/* A drop that shares nothing with those of other numbers. */
static struct custody drop(struct custody_file *file, uint8_t number)
{
    struct custody c;

    *file = sample_file();
    memset(file->sha256, number, sizeof file->sha256);
    c = sample(file, 1);
    c.opened.sec += number;
    memset(c.commitment, number, sizeof c.commitment);
    memset(c.bag_id, number, sizeof c.bag_id);
    memset(c.digest, number, sizeof c.digest);
    return c;
}

static enum seal_status add_to(const char *path, const struct custody *c, struct fault *fault)
{
    struct custody_log *log;
    enum seal_status status = custody_log_open(&log, path, fault);

    if (status != SEAL_OK)
        return status;
    status = custody_log_add(log, c, fault);
    custody_log_close(log);
    return status;
}

static void add(const char *path, const struct custody *c)
{
    struct fault fault = {.status = SEAL_OK};

    CHECK_INT(SEAL_OK, add_to(path, c, &fault));
}

static enum custody_double find(const char *path, const struct custody *c,
                                char when[static TIME_TEXT_SIZE])
{
    struct fault fault = {.status = SEAL_OK};
    enum custody_double seen = NOT_SEEN;
    struct custody_log *log;

    if (CHECK_INT(SEAL_OK, custody_log_open(&log, path, &fault))) {
        CHECK_INT(SEAL_OK, custody_log_find(log, c, &seen, when, &fault));
        custody_log_close(log);
    }
    return seen;
}

static char *log_text(const char *path)
{
    struct buffer b = fixture_read(path);

    if (buffer_append_text(&b, "") != SEAL_OK)
        abort();
    return (char *)b.data;
}

static void test_log_line(void)
{
    const char *path = check_scratch("line.log");
    struct custody_file file;
    struct custody c = drop(&file, 0x11), refused;
    struct stat st;
    char *text;

    check_about("log line");
    add(path, &c);
    refused = sample_refusal(&file, VERDICT_NO_KEY);
    file.name = "-";
    add(path, &refused);
    text = log_text(path);
    CHECK_TEXT(HEAD "2026-11-22T20:16:10Z\t"
                    "1111111111111111111111111111111111111111111111111111111111111111\t"
                    "1111111111111111111111111111111111111111111111111111111111111111\t"
                    "11111111111111111111111111111111\t"
                    "1111111111111111111111111111111111111111111111111111111111111111\t"
                    "35964536525431939516\taccepted\tparcel.bin\n"
                    "2026-11-22T20:15:53Z\t"
                    "1111111111111111111111111111111111111111111111111111111111111111\t"
                    "-\t-\t-\t-\tno-key\t\\x2D\n",
               text);
    CHECK_INT(0, stat(path, &st));
    CHECK_INT(0600, st.st_mode & 07777);
    free(text);
}

static void test_log_names(void)
{
    static const struct {
        const char *name, *want;
    } cases[] = {{"=1+1", "\\x3D1+1"},
                 {"+1", "\\x2B1"},
                 {"-1", "\\x2D1"},
                 {"@x", "\\x40x"},
                 {" =1", "\\x20=1"},
                 {"'x", "\\x27x"},
                 {"\"a\"b", "\\x22a\\x22b"},
                 {"\xef\xbc\x9d"
                  "1",
                  "\\xEF\\xBC\\x9D1"},
                 {"\t=1\n2025", "\\x09=1\\x0A2025"},
                 {"a=1", "a=1"},
                 {EVIL, EVIL_SHOWN}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *path = check_scratch("names.log");
        struct custody_file file;
        struct custody c = drop(&file, 1);
        char *text;

        check_about("log name %zu", i);
        file.name = cases[i].name;
        add(path, &c);
        text = log_text(path);
        text[strlen(text) - 1] = '\0';
        CHECK_TEXT(cases[i].want, strrchr(text, '\t') + 1);
        CHECK_INT(2, count_of(text, "\n"));
        free(text);
        CHECK_INT(0, unlink(path));
    }
}

static void test_log_find(void)
{
    const char *path = check_scratch("find.log");
    struct custody_file file, other_file;
    struct custody c = drop(&file, 1), other;
    char when[TIME_TEXT_SIZE];

    check_about("log find");
    CHECK_INT(NOT_SEEN, find(path, &c, when));
    add(path, &c);
    c = drop(&file, 2);
    CHECK_INT(NOT_SEEN, find(path, &c, when));
    CHECK_TEXT("", when);
    c.verdict = VERDICT_DAMAGED; /* such a line is no earlier drop */
    add(path, &c);
    CHECK_INT(NOT_SEEN, find(path, &c, when));
    c.verdict = VERDICT_INCOMPLETE;
    add(path, &c);
    c.opened.sec += 1000;
    add(path, &c);
    CHECK_INT(SEEN_FILE, find(path, &c, when));
    CHECK_TEXT("2026-11-22T20:15:55Z", when);

    other = drop(&other_file, 3);
    memcpy(other.commitment, c.commitment, sizeof c.commitment);
    CHECK_INT(SEEN_HEAD, find(path, &other, when));
    other = drop(&other_file, 3);
    memcpy(other.bag_id, c.bag_id, sizeof c.bag_id);
    CHECK_INT(SEEN_NUMBER, find(path, &other, when));
    other.was_checked = false;
    CHECK_INT(SEEN_NUMBER, find(path, &other, when));
    other = drop(&other_file, 3);
    memcpy(other.digest, c.digest, sizeof c.digest);
    CHECK_INT(SEEN_BAG, find(path, &other, when));
    other.content = CUSTODY_RAW;
    CHECK_INT(NOT_SEEN, find(path, &other, when));
    other = sample_refusal(&file, VERDICT_NO_KEY);
    CHECK_INT(SEEN_FILE, find(path, &other, when));
    memset(file.sha256, 0, sizeof file.sha256);
    CHECK_INT(NOT_SEEN, find(path, &other, when));
    /* The first line that matches in any way counts, though a later one matches better. */
    other = drop(&other_file, 2);
    memset(other.digest, 1, sizeof other.digest);
    CHECK_INT(SEEN_BAG, find(path, &other, when));
    CHECK_TEXT("2026-11-22T20:15:54Z", when);
}

static void test_log_volumes(void)
{
    const char *path = check_scratch("volumes.log");
    struct custody_file file, files[3], many[501];
    struct custody c = drop(&file, 9);
    char when[TIME_TEXT_SIZE];
    char *text;

    check_about("log volumes");
    for (size_t i = 0; i < 3; i++) {
        files[i] = sample_file();
        memset(files[i].sha256, (int)(0x20 + i), SHA256_LEN);
    }
    c.files = files;
    c.file_count = 3;
    c.was_opened = c.was_checked = false;
    add(path, &c);
    CHECK_INT(SEEN_FILE, find(path, &c, when));
    files[0] = files[1];
    memset(files[1].sha256, 0x20, SHA256_LEN);
    CHECK_INT(SEEN_FILE, find(path, &c, when));
    c.file_count = 2;
    CHECK_INT(NOT_SEEN, find(path, &c, when));

    for (size_t i = 0; i < 501; i++)
        many[i] = sample_file();
    c.files = many;
    c.file_count = 501;
    c.opened.sec = 0;
    add(path, &c);
    CHECK_INT(NOT_SEEN, find(path, &c, when));
    text = log_text(path);
    CHECK(strstr(text, "\n1970-01-01T00:00:00Z\t-\t-\t") != NULL);
    free(text);
}

/* Lines that are none, or torn, or too long, are passed over; what follows is found. */
static void test_log_malformed(void)
{
    const char *path = check_scratch("malformed.log");
    struct custody_file file;
    struct custody c = drop(&file, 1);
    struct buffer b = {0};
    char when[TIME_TEXT_SIZE];
    char *line = NULL;

    check_about("log malformed");
    add(path, &c);
    line = log_text(path);
    CHECK_INT(SEAL_OK, buffer_append_text(&b, HEAD "\n\t\t\t\t\t\t\t\nx\n"));
    for (size_t i = 0; i < 200000; i++)
        CHECK(buffer_append_text(&b, "y") == SEAL_OK);
    CHECK_INT(SEAL_OK, buffer_append_text(&b, "\n"));
    CHECK_INT(SEAL_OK, buffer_append(&b, "\0\n", 2));
    CHECK_INT(SEAL_OK, buffer_printf(&b, "\x1b[2J%s", line + strlen(HEAD)));
    fixture_write(path, b.data, b.len);
    CHECK_INT(NOT_SEEN, find(path, &c, when));
    CHECK_INT(SEAL_OK, buffer_append_text(&b, line + strlen(HEAD)));
    fixture_write(path, b.data, b.len);
    CHECK_INT(SEEN_FILE, find(path, &c, when));
    free(line);
    buffer_free(&b);
}

/* Wherever the last line was torn: it is no drop, and the next one is found. */
static void test_log_torn(void)
{
    const char *path = check_scratch("torn.log");
    struct custody_file file, next_file;
    struct custody c = drop(&file, 1), next = drop(&next_file, 2);
    char when[TIME_TEXT_SIZE];
    size_t len;
    char *text;

    check_about("log torn");
    add(path, &c);
    text = log_text(path);
    len = strlen(text);
    for (size_t cut = 0; cut < len; cut++) {
        char *after;

        check_about("log torn at %zu", cut);
        fixture_write(path, text, cut);
        add(path, &next);
        CHECK_INT(NOT_SEEN, find(path, &c, when));
        CHECK_INT(SEEN_FILE, find(path, &next, when));
        after = log_text(path);
        CHECK(strncmp(after, HEAD, strlen(HEAD)) == 0);
        CHECK(strncmp(after, text, cut) == 0);
        CHECK_INT(cut <= strlen(HEAD) ? 3 : 4, count_of(after, "\n"));
        free(after);
    }
    free(text);
}

static void expect_refusal(const char *path)
{
    struct fault fault = {.status = SEAL_OK};
    struct custody_log *log;

    CHECK_INT(SEAL_USAGE, custody_log_open(&log, path, &fault));
    CHECK_TEXT("it is not a log of drops", fault.what);
    CHECK_TEXT(path, fault.name);
    CHECK(log == NULL);
}

static void test_log_refused(void)
{
    const char *path = check_scratch("foreign");
    struct fault fault = {.status = SEAL_OK};
    struct custody_log *log;
    char *text;

    check_about("log refused");
    fixture_write(path, "my notes\n", 9);
    expect_refusal(path);
    text = log_text(path);
    CHECK_TEXT("my notes\n", text);
    free(text);
    fixture_write(path, "# seal log 2\n", 13);
    expect_refusal(path);
    CHECK_INT(0, mkfifo(check_scratch("fifo"), 0600));
    expect_refusal(check_scratch("fifo"));
    expect_refusal(check_scratch(""));
    expect_refusal("/dev/null");
    CHECK_INT(SEAL_IO, custody_log_open(&log, check_scratch("no/such/folder"), &fault));
    CHECK_INT(ENOENT, fault.sys);
}

#define WRITERS 8
#define LINES_EACH 50

static _Noreturn void write_lines(const char *path, uint8_t number)
{
    struct fault fault = {.status = SEAL_OK};
    struct custody_file file;
    struct custody c = drop(&file, number);
    int failed = 0;

    for (size_t i = 0; i < LINES_EACH; i++)
        failed |= add_to(path, &c, &fault) != SEAL_OK;
    _exit(failed);
}

static void test_log_together(void)
{
    const char *path = check_scratch("together.log");
    struct custody_file file;
    char when[TIME_TEXT_SIZE];
    size_t whole = 0;
    char *text;
    pid_t pids[WRITERS];

    check_about("log together");
    for (size_t i = 0; i < WRITERS; i++) {
        pids[i] = fork();
        if (pids[i] == 0)
            write_lines(path, (uint8_t)(i + 1));
    }
    for (size_t i = 0; i < WRITERS; i++) {
        int status = -1;

        CHECK_INT(pids[i], waitpid(pids[i], &status, 0));
        CHECK_INT(0, status);
    }
    text = log_text(path);
    CHECK_INT(1, count_of(text, HEAD));
    for (char *line = text + strlen(HEAD); *line != '\0'; line = strchr(line, '\n') + 1)
        whole += strncmp(line, "2026-11-22T20:1", 15) == 0 &&
                 strcspn(line, "\n") == 20 + 65 + 65 + 33 + 65 + 21 + 9 + 11;
    CHECK_INT(WRITERS * LINES_EACH, whole);
    CHECK_INT(WRITERS * LINES_EACH + 2, count_of(text, "\n"));
    free(text);
    for (uint8_t i = 1; i <= WRITERS; i++) {
        struct custody c = drop(&file, i);

        CHECK_INT(SEEN_FILE, find(path, &c, when));
    }
}

/* The file may grow by some bytes only: what of the line fits is taken back. */
static void test_log_full(void)
{
    const char *path = check_scratch("full.log");
    struct custody_file file;
    struct custody c = drop(&file, 1);
    struct rlimit old, tight;
    struct fault fault = {.status = SEAL_OK};
    char *before, *after;

    check_about("log full");
    add(path, &c);
    before = log_text(path);
    (void)signal(SIGXFSZ, SIG_IGN);
    CHECK_INT(0, getrlimit(RLIMIT_FSIZE, &old));
    tight = old;
    tight.rlim_cur = strlen(before) + 40;
    CHECK_INT(0, setrlimit(RLIMIT_FSIZE, &tight));
    CHECK_INT(SEAL_IO, add_to(path, &c, &fault));
    CHECK_INT(EFBIG, fault.sys);
    CHECK_TEXT(path, fault.name);
    CHECK_INT(0, setrlimit(RLIMIT_FSIZE, &old));
    after = log_text(path);
    CHECK_TEXT(before, after);
    free(before);
    free(after);
}

int main(int argc, char **argv)
{
    check_start("custody", argc, argv);
    fixture_start(argc, argv);
    test_accepted();
    test_gaps();
    test_other_contents();
    test_refusals();
    test_injection();
    test_json_facts();
    test_json_edges();
    test_many_remarks();
    test_json_read();
    test_items();
    test_nonsense();
    test_log_line();
    test_log_names();
    test_log_find();
    test_log_volumes();
    test_log_malformed();
    test_log_torn();
    test_log_refused();
    test_log_together();
    test_log_full();
    return check_done();
}
