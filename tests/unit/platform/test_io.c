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

static void test_io(void)
{
    struct fault fault = {.status = SEAL_OK};
    uint8_t data[5000], back[6000];
    size_t got;
    int ends[2], fd;

    check_about("whole reads and writes");
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
    CHECK_INT(SEAL_IO, fd_read_full(-1, back, 1, &got, &fault));
    CHECK_INT(EBADF, fault.sys);
    fd = open("/dev/full", O_WRONLY);
    if (fd < 0)
        return; /* there is none everywhere */
    fault = (struct fault){.status = SEAL_OK};
    CHECK_INT(SEAL_IO, fd_write_full(fd, data, sizeof data, &fault));
    CHECK_INT(ENOSPC, fault.sys);
    (void)close(fd);
}

int main(int argc, char **argv)
{
    check_start("io", argc, argv);
    fixture_start(argc, argv);
    CHECK_CASE(test_io());
    return check_done();
}
