/*
 * The user's language; and the C library's locale, for libraries that convert names by it: one with
 * UTF-8, whatever the user's is, for one thread at a time.
 */
#ifndef SEAL_PLATFORM_LOCALE_H
#define SEAL_PLATFORM_LOCALE_H

/* The language of the user's desktop, as "ru-RU", where the environment does not say; NULL: it
 * does, or nobody knows. A static string. */
const char *plat_language(void);

/* A locale with UTF-8; NULL with errno if the system has none. On Windows conversions of wide text
 * do not go by the locale; there it stands for nothing. */
void *plat_locale_utf8(void);
/* Makes it this thread's locale, and returns the one before it, which the same call restores. */
void *plat_locale_use(void *locale);
/* NULL is allowed. */
void plat_locale_free(void *locale);

#ifdef _WIN32
#include <wchar.h>

/* UTF-8 as the system's wide text, malloc'ed; NULL for want of memory. */
wchar_t *plat_wide(const char *text);
#endif

#endif
