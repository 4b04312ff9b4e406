/*
 * The tar of section 5: POSIX ustar headers, pax extended headers for what those cannot hold,
 * and nothing else. Written and read here rather than by libarchive, because the format refuses
 * most of what a general reader is made to accept (docs/ARCHITECTURE.md says more).
 */
#include "archive/archive.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/frames.h"

#define TAR_BLOCK 512
#define TAR_RECORD 10240
#define OCTAL_SIZE_MAX UINT64_C(077777777777)
#define TYPE_FILE '0'
#define TYPE_DIR '5'
#define TYPE_PAX 'x'

/* The ustar header (POSIX.1, pax, "ustar Interchange Format"). */
struct ustar {
    char name[100];
    char mode[8];
    char uid[8];
    char gid[8];
    char size[12];
    char mtime[12];
    char checksum[8];
    char type;
    char linkname[100];
    char magic[6];
    char version[2];
    char uname[32];
    char gname[32];
    char devmajor[8];
    char devminor[8];
    char prefix[155];
    char pad[12];
};

_Static_assert(sizeof(struct ustar) == TAR_BLOCK, "a header is a block");

static const uint8_t zero_block[TAR_BLOCK] = {0};

static size_t padding_after(uint64_t len)
{
    return (size_t)(-len % TAR_BLOCK);
}

/* The sum of all bytes, the checksum's own counted as blanks. */
static uint32_t header_checksum(const struct ustar *h)
{
    const uint8_t *p = (const uint8_t *)h;
    uint32_t sum = 0;

    for (size_t i = 0; i < sizeof *h; i++)
        sum += p[i];
    for (size_t i = 0; i < sizeof h->checksum; i++)
        sum = sum - (uint8_t)h->checksum[i] + ' ';
    return sum;
}

/* ---- Writing ------------------------------------------------------------------------------ */

struct content_writer {
    struct frames_writer *frames;
    enum content_type type;
    uint64_t left; /* data still due for the entry at hand */
    size_t padding;
    struct buffer offsets;
    struct buffer pax;
};

enum seal_status content_writer_new(struct content_writer **out, enum content_type type, int level,
                                    struct crew *crew, struct stream_writer *to,
                                    struct fault *fault)
{
    struct content_writer *w = calloc(1, sizeof *w);

    *out = NULL;
    if (w == NULL)
        return fault_set(fault, SEAL_NO_MEMORY, NULL, NULL);
    w->type = type;
    if (frames_writer_new(&w->frames, level, crew, to, fault) != SEAL_OK) {
        free(w);
        return fault->status;
    }
    *out = w;
    return SEAL_OK;
}

/* digits octal digits, then a NUL, if there is room for one. */
static void put_octal(char *field, size_t size, uint64_t value)
{
    for (size_t i = size - 1; i-- > 0; value >>= 3)
        field[i] = (char)('0' + (value & 7));
}

static enum seal_status write_header(struct content_writer *w, const char *name, size_t name_len,
                                     char type, bool exec, uint64_t size, uint64_t mtime,
                                     struct fault *fault)
{
    struct ustar h = {0};

    memcpy(h.name, name, name_len);
    put_octal(h.mode, sizeof h.mode, exec ? 0755 : 0644);
    put_octal(h.uid, sizeof h.uid, 0);
    put_octal(h.gid, sizeof h.gid, 0);
    put_octal(h.size, sizeof h.size, size);
    put_octal(h.mtime, sizeof h.mtime, mtime);
    h.type = type;
    memcpy(h.magic, "ustar", 6);
    memcpy(h.version, "00", 2);
    put_octal(h.devmajor, sizeof h.devmajor, 0);
    put_octal(h.devminor, sizeof h.devminor, 0);
    put_octal(h.checksum, sizeof h.checksum - 1, header_checksum(&h));
    h.checksum[7] = ' ';
    return frames_write(w->frames, &h, sizeof h, fault);
}

