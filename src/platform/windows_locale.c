/*
 * The C library's locale: nothing depends on it here, but names are wide text.
 */
#include "platform/locale.h"

#include <stddef.h>

#include "platform/windows.h"

const char *plat_language(void)
{
    static char language[LOCALE_NAME_MAX_LENGTH];
    wchar_t wide[LOCALE_NAME_MAX_LENGTH];
    const LCID id = MAKELCID(GetUserDefaultUILanguage(), SORT_DEFAULT);

    if (LCIDToLocaleName(id, wide, LOCALE_NAME_MAX_LENGTH, 0) == 0)
        return NULL;
    for (size_t i = 0; i < LOCALE_NAME_MAX_LENGTH; i++) {
        language[i] = wide[i] < 0x80 ? (char)wide[i] : '?';
        if (wide[i] == L'\0')
            break;
    }
    return language;
}

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
