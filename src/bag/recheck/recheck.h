/*
 * bag/recheck: checks a bag on disk against its record, any time after it was unpacked, or a bag
 * that somebody else made. Reads files and writes none.
 */
#ifndef SEAL_BAG_RECHECK_H
#define SEAL_BAG_RECHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bag/bag.h"
#include "base/hash.h"

enum bag_change {
    BAG_GONE,       /* the record lists it, and it is not there */
    BAG_ALTERED,    /* its bytes are others now */
    BAG_ADDED,      /* it is there, and the record does not list it */
    BAG_RETIMED,    /* its time is another (only where there is a metadata.mtree) */
    BAG_UNREADABLE, /* it could not be read, so nothing is known */
    BAG_RECORD_OFF, /* a file of the record contradicts another, or is malformed */
    BAG_CHANGE_KINDS
};

/* The result. */
struct bag_recheck {
    uint64_t files, bytes; /* of the payload, that were read and compared */
    uint64_t changes[BAG_CHANGE_KINDS];
    bool has_listing;           /* there is a metadata.mtree: times were compared too */
    bool has_digest;            /* there is a tagmanifest-sha256.txt: */
    uint8_t digest[SHA256_LEN]; /* D, its SHA-256; that of as-sealed/ where there is one */
    bool has_unread_digest;     /* there is one, and it could not be read */
    char algorithms[64];        /* of the manifests, "sha256" or "md5, sha512" */
};

/* Who is told what happens meanwhile. Each function may be NULL. Strings are good until it
 * returns. */
struct bag_recheck_observer {
    void *ctx;
    /* path: in the bag; detail: a few words, or NULL. */
    void (*change)(void *ctx, enum bag_change kind, const char *path, const char *detail);
    /* Something worth knowing that is no change. */
    void (*note)(void *ctx, const char *path, const char *what);
    void (*progress)(void *ctx, uint64_t bytes); /* of files of the payload that were read */
};

/* Checks any BagIt bag, of version 0.93 to 1.0: every manifest that is there (md5, sha1, sha224,
 * sha256, sha384, sha512), that files and manifests are complete, Payload-Oxum, and metadata.mtree
 * and as-sealed/ where they are. Of a bag that seal made it also checks that nothing is beside
 * data/ but what belongs there. dirfd is the open bag, name what the user called it; observer may
 * be NULL. SEAL_OK: it was checked, and what differs was told; SEAL_USAGE: it is no bag; SEAL_IO,
 * SEAL_NO_MEMORY, SEAL_INTERRUPTED. */
MUST_USE enum seal_status bag_recheck(struct bag_recheck *result, int dirfd, const char *name,
                                      const struct bag_recheck_observer *observer,
                                      struct fault *fault);

#endif
