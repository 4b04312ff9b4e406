/*
 * The log of drops: a line each, that only grows. A crash may tear its last line; what was written
 * before stays whole, and so does what is written after.
 */
#include "custody/log_private.h"
#include "platform/files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_WORDS "# seal log 1"
#define FIRST_LINE FIRST_WORDS "\n"
#define FIRST_LINE_CR FIRST_WORDS "\r\n" /* after an editor of Windows */
#define HEAD   \
    FIRST_LINE \
    "# time\tsealed-sha256\tcommitment\tbag-id\tD\treceipt\tverdict\tfile\n"

/* Behind a torn line, so that nobody takes it for a whole one, wherever it was torn: it then has
 * too many columns or too few, or "-" for a verdict. A new column must stand in front of the
 * verdict, or a line that was torn behind it would pass for whole. */
#define TORN TORN_END "\n"

#define SEALED_MAX 500    /* see LOG_LINE_MAX: the record has the digests of more files, ... */
#define NAME_MAX_LEN 4096 /* ...and the whole name */

/* ---- Opening ------------------------------------------------------------------------------ */

void custody_log_close(struct custody_log *log)
{
    if (log == NULL)
        return;
    if (log->fd >= 0)
        (void)plat_close(log->fd);
    free(log->path);
    free(log);
}

/* An empty file is a log; so is one whose first line was torn. */
static bool begins_as_log(const char *begin, size_t len)
{
    size_t most = sizeof FIRST_LINE - 1;

    return memcmp(begin, FIRST_LINE, len < most ? len : most) == 0 ||
           (len == sizeof FIRST_LINE_CR - 1 && memcmp(begin, FIRST_LINE_CR, len) == 0);
}

/* Whether it begins as a log does, and ends with the end of a line. */
static enum seal_status look_at_ends(struct custody_log *log, struct fault *fault)
{
    char begin[sizeof FIRST_LINE_CR - 1], last;
    size_t len = log->size < sizeof begin ? (size_t)log->size : sizeof begin;

    if (log_read(log, begin, len, 0, fault) != SEAL_OK)
        return fault->status;
    if (!begins_as_log(begin, len))
        return fault_set(fault, REASON_LOG_NONE, log->path);
    if (log->size == 0)
        return SEAL_OK;
    if (log_read(log, &last, 1, log->size - 1, fault) != SEAL_OK)
        return fault->status;
    log->is_torn = last != '\n';
    return SEAL_OK;
}

/* Before it is opened, since opening a device may do something to it. */
static enum seal_status refuse_what_is_no_file(int result, const struct plat_stat *st,
                                               const char *path, struct fault *fault)
{
    if (result == 0 && st->type != PLAT_FILE)
        return fault_set(fault, REASON_LOG_NONE, path);
    if (result != 0 && errno != ENOENT)
        return fault_set_errno(fault, REASON_OPEN, path);
    return SEAL_OK;
}

static enum seal_status open_and_lock(struct custody_log *log, void (*waits)(void *ctx), void *ctx,
                                      struct fault *fault)
{
    struct plat_stat st;

    if (refuse_what_is_no_file(plat_stat_at(PLAT_CWD, log->path, true, &st), &st, log->path,
                               fault) != SEAL_OK)
        return fault->status;
    log->fd = plat_open_append(log->path);
    if (log->fd < 0)
        return fault_set_errno(fault, REASON_OPEN, log->path);
    if (plat_stat_fd(log->fd, &st) != 0)
        return fault_set_errno(fault, REASON_LOOK, log->path);
    if (refuse_what_is_no_file(0, &st, log->path, fault) != SEAL_OK)
        return fault->status;
    if (plat_lock(log->fd, waits, ctx) != 0)
        return fault_set_errno(fault, REASON_LOCK, log->path);
    /* Again: others may have written while we waited. */
    if (plat_stat_fd(log->fd, &st) != 0)
        return fault_set_errno(fault, REASON_LOOK, log->path);
    log->size = st.size;
    return look_at_ends(log, fault);
}

enum seal_status custody_log_open(struct custody_log **out, const char *path,
                                  void (*waits)(void *ctx), void *ctx, struct fault *fault)
{
    struct custody_log *log = malloc(sizeof *log);
    enum seal_status status;

    *out = NULL;
    if (log == NULL)
        return fault_no_memory(fault);
    *log = (struct custody_log){.fd = -1, .path = strdup(path)};
    status = log->path == NULL ? fault_no_memory(fault) : open_and_lock(log, waits, ctx, fault);
    if (status == SEAL_OK)
        *out = log;
    else
        custody_log_close(log);
    return status;
}

bool custody_log_is_exposed(const struct custody_log *log)
{
    return plat_others_may_rename(log->fd); /* the rights of a file mean the same */
}

/* ---- Adding ------------------------------------------------------------------------------- */

