/*
 * Writing under one folder and nowhere else, private to this room.
 */
#ifndef SEAL_INTAKE_FOLDER_H
#define SEAL_INTAKE_FOLDER_H

#include "base/status.h"
#include "platform/platform.h"

/* Paths are clean (no empty, . or .. part), with / between parts. */
struct folder {
    int top;
    char *open_path; /* the subfolder opened last; NULL: none */
    int open_fd;
};

void folder_start(struct folder *f, int top);
void folder_end(struct folder *f);
/* A new subfolder of one that is there. SEAL_LOCAL_NAME if it exists: nothing was there before, so
 * the system takes it for another name. */
MUST_USE enum seal_status folder_make(struct folder *f, const char *path, struct fault *fault);
/* A new file, likewise. */
MUST_USE enum seal_status folder_create(struct folder *f, const char *path, bool exec, int *fd,
                                        struct fault *fault);
/* Opens a subfolder that is there. */
MUST_USE enum seal_status folder_open(struct folder *f, const char *path, int *fd,
                                      struct fault *fault);

#endif
