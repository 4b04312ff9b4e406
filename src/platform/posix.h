/*
 * What the files for POSIX systems share, private to this room.
 */
#ifndef SEAL_PLATFORM_POSIX_H
#define SEAL_PLATFORM_POSIX_H

/* Sanitizers look at their own process as a debugger would, map terabytes, and report at the end:
 * all of it is what we forbid. */
#if defined(__SANITIZE_ADDRESS__)
#define UNDER_SANITIZER true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(leak_sanitizer)
#define UNDER_SANITIZER true
#endif
#endif
#ifndef UNDER_SANITIZER
#define UNDER_SANITIZER false
#endif

/* Who the worker is where we are root: nobody, who owns nothing. */
#define WORKER_UID 65534

#endif
