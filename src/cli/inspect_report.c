#include "cli/inspect_report.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/repair_report.h"
#include "cli/salvage_report.h"
#include "cli/unseal_report.h"
#include "custody/custody.h"
#include "platform/terminal.h"

/* What the sender recorded as missing is told; it is listed in the record alone. */
static enum exit_code code_for(const struct inspect_result *result)
{
    if (!bag_is_incomplete(&result->found.totals))
        return EXIT_ALL_DONE;
    warn(T_UNSEAL_INCOMPLETE_UNLISTED);
    return EXIT_INCOMPLETE;
}

/* ---- --list ------------------------------------------------------------------------------- */

#define JSON_HEAD "{\"schema\": \"seal-list-1\", \"items\": ["

static const char *const type_words[] = {
    [BAG_FILE] = "file", [BAG_FOLDER] = "dir", [BAG_SYMLINK] = "link"};

static enum seal_status add_details(struct buffer *line, const struct bag_item *item)
{
    char time[TIME_TEXT_SIZE], hex[2 * SHA256_LEN + 1] = "-";

    time_format(time, item->mtime, false);
    if (item->digest != NULL)
        hex_encode(hex, item->digest, SHA256_LEN);
    return buffer_printf(line, "%-4s %12" PRIu64 " %s %-64s ", type_words[item->type], item->size,
                         time, hex);
}

/* For people. */
static enum seal_status add_line(struct buffer *line, bool is_long, const struct bag_item *item)
{
    if (is_long && add_details(line, item) != SEAL_OK)
        return SEAL_NO_MEMORY;
    if (text_escape(line, item->path, strlen(item->path)) != SEAL_OK)
        return SEAL_NO_MEMORY;
    if (item->type == BAG_FOLDER)
        return buffer_append_text(line, "/");
    if (item->type == BAG_FILE)
        return SEAL_OK;
    return buffer_append_text(line, " -> ") == SEAL_OK
               ? text_escape(line, item->target, strlen(item->target))
               : SEAL_NO_MEMORY;
}

static enum seal_status make_line(struct list_report *l, const struct bag_item *item)
{
    l->line.len = 0;
    switch (l->form) {
    case LIST_JSON:
        return custody_item_json(&l->line, item->path, type_words[item->type], item->size,
                                 item->mtime, item->digest, item->target);
    case LIST_CSV:
        return custody_item_csv(&l->line, item->path, type_words[item->type], item->size,
                                item->mtime, item->digest, item->target);
    default:
        return add_line(&l->line, l->form == LIST_LONG, item);
    }
}

static enum seal_status show_item(void *ctx, const struct bag_item *item, const char *on_disk,
                                  struct fault *fault)
{
    struct list_report *l = ctx;
    const char *line;

    (void)on_disk;
    if (make_line(l, item) != SEAL_OK)
        return fault_no_memory(fault);
    line = (const char *)l->line.data;
    if (l->form == LIST_JSON)
        print_data("%s\n%s", l->has_items ? "," : JSON_HEAD, line);
    else if (l->form == LIST_CSV)
        print_data("%s%s", l->has_items ? "" : CUSTODY_CSV_HEAD, line);
    else
        print_data("%s\n", line);
    l->has_items = true;
    l->is_cut = !print_works();
    return l->is_cut ? SEAL_IO : SEAL_OK;
}

/* Of a damaged file: what there is of a file. */
static enum seal_status make_piece_line(struct list_report *l, const struct custody_piece *p)
{
    l->line.len = 0;
    if (buffer_printf(&l->line, "%-16s ", custody_salvaged_word(p->state)) != SEAL_OK)
        return SEAL_NO_MEMORY;
    if (l->form == LIST_LONG &&
        (buffer_printf(&l->line, "%12" PRIu64 " ", p->there) != SEAL_OK ||
         (p->size == CUSTODY_SIZE_UNKNOWN
              ? buffer_printf(&l->line, "%12s ", "-")
              : buffer_printf(&l->line, "%12" PRIu64 " ", p->size)) != SEAL_OK))
        return SEAL_NO_MEMORY;
    return text_escape(&l->line, p->path, strlen(p->path));
}

static enum seal_status show_piece(void *ctx, const struct custody_piece *piece,
                                   struct fault *fault)
{
    struct list_report *l = ctx;

    if (make_piece_line(l, piece) != SEAL_OK)
        return fault_no_memory(fault);
    print_data("%s\n", (const char *)l->line.data);
    l->is_cut = !print_works();
    return l->is_cut ? SEAL_IO : SEAL_OK;
}

struct inspect_listener list_report_listener(struct list_report *l)
{
    return (struct inspect_listener){.ctx = l, .item = show_item, .salvaged = show_piece};
}

