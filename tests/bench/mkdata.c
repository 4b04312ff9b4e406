/*
 * mkdata: the benchmark's data sets. The same seed gives the same bytes, names and times anywhere.
 *
 *     mkdata SEED media DIR BYTES          photos of 3.5 MB that no compression makes smaller
 *     mkdata SEED documents DIR BYTES      prose, tables, JSON, HTML; and some that are packed
 * already mkdata SEED small DIR COUNT LEN      COUNT texts of LEN bytes mkdata SEED file DIR BYTES
 * one video mkdata SEED mixed DIR PART           one PART-th of 150 photos, 4 videos of 128 MB,
 * 4,900 texts
 *
 * DIR must not be there. Of PDF and Office files most is deflated; random bytes stand for that,
 * because to a compressor they are the same.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#define PIECE_LEN ((size_t)1 << 20)
#define PHOTO_LEN UINT64_C(3500000)
#define VIDEO_LEN (UINT64_C(128) << 20)
#define WORD_COUNT 8192
#define WORD_LEN_MAX 16
#define DRAW_COUNT 65536
#define FOLDER_FILES 500
#define TIME_OF_FIRST 1700000000

static uint8_t piece[PIECE_LEN];
static char words[WORD_COUNT][WORD_LEN_MAX];
static uint16_t draws[DRAW_COUNT]; /* which word, as often as Zipf's law has it */
static uint64_t state;             /* of the generator for choices */
static uint64_t seed;
static uint64_t file_number;

