#include "jobs/file_digest.h"

#include <stdlib.h>

#include "platform/files.h"
#include "platform/process.h"

#define PIECE_LEN ((size_t)64 * 1024)

bool file_digest(int fd, uint8_t digest[static SHA256_LEN])
{
    struct fault ignored = {.status = SEAL_OK};
    uint8_t *piece = malloc(PIECE_LEN);
    struct sha256 hash;
    bool ok = piece != NULL;
    size_t got = PIECE_LEN;

    sha256_start(&hash);
    while (ok && got == PIECE_LEN) {
        ok = fd_read_full(fd, piece, PIECE_LEN, &got, &ignored) == SEAL_OK;
        if (ok)
            sha256_add(&hash, piece, got);
    }
    sha256_end(&hash, digest);
    free(piece);
    return ok;
}

const uint8_t *program_digest(void)
{
    static uint8_t digest[SHA256_LEN];
    int fd = plat_open_program();
    bool known = fd >= 0 && file_digest(fd, digest);

    if (fd >= 0)
        (void)plat_close(fd);
    return known ? digest : NULL;
}
