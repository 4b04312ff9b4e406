#include "jobs/drop_publish_private.h"

#include "jobs/output_place_private.h"
#include "jobs/receive_relay_private.h"

/* ---- The folder --------------------------------------------------------------------------- */

/* Each is opened by its path, and meanwhile somebody may have put another folder in the place of
 * the one that the output is in. */
static enum seal_status need_same_folder(struct drop_outputs *o, int dirfd, const char *path,
                                         struct fault *fault)
{
    if (o->beside < 0) {
        o->beside = plat_duplicate(dirfd);
        return o->beside >= 0 ? SEAL_OK : fault_set_errno(fault, REASON_FOLDER_OPEN, path);
    }
    return plat_is_same(dirfd, ".", o->beside) == 1 ? SEAL_OK
                                                    : fault_set(fault, REASON_EXCHANGED, path);
}

/* ---- Making ------------------------------------------------------------------------------- */

enum seal_status drop_outputs_make(struct drop_outputs *o, struct fault *fault)
{
    const char *path = o->target->path;

    if (path == NULL)
        return SEAL_OK;
    clear_leftovers_of(path, o->observer);
    if (o->target->is_folder) {
        if (output_dir_create(&o->folder, path, fault) != SEAL_OK)
            return fault->status;
        tell_exposed(o->observer, o->folder.parent, path);
        return need_same_folder(o, o->folder.parent, path, fault);
    }
    if (output_create(&o->file, path, PLAT_PRIVATE, fault) != SEAL_OK || o->file.is_stdout)
        return fault->status;
    tell_exposed(o->observer, o->file.dirfd, path);
    plat_mark_downloaded(o->file.fd);
    return need_same_folder(o, o->file.dirfd, path, fault);
}

int drop_outputs_fd(const struct drop_outputs *o)
{
    if (o->target->path == NULL)
        return -1;
    return o->target->is_folder ? o->folder.fd : o->file.fd;
}

enum seal_status drop_outputs_cut(struct drop_outputs *o, uint64_t len, struct fault *fault)
{
    if (o->target->path == NULL || o->file.is_stdout || plat_truncate(o->file.fd, len) == 0)
        return SEAL_OK;
    return fault_set_errno(fault, REASON_WRITE, o->target->path);
}

static enum seal_status record_path(struct buffer *path, const struct drop_target *target,
                                    enum record_form form)
{
    return buffer_printf(path, "%s%s", target->record, record_ending(form));
}

enum seal_status drop_outputs_add_record(struct drop_outputs *o, enum record_form form,
                                         const struct buffer *text, struct fault *fault)
{
    struct output *out = &o->records[form];
    struct buffer path = {0};
    enum seal_status status =
        record_path(&path, o->target, form) == SEAL_OK ? SEAL_OK : fault_no_memory(fault);

    if (status == SEAL_OK) {
        clear_leftovers_of((char *)path.data, o->observer);
        status = output_create(out, (char *)path.data, PLAT_SHARED, fault);
    }
    if (status == SEAL_OK)
        status = need_same_folder(o, out->dirfd, (char *)path.data, fault);
    if (status == SEAL_OK && fd_write_full(out->fd, text->data, text->len, fault) != SEAL_OK) {
        fault_add_name(fault, (char *)path.data);
        status = fault->status;
    }
    buffer_free(&path);
    return status;
}

/* ---- Giving names ------------------------------------------------------------------------- */

/* What has its name already. A folder that has is taken back by drop_outputs_abandon. */
struct named {
    bool file, first_record;
};

static void take_back(struct drop_outputs *o, const struct named *named)
{
    struct buffer path = {0};

    if (named->file && plat_unlink(o->beside, path_last_part(o->target->path)) != 0)
        tell_name(o->observer, RECEIVE_OUTPUT_STAYS, o->target->path);
    if (named->first_record && (record_path(&path, o->target, RECORD_TEXT) != SEAL_OK ||
                                plat_unlink(o->beside, path_last_part((char *)path.data)) != 0))
        tell_name(o->observer, RECEIVE_RECORD_STAYS,
                  path.data != NULL ? (char *)path.data : o->target->record);
    buffer_free(&path);
}

/* The output gets its name, and then the record. */
static enum seal_status give_names(struct drop_outputs *o, struct named *named, struct fault *fault)
{
    bool is_file = o->file.temporary != NULL;
    enum seal_status status = SEAL_OK;

    if (o->folder.temporary != NULL)
        status = output_dir_commit(&o->folder, fault);
    else if (is_file || o->file.is_stdout)
        status = output_commit(&o->file, fault);
    named->file = status == SEAL_OK && is_file;
    if (status != SEAL_OK || o->target->record == NULL)
        return status;
    status = output_commit(&o->records[RECORD_TEXT], fault);
    named->first_record = status == SEAL_OK;
    return status == SEAL_OK ? output_commit(&o->records[RECORD_JSON], fault) : status;
}

enum seal_status drop_outputs_publish(struct drop_outputs *o, struct fault *fault)
{
    struct named named = {0};
    enum seal_status status;

    o->observer->sync_begins(o->observer->ctx);
    status = give_names(o, &named, fault);
    o->observer->sync_ends(o->observer->ctx);
    if (status != SEAL_OK)
        take_back(o, &named);
    else if (o->folder.temporary != NULL)
        output_dir_keep(&o->folder);
    return status;
}

void drop_outputs_abandon(struct drop_outputs *o)
{
    output_dir_abort(&o->folder, o->observer->leftover);
    output_abort(&o->file, LEFTOVER_OWN, o->observer->leftover);
    for (enum record_form form = 0; form < RECORD_FORMS; form++)
        output_abort(&o->records[form], LEFTOVER_OWN, o->observer->leftover);
    if (o->beside >= 0)
        (void)plat_close(o->beside);
    o->beside = -1;
}
