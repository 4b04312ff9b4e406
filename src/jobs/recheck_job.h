/*
 * recheck_job: checks a bag on disk against its own record and, where it stands beside the bag,
 * against the custody record. Needs no key. Public.
 */
#ifndef SEAL_RECHECK_JOB_H
#define SEAL_RECHECK_JOB_H

#include "bag/bag.h"
#include "custody/custody.h"
#include "jobs/limits.h"
#include "jobs/receive_observer.h"

struct recheck_request {
    const char *bag; /* path of the folder */
    struct asked_limits limits;
};

/* Is told of each difference, as bag_recheck_observer. */
struct recheck_listener {
    void *ctx;
    void (*change)(void *ctx, const struct bag_difference *difference);
    void (*note)(void *ctx, enum bag_note note, const char *path);
};

/* How D, the digest of the bag's manifests, and the lists on disk compare with the custody record.
 */
enum recheck_custody {
    RECHECK_NO_RECORD,
    RECHECK_RECORD_SAME,
    RECHECK_RECORD_OTHER,
    RECHECK_NAMES_OTHER, /* D is the same; the lists have names on disk that are not on record */
    RECHECK_NOT_COMPARED /* the record is of no use (custody_fault), or D could not be read */
};

/* What all of it comes to, the worst first. */
enum recheck_verdict {
    RECHECK_CHANGED,
    RECHECK_UNREAD,   /* something could not be read; nothing else differs but times */
    RECHECK_UNUSABLE, /* the custody record could not be compared; nothing else differs but times */
    RECHECK_TIMES,    /* only times differ */
    RECHECK_UNCHANGED
};

struct recheck_result {
    struct bag_recheck bag;
    uint64_t changes; /* of all kinds */
    enum recheck_custody custody;
    struct custody_known known; /* once it was compared */
    struct fault custody_fault; /* why the custody record could not be used */
    enum recheck_verdict verdict;
};

/* Once, before the first recheck_job_run: the program gives up all files but these bags, with what
 * is in them, and the custody records beside them (platform/confine.h). */
void recheck_confine(const char *const *bags, size_t count);

/* SEAL_USAGE: it is no bag; SEAL_IO, SEAL_NO_MEMORY, SEAL_BROKE, SEAL_TOO_MUCH, SEAL_INTERRUPTED.
 */
MUST_USE enum seal_status recheck_job_run(struct recheck_result *result,
                                          const struct recheck_request *request,
                                          const struct receive_observer *observer,
                                          const struct recheck_listener *listener,
                                          struct fault *fault);

#endif
