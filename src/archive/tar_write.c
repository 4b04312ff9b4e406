/*
 * Writes content: entries as a pax tar, by libarchive, or a stream as it is, into frames.
 * docs/ARCHITECTURE.md says why libarchive writes and does not read.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <archive.h>
#include <archive_entry.h>

#include "archive/frames.h"
#include "platform/locale.h"

struct content_writer {
    struct frames_writer *frames;
    struct buffer offsets;
    const uint8_t *reserved; /* where data was put that is on its way through libarchive */
    struct fault fault;      /* of on_output */
    bool is_dropped;         /* nothing more is wanted of what it makes */
    /* NULL for a stream. */
    struct archive *tar;
    struct archive_entry *entry;
    void *locale;
    char *path;    /* PATH_LEN_MAX and a NUL */
    void *reserve; /* libarchive ends the program if it gets no memory for a name: it gets this */
};

/* More than libarchive takes for the longest name, and less than the C library gives back to the
 * system. */
#define RESERVE_LEN ((size_t)120 * 1024)

/* ---- libarchive --------------------------------------------------------------------------- */

/* Takes what libarchive made. It hands the bytes of content_commit through without a copy. */
static la_ssize_t on_output(struct archive *tar, void *ctx, const void *data, size_t len)
{
    struct content_writer *w = ctx;
    enum seal_status status;

    (void)tar;
    if (w->is_dropped)
        return -1;
    status = data == w->reserved ? frames_commit(w->frames, len, &w->fault)
                                 : frames_write(w->frames, data, len, &w->fault);

    return status == SEAL_OK ? (la_ssize_t)len : -1;
}

/* What a call of libarchive came to: the fault is that of on_output, or its own. */
static enum seal_status outcome(struct content_writer *w, bool is_done, struct fault *fault)
{
    if (is_done)
        return SEAL_OK;
    if (w->fault.status != SEAL_OK)
        return *fault = w->fault, fault->status;
    if (archive_errno(w->tar) == ENOMEM)
        return fault_no_memory(fault);
    return fault_set(fault, REASON_ARCHIVE_WRITE, NULL);
}

static enum seal_status open_tar(struct content_writer *w, struct fault *fault)
{
    w->tar = archive_write_new();
    w->entry = archive_entry_new();
    w->path = malloc(PATH_LEN_MAX + 1);
    if (w->tar == NULL || w->entry == NULL || w->path == NULL)
        return fault_no_memory(fault);
    w->locale = plat_locale_utf8();
    if (w->locale == NULL && errno != ENOENT) /* such as EMFILE */
        return fault_set_errno(fault, REASON_OPEN, NULL);
    if (w->locale == NULL)
        return fault_set(fault, REASON_NO_UTF8_LOCALE, NULL);
    /* 0: no block of its own that data would be copied into. */
    return outcome(w,
                   archive_write_set_format_pax(w->tar) == ARCHIVE_OK &&
                       archive_write_set_bytes_per_block(w->tar, 0) == ARCHIVE_OK &&
                       archive_write_open(w->tar, w, NULL, on_output, NULL) == ARCHIVE_OK,
                   fault);
}

enum seal_status content_writer_new(struct content_writer **out, enum content_type type, int level,
                                    struct crew *crew, struct stream_writer *to,
                                    struct fault *fault)
{
    struct content_writer *w = calloc(1, sizeof *w);

    *out = NULL;
    if (w == NULL)
        return fault_no_memory(fault);
    if (frames_writer_new(&w->frames, level, crew, to, fault) != SEAL_OK ||
        (type == CONTENT_BAG && open_tar(w, fault) != SEAL_OK)) {
        content_writer_free(w);
        return fault->status;
    }
    *out = w;
    return SEAL_OK;
}

/* ---- Entries ------------------------------------------------------------------------------ */

struct timestamp tar_time_floor(struct timestamp t)
{
    if (t.sec == -1)
        t.nsec = 0;
    return t;
}

static enum seal_status note_offset(struct content_writer *w, struct fault *fault)
{
    uint8_t row[8];

    store_u64(row, frames_position(w->frames));
    if (buffer_append(&w->offsets, row, sizeof row) != SEAL_OK)
        return fault_no_memory(fault);
    return SEAL_OK;
}

/* libarchive normalizes names that are given to it as UTF-8. Elsewhere it takes bytes for the
 * locale's, which is UTF-8 here, and leaves them as they are; on Windows for the code page's, but
 * there wide text goes through as it is. False: out of memory. */
static bool copy_path(struct archive_entry *entry, const char *path)
{
#ifdef _WIN32
    wchar_t *wide = plat_wide(path);

    if (wide == NULL)
        return false;
    archive_entry_copy_pathname_w(entry, wide);
    free(wide);
#else
    archive_entry_copy_pathname(entry, path);
#endif
    return true;
}

