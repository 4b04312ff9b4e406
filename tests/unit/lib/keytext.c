#include "keytext.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/status.h"
#include "lib/unit_check.h"

/* ---- Helpers ------------------------------------------------------------------------------ */

size_t keytext_read(const char *file, char out[static TEXT_SIZE])
{
    FILE *f = fopen(check_vector(file), "rb");
    size_t len = 0;

    if (CHECK(f != NULL)) {
        len = fread(out, 1, TEXT_SIZE, f);
        fclose(f);
    }
    CHECK(len > 0 && len < TEXT_SIZE);
    return len;
}

const char *keytext_write(const char *name, const char *text, size_t len, mode_t mode)
{
    const char *path = check_scratch(name);
    FILE *f;

    (void)unlink(path);
    f = fopen(path, "wb");
    if (CHECK(f != NULL)) {
        CHECK(fwrite(text, 1, len, f) == len);
        CHECK(fclose(f) == 0);
    }
    CHECK(chmod(path, mode) == 0);
    return path;
}

const char *keytext_private_copy(const char *file)
{
    char text[TEXT_SIZE];

    return keytext_write("copy.key", text, keytext_read(file, text), 0600);
}

enum seal_status keytext_open(struct identity **out, const struct secret_record *record,
                              const char *passphrase)
{
    struct fault fault = {.status = SEAL_OK};

    return secret_record_open(out, record, passphrase, passphrase == NULL ? 0 : strlen(passphrase),
                              &fault);
}
