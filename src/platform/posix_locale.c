/*
 * The C library's locale: uselocale(3).
 */
#include "platform/locale.h"

#include <errno.h>
#include <locale.h>
#include <stddef.h>
#ifdef __APPLE__
#include <xlocale.h>
#endif

const char *plat_language(void)
{
    return NULL;
}

void *plat_locale_utf8(void)
{
    /* The first is part of glibc since 2.35, of musl, and of most distributions before; the last is
     * that of macOS and the BSDs. */
    static const char *const names[] = {"C.UTF-8", "en_US.UTF-8", "UTF-8"};
    locale_t locale = (locale_t)0;

    errno = ENOENT;
    for (size_t i = 0; i < sizeof names / sizeof names[0] && locale == (locale_t)0; i++)
        locale = newlocale(LC_CTYPE_MASK, names[i], (locale_t)0);
    return locale;
}

void *plat_locale_use(void *locale)
{
    return uselocale(locale);
}

void plat_locale_free(void *locale)
{
    if (locale != NULL)
        freelocale(locale);
}
