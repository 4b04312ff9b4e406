/*
 * Names: shown, coded in manifests and listings, and spelled on disk; a path a line. Each coding is
 * undone here, and no two paths become one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/archive.h"
#include "bag/manifest.h"
#include "bag/mtree.h"
#include "base/text.h"
#include "lib/forge.h"
#include "lib/fuzz.h"
#include "lib/mutate.h"

/* ---- One name ----------------------------------------------------------------------------- */

static int hex_value(char c)
{
    static const char digits[] = "0123456789ABCDEF";
    const char *at = c == '\0' ? NULL : strchr(digits, c);

    return at == NULL ? -1 : (int)(at - digits);
}

/* Undoes what stands between braces, and returns where they end. */
static const char *decode_group(struct buffer *out, const char *s)
{
    struct buffer code = {0};
    unsigned long times = 1;
    char *end;

    for (; hex_value(*s) >= 0; s += 2) {
        int high = hex_value(s[0]), low = hex_value(s[1]);

        FUZZ_CHECK(low >= 0);
        forge_bytes(&code, &(uint8_t){(uint8_t)(high << 4 | low)}, 1);
    }
    FUZZ_CHECK(code.len > 0);
    if (*s == 'x') {
        times = strtoul(s + 1, &end, 10);
        FUZZ_CHECK(times >= 4);
        s = end;
    }
    for (; times > 0; times--)
        forge_bytes(out, code.data, code.len);
    buffer_free(&code);
    FUZZ_CHECK(*s == '}');
    return s + 1;
}

/* Undoes bag_name_spell. */
static void decode_spelling(struct buffer *out, const char *s)
{
    while (*s != '\0') {
        FUZZ_CHECK(*s != '}');
        if (*s == '{')
            s = decode_group(out, s + 1);
        else
            forge_bytes(out, s++, 1);
    }
}

static void check_spelling(const char *name, size_t len, size_t more)
{
    struct buffer spelled = {0}, back = {0};

    FUZZ_OK(bag_name_spell(&spelled, name, len, more));
    FUZZ_CHECK(strlen((char *)spelled.data) == spelled.len);
    FUZZ_CHECK(bag_name_oddities((char *)spelled.data, spelled.len) == 0);
    FUZZ_CHECK(utf8_is_valid(spelled.data, spelled.len));
    FUZZ_CHECK(strpbrk((char *)spelled.data, MANIFEST_CODED) == NULL);
    decode_spelling(&back, (char *)spelled.data);
    FUZZ_CHECK(back.len == len && memcmp(back.data, name, len) == 0);
    FUZZ_CHECK(bag_path_is_spelling((char *)spelled.data, name));
    buffer_free(&spelled);
    buffer_free(&back);
}

/* Undoes text_escape. */
static void check_escape(const char *text, size_t len)
{
    struct buffer shown = {0}, back = {0};
    const char *s;

    forge_text(&back, "");
    FUZZ_OK(text_escape(&shown, text, len));
    FUZZ_OK(buffer_append_text(&shown, ""));
    fuzz_check_shown(&shown);
    FUZZ_CHECK(memchr(shown.data, '\n', shown.len) == NULL);
    for (s = (char *)shown.data; *s != '\0';) {
        unsigned int c;
        int n = 0;

        if (sscanf(s, "\\x%2X%n", &c, &n) == 1 && n == 4) {
            forge_bytes(&back, &(uint8_t){(uint8_t)c}, 1);
        } else if (sscanf(s, "\\u{%X}%n", &c, &n) == 1 && n > 0) {
            uint8_t utf8[] = {(uint8_t)(0xf0 | c >> 18), (uint8_t)(0x80 | (c >> 12 & 63)),
                              (uint8_t)(0x80 | (c >> 6 & 63)), (uint8_t)(0x80 | (c & 63))};

            if (c < 0x800)
                utf8[2] = (uint8_t)(0xc0 | c >> 6);
            else if (c < 0x10000)
                utf8[1] = (uint8_t)(0xe0 | c >> 12);
            n = n > 0 ? n : 1;
            forge_bytes(&back,
                        utf8 + (c < 0x800     ? 2
                                : c < 0x10000 ? 1
                                              : 0),
                        c < 0x800     ? 2
                        : c < 0x10000 ? 3
                                      : 4);
        } else {
            FUZZ_CHECK(*s != '\\');
            forge_bytes(&back, s, 1);
            n = 1;
        }
        s += n;
    }
    FUZZ_CHECK(back.len == len && (len == 0 || memcmp(back.data, text, len) == 0));
    buffer_free(&shown);
    buffer_free(&back);
}

/* A line of the manifest, and one of the listing. */
static void check_lines(const char *name)
{
    char *path = malloc(strlen(name) + 6);
    size_t len = strlen(name) + 5;
    const uint8_t digest[SHA256_LEN] = {1, 2, 3};
    uint8_t got[SHA256_LEN];
    struct buffer line = {0};
    struct mtree_entry e;
    char *back;
    size_t back_len;

    FUZZ_CHECK(path != NULL);
    (void)snprintf(path, len + 1, "data/%s", name);
    FUZZ_OK(manifest_line(&line, digest, path));
    FUZZ_CHECK(memchr(line.data, '\n', line.len) == line.data + line.len - 1);
    FUZZ_CHECK(manifest_parse((char *)line.data, line.len - 1, got, &back, &back_len));
    FUZZ_CHECK(back_len == len && memcmp(back, path, len) == 0);
    line.len = 0;
    FUZZ_OK(buffer_append_text(&line, "./"));
    FUZZ_OK(mtree_escape(&line, path));
    FUZZ_OK(buffer_append_text(&line, " type=dir time=1.000000002"));
    FUZZ_CHECK(mtree_parse((char *)line.data, line.len, &e));
    FUZZ_CHECK(e.path_len == len && memcmp(e.path, path, len) == 0 && e.type == ITEM_DIR);
    buffer_free(&line);
    free(path);
}

