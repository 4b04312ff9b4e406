#include "cli/ui/ui.h"

#include <stdlib.h>

static const char *program_name = "seal";
static bool quiet_mode;
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
    return NULL;
}

void ui_setup(const char *program, bool quiet)
{
    program_name = program;
    quiet_mode = quiet;
    language_texts = catalog_find(wanted_language());
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
