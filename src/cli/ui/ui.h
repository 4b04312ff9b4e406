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
/* The language of this run, as --lang names it, from here on; else the one that the environment or
 * the system wants. False: there are no texts in it. */
bool ui_set_language(const char *language);
/* All that there are, as a list; a static string. */
const char *ui_languages(void);
const char *ui_program(void);
bool ui_is_quiet(void);
/* The texts of the language of this run. */
const struct catalog *ui_catalog(void);

#endif
