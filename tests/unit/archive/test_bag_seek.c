/*
 * Reading a bag from any entry: the bags among the vectors, and how little of a large file is
 * read for one entry of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/archive.h"
#include "base/text.h"
#include "lib/unit_check.h"
#include "lib/fixture.h"
#include "lib/payload.h"

/* ---- Blocks ------------------------------------------------------------------------------- */

/* ---- Bags --------------------------------------------------------------------------------- */

/* Readers over one file, with tables if asked for. */
struct reading {
    struct fault fault;
    struct volume_in *in;
    struct stream_reader *stream;
    struct content_reader *archive;
    uint64_t count;
};

static void reading_start(struct reading *d, const struct envelope *env, const char *path)
{
    *d = (struct reading){.in = NULL};
    CHECK_INT(SEAL_OK, volume_open(&d->in, path, &d->fault));
    CHECK_INT(SEAL_OK, stream_reader_new(&d->stream, env, d->in, NULL, &d->fault));
    CHECK_INT(SEAL_OK, content_reader_new(&d->archive, CONTENT_BAG, d->stream, &d->fault));
}

static void reading_tables(struct reading *d)
{
    uint8_t digest[32], receipt[32];
    uint64_t content_len = 0;

    CHECK_INT(SEAL_OK, stream_reader_trailer(d->stream, &content_len, digest, receipt, &d->fault));
    CHECK_INT(SEAL_OK, content_reader_load_tables(d->archive, content_len, &d->count, &d->fault));
}

static void reading_end(struct reading *d)
{
    content_reader_free(d->archive);
    stream_reader_free(d->stream);
    volume_close(d->in);
}

/* The next entry as a line with the digest of its data, or "end". */
static void describe_next(struct reading *d, char *line, size_t size)
{
    struct tar_entry e;
    struct sha256 hash;
    uint8_t digest[SHA256_LEN];
    char hex[2 * SHA256_LEN + 1];
    const uint8_t *data;
    size_t len = 1;
    bool more;

    (void)snprintf(line, size, "end");
    if (!CHECK_INT(SEAL_OK, content_read_entry(d->archive, &e, &more, &d->fault)) || !more)
        return;
    len = (size_t)snprintf(line, size, "%d %d %lld.%u %llu %s ", e.is_dir, e.exec,
                           (long long)e.mtime.sec, (unsigned)e.mtime.nsec,
                           (unsigned long long)e.size, e.path);
    if (!CHECK(len + sizeof hex < size))
        return;
    line += len;
    sha256_start(&hash);
    while (CHECK_INT(SEAL_OK, content_read_data(d->archive, &data, &len, &d->fault)) && len > 0)
        sha256_add(&hash, data, len);
    sha256_end(&hash, digest);
    hex_encode(hex, digest, sizeof digest);
    memcpy(line, hex, sizeof hex);
}

#define LINE_SIZE 40000
#define LINES_MAX 256

/* All lines from begin to end; the caller frees them. */
static size_t list(const struct envelope *env, const char *path, char **lines)
{
    struct reading d;
    size_t count = 0;
    bool more = true;

    reading_start(&d, env, path);
    while (more && CHECK(count < LINES_MAX)) {
        lines[count] = fixture_alloc(LINE_SIZE);
        describe_next(&d, lines[count], LINE_SIZE);
        more = strcmp(lines[count++], "end") != 0;
    }
    CHECK_INT(SEAL_OK, content_reader_finish(d.archive, &d.fault));
    reading_end(&d);
    return count;
}

/* Every entry by itself, last first; then the last five together; then all. */
static void check_list(struct reading *d, char *const *lines, size_t count)
{
    char *line = fixture_alloc(LINE_SIZE);

    CHECK_INT(count - 1, d->count);
    for (size_t i = count - 1; i > 0; i--) {
        CHECK_INT(SEAL_OK, content_reader_seek_entry(d->archive, i - 1, &d->fault));
        describe_next(d, line, LINE_SIZE);
        CHECK_TEXT(lines[i - 1], line);
    }
    CHECK_INT(SEAL_OK, content_reader_seek_entry(d->archive, d->count - 5, &d->fault));
    for (size_t i = count - 6; i < count; i++) {
        describe_next(d, line, LINE_SIZE);
        CHECK_TEXT(lines[i], line);
    }
    CHECK(strstr(lines[count - 6], " manifest-sha256.txt ") != NULL);
    CHECK_INT(SEAL_OK, content_reader_seek_entry(d->archive, 0, &d->fault));
    for (size_t i = 0; i < count; i++) {
        describe_next(d, line, LINE_SIZE);
        CHECK_TEXT(lines[i], line);
    }
    free(line);
}

static void check_vector_bag(const json_t *file, const char *name)
{
    const struct envelope env = payload_vector_envelope(file);
    char path[256], *lines[LINES_MAX];
    struct reading d;
    size_t count;

    (void)snprintf(path, sizeof path, "files/%s", name);
    check_case("%s", name);
    count = list(&env, check_vector(path), lines);
    reading_start(&d, &env, check_vector(path));
    reading_tables(&d);
    if (CHECK(count > 5 && d.count == count - 1))
        check_list(&d, lines, count);
    reading_end(&d);
    while (count > 0)
        free(lines[--count]);
}

static void test_vectors(void)
{
    json_t *index = fixture_json("files/index.json");
    const json_t *cases = json_is_array(index) ? index : json_object_get(index, "cases");
    const json_t *sample;
    size_t i, bags = 0;

    json_array_foreach (cases, i, sample) {
        const json_t *files = json_object_get(sample, "files");

        if (json_array_size(files) != 1 || strcmp(fixture_text(sample, "type"), "bag") != 0)
            continue;
        check_vector_bag(json_array_get(json_object_get(sample, "intermediates"), 0),
                         json_string_value(json_array_get(files, 0)));
        bags++;
    }
    CHECK(bags > 10);
    json_decref(index);
}