static void check_name(const char *name)
{
    const struct bag_label label = {"Contact-Name", name};
    size_t len = strlen(name);
    uint32_t days;

    check_escape(name, len);
    (void)bag_label_check(&label);
    (void)date_parse(name, &days);
    if (!tar_path_is_clean(name, len))
        return;
    check_lines(name);
    if (strchr(name, '/') != NULL)
        return;
    check_spelling(name, len, 0);
    check_spelling(name, len, 2);
    check_spelling(name, len, len);
}

/* ---- All of them on one disk -------------------------------------------------------------- */

#define PATHS_MAX 24

struct paths {
    char *path[PATHS_MAX];
    size_t count;
};

static bool is_at_or_below(const char *path, const char *top, size_t top_len)
{
    return strncmp(path, top, top_len) == 0 && (path[top_len] == '\0' || path[top_len] == '/');
}

/* What bag_place says of the folders above. */
static size_t known_len(const struct paths *p, const char *path)
{
    for (size_t len = strlen(path); len-- > 0;)
        for (size_t i = 0; path[len] == '/' && i < p->count; i++)
            if (is_at_or_below(p->path[i], path, len))
                return len;
    return 0;
}

static bool is_met(const struct paths *p, const char *path)
{
    for (size_t i = 0; i < p->count; i++)
        if (is_at_or_below(p->path[i], path, strlen(path)))
            return true;
    return false;
}

/* Part by part: two paths on disk are one where their sources are, and nowhere else. */
static void compare(const char *a, const char *b, const char *disk_a, const char *disk_b)
{
    size_t len_a, len_b, disk_len_a, disk_len_b;

    for (;; a += len_a + 1, b += len_b + 1, disk_a += disk_len_a + 1, disk_b += disk_len_b + 1) {
        struct buffer folded_a = {0}, folded_b = {0};
        bool same;

        len_a = strcspn(a, "/");
        len_b = strcspn(b, "/");
        disk_len_a = strcspn(disk_a, "/");
        disk_len_b = strcspn(disk_b, "/");
        same = len_a == len_b && memcmp(a, b, len_a) == 0;
        FUZZ_CHECK(disk_len_a <= 255 && disk_len_a > 0);
        FUZZ_OK(bag_name_fold(&folded_a, disk_a, disk_len_a));
        FUZZ_OK(bag_name_fold(&folded_b, disk_b, disk_len_b));
        FUZZ_CHECK(same == (folded_a.len == folded_b.len &&
                            (folded_a.len == 0 ||
                             memcmp(folded_a.data, folded_b.data, folded_a.len) == 0)));
        buffer_free(&folded_a);
        buffer_free(&folded_b);
        FUZZ_CHECK((a[len_a] == '\0') == (disk_a[disk_len_a] == '\0'));
        FUZZ_CHECK((b[len_b] == '\0') == (disk_b[disk_len_b] == '\0'));
        if (!same || a[len_a] == '\0' || b[len_b] == '\0')
            return;
    }
}

/* A name whose spelling would be too long for any system stays as it is. */
static bool has_long_part(const char *path)
{
    for (; *path != '\0'; path += path[0] == '/') {
        size_t len = strcspn(path, "/");

        if (len > 60)
            return true;
        path += len;
    }
    return false;
}

static void check_all(struct bag_spelling *s, const struct paths *p)
{
    char *disk[PATHS_MAX];

    for (size_t i = 0; i < p->count; i++) {
        const char *on_disk = bag_spelling_of(s, p->path[i], strlen(p->path[i]));

        FUZZ_CHECK(on_disk != NULL);
        disk[i] = strdup(on_disk);
        FUZZ_CHECK(disk[i] != NULL);
        /* What becomes too long is refused by who writes it. */
        FUZZ_CHECK(strlen(disk[i]) > PATH_LEN_MAX || tar_path_is_clean(disk[i], strlen(disk[i])));
        FUZZ_CHECK(has_long_part(p->path[i]) || strpbrk(disk[i], MANIFEST_CODED) == NULL);
    }
    for (size_t i = 0; i < p->count; i++)
        for (size_t k = 0; k <= i; k++)
            if (!has_long_part(p->path[i]) && !has_long_part(p->path[k]))
                compare(p->path[i], p->path[k], disk[i], disk[k]);
    for (size_t i = 0; i < p->count; i++)
        free(disk[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    struct fault fault = {.status = SEAL_OK};
    char *text, *line, *next;
    struct paths paths = {.count = 0};
    struct bag_spelling *s;

    fuzz_start();
    text = input_text(&in);
    FUZZ_OK(bag_spelling_new(&s, &fault));
    for (line = text; line != NULL && *line != '\0' && fault.status == SEAL_OK; line = next) {
        size_t len = strcspn(line, "\n");

        next = line + len + (line[len] != '\0');
        line[len] = '\0';
        check_name(line);
        if (paths.count == PATHS_MAX || !tar_path_is_clean(line, len) || is_met(&paths, line))
            continue;
        if (bag_spelling_add(s, line, len, known_len(&paths, line), &fault) == SEAL_OK)
            paths.path[paths.count++] = line;
    }
    FUZZ_CHECK(fault.status == SEAL_OK || fault.status == SEAL_LOCAL_NAME);
    check_all(s, &paths);
    bag_spelling_free(s);
    free(text);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed)
{
    return mutate_lines(data, size, max, seed);
}
