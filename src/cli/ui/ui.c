#include "cli/ui/ui.h"

#include <stdlib.h>
#include <string.h>

#include "platform/locale.h"

static const char *program_name = "seal";
static bool quiet_mode;
static const struct catalog *chosen; /* by --lang */
static const struct catalog *language_texts;

/* POSIX: of the variables for a category the first that is not empty counts. */
static const char *wanted_language(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);

        if (value != NULL && value[0] != '\0')
            return value;
    }
    return plat_language();
}

void ui_setup(const char *program, bool quiet)
{
    program_name = program;
    quiet_mode = quiet;
    language_texts = chosen != NULL ? chosen : catalog_find(wanted_language());
}

bool ui_set_language(const char *language)
{
    const struct catalog *found = catalog_find(language);

    if (found == catalog_english() && strncmp(language, "en", 2) != 0)
        return false;
    language_texts = chosen = found;
    return true;
}

const char *ui_languages(void)
{
    static char list[128];

    catalog_list(list, sizeof list);
    return list;
}

const char *ui_program(void)
{
    return program_name;
}

bool ui_is_quiet(void)
{
    return quiet_mode;
}

const struct catalog *ui_catalog(void)
{
    return language_texts != NULL ? language_texts : catalog_english();
}
