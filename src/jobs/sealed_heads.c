#include "jobs/sealed_heads_private.h"

#include <stdlib.h>

struct sealed_heads sealed_heads_of(struct volume_in *in)
{
    size_t len;
    const uint8_t *head = volume_head(in, &len);

    return (struct sealed_heads){.in = in, .first = len == BLOCK_LEN ? head : NULL};
}

const uint8_t *sealed_heads_second(struct sealed_heads *h)
{
    struct fault unread = {.status = SEAL_OK};

    if (!h->was_read && volume_is_file(h->in) && volume_size(h->in) > BLOCK_LEN) {
        h->room = malloc(BLOCK_LEN);
        h->has_second = h->room != NULL && volume_read_end(h->in, h->room, &unread) == SEAL_OK;
    }
    h->was_read = true;
    return h->has_second ? h->room : NULL;
}

void sealed_heads_free(struct sealed_heads *h)
{
    free(h->room);
    h->room = NULL;
}
