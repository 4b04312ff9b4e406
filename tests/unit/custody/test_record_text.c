/*
 * The custody record in text: it says what is known, and nothing from outside can change how
 * it looks.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "custody/custody.h"
#include "lib/unit_check.h"
#include "lib/facts.h"
#include "lib/fixture.h"

/* ---- Facts -------------------------------------------------------------------------------- */

/* Whether text has this line, whole. */
static bool facts_has_line(const char *text, const char *line)
{
    size_t len = strlen(line);

    for (const char *s = text; (s = strstr(s, line)) != NULL; s++)
        if ((s == text || s[-1] == '\n') && s[len] == '\n')
            return true;
    fprintf(stderr, "no line \"%s\"\n", line);
    return false;
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

/* Undoes what is done to values that need more than a line. */
static void join_lines(char *text)
{
    char *to = text;

    while (*text != '\0') {
        size_t blanks = strspn(text + 1, " ");

        if (*text == '\n' && text[1 + blanks] == '>') {
            text += blanks + 3;
            text += strspn(text, " ");
        } else {
            *to++ = *text++;
        }
    }
    *to = '\0';
}

/* The number of lines that begin so. */
static size_t count_begins(const char *text, const char *begin)
{
    size_t count = strncmp(text, begin, strlen(begin)) == 0;

    for (const char *s = text; (s = strchr(s, '\n')) != NULL;)
        count += strncmp(++s, begin, strlen(begin)) == 0;
    return count;
}

/* ---- The record in text ------------------------------------------------------------------- */

static void test_accepted(void)
{
    struct custody_file file = facts_file();
    struct custody c = facts_sample(&file, 1);
    char *text = facts_text(&c);

    check_about("accepted");
    CHECK(strstr(text, "CUSTODY RECORD\n==============\n\nAccepted: ") == text);
    CHECK(facts_has_line(text, "    Name as given       parcel.bin"));
    CHECK(facts_has_line(text, "    Size                49283072 bytes (49.3 MB)"));
    CHECK(facts_has_line(text, "    Time of the file    2026-11-21T07:40:12.250000000Z"));
    CHECK(facts_has_line(text, "    SHA-256"));
    CHECK(facts_has_line(text, "    Time (UTC)          2026-11-22T20:15:53Z"));
    CHECK(facts_has_line(text, "    Clock               unverified: taken from this computer"));
    CHECK(facts_has_line(text, "    Operator            M. Keller"));
    CHECK(facts_has_line(text, "    Case                2026/118"));
    CHECK(facts_has_line(text, "    Program             unseal 0.1.0"));
    CHECK(facts_has_line(text, "    Keys tried          2"));
    CHECK(facts_has_line(text,
                         "    Opened with key     4488 4266 9646 0256 5144 2202 3238 5288 0655"));
    CHECK(facts_has_line(text, "    Receipt             3596 4536 5254 3193 9516"));
    CHECK(facts_has_line(text, "    | Bagging-Date: 2026-11-19"));
    CHECK(facts_has_line(text, "    |   the second reader"));
    CHECK(facts_has_line(text, "    Files               3"));
    CHECK(facts_has_line(text, "    Folders             2"));
    CHECK(facts_has_line(text, "    Written to folder   parcel"));
    CHECK(facts_has_line(text, "        sha256sum tagmanifest-sha256.txt"));
    CHECK(strstr(text, "as-sealed") == NULL);
    CHECK(strstr(text, "received before") == NULL);
    CHECK(longest_line(text) <= 79);
    CHECK(strstr(text, " \n") == NULL);
    free(text);
}

/* The sample of docs/CUSTODY.md is what the code makes, up to the sections that are the same in
 * every record. If it is not, the text that should stand there is shown. */
static void test_gaps(void)
{
    struct custody_file file = facts_file();
    struct custody c = facts_with_gaps(&file);
    struct buffer doc = fixture_read(check_vector("../../docs/CUSTODY.md"));
    char *text = facts_text(&c), *end = strstr(text, "\nHow to check it by hand\n");

    check_about("incomplete");
    CHECK_INT(SEAL_OK, buffer_append_text(&doc, ""));
    if (CHECK(end != NULL)) {
        *end = '\0';
        if (!CHECK(strstr((char *)doc.data, text) != NULL))
            fprintf(stderr, "----\n%s----\n", text);
        *end = '\n';
    }
    CHECK(strstr(text, "Accepted, with gaps") != NULL);
    CHECK(facts_has_line(text, "    Missing             1"));
    CHECK(facts_has_line(text, "    Skipped             0"));
    CHECK(facts_has_line(text, "    | data/case/tape 2.mp3\n    |     Input/output error"));
    CHECK(facts_has_line(text,
                         "    | data/case/%CF%EE.txt\n    |     it was: data/case/\\xCF\\xEE.txt"));
    CHECK(
        facts_has_line(text, "    | data/case/А{3A}1.txt\n    |     as sealed: data/case/А:1.txt"));
    CHECK(facts_has_line(text, "        sha256sum as-sealed/tagmanifest-sha256.txt"));
    free(text);

    c.remarks_are_cut = true;
    c.first_seen = "2026-11-20T08:00:00Z";
    c.seen = SEEN_BAG;
    text = facts_text(&c);
    CHECK(strstr(text, "more than this record can hold") != NULL);
    CHECK(facts_has_line(text, "    First received      2026-11-20T08:00:00Z"));
    free(text);
    c.remarks = "";
    text = facts_text(&c);
    CHECK(strstr(text, "as-sealed/metadata.mtree") != NULL);
    CHECK(strstr(text, "The same bag was received before, in another sealed file.") != NULL);
    free(text);
    buffer_free(&doc);
}

static void test_other_contents(void)
{
    struct custody_file files[2] = {facts_file(), facts_file()};
    struct custody c = facts_sample(files, 2);
    char *text;

    check_about("contents");
    files[1].name = "-";
    files[1].has_mtime = files[1].has_sha256 = false;
    c.content = CUSTODY_STREAM;
    c.program_sha256 = NULL;
    c.operator_name = "";
    text = facts_text(&c);
    CHECK(facts_has_line(text, "    Name as given       -"));
    CHECK(facts_has_line(text, "    Time of the file    not known"));
    CHECK(facts_has_line(text, "    SHA-256             not known"));
    CHECK(facts_has_line(text, "    SHA-256 of it       not known"));
    CHECK(facts_has_line(text, "    Operator            not given"));
    CHECK(facts_has_line(text, "        sha256sum OUTPUT-FILE"));
    CHECK(strstr(text, "bag-info") == NULL);
    CHECK(longest_line(text) <= 79);
    free(text);

    c.content = CUSTODY_RAW;
    c.step = STEP_VERIFIED;
    c.output = NULL;
    text = facts_text(&c);
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
        [VERDICT_BROKE] = "Refused: the process that reads the content crashed",
        [VERDICT_SALVAGED] = "Salvaged: the sealed file is damaged beyond repair"};
    struct custody_file file = facts_file();

    for (enum custody_verdict v = VERDICT_NO_KEY; v < VERDICT_COUNT; v++) {
        struct custody c = facts_refusal(&file, v);
        bool opened = v != VERDICT_NO_KEY;
        char *text = facts_text(&c);

        check_about("refused: %s", custody_verdict_word(v));
        CHECK(strstr(text, begins[v]) != NULL);
        CHECK(facts_has_line(text, "    Name as given       parcel.bin"));
        CHECK_INT(opened, strstr(text, "Opened with key") != NULL);
        CHECK_INT(opened,
                  strstr(text, "What was found: what follows its content is not all zero\n") !=
                      NULL);
        CHECK(strstr(text, "Receipt") == NULL);
        CHECK(strstr(text, "Digest of") == NULL);
        CHECK(strstr(text, "What the sender") == NULL);
        CHECK(strstr(text, "manifest-sha256") == NULL);
        CHECK(longest_line(text) <= 79);
        free(text);
    }
}

