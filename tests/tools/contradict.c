/*
 * contradict KEY RIGHT SEALED: puts another file key into the slot for KEY of a sealed file, and
 * makes C anew as the slot for RIGHT has it. Both are files of secret keys without a passphrase,
 * since only the sender could do it without them.
 */
#include <stdio.h>
#include <stdlib.h>

#include "keys/keys.h"
#include "lib/layers.h"

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    (void)fprintf(stderr, "contradict: %s\n", what);
    exit(1);
}

/* The slot of the key in that file, and its place. */
static int open_slot(struct slot_steps *s, const uint8_t *block, const char *path)
{
    struct fault fault = {.status = SEAL_OK};
    struct key_file file;
    struct identity *id;
    int place;

    must(key_file_read(&file, path, &fault) == SEAL_OK, path);
    must(secret_record_open(&id, &file.secrets[0], NULL, 0, &fault) == SEAL_OK, path);
    place = slot_of(block, id, SLOTS_FEW);
    must(place >= 0 && slot_steps(s, block, id, (uint8_t)place), "no slot");
    identity_free(id);
    key_file_free(&file);
    return place;
}

int main(int argc, char **argv)
{
    static uint8_t block[BLOCK_LEN];
    struct slot_steps bad, right;
    FILE *file = argc == 4 ? fopen(argv[3], "r+b") : NULL;
    int place;

    must(file != NULL && fread(block, sizeof block, 1, file) == 1, "the file");
    place = open_slot(&bad, block, argv[1]);
    (void)open_slot(&right, block, argv[2]);
    bad.plain[0] ^= 1;
    slot_seal(block, &bad, (uint8_t)place);
    commitment_of(block + COMMITMENT_OFF, block, right.plain);
    rewind(file);
    must(fwrite(block, sizeof block, 1, file) == 1 && fclose(file) == 0, "writing");
    return 0;
}
