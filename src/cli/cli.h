/*
 * cli: what is left of the wording that is not in the catalog yet.
 */
#ifndef SEAL_CLI_H
#define SEAL_CLI_H

#include "cli/options.h"
#include "cli/ui/message.h"
#include "cli/ui/passphrase.h"
#include "cli/ui/progress.h"
#include "cli/ui/window.h"
#include "jobs/file_digest.h"
#include "jobs/is_folder.h"
#include "keys/keys.h"
#include "output/output.h"

void say_old(const char *format, ...) PRINTF_LIKE(1, 2);
void warn_old(const char *format, ...) PRINTF_LIKE(1, 2);
enum exit_code complain_usage_old(const char *format, ...) PRINTF_LIKE(1, 2);

/* "1.2 GB", "340 bytes": decimal units; a static ring of four buffers. */
const char *size_text(uint64_t bytes);
/* "1 file", "2 files": adds an s; likewise a static ring of four. */
const char *count_text(uint64_t count, const char *noun);
/* Says what became of a file that a killed program left; for leftovers_remove. */
void show_leftover(const char *name, enum leftover_fate fate, int sys);
/* leftovers_remove, each said; path "-" is standard output, beside which there is nothing. */
void clear_leftovers(const char *path, bool (*is_name)(const char *name, size_t len));

#endif