enum exit_code list_report_end(const struct list_report *l, const struct inspect_result *result)
{
    const struct bag_totals *totals = &result->found.totals;
    enum exit_code code;

    if (l->form == LIST_CSV && !l->has_items)
        print_data("%s", CUSTODY_CSV_HEAD);
    if (l->form == LIST_JSON)
        print_data("%s\n]}\n", l->has_items ? "" : JSON_HEAD);
    show_repair(&result->sets.all[0]);
    code = code_for(result);
    say(T_UNSEAL_LISTED, .files = totals->files, .folders = totals->folders, .size = totals->bytes);
    return code;
}

enum exit_code list_report_end_salvage(const struct inspect_result *result)
{
    salvage_report_list(&result->found.salvage);
    return EXIT_DAMAGED;
}

void list_report_free(struct list_report *l)
{
    buffer_free(&l->line);
}

/* ---- --extract ---------------------------------------------------------------------------- */

/* "# as sealed: PATH" comes before a file that is spelled differently on disk: a comment for
 * sha256sum. */
static enum seal_status add_original(struct buffer *lines, const char *path)
{
    if (buffer_append_text(lines, "# as sealed: ") != SEAL_OK ||
        text_escape(lines, path, strlen(path)) != SEAL_OK)
        return SEAL_NO_MEMORY;
    return buffer_append_text(lines, "\n");
}

/* Whether the name does no harm when the lines are looked at later: it may have what words of some
 * languages need though it does not show, and what only a font knows. */
static bool is_harmless(const char *name)
{
    struct text_look look = TEXT_LOOK_SHOWN;
    size_t n, columns;

    for (size_t i = 0, len = strlen(name); i < len; i += n) {
        char piece[TEXT_PIECE_SIZE];
        int32_t c = utf8_char(name + i, len - i, &n);
        bool is_joiner = c == 0x200c || c == 0x200d, is_private = c >= 0xe000 && c <= 0xf8ff;

        (void)text_piece(name + i, len - i, &look, piece, &columns);
        if (!is_joiner && !is_private && (strlen(piece) != n || memcmp(piece, name + i, n) != 0))
            return false;
    }
    return true;
}

/* In a file or pipe the name is as sha256sum writes and reads it: a backslash is doubled, and
 * another one stands in front of the line. On a terminal it is shown safely. */
static enum seal_status add_digest(struct buffer *lines, const uint8_t digest[static SHA256_LEN],
                                   const char *on_disk)
{
    bool is_shown = plat_is_terminal(STDOUT_FILENO) || !is_harmless(on_disk);
    bool has_backslash = !is_shown && strchr(on_disk, '\\') != NULL;
    char hex[2 * SHA256_LEN + 1];

    hex_encode(hex, digest, SHA256_LEN);
    if (buffer_printf(lines, "%s%s  ", has_backslash ? "\\" : "", hex) != SEAL_OK)
        return SEAL_NO_MEMORY;
    if (is_shown && text_escape(lines, on_disk, strlen(on_disk)) != SEAL_OK)
        return SEAL_NO_MEMORY;
    for (const char *s = on_disk; !is_shown && *s != '\0'; s++)
        if (buffer_append(lines, s, 1) != SEAL_OK ||
            (*s == '\\' && buffer_append(lines, s, 1) != SEAL_OK))
            return SEAL_NO_MEMORY;
    return buffer_append_text(lines, "\n");
}

static enum seal_status note_extracted(void *ctx, const struct bag_item *item, const char *on_disk,
                                       struct fault *fault)
{
    struct extract_report *x = ctx;

    x->count++;
    if (strcmp(item->path, on_disk) != 0 && add_original(&x->lines, item->path) != SEAL_OK)
        return fault_no_memory(fault);
    return add_digest(&x->lines, item->digest, on_disk) == SEAL_OK ? SEAL_OK
                                                                   : fault_no_memory(fault);
}

struct inspect_listener extract_report_listener(struct extract_report *x)
{
    return (struct inspect_listener){.ctx = x, .item = note_extracted};
}

enum exit_code extract_report_end(const struct extract_report *x,
                                  const struct inspect_result *result)
{
    if (x->count > 0)
        print_data("%s", (const char *)x->lines.data);
    show_repair(&result->sets.all[0]);
    print(T_UNSEAL_EXTRACTED, .name = result->output);
    say(T_UNSEAL_EXTRACTED_COUNT, .count = x->count);
    show_times(result->found.times);
    return code_for(result);
}

void extract_report_free(struct extract_report *x)
{
    buffer_free(&x->lines);
}
