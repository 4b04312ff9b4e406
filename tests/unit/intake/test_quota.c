/*
 * How much may come out: names that are told or listed beside entries.
 */
#include "intake/quota.h"
#include "lib/unit_check.h"

static void test_names(void)
{
    const struct intake_limits limits = {.names = 1000};
    struct fault fault = {.status = SEAL_OK};
    struct quota q = {.limits = &limits, .sealed = 10};

    check_about("a short file");
    CHECK_INT(SEAL_OK, quota_add_name(&q, 600, &fault));
    CHECK_INT(SEAL_OK, quota_add_name(&q, 400, &fault));
    CHECK_INT(SEAL_TOO_MUCH, quota_add_name(&q, 1, &fault));
    CHECK_INT(REASON_OVER_NAMES, fault.reason);
    CHECK_INT(1000, fault.limit);

    check_about("a longer one");
    fault = (struct fault){.status = SEAL_OK};
    q.sealed = 100;
    CHECK_INT(SEAL_OK, quota_add_name(&q, 5399, &fault));
    CHECK_INT(SEAL_TOO_MUCH, quota_add_name(&q, 1, &fault));
    CHECK_INT(6400, fault.limit);
}

int main(int argc, char **argv)
{
    check_start("quota", argc, argv);
    CHECK_CASE(test_names());
    return check_done();
}
