#include "fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "base/hash.h"
#include "base/random.h"
#include "base/text.h"
#include "unit_check.h"
#include "platform/crew.h"
#include "platform/files.h"

#if defined __SANITIZE_ADDRESS__
#define PERCENT_DEFAULT 25
#elif defined __has_feature
#if __has_feature(address_sanitizer)
#define PERCENT_DEFAULT 25
#endif
#endif
#ifndef PERCENT_DEFAULT
#define PERCENT_DEFAULT 100
#endif

static size_t percent = PERCENT_DEFAULT;

static void need(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "cannot go on: %s\n", what);
    abort();
}

void fixture_start(int argc, char **argv)
{
    need(sodium_init() >= 0, "sodium_init");
    if (argc > 2)
        percent = (size_t)strtoul(argv[2], NULL, 10);
}

size_t fixture_share(size_t full, size_t least)
{
    size_t share = full * percent / 100;

    return share > least ? share : least;
}

struct random fixture_random(const char *seed)
{
    struct random r;

    random_start_seeded(&r, seed, strlen(seed));
    return r;
}

void *fixture_alloc(size_t len)
{
    void *p = calloc(1, len > 0 ? len : 1);

    need(p != NULL, "memory");
    return p;
}

enum seal_status fixture_append(void *self, const void *data, size_t len, struct fault *fault)
{
    (void)fault;
    return buffer_append(self, data, len);
}

void fixture_twice(struct crew **crew, void (*test)(void))
{
    struct fault fault = {.status = SEAL_OK};

    test();
    check_case("a crew of three threads");
    CHECK_INT(SEAL_OK, crew_new(crew, 3, &fault));
    test();
    crew_free(*crew);
}

/* ---- Keys --------------------------------------------------------------------------------- */

struct identity *fixture_key_named(const json_t *keys, const char *name)
{
    const json_t *key;
    size_t i;

    json_array_foreach (json_object_get(keys, "keys"), i, key) {
        struct identity *id;
        uint8_t master[MASTER_LEN];

        if (strcmp(fixture_text(key, "name"), name) != 0)
            continue;
        fixture_hex(master, sizeof master, key, "master");
        return identity_from_master(&id, master, 0, 0) == SEAL_OK ? id : NULL;
    }
    return NULL;
}

struct identity *fixture_identity(unsigned int number)
{
    struct identity *id;
    uint8_t master[MASTER_LEN];

    hash_H(master, &(struct span){&number, sizeof number}, 1);
    need(identity_from_master(&id, master, 20000, 0) == SEAL_OK, "identity_from_master");
    return id;
}

void fixture_identities(struct identity **ids, struct public_key *public_keys, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        ids[i] = fixture_identity((unsigned int)i);
        if (public_keys != NULL)
            identity_public(&public_keys[i], ids[i]);
    }
}

void fixture_identities_free(struct identity **ids, size_t count)
{
    for (size_t i = 0; i < count; i++)
        identity_free(ids[i]);
}

/* ---- Files -------------------------------------------------------------------------------- */

int fixture_create(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);

    need(fd >= 0, path);
    return fd;
}

bool fixture_remove_tree(const char *path)
{
    int fd = plat_open_dir(PLAT_CWD, path, false);
    bool done;

    if (fd < 0)
        return access(path, F_OK) != 0;
    done = plat_remove_tree(PLAT_CWD, path, fd, false) == 0;
    (void)plat_close(fd);
    return done;
}

void fixture_write(const char *path, const void *data, size_t len)
{
    struct fault fault = {.status = SEAL_OK};
    int fd = fixture_create(path);

    need(fd_write_full(fd, data, len, &fault) == SEAL_OK, path);
    need(close(fd) == 0, path);
}

struct buffer fixture_read(const char *path)
{
    struct buffer b = {0};
    size_t n;
    FILE *f = fopen(path, "rb");

    need(f != NULL, path);
    do {
        need(buffer_reserve(&b, 65536) == SEAL_OK, "memory");
        n = fread(b.data + b.len, 1, 65536, f);
        b.len += n;
    } while (n > 0);
    need(!ferror(f), path);
    (void)fclose(f);
    return b;
}

/* ---- JSON --------------------------------------------------------------------------------- */

json_t *fixture_json(const char *vector)
{
    json_error_t error;
    json_t *root = json_load_file(check_vector(vector), 0, &error);

    need(root != NULL, vector);
    return root;
}

const char *fixture_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    need(text != NULL, key);
    return text;
}

uint64_t fixture_number(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    need(json_is_integer(value), key);
    return (uint64_t)json_integer_value(value);
}

void fixture_hex(uint8_t *out, size_t len, const json_t *object, const char *key)
{
    const char *text = fixture_text(object, key);

    need(strlen(text) == 2 * len && hex_decode(out, len, text), key);
}

struct buffer fixture_bytes(const json_t *object, const char *key)
{
    size_t len = strlen(fixture_text(object, key)) / 2;
    struct buffer b = {0};

    need(buffer_reserve(&b, len + 1) == SEAL_OK, "memory");
    fixture_hex(b.data, len, object, key);
    b.len = len;
    return b;
}