static void test_injection(void)
{
    struct custody_file file = facts_file();
    struct custody c = facts_evil(&file);
    char *text = facts_text(&c);

    check_about("injection");
    CHECK(facts_is_safe(text));
    CHECK(longest_line(text) <= 79);
    join_lines(text);
    CHECK(facts_has_line(text, "    Name as given       " EVIL_SHOWN));
    CHECK(facts_has_line(text, "    Operator            " EVIL_SHOWN));
    CHECK(facts_has_line(text, "    Case                " EVIL_SHOWN));
    CHECK(facts_has_line(text, "    Program             " EVIL_SHOWN));
    CHECK(facts_has_line(text, "    Written to folder   " EVIL_SHOWN));
    CHECK(facts_has_line(text, "    First received      " EVIL_SHOWN));
    CHECK(facts_has_line(text, "    | L: x"));
    CHECK(facts_has_line(text, "    | no colon \\xFF\\x1B"));
    CHECK(facts_has_line(text, "    | a\\x1B\\xFF\n    |     x"));
    CHECK(facts_has_line(text, "    | b\\x0Ac\\x1B\\xFF\n    |     it was: d\\x0Ae\\x1B\\x5C"));
    CHECK(facts_has_line(text, "    | \\x5C0\\x5C400\\x5C000\n    |     as sealed: \\x5C"));
    CHECK(facts_has_line(text, "    | cut"));
    CHECK_INT(0, facts_count(text, "\nVerdict"));
    free(text);
}

