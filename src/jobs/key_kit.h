/*
 * key_kit: makes the kit, a folder to be copied onto a stick. It holds the program seal for each
 * system, the organization's public key, and pages that say what to do.
 */
#ifndef SEAL_KEY_KIT_H
#define SEAL_KEY_KIT_H

#include <stddef.h>

#include "output/output.h"
#include "base/status.h"
#include "keys/keys.h"

/* The key in a kit. seal seals to it without being told where it lies beside the program. */
#define KIT_RECIPIENT "recipient.pub"
/* How the names of the pages begin. */
#define KIT_PAGE_BEGIN "READ-ME-FIRST"

/* What work goes on in spite of. */
enum key_kit_event {
    KEY_KIT_NO_WINDOWS,  /* no program for it: name is the file that is missing */
    KEY_KIT_NO_LINUX,    /* likewise, for x86-64 */
    KEY_KIT_NO_LINUX_ARM /* likewise, for 64-bit ARM */
};

struct key_kit_observer {
    void *ctx;
    void (*event)(void *ctx, enum key_kit_event event, const char *name);
    /* After a failure: the folder could not be removed, as output_dir_abort tells it. */
    void (*leftover)(const char *path, enum leftover_fate fate, int sys);
};

struct key_kit_request {
    const char *key;      /* file of public keys; all of them go into the kit */
    const char *programs; /* laid out as build/dist; NULL: found beside this program */
    const char *path;     /* the folder to be made */
};

/* keys gets what the key file holds, to be freed with key_file_free in any case. After a failure
 * the folder is not there, or observer->leftover tells it. SEAL_USAGE: no programs or a key that
 * cannot be used; SEAL_EXISTS, SEAL_BAD_KEY, SEAL_IO, SEAL_NO_MEMORY. */
MUST_USE enum seal_status key_kit(struct key_file *keys, const struct key_kit_request *request,
                                  const struct key_kit_observer *observer, struct fault *fault);

#endif
