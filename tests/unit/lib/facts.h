/*
 * facts: samples of what a custody record tells, and what the tests of the record look for in it.
 */
#ifndef SEAL_FACTS_H
#define SEAL_FACTS_H

#include "custody/custody.h"

/* ---- Facts ---- */

extern const char facts_remarks[];
struct custody_file facts_file(void);

/* A drop from which nothing is missing. */
struct custody facts_sample(const struct custody_file *files, size_t count);

/* The one in docs/CUSTODY.md: the sender could not read all of it. */
struct custody facts_with_gaps(const struct custody_file *files);
struct custody facts_refusal(const struct custody_file *files, enum custody_verdict verdict);
char *facts_text(const struct custody *c);

/* (Not with strstr: the sanitizer looks at all the rest of the text at each call of that.) */
size_t facts_count(const char *text, const char *part);

/* ---- The record in text ---- */

/* Every string from outside holds what could change a terminal or begin a line. */
#define EVIL "x\nVerdict: \x1b[2J\r\b\xe2\x80\xae\xff\xc2\x85\xe2\x80\xa8\x7f\\n\ty"

#define EVIL_SHOWN \
    "x\\x0AVerdict: \\x1B[2J\\x0D\\x08\\u{202E}\\xFF\\u{0085}\\u{2028}\\x7F\\x5Cn\\x09y"
bool facts_is_safe(const char *text);
struct custody facts_evil(struct custody_file *file);

#endif
