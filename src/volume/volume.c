/*
 * Reads one sealed file by blocks, and tells whether it is still the same.
 */
#include "volume/volume.h"
#include "base/base.h"
#include "platform/crew.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

_Static_assert(VOLUME_TAG_LEN == crypto_onetimeauth_BYTES, "a tag");
_Static_assert(VOLUME_KEY_LEN == crypto_stream_chacha20_KEYBYTES, "the key of a mark");

/* No file has more blocks, and no offset below overflows. */
#define BLOCKS_MOST (UINT64_C(1) << 40)

struct volume_in {
    int fd;
    bool close_fd;
    bool is_file; /* it has a size, and is read in any order */
    const char *name;
    uint64_t size;
    uint8_t head[VOLUME_BLOCK_LEN];
    size_t head_len;
    /* Of what is no file: */
    size_t head_taken;  /* bytes of head that volume_read gave out */
    bool has_next_byte; /* the byte behind the last piece was read with it: */
    uint8_t next_byte;
    /* Since volume_hash_reads: */
    bool hashes;
    struct sha256 hash; /* of a file, of the tags of its pieces; else of all bytes */
    uint8_t key[VOLUME_KEY_LEN];
};

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

static enum seal_status read_head(struct volume_in *in, struct fault *fault)
{
    if (in->is_file) {
        if (fd_read_at(in->fd, 0, in->head, sizeof in->head, &in->head_len, fault) == SEAL_OK)
            return SEAL_OK;
        if (fault->sys != ESPIPE)
            return failed(in, fault);
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

enum seal_status volume_open(struct volume_in **out, const char *name, struct fault *fault)
{
    struct volume_in *in = calloc(1, sizeof *in);
    enum seal_status status;

    *out = NULL;
    if (in == NULL)
        return fault_no_memory(fault);
    in->name = name;
    in->fd = -1;
    status = open_file(in, fault);
    if (status == SEAL_OK)
        *out = in;
    else
        volume_close(in);
    return status;
}

int volume_hand_over(const struct volume_in *in, struct span *ahead)
{
    *ahead = (struct span){in->head, in->is_file ? 0 : in->head_len};
    return in->fd;
}

enum seal_status volume_take_over(struct volume_in **out, int fd, struct span ahead,
                                  const char *name, struct fault *fault)
{
    struct volume_in *in = calloc(1, sizeof *in);

    *out = in;
    if (in == NULL)
        return fault_no_memory(fault);
    in->name = name;
    in->fd = fd;
    if (look_at_file(in, fault) == SEAL_OK) {
        if (ahead.len > sizeof in->head)
            (void)fault_set(fault, REASON_AHEAD_LONG, in->name);
        else if (ahead.len > 0) { /* of a file nothing is */
            treat_as_pipe(in);
            memcpy(in->head, ahead.data, in->head_len = ahead.len);
        } else if (in->is_file)
            IGNORE_RESULT(read_head(in, fault));
    }
    if (fault->status == SEAL_OK)
        return SEAL_OK;
    volume_close(in);
    *out = NULL;
    return fault->status;
}

const uint8_t *volume_head(const struct volume_in *in, size_t *len)
{
    *len = in->head_len;
    return in->head;
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

void volume_close(struct volume_in *in)
{
    if (in == NULL)
        return;
    if (in->close_fd)
        (void)plat_close(in->fd);
    free(in);
}

/* ---- Reading ------------------------------------------------------------------------------ */

/* Poly1305 wants a key of its own for each message: the key stream of ChaCha20, whose nonce is the
 * number of the piece's first block, gives one. */
static void make_tag(uint8_t tag[static VOLUME_TAG_LEN], const uint8_t key[static VOLUME_KEY_LEN],
                     uint64_t block, const uint8_t *data, size_t len)
{
    uint8_t nonce[crypto_stream_chacha20_NONCEBYTES];
    uint8_t once[crypto_onetimeauth_KEYBYTES];

    store_u64(nonce, block);
    (void)crypto_stream_chacha20(once, sizeof once, nonce, key);
    (void)crypto_onetimeauth(tag, data, len, once);
    sodium_memzero(once, sizeof once);
}

/* wanted is a byte more than the blocks: only so is it known whether the file goes on. */
static enum seal_status read_file(struct volume_in *in, uint64_t block, size_t wanted,
                                  struct volume_piece *piece, struct fault *fault)
{
    if (block > BLOCKS_MOST)
        return SEAL_OK;
    return fd_read_at(in->fd, block * VOLUME_BLOCK_LEN, piece->blocks, wanted, &piece->len, fault);
}

/* The same from what is no file. What was read of it before comes first: the byte behind the last
 * piece, or the head. */
static enum seal_status read_next(struct volume_in *in, size_t wanted, struct volume_piece *piece,
                                  struct fault *fault)
{
    size_t n = in->head_len - in->head_taken, got;

    if (in->has_next_byte)
        piece->blocks[piece->len++] = in->next_byte;
    in->has_next_byte = false;
    if (n > wanted - piece->len)
        n = wanted - piece->len;
    memcpy(piece->blocks + piece->len, in->head + in->head_taken, n);
    in->head_taken += n;
    piece->len += n;
    if (fd_read_full(in->fd, piece->blocks + piece->len, wanted - piece->len, &got, fault) !=
        SEAL_OK)
        return fault->status;
    piece->len += got;
    return SEAL_OK;
}

enum seal_status volume_read(struct volume_in *in, uint64_t block, size_t count,
                             struct volume_piece *piece, struct fault *fault)
{
    size_t len = count * VOLUME_BLOCK_LEN;

    piece->len = 0;
    if ((in->is_file ? read_file(in, block, len + 1, piece, fault)
                     : read_next(in, len + 1, piece, fault)) != SEAL_OK)
        return failed(in, fault);
    piece->more = piece->len > len;
    if (piece->more)
        piece->len = len;
    if (in->is_file) {
        if (in->hashes && count == VOLUME_PIECE_BLOCKS)
            make_tag(piece->tag, in->key, block, piece->blocks, piece->len);
        return SEAL_OK;
    }
    in->has_next_byte = piece->more;
    in->next_byte = piece->more ? piece->blocks[len] : 0;
    if (in->hashes)
        sha256_add(&in->hash, piece->blocks, piece->len);
    return SEAL_OK;
}

enum seal_status volume_need_file(struct volume_in *in, struct fault *fault)
{
    if (in->is_file)
        return SEAL_OK;
    return fault_set(fault, REASON_INPUT_NOT_SEEKABLE, in->name);
}

static enum seal_status cannot_reread(struct volume_in *in, struct fault *fault)
{
    return fault_set(fault, REASON_INPUT_ONCE, in->name);
}

enum seal_status volume_rewind(struct volume_in *in, struct fault *fault)
{
    if (in->is_file)
        return SEAL_OK;
    if (plat_rewind(in->fd) != 0)
        return errno == ESPIPE ? cannot_reread(in, fault)
                               : fault_set_errno(fault, REASON_READ, in->name);
    in->has_next_byte = false;
    in->head_taken = 0;
    return read_head(in, fault);
}

/* ---- Whether it is the same file ---------------------------------------------------------- */

void volume_hash_reads(struct volume_in *in, const uint8_t key[static VOLUME_KEY_LEN])
{
    in->hashes = true;
    memcpy(in->key, key, VOLUME_KEY_LEN);
    sha256_start(&in->hash);
}

void volume_note(struct volume_in *in, const struct volume_piece *piece)
{
    if (in->hashes && in->is_file)
        sha256_add(&in->hash, piece->tag, sizeof piece->tag);
}

void volume_read_digest(struct volume_in *in, uint8_t digest[static SHA256_LEN])
{
    sha256_end(&in->hash, digest);
}

/* One piece that is read ahead. */
struct digest_part {
    struct task task; /* first, so that a task's address is its part's */
    struct digest *digest;
    uint64_t block;
    struct volume_piece piece;
    struct fault fault;
};

/* Pieces ahead: enough that other threads read while this one hashes. */
#define DIGEST_PARTS 3

struct digest {
    struct volume_in *in;
    struct crew *crew;
    struct lane lane;
    struct sha256 hash;
    struct digest_part parts[DIGEST_PARTS];
};

static void part_work(struct task *t)
{
    struct digest_part *p = (struct digest_part *)t;

    IGNORE_RESULT(volume_read(p->digest->in, p->block, VOLUME_PIECE_BLOCKS, &p->piece, &p->fault));
}

static enum seal_status digest_init(struct digest *d, struct fault *fault)
{
    sha256_start(&d->hash);
    for (size_t i = 0; i < DIGEST_PARTS; i++) {
        struct digest_part *p = &d->parts[i];

        *p = (struct digest_part){.task = {.work = part_work}, .digest = d};
        p->block = i * VOLUME_PIECE_BLOCKS;
        p->piece.blocks = malloc(VOLUME_PIECE_LEN + 1);
        if (p->piece.blocks == NULL)
            return fault_no_memory(fault);
    }
    return SEAL_OK;
}

static void digest_free(struct digest *d)
{
    for (size_t i = 0; i < DIGEST_PARTS; i++) {
        crew_await(d->crew, &d->parts[i].task);
        free(d->parts[i].piece.blocks);
    }
}

/* Keys are tried on the head, which volume_open read. It must belong to the file that the digest is
 * of. */
static bool has_head(const struct volume_in *in, const struct volume_piece *first)
{
    return first->len >= in->head_len && memcmp(first->blocks, in->head, in->head_len) == 0;
}

/* Hashes the pieces in their order; a part is posted again, for a piece further on, as soon as it
 * was hashed. */
static enum seal_status digest_all(struct digest *d, void (*add)(void *ctx, uint64_t bytes),
                                   void *ctx, struct fault *fault)
{
    for (size_t i = 0; i < DIGEST_PARTS; i++)
        crew_post(d->crew, &d->lane, &d->parts[i].task);
    for (size_t i = 0;; i = (i + 1) % DIGEST_PARTS) {
        struct digest_part *p = &d->parts[i];

        crew_await(d->crew, &p->task);
        if (stop_requested())
            return fault_set(fault, REASON_INTERRUPTED, NULL);
        if (p->fault.status != SEAL_OK) {
            *fault = p->fault;
            return fault->status;
        }
        if (p->block == 0 && !has_head(d->in, &p->piece))
            return fault_set(fault, REASON_CHANGED, d->in->name);
        sha256_add(&d->hash, p->piece.blocks, p->piece.len);
        volume_note(d->in, &p->piece);
        if (add != NULL)
            add(ctx, p->piece.len);
        if (!p->piece.more)
            return SEAL_OK;
        p->block += (uint64_t)DIGEST_PARTS * VOLUME_PIECE_BLOCKS;
        crew_post(d->crew, &d->lane, &p->task);
    }
}

enum seal_status volume_digest(struct volume_in *in, struct crew *crew,
                               const uint8_t key[static VOLUME_KEY_LEN],
                               uint8_t digest[static SHA256_LEN], uint8_t mark[static SHA256_LEN],
                               void (*add)(void *ctx, uint64_t bytes), void *ctx,
                               struct fault *fault)
{
    struct digest d = {.in = in, .crew = crew};
    enum seal_status status;

    if (!in->is_file)
        return cannot_reread(in, fault);
    volume_hash_reads(in, key);
    status = digest_init(&d, fault);
    if (status == SEAL_OK)
        status = digest_all(&d, add, ctx, fault);
    digest_free(&d);
    in->hashes = false;
    sha256_end(&d.hash, digest);
    volume_read_digest(in, mark);
    return status;
}
