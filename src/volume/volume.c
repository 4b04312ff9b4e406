#include "volume/volume.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DIGEST_PIECE (256 * 1024)
/* In place of a block's number, when reading failed: none is at hand. */
#define NO_BLOCK UINT64_MAX

struct volume_in {
    int fd;
    bool close_fd;
    bool is_file; /* its size is known, 0 included */
    const char *name;
    uint64_t size;
    uint64_t number; /* of the block at hand */
    /* Whether a block is the last shows only when there is nothing behind it: read one ahead. */
    uint8_t blocks[2][VOLUME_BLOCK_LEN];
    size_t lens[2];
    int at;
    bool hashes;
    struct sha256 hash; /* of all blocks read */
};

/* fd stands at that block: fills the block at hand and the one behind it. */
static enum seal_status read_two(struct volume_in *in, uint64_t number, struct fault *fault)
{
    enum seal_status status;

    in->at = 0;
    in->lens[0] = in->lens[1] = 0;
    status = fd_read_full(in->fd, in->blocks[0], VOLUME_BLOCK_LEN, &in->lens[0], fault);
    if (status == SEAL_OK && in->lens[0] == VOLUME_BLOCK_LEN)
        status = fd_read_full(in->fd, in->blocks[1], VOLUME_BLOCK_LEN, &in->lens[1], fault);
    in->number = status == SEAL_OK ? number : NO_BLOCK;
    if (status != SEAL_OK)
        fault_add_name(fault, in->name);
    return status;
}

static enum seal_status look_at_file(struct volume_in *in, struct fault *fault)
{
    struct plat_stat st;

    if (plat_stat_fd(in->fd, &st) != 0)
        return fault_set_errno(fault, "could not be opened", in->name);
    if (st.type == PLAT_DIR)
        return fault_set(fault, SEAL_USAGE, "it is a folder, not a sealed file", in->name);
    in->is_file = st.type == PLAT_FILE;
    in->size = in->is_file ? st.size : 0;
    plat_hint_sequential(in->fd);
    return SEAL_OK;
}

static enum seal_status open_file(struct volume_in *in, struct fault *fault)
{
    if (strcmp(in->name, "-") == 0) {
        in->fd = STDIN_FILENO;
        in->name = "standard input";
    } else {
        in->fd = plat_open_file(PLAT_CWD, in->name, true);
        if (in->fd < 0)
            return fault_set_errno(fault, "could not be opened", in->name);
        in->close_fd = true;
    }
    return look_at_file(in, fault) == SEAL_OK ? read_two(in, 0, fault) : fault->status;
}

enum seal_status volume_open(struct volume_in **out, const char *name, struct fault *fault)
{
    struct volume_in *in = calloc(1, sizeof *in);
    enum seal_status status;

    *out = NULL;
    if (in == NULL)
        return fault_set(fault, SEAL_NO_MEMORY, NULL, NULL);
    in->name = name;
    in->fd = -1;
    status = open_file(in, fault);
    if (status == SEAL_OK)
        *out = in;
    else
        volume_close(in);
    return status;
}

enum seal_status volume_hand_over(struct volume_in *in, int *fd, struct span ahead[2],
                                  struct fault *fault)
{
    *fd = in->fd;
    ahead[0] = ahead[1] = (struct span){NULL, 0};
    if (in->is_file)
        return lseek(in->fd, 0, SEEK_SET) == 0
                   ? SEAL_OK
                   : fault_set_errno(fault, "could not be read", in->name);
    for (int i = 0; i < 2; i++)
        ahead[i] = (struct span){in->blocks[i], in->lens[i]};
    return SEAL_OK;
}

/* What is not in ahead is still to be read. */
static enum seal_status begin_with(struct volume_in *in, struct span ahead, struct fault *fault)
{
    if (ahead.len == 0)
        return read_two(in, 0, fault);
    if (ahead.len > sizeof in->blocks)
        return fault_set(fault, SEAL_USAGE, "more than two blocks were read ahead", in->name);
    memcpy(in->blocks, ahead.data, ahead.len);
    in->lens[0] = ahead.len < VOLUME_BLOCK_LEN ? ahead.len : VOLUME_BLOCK_LEN;
    in->lens[1] = ahead.len - in->lens[0];
    return SEAL_OK;
}

enum seal_status volume_take_over(struct volume_in **out, int fd, struct span ahead,
                                  const char *name, struct fault *fault)
{
    struct volume_in *in = calloc(1, sizeof *in);

    *out = in;
    if (in == NULL)
        return fault_set(fault, SEAL_NO_MEMORY, NULL, NULL);
    in->name = name;
    in->fd = fd;
    if (look_at_file(in, fault) == SEAL_OK && begin_with(in, ahead, fault) == SEAL_OK)
        return SEAL_OK;
    volume_close(in);
    *out = NULL;
    return fault->status;
}

const uint8_t *volume_block(const struct volume_in *in, size_t *len, bool *is_last)
{
    *len = in->lens[in->at];
    *is_last = in->lens[1 - in->at] == 0;
    return in->blocks[in->at];
}

