/*
 * text/catalog.h: fields, plural forms, names, languages; and that every text and every reason can
 * be written. Besides English there is qps here, which is made from the English texts and has the
 * plural forms of Russian (tests/tools/pseudo.awk).
 */
#include "text/catalog.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/unit_check.h"
#include "lib/fixture.h"
#include "text/catalog_private.h"

static const char *const fields[] = {"name",    "other",  "shell", "word",  "words",
                                     "count",   "number", "limit", "files", "size",
                                     "folders", "most",   "error"};

static char out[TEXT_FAULT_SIZE];

static const char *format(enum text_id id, const struct text_args *args)
{
    (void)text_format(out, sizeof out, catalog_english(), id, args);
    return out;
}

static bool is_known(const char *field, size_t len)
{
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (strlen(fields[i]) == len && memcmp(fields[i], field, len) == 0)
            return true;
    return false;
}

/* Each {FIELD} is one of struct text_args, and braces that are meant are doubled. */
static void check_fields(const char *text)
{
    while ((text = strpbrk(text, "{}")) != NULL) {
        const char *end = strchr(text, '}');

        if (text[1] == text[0]) {
            text += 2;
            continue;
        }
        if (!CHECK(*text == '{' && end != NULL))
            return;
        CHECK(is_known(text + 1, (size_t)(end - text) - 1));
        text = end + 1;
    }
}

static void test_all_texts(void)
{
    const struct catalog *c = catalog_english();

    for (size_t id = 0; id < TEXT_COUNT; id++) {
        check_about("text %zu", id);
        CHECK(c->texts[id][0] != NULL);
        for (size_t form = 0; form < TEXT_FORMS_MAX; form++)
            if (c->texts[id][form] != NULL)
                check_fields(c->texts[id][form]);
    }
}

static void test_plural(void)
{
    CHECK_TEXT("0 files", format(T_COUNT_FILES, &(struct text_args){.count = 0}));
    CHECK_TEXT("1 file", format(T_COUNT_FILES, &(struct text_args){.count = 1}));
    CHECK_TEXT("2 folders", format(T_COUNT_FOLDERS, &(struct text_args){.count = 2}));
}

static void test_names(void)
{
    char name[1000], shown[TEXT_NAME_SIZE];

    (void)text_name(shown, "a\x1b[31m\xff");
    CHECK_TEXT("a\\x1B[31m\\xFF", shown);
    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = '\0';
    CHECK_INT(200, text_name(shown, name));
    CHECK(strncmp(shown + 99, "..x", 3) == 0);
    CHECK_TEXT("standard input: x",
               format(T_FAULT_OF, &(struct text_args){.name = NAME_STDIN, .words = "x"}));
}

static void test_shell_names(void)
{
    static const char *const rows[][2] = {
        {"key", "key"}, {"my key", "'my key'"}, {"-key", "-- '-key'"}, {"it's", "(that file)"}};
    char want[200];

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)snprintf(want, sizeof want, "%s", rows[i][1]);
        (void)format(T_ADVICE_CHMOD, &(struct text_args){.name = rows[i][0]});
        CHECK(strlen(out) > strlen(want));
        CHECK_TEXT(want, out + strlen(out) - strlen(want));
    }
}

/* What does not fit is left out, and nothing is written behind. */
static void test_room(void)
{
    char small[8];

    memset(small, 'z', sizeof small);
    CHECK_INT(3, text_format(small, 4, catalog_english(), T_COUNT_FILES,
                             &(struct text_args){.count = 12}));
    CHECK_BYTES("12 \0zzzz", small, sizeof small);
}

/* Every reason makes a sentence that ends with a full stop, and names what it is about. */
static void test_reasons(void)
{
    for (int i = 1; i < REASON_COUNT; i++) {
        struct fault fault = {.status = SEAL_OK};
        size_t len;

        check_about("reason %d", i);
        (void)fault_set(&fault, (enum seal_reason)i, "the-name");
        fault_add_item(&fault, "the-item");
        len = text_fault(out, sizeof out, catalog_english(), &fault);
        CHECK(len > 20 && strncmp(out, "the-name", 8) == 0);
        CHECK(strpbrk(out, "{}") == NULL || fault.reason == REASON_KIT_PAGE);
        CHECK(strchr(out, '.') != NULL);
        len = text_reason(out, sizeof out, catalog_english(), &fault);
        CHECK(len == strlen(out) && (len == 0 || out[len - 1] != '.'));
    }
    CHECK_INT(0, text_reason(out, sizeof out, catalog_english(), NULL));
}