/* "LEN KEY=VALUE\n", where LEN counts itself. */
static enum seal_status pax_append(struct buffer *b, const char *key, const char *value,
                                   size_t value_len)
{
    size_t rest = strlen(key) + value_len + 3;
    size_t len = rest + 1;

    for (size_t digits = 1, limit = 10; len >= limit; digits++, limit *= 10)
        len = rest + digits + 1;
    if (buffer_printf(b, "%zu %s=", len, key) != SEAL_OK ||
        buffer_append(b, value, value_len) != SEAL_OK || buffer_append(b, "\n", 1) != SEAL_OK)
        return SEAL_NO_MEMORY;
    return SEAL_OK;
}

/* pax counts time away from zero: what lies 1.5 s before 1970 is -1.5, sec -2 and nsec 500000000
 * here. */
static void pax_time(char *text, size_t size, struct timestamp t)
{
    uint64_t sec = t.sec < 0 ? -(uint64_t)t.sec : (uint64_t)t.sec;
    uint32_t nsec = t.nsec;

    if (t.sec < 0 && nsec != 0) {
        sec--;
        nsec = 1000000000 - nsec;
    }
    if (nsec != 0)
        (void)snprintf(text, size, "%s%" PRIu64 ".%09" PRIu32, t.sec < 0 ? "-" : "", sec, nsec);
    else
        (void)snprintf(text, size, "%s%" PRIu64, t.sec < 0 ? "-" : "", sec);
}

static bool is_ascii(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((uint8_t)s[i] >= 0x80)
            return false;
    return true;
}

/* Whatever the ustar header cannot say. path is as it stands in the tar. */
static enum seal_status pax_collect(struct buffer *b, const char *path, size_t path_len,
                                    const struct tar_entry *e)
{
    enum seal_status status = SEAL_OK;
    char text[48];

    b->len = 0;
    if (path_len > sizeof((struct ustar *)0)->name || !is_ascii(path, path_len))
        status = pax_append(b, "path", path, path_len);
    if (status == SEAL_OK && e->size > OCTAL_SIZE_MAX) {
        (void)snprintf(text, sizeof text, "%" PRIu64, e->size);
        status = pax_append(b, "size", text, strlen(text));
    }
    if (status == SEAL_OK &&
        (e->mtime.nsec != 0 || e->mtime.sec < 0 || (uint64_t)e->mtime.sec > OCTAL_SIZE_MAX)) {
        pax_time(text, sizeof text, e->mtime);
        status = pax_append(b, "mtime", text, strlen(text));
    }
    return status;
}

static enum seal_status note_offset(struct content_writer *w, struct fault *fault)
{
    uint8_t row[8];

    store_u64(row, frames_position(w->frames));
    if (buffer_append(&w->offsets, row, sizeof row) != SEAL_OK)
        return fault_set(fault, SEAL_NO_MEMORY, NULL, NULL);
    return SEAL_OK;
}

static enum seal_status write_pax(struct content_writer *w, struct fault *fault)
{
    static const char name[] = "PaxHeaders/entry";

    if (w->pax.len == 0)
        return SEAL_OK;
    if (write_header(w, name, strlen(name), TYPE_PAX, false, w->pax.len, 0, fault) != SEAL_OK ||
        frames_write(w->frames, w->pax.data, w->pax.len, fault) != SEAL_OK)
        return fault->status;
    return frames_write(w->frames, zero_block, padding_after(w->pax.len), fault);
}

/* As much of the path as the ustar field takes, in whole characters. */
static size_t short_name_len(const char *path, size_t len)
{
    const size_t room = sizeof((struct ustar *)0)->name;

    if (len <= room)
        return len;
    for (len = room; len > 0 && ((uint8_t)path[len] & 0xc0) == 0x80;)
        len--;
    return len;
}

