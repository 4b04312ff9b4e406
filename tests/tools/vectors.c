/*
 * vectors: what tests/vectors/ *.json say, as lines for a shell; fields are separated by tabs, an
 * empty one is "-", lists have commas.
 *
 *     vectors samples DIR          NAME TYPE KEYS FILES RECEIPT D SIZE SHA256
 *     vectors tree DIR NAME        the tree as listing prints it, EXEC always "?"; implied folders
 *                                  have the time "implied"
 *     vectors links DIR NAME       the lines that metadata.mtree should have for links
 *     vectors negative DIR         ID KEYS CLASSES OPENSFOR FILES
 *     vectors make DIR ID OUT      the first file of that negative vector, edited
 *     vectors bad-keys DIR         FILE CLASS UNLOCK PASSPHRASE
 *     vectors passphrase DIR KEY   the passphrase, with a newline; nothing if there is none
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#define BLOCK ((size_t)65536)
#define SLOTS ((size_t)64)
#define SLOT ((size_t)1632)

static void fail(const char *what)
{
    fprintf(stderr, "vectors: %s\n", what);
    exit(1);
}

static json_t *load(const char *dir, const char *file)
{
    char path[4096];
    json_error_t error;
    json_t *root;

    (void)snprintf(path, sizeof path, "%s/%s", dir, file);
    root = json_load_file(path, 0, &error);
    if (root == NULL)
        fail(error.text);
    return root;
}

static const char *text(const json_t *object, const char *key)
{
    const char *s = json_string_value(json_object_get(object, key));

    return s == NULL || *s == '\0' ? "-" : s;
}

static const json_t *find(const json_t *list, const char *key, const char *value)
{
    size_t i;
    json_t *x;

    json_array_foreach (list, i, x) {
        if (strcmp(text(x, key), value) == 0)
            return x;
    }
    fail(value);
    return NULL;
}

static void print_list(const json_t *list)
{
    size_t i;
    json_t *x;

    if (json_array_size(list) == 0)
        printf("-");
    json_array_foreach (list, i, x)
        printf("%s%s", i > 0 ? "," : "", json_string_value(x));
}

static void print_path(const char *path, size_t len, bool mtree)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)path[i];

        if (c > ' ' && c < 127 && c != '\\' && !(mtree && c == '#'))
            putchar(c);
        else
            printf("\\%03o", c);
    }
}

/* ---- Samples ------------------------------------------------------------------------------ */

static void print_samples(const json_t *list)
{
    size_t i;
    json_t *x;

    json_array_foreach (list, i, x) {
        const json_t *stream = json_object_get(x, "stream");

        printf("%s\t%s\t", text(x, "name"), text(x, "type"));
        print_list(json_object_get(x, "keys"));
        putchar('\t');
        print_list(json_object_get(x, "files"));
        printf("\t%s\t%s\t%lld\t%s\n", text(x, "receipt"), text(x, "D"),
               (long long)json_integer_value(json_object_get(stream, "size")),
               text(stream, "sha256"));
    }
}

static bool is_listed(const json_t *tree, const char *path, size_t len)
{
    size_t i;
    json_t *x;

    json_array_foreach (tree, i, x) {
        const char *p = text(x, "path");

        if (strlen(p) == len && memcmp(p, path, len) == 0)
            return true;
    }
    return false;
}

/* The vectors have -1.5 for a second and a half before 1970; listing has -2.500000000. */
static void print_time(const char *s)
{
    long long sec = strtoll(s, NULL, 10);
    const char *point = strchr(s, '.');
    long nsec = point == NULL ? 0 : strtol(point + 1, NULL, 10);

    if (*s == '-' && nsec > 0) {
        sec--;
        nsec = 1000000000 - nsec;
    }
    printf("%lld.%09ld", sec, nsec);
}

static void print_tree(const json_t *tree)
{
    size_t i;
    json_t *x;

    json_array_foreach (tree, i, x) {
        const char *path = text(x, "path");
        const json_t *size = json_object_get(x, "size");

        for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
            if (is_listed(tree, path, (size_t)(slash - path)))
                continue;
            printf("dir ? - implied - ");
            print_path(path, (size_t)(slash - path), false);
            putchar('\n');
        }
        printf("%s ? ", text(x, "type"));
        if (size != NULL)
            printf("%lld ", (long long)json_integer_value(size));
        else
            printf("- ");
        print_time(text(x, "mtime"));
        printf(" %s ", text(x, "sha256"));
        print_path(path, strlen(path), false);
        putchar('\n');
    }
}

static void print_links(const json_t *links)
{
    size_t i;
    json_t *x;

    json_array_foreach (links, i, x) {
        const char *path = text(x, "path"), *target = text(x, "target");

        printf("./");
        print_path(path, strlen(path), true);
        printf(" type=link time=%s link=", text(x, "time"));
        print_path(target, strlen(target), true);
        putchar('\n');
    }
}

/* ---- Negative vectors --------------------------------------------------------------------- */

static void print_negative(const json_t *list)
{
    size_t i, k;
    json_t *x, *also;

    json_array_foreach (list, i, x) {
        printf("%s\t", text(x, "id"));
        print_list(json_object_get(x, "keys"));
        printf("\t%s", text(x, "expect"));
        json_array_foreach (json_object_get(x, "also"), k, also)
            printf(",%s", json_string_value(also));
        putchar('\t');
        print_list(json_object_get(x, "opensFor"));
        putchar('\t');
        print_list(json_object_get(x, "files"));
        putchar('\n');
    }
}

struct file {
    uint8_t *data;
    size_t len;
};

