/*
 * Makes files and folders below one folder and nowhere else; private to this room. Paths are
 * relative to it and clean: no part is empty, "." or "..", and parts are separated by "/".
 */
#ifndef SEAL_INTAKE_FOLDER_H
#define SEAL_INTAKE_FOLDER_H

#include "base/status.h"

struct folder {
    int top;         /* the folder below which all is made; the caller's to close */
    char *open_path; /* the subfolder opened last, malloc'ed; NULL: none */
    int open_fd;
};

void folder_start(struct folder *f, int top);
void folder_end(struct folder *f);
/* Makes a subfolder of a folder that exists. SEAL_LOCAL_NAME: the system cannot hold its name; or
 * it exists already, which, since the top was empty at first, means that the system takes the name
 * of something else for the same. SEAL_IO. */
MUST_USE enum seal_status folder_make(struct folder *f, const char *path, struct fault *fault);
/* Creates a file; fails likewise. *fd is the caller's to close. */
MUST_USE enum seal_status folder_create(struct folder *f, const char *path, int *fd,
                                        struct fault *fault);
/* Opens a subfolder that exists. *fd is the caller's to close. */
MUST_USE enum seal_status folder_open(struct folder *f, const char *path, int *fd,
                                      struct fault *fault);

#endif
