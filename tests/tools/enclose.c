/*
 * enclose KEY D OUT: seals what comes on standard input as the content of a bag, whatever it is,
 * to the public key in the file KEY. D, 64 hexadecimal digits, goes into the trailer as it is. For
 * content that no honest sealer makes; tests/tools/forge.py makes it. The environment may have
 * BUNDLE_ID, a number, the same for several, and VOLUME, the number of one of several volumes;
 * their set key comes of BUNDLE_ID, or of SET_KEY, another number.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "envelope/envelope.h"
#include "output/output.h"
#include "base/text.h"
#include "keys/keys.h"
#include "stream/stream.h"

static void fail(const char *what)
{
    fprintf(stderr, "enclose: %s\n", what);
    exit(1);
}

/* Aborts on what cannot fail in a sound test. */
static void must(enum seal_status status, const char *what)
{
    if (status != SEAL_OK)
        fail(what);
}

static void copy_input(struct stream_writer *stream, struct fault *fault)
{
    static uint8_t piece[1 << 16];
    size_t got;

    do {
        must(fd_read_full(STDIN_FILENO, piece, sizeof piece, &got, fault), "input not read");
        must(stream_write(stream, piece, got, fault), "content not written");
    } while (got == sizeof piece);
}

static void set_params(struct envelope_params *p, struct random *random)
{
    const char *id = getenv("BUNDLE_ID"), *volume = getenv("VOLUME");

    p->type = CONTENT_BAG;
    if (id == NULL)
        random_bytes(random, p->bundle_id, sizeof p->bundle_id);
    else
        memset(p->bundle_id, atoi(id), sizeof p->bundle_id);
    if (volume == NULL)
        return;
    p->flags = FLAG_VOLUME;
    p->index = (uint32_t)(strtoul(volume, NULL, 10) - 1);
}

/* Where it is zero, envelope_make makes one. */
static void set_set_key(uint8_t set_key[static KEY_LEN])
{
    const char *id = getenv("BUNDLE_ID"), *number = getenv("SET_KEY");

    if (number == NULL)
        number = id;
    if (number != NULL)
        memset(set_key, atoi(number) + 1, KEY_LEN);
}

int main(int argc, char **argv)
{
    static uint8_t head[HEAD_LEN_MAX];
    struct envelope env = {.params = {.flags = 0}};
    struct fault fault = {.status = SEAL_OK};
    uint8_t digest[SHA256_LEN], receipt[32];
    struct stream_writer *stream;
    struct key_file keys;
    struct random random;
    int fd;

    if (argc != 4 || strlen(argv[2]) != sizeof digest * 2 ||
        !hex_decode(digest, sizeof digest, argv[2]) || sodium_init() < 0)
        fail("usage: enclose KEY D OUT");
    must(key_file_read(&keys, argv[1], &fault), "the key cannot be read");
    must(random_start(&random, NULL, 0), "no randomness");
    set_params(&env.params, &random);
    set_set_key(env.set_key);
    must(envelope_make(&env, head, keys.public_keys, keys.public_count, &random, &fault),
         "no envelope");
    fd = open(argv[3], O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (fd < 0)
        fail("the output is there, or cannot be made");
    must(stream_writer_new(&stream, &env, head, (struct padding){0}, NULL, fd, &fault),
         "no stream");
    copy_input(stream, &fault);
    must(stream_writer_finish(stream, digest, &random, receipt, &fault), "not finished");
    stream_writer_free(stream);
    key_file_free(&keys);
    envelope_wipe(&env);
    return close(fd) == 0 ? 0 : 1;
}
