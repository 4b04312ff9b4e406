/*
 * badstick: what its files share. badstick.c has the names, the files and the options,
 * badstick_bytes.c what becomes of bytes.
 */
#ifndef BADSTICK_H
#define BADSTICK_H

#define FUSE_USE_VERSION 31

#include <fuse.h>

#define BLOCK 4096

/* The faults, in the order of their names. */
enum kind {
    SOUND,
    LOSES,
    WRAPS,
    FULL,
    PULLED,
    UNNAMED,
    PROTECTED,
    TIMELESS,
    FUSE2,
    ROUNDS,
    SHIFTS,
    EMPTIES,
    RIGHTLESS,
    TWICE,
    NUMBERS,
    BLOCKS,
    FORWARD,
    LENGTHENS,
    PRIVATE,
    SIZELESS,
    DYING,
    UNOPENED,
    BUSY
};

extern enum kind kind;
/* Bytes: where the fault begins; read and written so far; used. */
extern long long limit, moved, used;
extern int error; /* what a call gets then */

/* As a system call returned it, as FUSE wants it. */
int result(int returned);
/* 0, or what every call gets. */
int gone(void);
/* The same for calls that change something. */
int refused(void);

int bad_write(const char *path, const char *data, size_t size, off_t off,
              struct fuse_file_info *fi);
int bad_read(const char *path, char *data, size_t size, off_t off, struct fuse_file_info *fi);

#endif