/* ---- How much is read --------------------------------------------------------------------- */

static const struct envelope env_large = {
    .file_key = "not a secret", .params = {.slot_count = SLOTS_FEW}, .head_len = HEAD_LEN(8)};

/* count files of that size that do not compress, each with its number in front. */
static void seal_large(size_t count, size_t size)
{
    static const uint8_t head[HEAD_LEN_MAX];
    struct fault fault = {.status = SEAL_OK};
    struct random random = fixture_random("large");
    struct stream_writer *stream;
    struct content_writer *w;
    uint8_t *data = fixture_alloc(size), digest[32] = {0}, receipt[32];
    int fd = fixture_create(check_scratch("large"));

    random_bytes(&random, data, size);
    CHECK_INT(SEAL_OK,
              stream_writer_new(&stream, &env_large, head, (struct padding){0}, NULL, fd, &fault));
    CHECK_INT(SEAL_OK, content_writer_new(&w, CONTENT_BAG, LEVEL_MIN, NULL, stream, &fault));
    for (size_t i = 0; i < count; i++) {
        struct tar_entry e = {.path = "data/f", .path_len = 6, .size = size};

        store_u64(data, i);
        CHECK_INT(SEAL_OK, content_write_entry(w, &e, &fault));
        CHECK_INT(SEAL_OK, content_write_data(w, data, size, &fault));
    }
    CHECK_INT(SEAL_OK, content_writer_finish(w, &fault));
    CHECK_INT(SEAL_OK, stream_writer_finish(stream, digest, &random, receipt, &fault));
    content_writer_free(w);
    stream_writer_free(stream);
    (void)close(fd);
    free(data);
}

/* Bytes that this process has read by system calls; 0 where the system does not say. */
static uint64_t bytes_read(void)
{
    unsigned long long n = 0;
    FILE *f = fopen("/proc/self/io", "r");

    if (f == NULL)
        return 0;
    if (fscanf(f, "rchar: %llu", &n) != 1)
        n = 0;
    (void)fclose(f);
    return n;
}

/* A frame is 4 MiB, and the file 48 MiB: opening, tables and an entry take less than two frames. */
static void test_reads_little(void)
{
    const size_t count = 48;
    uint64_t before;
    struct tar_entry e;
    struct reading d;
    const uint8_t *data;
    size_t len, in_order = 0;
    bool more;

    check_about("how much is read");
    seal_large(count, MIB);
    for (size_t i = 0; i < count; i += 7) {
        before = bytes_read();
        reading_start(&d, &env_large, check_scratch("large"));
        reading_tables(&d);
        CHECK_INT(SEAL_OK, content_reader_seek_entry(d.archive, i, &d.fault));
        CHECK_INT(SEAL_OK, content_read_entry(d.archive, &e, &more, &d.fault));
        CHECK_INT(SEAL_OK, content_read_data(d.archive, &data, &len, &d.fault));
        CHECK(more && len >= 8 && load_u64(data) == i);
        CHECK(bytes_read() - before < 6 * MIB);
        reading_end(&d);
    }
    /* All in order: each frame once. */
    before = bytes_read();
    reading_start(&d, &env_large, check_scratch("large"));
    reading_tables(&d);
    for (size_t i = 0; i < count; i++) {
        CHECK_INT(SEAL_OK, content_reader_seek_entry(d.archive, i, &d.fault));
        CHECK_INT(SEAL_OK, content_read_entry(d.archive, &e, &more, &d.fault));
        do {
            CHECK_INT(SEAL_OK, content_read_data(d.archive, &data, &len, &d.fault));
            in_order += len;
        } while (len > 0);
    }
    CHECK_INT(count * MIB, in_order);
    CHECK(bytes_read() - before < (count + 6) * MIB);
    reading_end(&d);
}

/* Frames within data that nobody asked for are not read. */
static void test_jumps_over_data(void)
{
    uint64_t before;
    struct tar_entry e;
    struct reading d;
    const uint8_t *data;
    size_t len, count = 0;
    bool more = true;

    check_about("jumping over data");
    seal_large(3, 17 * MIB);
    before = bytes_read();
    reading_start(&d, &env_large, check_scratch("large"));
    reading_tables(&d);
    while (more && CHECK_INT(SEAL_OK, content_read_entry(d.archive, &e, &more, &d.fault))) {
        if (count++ % 2 == 0 && more)
            CHECK_INT(SEAL_OK, content_read_data(d.archive, &data, &len, &d.fault));
    }
    CHECK_INT(4, count);
    CHECK(bytes_read() - before < 24 * MIB);
    reading_end(&d);
}

/* The last test: a request to stop cannot be taken back. */
static void test_stop(void)
{
    struct fault fault = {.status = SEAL_OK};
    uint8_t digest[SHA256_LEN], *room = fixture_alloc(VOLUME_PIECE_LEN + 1);
    struct reading d;
    uint64_t len;

    check_about("asked to stop");
    reading_start(&d, &env_large, check_scratch("large"));
    stop_request();
    CHECK_INT(SEAL_INTERRUPTED, volume_read_all(d.in, room, NULL, digest, &len, &fault));
    free(room);
    CHECK_INT(SEAL_INTERRUPTED, stream_reader_seek(d.stream, 0, &d.fault));
    reading_end(&d);
}

int main(int argc, char **argv)
{
    check_start("bag_seek", argc, argv);
    fixture_start(argc, argv);
    test_vectors();
    CHECK_CASE(test_reads_little());
    CHECK_CASE(test_jumps_over_data());
    CHECK_CASE(test_stop());
    return check_done();
}
