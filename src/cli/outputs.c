#include "cli/outputs.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "platform/terminal.h"
#include "cli/cli.h"

#define NEUTRAL_NAME_LEN 10

/* ---- Names -------------------------------------------------------------------------------- */

/* Letters and digits that say nothing, and an ending that says nothing. */
static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";

static bool is_neutral_name(const char *name, size_t len)
{
    return len == NEUTRAL_NAME_LEN + 4 && strspn(name, letters) == NEUTRAL_NAME_LEN &&
           memcmp(name + NEUTRAL_NAME_LEN, ".bin", 4) == 0;
}

/* In the folder; malloc'ed. */
static char *draw_path(const struct outputs *o)
{
    char name[NEUTRAL_NAME_LEN + 1] = "";
    struct buffer path = {0};

    for (size_t i = 0; i < NEUTRAL_NAME_LEN; i++)
        name[i] = letters[random_below(o->random, sizeof letters - 1)];
    if (buffer_printf(&path, "%s%s.bin", o->folder, name) == SEAL_OK)
        return (char *)path.data;
    buffer_free(&path);
    return NULL;
}

/* A folder to write into, with a slash behind it; malloc'ed. */
static char *with_slash(const char *folder)
{
    size_t len = strlen(folder);
    char *copy = malloc(len + 2);

    if (copy == NULL)
        return NULL;
    memcpy(copy, folder, len + 1);
    if (len > 0 && copy[len - 1] != '/')
        memcpy(copy + len, "/", 2);
    return copy;
}

enum seal_status outputs_init(struct outputs *o, const char *given, struct fault *fault)
{
    bool is_named = given != NULL && !is_folder(given);

    o->files = calloc(VOLUMES_MAX, sizeof *o->files);
    o->folder = with_slash(given == NULL || is_named ? "" : given);
    o->path = is_named ? strdup(given) : NULL;
    if (o->files == NULL || o->folder == NULL || (is_named && o->path == NULL))
        return fault_no_memory(fault);
    return SEAL_OK;
}

bool outputs_file_max(const struct outputs *o, uint64_t *file_max)
{
    struct plat_space room = {.file_max = UINT64_MAX};
    char *folder = NULL;
    const char *name;

    if (o->path != NULL && strcmp(o->path, "-") == 0)
        return false;
    if (o->path != NULL ? path_split(o->path, &folder, &name)
                        : (folder = strdup(o->folder[0] == '\0' ? "." : o->folder)) != NULL)
        (void)plat_space(folder, &room);
    free(folder);
    *file_max = room.file_max;
    return room.file_max != UINT64_MAX;
}

void outputs_clear_leftovers(const struct outputs *o)
{
    struct buffer any = {0};

    if (o->path != NULL) {
        clear_leftovers(o->path, NULL);
    } else if (buffer_printf(&any, "%sx", o->folder) == SEAL_OK) {
        clear_leftovers((char *)any.data, is_neutral_name);
    }
    buffer_free(&any);
}

/* ---- Reading back ------------------------------------------------------------------------- */

static bool has_its_head(const struct output_file *f, const struct volume_in *in)
{
    uint8_t hash[HASH_LEN];
    size_t len;
    const uint8_t *head = volume_head(in, &len);

    if (len < f->env->head_len)
        return false;
    hash_H(hash, &(struct span){head, f->env->head_len}, 1);
    return memcmp(hash, f->head_hash, sizeof hash) == 0;
}

/* Whoever sealed it still has its key, and so can tell that each block is as it was. */
static enum seal_status compare(const struct output_file *f, int fd, struct progress *progress,
                                struct fault *fault)
{
    struct volume_in *in = NULL;
    struct stream_reader *reader = NULL;
    bool is_last;

    if (volume_take_over(&in, fd, (struct span){NULL, 0}, f->path, fault) != SEAL_OK)
        return fault->status;
    if (!has_its_head(f, in))
        (void)fault_set(fault, REASON_DAMAGED, NULL);
    else if (stream_reader_new(&reader, f->env, in, NULL, fault) == SEAL_OK)
        (void)!stream_reader_check(reader, &is_last, progress_add, progress, fault);
    stream_reader_free(reader);
    volume_close(in);
    if (fault->status == SEAL_DAMAGED || fault->status == SEAL_HOSTILE) {
        *fault = (struct fault){.status = SEAL_OK};
        (void)fault_set(fault, REASON_READS_DIFFERENT, f->path);
    }
    return fault->status;
}

static bool wants_reading_back(const struct outputs *o)
{
    return o->read_back == READ_BACK_ALWAYS || (o->read_back == READ_BACK_REMOVABLE &&
                                                plat_is_removable(o->files[o->named].output.dirfd));
}

static enum seal_status read_one_back(struct outputs *o, const struct output_file *f,
                                      struct progress *progress, struct fault *fault)
{
    struct plat_stat st;
    int fd = output_reopen(&f->output);

