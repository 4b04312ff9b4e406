/*
 * logs: drops, and logs of them.
 */
#ifndef SEAL_LOGS_H
#define SEAL_LOGS_H

#include "custody/custody.h"

/* What a log begins with. */
#define LOGS_HEAD \
    "# seal log 1\n# time\tsealed-sha256\tcommitment\tbag-id\tD\treceipt\tverdict\tfile\n"

/* A drop that shares nothing with those of other numbers. */
struct custody logs_drop(struct custody_file *file, uint8_t number);
/* Opens the log, adds a line and closes it. logs_add: that must go well. */
enum seal_status logs_add_to(const char *path, const struct custody *c, struct fault *fault);
void logs_add(const char *path, const struct custody *c);
enum custody_double logs_find(const char *path, const struct custody *c,
                              char when[static TIME_TEXT_SIZE]);
/* All of it, malloc'ed. */
char *logs_text(const char *path);

#endif
