#include "jobs/volumes_out_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/base.h"
#include "jobs/is_folder.h"

/* What a file system may need besides the file. */
#define MEDIUM_OVERHEAD ((uint64_t)1024 * 1024)

enum seal_status volumes_init(struct volumes_out *v, const char *given, struct fault *fault)
{
    v->files = calloc(VOLUMES_MAX, sizeof *v->files);
    if (v->files == NULL)
        return fault_no_memory(fault);
    return destination_init(&v->destination, given, fault);
}

static void tell(const struct volumes_out *v, enum seal_event_kind kind, const char *name)
{
    v->observer->event(v->observer->ctx, &(struct seal_event){.kind = kind, .name = name});
}

/* ---- What is written ---------------------------------------------------------------------- */

static enum seal_status finish_last(struct volumes_out *v, struct fault *fault)
{
    v->observer->sync_begins(v->observer->ctx);
    IGNORE_RESULT(output_finish(&v->files[v->count - 1].output, fault));
    v->observer->sync_ends(v->observer->ctx);
    return fault->status;
}

/* Their names, too, are to be on the medium. *named: the first so many have theirs. */
static enum seal_status commit_from(struct volumes_out *v, size_t *named, struct fault *fault)
{
    v->observer->sync_begins(v->observer->ctx);
    while (*named < v->count && output_commit(&v->files[*named].output, fault) == SEAL_OK)
        (*named)++;
    v->observer->sync_ends(v->observer->ctx);
    return fault->status;
}

/* All that has no name yet lies on one medium. */
static enum seal_status read_back(struct volumes_out *v, struct fault *fault)
{
    if (v->named == v->count || !read_back_is_wanted(v->read_back, &v->files[v->named]))
        return SEAL_OK;
    if (!v->was_read_back)
        tell(v, SEAL_EVENT_READING_BACK, NULL);
    v->was_read_back = true;
    return read_back_all(&v->files[v->named], v->count - v->named, v->observer, &v->was_in_memory,
                         fault);
}

/* ---- Medium after medium ------------------------------------------------------------------ */

/* What is written gets its names: the medium may be taken out then. */
static enum seal_status leave_medium(struct volumes_out *v, struct fault *fault)
{
    if (read_back(v, fault) != SEAL_OK)
        return fault->status;
    for (size_t i = v->named; i < v->count; i++)
        envelope_wipe(v->files[i].env); /* nobody reads it back any more */
    return commit_from(v, &v->named, fault);
}

static uint64_t wanted_room(const struct volumes_out *v)
{
    return v->split.size + MEDIUM_OVERHEAD;
}

static enum seal_status ask_for_medium(struct volumes_out *v, uint64_t free_bytes,
                                       struct fault *fault)
{
    const struct medium_question question = {.folder = destination_folder(&v->destination),
                                             .free_bytes = free_bytes,
                                             .volume = v->count + 1,
                                             .wanted = wanted_room(v)};
    char answer[ANSWER_SIZE];

    if (v->observer->ask_medium(v->observer->ctx, &question, answer, fault) != SEAL_OK)
        return fault->status;
    if (answer[0] == '\0')
        return SEAL_OK;
    if (is_folder(answer))
        return destination_move(&v->destination, answer, fault);
    tell(v, SEAL_EVENT_NO_FOLDER, answer); /* it is asked again where there is still no room */
    return SEAL_OK;
}

static enum seal_status change_medium(struct volumes_out *v, uint64_t free_bytes,
                                      struct fault *fault)
{
    if (leave_medium(v, fault) != SEAL_OK)
        return fault->status;
    return ask_for_medium(v, free_bytes, fault);
}

static enum seal_status find_room(struct volumes_out *v, struct fault *fault)
{
    uint64_t free_bytes;

    while (v->ask_media && !destination_has_room(&v->destination, wanted_room(v), &free_bytes))
        if (change_medium(v, free_bytes, fault) != SEAL_OK)
            return fault->status;
    return SEAL_OK;
}

/* Where media are asked for, one that cannot be written to is no reason to give up. */
static enum seal_status forgive(struct volumes_out *v, struct volume_out *file, struct fault *fault)
{
    v->observer->event(v->observer->ctx,
                       &(struct seal_event){.kind = SEAL_EVENT_MEDIUM_FAULT, .fault = fault});
    output_abort(&file->output, LEFTOVER_OWN, v->observer->leftover);
    free(file->path);
    *file = (struct volume_out){.path = NULL};
    *fault = (struct fault){.status = SEAL_OK};
    return change_medium(v, 0, fault);
}

/* ---- One after the other ------------------------------------------------------------------ */

static enum seal_status create_next(struct volumes_out *v, struct fault *fault)
{
    struct volume_out *file = &v->files[v->count];