    if (fd < 0 || plat_stat_fd(fd, &st) != 0)
        (void)fault_set_errno(fault, REASON_READ_BACK_FAILED, f->path);
    else if (!plat_drop_cache(fd, st.size))
        o->was_in_memory = true;
    if (fault->status == SEAL_OK)
        (void)!compare(f, fd, progress, fault);
    if (fd >= 0)
        (void)plat_close(fd);
    return fault->status;
}

static uint64_t unnamed_size(const struct outputs *o)
{
    uint64_t sum = 0;

    for (size_t i = o->named; i < o->count; i++) {
        const struct output *file = &o->files[i].output;
        struct plat_stat st;

        if (plat_stat_at(file->dirfd, file->temporary, false, &st) == 0)
            sum += st.size;
    }
    return sum;
}

/* All that has no name yet and lies on this medium. Not before all of it is there: on one that is
 * smaller than it says, what comes later may take the place of what was there before. */
static enum seal_status read_back(struct outputs *o, struct fault *fault)
{
    struct progress progress;

    if (o->named == o->count || o->files[o->named].output.is_stdout || !wants_reading_back(o))
        return SEAL_OK;
    if (!o->was_read_back)
        say_old("reading back what was written");
    o->was_read_back = true;
    progress_start(&progress, unnamed_size(o));
    for (size_t i = o->named; i < o->count && fault->status == SEAL_OK; i++)
        (void)!read_one_back(o, &o->files[i], &progress, fault);
    progress_end(&progress);
    return fault->status;
}

static enum seal_status finish_last(struct outputs *o, struct fault *fault)
{
    return output_finish(&o->files[o->count - 1].output, fault);
}

/* ---- Medium after medium ------------------------------------------------------------------ */

#define ANSWER_SIZE 4096
#define FOR_ITSELF ((uint64_t)1024 * 1024) /* what a file system may need besides the file */

static const char *folder_of(const struct outputs *o)
{
    return o->folder[0] == '\0' ? "." : o->folder;
}

/* Whether something is mounted right there. */
static bool is_medium(const struct outputs *o)
{
    struct buffer above = {0};
    struct plat_stat here, st;
    bool is = buffer_printf(&above, "%s/..", folder_of(o)) == SEAL_OK &&
              plat_stat_at(PLAT_CWD, folder_of(o), true, &here) == 0 &&
              plat_stat_at(PLAT_CWD, (char *)above.data, true, &st) == 0 &&
              here.device != st.device;

    buffer_free(&above);
    return is;
}

/* Not where a medium was taken out and none is there again: that would be this computer's disk. */
static bool has_room(const struct outputs *o, struct plat_space *room)
{
    *room = (struct plat_space){.free = 0};
    return (!o->was_medium || is_medium(o)) && plat_space(folder_of(o), room) == 0 &&
           room->free >= o->split.size + FOR_ITSELF;
}

/* What is written gets its names: the medium may be taken out then. */
static enum seal_status leave_medium(struct outputs *o, struct fault *fault)
{
    if (read_back(o, fault) != SEAL_OK)
        return fault->status;
    for (; o->named < o->count; o->named++) {
        if (output_commit(&o->files[o->named].output, fault) != SEAL_OK)
            return fault->status;
        envelope_wipe(o->files[o->named].env); /* nobody reads it back any more */
    }
    return SEAL_OK;
}

/* Where it is to go on. */
static enum seal_status take_folder(struct outputs *o, const char *answer, struct fault *fault)
{
    char *folder;

    if (answer[0] == '\0')
        return SEAL_OK;
    if (!is_folder(answer)) {
        warn_old("%s: there is no such folder.", shown(answer));
        return SEAL_OK;
    }
    folder = with_slash(answer);
    if (folder == NULL)
        return fault_no_memory(fault);
    free(o->folder);
    o->folder = folder;
    o->was_medium = is_medium(o);
    return SEAL_OK;
}

static enum seal_status ask_for_medium(struct outputs *o, const struct plat_space *room,
                                       struct fault *fault)
{
    char answer[ANSWER_SIZE];
    struct buffer prompt = {0};
    enum plat_prompt_result result;

    if (buffer_printf(&prompt,
                      "There is room for %s in %s, and volume %zu wants %s.\n"
                      "All volumes so far are on the medium, which can be unmounted now. Put in "
                      "another, and press Enter when it is there, or type its folder first: ",
                      size_text(room->free), shown(folder_of(o)), o->count + 1,
                      size_text(o->split.size + FOR_ITSELF)) != SEAL_OK)
        return fault_no_memory(fault);
    progress_hide();
    result = plat_prompt_line((const char *)prompt.data, answer, sizeof answer);
    buffer_free(&prompt);
    switch (result) {
    case PLAT_PROMPT_OK:
        return take_folder(o, answer, fault);
    case PLAT_PROMPT_NO_TERMINAL:
        return fault_set(fault, REASON_VOLUME_NO_ROOM, o->folder);
    case PLAT_PROMPT_FAILED:
        return fault_set_errno(fault, REASON_ANSWER_READ, NULL);
    default:
        return fault_set(fault, REASON_INTERRUPTED, NULL);
    }
}

