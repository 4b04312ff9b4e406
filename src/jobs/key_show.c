#include "jobs/key_show.h"

static enum seal_status show_secret(const struct key_show_request *request,
                                    const struct secret_record *record,
                                    const struct key_dialog *dialog,
                                    const struct key_show_observer *observer, struct fault *fault)
{
    struct fault unlocking = {.status = SEAL_OK};
    struct identity *id;
    enum seal_status status;

    observer->secret_key(observer->ctx, request->name, record);
    status = dialog->unlock(dialog->ctx, &id, record, request->name, &unlocking);
    observer->fingerprint(observer->ctx, status == SEAL_OK ? id->pkh : NULL);
    if (status == SEAL_OK)
        identity_free(id);
    if (status == SEAL_OK || (status == SEAL_USAGE && request->may_stay_locked))
        return SEAL_OK;
    *fault = unlocking;
    return status;
}

enum seal_status key_show(const struct key_show_request *request, const struct key_dialog *dialog,
                          const struct key_show_observer *observer, struct fault *fault)
{
    struct key_file file;
    enum seal_status status = key_file_read(&file, request->name, fault);

    if (status != SEAL_OK)
        return status;
    if (file.public_count + file.secret_count == 0)
        status = key_file_lacks(&file, REASON_KEY_NONE, request->name, fault);
    for (size_t i = 0; i < file.public_count; i++)
        observer->public_key(observer->ctx, request->name, &file.public_keys[i]);
    for (size_t i = 0; i < file.secret_count && status == SEAL_OK; i++)
        status = show_secret(request, &file.secrets[i], dialog, observer, fault);
    key_file_free(&file);
    return status;
}
