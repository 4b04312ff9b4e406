#include "jobs/key_kit_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "base/hash.h"
#include "base/text.h"
#include "jobs/file_digest.h"
#include "platform/files.h"

#define PIECE_LEN ((size_t)64 * 1024)
#define HEX_LEN ((size_t)2 * SHA256_LEN)

/* A line as sha256sum writes it. */
static enum seal_status add_sum(struct kit_folder *kit, const char *name,
                                const uint8_t digest[static SHA256_LEN], struct fault *fault)
{
    char hex[HEX_LEN + 1];

    hex_encode(hex, digest, SHA256_LEN);
    if (buffer_printf(&kit->sums, "%s  %s\n", hex, name) != SEAL_OK)
        return fault_no_memory(fault);
    return SEAL_OK;
}

static enum seal_status close_file(int fd, const char *name, struct fault *fault)
{
    if (plat_close(fd) != 0 && fault->status == SEAL_OK)
        (void)fault_set_errno(fault, REASON_WRITE, name);
    return fault->status;
}

enum seal_status kit_write_text(struct kit_folder *kit, const char *name, const void *text,
                                size_t len, struct fault *fault)
{
    uint8_t digest[SHA256_LEN];
    struct sha256 hash;
    int fd = plat_create_file(kit->fd, name, PLAT_SHARED, false);

    if (fd < 0)
        return fault_set_errno(fault, REASON_CREATE, name);
    if (fd_write_full(fd, text, len, fault) != SEAL_OK)
        fault_add_name(fault, name);
    if (close_file(fd, name, fault) != SEAL_OK)
        return fault->status;
    sha256_start(&hash);
    sha256_add(&hash, text, len);
    sha256_end(&hash, digest);
    return add_sum(kit, name, digest, fault);
}

/* Copies all of it, and hashes what it copies. */
static enum seal_status copy_bytes(int from, int to, uint8_t digest[static SHA256_LEN],
                                   struct fault *fault)
{
    uint8_t *piece = malloc(PIECE_LEN);
    size_t got = PIECE_LEN;
    struct sha256 hash;

    if (piece == NULL)
        return fault_no_memory(fault);
    sha256_start(&hash);
    while (got == PIECE_LEN && fault->status == SEAL_OK) {
        if (fd_read_full(from, piece, PIECE_LEN, &got, fault) != SEAL_OK)
            break;
        sha256_add(&hash, piece, got);
        IGNORE_RESULT(fd_write_full(to, piece, got, fault));
    }
    sha256_end(&hash, digest);
    free(piece);
    return fault->status;
}

enum seal_status kit_copy_file(struct kit_folder *kit, const char *name, int from,
                               struct fault *fault)
{
    uint8_t digest[SHA256_LEN];
    int to = plat_create_file(kit->fd, name, PLAT_SHARED, true);

    if (to < 0)
        return fault_set_errno(fault, REASON_CREATE, name);
    if (copy_bytes(from, to, digest, fault) != SEAL_OK)
        fault_add_name(fault, name);
    if (close_file(to, name, fault) != SEAL_OK)
        return fault->status;
    return add_sum(kit, name, digest, fault);
}

/* ---- Once more ---------------------------------------------------------------------------- */

static enum seal_status check_file(const char *path, const char *want, struct fault *fault)
{
    uint8_t digest[SHA256_LEN];
    char hex[HEX_LEN + 1] = "";
    int fd = plat_open_file(PLAT_CWD, path, false);

    if (fd >= 0 && file_digest(fd, digest))
        hex_encode(hex, digest, SHA256_LEN);
    if (fd >= 0)
        (void)plat_close(fd);
    if (memcmp(hex, want, HEX_LEN) != 0)
        return fault_set(fault, REASON_READ_BACK, path);
    return SEAL_OK;
}

enum seal_status kit_check_files(const struct buffer *sums, const char *path, struct fault *fault)
{
    const char *line = (const char *)sums->data;

    while (*line != '\0' && fault->status == SEAL_OK) {
        const char *name = line + HEX_LEN + 2, *end = strchr(name, '\n');
        struct buffer file = {0};

        if (buffer_printf(&file, "%s/%.*s", path, (int)(end - name), name) != SEAL_OK)
            (void)fault_no_memory(fault);
        else
            IGNORE_RESULT(check_file((char *)file.data, line, fault));
        buffer_free(&file);
        line = end + 1;
    }
    return fault->status;
}
