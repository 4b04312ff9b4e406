#include "intake/receiver.h"

static enum seal_status broken(struct fault *fault)
{
    return fault_set(fault, REASON_WORKER_MESSAGE, NULL);
}

/* ---- One message each --------------------------------------------------------------------- */

static enum seal_status receive_cage(struct receiver *r, struct fields *f, struct fault *fault)
{
    unsigned int missing;

    if (!message_read_cage(f, &missing))
        return broken(fault);
    r->result->uncaged = missing;
    if (missing != 0 && !r->whole_cage && r->observer->uncaged != NULL)
        r->observer->uncaged(r->observer->ctx, missing);
    return SEAL_OK;
}

static enum seal_status receive_progress(struct receiver *r, struct fields *f, struct fault *fault)
{
    uint64_t bytes;

    if (!message_read_progress(f, &bytes) || bytes > UINT64_MAX - r->bytes_read)
        return broken(fault);
    r->bytes_read += bytes;
    if (r->observer->progress != NULL)
        r->observer->progress(r->observer->ctx, bytes);
    return SEAL_OK;
}

static enum seal_status receive_item(struct receiver *r, struct fields *f, struct fault *fault)
{
    uint8_t digest[SHA256_LEN];
    struct bag_item item;

    if (!message_read_item(f, &item, digest))
        return broken(fault);
    if (r->observer->item(r->observer->ctx, &item, fault) == SEAL_OK)
        return SEAL_OK;
    r->observer_ended = true;
    return fault_set(fault, REASON_IO, NULL);
}

static enum seal_status receive_extracted(struct receiver *r, struct fields *f, struct fault *fault)
{
    uint8_t digest[SHA256_LEN];
    struct bag_item item;
    const char *on_disk;

    if (!message_read_extracted(f, &item, digest, &on_disk) || ++r->files_extracted > r->files_max)
        return broken(fault);
    r->observer->extracted(r->observer->ctx, &item, on_disk);
    return SEAL_OK;
}

static enum seal_status receive_change(struct receiver *r, struct fields *f, struct fault *fault)
{
    struct bag_difference difference;

    if (!message_read_change(f, &difference))
        return broken(fault);
    r->observer->change(r->observer->ctx, &difference);
    return SEAL_OK;
}

static enum seal_status receive_note(struct receiver *r, struct fields *f, struct fault *fault)
{
    enum bag_note note;
    const char *path;

    if (!message_read_note(f, &note, &path))
        return broken(fault);
    r->observer->note(r->observer->ctx, note, path);
    return SEAL_OK;
}

static enum seal_status receive_salvaged(struct receiver *r, struct fields *f, struct fault *fault)
{
    struct custody_piece piece;

    if (!message_read_salvaged(f, &piece))
        return broken(fault);
    if (r->observer->salvaged(r->observer->ctx, &piece, fault) == SEAL_OK)
        return SEAL_OK;
    r->observer_ended = true;
    return fault->status;
}

static enum seal_status receive_mended(struct receiver *r, struct fields *f, struct fault *fault)
{
    return message_read_mended(f, r->result, r->volume_count) ? SEAL_OK : broken(fault);
}

static enum seal_status receive_text(struct buffer *text, size_t most, struct fields *f,
                                     struct fault *fault)
{
    bool no_memory = false;

    if (message_read_text(f, text, most, &no_memory))
        return SEAL_OK;
    return no_memory ? fault_no_memory(fault) : broken(fault);
}

static enum seal_status receive_done(struct receiver *r, struct fields *f, struct fault *fault)
{
    r->is_done = message_read_done(f, r->task, &r->outcome, r->result);
    return r->is_done ? SEAL_OK : broken(fault);
}

/* ---- All of them -------------------------------------------------------------------------- */

/* The program prints and keeps what a worker sends, so there is an end to it: so many bytes, and so
 * many more for each file that is allowed. An honest worker never sends as much. */
#define BYTES_MAX (UINT64_C(64) << 20)
#define BYTES_MAX_PER_FILE UINT64_C(1024)

static bool is_too_much(const struct receiver *r)
{
    return r->bytes_received > BYTES_MAX &&
           (r->bytes_received - BYTES_MAX) / BYTES_MAX_PER_FILE > r->files_max;
}

static enum seal_status receive_message(struct receiver *r, enum message_type type,
                                        struct fields *f, struct fault *fault)
{
    r->bytes_received += type == MESSAGE_PROGRESS ? 0 : f->left;
    if (!message_is_allowed(r->task, type) || is_too_much(r))
        return broken(fault);
    switch (type) {
    case MESSAGE_CAGE:
        return receive_cage(r, f, fault);
    case MESSAGE_PROGRESS:
        return receive_progress(r, f, fault);
    case MESSAGE_ITEM:
        return receive_item(r, f, fault);
    case MESSAGE_EXTRACTED:
        return receive_extracted(r, f, fault);
    case MESSAGE_CHANGE:
        return receive_change(r, f, fault);
    case MESSAGE_NOTE:
        return receive_note(r, f, fault);
    case MESSAGE_SALVAGED:
        return receive_salvaged(r, f, fault);
    case MESSAGE_MENDED:
        return receive_mended(r, f, fault);
    case MESSAGE_INFO:
        return receive_text(&r->result->bag_info, BAG_INFO_KEPT_MAX, f, fault);
    case MESSAGE_REMARKS:
        /* Remarks, and names that are spelled differently. */
        return receive_text(&r->result->remarks, 2 * BAG_REMARKS_KEPT_MAX, f, fault);
    case MESSAGE_DONE:
        return receive_done(r, f, fault);
    default:
        return broken(fault);
    }
}

enum seal_status receiver_run(struct receiver *r, struct fault *fault)
{
    while (!r->is_done) {
        enum message_type type;
        struct fields f;

        if (message_receive(r->channel, &type, &f, fault) != SEAL_OK)
            return fault->status;
        if (type == MESSAGE_NONE)
            return SEAL_OK; /* closed: how the process ended tells why */
        if (receive_message(r, type, &f, fault) != SEAL_OK)
            return fault->status;
    }
    return SEAL_OK;
}
