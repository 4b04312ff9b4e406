/*
 * Reads one sealed file by blocks.
 */
#include "volume/volume_private.h"
#include "base/base.h"
#include "platform/process.h"
#include "platform/worker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* No file has more blocks, and no offset below overflows. */
#define BLOCKS_MOST (UINT64_C(1) << 40)

/* ---- Opening ------------------------------------------------------------------------------ */

static enum seal_status failed(struct volume_in *in, struct fault *fault)
{
    fault_add_name(fault, in->name);
    return fault->status;
}

static enum seal_status look_at_file(struct volume_in *in, struct fault *fault)
{
    struct plat_stat st;

    if (plat_stat_fd(in->fd, &st) != 0)
        return fault_set_errno(fault, REASON_OPEN, in->name);
    if (st.type == PLAT_DIR)
        return fault_set(fault, REASON_INPUT_FOLDER, in->name);
    in->is_file = st.type == PLAT_FILE;
    in->size = in->is_file ? st.size : 0;
    plat_hint_sequential(in->fd);
    return SEAL_OK;
}

/* It is read as a pipe is. */
static void treat_as_pipe(struct volume_in *in)
{
    in->is_file = false;
    in->size = 0;
}

/* A bad spot at the beginning does not make the rest unreadable. */
static enum seal_status forgive_head(struct volume_in *in, struct fault *fault)
{
    (void)failed(in, fault);
    if (in->size <= VOLUME_BLOCK_LEN || fault->status != SEAL_IO)
        return fault->status;
    in->head_fault = *fault;
    in->head_len = 0;
    *fault = (struct fault){.status = SEAL_OK};
    return SEAL_OK;
}

static enum seal_status read_head(struct volume_in *in, struct fault *fault)
{
    if (in->is_file) {
        if (fd_read_at(in->fd, 0, in->head, sizeof in->head, &in->head_len, fault) == SEAL_OK)
            return SEAL_OK;
        if (fault->sys != ESPIPE)
            return forgive_head(in, fault);
        /* Some file systems of other programs (FUSE) have files that cannot be sought in. */
        *fault = (struct fault){.status = SEAL_OK};
        treat_as_pipe(in);
    }
    return fd_read_full(in->fd, in->head, sizeof in->head, &in->head_len, fault) == SEAL_OK
               ? SEAL_OK
               : failed(in, fault);
}

static enum seal_status open_file(struct volume_in *in, struct fault *fault)
{
    if (strcmp(in->name, "-") == 0) {
        in->fd = STDIN_FILENO;
        in->name = NAME_STDIN;
    } else {
        in->fd = plat_open_file(PLAT_CWD, in->name, true);
        if (in->fd < 0)
            return fault_set_errno(fault, REASON_OPEN, in->name);
        in->close_fd = true;
    }
    return look_at_file(in, fault) == SEAL_OK ? read_head(in, fault) : fault->status;
}

/* Nothing is known of fd but its number. */
static struct volume_in *new_of_fd(int fd, const char *name)
{
    struct volume_in *in = calloc(1, sizeof *in);

    if (in == NULL)
        return NULL;
    in->name = name;
    in->fd = fd;
    return in;
}

enum seal_status volume_open(struct volume_in **out, const char *name, struct fault *fault)
{
    struct volume_in *in = new_of_fd(-1, name);
    enum seal_status status;

    *out = NULL;
    if (in == NULL)
        return fault_no_memory(fault);
    status = open_file(in, fault);
    if (status == SEAL_OK)
        *out = in;
    else
        volume_close(in);
    return status;
}

enum seal_status volume_open_fd(struct volume_in **out, int fd, const char *name,
                                struct fault *fault)
{
    struct volume_in *in = new_of_fd(fd, name);

    *out = NULL;
    if (in == NULL)
        return fault_no_memory(fault);
    if (look_at_file(in, fault) == SEAL_OK && read_head(in, fault) == SEAL_OK)
        *out = in;
    else
        volume_close(in);
    return fault->status;
}

