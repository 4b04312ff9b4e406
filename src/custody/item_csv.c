/*
 * An item of a listing as a line of CSV, for people who work with spreadsheets.
 */
#include "custody/custody.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Quoted where it holds what may separate cells. The quotes need no escape: there are none in it.
 */
static enum seal_status append_cell(struct buffer *out, const char *text)
{
    const char *quote = strpbrk(text, ",;|") == NULL ? "" : "\"";

    if (buffer_append_text(out, quote) != SEAL_OK ||
        text_escape_cell(out, text, strlen(text)) != SEAL_OK)
        return SEAL_NO_MEMORY;
    return buffer_append_text(out, quote);
}

enum seal_status custody_item_csv(struct buffer *out, const char *path, const char *type,
                                  uint64_t size, struct timestamp mtime, const uint8_t *sha256,
                                  const char *target)
{
    char time[TIME_TEXT_SIZE], hex[2 * SHA256_LEN + 1] = "", number[24] = "";

    time_format(time, mtime, true);
    if (strcmp(type, "file") == 0)
        (void)snprintf(number, sizeof number, "%" PRIu64, size);
    if (sha256 != NULL)
        hex_encode(hex, sha256, SHA256_LEN);
    /* A time far off begins with an @, which a spreadsheet may take for a formula. */
    if (buffer_printf(out, "%s,%s,", type, number) != SEAL_OK ||
        append_cell(out, time) != SEAL_OK || buffer_printf(out, ",%s,", hex) != SEAL_OK ||
        append_cell(out, path) != SEAL_OK || buffer_append_text(out, ",") != SEAL_OK ||
        append_cell(out, target == NULL ? "" : target) != SEAL_OK)
        return SEAL_NO_MEMORY;
    return buffer_append_text(out, "\n");
}
