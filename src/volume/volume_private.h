/*
 * Inside a volume_in; private to this room.
 */
#ifndef SEAL_VOLUME_PRIVATE_H
#define SEAL_VOLUME_PRIVATE_H

#include <stdatomic.h>

#include "volume/volume.h"

struct volume_in {
    int fd;
    bool close_fd;
    bool is_file; /* it is read in any order */
    const char *name;
    uint64_t size; /* 0: not known */
    uint8_t head[VOLUME_BLOCK_LEN];
    size_t head_len;
    struct fault head_fault; /* the first block of a file cannot be read, and others may be */
    uint8_t *tail;           /* or NULL */
    /* Of what is no file: */
    size_t head_taken;  /* bytes of head that volume_read gave out */
    bool has_next_byte; /* the byte behind the last piece was read with it: */
    uint8_t next_byte;
    bool forgives;        /* blocks that cannot be read are zeros */
    uint64_t unreadable;  /* blocks that were so */
    struct fault failure; /* why the first was */
    bool is_patient;      /* it is read by a thread that looks whether to go on */
    /* For other threads: */
    atomic_bool gives_up, is_waiting;
};

/* Whether reading is to end: by a signal, or since nobody needs what would come. */
bool volume_is_over(const struct volume_in *in);

#endif