static enum seal_status write_entry_as(struct content_writer *w, const char *path, size_t path_len,
                                       const struct tar_entry *e, struct fault *fault)
{
    uint64_t size = e->size > OCTAL_SIZE_MAX ? 0 : e->size;
    uint64_t mtime =
        e->mtime.sec < 0 || (uint64_t)e->mtime.sec > OCTAL_SIZE_MAX ? 0 : (uint64_t)e->mtime.sec;

    if (pax_collect(&w->pax, path, path_len, e) != SEAL_OK)
        return fault_set(fault, SEAL_NO_MEMORY, NULL, NULL);
    if (note_offset(w, fault) != SEAL_OK || write_pax(w, fault) != SEAL_OK)
        return fault->status;
    w->left = e->size;
    w->padding = padding_after(e->size);
    return write_header(w, path, short_name_len(path, path_len), e->is_dir ? TYPE_DIR : TYPE_FILE,
                        e->is_dir || e->exec, size, mtime, fault);
}

enum seal_status content_write_entry(struct content_writer *w, const struct tar_entry *e,
                                     struct fault *fault)
{
    char *slashed;
    enum seal_status status;

    if (e->path_len + e->is_dir > PATH_LEN_MAX)
        return fault_set(fault, SEAL_NO_ROOM, "its path is too long", e->path);
    if (!e->is_dir)
        return write_entry_as(w, e->path, e->path_len, e, fault);
    slashed = malloc(e->path_len + 1);
    if (slashed == NULL)
        return fault_set(fault, SEAL_NO_MEMORY, NULL, NULL);
    memcpy(slashed, e->path, e->path_len);
    slashed[e->path_len] = '/';
    status = write_entry_as(w, slashed, e->path_len + 1, e, fault);
    free(slashed);
    return status;
}

/* So much data of the entry is written. */
static enum seal_status count_data(struct content_writer *w, size_t len, struct fault *fault)
{
    if (w->type == CONTENT_STREAM || len == 0)
        return SEAL_OK;
    w->left -= len;
    return w->left == 0 ? frames_write(w->frames, zero_block, w->padding, fault) : SEAL_OK;
}

enum seal_status content_write_data(struct content_writer *w, const void *data, size_t len,
                                    struct fault *fault)
{
    if (frames_write(w->frames, data, len, fault) != SEAL_OK)
        return fault->status;
    return count_data(w, len, fault);
}

uint8_t *content_reserve(struct content_writer *w, size_t *len)
{
    return frames_room(w->frames, len);
}

enum seal_status content_commit(struct content_writer *w, size_t len, struct fault *fault)
{
    if (frames_filled(w->frames, len, fault) != SEAL_OK)
        return fault->status;
    return count_data(w, len, fault);
}

enum seal_status content_writer_finish(struct content_writer *w, struct fault *fault)
{
    if (w->type == CONTENT_STREAM)
        return frames_writer_finish(w->frames, NULL, fault);
    if (frames_write(w->frames, zero_block, TAR_BLOCK, fault) != SEAL_OK ||
        frames_write(w->frames, zero_block, TAR_BLOCK, fault) != SEAL_OK)
        return fault->status;
    return frames_writer_finish(w->frames, &w->offsets, fault);
}

void content_writer_free(struct content_writer *w)
{
    if (w == NULL)
        return;
    frames_writer_free(w->frames);
    buffer_free(&w->offsets);
    buffer_free(&w->pax);
    free(w);
}

/* ---- Reading ------------------------------------------------------------------------------ */

struct content_reader {
    struct frames_reader *frames;
    enum content_type type;
    bool by_seeking;
    uint64_t entry_count; /* by seeking */
    uint64_t left;        /* data of the entry at hand that was not read */
    size_t padding;
    size_t pending; /* length of the piece handed out, taken at the next call */
    struct buffer path;
    struct buffer pax;
};

/* What an x header says about the entry behind it. */
struct pax_values {
    bool has_path, has_size, has_mtime;
    uint64_t size;
    struct timestamp mtime;
};

enum seal_status content_reader_new(struct content_reader **out, enum content_type type,
                                    struct stream_reader *from, struct fault *fault)
{
    struct content_reader *r = calloc(1, sizeof *r);

