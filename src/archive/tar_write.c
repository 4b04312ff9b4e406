/*
 * Writes content: entries as a pax tar, or a stream as it is, into frames.
 */
#include <stdlib.h>
#include <string.h>

#include "archive/frames.h"
#include "archive/tar.h"

static const uint8_t zero_block[TAR_BLOCK_LEN] = {0};

struct content_writer {
    struct frames_writer *frames;
    enum content_type type;
    uint64_t data_left; /* bytes of the current entry's data that are still to come */
    size_t padding_len; /* behind them */
    struct buffer offsets;
    struct buffer pax;
};

enum seal_status content_writer_new(struct content_writer **out, enum content_type type, int level,
                                    struct crew *crew, struct stream_writer *to,
                                    struct fault *fault)
{
    struct content_writer *w = calloc(1, sizeof *w);

    *out = NULL;
    if (w == NULL)
        return fault_no_memory(fault);
    w->type = type;
    if (frames_writer_new(&w->frames, level, crew, to, fault) != SEAL_OK) {
        free(w);
        return fault->status;
    }
    *out = w;
    return SEAL_OK;
}

/* ---- Entries ------------------------------------------------------------------------------ */

static enum seal_status note_offset(struct content_writer *w, struct fault *fault)
{
    uint8_t row[8];

    store_u64(row, frames_position(w->frames));
    if (buffer_append(&w->offsets, row, sizeof row) != SEAL_OK)
        return fault_no_memory(fault);
    return SEAL_OK;
}

static enum seal_status write_header(struct content_writer *w, const struct ustar_fields *fields,
                                     const char *name, size_t name_len, struct fault *fault)
{
    struct ustar_header h;

    ustar_write(&h, fields, name, name_len);
    return frames_write(w->frames, &h, sizeof h, fault);
}

static enum seal_status write_pax(struct content_writer *w, struct fault *fault)
{
    static const char name[] = "PaxHeaders/entry";
    struct ustar_fields fields = {.type = TAR_TYPE_PAX, .mode = 0644, .size = w->pax.len};

    if (w->pax.len == 0)
        return SEAL_OK;
    if (write_header(w, &fields, name, strlen(name), fault) != SEAL_OK ||
        frames_write(w->frames, w->pax.data, w->pax.len, fault) != SEAL_OK)
        return fault->status;
    return frames_write(w->frames, zero_block, tar_padding_len(w->pax.len), fault);
}

/* As much of the path as the ustar header holds, in whole characters. */
static size_t short_name_len(const char *path, size_t len)
{
    if (len <= TAR_NAME_LEN_MAX)
        return len;
    for (len = TAR_NAME_LEN_MAX; len > 0 && ((uint8_t)path[len] & 0xc0) == 0x80;)
        len--;
    return len;
}

/* path: as it stands in the tar. What the ustar header cannot hold is 0 or cut there. */
static enum seal_status write_entry_as(struct content_writer *w, const char *path, size_t path_len,
                                       const struct tar_entry *e, struct fault *fault)
{
    bool has_octal_time = e->mtime.sec >= 0 && (uint64_t)e->mtime.sec <= TAR_NUMBER_MAX;
    struct ustar_fields fields = {
        .type = e->is_dir ? TAR_TYPE_DIR : TAR_TYPE_FILE,
        .mode = e->is_dir || e->exec ? 0755 : 0644,
        .size = e->size > TAR_NUMBER_MAX ? 0 : e->size,
        .mtime = has_octal_time ? (uint64_t)e->mtime.sec : 0,
    };

    if (pax_write(&w->pax, path, path_len, e) != SEAL_OK)
        return fault_no_memory(fault);
    if (note_offset(w, fault) != SEAL_OK || write_pax(w, fault) != SEAL_OK)
        return fault->status;
    w->data_left = e->size;
    w->padding_len = tar_padding_len(e->size);
    return write_header(w, &fields, path, short_name_len(path, path_len), fault);
}

enum seal_status content_write_entry(struct content_writer *w, const struct tar_entry *e,
                                     struct fault *fault)
{
    char *slashed;
    enum seal_status status;

    if (e->path_len + e->is_dir > PATH_LEN_MAX)
        return fault_set(fault, REASON_PATH_LONG, e->path);
    if (!e->is_dir)
        return write_entry_as(w, e->path, e->path_len, e, fault);
    slashed = malloc(e->path_len + 1);
    if (slashed == NULL)
        return fault_no_memory(fault);
    memcpy(slashed, e->path, e->path_len);
    slashed[e->path_len] = '/';
    status = write_entry_as(w, slashed, e->path_len + 1, e, fault);
    free(slashed);
    return status;
}

/* ---- Data --------------------------------------------------------------------------------- */

/* len more bytes of the entry's data are written; behind the last comes the padding. */
static enum seal_status count_data(struct content_writer *w, size_t len, struct fault *fault)
{
    if (w->type == CONTENT_STREAM || len == 0)
        return SEAL_OK;
    w->data_left -= len;
    return w->data_left == 0 ? frames_write(w->frames, zero_block, w->padding_len, fault) : SEAL_OK;
}

enum seal_status content_write_data(struct content_writer *w, const void *data, size_t len,
                                    struct fault *fault)
{
    if (frames_write(w->frames, data, len, fault) != SEAL_OK)
        return fault->status;
    return count_data(w, len, fault);
}

uint8_t *content_reserve(struct content_writer *w, size_t *len)
{
    return frames_reserve(w->frames, len);
}

enum seal_status content_commit(struct content_writer *w, size_t len, struct fault *fault)
{
    if (frames_commit(w->frames, len, fault) != SEAL_OK)
        return fault->status;
    return count_data(w, len, fault);
}

/* ---- The end ------------------------------------------------------------------------------ */

enum seal_status content_writer_finish(struct content_writer *w, struct fault *fault)
{
    if (w->type == CONTENT_STREAM)
        return frames_writer_finish(w->frames, NULL, fault);
    if (frames_write(w->frames, zero_block, TAR_BLOCK_LEN, fault) != SEAL_OK ||
        frames_write(w->frames, zero_block, TAR_BLOCK_LEN, fault) != SEAL_OK)
        return fault->status;
    return frames_writer_finish(w->frames, &w->offsets, fault);
}

void content_writer_free(struct content_writer *w)
{
    if (w == NULL)
        return;
    frames_writer_free(w->frames);
    buffer_free(&w->offsets);
    buffer_free(&w->pax);
    free(w);
}