static struct file read_file(const char *dir, const char *name)
{
    struct file f = {NULL, 0};
    char path[4096];
    FILE *in;

    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    in = fopen(path, "rb");
    if (in == NULL || fseek(in, 0, SEEK_END) != 0)
        fail(path);
    f.len = (size_t)ftell(in);
    rewind(in);
    f.data = malloc(f.len + 2 * BLOCK); /* room for what edits add */
    if (f.data == NULL || fread(f.data, 1, f.len, in) != f.len)
        fail(path);
    fclose(in);
    return f;
}

static size_t number(const json_t *edit, const char *key)
{
    return (size_t)json_integer_value(json_object_get(edit, key));
}

static void swap(uint8_t *a, uint8_t *b, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        uint8_t t = a[i];

        a[i] = b[i];
        b[i] = t;
    }
}

/* times: 0 is once. */
static void append(struct file *f, const char *hex, size_t times)
{
    do {
        unsigned int byte;

        for (const char *c = hex; sscanf(c, "%2x", &byte) == 1; c += 2)
            f->data[f->len++] = (uint8_t)byte;
    } while (times-- > 1);
}

static void zero_blocks(struct file *f, const json_t *blocks)
{
    size_t i;
    json_t *block;

    json_array_foreach (blocks, i, block)
        memset(f->data + (size_t)json_integer_value(block) * BLOCK, 0, BLOCK);
}

static void edit_file(struct file *f, const json_t *edit)
{
    const char *op = text(edit, "op");
    size_t block = number(edit, "block") * BLOCK;

    if (strcmp(op, "truncate") == 0) {
        f->len = number(edit, "at");
    } else if (strcmp(op, "xor") == 0) {
        f->data[number(edit, "at")] ^= (uint8_t)number(edit, "value");
    } else if (strcmp(op, "append") == 0) {
        append(f, text(edit, "hex"), number(edit, "times"));
    } else if (strcmp(op, "cut-front") == 0) {
        f->len -= number(edit, "front");
        memmove(f->data, f->data + number(edit, "front"), f->len);
    } else if (strcmp(op, "zero") == 0) {
        memset(f->data + number(edit, "at"), 0, number(edit, "length"));
    } else if (strcmp(op, "zero-blocks") == 0) {
        zero_blocks(f, json_object_get(edit, "blocks"));
    } else if (strcmp(op, "drop-block") == 0) {
        size_t end = block + BLOCK < f->len ? block + BLOCK : f->len;

        memmove(f->data + block, f->data + end, f->len - end);
        f->len -= end - block;
    } else if (strcmp(op, "duplicate-block") == 0) {
        size_t len = f->len - block < BLOCK ? f->len - block : BLOCK;

        memmove(f->data + block + len, f->data + block, f->len - block);
        f->len += len;
    } else if (strcmp(op, "swap-blocks") == 0) {
        swap(f->data + number(edit, "a") * BLOCK, f->data + number(edit, "b") * BLOCK, BLOCK);
    } else if (strcmp(op, "swap-slots") == 0) {
        swap(f->data + SLOTS + number(edit, "a") * SLOT, f->data + SLOTS + number(edit, "b") * SLOT,
             SLOT);
    } else {
        fail(op);
    }
}

static void make(const char *dir, const json_t *vector, const char *path)
{
    struct file f =
        read_file(dir, json_string_value(json_array_get(json_object_get(vector, "files"), 0)));
    FILE *out = fopen(path, "wb");
    size_t i;
    json_t *edit;

    json_array_foreach (json_object_get(vector, "edits"), i, edit)
        edit_file(&f, edit);
    if (out == NULL || fwrite(f.data, 1, f.len, out) != f.len || fclose(out) != 0)
        fail(path);
    free(f.data);
}

/* ---- Keys --------------------------------------------------------------------------------- */

static void print_bad_keys(const json_t *list)
{
    size_t i;
    json_t *x;

    json_array_foreach (list, i, x)
        printf("%s\t%s\t%s\t%s\n", text(x, "file"), text(x, "expect"), text(x, "unlock"),
               text(x, "passphrase"));
}

int main(int argc, char **argv)
{
    const char *command = argc > 1 ? argv[1] : "", *dir = argc > 2 ? argv[2] : "";
    const char *name = argc > 3 ? argv[3] : "";

    if (strcmp(command, "samples") == 0 && argc == 3) {
        print_samples(load(dir, "files/index.json"));
    } else if (strcmp(command, "tree") == 0 && argc == 4) {
        print_tree(json_object_get(find(load(dir, "files/index.json"), "name", name), "tree"));
    } else if (strcmp(command, "links") == 0 && argc == 4) {
        print_links(json_object_get(find(load(dir, "files/index.json"), "name", name), "links"));
    } else if (strcmp(command, "negative") == 0 && argc == 3) {
        print_negative(load(dir, "negative/index.json"));
    } else if (strcmp(command, "make") == 0 && argc == 5) {
        make(dir, find(load(dir, "negative/index.json"), "id", name), argv[4]);
    } else if (strcmp(command, "bad-keys") == 0 && argc == 3) {
        print_bad_keys(json_object_get(load(dir, "keys.json"), "bad"));
    } else if (strcmp(command, "passphrase") == 0 && argc == 4) {
        const char *p =
            text(find(json_object_get(load(dir, "keys.json"), "keys"), "name", name), "passphrase");

        if (strcmp(p, "-") != 0)
            printf("%s\n", p);
    } else {
        fail("wrong use; see tests/tools/vectors.c");
    }
    return fflush(stdout) == 0 ? 0 : 1;
}
