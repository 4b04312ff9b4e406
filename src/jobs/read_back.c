#include "jobs/read_back_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "stream/stream.h"
#include "volume/volume.h"

static bool is_block(const uint8_t *block, size_t len, const uint8_t hash[static HASH_LEN])
{
    uint8_t got[HASH_LEN];

    hash_H(got, &(struct span){block, len}, 1);
    return memcmp(got, hash, sizeof got) == 0;
}

static bool has_its_head(const struct volume_out *v, const struct volume_in *in)
{
    size_t len;
    const uint8_t *head = volume_head(in, &len);

    return len >= v->env->head_len && is_block(head, v->env->head_len, v->head_hash);
}

static enum seal_status check_second_head(const struct volume_out *v, struct volume_in *in,
                                          struct fault *fault)
{
    uint8_t *block;

    if (v->env->params.parity == 0)
        return SEAL_OK;
    block = malloc(BLOCK_LEN);
    if (block == NULL)
        return fault_no_memory(fault);
    if (volume_read_end(in, block, fault) == SEAL_OK &&
        !is_block(block, BLOCK_LEN, v->second_head_hash))
        (void)fault_set(fault, REASON_DAMAGED, NULL);
    free(block);
    return fault->status;
}

/* Blocks that its repair data would mend: said all the same, of what was just written. */
static enum seal_status refuse_mended(const struct volume_out *v,
                                      const struct stream_mended *mended, struct fault *fault)
{
    if (mended->block_count == 0)
        return SEAL_OK;
    fault_add_numbers(fault, mended->block_count, mended->ranges[0].first * BLOCK_LEN);
    return fault_set(fault, REASON_READS_MENDED, v->path);
}

/* All bytes: the head by its hash, the payload by the tags of its chunks. Takes over fd. */
static enum seal_status compare(const struct volume_out *v, int fd,
                                const struct seal_observer *observer, struct fault *fault)
{
    struct stream_volume volume = {.env = v->env};
    struct stream_reader *reader = NULL;
    bool is_last;

    if (volume_open_fd(&volume.in, fd, v->path, fault) != SEAL_OK)
        return fault->status;
    volume.told = (struct told_blocks){volume_size(volume.in) / BLOCK_LEN, true};
    if (!has_its_head(v, volume.in))
        (void)fault_set(fault, REASON_DAMAGED, NULL);
    else if (check_second_head(v, volume.in, fault) == SEAL_OK &&
             stream_reader_new_set(&reader, &volume, 1, NULL, fault) == SEAL_OK) {
        stream_reader_check_parity(reader);
        if (stream_reader_check(reader, &is_last, observer->work_done, observer->ctx, fault) ==
            SEAL_OK)
            IGNORE_RESULT(refuse_mended(v, stream_reader_mended(reader), fault));
    }
    stream_reader_free(reader);
    volume_close(volume.in);
    if (fault->status == SEAL_DAMAGED || fault->status == SEAL_HOSTILE) {
        *fault = (struct fault){.status = SEAL_OK};
        (void)fault_set(fault, REASON_READS_DIFFERENT, v->path);
    }
    return fault->status;
}

static enum seal_status read_one(const struct volume_out *v, const struct seal_observer *observer,
                                 bool *was_in_memory, struct fault *fault)
{
    struct plat_stat st;
    int fd = output_reopen(&v->output);

    if (fd < 0 || plat_stat_fd(fd, &st) != 0)
        (void)fault_set_errno(fault, REASON_READ_BACK_FAILED, v->path);
    else if (!plat_drop_cache(fd, st.size))
        *was_in_memory = true;
    if (fault->status == SEAL_OK)
        IGNORE_RESULT(compare(v, fd, observer, fault));
    if (fd >= 0)
        (void)plat_close(fd);
    return fault->status;
}

static uint64_t total_size(const struct volume_out *volumes, size_t count)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < count; i++) {
        const struct output *file = &volumes[i].output;
        struct plat_stat st;

        if (plat_stat_at(file->dirfd, file->temporary, false, &st) == 0)
            sum += st.size;
    }
    return sum;
}

bool read_back_is_wanted(enum read_back_when when, const struct volume_out *volume)
{
    if (volume->output.is_stdout)
        return false;
    return when == READ_BACK_ALWAYS ||
           (when == READ_BACK_REMOVABLE && plat_is_removable(volume->output.dirfd));
}

enum seal_status read_back_all(const struct volume_out *volumes, size_t count,
                               const struct seal_observer *observer, bool *was_in_memory,
                               struct fault *fault)
{
    observer->work_begins(observer->ctx, total_size(volumes, count));
    for (size_t i = 0; i < count && fault->status == SEAL_OK; i++)
        IGNORE_RESULT(read_one(&volumes[i], observer, was_in_memory, fault));
    observer->work_ends(observer->ctx);
    return fault->status;
}
