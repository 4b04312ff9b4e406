/*
 * Files read and written whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/status.h"
#include "lib/unit_check.h"
#include "lib/fixture.h"
#include "platform/files.h"

static void test_whole(void)
{
    struct fault fault = {.status = SEAL_OK};
    uint8_t data[5000], back[6000];
    size_t got;
    int ends[2];

    memset(data, 7, sizeof data);
    CHECK(pipe(ends) == 0);
    CHECK_INT(SEAL_OK, fd_write_full(ends[1], data, sizeof data, &fault));
    CHECK_INT(SEAL_OK, fd_write_full(ends[1], data, 500, &fault));
    (void)close(ends[1]);
    CHECK_INT(SEAL_OK, fd_read_full(ends[0], back, 5200, &got, &fault));
    CHECK_INT(5200, got);
    CHECK_INT(SEAL_OK, fd_read_full(ends[0], back, sizeof back, &got, &fault));
    CHECK_INT(300, got);
    CHECK_INT(SEAL_OK, fd_read_full(ends[0], back, sizeof back, &got, &fault));
    CHECK_INT(0, got);
    (void)close(ends[0]);
}

static void test_no_descriptor(void)
{
    struct fault fault = {.status = SEAL_OK};
    uint8_t back[1];
    size_t got;

    CHECK_INT(SEAL_IO, fd_read_full(-1, back, sizeof back, &got, &fault));
    CHECK_INT(EBADF, fault.sys);
}

static void test_no_space(void)
{
    struct fault fault = {.status = SEAL_OK};
    static const uint8_t data[5000];
    int fd = open("/dev/full", O_WRONLY);

    if (fd < 0) {
        check_skip("there is no /dev/full");
        return;
    }
    CHECK_INT(SEAL_IO, fd_write_full(fd, data, sizeof data, &fault));
    CHECK_INT(ENOSPC, fault.sys);
    (void)close(fd);
}

int main(int argc, char **argv)
{
    check_start("io", argc, argv);
    fixture_start(argc, argv);
    CHECK_CASE(test_whole());
    CHECK_CASE(test_no_descriptor());
    CHECK_CASE(test_no_space());
    return check_done();
}
