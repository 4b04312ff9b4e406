/*
 * catalog: every sentence that a person reads, by its id. The English texts are in *.def beside
 * this header; other languages come from PO files. What a text is about is data, in struct
 * text_args.
 */
#ifndef SEAL_CATALOG_H
#define SEAL_CATALOG_H

#include <stddef.h>
#include <stdint.h>

#include "base/base.h"
#include "base/status.h"

enum text_id {
#define TEXT(id, english) T_##id,
#define PLURAL(id, one, other) T_##id,
#include "text/catalog.def"
#undef TEXT
#undef PLURAL
    TEXT_COUNT
};

/* What stands in the place of {FIELD} in a text. What a text does not name is not looked at. */
struct text_args {
    const char *name, *other; /* of files and the like, any bytes: shown escaped and, beyond 200
                                 columns, shortened; {shell} is name, quoted for a shell */
    const char *word, *words; /* shown as they are: an option, a number in groups, another text */
    uint64_t count;           /* chooses the plural form */
    uint64_t number, limit;
    uint64_t files, folders; /* "1 file", "12 folders" */
    uint64_t size, most;     /* in bytes: "1.2 GB" */
    int error;               /* errno: the system's words for it */
};

/* The fields of one text: TEXT_ARGS(.name = name, .count = 3). */
#define TEXT_ARGS(...) (&(struct text_args){__VA_ARGS__})

/* A language: its texts, and how it counts. */
struct catalog;

const struct catalog *catalog_english(void);
/* The texts in a language, as LANG names it: "ru_RU.UTF-8" or "ru". A region that has no texts of
 * its own gets those of the language. English, if there are none (NULL: or none is wanted). */
const struct catalog *catalog_find(const char *language);

/* "en", and the others, with commas. */
void catalog_list(char *out, size_t size);

/* Writes a text and a NUL to out, which has room for size bytes. What does not fit is left out.
 * Returns the length without the NUL. */
size_t text_format(char *out, size_t size, const struct catalog *catalog, enum text_id id,
                   const struct text_args *args);
/* A text without fields. */
const char *text_plain(const struct catalog *catalog, enum text_id id);

/* A number of bytes: "1.2 MB". */
size_t text_size(char *out, size_t size, const struct catalog *catalog, uint64_t bytes);

/* A name as it may be shown: printable UTF-8 as it is, everything else as \xHH or \u{HHHH}; of one
 * that takes more than 200 columns both ends. Writes a NUL; returns the length. */
#define TEXT_NAME_SIZE 832
size_t text_name(char out[static TEXT_NAME_SIZE], const char *name);
/* The same in at most room columns, if that is less. */
size_t text_name_within(char out[static TEXT_NAME_SIZE], const char *name, size_t room);

/* ---- Faults ------------------------------------------------------------------------------- */

#define TEXT_FAULT_SIZE 4096

/* The one message of a failure: what it is about, what happened, what to do. Sentences, without the
 * name of the program and without a line end. */
size_t text_fault(char *out, size_t size, const struct catalog *catalog, const struct fault *fault);
/* What a system lacks of the sandbox (PLAT_CAGE_...), as a list. */
size_t text_cage_pieces(char *out, size_t size, const struct catalog *catalog,
                        unsigned int missing);
/* The reason alone, a clause without a full stop, for the custody record; "" if it has none beyond
 * its status, or there is no fault (NULL). */
size_t text_reason(char *out, size_t size, const struct catalog *catalog,
                   const struct fault *fault);

#endif
