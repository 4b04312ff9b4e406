/*
 * base/status.h: the first failure stays, and all that it says is in it.
 */
#include "base/status.h"

#include <errno.h>
#include <string.h>

#include "lib/unit_check.h"
#include "lib/fixture.h"

static void test_first_stays(void)
{
    struct fault fault = {.status = SEAL_OK};

    CHECK_INT(SEAL_DAMAGED, fault_set(NULL, REASON_CUT_SHORT, NULL));
    CHECK_INT(SEAL_HOSTILE, fault_set(&fault, REASON_ARCHIVE_NO_END, NULL));
    CHECK_INT(SEAL_DAMAGED, fault_set(&fault, REASON_CUT_SHORT, "name"));
    CHECK_INT(SEAL_HOSTILE, fault.status);
    CHECK_INT(REASON_ARCHIVE_NO_END, fault.reason);
    CHECK_TEXT("", fault.name);
}

static void test_names(void)
{
    struct fault fault = {.status = SEAL_OK};
    char name[2 * FAULT_NAME_SIZE];

    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = '\0';
    fault_add_name(&fault, name);
    CHECK_INT(FAULT_NAME_SIZE - 1, strlen(fault.name));
    fault_add_name(&fault, "other");
    CHECK(fault.name[0] == 'x');
    fault_add_item(&fault, name);
    CHECK_INT(FAULT_NAME_SIZE - 1, strlen(fault.item));
    fault_add_numbers(&fault, 1, UINT64_MAX);
    CHECK(fault.number == 1 && fault.limit == UINT64_MAX);
}

static void test_errno(void)
{
    struct fault fault = {.status = SEAL_OK};

    errno = ENOMEM;
    CHECK_INT(SEAL_NO_MEMORY, fault_set_errno(&fault, REASON_READ, "who"));
    CHECK(fault.sys == ENOMEM && strcmp(fault.name, "who") == 0);
    fault = (struct fault){.status = SEAL_OK};
    errno = EACCES;
    CHECK_INT(SEAL_IO, fault_set_errno(&fault, REASON_READ, NULL));
    CHECK_INT(EACCES, fault.sys);
    fault = (struct fault){.status = SEAL_OK};
    errno = EINTR; /* nobody asked to stop */
    CHECK_INT(SEAL_IO, fault_set_errno(&fault, REASON_READ, NULL));
}

/* A status that comes without a reason has the one that says no more. */
static void test_status_alone(void)
{
    for (int i = SEAL_IO; i <= SEAL_BROKE; i++) {
        struct fault fault = {.status = SEAL_OK};
        enum seal_status status = (enum seal_status)i;

        CHECK_INT(status, reason_status((enum seal_reason)i));
        CHECK_INT(status, fault_set_status(&fault, status));
        CHECK_INT(i, fault.reason);
    }
    CHECK_INT(SEAL_OK, fault_set_status(NULL, SEAL_OK));
    CHECK_INT(SEAL_OK, reason_status(REASON_NONE));
    CHECK_INT(SEAL_OK, reason_status(REASON_COUNT));
    for (int i = 1; i < REASON_COUNT; i++)
        CHECK(reason_status((enum seal_reason)i) != SEAL_OK);
}

int main(int argc, char **argv)
{
    check_start("status", argc, argv);
    fixture_start(argc, argv);
    CHECK_CASE(test_first_stays());
    CHECK_CASE(test_names());
    CHECK_CASE(test_errno());
    CHECK_CASE(test_status_alone());
    return check_done();
}
