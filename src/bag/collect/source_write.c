/*
 * Writing the bag: first the payload, then the record of what was read.
 */
#include "bag/collect/bag_writer.h"

#include <stdlib.h>
#include <string.h>

enum seal_status bag_source_write(struct bag_source *source, struct content_writer *to,
                                  struct crew *crew, const struct bag_info *info,
                                  uint8_t digest[static SHA256_LEN], struct fault *fault)
{
    struct bag_writer w = {.source = source, .to = to, .now = {info->now.sec, 0}};
    struct item *data = &source->table.items[0];
    enum seal_status status;

    w.buf = malloc(SMALL_FILE_LEN);
    if (w.buf == NULL)
        return fault_no_memory(fault);
    if (read_ahead_new(&w.ahead, source, crew, fault) != SEAL_OK) {
        free(w.buf);
        return fault->status;
    }
    /* Otherwise data/ is ours, and new. */
    if (!source->data_is_given)
        data->sec = w.now.sec;
    status = bag_write_payload(&w, fault);
    if (status == SEAL_OK)
        status = bag_write_record(&w, info, fault);
    if (status == SEAL_OK)
        memcpy(digest, w.tag_digests[TAG_TAGMANIFEST], SHA256_LEN);
    read_ahead_free(w.ahead);
    free(w.buf);
    return status;
}
