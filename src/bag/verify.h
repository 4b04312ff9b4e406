/*
 * A bag being checked, private to this room.
 */
#ifndef SEAL_BAG_VERIFY_H
#define SEAL_BAG_VERIFY_H

#include "bag/items.h"

#define OXUM_SIZE 64

struct bag_check {
    enum bag_scope scope;
    struct table table;
    struct bag_totals totals;
    size_t item; /* the file or folder at hand, if no tag file is */
    int tag;     /* the tag file at hand, or -1 */
    bool tag_seen[TAG_COUNT];
    uint8_t tag_digests[TAG_COUNT][SHA256_LEN]; /* as met */
    uint8_t tag_listed[TAG_COUNT][SHA256_LEN];  /* as the tagmanifest says */
    bool tag_is_listed[TAG_COUNT];
    struct sha256 hash;
    struct buffer line; /* of the tag file at hand, so far */
    uint64_t line_number;
    struct buffer remarks;
    bool remarks_are_cut;
    struct buffer damaged; /* "# damaged ./PATH " of the last such line */
    struct buffer info;
    char oxum[OXUM_SIZE]; /* the Payload-Oxum of bag-info.txt */
};

#endif
