#include "takein.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bag/bag_layout.h"
#include "intake/quota.h"
#include "intake/unpack_bag.h"
#include "lib/unit_check.h"
#include "lib/fixture.h"

void add_filling(struct buffer *b, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        forge_bytes(b, text + i % strlen(text), 1);
}

struct forged one_file(void)
{
    struct forged b = forge_new();

    forge_put_file(&b, "data/f");
    return b;
}

/* ---- Sealed and taken in ------------------------------------------------------------------ */

static void seal_bag(struct forged *b)
{
    int fd = fixture_create(check_scratch("sealed"));

    forge_finish(b);
    forge_seal(b, fd);
    (void)close(fd);
}

struct taken taken;

enum seal_status take_in(struct forged *b)
{
    const struct intake_progress progress = {NULL, NULL};
    struct intake_result result;
    struct stream_reader *stream;
    struct volume_in *in;
    enum seal_status status;
    int out;

    seal_bag(b);
    forge_free(b);
    taken.fault = (struct fault){.status = SEAL_OK};
    (void)fixture_remove_tree(check_scratch("out"));
    (void)mkdir(check_scratch("out"), 0700);
    out = open(check_scratch("out"), O_RDONLY | O_DIRECTORY);
    CHECK_INT(SEAL_OK, volume_open(&in, check_scratch("sealed"), &taken.fault));
    CHECK_INT(SEAL_OK, stream_reader_new(&stream, &forge_envelope, in, NULL, &taken.fault));
    status = intake_unpack_bag(&result, stream, &(struct unpack_target){.dirfd = out},
                               &INTAKE_NO_LIMITS, &progress, &taken.fault);
    CHECK_INT(status, taken.fault.status);
    taken.totals = result.totals;
    intake_result_free(&result);
    stream_reader_free(stream);
    volume_close(in);
    (void)close(out);
    return status;
}

/* ---- Paths -------------------------------------------------------------------------------- */

char *long_path(const char *first, size_t len)
{
    struct buffer b = {0};

    forge_text(&b, first);
    add_filling(&b, "/a", len - b.len);
    if (b.data[len - 1] == '/')
        b.data[len - 1] = 'b';
    forge_bytes(&b, "", 1);
    return (char *)b.data;
}