    *out = NULL;
    if (r == NULL)
        return fault_set(fault, SEAL_NO_MEMORY, NULL, NULL);
    r->type = type;
    if (frames_reader_new(&r->frames, from, fault) != SEAL_OK) {
        free(r);
        return fault->status;
    }
    *out = r;
    return SEAL_OK;
}

static enum seal_status malformed(struct fault *fault)
{
    return fault_set(fault, SEAL_HOSTILE, "its archive is malformed", NULL);
}

static enum seal_status read_block(struct content_reader *r, void *block, struct fault *fault)
{
    size_t got;

    if (frames_read(r->frames, block, TAR_BLOCK, &got, fault) != SEAL_OK)
        return fault->status;
    if (got != TAR_BLOCK)
        return fault_set(fault, SEAL_HOSTILE, "its archive has no end", NULL);
    return SEAL_OK;
}

/* Octal digits up to a NUL or blank, leading blanks allowed; an empty field is 0. */
static bool get_octal(const char *field, size_t size, uint64_t *value)
{
    size_t i = 0;

    *value = 0;
    while (i < size && field[i] == ' ')
        i++;
    for (; i < size && field[i] >= '0' && field[i] <= '7'; i++)
        *value = *value << 3 | (uint64_t)(field[i] - '0');
    for (; i < size; i++)
        if (field[i] != '\0' && field[i] != ' ')
            return false;
    return true;
}

static bool header_is_valid(const struct ustar *h)
{
    uint64_t sum;

    return get_octal(h->checksum, sizeof h->checksum, &sum) && sum == header_checksum(h) &&
           memcmp(h->magic, "ustar", 6) == 0 && memcmp(h->version, "00", 2) == 0;
}

/* ---- pax records ---- */

/* Decimal digits only, at least one; false above most. */
static bool get_decimal(const char *s, size_t len, uint64_t most, uint64_t *value)
{
    *value = 0;
    for (size_t i = 0; i < len; i++) {
        uint64_t digit = (uint64_t)(s[i] - '0');

        if (s[i] < '0' || s[i] > '9' || digit > most || *value > (most - digit) / 10)
            return false;
        *value = *value * 10 + digit;
    }
    return len > 0;
}

/* [-]SECONDS[.FRACTION], rounded down to the nanosecond. */
static bool get_pax_time(const char *s, size_t len, struct timestamp *t)
{
    bool negative = len > 0 && s[0] == '-';
    uint64_t most = (uint64_t)INT64_MAX + negative;
    const char *point;
    uint64_t sec, nsec = 0, unit = 100000000;
    bool more = false;

    if (negative) {
        s++;
        len--;
    }
    point = memchr(s, '.', len);
    if (!get_decimal(s, point == NULL ? len : (size_t)(point - s), most, &sec))
        return false;
    for (size_t i = point == NULL ? len : (size_t)(point - s) + 1; i < len; i++, unit /= 10) {
        if (s[i] < '0' || s[i] > '9')
            return false;
        nsec += unit * (uint64_t)(s[i] - '0');
        more |= unit == 0 && s[i] != '0';
    }
    if (negative && more)
        nsec++;
    if (negative && nsec != 0) {
        if (sec == most)
            return false;
        sec++;
        nsec = 1000000000 - nsec;
    }
    t->sec = (int64_t)(negative ? -sec : sec);
    t->nsec = (uint32_t)nsec;
    return true;
}

static bool key_is(const char *key, size_t key_len, const char *name)
{
    return key_len == strlen(name) && memcmp(key, name, key_len) == 0;
}

/* Keywords by which some reader makes another file of an entry than its header says. */
static bool key_is_forbidden(const char *key, size_t len)
{
    static const char *const keys[] = {"linkpath", "hdrcharset", "SCHILY.realsize",
                                       "SCHILY.filetype", "SUN.holesdata"};
    static const char sparse[] = "GNU.sparse.";

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (key_is(key, len, keys[i]))
            return true;
    return len >= strlen(sparse) && memcmp(key, sparse, strlen(sparse)) == 0;
}

