/*
 * What the tables of languages look like; private to this room.
 */
#ifndef SEAL_CATALOG_PRIVATE_H
#define SEAL_CATALOG_PRIVATE_H

#include <stddef.h>
#include <stdint.h>

/* Arabic has the most. */
#define TEXT_FORMS_MAX 6

struct catalog {
    const char *language;                 /* as its PO file is called: "ru", "zh_CN" */
    size_t (*form)(uint64_t count);       /* which plural form goes with a count */
    const char *(*texts)[TEXT_FORMS_MAX]; /* [TEXT_COUNT]; a text without plural has one form;
                                             NULL: the English one is taken */
};

/* Made from src/text/po by src/build/po/po.awk. The last one has language NULL. */
extern const struct catalog text_languages[];

#endif
