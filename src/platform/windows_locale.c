/*
 * The C library's locale: nothing depends on it here, but names are wide text.
 */
#include "platform/locale.h"

#include <stddef.h>

#include "platform/windows.h"

void *plat_locale_utf8(void)
{
    static int nothing;

    return &nothing;
}

void *plat_locale_use(void *locale)
{
    return locale;
}

void plat_locale_free(void *locale)
{
    (void)locale;
}

wchar_t *plat_wide(const char *text)
{
    size_t len;

    return to_wide(text, &len);
}