enum seal_status volume_next(struct volume_in *in, struct fault *fault)
{
    int free_block = in->at;
    enum seal_status status = SEAL_OK;

    in->at = 1 - in->at;
    in->lens[free_block] = 0;
    if (in->lens[in->at] == VOLUME_BLOCK_LEN)
        status = fd_read_full(in->fd, in->blocks[free_block], VOLUME_BLOCK_LEN,
                              &in->lens[free_block], fault);
    if (in->hashes)
        sha256_add(&in->hash, in->blocks[free_block], in->lens[free_block]);
    if (in->number != NO_BLOCK)
        in->number = status == SEAL_OK ? in->number + 1 : NO_BLOCK;
    if (status != SEAL_OK)
        fault_add_name(fault, in->name);
    return status;
}

static enum seal_status cannot_reread(struct volume_in *in, struct fault *fault)
{
    if (errno != ESPIPE)
        return fault_set_errno(fault, "could not be read", in->name);
    return fault_set(fault, SEAL_USAGE, "it cannot be read twice", in->name);
}

enum seal_status volume_rewind(struct volume_in *in, struct fault *fault)
{
    if (lseek(in->fd, 0, SEEK_SET) != 0)
        return cannot_reread(in, fault);
    return read_two(in, 0, fault);
}

static enum seal_status cut_short(struct volume_in *in, struct fault *fault)
{
    return fault_set(fault, SEAL_DAMAGED, "it is cut short", in->name);
}

enum seal_status volume_seek(struct volume_in *in, uint64_t block, struct fault *fault)
{
    uint64_t last = in->size == 0 ? 0 : (in->size - 1) / VOLUME_BLOCK_LEN;

    if (!in->is_file)
        return fault_set(fault, SEAL_USAGE,
                         "it cannot be read from any place; save it to a file first", in->name);
    if (block > last)
        return cut_short(in, fault);
    if (block == in->number)
        return SEAL_OK;
    if (in->number != NO_BLOCK && block == in->number + 1 && in->lens[1 - in->at] > 0)
        return volume_next(in, fault);
    if (lseek(in->fd, (off_t)(block * VOLUME_BLOCK_LEN), SEEK_SET) < 0)
        return fault_set_errno(fault, "could not be read", in->name);
    if (read_two(in, block, fault) != SEAL_OK)
        return fault->status;
    if (in->lens[0] > 0 || block == 0)
        return SEAL_OK;
    in->number = NO_BLOCK; /* it became shorter since it was opened */
    return cut_short(in, fault);
}

static enum seal_status digest_rest(struct volume_in *in, uint8_t *piece,
                                    uint8_t digest[static SHA256_LEN],
                                    void (*add)(void *ctx, uint64_t bytes), void *ctx,
                                    struct fault *fault)
{
    struct sha256 hash;
    size_t len;

    sha256_start(&hash);
    do {
        if (stop_requested())
            return fault_set(fault, SEAL_INTERRUPTED, NULL, NULL);
        if (fd_read_full(in->fd, piece, DIGEST_PIECE, &len, fault) != SEAL_OK) {
            fault_add_name(fault, in->name);
            return fault->status;
        }
        sha256_add(&hash, piece, len);
        if (add != NULL)
            add(ctx, len);
    } while (len == DIGEST_PIECE);
    sha256_end(&hash, digest);
    return SEAL_OK;
}

enum seal_status volume_digest(struct volume_in *in, uint8_t digest[static SHA256_LEN],
                               void (*add)(void *ctx, uint64_t bytes), void *ctx,
                               struct fault *fault)
{
    uint8_t *piece;
    enum seal_status status;

    if (lseek(in->fd, 0, SEEK_SET) != 0)
        return cannot_reread(in, fault);
    in->number = NO_BLOCK; /* what lies behind the block at hand is not where fd stands now */
    piece = malloc(DIGEST_PIECE);
    if (piece == NULL)
        return fault_set(fault, SEAL_NO_MEMORY, NULL, NULL);
    status = digest_rest(in, piece, digest, add, ctx, fault);
    free(piece);
    return status == SEAL_OK ? volume_rewind(in, fault) : status;
}

void volume_hash_reads(struct volume_in *in)
{
    in->hashes = true;
    sha256_start(&in->hash);
    for (int i = 0; i < 2; i++)
        sha256_add(&in->hash, in->blocks[i], in->lens[i]);
}

void volume_read_digest(struct volume_in *in, uint8_t digest[static SHA256_LEN])
{
    sha256_end(&in->hash, digest);
}

void volume_stat(const struct volume_in *in, struct plat_stat *st)
{
    /* A size and a time that no look at it agrees with: it counts as changed. */
    if (plat_stat_fd(in->fd, st) != 0)
        *st = (struct plat_stat){.type = in->is_file ? PLAT_FILE : PLAT_OTHER};
}

uint64_t volume_size(const struct volume_in *in)
{
    return in->size;
}

void volume_close(struct volume_in *in)
{
    if (in == NULL)
        return;
    if (in->close_fd)
        (void)plat_close(in->fd);
    free(in);
}
