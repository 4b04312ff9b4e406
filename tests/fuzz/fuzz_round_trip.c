/*
 * From a folder to a sealed file and back. The input says what is in the folder, how it is sealed,
 * and then how the sealed file is altered. Unaltered, all comes out as it went in; altered, nothing
 * is accepted, however small the change.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bag/collect/collect.h"
#include "intake/copy_stream.h"
#include "intake/quota.h"
#include "intake/unpack_bag.h"
#include "lib/fixture.h"
#include "lib/forge.h"
#include "lib/sealed.h"

#define AS_STREAM 1
#define MANY 2
#define UNPACK 4
#define OTHER_KEY 8

#define KEYS 10

static struct identity *ids[KEYS];
static struct public_key keys[KEYS];

static void make_keys(void)
{
    if (ids[0] == NULL)
        fixture_identities(ids, keys, KEYS);
}

/* ---- Sealing ------------------------------------------------------------------------------ */

struct trip {
    uint8_t flags;
    int level;
    struct padding padding;
    struct buffer source; /* a stream's bytes, or what is in the folder, for comparing */
    uint8_t digest[SHA256_LEN], receipt[32];
    struct bag_totals totals;
};

/* Unless there is something of that name, or a part of it is no folder. */
static void put_link(int dirfd, const char *name)
{
    FUZZ_CHECK(symlinkat("target", dirfd, name) == 0 || errno == EEXIST || errno == ENOENT ||
               errno == ENOTDIR || errno == ELOOP);
}

/* A folder of files whose names and bytes are the input's. */
static void fill_folder(struct input *in, int dirfd)
{
    int count = input_byte(in) % 6;

    for (int i = 0; i < count; i++) {
        uint8_t how = input_byte(in);
        char name[32] = "";
        struct span bytes;

        input_fill(in, name, 1 + how % 24u);
        if (name[0] == '\0')
            (void)snprintf(name, sizeof name, "%d", i);
        bytes = input_take(in, input_byte(in));
        if ((how & 0x80) != 0)
            (void)mkdirat(dirfd, name, 0755);
        else if ((how & 0x40) != 0)
            put_link(dirfd, name);
        else
            (void)fuzz_put(dirfd, name, bytes.data, bytes.len);
    }
}

static enum seal_status write_bag(struct trip *t, struct content_writer *w, struct fault *fault)
{
    const uint8_t bag_id[16] = {7};
    const struct bag_label label = {"Contact-Name", "somebody"};
    const struct bag_info info = {
        .software = "fuzz", .bag_id = bag_id, .labels = &label, .label_count = 1};
    const struct bag_observer observer = {NULL, NULL, NULL};
    char *path = strdup(fuzz_folder_path("source"));
    const char *const paths[] = {path};
    struct bag_source *source;
    enum seal_status status = bag_source_new(&source, paths, 1, &observer, fault);

    if (status == SEAL_OK)
        status = bag_source_write(source, w, next_crew(), &info, t->digest, fault);
    if (status == SEAL_OK)
        bag_source_totals(source, &t->totals);
    bag_source_free(source);
    free(path);
    return status;
}

static enum seal_status write_stream(struct trip *t, struct content_writer *w, struct fault *fault)
{
    struct sha256 hash;

    sha256_start(&hash);
    sha256_add(&hash, t->source.data, t->source.len);
    sha256_end(&hash, t->digest);
    return content_write_data(w, t->source.data, t->source.len, fault);
}

/* False: it does not fit the size asked for. */
static bool seal(struct trip *t, struct random *random)
{
    enum content_type type = (t->flags & AS_STREAM) != 0 ? CONTENT_STREAM : CONTENT_BAG;
    struct envelope env = {.params = {.type = type}};
    uint8_t *head = fixture_alloc(HEAD_LEN_MAX);
    struct fault fault = {.status = SEAL_OK};
    struct stream_writer *stream;
    struct content_writer *w;
    enum seal_status status;
    int fd;

    memory_put("", 0);
    fd = open(memory_path(), O_RDWR);
    FUZZ_OK(envelope_make(&env, head, keys, (t->flags & MANY) != 0 ? 9 : 1, random, &fault));
    FUZZ_OK(stream_writer_new(&stream, &env, head, t->padding, NULL, fd, &fault));
    FUZZ_OK(content_writer_new(&w, type, t->level, NULL, stream, &fault));
    status = type == CONTENT_BAG ? write_bag(t, w, &fault) : write_stream(t, w, &fault);
    if (status == SEAL_OK)
        status = content_writer_finish(w, &fault);
    if (status == SEAL_OK)
        status = stream_writer_finish(stream, t->digest, random, t->receipt, &fault);
    FUZZ_CHECK(status == SEAL_OK || status == SEAL_NO_ROOM);
    content_writer_free(w);
    stream_writer_free(stream);
    envelope_wipe(&env);
    free(head);
    (void)close(fd);
    return status == SEAL_OK;
}

/* ---- Unsealing ---------------------------------------------------------------------------- */

static enum seal_status take(void *self, const void *data, size_t len, struct fault *fault)
{
    (void)fault;
    forge_bytes(self, data, len);
    return SEAL_OK;
}

struct taken {
    struct intake_result result;
    struct buffer stream;
};

