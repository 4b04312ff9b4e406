/*
 * The fixed names in a bag, and what its totals mean.
 */
#include "bag/bag_layout.h"
#include "base/hash.h"

const char *const tag_file_names[TAG_COUNT] = {
    "manifest-sha256.txt", "metadata.mtree", "bag-info.txt", "bagit.txt", "tagmanifest-sha256.txt"};

int tag_file_find(const char *path, size_t path_len)
{
    for (int i = 0; i < TAG_COUNT; i++)
        if (strlen(tag_file_names[i]) == path_len && memcmp(path, tag_file_names[i], path_len) == 0)
            return i;
    return -1;
}

const char *bag_payload_name(const char *path)
{
    size_t dir = strlen(PAYLOAD_DIR "/");

    return strncmp(path, PAYLOAD_DIR "/", dir) == 0 ? path + dir : NULL;
}

bool bag_is_incomplete(const struct bag_totals *totals)
{
    return totals->remarks[BAG_MISSING] + totals->remarks[BAG_SKIPPED] +
               totals->remarks[BAG_DAMAGED] + totals->remarks[BAG_CHANGED] >
           0;
}