static enum seal_status find_room(struct outputs *o, struct fault *fault)
{
    struct plat_space room;

    while (o->asks && !has_room(o, &room))
        if (leave_medium(o, fault) != SEAL_OK || ask_for_medium(o, &room, fault) != SEAL_OK)
            return fault->status;
    return SEAL_OK;
}

/* ---- One after the other ------------------------------------------------------------------ */

/* Where it is asked for media, one that cannot be written to is no reason to give up. */
static enum seal_status create_next(struct outputs *o, struct fault *fault)
{
    struct output_file *f = &o->files[o->count];

    for (;;) {
        if (find_room(o, fault) != SEAL_OK)
            return fault->status;
        f->path = o->path != NULL ? strdup(o->path) : draw_path(o);
        if (f->path == NULL)
            return fault_no_memory(fault);
        if (output_create(&f->output, f->path, PLAT_PRIVATE, fault) == SEAL_OK || !o->asks)
            break;
        (void)complain(fault);
        free(f->path);
        *f = (struct output_file){.path = NULL};
        *fault = (struct fault){.status = SEAL_OK};
        if (leave_medium(o, fault) != SEAL_OK ||
            ask_for_medium(o, &(struct plat_space){.free = 0}, fault) != SEAL_OK)
            return fault->status;
    }
    o->count++;
    return fault->status;
}

/* Makes the next, with an envelope of its own. */
static enum seal_status start_next(struct outputs *o, struct stream_out *out, struct fault *fault)
{
    struct output_file *f = &o->files[o->count];

    if (create_next(o, fault) != SEAL_OK)
        return fault->status;
    f->env = &o->envelopes[o->count - 1];
    *f->env = (struct envelope){.params = o->params};
    f->env->params.index = (uint32_t)o->count - 1;
    if (envelope_make(f->env, o->head, o->keys, o->key_count, o->random, fault) != SEAL_OK)
        return fault->status;
    hash_H(f->head_hash, &(struct span){o->head, f->env->head_len}, 1);
    *out = (struct stream_out){f->env, o->head, f->output.fd};
    return SEAL_OK;
}

static enum seal_status next_volume(void *ctx, struct stream_out *out, struct fault *fault)
{
    struct outputs *o = ctx;

    if (o->count == VOLUMES_MAX)
        return fault_set(fault, REASON_VOLUMES_TOO_MANY, NULL);
    if (finish_last(o, fault) != SEAL_OK)
        return fault->status;
    return start_next(o, out, fault);
}

bool outputs_split(struct outputs *o, uint64_t size)
{
    if (o->path != NULL)
        return false;
    o->split = (struct stream_split){size, o->random, next_volume, o};
    return true;
}

enum seal_status outputs_start(struct outputs *o, enum content_type type, struct stream_out *first,
                               struct fault *fault)
{
    o->envelopes = sodium_allocarray(o->split.size > 0 ? VOLUMES_MAX : 1, sizeof *o->envelopes);
    if (o->envelopes == NULL)
        return fault_no_memory(fault);
    o->params =
        (struct envelope_params){.type = type, .flags = o->split.size > 0 ? FLAG_VOLUME : 0};
    random_bytes(o->random, o->params.bundle_id, BUNDLE_ID_LEN);
    o->was_medium = is_medium(o);
    return start_next(o, first, fault);
}

/* ---- The end ------------------------------------------------------------------------------ */

/* What got its name already loses it again: a set that is not whole is of no use. */
static void take_back(const struct outputs *o, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (strcmp(o->files[i].path, "-") != 0 && plat_unlink(PLAT_CWD, o->files[i].path) != 0)
            warn_old("%s: this volume could not be removed; remove it by hand.",
                     shown(o->files[i].path));
}

enum seal_status outputs_commit(struct outputs *o, struct fault *fault)
{
    if (finish_last(o, fault) != SEAL_OK || read_back(o, fault) != SEAL_OK)
        return fault->status;
    for (size_t i = o->named; i < o->count; i++) {
        if (output_commit(&o->files[i].output, fault) == SEAL_OK)
            continue;
        take_back(o, o->named, i);
        return fault->status;
    }
    o->named = 0; /* none is in vain */
    return SEAL_OK;
}

const char *outputs_name(const struct outputs *o)
{
    const char *path = o->count > 0 ? o->files[o->count - 1].path : o->path;

    return path == NULL ? o->folder : strcmp(path, "-") == 0 ? NAME_STDOUT : path;
}

void outputs_end(struct outputs *o)
{
    for (size_t i = 0; i < o->count; i++) {
        if (i < o->named)
            warn_old("%s: this volume is complete, but of no use without the others; remove it.",
                     shown(o->files[i].path));
        output_abort(&o->files[i].output);
        free(o->files[i].path);
    }
    sodium_free(o->envelopes);
    free(o->files);
    free(o->path);
    free(o->folder);
}
