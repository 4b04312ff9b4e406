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

/* What a library call came to. cli maps each to one sentence and one exit code (users.md). */
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

#define FAULT_NAME_SIZE 1024

/* The first failure of an operation, for the one message that cli prints. */
struct fault {
    enum seal_status status;
    int sys;                    /* errno, or 0 */
    const char *what;           /* a clause, static text: "padding is not zero"; may be NULL */
    char name[FAULT_NAME_SIZE]; /* the file or item concerned, raw bytes, cut to fit; "" if none */
};

/* Notes a failure unless one is noted already, and returns status. name may be NULL. */
enum seal_status fault_set(struct fault *fault, enum seal_status status, const char *what,
                           const char *name);
/* The same with errno: SEAL_IO, but SEAL_NO_MEMORY for ENOMEM, SEAL_INTERRUPTED for EINTR. */
enum seal_status fault_set_errno(struct fault *fault, const char *what, const char *name);
/* Adds the name to a failure that was noted by somebody who did not know it. */
void fault_add_name(struct fault *fault, const char *name);

/* ---- Stopping on a signal ----------------------------------------------------------------- */

/* Asynchronous signals reach a program through a global or not at all; this is the only one.
 * Set by the platform's handler; read by every loop over data. */
void stop_request(void);
bool stop_requested(void);

#endif
