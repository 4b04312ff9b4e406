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

/* What is the matter in detail. */
enum bag_detail {
    BAG_DETAIL_NONE, /* kind and path say all */
#define DETAIL(name, kinds, fields) BAG_DETAIL_##name,
#include "bag/recheck/details.def"
#undef DETAIL
    BAG_DETAILS
};

/* Of BagIt manifests (RFC 8493, 2.4), the weakest first. */
enum digest_kind {
    DIGEST_MD5,
    DIGEST_SHA1,
    DIGEST_SHA224,
    DIGEST_SHA256,
    DIGEST_SHA384,
    DIGEST_SHA512,
    DIGEST_KINDS
};

/* A set of kinds is an unsigned int of these bits. */
#define DIGEST_BIT(kind) (1U << (kind))

/* "md5": as in manifest-md5.txt. */
const char *digest_name(enum digest_kind kind);

/* Files of the record that a detail may name. */
enum bag_record_file {
    BAG_RECORD_NO_FILE,
    BAG_RECORD_MANIFEST, /* manifest-ALGORITHM.txt: DIGEST_KINDS numbers, from this one on */
    BAG_RECORD_TAGMANIFEST = BAG_RECORD_MANIFEST + DIGEST_KINDS, /* likewise */
    BAG_RECORD_LISTING = BAG_RECORD_TAGMANIFEST + DIGEST_KINDS,
    BAG_RECORD_FETCH,
    BAG_RECORD_SEALED_MANIFEST,
    BAG_RECORD_SEALED_LISTING,
    BAG_RECORD_FILES
};

/* Its path in the bag; "" for BAG_RECORD_NO_FILE. */
const char *bag_record_file_name(enum bag_record_file file);

struct bag_facts {
    uint64_t bytes, files; /* of a file, or of the payload as in Payload-Oxum */
    struct timestamp time;
};

/* One difference. It owns nothing: path is good until the function that was told returns. All
 * fields from sys on are 0 where details.def does not say that they belong to the detail. */
struct bag_difference {
    enum bag_change kind;
    const char *path; /* in the bag; any bytes */
    enum bag_detail detail;
    int sys;                          /* errno */
    enum bag_record_file file, other; /* that say something of the path */
    uint64_t line;                    /* of file, or else of path; from 1 on */
    struct bag_facts was, is;         /* in the record, and on disk */
};

/* Whether these are fields that go together, of those that this header has. The rest of the program
 * may then rely on it, wherever the difference comes from. */
bool bag_difference_is_possible(const struct bag_difference *difference);

/* Something worth knowing that is no change. */
enum bag_note {
    BAG_NOTE_ALGORITHM, /* a manifest of an algorithm that is not known here; it is not checked */
    BAG_NOTES
};

/* The result. */
struct bag_recheck {
    uint64_t files, bytes; /* of the payload, that were read and compared */
    uint64_t changes[BAG_CHANGE_KINDS];
    bool has_listing;                /* there is a metadata.mtree: times were compared too */
    bool has_digest;                 /* there is a tagmanifest-sha256.txt: */
    uint8_t digest[SHA256_LEN];      /* D, its SHA-256; that of as-sealed/ where there is one */
    uint8_t disk_digest[SHA256_LEN]; /* that of the one beside data/ */
    bool has_unread_digest;          /* one of the two is there, and could not be read */
    unsigned int algorithms;         /* of the payload manifests that were read: DIGEST_BITs */
};

/* Who is told what happens meanwhile. Each function may be NULL. */
struct bag_recheck_observer {
    void *ctx;
    void (*change)(void *ctx, const struct bag_difference *difference);
    void (*note)(void *ctx, enum bag_note note, const char *path); /* in the bag */
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
