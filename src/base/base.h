/*
 * base: what every room stands on. This header has the version and the attributes of functions;
 * status.h, bytes.h, text.h, hash.h, random.h and clock.h have the rest.
 */
#ifndef SEAL_BASE_H
#define SEAL_BASE_H

#define MUST_USE __attribute__((warn_unused_result))
/* Makes a call whose result must be used, and does not use it. That is right where the fault that
 * the call sets is looked at further on, behind what must be done in either case; and where success
 * and failure lead to the same next step: a message that could not be shown, a wish that the system
 * need not grant, the second failure on the way out. In the latter case say beside it why failure
 * does no harm. Never for a call that writes, closes or checks data that somebody relies on, unless
 * its fault is looked at. */
#define IGNORE_RESULT(call) ((void)!(call))
/* Formats as in the C standard, which Windows' own functions do not know all of. */
#ifdef _WIN32
#define PRINTF_LIKE(format_number, first) __attribute__((format(gnu_printf, format_number, first)))
#else
#define PRINTF_LIKE(format_number, first) __attribute__((format(printf, format_number, first)))
#endif

#define SEAL_VERSION "0.1.0"
/* A day on which its sources were there: a clock that says an earlier one is wrong. Set it with the
 * version. Not the time of the build, so that every build gives the same programs. */
#define SEAL_DAY "2026-11-23"
#define SEAL_FORMAT_VERSION 1

#endif
