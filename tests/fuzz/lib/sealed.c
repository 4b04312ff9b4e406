#include "sealed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "platform/crew.h"
#include "base/text.h"
#include "lib/fixture.h"
#include "lib/forge.h"
#include "lib/layers.h"

/* ---- A file in memory --------------------------------------------------------------------- */

static int memory_fd(void)
{
    static int fd = -1;

    if (fd < 0)
        fd = memfd_create("sealed", MFD_CLOEXEC);
    FUZZ_CHECK(fd >= 0);
    return fd;
}

const char *memory_path(void)
{
    static char path[64];

    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", memory_fd());
    return path;
}

void memory_put(const void *data, size_t len)
{
    FUZZ_CHECK(ftruncate(memory_fd(), 0) == 0);
    if (len > 0)
        FUZZ_CHECK(pwrite(memory_fd(), data, len, 0) == (ssize_t)len);
}

struct buffer memory_get(void)
{
    return fixture_read(memory_path());
}

/* ---- Sealing ------------------------------------------------------------------------------ */

void sealed_put(const struct buffer *content, const uint8_t digest[static 32])
{
    const struct envelope *env = &forge_envelope;
    uint64_t total = stream_total_len(((struct file_shape){.head_len = env->head_len}),
                                      content->len, (struct padding){0});
    size_t blocks = (size_t)(total / BLOCK_LEN) + (total % BLOCK_LEN != 0);
    size_t room = (size_t)total - env->head_len - TAG_LEN * blocks;
    uint8_t *plain = fixture_alloc(room), *trailer = plain + room - TRAILER_LEN;
    struct buffer file;

    if (content->len > 0)
        memcpy(plain, content->data, content->len);
    store_u64(trailer, content->len);
    trailer[8] = 1;
    memcpy(trailer + 16, digest, 32);
    file = chunks_seal(env, plain, (size_t)total);
    memory_put(file.data, file.len);
    buffer_free(&file);
    free(plain);
}

struct buffer content_of_tar(const struct buffer *tar, const struct buffer *offsets,
                             size_t frame_len)
{
    struct buffer content = {0}, rows = {0};
    struct seek_row row;

    for (size_t at = 0; at < tar->len; at += frame_len) {
        size_t len = tar->len - at < frame_len ? tar->len - at : frame_len, before = content.len;

        forge_frame(&content, tar->data + at, len, (struct frame_options){.level = 1});
        row = (struct seek_row){(uint32_t)(content.len - before), (uint32_t)len};
        forge_bytes(&rows, &row, sizeof row);
    }
    forge_u32(&content, 0x184D2A5C);
    forge_u32(&content, (uint32_t)offsets->len);
    if (offsets->len > 0)
        forge_bytes(&content, offsets->data, offsets->len);
    row = (struct seek_row){(uint32_t)offsets->len + 8, 0};
    forge_bytes(&rows, &row, sizeof row);
    forge_seek_table(&content, (struct seek_row *)(void *)rows.data, rows.len / sizeof row);
    buffer_free(&rows);
    return content;
}

/* ---- Reading ------------------------------------------------------------------------------ */

struct crew *next_crew(void)
{
    static struct crew *crew; /* until the process ends */
    static unsigned int turn;
    struct fault fault = {.status = SEAL_OK};

    if (crew == NULL)
        FUZZ_OK(crew_new(&crew, 3, &fault));
    return turn++ % 3 == 0 ? crew : NULL;
}

void opened_start(struct opened *o, const struct envelope *env)
{
    *o = (struct opened){.in = NULL};
    FUZZ_OK(volume_open(&o->in, memory_path(), &o->fault));
    FUZZ_OK(stream_reader_new(&o->stream, env, o->in, next_crew(), &o->fault));
}

void opened_end(struct opened *o)
{
    stream_reader_free(o->stream);
    volume_close(o->in);
}

/* Section 6, once more: what lies outside the folder must not be reached by any path. */
static bool stays_inside(const char *path, size_t len)
{
    if (strlen(path) != len || len == 0 || len > PATH_LEN_MAX || path[0] == '/' ||
        path[len - 1] == '/' || strstr(path, "//") != NULL)
        return false;
    for (const char *part = path; part != NULL; part = strchr(part, '/')) {
        part += part[0] == '/';
        if (strcspn(part, "/") == strspn(part, ".") && strcspn(part, "/") < 3)
            return false;
    }
    return true;
}

/* One entry and its data go into the hash. */
static void note_entry(struct sha256 *hash, const struct tar_entry *e)
{
    FUZZ_CHECK(stays_inside(e->path, e->path_len) && utf8_is_valid(e->path, e->path_len));
    FUZZ_CHECK(e->mtime.nsec < 1000000000);
    FUZZ_CHECK(!e->is_dir || e->size == 0);
    sha256_add(hash, e->path, e->path_len + 1);
    sha256_add(hash, &e->is_dir, 1);
    sha256_add(hash, &e->exec, 1);
    sha256_add(hash, &e->size, sizeof e->size);
    sha256_add(hash, &e->mtime.sec, sizeof e->mtime.sec);
    sha256_add(hash, &e->mtime.nsec, sizeof e->mtime.nsec);
}

