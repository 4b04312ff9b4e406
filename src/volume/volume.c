#include "volume/volume.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct volume_in {
    int fd;
    bool close_fd;
    const char *name;
    uint64_t size;
    /* Whether a block is the last shows only when there is nothing behind it: read one ahead. */
    uint8_t blocks[2][VOLUME_BLOCK_LEN];
    size_t lens[2];
    int at;
};

/* Fills the block at hand and the one behind it. */
static enum seal_status read_first(struct volume_in *in, struct fault *fault)
{
    enum seal_status status;

    in->at = 0;
    in->lens[0] = in->lens[1] = 0;
    status = fd_read_full(in->fd, in->blocks[0], VOLUME_BLOCK_LEN, &in->lens[0], fault);
    if (status == SEAL_OK && in->lens[0] == VOLUME_BLOCK_LEN)
        status = fd_read_full(in->fd, in->blocks[1], VOLUME_BLOCK_LEN, &in->lens[1], fault);
    if (status != SEAL_OK)
        fault_add_name(fault, in->name);
    return status;
}

static enum seal_status open_file(struct volume_in *in, struct fault *fault)
{
    struct plat_stat st;

    if (strcmp(in->name, "-") == 0) {
        in->fd = STDIN_FILENO;
        in->name = "standard input";
    } else {
        in->fd = plat_open_file(PLAT_CWD, in->name, true);
        if (in->fd < 0)
            return fault_set_errno(fault, "could not be opened", in->name);
        in->close_fd = true;
    }
    if (plat_stat_fd(in->fd, &st) != 0)
        return fault_set_errno(fault, "could not be opened", in->name);
    if (st.type == PLAT_DIR)
        return fault_set(fault, SEAL_USAGE, "it is a folder, not a sealed file", in->name);
    in->size = st.type == PLAT_FILE ? st.size : 0;
    plat_hint_sequential(in->fd);
    return read_first(in, fault);
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
    if (status != SEAL_OK)
        fault_add_name(fault, in->name);
    return status;
}

enum seal_status volume_rewind(struct volume_in *in, struct fault *fault)
{
    if (lseek(in->fd, 0, SEEK_SET) != 0)
        return fault_set(fault, SEAL_USAGE, "it cannot be read twice", in->name);
    return read_first(in, fault);
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