static enum seal_status pax_take(struct content_reader *r, struct pax_values *v, const char *key,
                                 size_t key_len, const char *value, size_t len, struct fault *fault)
{
    if (key_is(key, key_len, "path")) {
        r->path.len = 0;
        v->has_path = true;
        return buffer_append(&r->path, value, len) == SEAL_OK
                   ? SEAL_OK
                   : fault_set(fault, SEAL_NO_MEMORY, NULL, NULL);
    }
    if (key_is(key, key_len, "size")) {
        v->has_size = true;
        return get_decimal(value, len, INT64_MAX, &v->size) ? SEAL_OK : malformed(fault);
    }
    if (key_is(key, key_len, "mtime")) {
        v->has_mtime = true;
        return get_pax_time(value, len, &v->mtime) ? SEAL_OK : malformed(fault);
    }
    if (key_is_forbidden(key, key_len))
        return fault_set(fault, SEAL_HOSTILE, "its archive holds an entry of a forbidden kind",
                         NULL);
    return SEAL_OK;
}

static enum seal_status pax_parse(struct content_reader *r, struct pax_values *v,
                                  struct fault *fault)
{
    const char *text = (const char *)r->pax.data;
    size_t left = r->pax.len;

    while (left > 0) {
        const char *blank = memchr(text, ' ', left < 20 ? left : 20);
        const char *equals;
        uint64_t len;

        if (blank == NULL || !get_decimal(text, (size_t)(blank - text), INT64_MAX, &len) ||
            len > left || len < (size_t)(blank - text) + 3 || text[len - 1] != '\n')
            return malformed(fault);
        equals = memchr(blank + 1, '=', (size_t)(text + len - 1 - (blank + 1)));
        if (equals == NULL || equals == blank + 1)
            return malformed(fault);
        if (pax_take(r, v, blank + 1, (size_t)(equals - blank - 1), equals + 1,
                     (size_t)(text + len - 1 - (equals + 1)), fault) != SEAL_OK)
            return fault->status;
        text += len;
        left -= len;
    }
    return SEAL_OK;
}

static enum seal_status pax_read(struct content_reader *r, const struct ustar *h,
                                 struct pax_values *v, struct fault *fault)
{
    uint64_t size;
    size_t got, whole;

    if (!get_octal(h->size, sizeof h->size, &size))
        return malformed(fault);
    if (size > PAX_LEN_MAX)
        return fault_set(fault, SEAL_HOSTILE, "its archive holds a header that is too long", NULL);
    whole = (size_t)size + padding_after(size);
    r->pax.len = 0;
    if (buffer_reserve(&r->pax, whole + 1) != SEAL_OK)
        return fault_set(fault, SEAL_NO_MEMORY, NULL, NULL);
    if (frames_read(r->frames, r->pax.data, whole, &got, fault) != SEAL_OK)
        return fault->status;
    if (got != whole)
        return malformed(fault);
    r->pax.len = (size_t)size;
    return pax_parse(r, v, fault);
}

/* ---- Paths ---- */

bool tar_path_is_clean(const char *path, size_t len)
{
    size_t start = 0;

    if (len == 0 || len > PATH_LEN_MAX || memchr(path, '\0', len) != NULL ||
        !utf8_is_valid(path, len))
        return false;
    for (size_t i = 0; i <= len; i++) {
        size_t part = i - start;

        if (i < len && path[i] != '/')
            continue;
        if (part == 0 || (part == 1 && path[start] == '.') ||
            (part == 2 && path[start] == '.' && path[start + 1] == '.'))
            return false;
        start = i + 1;
    }
    return true;
}

static size_t field_len(const char *field, size_t size)
{
    const char *end = memchr(field, '\0', size);

    return end == NULL ? size : (size_t)(end - field);
}

static enum seal_status path_from_ustar(struct content_reader *r, const struct ustar *h)
{
    size_t prefix_len = field_len(h->prefix, sizeof h->prefix);

