#include "jobs/key_show.h"

/* A key that stays locked has the fingerprint that its file says. */
static enum seal_status show_secret(const struct key_show_request *request,
                                    const struct secret_record *record,
                                    const struct key_dialog *dialog,
                                    const struct key_show_observer *observer, struct fault *fault)
{
    struct fault unlocking = {.status = SEAL_OK};
    char digits[FINGERPRINT_SIZE];
    struct identity *id;
    enum seal_status status;

    observer->secret_key(observer->ctx, request->name, record);
    if (dialog->unlock(dialog->ctx, &id, record, request->name, &unlocking) != SEAL_OK) {
        bool may_stay = unlocking.status == SEAL_USAGE && request->may_stay_locked;

        observer->fingerprint(observer->ctx,
                              may_stay && record->noted[0] != '\0' ? record->noted : NULL, false);
        if (may_stay)
            return SEAL_OK;
        *fault = unlocking;
        return fault->status;
    }
    fingerprint_text(digits, id->pkh);
    observer->fingerprint(observer->ctx, digits, true);
    status = secret_record_note_fits(record, id)
                 ? SEAL_OK
                 : fault_set(fault, REASON_KEY_NOTE_OTHER, request->name);
    identity_free(id);
    return status;
}

static bool all_locked(const struct key_file *file)
{
    for (size_t i = 0; i < file->secret_count; i++)
        if (!file->secrets[i].locked)
            return false;
    return true;
}

enum seal_status key_show(const struct key_show_request *request, const struct key_dialog *dialog,
                          const struct key_show_observer *observer, struct fault *fault)
{
    struct key_file file;
    struct key_text text;
    enum seal_status status = key_file_read_text(&file, &text, request->name, fault);

    key_text_free(&text);
    if (status != SEAL_OK)
        return status;
    if (file.public_count + file.secret_count == 0)
        status = key_file_lacks(&file, REASON_KEY_NONE, request->name, fault);
    if (file.is_exposed)
        dialog->exposed(request->name, all_locked(&file));
    for (size_t i = 0; i < file.public_count; i++)
        observer->public_key(observer->ctx, request->name, &file.public_keys[i]);
    for (size_t i = 0; i < file.secret_count && status == SEAL_OK; i++)
        status = show_secret(request, &file.secrets[i], dialog, observer, fault);
    key_file_free(&file);
    return status;
}