static void fail(const char *what)
{
    fprintf(stderr, "mkdata: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint64_t number(const char *text)
{
    char *end;
    uint64_t value = strtoull(text, &end, 10);

    if (end == text || *end != '\0') {
        fprintf(stderr, "mkdata: not a number: %s\n", text);
        exit(2);
    }
    return value;
}

/* splitmix64: quick, and good enough to choose words with. */
static uint64_t draw(void)
{
    uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint64_t between(uint64_t low, uint64_t high)
{
    return low + draw() % (high - low + 1);
}

/* ---- Bytes -------------------------------------------------------------------------------- */

static void make_words(void)
{
    static const char *const onset[] = {"b", "d", "f",  "g",  "k",  "l",  "m",  "n",
                                        "p", "r", "s",  "t",  "v",  "st", "tr", "gr",
                                        "h", "j", "sh", "ch", "pl", "z",  "br", ""};
    static const char *const core[] = {"a", "e", "i", "o", "u", "ai", "ou", "er", "an", "in"};
    double sum = 0, so_far = 0;

    for (size_t i = 0; i < WORD_COUNT; i++) {
        uint64_t syllables = i < 40 ? 1 : between(1, 3) + (i > 1000);

        for (uint64_t s = 0; s < syllables && strlen(words[i]) + 4 < WORD_LEN_MAX; s++) {
            (void)strcat(words[i], onset[draw() % (sizeof onset / sizeof *onset)]);
            (void)strcat(words[i], core[draw() % (sizeof core / sizeof *core)]);
        }
        sum += 1 / (double)(i + 2);
    }
    for (size_t i = 0, at = 0; i < WORD_COUNT; i++) {
        so_far += 1 / (double)(i + 2) / sum;
        while (at < DRAW_COUNT && (double)at < so_far * DRAW_COUNT)
            draws[at++] = (uint16_t)i;
    }
}

static const char *word(void)
{
    return words[draws[draw() % DRAW_COUNT]];
}

/* What the texts of a kind are made of; each is appended, line by line, until the text is full. */
enum kind { PROSE, CSV, JSON, HTML, KINDS };

static const char *const endings[KINDS] = {"txt", "csv", "json", "html"};

static int put_sentence(char *to, size_t room)
{
    int at = snprintf(to, room, "%c%s", 'A' + (int)(draw() % 26), word());

    for (uint64_t n = between(4, 22); n > 0 && (size_t)at + 64 < room; n--)
        at += snprintf(to + at, room - (size_t)at, "%s%s", draw() % 11 == 0 ? ", " : " ", word());
    return at + snprintf(to + at, room - (size_t)at, ".%s", draw() % 6 == 0 ? "\n\n" : " ");
}

static int put_line(char *to, size_t room, enum kind kind, uint64_t row)
{
    unsigned a = (unsigned)between(1, 28), b = (unsigned)between(1, 12);
    int at;

    switch (kind) {
    case CSV:
        return snprintf(to, room, "%llu,2023-%02u-%02u,%s %s,%u.%02u,%s\n", (unsigned long long)row,
                        b, a, word(), word(), (unsigned)between(0, 90000), a, word());
    case JSON:
        return snprintf(to, room,
                        "  {\"id\": %llu, \"when\": \"2023-%02u-%02uT%02u:00:00Z\", \"place\": "
                        "{\"lat\": %u.%05u, \"lon\": %u.%05u}, \"who\": \"%s %s\", \"said\": "
                        "\"%s %s %s %s\"},\n",
                        (unsigned long long)row, b, a, b, (unsigned)between(10, 60),
                        (unsigned)between(0, 99999), (unsigned)between(10, 60),
                        (unsigned)between(0, 99999), word(), word(), word(), word(), word(),
                        word());
    case HTML:
        at = snprintf(to, room, "<div class=\"entry\"><h2 id=\"e%llu\">%s %s</h2>\n<p>",
                      (unsigned long long)row, word(), word());
        at += put_sentence(to + at, room - (size_t)at - 16);
        return at + snprintf(to + at, room - (size_t)at, "</p></div>\n");
    default:
        return put_sentence(to, room);
    }
}

static void fill_text(uint8_t *to, size_t len, enum kind kind)
{
    char line[1024];
    size_t at = 0;

    for (uint64_t row = 1; at < len; row++) {
        int n = put_line(line, sizeof line, kind, row);
        size_t take = (size_t)n < len - at ? (size_t)n : len - at;

        memcpy(to + at, line, take);
        at += take;
    }
}

static void fill_noise(uint8_t *to, size_t len)
{
    uint8_t key[randombytes_SEEDBYTES] = {0};
    uint64_t part = draw();

    memcpy(key, &part, sizeof part);
    randombytes_buf_deterministic(to, len, key);
}

/* ---- Files -------------------------------------------------------------------------------- */

/* In folders of FOLDER_FILES. Each file has choices of its own, whatever came before it. */
static int open_next(const char *dir, const char *name, const char *ending)
{
    char path[4096];

    state = seed * 1000003 + file_number;
    (void)draw();
    (void)snprintf(path, sizeof path, "%s/%04llu", dir,
                   (unsigned long long)(file_number / FOLDER_FILES));
    if (mkdir(path, 0755) != 0 && errno != EEXIST)
        fail(path);
    (void)snprintf(path, sizeof path, "%s/%04llu/%s-%06llu.%s", dir,
                   (unsigned long long)(file_number / FOLDER_FILES), name,
                   (unsigned long long)file_number, ending);
    file_number++;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0644);
    if (fd < 0)
        fail(path);
    return fd;
}

static void write_piece(int fd, size_t len)
{
    for (size_t at = 0; at < len;) {
        ssize_t n = write(fd, piece + at, len - at);

        if (n < 0)
            fail("write");
        at += (size_t)n;
    }
}

static void close_file(int fd)
{
    struct timespec at = {.tv_sec = TIME_OF_FIRST + (time_t)(file_number * 61)};
    struct timespec times[2] = {at, at};

    if (futimens(fd, times) != 0 || close(fd) != 0)
        fail("close");
}

static void put_noise(const char *dir, const char *name, const char *ending, uint64_t len)
{
    int fd = open_next(dir, name, ending);

    while (len > 0) {
        size_t n = len < PIECE_LEN ? (size_t)len : PIECE_LEN;

        fill_noise(piece, n);
        write_piece(fd, n);
        len -= n;
    }
    close_file(fd);
}

static void put_text(const char *dir, enum kind kind, size_t len)
{
    int fd = open_next(dir, "text", endings[kind]);

    fill_text(piece, len, kind);
    write_piece(fd, len);
    close_file(fd);
}

/* Streams of noise, and between them the plain words of a PDF. */
static void put_packed_document(const char *dir, size_t len)
{
    int fd = open_next(dir, "scan", "pdf");
    size_t at = 0;

    while (at < len) {
        size_t text = len - at < 600 ? len - at : 600;
        size_t noise = (size_t)between(4000, 60000);

        fill_text(piece + at, text, JSON);
        at += text;
        noise = noise < len - at ? noise : len - at;
        fill_noise(piece + at, noise);
        at += noise;
    }
    write_piece(fd, len);
    close_file(fd);
}

/* ---- Sets --------------------------------------------------------------------------------- */

static void make_media(const char *dir, uint64_t bytes)
{
    while (bytes > 0) {
        uint64_t len = bytes < PHOTO_LEN ? bytes : PHOTO_LEN;

        put_noise(dir, "photo", "jpg", len);
        bytes -= len;
    }
}

/* By bytes, somewhat less than half is packed already. */
static void make_documents(const char *dir, uint64_t bytes)
{
    for (uint64_t i = 0; bytes > 0; i++) {
        bool packed = i % 4 == 3;
        uint64_t len = packed ? 50000 + i * 7919 % 400000 : 10000 + i * 7919 % 180000;

        len = len < bytes ? len : bytes;
        if (packed)
            put_packed_document(dir, (size_t)len);
        else
            put_text(dir, (enum kind)(i / 4 % KINDS), (size_t)len);
        bytes -= len;
    }
}

static void make_small(const char *dir, uint64_t count, uint64_t len)
{
    for (uint64_t i = 0; i < count; i++)
        put_text(dir, (enum kind)(i % KINDS), (size_t)len);
}

/* 1.2 GB, if PART is 1. */
static void make_mixed(const char *dir, uint64_t part)
{
    for (uint64_t i = 0; i < 150 / part + 1 - (part == 1); i++)
        put_noise(dir, "photo", "jpg", PHOTO_LEN);
    for (int i = 0; i < 4; i++)
        put_noise(dir, "video", "mp4", VIDEO_LEN / part);
    for (uint64_t i = 0; i < 4900 / part; i++)
        put_text(dir, (enum kind)(i % KINDS), 1000 + i * 7919 % 65000);
}

static int usage(void)
{
    fprintf(stderr, "usage: mkdata SEED media|documents|small|file|mixed DIR NUMBER [LEN]\n");
    return 2;
}

int main(int argc, char **argv)
{
    if (argc < 5 || sodium_init() < 0)
        return usage();
    seed = state = number(argv[1]);
    make_words();
    const char *kind = argv[2], *dir = argv[3];
    uint64_t n = number(argv[4]), len = argc > 5 ? number(argv[5]) : 0;
    if (n == 0 || len > PIECE_LEN)
        return usage();
    if (mkdir(dir, 0755) != 0)
        fail(dir);
    if (strcmp(kind, "media") == 0)
        make_media(dir, n);
    else if (strcmp(kind, "documents") == 0)
        make_documents(dir, n);
    else if (strcmp(kind, "small") == 0)
        make_small(dir, n, len);
    else if (strcmp(kind, "file") == 0)
        put_noise(dir, "video", "mp4", n);
    else if (strcmp(kind, "mixed") == 0)
        make_mixed(dir, n);
    else
        return usage();
    return 0;
}