static enum seal_status read_data(struct content_reader *r, struct sha256 *hash, uint64_t *total,
                                  struct fault *fault)
{
    *total = 0;
    for (;;) {
        const uint8_t *data;
        size_t len;

        if (content_read_data(r, &data, &len, fault) != SEAL_OK)
            return fault->status;
        if (len == 0)
            return SEAL_OK;
        sha256_add(hash, data, len);
        *total += len;
    }
}

static enum seal_status read_entries(struct content_reader *r, struct sha256 *hash, uint64_t *count,
                                     struct fault *fault)
{
    for (*count = 0;; ++*count) {
        struct tar_entry e;
        uint64_t total;
        bool more;

        if (content_read_entry(r, &e, &more, fault) != SEAL_OK)
            return fault->status;
        if (!more)
            return SEAL_OK;
        note_entry(hash, &e);
        if (read_data(r, hash, &total, fault) != SEAL_OK)
            return fault->status;
        FUZZ_CHECK(total == e.size);
    }
}

static enum seal_status from_begin_to_end(enum content_type type, uint8_t digest[static SHA256_LEN],
                                          uint64_t *count)
{
    uint8_t sealed[32], receipt[32];
    struct content_reader *r;
    struct opened o;
    struct sha256 hash;
    enum seal_status status;

    sha256_start(&hash);
    opened_start(&o, &forge_envelope);
    FUZZ_OK(content_reader_new(&r, type, o.stream, &o.fault));
    status = type == CONTENT_BAG ? read_entries(r, &hash, count, &o.fault)
                                 : read_data(r, &hash, count, &o.fault);
    if (status == SEAL_OK)
        status = content_reader_finish(r, &o.fault);
    if (status == SEAL_OK)
        status = stream_reader_finish(o.stream, sealed, receipt, &o.fault);
    FUZZ_CHECK(status == o.fault.status);
    content_reader_free(r);
    opened_end(&o);
    sha256_end(&hash, digest);
    return status;
}

/* All from the first entry on, and then each third by itself: a failure spoils no later seek. */
static enum seal_status by_seeking(uint8_t digest[static SHA256_LEN], uint64_t *seen)
{
    uint8_t sealed[32], receipt[32];
    uint64_t content_len, count = 0, left;
    struct content_reader *r;
    struct opened o;
    struct sha256 hash, other;
    enum seal_status status;

    *seen = 0;
    sha256_start(&hash);
    opened_start(&o, &forge_envelope);
    FUZZ_OK(content_reader_new(&r, CONTENT_BAG, o.stream, &o.fault));
    FUZZ_OK(stream_reader_trailer(o.stream, &content_len, sealed, receipt, &o.fault));
    status = content_reader_load_tables(r, content_len, &count, &o.fault);
    if (status == SEAL_OK && count > 0)
        status = content_reader_seek_entry(r, 0, &o.fault);
    if (status == SEAL_OK && count > 0)
        status = read_entries(r, &hash, seen, &o.fault);
    FUZZ_CHECK(status == o.fault.status);
    for (uint64_t i = 1; i < count && i < 30; i += 3) {
        enum seal_status again;

        sha256_start(&other);
        o.fault = (struct fault){.status = SEAL_OK};
        again = content_reader_seek_entry(r, count - i, &o.fault);
        if (again == SEAL_OK)
            again = read_entries(r, &other, &left, &o.fault);
        FUZZ_CHECK(again == SEAL_OK || again == SEAL_HOSTILE);
        FUZZ_CHECK(again == SEAL_OK || status != SEAL_OK);
        FUZZ_CHECK(again != SEAL_OK || left == i);
    }
    content_reader_free(r);
    opened_end(&o);
    sha256_end(&hash, digest);
    return status;
}

enum seal_status sealed_read(enum content_type type)
{
    uint8_t digest[SHA256_LEN], again[SHA256_LEN];
    uint64_t count, seen;
    enum seal_status status = from_begin_to_end(type, digest, &count), sought;

    FUZZ_CHECK(status == SEAL_OK || status == SEAL_HOSTILE);
    if (type != CONTENT_BAG)
        return status;
    sought = by_seeking(again, &seen);
    FUZZ_CHECK(sought == SEAL_OK || sought == SEAL_HOSTILE);
    if (status == SEAL_OK)
        FUZZ_CHECK(sought == SEAL_OK && seen == count && memcmp(digest, again, SHA256_LEN) == 0);
    return status;
}