/* Whatever is in a value, and however long it is: each of its lines has a mark, and none is so long
 * that a viewer of 80 columns would begin another one with something of it. */
static void test_mimicry(void)
{
    struct custody_file file = facts_file();
    struct custody c = facts_sample(&file, 1);
    char *text;

    check_about("values that look like fields");
    file.name = "b                                                        Size 1 byte";
    c.operator_name = "M. Keller, who signs this and everything else that is in this folder, today";
    c.refusal = NULL;
    c.bag_info =
        "Note: of two lines.  And\n    an indented one, which is longer than a line of the "
        "record can be\nPad:                     "
        "                                                  What was received\n";
    c.totals.remarks[BAG_MISSING] = 2;
    c.remarks = "# missing ./Receipt\\040\\040\\040\\0409999\\0408888\n"
                "# missing ./SHA-256,\\040computed     ffff\n";
    text = facts_text(&c);
    CHECK(longest_line(text) <= 79);
    CHECK_INT(1, count_begins(text, "    Receipt"));
    CHECK_INT(0, count_begins(text, "        ffff"));
    CHECK_INT(1, count_begins(text, "    Size"));
    CHECK_INT(1, count_begins(text, "What was received"));
    CHECK(facts_has_line(text, "    | Receipt \\x20\\x20\\x209999 8888"));
    CHECK(facts_has_line(text, "    | SHA-256, computed\n    |      \\x20\\x20\\x20ffff"));
    CHECK(facts_has_line(text, "    | Note: of two lines.  And"));
    CHECK(facts_has_line(text,
                         "    |   \\x20\\x20an indented one, which is longer than a line of the "
                         "record can \n    > be"));
    CHECK(facts_has_line(text,
                         "    Operator            M. Keller, who signs this and everything else "
                         "that is \n                      > in this folder, today"));
    CHECK(count_begins(text, "    > ") >= 4);
    free(text);
}

int main(int argc, char **argv)
{
    check_start("record_text", argc, argv);
    fixture_start(argc, argv);
    CHECK_CASE(test_accepted());
    CHECK_CASE(test_gaps());
    CHECK_CASE(test_other_contents());
    CHECK_CASE(test_refusals());
    CHECK_CASE(test_injection());
    CHECK_CASE(test_mimicry());
    return check_done();
}