enum seal_status volume_open_feed(struct volume_in **out, int fd, uint64_t size, const char *name,
                                  struct fault *fault)
{
    *out = new_of_fd(fd, name);
    if (*out == NULL)
        return fault_no_memory(fault);
    (*out)->size = size;
    return SEAL_OK;
}

const uint8_t *volume_head(const struct volume_in *in, size_t *len)
{
    *len = in->head_len;
    return in->head;
}

const struct fault *volume_head_fault(const struct volume_in *in)
{
    return &in->head_fault;
}

void volume_stat(const struct volume_in *in, struct plat_stat *st)
{
    /* Size and time 0 agree with nothing that was seen before: the file counts as changed. */
    if (plat_stat_fd(in->fd, st) != 0)
        *st = (struct plat_stat){.type = PLAT_FILE};
    if (st->type == PLAT_FILE && !in->is_file)
        st->type = PLAT_OTHER;
}

const char *volume_name(const struct volume_in *in)
{
    return in->name;
}

uint64_t volume_size(const struct volume_in *in)
{
    return in->size;
}

bool volume_is_file(const struct volume_in *in)
{
    return in->is_file;
}

int volume_fd(const struct volume_in *in)
{
    return in->is_file ? in->fd : -1;
}

void volume_close(struct volume_in *in)
{
    if (in == NULL)
        return;
    if (in->close_fd)
        (void)plat_close(in->fd);
    free(in);
}

/* ---- Reading ------------------------------------------------------------------------------ */

bool volume_is_over(const struct volume_in *in)
{
    return stop_requested() || atomic_load(&in->gives_up);
}

/* Whether it is the medium that fails. */
static bool is_of_medium(int error)
{
    return error != ENOMEM && error != EBADF && error != EACCES && error != EPERM;
}

/* Block by block, for a medium that is damaged. */
static void read_what_can_be(struct volume_in *in, uint64_t off, size_t wanted,
                             struct volume_piece *piece)
{
    const uint64_t left = off < in->size ? in->size - off : 0;

    piece->len = wanted < left ? wanted : (size_t)left;
    for (size_t at = 0; at < piece->len; at += VOLUME_BLOCK_LEN) {
        size_t len = piece->len - at < VOLUME_BLOCK_LEN ? piece->len - at : VOLUME_BLOCK_LEN, got;
        struct fault ignored = {.status = SEAL_OK};

        if (fd_read_at(in->fd, off + at, piece->blocks + at, len, &got, &ignored) == SEAL_OK &&
            got == len)
            continue;
        memset(piece->blocks + at, 0, len);
        in->unreadable += len > 1; /* the byte behind the piece is read with the next one again */
    }
}

/* wanted is a byte more than the blocks: only so is it known whether the file goes on. */
static enum seal_status read_file(struct volume_in *in, uint64_t block, size_t wanted,
                                  struct volume_piece *piece, struct fault *fault)
{
    const uint64_t off = block * VOLUME_BLOCK_LEN;
    struct fault failure = {.status = SEAL_OK};

    if (block > BLOCKS_MOST ||
        fd_read_at(in->fd, off, piece->blocks, wanted, &piece->len, &failure) == SEAL_OK)
        return SEAL_OK;
    if (in->forgives && is_of_medium(failure.sys) && !volume_is_over(in)) {
        if (in->unreadable == 0)
            in->failure = failure;
        read_what_can_be(in, off, wanted, piece);
        return SEAL_OK;
    }
    *fault = failure;
    return fault->status;
}

#define PIPE_INTERVAL 100 /* milliseconds between two looks whether to go on waiting */

/* As fd_read_full, of what comes in order, until it is over. Somebody else may take what was there
 * before it is read: then reading waits, until the thread is interrupted. */
