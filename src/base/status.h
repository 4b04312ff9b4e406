/*
 * status: what a call came to. A fault is data: a status, a reason, the numbers and names that
 * belong to it. The room text makes sentences of it.
 */
#ifndef SEAL_STATUS_H
#define SEAL_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"

/* What a library call came to. cli maps each to one sentence and one exit code. */
enum seal_status {
    SEAL_OK = 0,
    SEAL_IO,               /* the system refused; fault.sys is errno */
    SEAL_NO_MEMORY,        /* memory could not be had */
    SEAL_EXISTS,           /* the output is there already */
    SEAL_NO_ROOM,          /* content is larger than the fixed size or a limit of the format */
    SEAL_LOCAL_NAME,       /* this system cannot hold a name; no fault of the sealed file */
    SEAL_INTERRUPTED,      /* a signal asked to stop */
    SEAL_USAGE,            /* what was asked for makes no sense */
    SEAL_BAD_KEY,          /* a key file is malformed, or a key cannot be used */
    SEAL_WRONG_PASSPHRASE, /* the passphrase does not open this key */
    SEAL_NO_KEY,           /* no key opens the file, or its beginning is damaged */
    SEAL_DAMAGED,          /* a key opens it, but it was altered or cut short */
    SEAL_HOSTILE,          /* all of it is authentic and yet it breaks a rule of the format */
    SEAL_NEWER,            /* made by a later version of the format */
    SEAL_TOO_MUCH,         /* more is inside than the receiver lets come out */
    SEAL_BROKE             /* what reads the content was stopped, or crashed, on it */
};

/* Why it failed; base/reasons.def has the list, with the status of each. The first ones say no more
 * than their status, and have its number. */
enum seal_reason {
    REASON_NONE = 0,
#define FAULT(reason, status) REASON_##reason,
#include "base/reasons.def"
#undef FAULT
    REASON_COUNT
};

/* The status that goes with a reason; SEAL_OK for REASON_NONE and for what is no reason. */
enum seal_status reason_status(enum seal_reason reason);

#define FAULT_NAME_SIZE 1024

/* In the place of a name, for the standard streams. */
#define NAME_STDIN "/dev/stdin"
#define NAME_STDOUT "/dev/stdout"

/* The first failure of an operation, for the one message about it. All that it says is here: it
 * points to nothing. */
struct fault {
    enum seal_status status; /* SEAL_OK: there is none */
    enum seal_reason reason;
    int sys;                    /* errno, or 0 */
    uint64_t number, limit;     /* where the reason has numbers: what was met, what is allowed */
    uint64_t more;              /* files that it concerns besides the one of that name */
    char name[FAULT_NAME_SIZE]; /* the file concerned, raw bytes, cut to fit; "" if none */
    char item[FAULT_NAME_SIZE]; /* a name within that file, or a second one; "" if none */
};

/* Notes a failure unless one is noted already, and returns its status. name may be NULL. */
enum seal_status fault_set(struct fault *fault, enum seal_reason reason, const char *name);
/* The same with errno. The status is SEAL_NO_MEMORY for ENOMEM, SEAL_INTERRUPTED for EINTR after
 * a signal that asks to stop, and else that of the reason, which is SEAL_IO. */
enum seal_status fault_set_errno(struct fault *fault, enum seal_reason reason, const char *name);
/* For a call that returned status and takes no fault: the reason that says no more than that.
 * Nothing for SEAL_OK. */
enum seal_status fault_set_status(struct fault *fault, enum seal_status status);
/* Memory could not be had. */
enum seal_status fault_no_memory(struct fault *fault);
/* The numbers and the second name of a failure that was just noted. */
void fault_add_numbers(struct fault *fault, uint64_t number, uint64_t limit);
void fault_add_item(struct fault *fault, const char *item);
/* Adds the name to a failure that was noted by somebody who did not know it. */
void fault_add_name(struct fault *fault, const char *name);
/* Whether errno says that what a file lies on is gone: a medium, a share, what served a mount. */
bool is_medium_gone(int sys);

/* ---- Stopping on a signal ----------------------------------------------------------------- */

/* Asynchronous signals reach a program through a global or not at all; this is the only one.
 * Set by the platform's handler; read by every loop over data. */
void stop_request(void);
bool stop_requested(void);

#endif
