/*
 * check: test cases and their checks for unit tests. A check that holds says nothing; one that
 * fails says where, and the test goes on. A case has passed when none of its checks failed,
 * however many there were; a case that checks nothing has failed.
 *
 *     int main(int argc, char **argv)
 *     {
 *         check_start("keys", argc, argv);
 *         CHECK_CASE(test_sizes());
 *         CHECK_CASE(test_damage("keys/alice.key"));
 *         return check_done();
 *     }
 *
 * Each program takes the folder of the vectors as its only argument (default tests/vectors),
 * prints as its last line "NAME: N passed, N failed[, N skipped] (N checks)", where all but the
 * last number count cases, and exits with 0 or 1.
 */
#ifndef SEAL_CHECK_H
#define SEAL_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* name is what the last line begins with. */
void check_start(const char *name, int argc, char **argv);
/* Begins a case, and ends the one before: printf-like. What is checked before the first call is a
 * case of its own, with the program's name. */
void check_case(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A case that is one call of a function, which begins no case itself. */
#define CHECK_CASE(call) (check_case("%s", #call), (call))
/* The case cannot be tried here: why. It counts as skipped, unless a check of it failed. */
void check_skip(const char *why);
/* Says what the checks that follow are about, for the line of one that fails: printf-like, until
 * the next call or the next case; "" ends it. */
void check_about(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Prints the sum; 0 if no case failed and there was at least one, else 1. */
int check_done(void);
/* The path of a file among the vectors; a static ring of four. */
const char *check_vector(const char *file);
/* A folder of this test's own, made at the first call, removed with all in it by check_done;
 * check_scratch("x") is the path of x in it (a static ring of four), "" the folder itself. */
const char *check_scratch(const char *file);

/* Each gives the condition back, so that what depends on it can be skipped. */
#define CHECK(condition) check_that((condition), #condition, __FILE__, __LINE__)
#define CHECK_INT(want, got) \
    check_int((long long)(want), (long long)(got), #got, __FILE__, __LINE__)
#define CHECK_TEXT(want, got) check_text((want), (got), #got, __FILE__, __LINE__)
#define CHECK_BYTES(want, got, len) check_bytes((want), (got), (len), #got, __FILE__, __LINE__)
/* want: hexadecimal digits, exactly 2 * len of them. */
#define CHECK_HEX(want, got, len) check_hex((want), (got), (len), #got, __FILE__, __LINE__)

bool check_that(bool holds, const char *text, const char *file, int line);
bool check_int(long long want, long long got, const char *text, const char *file, int line);
bool check_text(const char *want, const char *got, const char *text, const char *file, int line);
bool check_bytes(const void *want, const void *got, size_t len, const char *text, const char *file,
                 int line);
bool check_hex(const char *want, const void *got, size_t len, const char *text, const char *file,
               int line);

#endif
