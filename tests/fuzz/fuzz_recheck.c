/*
 * A bag on disk, of whatever kind. An input is a text of sections, parted by lines "%%"; each
 * begins with a line that says what it is: "f PATH", what follows is what the file holds; "d PATH",
 * a folder; "l PATH", a link, and where to. @0 to @9 stand for the SHA-256 of the first sections'
 * files. The folder is checked twice: both times the same comes out, and what is told is counted.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/archive.h"
#include "bag/recheck/recheck.h"
#include "lib/forge.h"
#include "lib/fuzz.h"
#include "lib/mutate.h"
#include "platform/files.h"

#define SECTIONS_MAX 32
#define FILES_MAX 16 /* @0 to @9, and @: to @? */

struct section {
    char kind;
    char path[512];
    struct span text;
};

static bool parse(struct section *s, struct span whole)
{
    const char *text = whole.data, *end = memchr(text, '\n', whole.len);
    size_t len = end == NULL ? whole.len : (size_t)(end - text);

    if (len < 3 || len - 2 >= sizeof s->path || text[1] != ' ')
        return false;
    s->kind = text[0];
    memcpy(s->path, text + 2, len - 2);
    s->path[len - 2] = '\0';
    s->text = (struct span){text + len + (end != NULL), whole.len - len - (end != NULL)};
    return tar_path_is_clean(s->path, len - 2);
}

/* All that is there has the time 1 s, so that a listing can be right. */
static void set_time(int dirfd, const char *path)
{
    const struct timespec times[2] = {{1, 0}, {1, 0}};

    (void)utimensat(dirfd, path, times, AT_SYMLINK_NOFOLLOW);
}

static void put(int dirfd, const struct section *s, struct buffer *text)
{
    if (s->kind == 'f') {
        (void)fuzz_put(dirfd, s->path, text->data, text->len);
    } else if (s->kind == 'd') {
        (void)mkdirat(dirfd, s->path, 0755);
    } else if (s->kind == 'l') {
        text->data[strcspn((char *)text->data, "\n")] = '\0';
        FUZZ_CHECK(symlinkat((char *)text->data, dirfd, s->path) == 0 || errno != EFAULT);
    }
}

static void fill(int dirfd, struct input *in)
{
    struct section sections[SECTIONS_MAX];
    struct buffer texts[SECTIONS_MAX] = {{0}};
    struct span whole, files[SECTIONS_MAX];
    size_t count = 0, file_count = 0;

    while (count < SECTIONS_MAX && input_section(in, &whole)) {
        struct section *s = &sections[count];
        struct buffer *text = &texts[count];

        if (!parse(s, whole))
            continue;
        fuzz_expand(text, s->text, files, file_count < FILES_MAX ? file_count : FILES_MAX);
        FUZZ_OK(buffer_append_text(text, ""));
        if (s->kind == 'f')
            files[file_count++] = (struct span){text->data, text->len};
        put(dirfd, s, text);
        count++;
    }
    for (size_t i = 0; i < count; i++) {
        set_time(dirfd, sections[i].path);
        buffer_free(&texts[i]);
    }
    set_time(dirfd, "data");
}

struct told {
    uint64_t changes[BAG_CHANGE_KINDS];
    uint64_t notes;
};

static void note_change(void *ctx, const struct bag_difference *d)
{
    struct told *told = ctx;

    FUZZ_CHECK(d->path != NULL);
    FUZZ_CHECK(bag_difference_is_possible(d));
    told->changes[d->kind]++;
}

static void take_note(void *ctx, enum bag_note note, const char *path)
{
    struct told *told = ctx;

    FUZZ_CHECK(note < BAG_NOTES);
    FUZZ_CHECK(path != NULL);
    told->notes++;
}

static enum seal_status recheck(int dirfd, struct bag_recheck *result, struct told *told)
{
    const struct bag_recheck_observer observer = {told, note_change, take_note, NULL};
    struct fault fault = {.status = SEAL_OK};
    enum seal_status status = bag_recheck(result, dirfd, "bag", &observer, &fault);

    /* SEAL_IO: it is a bag, but no manifest of it could be read. */
    FUZZ_CHECK(status == SEAL_OK || status == SEAL_USAGE || (status == SEAL_IO && fault.sys == 0));
    FUZZ_CHECK(status == fault.status);
    for (int i = 0; i < BAG_CHANGE_KINDS; i++)
        FUZZ_CHECK(told->changes[i] == result->changes[i]);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    struct bag_recheck result, again;
    struct told told = {.notes = 0}, told_again = {.notes = 0};
    int dirfd;

    fuzz_start();
    dirfd = plat_open_dir(PLAT_CWD, fuzz_folder("bag"), true);
    FUZZ_CHECK(dirfd >= 0);
    fill(dirfd, &in);
    if (recheck(dirfd, &result, &told) == SEAL_OK) {
        FUZZ_OK(recheck(dirfd, &again, &told_again));
        FUZZ_CHECK(memcmp(&told, &told_again, sizeof told) == 0);
        FUZZ_CHECK(result.files == again.files && result.bytes == again.bytes);
        FUZZ_CHECK(result.has_digest == again.has_digest);
        FUZZ_CHECK(result.algorithms == again.algorithms);
    }
    (void)close(dirfd);
    fuzz_folder_remove("bag");
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed)
{
    return mutate_lines(data, size, max, seed);
}
