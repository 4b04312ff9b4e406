/*
 * What every room stands on: bytes, text, numbers, dates, randomness, whole reads and writes.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "base/base.h"
#include "lib/check.h"
#include "lib/fixture.h"
#include "platform/platform.h"

/* ---- UTF-8 -------------------------------------------------------------------------------- */

/* By the table of RFC 3629, section 4. */
static size_t char_len_by_table(const uint8_t *s, size_t len)
{
    static const struct {
        uint8_t from, to, second_from, second_to;
        size_t len;
    } rows[] = {
        {0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool good = s[0] >= rows[i].from && s[0] <= rows[i].to && len >= rows[i].len;

        if (good && rows[i].len > 1)
            good = s[1] >= rows[i].second_from && s[1] <= rows[i].second_to;
        for (size_t k = 2; good && k < rows[i].len; k++)
            good = s[k] >= 0x80 && s[k] <= 0xbf;
        if (good)
            return rows[i].len;
    }
    return 0;
}

static size_t differences(const uint8_t *s, size_t len)
{
    return utf8_char_len(s, len) != char_len_by_table(s, len);
}

/* All rows of one to three bytes, and those of four by the edges of each byte's ranges. */
static void test_utf8_chars(void)
{
    static const uint8_t edges[] = {0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff};
    const size_t n = sizeof edges;
    size_t differing = 0;
    uint8_t s[4];

    check_about("utf8");
    for (uint32_t v = 0; v < 1u << 24; v++) {
        s[0] = (uint8_t)v;
        s[1] = (uint8_t)(v >> 8);
        s[2] = (uint8_t)(v >> 16);
        differing += differences(s, 3);
        if (s[2] == 0)
            differing += differences(s, 2) + differences(s, 1);
    }
    for (uint32_t v = 0; v < 256 * n * n * n; v++) {
        s[0] = (uint8_t)(v % 256);
        s[1] = edges[v / 256 % n];
        s[2] = edges[v / 256 / n % n];
        s[3] = edges[v / 256 / n / n];
        differing += differences(s, 4);
    }
    CHECK_INT(0, differing);
}

static void test_utf8_text(void)
{
    CHECK(utf8_is_valid("", 0));
    CHECK(utf8_is_valid("a\0b", 3));
    CHECK(
        utf8_is_valid("Пароль é 田中 \xf0\x9f\x94\x92", strlen("Пароль é 田中 \xf0\x9f\x94\x92")));
    CHECK(!utf8_is_valid("caf\xe9", 4));
    CHECK(!utf8_is_valid("\xc3", 1));
    CHECK(!utf8_is_valid("a\xed\xa0\x80", 4));
    CHECK(!utf8_is_valid("\xc0\xaf", 2));
}

/* ---- Numbers ------------------------------------------------------------------------------ */

static void test_number_text(void)
{
    uint8_t value[32] = {0};
    char text[NUMBER_TEXT_SIZE(FINGERPRINT_GROUPS)];

    check_about("number_text");
    number_text(text, value, RECEIPT_GROUPS);
    CHECK_TEXT("0000 0000 0000 0000 0000", text);
    store_u64(value, 12345);
    number_text(text, value, RECEIPT_GROUPS);
    CHECK_TEXT("0000 0000 0000 0001 2345", text);
    number_text(text, value, 1);
    CHECK_TEXT("2345", text);
    store_u64(value, UINT64_C(10000000000000000000)); /* 10^19 */
    number_text(text, value, RECEIPT_GROUPS);
    CHECK_TEXT("1000 0000 0000 0000 0000", text);
    /* 2^256 - 1 = ...584007913129639935 */
    memset(value, 0xff, sizeof value);
    number_text(text, value, FINGERPRINT_GROUPS);
    CHECK_TEXT("9846 6564 0564 0394 5758 4007 9131 2963 9935", text);
}

static void test_hex(void)
{
    static const uint8_t bytes[] = {0x00, 0x01, 0x9a, 0xbc, 0xde, 0xff};
    uint8_t out[6];
    char text[13];

    check_about("hex");
    hex_encode(text, bytes, sizeof bytes);
    CHECK_TEXT("00019abcdeff", text);
    CHECK(hex_decode(out, sizeof out, "00019aBCdEFf") && memcmp(out, bytes, sizeof out) == 0);
    for (int c = 1; c < 256; c++) {
        char digits[3] = {'0', (char)c, '\0'}, turned[3] = {(char)c, '0', '\0'};
        bool good = strchr("0123456789abcdefABCDEF", c) != NULL;

        CHECK_INT(good, hex_decode(out, 1, digits));
        CHECK_INT(good, hex_decode(out, 1, turned));
    }
    CHECK(!hex_decode(out, 1, "")); /* stops at the NUL */
    CHECK(hex_decode(out, 0, ""));
}

static void test_loads(void)
{
    uint8_t b[8];

    check_about("little-endian");
    store_u32(b, 0x80030201);
    CHECK_HEX("01020380", b, 4);
    CHECK_INT(0x80030201, load_u32(b));
    store_u64(b, UINT64_C(0xf807060504030201));
    CHECK_HEX("01020304050607f8", b, 8);
    CHECK(load_u64(b) == UINT64_C(0xf807060504030201));
}

/* ---- Dates -------------------------------------------------------------------------------- */

static void check_day(uint32_t days)
{
    time_t t = (time_t)days * 86400;
    struct date d = date_from_days(days);
    struct tm tm;
    char text[40];
    uint32_t parsed = 0;

    CHECK(gmtime_r(&t, &tm) != NULL);
    (void)snprintf(text, sizeof text, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1,
                   tm.tm_mday);
    check_about("%s", text);
    CHECK(d.year == tm.tm_year + 1900 && d.month == tm.tm_mon + 1 && d.day == tm.tm_mday);
    if (tm.tm_year + 1900 > 9999)
        return;
    CHECK(date_parse(text, &parsed) && parsed == days);
}

static void test_dates(void)
{
    static const char *const bad[] = {
        "",           "2024",       "2023-02-29",  "2100-02-29",  "2024-02-30", "2024-04-31",
        "2024-13-01", "2024-00-10", "2024-01-00",  "2024-01-32",  "1969-12-31", "2024-1-01",
        "2024-01-1",  "2024/01/01", "24-01-01",    "2024-01-011", " 2024-01-1", "2024-01-0a",
        "+024-01-01", "-024-01-01", "2024-01-01 ", "0000-00-00"};
    struct random random = fixture_random("dates");
    uint32_t days;

    for (uint32_t day = 0; day <= 47846; day++) /* to 2100-12-31 */
        check_day(day);
    for (uint32_t year = 2100; year < 10000; year += 100) /* 28 February and 1 March */
        for (uint32_t off = 55; off < 63; off++)
            check_day((year - 1970) * 365 + (year - 1969) / 4 - (year - 1901) / 100 +
                      (year - 1601) / 400 + off);
    for (int i = 0; i < 2000; i++) {
        random_bytes(&random, &days, sizeof days);
        check_day(days);
    }
    check_day(UINT32_MAX);
    check_about("dates that are none");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (!CHECK(!date_parse(bad[i], &days)))
            fprintf(stderr, "    \"%s\"\n", bad[i]);
}

static void test_clock(void)
{
    time_t now = time(NULL);

    check_about("clock");
    CHECK(unsetenv("SEAL_TEST_SEED") == 0);
    CHECK(llabs((long long)clock_now().sec - (long long)now) <= 2);
    CHECK(clock_now().nsec < 1000000000);
    CHECK(setenv("SEAL_TEST_SEED", "x", 1) == 0);
    CHECK_INT(1700000000, clock_now().sec);
    CHECK_INT(1700000000 / 86400, date_today());
    CHECK(unsetenv("SEAL_TEST_SEED") == 0);
}

/* ---- Randomness --------------------------------------------------------------------------- */

static void check_below(uint32_t bound, size_t draws)
{
    struct random random = fixture_random("below");
    size_t *counts = fixture_alloc(bound * sizeof *counts);
    double expected = (double)draws / bound, chi = 0, df = bound - 1;

    check_about("random_below(%u)", bound);
    for (size_t i = 0; i < draws; i++) {
        uint32_t v = random_below(&random, bound);

        if (!CHECK(v < bound))
            break;
        counts[v]++;
    }
    for (uint32_t v = 0; v < bound; v++)
        chi += ((double)counts[v] - expected) * ((double)counts[v] - expected) / expected;
    /* (chi - df)^2 < 36 * 2 df + some room for the skew of few degrees of freedom */
    CHECK(chi < df || (chi - df) * (chi - df) < 72 * df + 900);
    free(counts);
}

/* A bound for which dropping the remainder would show: 3 * 2^30 folds a quarter of all draws. */
static void test_below_large(void)
{
    struct random random = fixture_random("below large");
    const uint32_t bound = UINT32_C(3) << 30;
    size_t thirds[3] = {0}, n = fixture_share(60000, 6000);
    double chi = 0;

    check_about("random_below(3 * 2^30)");
    for (size_t i = 0; i < n; i++) {
        uint32_t v = random_below(&random, bound);

        if (!CHECK(v < bound))
            return;
        thirds[v >> 30]++;
    }
    for (int i = 0; i < 3; i++) {
        double off = (double)thirds[i] - (double)n / 3;

        chi += off * off / ((double)n / 3);
    }
    CHECK(chi < 35);
    CHECK_INT(0, random_below(&random, 1));
    (void)random_below(&random, UINT32_MAX);
}

static void test_random_start(void)
{
    static const struct span hedge = {"hedge", 5};
    struct random a, b;
    uint8_t x[64], y[64];

    check_about("random_start");
    CHECK_INT(SEAL_OK, random_start(&a, &hedge, 1));
    CHECK_INT(SEAL_OK, random_start(&b, &hedge, 1));
    random_bytes(&a, x, sizeof x);
    random_bytes(&b, y, sizeof y);
    CHECK(memcmp(x, y, sizeof x) != 0);
    random_bytes(&a, y, sizeof y);
    CHECK(memcmp(x, y, sizeof x) != 0);
    CHECK(setenv("SEAL_TEST_SEED", "seed", 1) == 0);
    CHECK_INT(SEAL_OK, random_start(&a, &hedge, 1));
    CHECK_INT(SEAL_OK, random_start(&b, &hedge, 1));
    random_bytes(&a, x, sizeof x);
    random_bytes(&b, y, sizeof y);
    CHECK_BYTES(x, y, sizeof x);
    CHECK_INT(SEAL_OK, random_start(&b, NULL, 0)); /* the hedge counts also with a seed */
    random_bytes(&b, y, sizeof y);
    CHECK(memcmp(x, y, sizeof x) != 0);
    CHECK(unsetenv("SEAL_TEST_SEED") == 0);
    random_end(&a);
    CHECK(bytes_are_zero(&a, sizeof a));
}

/* The key that made an output is gone after it. */
static void test_key_erasure(void)
{
    struct random random = fixture_random("erasure"), before = random;
    uint8_t out[32], again[32];

    check_about("fast key erasure");
    random_bytes(&random, out, sizeof out);
    CHECK(memcmp(random.key, before.key, sizeof random.key) != 0);
    CHECK(memcmp(random.key, out, sizeof out) != 0);
    random_bytes(&random, again, sizeof again);
    CHECK(memcmp(out, again, sizeof out) != 0);
    random_bytes(&before, again, sizeof again);
    CHECK_BYTES(out, again, sizeof out);
}

/* ---- Buffers and bytes -------------------------------------------------------------------- */

static void test_buffer(void)
{
    struct buffer b = {0};
    uint8_t byte = 0;
    size_t wrong = 0;

    check_about("buffer");
    for (size_t i = 0; i < 100000; i++, byte++)
        CHECK(buffer_append(&b, &byte, 1) == SEAL_OK);
    CHECK(b.len == 100000 && b.cap >= b.len && b.cap < 2 * b.len);
    for (size_t i = 0; i < b.len; i++)
        wrong += b.data[i] != (uint8_t)i;
    CHECK_INT(0, wrong);
    CHECK_INT(SEAL_NO_MEMORY, buffer_reserve(&b, SIZE_MAX));
    CHECK_INT(SEAL_NO_MEMORY, buffer_reserve(&b, SIZE_MAX / 2 - 1));
    CHECK(b.len == 100000 && b.data[99999] == (uint8_t)99999);
    buffer_free(&b);
    CHECK(b.data == NULL && b.len == 0 && b.cap == 0);
    CHECK_INT(SEAL_OK, buffer_append(&b, NULL, 0));
    CHECK_INT(SEAL_OK, buffer_append_text(&b, "ab"));
    CHECK_INT(SEAL_OK, buffer_append_text(&b, ""));
    CHECK_INT(SEAL_OK, buffer_printf(&b, "%d%s", 12, "c"));
    CHECK_INT(5, b.len);
    CHECK_TEXT("ab12c", (const char *)b.data);
    for (int i = 0; i < 300; i++)
        CHECK(buffer_printf(&b, "%0*d", i, 7) == SEAL_OK);
    CHECK_INT(5 + 1 + 299 * 300 / 2, b.len);
    CHECK_INT(b.len, strlen((const char *)b.data));
    buffer_free(&b);
}

static void test_zero(void)
{
    uint8_t bytes[100] = {0};

    check_about("bytes_are_zero");
    CHECK(bytes_are_zero(NULL, 0));
    for (size_t len = 0; len < sizeof bytes; len++) {
        CHECK(bytes_are_zero(bytes, len));
        bytes[len] = 1;
        CHECK(bytes_are_zero(bytes, len));
        CHECK(!bytes_are_zero(bytes, len + 1));
        bytes[len] = 0;
        bytes[0] = 0x80;
        CHECK(len == 0 || !bytes_are_zero(bytes, len));
        bytes[0] = 0;
    }
}

static void test_fault(void)
{
    struct fault fault = {.status = SEAL_OK};
    char name[2 * FAULT_NAME_SIZE];

    check_about("fault");
    CHECK_INT(SEAL_DAMAGED, fault_set(NULL, SEAL_DAMAGED, "nobody asks", NULL));
    CHECK_INT(SEAL_HOSTILE, fault_set(&fault, SEAL_HOSTILE, "first", NULL));
    CHECK_INT(SEAL_DAMAGED, fault_set(&fault, SEAL_DAMAGED, "second", "name"));
    CHECK_INT(SEAL_HOSTILE, fault.status);
    CHECK_TEXT("first", fault.what);
    CHECK_TEXT("", fault.name);
    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = '\0';
    fault_add_name(&fault, name);
    CHECK_INT(FAULT_NAME_SIZE - 1, strlen(fault.name));
    fault_add_name(&fault, "other");
    CHECK(fault.name[0] == 'x');
    fault = (struct fault){.status = SEAL_OK};
    errno = ENOMEM;
    CHECK_INT(SEAL_NO_MEMORY, fault_set_errno(&fault, "what", "who"));
    CHECK(fault.sys == ENOMEM && strcmp(fault.name, "who") == 0);
    fault = (struct fault){.status = SEAL_OK};
    errno = EACCES;
    CHECK_INT(SEAL_IO, fault_set_errno(&fault, "what", NULL));
    CHECK_INT(EACCES, fault.sys);
}

/* ---- Hashes ------------------------------------------------------------------------------- */

static void test_hashes(void)
{
    uint8_t out[HASH512_LEN], joined[HASH512_LEN];
    const struct span parts[] = {{"a", 1}, {"", 0}, {"bc", 2}}, whole = {"abc", 3};
    struct sha256 h;
    json_t *root = fixture_json("kdf.json");
    const json_t *entry;
    size_t i;

    check_about("hashes");
    json_array_foreach (json_object_get(root, "F"), i, entry) {
        struct buffer m = fixture_bytes(entry, "m");
        uint8_t key[KEY_LEN];
        size_t half = m.len / 2;

        fixture_hex(key, sizeof key, entry, "K");
        hash_F(out, key, fixture_text(entry, "name"),
               (struct span[]){{m.data, half}, {m.data + half, m.len - half}}, 2);
        CHECK_HEX(fixture_text(entry, "F"), out, HASH_LEN);
        buffer_free(&m);
    }
    json_decref(root);
    /* RFC 7693, appendix A */
    hash_H512(out, parts, 3);
    CHECK_HEX("ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
              "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923",
              out, HASH512_LEN);
    hash_H(out, parts, 3);
    hash_H(joined, &whole, 1);
    CHECK_BYTES(joined, out, HASH_LEN);
    /* FIPS 180-4 */
    sha256_start(&h);
    sha256_add(&h, "a", 1);
    sha256_add(&h, NULL, 0);
    sha256_add(&h, "bc", 2);
    sha256_end(&h, out);
    CHECK_HEX("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", out, SHA256_LEN);
}

/* ---- Whole reads and writes --------------------------------------------------------------- */

static void test_io(void)
{
    struct fault fault = {.status = SEAL_OK};
    uint8_t data[5000], back[6000];
    size_t got;
    int ends[2], fd;

    check_about("whole reads and writes");
    memset(data, 7, sizeof data);
    CHECK(pipe(ends) == 0);
    CHECK_INT(SEAL_OK, fd_write_full(ends[1], data, sizeof data, &fault));
    CHECK_INT(SEAL_OK, fd_write_full(ends[1], data, 500, &fault));
    (void)close(ends[1]);
    CHECK_INT(SEAL_OK, fd_read_full(ends[0], back, 5200, &got, &fault));
    CHECK_INT(5200, got);
    CHECK_INT(SEAL_OK, fd_read_full(ends[0], back, sizeof back, &got, &fault));
    CHECK_INT(300, got);
    CHECK_INT(SEAL_OK, fd_read_full(ends[0], back, sizeof back, &got, &fault));
    CHECK_INT(0, got);
    (void)close(ends[0]);
    CHECK_INT(SEAL_IO, fd_read_full(-1, back, 1, &got, &fault));
    CHECK_INT(EBADF, fault.sys);
    fd = open("/dev/full", O_WRONLY);
    if (fd < 0)
        return; /* there is none everywhere */
    fault = (struct fault){.status = SEAL_OK};
    CHECK_INT(SEAL_IO, fd_write_full(fd, data, sizeof data, &fault));
    CHECK_INT(ENOSPC, fault.sys);
    (void)close(fd);
}

/* ---- Text for people ---------------------------------------------------------------------- */

static void check_time(const char *want, int64_t sec, uint32_t nsec, bool fraction)
{
    char text[TIME_TEXT_SIZE];

    time_format(text, (struct timestamp){sec, nsec}, fraction);
    CHECK_TEXT(want, text);
}

static void test_time_format(void)
{
    check_about("times");
    check_time("1970-01-01T00:00:00Z", 0, 0, false);
    check_time("2023-11-14T22:13:20Z", 1700000000, 999999999, false);
    check_time("2023-11-14T22:13:20.000000001Z", 1700000000, 1, true);
    check_time("1969-12-31T23:59:59Z", -1, 0, false);
    check_time("1969-12-31T23:59:59.500000000Z", -1, 500000000, true);
    check_time("1969-12-31T00:00:00Z", -86400, 0, false);
    check_time("1969-12-30T23:59:59Z", -86401, 0, false);
    check_time("1900-03-01T00:00:00Z", -2203891200, 0, false);
    check_time("1900-02-28T23:59:59Z", -2203891201, 0, false);
    check_time("2000-02-29T12:00:00Z", 951825600, 0, false);
    check_time("0000-01-01T00:00:00Z", -62167219200, 0, false);
    check_time("@-62167219201", -62167219201, 0, false);
    check_time("9999-12-31T23:59:59Z", 253402300799, 0, false);
    check_time("@253402300800", 253402300800, 0, false);
    check_time("@253402300800.000000007", 253402300800, 7, true);
    check_time("@9223372036854775807", INT64_MAX, 0, false);
    check_time("@-9223372036854775808.999999999", INT64_MIN, 999999999, true);
}

/* By the C library's own calendar. */
static void test_time_against_library(void)
{
    size_t differing = 0;

    check_about("times as the C library has them");
    for (int64_t sec = -62167219200; sec < 253402300800; sec += 86400 * 97 + 12345) {
        char ours[TIME_TEXT_SIZE], theirs[TIME_TEXT_SIZE];
        time_t t = (time_t)sec;
        struct tm tm;

        time_format(ours, (struct timestamp){sec, 0}, false);
        if (gmtime_r(&t, &tm) == NULL)
            continue;
        (void)snprintf(theirs, sizeof theirs, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900,
                       tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
        differing += strcmp(ours, theirs) != 0;
    }
    CHECK_INT(0, differing);
}

static void check_escape(const char *want, const char *s, size_t len)
{
    struct buffer out = {0};

    CHECK_INT(SEAL_OK, text_escape(&out, s, len));
    CHECK_INT(strlen(want), out.len);
    CHECK_TEXT(want, (char *)out.data);
    buffer_free(&out);
}

static void test_text_escape(void)
{
    check_about("text that is safe to show");
    check_escape("", "", 0);
    check_escape("plain text", "plain text", 10);
    check_escape("\\x00", "", 1);
    check_escape("\\x1B[31m\\x0A\\x7F", "\x1b[31m\n\x7f", 7);
    check_escape("\\x5Cx41", "\\x41", 4);
    check_escape("caf\xc3\xa9 \xd0\xb4", "caf\xc3\xa9 \xd0\xb4", 8);
    check_escape("\\u{202E}b", "\xe2\x80\xae\x62", 4);
    check_escape("\\u{200B}\\u{FEFF}\\u{0085}", "\xe2\x80\x8b\xef\xbb\xbf\xc2\x85", 8);
    check_escape("\\u{E0001}", "\xf3\xa0\x80\x81", 4);
    check_escape("\\xFF\\xC3", "\xff\xc3", 2);
    check_escape("\\xED\\xA0\\x80", "\xed\xa0\x80", 3);
    check_escape("\\xE2\\x80", "\xe2\x80\xae", 2);
}

/* All that begins or goes on with so many of these, and how much of it is escaped. */
static void test_marks(void)
{
    static const char grave[] = "\xcc\x80", enclosing[] = "\xe2\x83\x9d";

    for (int i = 0; i < 2; i++) {
        const char *mark = i == 0 ? grave : enclosing;
        const char *escaped = i == 0 ? "\\u{0300}" : "\\u{20DD}";
        char text[128] = "a", want[256] = "a";

        check_about("marks that combine");
        for (int count = 1; count <= 9; count++) {
            strcat(text, mark);
            strcat(want, count <= 4 ? mark : escaped);
            check_escape(want, text, strlen(text));
        }
        strcat(text, "b");
        strcat(text, mark);
        strcat(want, "b");
        strcat(want, mark);
        check_escape(want, text, strlen(text));
    }
}

static void test_invisible(void)
{
    static const uint32_t characters[] = {
        0x80,    0x9b,    0xad,    0x34f,   0x61c,   0x115f,  0x1160,  0x17b4,  0x180e,
        0x200b,  0x200c,  0x200d,  0x200e,  0x200f,  0x2028,  0x2029,  0x202a,  0x202e,
        0x2060,  0x2066,  0x2069,  0x206f,  0x2800,  0x3164,  0xe000,  0xfdd0,  0xfe00,
        0xfe0f,  0xfeff,  0xffa0,  0xfff9,  0xfffa,  0xfffb,  0xfffe,  0x1bca0, 0x1d159,
        0x1d173, 0xe0001, 0xe0020, 0xe007f, 0xe0100, 0xe01ef, 0xf0000, 0x10ffff};

    for (size_t i = 0; i < sizeof characters / sizeof characters[0]; i++) {
        uint32_t c = characters[i];
        char text[8] = "", want[16];

        check_about("U+%04X", (unsigned int)c);
        if (c < 0x800) {
            text[0] = (char)(0xc0 | c >> 6);
            text[1] = (char)(0x80 | (c & 0x3f));
        } else if (c < 0x10000) {
            text[0] = (char)(0xe0 | c >> 12);
            text[1] = (char)(0x80 | (c >> 6 & 0x3f));
            text[2] = (char)(0x80 | (c & 0x3f));
        } else {
            text[0] = (char)(0xf0 | c >> 18);
            text[1] = (char)(0x80 | (c >> 12 & 0x3f));
            text[2] = (char)(0x80 | (c >> 6 & 0x3f));
            text[3] = (char)(0x80 | (c & 0x3f));
        }
        (void)snprintf(want, sizeof want, "\\u{%04X}", (unsigned int)c);
        check_escape(want, text, strlen(text));
    }
}

static void test_text_escape_cell(void)
{
    static const struct {
        const char *text, *want;
    } cells[] = {{"", ""},
                 {"plain - text=1", "plain - text=1"},
                 {"a, b; c", "a, b; c"},
                 {"=1+1", "\\x3D1+1"},
                 {"+1", "\\x2B1"},
                 {"-1", "\\x2D1"},
                 {"@SUM(A1)", "\\x40SUM(A1)"},
                 {"'=1", "\\x27=1"},
                 {" =1", "\\x20=1"},
                 {"\t=1", "\\x09=1"},
                 {"\r=1", "\\x0D=1"},
                 {"\xef\xbc\x9d"
                  "1",
                  "\\xEF\\xBC\\x9D1"},
                 {"a,=1", "a,\\x3D1"},
                 {"a;=1;+2|@3", "a;\\x3D1;\\x2B2|\\x403"},
                 {"a;  =1", "a;\\x20 =1"},
                 {"a,\xef\xbc\x9d"
                  "1",
                  "a,\\xEF\\xBC\\x9D1"},
                 {"\"a\"", "\\x22a\\x22"},
                 {"\"=1", "\\x22=1"},
                 {"a\\b", "a\\x5Cb"},
                 {"=", "\\x3D"},
                 {"a,", "a,"}};

    for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++) {
        struct buffer out = {0};

        check_about("a cell \"%s\"", cells[i].text);
        CHECK_INT(SEAL_OK, text_escape_cell(&out, cells[i].text, strlen(cells[i].text)));
        CHECK_TEXT(cells[i].want, (char *)out.data);
        buffer_free(&out);
    }
}

static void check_size(const char *want, uint64_t bytes)
{
    char text[SIZE_TEXT_SIZE];

    size_format(text, bytes);
    CHECK_TEXT(want, text);
}

static void test_size_format(void)
{
    check_about("sizes");
    check_size("0 bytes", 0);
    check_size("1 byte", 1);
    check_size("999 bytes", 999);
    check_size("1.0 kB", 1000);
    check_size("1.2 kB", 1234);
    check_size("999.9 kB", 999949);
    check_size("1.0 MB", 999950);
    check_size("1.0 MB", 999999);
    check_size("65.5 kB", 65536);
    check_size("4.3 GB", UINT32_MAX);
    check_size("1.0 TB", 1000000000000);
    check_size("999.9 PB", 999900000000000000);
    check_size("1.0 EB", 1000000000000000000);
    check_size("18.4 EB", UINT64_MAX);
}

static void test_random_below(void)
{
    static const uint32_t bounds[] = {2, 3, 5, 8, 39, 77, 1000};

    for (size_t i = 0; i < sizeof bounds / sizeof bounds[0]; i++)
        check_below(bounds[i], fixture_share(50000, 10000));
    test_below_large();
}

int main(int argc, char **argv)
{
    check_start("base", argc, argv);
    fixture_start(argc, argv);
    test_utf8_chars();
    test_utf8_text();
    test_number_text();
    test_hex();
    test_loads();
    test_dates();
    test_clock();
    test_time_format();
    test_time_against_library();
    test_text_escape();
    test_marks();
    test_invisible();
    test_text_escape_cell();
    test_size_format();
    test_random_below();
    test_random_start();
    test_key_erasure();
    test_buffer();
    test_zero();
    test_fault();
    test_hashes();
    test_io();
    return check_done();
}
