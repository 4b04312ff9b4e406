/*
 * hidden: secrets for probe.so to look for, each byte masked, so that what looks for them does not
 * hold them.
 *
 *     hidden text NAME                          standard input
 *     hidden keys FILE [PASSPHRASE]             what a secret key file gives: master, X-Wing, cloak
 *     hidden file-key FILE SEALED [PASSPHRASE]  the key of one sealed file
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "envelope/envelope.h"
#include "keys/keys.h"
#include "volume/volume.h"

#define MASK 0xa5

static void fail(const char *what)
{
    fprintf(stderr, "hidden: %s\n", what);
    exit(1);
}

static void show(const char *name, const uint8_t *bytes, size_t len)
{
    printf("%s ", name);
    for (size_t i = 0; i < len; i++)
        printf("%02x", bytes[i] ^ MASK);
    putchar('\n');
}

static struct identity *open_key(const char *path, const char *passphrase)
{
    struct fault fault = {.status = SEAL_OK};
    struct key_file file;
    struct identity *id;

    if (key_file_read(&file, path, &fault) != SEAL_OK || file.secret_count != 1 ||
        secret_record_open(&id, &file.secrets[0], passphrase,
                           passphrase == NULL ? 0 : strlen(passphrase), &fault) != SEAL_OK)
        fail("this key cannot be opened");
    key_file_free(&file);
    return id;
}

static void show_keys(const struct identity *id)
{
    show("master", id->master, sizeof id->master);
    show("xwing", id->xwing_sk, sizeof id->xwing_sk);
    show("cloak", id->cloak_sk, sizeof id->cloak_sk);
}

static void show_file_key(struct identity *id, const char *path)
{
    struct fault fault = {.status = SEAL_OK};
    struct envelope env;
    struct volume_in *in;
    size_t len, which;
    bool is_last;

    if (volume_open(&in, path, &fault) != SEAL_OK ||
        envelope_open(&env, volume_head(in, &len), &id, 1, &which, &fault) != SEAL_OK)
        fail("this file cannot be opened");
    show("file-key", env.file_key, sizeof env.file_key);
    volume_close(in);
}

static void show_text(const char *name)
{
    uint8_t text[64];

    show(name, text, fread(text, 1, sizeof text, stdin));
}

int main(int argc, char **argv)
{
    const char *what = argc > 2 ? argv[1] : "";

    if (strcmp(what, "text") == 0)
        show_text(argv[2]);
    else if (strcmp(what, "keys") == 0)
        show_keys(open_key(argv[2], argv[3]));
    else if (strcmp(what, "file-key") == 0 && argc > 3)
        show_file_key(open_key(argv[2], argv[4]), argv[3]);
    else
        fail("it is used otherwise");
    return fflush(stdout) == 0 ? 0 : 1;
}