static void test_advice(void)
{
    struct fault fault = {.status = SEAL_OK};

    errno = ENOSPC;
    (void)fault_set_errno(&fault, REASON_WRITE, "out");
    (void)text_fault(out, sizeof out, catalog_english(), &fault);
    CHECK(strstr(out, "Make room") != NULL);
    fault = (struct fault){.status = SEAL_OK};
    errno = ENOTCONN;
    (void)fault_set_errno(&fault, REASON_READ, "mnt");
    (void)text_fault(out, sizeof out, catalog_english(), &fault);
    CHECK(strstr(out, "The medium is not there any more") != NULL);
    fault = (struct fault){.status = SEAL_OK};
    (void)fault_set(&fault, REASON_NO_KEY, "a.bin");
    fault.more = 3;
    (void)text_fault(out, sizeof out, catalog_english(), &fault);
    CHECK(strncmp(out, "a.bin and 3 more: ", 18) == 0);
    fault = (struct fault){.status = SEAL_OK};
    (void)fault_set(&fault, REASON_WORKER_UNCAGED, NULL);
    fault.number = UINT64_MAX;
    (void)text_fault(out, sizeof out, catalog_english(), &fault);
    CHECK(strstr(out, "resource limits") != NULL);
    fault = (struct fault){.status = SEAL_OK};
    (void)fault_set(&fault, REASON_WORKER_START, "a.bin");
    (void)text_fault(out, sizeof out, catalog_english(), &fault);
    CHECK(strstr(out, "a container may forbid that") != NULL);
    fault.sys = EPERM;
    (void)text_fault(out, sizeof out, catalog_english(), &fault);
    CHECK(strstr(out, "a container may forbid that") != NULL);
    fault.sys = EMFILE;
    (void)text_fault(out, sizeof out, catalog_english(), &fault);
    CHECK(strstr(out, "container") == NULL && strstr(out, "be open at once") != NULL);
}

static void test_find(void)
{
    static const char *const qps[] = {"qps", "qps.UTF-8", "qps_XA", "qps-XA", "qps_XA.UTF-8@latin"};
    static const char *const english[] = {
        "", "C", "C.UTF-8", "POSIX", "en_US.UTF-8", "qp", "qpst", "QPS", "_", ".", "@", "../qps"};

    CHECK(catalog_find(NULL) == catalog_english());
    for (size_t i = 0; i < sizeof english / sizeof english[0]; i++) {
        check_about("%s", english[i]);
        CHECK(catalog_find(english[i]) == catalog_english());
    }
    for (size_t i = 0; i < sizeof qps / sizeof qps[0]; i++) {
        check_about("%s", qps[i]);
        CHECK_TEXT("qps", catalog_find(qps[i])->language);
    }
}

static void test_all_translated(void)
{
    const struct catalog *english = catalog_english(), *qps = catalog_find("qps");

    for (size_t id = 0; id < TEXT_COUNT; id++) {
        check_about("text %zu", id);
        CHECK(qps->texts[id][0] != NULL);
        CHECK((qps->texts[id][2] != NULL) == (english->texts[id][1] != NULL));
    }
}

static void test_translation(void)
{
    static const char *const counts[] = {"\u27e60 files\u00b3\u27e7",  "\u27e61 file\u00b9\u27e7",
                                         "\u27e62 files\u00b2\u27e7",  "\u27e65 files\u00b3\u27e7",
                                         "\u27e611 files\u00b3\u27e7", "\u27e621 file\u00b9\u27e7"};
    static const uint64_t numbers[] = {0, 1, 2, 5, 11, 21};

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        (void)text_format(out, sizeof out, catalog_find("qps"), T_COUNT_FILES,
                          TEXT_ARGS(.count = numbers[i]));
        CHECK_TEXT(counts[i], out);
    }
    (void)text_format(out, sizeof out, catalog_find("qps"), T_WARNING,
                      TEXT_ARGS(.word = "a", .words = "b"));
    CHECK_TEXT("\u27e6a: b\u27e7", out);
}

static size_t form_beyond(uint64_t count)
{
    (void)count;
    return TEXT_FORMS_MAX;
}

/* What a language lacks appears in English, counted as English counts. */
static void test_gaps(void)
{
    static const char *texts[TEXT_COUNT][TEXT_FORMS_MAX] = {[T_COUNT_FOLDERS] = {"a", "b"}};
    const struct catalog gaps = {"gaps", form_beyond, texts};

    (void)text_format(out, sizeof out, &gaps, T_COUNT_FILES, TEXT_ARGS(.count = 1));
    CHECK_TEXT("1 file", out);
    (void)text_format(out, sizeof out, &gaps, T_COUNT_FOLDERS, TEXT_ARGS(.count = 2));
    CHECK_TEXT("a", out);
}

int main(int argc, char **argv)
{
    check_start("catalog", argc, argv);
    fixture_start(argc, argv);
    CHECK_CASE(test_all_texts());
    CHECK_CASE(test_plural());
    CHECK_CASE(test_names());
    CHECK_CASE(test_shell_names());
    CHECK_CASE(test_room());
    CHECK_CASE(test_reasons());
    CHECK_CASE(test_advice());
    CHECK_CASE(test_find());
    CHECK_CASE(test_all_translated());
    CHECK_CASE(test_translation());
    CHECK_CASE(test_gaps());
    return check_done();
}
