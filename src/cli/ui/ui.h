/*
 * ui: what all that is shown in one run has in common: whose it is, how much of it, and in which
 * language.
 */
#ifndef SEAL_UI_H
#define SEAL_UI_H

#include <stdbool.h>

#include "text/catalog.h"

/* program stands in front of warnings and failures. quiet: say() and progress show nothing. */
void ui_setup(const char *program, bool quiet);
const char *ui_program(void);
bool ui_is_quiet(void);
/* The texts of the language of this run. */
const struct catalog *ui_catalog(void);

#endif