    r->path.len = 0;
    if (prefix_len > 0 && (buffer_append(&r->path, h->prefix, prefix_len) != SEAL_OK ||
                           buffer_append(&r->path, "/", 1) != SEAL_OK))
        return SEAL_NO_MEMORY;
    return buffer_append(&r->path, h->name, field_len(h->name, sizeof h->name));
}

static enum seal_status path_finish(struct content_reader *r, struct tar_entry *e,
                                    struct fault *fault)
{
    if (r->path.len > PATH_LEN_MAX)
        return fault_set(fault, SEAL_HOSTILE, "a path in its archive is too long", NULL);
    if (e->is_dir && r->path.len > 0 && r->path.data[r->path.len - 1] == '/')
        r->path.len--;
    if (buffer_append(&r->path, "", 1) != SEAL_OK)
        return fault_set(fault, SEAL_NO_MEMORY, NULL, NULL);
    e->path = (const char *)r->path.data;
    e->path_len = r->path.len - 1;
    if (!tar_path_is_clean(e->path, e->path_len))
        return fault_set(fault, SEAL_HOSTILE, "a name in its archive is not allowed", e->path);
    return SEAL_OK;
}

/* ---- Entries ---- */

static enum seal_status entry_from_header(struct content_reader *r, struct tar_entry *e,
                                          const struct ustar *h, const struct pax_values *v,
                                          struct fault *fault)
{
    uint64_t mode, mtime;

    if (h->type != TYPE_FILE && h->type != TYPE_DIR)
        return fault_set(fault, SEAL_HOSTILE, "its archive holds an entry of a forbidden kind",
                         NULL);
    if (!get_octal(h->mode, sizeof h->mode, &mode) ||
        !get_octal(h->size, sizeof h->size, &e->size) ||
        !get_octal(h->mtime, sizeof h->mtime, &mtime))
        return malformed(fault);
    e->is_dir = h->type == TYPE_DIR;
    e->exec = (mode & 0100) != 0;
    e->mtime = v->has_mtime ? v->mtime : (struct timestamp){(int64_t)mtime, 0};
    if (v->has_size)
        e->size = v->size;
    if (e->is_dir && e->size != 0)
        return malformed(fault);
    r->left = e->size;
    r->padding = padding_after(e->size);
    if (!v->has_path && path_from_ustar(r, h) != SEAL_OK)
        return fault_set(fault, SEAL_NO_MEMORY, NULL, NULL);
    return path_finish(r, e, fault);
}

/* The two zero blocks, the first of which was read; then nothing, or zeros up to a full record. */
static enum seal_status read_end(struct content_reader *r, struct fault *fault)
{
    const char *what = "something follows the end of its archive";
    uint8_t block[TAR_BLOCK];
    uint64_t end, most;

    if (read_block(r, block, fault) != SEAL_OK)
        return fault->status;
    if (!bytes_are_zero(block, sizeof block))
        return malformed(fault);
    end = frames_consumed(r->frames);
    most = (end + TAR_RECORD - 1) / TAR_RECORD * TAR_RECORD;
    for (;;) {
        const uint8_t *data;
        size_t len;

        if (frames_peek(r->frames, &data, &len, fault) != SEAL_OK)
            return fault->status;
        if (len == 0)
            break;
        if (!bytes_are_zero(data, len) || len > most - frames_consumed(r->frames))
            return fault_set(fault, SEAL_HOSTILE, what, NULL);
        frames_skip(r->frames, len);
    }
    if (frames_consumed(r->frames) != end && frames_consumed(r->frames) != most)
        return fault_set(fault, SEAL_HOSTILE, what, NULL);
    return SEAL_OK;
}

/* No sum overflows: the size of an entry is less than 2^63, and no tar we can read comes near. */
static enum seal_status jump_over_rest(struct content_reader *r, struct fault *fault)
{
    uint64_t rest = r->pending + r->left + r->padding;