static bool has_all_digests(const struct custody *c)
{
    for (size_t i = 0; i < c->file_count; i++)
        if (!c->files[i].has_sha256)
            return false;
    return c->file_count > 0;
}

static enum seal_status append_sealed(struct buffer *out, const struct custody *c)
{
    if (!has_all_digests(c) || c->file_count > SEALED_MAX)
        return buffer_append_text(out, "-");
    for (size_t i = 0; i < c->file_count; i++) {
        char digest[HEX_DIGITS + 1];

        hex_encode(digest, c->files[i].sha256, SHA256_LEN);
        if (buffer_printf(out, "%s%s", i == 0 ? "" : ",", digest) != SEAL_OK)
            return SEAL_NO_MEMORY;
    }
    return SEAL_OK;
}

static const char *or_dash(const char *text)
{
    return text[0] == '\0' ? "-" : text;
}

static enum seal_status append_line(struct buffer *out, const struct custody *c)
{
    char opened[TIME_TEXT_SIZE], receipt[sizeof c->receipt] = "";
    struct wanted w;
    size_t len = 0;

    wanted_set(&w, c);
    time_format(opened, c->opened, false);
    for (const char *s = c->was_checked ? c->receipt : ""; *s != '\0'; s++)
        if (*s != ' ')
            receipt[len++] = *s;
    if (buffer_printf(out, "%s\t", opened) != SEAL_OK || append_sealed(out, c) != SEAL_OK ||
        buffer_printf(out, "\t%s\t%s\t%s\t%s\t%s\t", or_dash(w.commitment), or_dash(w.bag_id),
                      or_dash(w.digest), or_dash(receipt),
                      custody_verdict_word(c->verdict)) != SEAL_OK)
        return SEAL_NO_MEMORY;
    if (c->file_count == 0 || c->files[0].name == NULL || c->files[0].name[0] == '\0')
        return buffer_append_text(out, "-\n");
    if (text_escape_cell(out, c->files[0].name, strnlen(c->files[0].name, NAME_MAX_LEN)) != SEAL_OK)
        return SEAL_NO_MEMORY;
    return buffer_append_text(out, "\n");
}

/* What must stand before the new line: nothing, or the head or the rest of it, or what ends a line
 * that was torn. */
static const char *line_before(const struct custody_log *log, const char *begin)
{
    if (log->size < strlen(HEAD) && memcmp(HEAD, begin, (size_t)log->size) == 0)
        return &HEAD[log->size];
    return log->is_torn ? TORN : "";
}

static enum seal_status make_addition(struct buffer *out, struct custody_log *log,
                                      const struct custody *c, struct fault *fault)
{
    char begin[sizeof HEAD];
    size_t len = log->size < sizeof begin ? (size_t)log->size : sizeof begin;

    if (log_read(log, begin, len, 0, fault) != SEAL_OK)
        return fault->status;
    if (buffer_append_text(out, line_before(log, begin)) != SEAL_OK ||
        (c->step == STEP_VERIFIED && buffer_append_text(out, VERIFIED "\n") != SEAL_OK) ||
        append_line(out, c) != SEAL_OK)
        return fault_no_memory(fault);
    return SEAL_OK;
}

/* The folder that has the name of the log, which may be new. */
static enum seal_status sync_folder(const struct custody_log *log, struct fault *fault)
{
    enum seal_status status = SEAL_OK;
    char *dir = NULL;
    const char *name;
    int fd;

    if (!path_split(log->path, &dir, &name))
        return fault_no_memory(fault);
    fd = plat_open_dir(PLAT_CWD, dir, true);
    free(dir);
    if (fd < 0 || plat_sync(fd) != 0)
        status = fault_set_errno(fault, REASON_FOLDER_SYNC, log->path);
    if (fd >= 0)
        (void)plat_close(fd);
    return status;
}

static enum seal_status write_and_sync(struct custody_log *log, const struct buffer *addition,
                                       struct fault *fault)
{
    /* In one piece, unless the system takes less. */
    if (fd_write_full(log->fd, addition->data, addition->len, fault) != SEAL_OK)
        return fault->status;
    if (plat_sync(log->fd) != 0)
        return fault_set_errno(fault, REASON_SYNC, log->path);
    return log->size == 0 ? sync_folder(log, fault) : SEAL_OK;
}

enum seal_status custody_log_add(struct custody_log *log, const struct custody *c,
                                 struct fault *fault)
{
    struct buffer addition = {0};
    enum seal_status status = make_addition(&addition, log, c, fault);

    if (status == SEAL_OK) {
        status = write_and_sync(log, &addition, fault);
        if (status == SEAL_OK) {
            log->size += addition.len;
            log->is_torn = false;
        } else {
            /* Nobody else writes meanwhile. Should this fail too, the line is a torn one. */
            fault_add_name(fault, log->path);
            (void)plat_truncate(log->fd, log->size);
        }
    }
    buffer_free(&addition);
    return status;
}