/* With the final slash of a folder. */
static enum seal_status set_path(struct content_writer *w, const struct tar_entry *e,
                                 struct fault *fault)
{
    memcpy(w->path, e->path, e->path_len);
    if (e->is_dir)
        w->path[e->path_len] = '/';
    w->path[e->path_len + e->is_dir] = '\0';
    return copy_path(w->entry, w->path) ? SEAL_OK : fault_no_memory(fault);
}

/* libarchive writes seconds, a point and nanoseconds. pax counts the fraction away from zero, a
 * struct timestamp upwards: 1.5 s before 1970 is -1.5 in pax, and sec -2, nsec 500000000 in a
 * timestamp. */
static void set_time(struct content_writer *w, struct timestamp t)
{
    t = tar_time_floor(t);
    if (t.sec < 0 && t.nsec != 0)
        archive_entry_set_mtime(w->entry, t.sec + 1, (long)(NSEC_IN_SEC - t.nsec));
    else
        archive_entry_set_mtime(w->entry, t.sec, (long)t.nsec);
}

/* SEAL_NO_MEMORY as long as libarchive can still get some. */
static enum seal_status set_reserve(struct content_writer *w, struct fault *fault)
{
    if (w->reserve == NULL)
        w->reserve = malloc(RESERVE_LEN);
    return w->reserve == NULL ? fault_no_memory(fault) : SEAL_OK;
}

static bool write_header(struct content_writer *w)
{
    void *before = plat_locale_use(w->locale);
    bool is_done = archive_write_header(w->tar, w->entry) == ARCHIVE_OK;

    (void)plat_locale_use(before);
    return is_done;
}

enum seal_status content_write_entry(struct content_writer *w, const struct tar_entry *e,
                                     struct fault *fault)
{
    if (e->path_len + e->is_dir > PATH_LEN_MAX)
        return fault_set(fault, REASON_PATH_LONG, e->path);
    /* Writes the padding of the entry before, which the offset must count. */
    if (outcome(w, archive_write_finish_entry(w->tar) == ARCHIVE_OK, fault) != SEAL_OK ||
        note_offset(w, fault) != SEAL_OK || set_reserve(w, fault) != SEAL_OK)
        return fault->status;
    free(w->reserve);
    w->reserve = NULL;
    if (set_path(w, e, fault) != SEAL_OK)
        return fault->status;
    /* All that an entry has here is set each time. */
    set_time(w, e->mtime);
    archive_entry_set_filetype(w->entry, e->is_dir ? AE_IFDIR : AE_IFREG);
    archive_entry_set_perm(w->entry, e->is_dir || e->exec ? 0755 : 0644);
    archive_entry_set_size(w->entry, (la_int64_t)e->size);
    return outcome(w, write_header(w), fault);
}

/* ---- Data --------------------------------------------------------------------------------- */

enum seal_status content_write_data(struct content_writer *w, const void *data, size_t len,
                                    struct fault *fault)
{
    const char *p = data;

    if (w->tar == NULL)
        return frames_write(w->frames, data, len, fault);
    while (len > 0) { /* it takes at most INT_MAX at a time */
        la_ssize_t n = archive_write_data(w->tar, p, len);

        if (n <= 0)
            return outcome(w, false, fault);
        p += n;
        len -= (size_t)n;
    }
    return SEAL_OK;
}

uint8_t *content_reserve(struct content_writer *w, size_t *len)
{
    return frames_reserve(w->frames, len);
}

enum seal_status content_commit(struct content_writer *w, size_t len, struct fault *fault)
{
    enum seal_status status;
    size_t room;

    if (w->tar == NULL)
        return frames_commit(w->frames, len, fault);
    w->reserved = frames_reserve(w->frames, &room);
    status = content_write_data(w, w->reserved, len, fault);
    w->reserved = NULL;
    return status;
}

/* ---- The end ------------------------------------------------------------------------------ */

enum seal_status content_writer_finish(struct content_writer *w, struct fault *fault)
{
    if (w->tar == NULL)
        return frames_writer_finish(w->frames, NULL, fault);
    if (outcome(w, archive_write_close(w->tar) == ARCHIVE_OK, fault) != SEAL_OK)
        return fault->status;
    return frames_writer_finish(w->frames, &w->offsets, fault);
}

void content_writer_free(struct content_writer *w)
{
    if (w == NULL)
        return;
    /* To close it fills up an entry that was not written to its end, and frees what nothing else
     * frees (3.6). */
    w->is_dropped = true;
    if (w->tar != NULL)
        (void)archive_write_close(w->tar);
    (void)archive_write_free(w->tar);
    archive_entry_free(w->entry);
    free(w->path);
    free(w->reserve);
    plat_locale_free(w->locale);
    frames_writer_free(w->frames);
    buffer_free(&w->offsets);
    free(w);
}