    r->left = r->padding = r->pending = 0;
    return frames_seek(r->frames, frames_consumed(r->frames) + rest, fault);
}

static enum seal_status skip_rest(struct content_reader *r, struct fault *fault)
{
    const uint8_t *data;
    size_t len;
    uint8_t padding[TAR_BLOCK];
    size_t got;

    if (r->by_seeking)
        return jump_over_rest(r, fault);
    do {
        if (content_read_data(r, &data, &len, fault) != SEAL_OK)
            return fault->status;
    } while (len > 0);
    if (frames_read(r->frames, padding, r->padding, &got, fault) != SEAL_OK)
        return fault->status;
    if (got != r->padding)
        return malformed(fault);
    r->padding = 0;
    return SEAL_OK;
}

enum seal_status content_read_entry(struct content_reader *r, struct tar_entry *e, bool *more,
                                    struct fault *fault)
{
    struct pax_values v = {0};
    struct ustar h;
    uint64_t offset;

    *more = false;
    if (skip_rest(r, fault) != SEAL_OK)
        return fault->status;
    offset = frames_consumed(r->frames);
    if (read_block(r, &h, fault) != SEAL_OK)
        return fault->status;
    if (bytes_are_zero(&h, sizeof h))
        return frames_note_end(r->frames, fault) == SEAL_OK ? read_end(r, fault) : fault->status;
    if (!header_is_valid(&h))
        return malformed(fault);
    if (h.type == TYPE_PAX) {
        if (pax_read(r, &h, &v, fault) != SEAL_OK || read_block(r, &h, fault) != SEAL_OK)
            return fault->status;
        if (!header_is_valid(&h))
            return malformed(fault);
    }
    if (frames_note_offset(r->frames, offset, fault) != SEAL_OK)
        return fault->status;
    *more = true;
    return entry_from_header(r, e, &h, &v, fault);
}

enum seal_status content_read_data(struct content_reader *r, const uint8_t **data, size_t *len,
                                   struct fault *fault)
{
    frames_skip(r->frames, r->pending);
    r->pending = 0;
    *len = 0;
    if (r->type == CONTENT_BAG && r->left == 0)
        return SEAL_OK;
    if (frames_peek(r->frames, data, len, fault) != SEAL_OK)
        return fault->status;
    if (r->type == CONTENT_BAG) {
        if (*len == 0)
            return fault_set(fault, SEAL_HOSTILE, "its archive ends within a file", NULL);
        if (*len > r->left)
            *len = (size_t)r->left;
        r->left -= *len;
    }
    r->pending = *len;
    return SEAL_OK;
}

enum seal_status content_reader_finish(struct content_reader *r, struct fault *fault)
{
    return frames_reader_finish(r->frames, r->type == CONTENT_BAG, fault);
}

enum seal_status content_reader_load_tables(struct content_reader *r, uint64_t content_len,
                                            uint64_t *entry_count, struct fault *fault)
{
    if (r->type != CONTENT_BAG)
        return fault_set(fault, SEAL_USAGE, "it is a stream, in which there are no files", NULL);
    r->left = r->padding = r->pending = 0;
    r->by_seeking = false;
    r->entry_count = 0;
    if (frames_reader_tables(r->frames, content_len, &r->entry_count, fault) != SEAL_OK)
        return fault->status;
    r->by_seeking = true;
    *entry_count = r->entry_count;
    return SEAL_OK;
}

enum seal_status content_reader_seek_entry(struct content_reader *r, uint64_t entry,
                                           struct fault *fault)
{
    if (entry >= r->entry_count)
        return fault_set(fault, SEAL_USAGE, "it does not have that many entries", NULL);
    r->left = r->padding = r->pending = 0;
    return frames_seek_entry(r->frames, entry, fault);
}

void content_reader_free(struct content_reader *r)
{
    if (r == NULL)
        return;
    frames_reader_free(r->frames);
    buffer_free(&r->path);
    buffer_free(&r->pax);
    free(r);
}
