/*
 * Where the blocks of a sealed file stand (format sections 3 and 3a), private to this room: data
 * blocks alone, or groups of data and parity blocks and a second head.
 *
 * m is the number of parity blocks of a lane: 0 (no repair data), 4, 8 or 16. Blocks, and data and
 * parity blocks each by themselves, are counted from 0 over the whole file.
 */
#ifndef SEAL_STREAM_LAYOUT_H
#define SEAL_STREAM_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

/* Data symbols of a lane, and the most parity symbols. */
#define PARITY_PLACES 64
#define PARITY_MAX 16
/* Lanes times m, in the largest groups: so many blocks a writer and a mender hold. */
#define GROUP_PARITY_MOST 256

struct group {
    uint64_t at;         /* its first block */
    uint64_t first_data; /* its first data block */
    uint64_t first_parity;
    uint64_t data_count; /* at most PARITY_PLACES * lanes; less only in the last group */
    unsigned int lanes;
};

/* The group that is first, and full. */
struct group group_first(void);
/* The full group behind a full one. */
struct group group_next(const struct group *g, unsigned int m);
uint64_t group_parity_count(const struct group *g, unsigned int m);
/* Parity block i of the group, from 0: which lane it is of; it is parity i / lanes of that. */
unsigned int group_parity_lane(const struct group *g, uint64_t i);

/* Data blocks of a file of so many blocks; 0 if no file has that many. */
uint64_t layout_data_count(uint64_t blocks, unsigned int m);
/* Blocks of a file with so many data blocks, at least 1. */
uint64_t layout_block_count(uint64_t data_count, unsigned int m);
/* The group of a data block. blocks: of the file, or 0 if that is not known: then all groups are
 * taken for full. m is not 0. */
struct group layout_group(uint64_t blocks, unsigned int m, uint64_t data_number);
/* The block that a data block is. */
uint64_t layout_block_of(uint64_t data_number, unsigned int m);

enum block_kind { BLOCK_DATA, BLOCK_PARITY, BLOCK_SECOND_HEAD };
struct place {
    enum block_kind kind;
    uint64_t number; /* of the data block, or the parity block */
};
/* What block b is. blocks as above. */
struct place layout_at(uint64_t blocks, unsigned int m, uint64_t b);

#endif
