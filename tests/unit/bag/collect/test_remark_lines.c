/*
 * Remarks in the words of the record, which are sealed and must not change.
 */
#include <errno.h>

#include "bag/collect/remark_lines.h"
#include "lib/unit_check.h"

static void expect_line(const char *wanted, const struct bag_notice *notice)
{
    struct buffer line = {0};

    if (CHECK_INT(SEAL_OK, remark_line(&line, notice)))
        CHECK_TEXT(wanted, (const char *)line.data);
    buffer_free(&line);
}

static void test_missing(void)
{
    static const struct {
        enum bag_cause cause;
        int sys;
        const char *wanted;
    } cases[] = {
        {BAG_CAUSE_SYSTEM, EACCES, "# missing ./data/a\\040b Permission denied\n"},
        {BAG_CAUSE_LISTING, EIO,
         "# missing ./data/a\\040b only a part of what is in it could be listed: Input/output "
         "error\n"},
        {BAG_CAUSE_PATH_LONG, 0, "# missing ./data/a\\040b its path is too long\n"},
        {BAG_CAUSE_NESTED_DEEP, 0, "# missing ./data/a\\040b it is nested too deeply\n"},
        {BAG_CAUSE_LINK_EMPTY, 0, "# missing ./data/a\\040b a link to nothing\n"},
        {BAG_CAUSE_LOST, 0, "# missing ./data/a\\040b it can no longer be looked at\n"},
        {BAG_CAUSE_NO_FILE, 0, "# missing ./data/a\\040b it is no longer a file\n"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_line(cases[i].wanted, &(struct bag_notice){BAG_MISSING, "data/a b", cases[i].cause,
                                                          .sys = cases[i].sys});
}

static void test_skipped(void)
{
    static const struct {
        enum bag_cause cause;
        const char *wanted;
    } cases[] = {
        {BAG_CAUSE_FIFO, "# skipped ./data/a fifo\n"},
        {BAG_CAUSE_SOCKET, "# skipped ./data/a socket\n"},
        {BAG_CAUSE_DEVICE, "# skipped ./data/a device\n"},
        {BAG_CAUSE_OWN, "# skipped ./data/a the sealing program wrote into it\n"},
        {BAG_CAUSE_STREAM, "# skipped ./data/a an alternate data stream\n"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_line(cases[i].wanted,
                    &(struct bag_notice){BAG_SKIPPED, "data/a", cases[i].cause, .sys = 0});
    expect_line(
        "# damaged ./data/a 0-4095,8192-9000\n",
        &(struct bag_notice){.kind = BAG_DAMAGED, .path = "data/a", .ranges = "0-4095,8192-9000"});
}

#define ZEROS_16 "00000000000000000000000000000000"

static void test_changed(void)
{
    static const uint8_t now[SHA256_LEN] = {0xab};
    struct bag_notice n = {BAG_CHANGED, "data/a", BAG_CAUSE_SHORT, .len = 2, .size = 4};

    expect_line("# changed ./data/a it ended after 2 of 4 bytes; zeros follow\n", &n);
    n.digest_now = now;
    n.size_now = 3;
    expect_line("# changed ./data/a it ended after 2 of 4 bytes; zeros follow; read again, it has "
                "3 bytes and SHA-256 ab000000000000000000000000000000" ZEROS_16 "\n",
                &n);
    n.cause = BAG_CAUSE_TIME_ONLY;
    expect_line("# changed ./data/a its time changed; read again, its content is what was sealed\n",
                &n);
    n.digest_now = NULL;
    n.cause = BAG_CAUSE_LONGER;
    expect_line("# changed ./data/a it is longer than it was said to be; the rest is not here\n",
                &n);
    n.cause = BAG_CAUSE_RETIMED;
    expect_line("# changed ./data/a its size or time is another now\n", &n);
}

static void test_names(void)
{
    struct bag_notice n = {.kind = BAG_ODD_NAME, .path = "data/a", .oddities = NAME_UNSHOWABLE};

    expect_line("# name ./data/a it holds control, bidirectional or invisible characters\n", &n);
    n.oddities |= NAME_RESERVED;
    n.twin = BAG_TWIN_CASE;
    n.twin_name = "A b";
    expect_line("# name ./data/a it holds control, bidirectional or invisible characters; Windows "
                "cannot hold "
                "it; it differs only in letter case from A\\040b\n",
                &n);
    n.oddities = 0;
    n.twin = BAG_TWIN_NORMALIZATION;
    expect_line("# name ./data/a it differs only by Unicode normalization from A\\040b\n", &n);
    n.twin = BAG_TWIN_INVISIBLE;
    expect_line("# name ./data/a it differs only in characters that do not show, and perhaps in "
                "letter case, from A\\040b\n",
                &n);
    n.oddities = NAME_LONG;
    n.twin = BAG_TWIN_NONE;
    expect_line("# name ./data/a it is too long for most disks of Linux\n", &n);
}

int main(int argc, char **argv)
{
    check_start("remark_lines", argc, argv);
    CHECK_CASE(test_missing());
    CHECK_CASE(test_skipped());
    CHECK_CASE(test_changed());
    CHECK_CASE(test_names());
    return check_done();
}
