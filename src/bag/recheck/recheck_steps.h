/*
 * The steps of checking a bag on disk, in the order in which recheck.c calls them. Private to
 * bag/recheck. First all of the record is read into tables; then each file on disk is compared with
 * them and marked as met; what was not met at the end is gone. A step tells what it finds and
 * returns SEAL_OK, unless it cannot go on.
 */
#ifndef SEAL_BAG_RECHECK_STEPS_H
#define SEAL_BAG_RECHECK_STEPS_H

#include "bag/recheck/recheck_state.h"

/* ---- Reading the record ------------------------------------------------------------------- */

/* bagit.txt (RFC 8493, 2.1.1). SEAL_USAGE: it is no bag. */
MUST_USE enum seal_status recheck_bagit(struct recheck *r, struct fault *fault);
/* Which manifests there are. SEAL_USAGE: it is no bag. */
MUST_USE enum seal_status recheck_find_manifests(struct recheck *r, struct fault *fault);
/* All manifests of the payload, and against each other. SEAL_IO: none could be read. */
MUST_USE enum seal_status recheck_payload_manifests(struct recheck *r, struct fault *fault);
/* fetch.txt (RFC 8493, 2.2.3): files that are not in the bag, but can be fetched. */
MUST_USE enum seal_status recheck_fetch(struct recheck *r, struct fault *fault);
/* bag-info.txt: whether the bag is ours, and its Payload-Oxum. */
MUST_USE enum seal_status recheck_info(struct recheck *r, struct fault *fault);
/* metadata.mtree, against the manifests. */
MUST_USE enum seal_status recheck_listing(struct recheck *r, struct fault *fault);
MUST_USE enum seal_status recheck_tag_manifests(struct recheck *r, struct fault *fault);

/* ---- Comparing ---------------------------------------------------------------------------- */

/* The tag files that a tag manifest lists, against their digests. */
MUST_USE enum seal_status recheck_tag_files(struct recheck *r, struct fault *fault);
/* as-sealed/, where it is, against the tables. */
MUST_USE enum seal_status recheck_sealed(struct recheck *r, struct fault *fault);
/* In a bag of ours: what is missing beside data/, and what does not belong there. */
MUST_USE enum seal_status recheck_beside_data(struct recheck *r, struct fault *fault);
/* All that is below data/. */
MUST_USE enum seal_status recheck_payload(struct recheck *r, struct fault *fault);
/* What the record lists below data/ and was not met. */
void recheck_missing(struct recheck *r);
/* Payload-Oxum (RFC 8493, 2.2.2). */
void recheck_oxum(struct recheck *r);

#endif