    for (;;) {
        if (find_room(v, fault) != SEAL_OK)
            return fault->status;
        file->path = destination_next_path(&v->destination, v->random);
        if (file->path == NULL)
            return fault_no_memory(fault);
        if (output_create(&file->output, file->path, PLAT_PRIVATE, fault) == SEAL_OK ||
            !v->ask_media)
            break;
        if (forgive(v, file, fault) != SEAL_OK)
            return fault->status;
    }
    v->count++;
    return fault->status;
}

/* Makes the next file, with an envelope of its own. */
static enum seal_status start_next(struct volumes_out *v, struct stream_out *out,
                                   struct fault *fault)
{
    struct volume_out *file = &v->files[v->count];

    if (create_next(v, fault) != SEAL_OK)
        return fault->status;
    file->env = &v->envelopes[v->count - 1];
    *file->env = (struct envelope){.params = v->params};
    file->env->params.index = (uint32_t)v->count - 1;
    memcpy(file->env->set_key, v->set_key, KEY_LEN); /* zero in the first: it makes one */
    if (envelope_make(file->env, v->head, v->to->keys, v->to->count, v->random, fault) != SEAL_OK)
        return fault->status;
    memcpy(v->set_key, file->env->set_key, KEY_LEN);
    hash_H(file->head_hash, &(struct span){v->head, file->env->head_len}, 1);
    *out = (struct stream_out){file->env, v->head, file->output.fd};
    return SEAL_OK;
}

/* stream_split.next */
static enum seal_status next_volume(void *ctx, struct stream_out *out, struct fault *fault)
{
    struct volumes_out *v = ctx;

    if (v->count == VOLUMES_MAX)
        return fault_set(fault, REASON_VOLUMES_TOO_MANY, NULL);
    if (finish_last(v, fault) != SEAL_OK)
        return fault->status;
    return start_next(v, out, fault);
}

/* stream_second_head.make */
static enum seal_status make_second_head(void *ctx, const struct envelope *env, uint64_t blocks,
                                         uint8_t *block, struct fault *fault)
{
    struct volumes_out *v = ctx;

    if (envelope_make_second(env, block, v->to->keys, v->to->count, blocks, v->random, fault) ==
        SEAL_OK)
        hash_H(v->files[v->count - 1].second_head_hash, &(struct span){block, BLOCK_LEN}, 1);
    return fault->status;
}

bool volumes_split(struct volumes_out *v, uint64_t size)
{
    if (v->destination.path != NULL)
        return false;
    v->split = (struct stream_split){size, v->random, next_volume, v};
    return true;
}

enum seal_status volumes_start(struct volumes_out *v, enum content_type type,
                               struct stream_out *first, struct fault *fault)
{
    v->envelopes = sodium_allocarray(v->split.size > 0 ? VOLUMES_MAX : 1, sizeof *v->envelopes);
    v->set_key = sodium_malloc(KEY_LEN);
    if (v->envelopes == NULL || v->set_key == NULL)
        return fault_no_memory(fault);
    sodium_memzero(v->set_key, KEY_LEN);
    v->params.type = type;
    v->params.flags = v->split.size > 0 ? FLAG_VOLUME : 0;
    v->second_head = (struct stream_second_head){make_second_head, v};
    random_bytes(v->random, v->params.bundle_id, BUNDLE_ID_LEN);
    destination_mark(&v->destination);
    return start_next(v, first, fault);
}

/* ---- The end ------------------------------------------------------------------------------ */

/* What got its name already loses it again: a set that is not whole is of no use. */
static void take_back(const struct volumes_out *v, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (!v->files[i].output.is_stdout && plat_unlink(PLAT_CWD, v->files[i].path) != 0 &&
            errno != ENOENT)
            tell(v, SEAL_EVENT_VOLUME_STAYS, v->files[i].path);
}

enum seal_status volumes_commit(struct volumes_out *v, struct fault *fault)
{
    size_t named = v->named;

    if (finish_last(v, fault) != SEAL_OK || read_back(v, fault) != SEAL_OK)
        return fault->status;
    if (commit_from(v, &named, fault) != SEAL_OK) {
        take_back(v, v->named, named);
        return fault->status;
    }
    v->named = 0; /* none is useless */
    return SEAL_OK;
}

const char *volumes_name(const struct volumes_out *v)
{
    const char *path = v->count > 0 ? v->files[v->count - 1].path : v->destination.path;

    return path == NULL ? v->destination.folder : strcmp(path, "-") == 0 ? NAME_STDOUT : path;
}

void volumes_end(struct volumes_out *v)
{
    for (size_t i = 0; i < v->count; i++) {
        output_abort(&v->files[i].output, LEFTOVER_OWN, v->observer->leftover);
        free(v->files[i].path);
    }
    sodium_free(v->envelopes);
    sodium_free(v->set_key);
    free(v->files);
    destination_free(&v->destination);
}
