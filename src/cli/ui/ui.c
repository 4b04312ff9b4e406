#include "cli/ui/ui.h"

static const char *program_name = "seal";
static bool quiet_mode;

void ui_setup(const char *program, bool quiet)
{
    program_name = program;
    quiet_mode = quiet;
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
    return catalog_english();
}
