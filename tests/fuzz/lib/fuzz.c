#include "fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/text.h"
#include "lib/fixture.h"
#include "lib/forge.h"
#include "platform/files.h"

void fuzz_start(void)
{
    FUZZ_CHECK(sodium_init() >= 0);
    if (fuzz_next_blocks != NULL)
        fuzz_next_blocks();
}

void fuzz_check(bool holds, const char *text, const char *file, int line)
{
    if (holds)
        return;
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, text);
    abort();
}

void fuzz_check_shown(const struct buffer *got)
{
    struct text_look look = TEXT_LOOK_SHOWN;

    for (size_t i = 0; i < got->len;) {
        char piece[TEXT_PIECE_SIZE];
        size_t columns,
            len = text_piece((const char *)got->data + i, got->len - i, &look, piece, &columns);

        FUZZ_CHECK(got->data[i] == '\n' || got->data[i] == '\\' ||
                   (strlen(piece) == len && memcmp(piece, got->data + i, len) == 0));
        i += len;
    }
}

/* ---- Taking an input apart ---------------------------------------------------------------- */

struct span input_take(struct input *in, size_t len)
{
    struct span taken = {in->data, len < in->len ? len : in->len};

    in->data += taken.len;
    in->len -= taken.len;
    return taken;
}

void input_fill(struct input *in, void *out, size_t len)
{
    struct span taken = input_take(in, len);

    memset(out, 0, len);
    if (taken.len > 0)
        memcpy(out, taken.data, taken.len);
}

uint8_t input_byte(struct input *in)
{
    uint8_t byte;

    input_fill(in, &byte, 1);
    return byte;
}

uint32_t input_u16(struct input *in)
{
    uint32_t low = input_byte(in);

    return low | (uint32_t)input_byte(in) << 8;
}

uint64_t input_u64(struct input *in)
{
    uint8_t bytes[8];

    input_fill(in, bytes, sizeof bytes);
    return load_u64(bytes);
}

bool input_section(struct input *in, struct span *out)
{
    const uint8_t *start = in->data, *line = start, *end = start + in->len;

    *out = (struct span){start, in->len};
    if (in->len == 0)
        return false;
    while (line < end) {
        const uint8_t *next = memchr(line, '\n', (size_t)(end - line));
        size_t len = (size_t)((next == NULL ? end : next) - line);

        if (len == 2 && memcmp(line, "%%", 2) == 0) {
            out->len = (size_t)(line - start);
            (void)input_take(in, out->len + len + (next != NULL));
            return true;
        }
        line = next == NULL ? end : next + 1;
    }
    (void)input_take(in, in->len);
    return true;
}

char *input_text(struct input *in)
{
    struct span section;
    char *text;

    if (!input_section(in, &section))
        return NULL;
    text = malloc(section.len + 1);
    FUZZ_CHECK(text != NULL);
    memcpy(text, section.data, section.len);
    text[section.len] = '\0';
    return text;
}

/* An empty buffer has no data, which memmove does not want. */
static void replace(struct buffer *b, size_t at, size_t out, struct span with)
{
    struct buffer copy = {0};

    forge_bytes(&copy, "", 0);
    if (at > 0)
        forge_bytes(&copy, b->data, at);
    if (with.len > 0)
        forge_bytes(&copy, with.data, with.len);
    if (b->len > at + out)
        forge_bytes(&copy, b->data + at + out, b->len - at - out);
    buffer_free(b);
    *b = copy;
}

static void edit_once(struct input *in, struct buffer *b)
{
    uint8_t what = input_byte(in);
    size_t distance = (size_t)(input_u16(in) | (uint32_t)input_byte(in) << 16);
    size_t at = b->len == 0 ? 0 : distance % b->len, len = input_byte(in);

    /* Much that matters stands at the end. */
    if ((what & 0x80) != 0 && b->len > 0)
        at = b->len - 1 - at;
    if (len > b->len - at)
        len = b->len - at;
    switch (what & 7) {
    case 0:
        replace(b, at, len, (struct span){NULL, 0});
        break;
    case 1:
        if (len > 0)
            replace(b, at, 0, (struct span){b->data + at, len});
        break;
    case 2:
        replace(b, at, 0, input_take(in, len));
        break;
    case 3:
        b->len = at;
        break;
    default:
        if (b->len > 0)
            b->data[at] ^= (uint8_t)(len == 0 ? 1 : len);
        break;
    }
}

void input_edit(struct input *in, struct buffer *b)
{
    for (int i = 0; in->len > 0 && i < 64; i++)
        edit_once(in, b);
}

void fuzz_expand(struct buffer *out, struct span text, const struct span *files, size_t count)
{
    const char *s = text.data;

    for (size_t i = 0; i < text.len; i++) {
        size_t number = i + 1 < text.len ? (size_t)(unsigned char)s[i + 1] - '0' : count;
        char hex[2 * SHA256_LEN + 1];

        if (s[i] != '@' || number >= count) {
            forge_bytes(out, s + i, 1);
            continue;
        }
        forge_digest(hex, files[number].data, files[number].len);
        forge_text(out, hex);
        i++;
    }
}

/* ---- Folders ------------------------------------------------------------------------------ */

static char top[64];

static void remove_top(void)
{
    (void)fixture_remove_tree(top);
}

const char *fuzz_folder_path(const char *name)
{
    static char path[256];

    if (top[0] == '\0') {
        const char *where = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";

        (void)snprintf(top, sizeof top, "%s/seal-fuzz-%ld", where, (long)getpid());
        (void)mkdir(top, 0700);
        (void)atexit(remove_top);
    }
    (void)snprintf(path, sizeof path, "%s/%s", top, name);
    return path;
}

void fuzz_folder_remove(const char *name)
{
    const char *path = fuzz_folder_path(name);

    FUZZ_CHECK(fixture_remove_tree(path));
}

const char *fuzz_folder(const char *name)
{
    const char *path;

    fuzz_folder_remove(name);
    path = fuzz_folder_path(name);
    FUZZ_CHECK(mkdir(path, 0700) == 0);
    return path;
}

bool fuzz_put(int dirfd, const char *path, const void *data, size_t len)
{
    struct fault fault = {.status = SEAL_OK};
    char *part = strdup(path);
    int fd;

    FUZZ_CHECK(part != NULL);
    for (char *slash = strchr(part, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdirat(dirfd, part, 0755);
        *slash = '/';
    }
    free(part);
    fd = openat(dirfd, path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK, 0644);
    if (fd < 0)
        return false;
    FUZZ_OK(fd_write_full(fd, data, len, &fault));
    (void)close(fd);
    return true;
}