static enum seal_status unseal(struct taken *taken, const struct unpack_target *target,
                               uint8_t flags)
{
    const struct intake_progress progress = {NULL, NULL};
    const struct sink sink = {take, &taken->stream};
    struct envelope env = {.head_len = 0};
    struct opened o = {.in = NULL};
    enum seal_status status;
    size_t len, which;
    const uint8_t *block;

    *taken = (struct taken){.stream = {0}};
    FUZZ_OK(volume_open(&o.in, memory_path(), &o.fault));
    block = volume_head(o.in, &len);
    status = len < BLOCK_LEN ? SEAL_NO_KEY
                             : envelope_open(&env, block, ids + ((flags & OTHER_KEY) != 0), 1,
                                             &which, &o.fault);
    if (status == SEAL_OK) {
        FUZZ_OK(stream_reader_new(&o.stream, &env, o.in, next_crew(), &o.fault));
        status = env.params.type == CONTENT_BAG
                     ? intake_unpack_bag(&taken->result, o.stream, target, &INTAKE_NO_LIMITS,
                                         &progress, &o.fault)
                     : intake_copy_stream(&taken->result, o.stream, &sink, &INTAKE_NO_LIMITS,
                                          &progress, &o.fault);
    }
    opened_end(&o);
    envelope_wipe(&env);
    return status;
}

static void taken_free(struct taken *taken)
{
    intake_result_free(&taken->result);
    buffer_free(&taken->stream);
}

/* ---- What came out ------------------------------------------------------------------------ */

struct comparison {
    int before, after;
};

static int compare_one(void *ctx, const char *name)
{
    const struct comparison *c = ctx;
    struct plat_stat before, after;
    struct buffer a, b;
    char path[2][64];
    int fds[2];

    FUZZ_CHECK(plat_stat_at(c->before, name, false, &before) == 0);
    if (before.type == PLAT_LINK)
        return 0;
    FUZZ_CHECK(plat_stat_at(c->after, name, false, &after) == 0 && after.type == before.type);
    FUZZ_CHECK(timestamp_equal(before.mtime, after.mtime));
    if (before.type == PLAT_DIR)
        return 0;
    fds[0] = openat(c->before, name, O_RDONLY);
    fds[1] = openat(c->after, name, O_RDONLY);
    for (int i = 0; i < 2; i++)
        (void)snprintf(path[i], sizeof path[i], "/proc/self/fd/%d", fds[i]);
    a = fixture_read(path[0]);
    b = fixture_read(path[1]);
    FUZZ_CHECK(a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0));
    (void)close(fds[0]);
    (void)close(fds[1]);
    buffer_free(&a);
    buffer_free(&b);
    return 0;
}

/* Names that are no UTF-8 come out as others; their number is compared all the same. */
static void compare_folders(const struct trip *t, int out)
{
    struct comparison c = {plat_open_dir(PLAT_CWD, fuzz_folder_path("source"), true),
                           plat_open_dir(out, "data/source", true)};

    FUZZ_CHECK(c.before >= 0 && c.after >= 0);
    if (t->totals.remarks[BAG_RENAMED] == 0)
        FUZZ_CHECK(plat_list_dir(c.before, compare_one, &c) == 0);
    (void)close(c.before);
    (void)close(c.after);
}

static void check_unaltered(const struct trip *t)
{
    struct unpack_target target = {.dirfd = -1, .exact_names = true};
    struct taken taken;

    if ((t->flags & (UNPACK | AS_STREAM)) == UNPACK)
        target.dirfd = plat_open_dir(PLAT_CWD, fuzz_folder("out"), true);
    FUZZ_OK(unseal(&taken, &target, (t->flags & MANY) != 0 ? t->flags : 0));
    FUZZ_CHECK(memcmp(taken.result.digest, t->digest, SHA256_LEN) == 0);
    FUZZ_CHECK(memcmp(taken.result.receipt, t->receipt, 32) == 0);
    if ((t->flags & AS_STREAM) != 0)
        FUZZ_CHECK(
            taken.stream.len == t->source.len &&
            (t->source.len == 0 || memcmp(taken.stream.data, t->source.data, t->source.len) == 0));
    else
        FUZZ_CHECK(taken.result.totals.files == t->totals.files &&
                   taken.result.totals.bytes == t->totals.bytes);
    if (target.dirfd >= 0) {
        compare_folders(t, target.dirfd);
        (void)close(target.dirfd);
        fuzz_folder_remove("out");
    }
    taken_free(&taken);
}

static void check_altered(struct input *in)
{
    struct buffer before = memory_get(), after = {0};
    struct taken taken;

    forge_bytes(&after, before.data, before.len);
    input_edit(in, &after);
    memory_put(after.data, after.len);
    if (after.len != before.len || memcmp(after.data, before.data, after.len) != 0) {
        enum seal_status status = unseal(&taken, &(struct unpack_target){.dirfd = -1}, 0);

        FUZZ_CHECK(status == SEAL_NO_KEY || status == SEAL_DAMAGED);
        taken_free(&taken);
    }
    buffer_free(&after);
    buffer_free(&before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int levels[] = {0, 1, 1, 3};
    struct input in = {data, size};
    struct random random;
    struct trip t = {.source = {0}};
    uint8_t how;
    int dirfd;

    fuzz_start();
    make_keys();
    random_start_seeded(&random, "round trip", 10);
    t.flags = input_byte(&in);
    how = input_byte(&in);
    t.level = levels[how & 3];
    t.padding.rule = (enum padding_rule)((how >> 2) % 3);
    t.padding.size = BLOCK_LEN + (size_t)(how >> 4) * LENGTH_UNIT;
    if ((t.flags & AS_STREAM) != 0) {
        struct span bytes = input_take(&in, input_u16(&in));

        FUZZ_OK(buffer_append_text(&t.source, ""));
        forge_bytes(&t.source, bytes.len > 0 ? bytes.data : "", bytes.len);
    } else {
        dirfd = plat_open_dir(PLAT_CWD, fuzz_folder("source"), true);
        fill_folder(&in, dirfd);
        (void)close(dirfd);
    }
    if (seal(&t, &random)) {
        check_unaltered(&t);
        if (in.len > 0)
            check_altered(&in);
    }
    buffer_free(&t.source);
    return 0;
}