static enum seal_status read_in_order(const struct volume_in *in, uint8_t *buf, size_t len,
                                      size_t *got, struct fault *fault)
{
    for (*got = 0; *got < len;) {
        int64_t n;

        if (volume_is_over(in))
            return fault_set(fault, REASON_INTERRUPTED, NULL);
        if (in->is_patient && !plat_wait_readable(in->fd, PIPE_INTERVAL))
            continue;
        n = plat_read(in->fd, buf + *got, len - *got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fault_set_errno(fault, REASON_READ, NULL);
        if (n == 0)
            break;
        *got += (size_t)n;
    }
    return SEAL_OK;
}

/* The same from what is no file. What was read of it before comes first: the byte behind the last
 * piece, or the head. */
static enum seal_status read_next(struct volume_in *in, size_t wanted, struct volume_piece *piece,
                                  struct fault *fault)
{
    size_t n = in->head_len - in->head_taken, got;
    enum seal_status status;

    if (in->has_next_byte)
        piece->blocks[piece->len++] = in->next_byte;
    in->has_next_byte = false;
    if (n > wanted - piece->len)
        n = wanted - piece->len;
    memcpy(piece->blocks + piece->len, in->head + in->head_taken, n);
    in->head_taken += n;
    piece->len += n;
    wanted -= piece->len;
    status = read_in_order(in, piece->blocks + piece->len, wanted, &got, fault);
    piece->len += got;
    return status;
}

/* Not a byte more than the feed has for this volume: it would be of the next one. */
static enum seal_status read_feed(struct volume_in *in, uint64_t block, size_t len,
                                  struct volume_piece *piece, struct fault *fault)
{
    uint64_t at = block * VOLUME_BLOCK_LEN, left = at < in->size ? in->size - at : 0;

    piece->more = left > len;
    return read_in_order(in, piece->blocks, piece->more ? len : (size_t)left, &piece->len, fault);
}

/* A file, or what has no size: behind the blocks one byte is read. */
static enum seal_status read_one_more(struct volume_in *in, uint64_t block, size_t len,
                                      struct volume_piece *piece, struct fault *fault)
{
    if ((in->is_file ? read_file(in, block, len + 1, piece, fault)
                     : read_next(in, len + 1, piece, fault)) != SEAL_OK)
        return fault->status;
    piece->more = piece->len > len;
    if (piece->more)
        piece->len = len;
    if (in->is_file) /* which several threads may be reading */
        return SEAL_OK;
    in->has_next_byte = piece->more;
    in->next_byte = piece->more ? piece->blocks[len] : 0;
    return SEAL_OK;
}

enum seal_status volume_read(struct volume_in *in, uint64_t block, size_t count,
                             struct volume_piece *piece, struct fault *fault)
{
    const size_t len = count * VOLUME_BLOCK_LEN;

    piece->len = 0;
    if ((!in->is_file && in->size > 0 ? read_feed(in, block, len, piece, fault)
                                      : read_one_more(in, block, len, piece, fault)) != SEAL_OK)
        return failed(in, fault);
    return SEAL_OK;
}

enum seal_status volume_read_at(struct volume_in *in, uint64_t off, void *buf, size_t len,
                                size_t *got, struct fault *fault)
{
    if (fd_read_at(in->fd, off, buf, len, got, fault) != SEAL_OK)
        return failed(in, fault);
    return SEAL_OK;
}

enum seal_status volume_need_file(struct volume_in *in, struct fault *fault)
{
    if (in->is_file)
        return SEAL_OK;
    return fault_set(fault, REASON_INPUT_NOT_SEEKABLE, in->name);
}

enum seal_status volume_read_end(struct volume_in *in, uint8_t block[static VOLUME_BLOCK_LEN],
                                 struct fault *fault)
{
    size_t got;

    if (fd_read_at(in->fd, in->size - VOLUME_BLOCK_LEN, block, VOLUME_BLOCK_LEN, &got, fault) !=
        SEAL_OK)
        return failed(in, fault);
    return got == VOLUME_BLOCK_LEN ? SEAL_OK : fault_set(fault, REASON_CHANGED, in->name);
}
