#include "intake/known_record.h"

#include "base/bytes.h"
#include "base/status.h"

static enum seal_status read_whole(int fd, struct buffer *out, struct fault *fault)
{
    size_t got = 0;

    do {
        if (out->len > CUSTODY_JSON_MAX)
            return fault_set(fault, REASON_RECORD_LARGE, NULL);
        if (buffer_reserve(out, 65536) != SEAL_OK)
            return fault_no_memory(fault);
        if (fd_read_full(fd, out->data + out->len, 65536, &got, fault) != SEAL_OK)
            return fault->status;
        out->len += got;
    } while (got > 0);
    return SEAL_OK;
}

void known_record_read(struct intake_record *record, int fd)
{
    struct fault fault = {.status = SEAL_OK};
    struct buffer text = {0};

    if (read_whole(fd, &text, &fault) == SEAL_OK &&
        !custody_json_read(&record->known, (const char *)text.data, text.len))
        IGNORE_RESULT(fault_set(&fault, REASON_RECORD_UNREADABLE, NULL));
    record->is_read = fault.status == SEAL_OK;
    record->reason = fault.reason;
    record->sys = fault.sys;
    buffer_free(&text);
}
