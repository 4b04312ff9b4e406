/*
 * intake/outcomes.c: a worker that was taken over cannot say what only the program can know, and
 * cannot choose the exit code that goes with a reason.
 */
#include "intake/messages.h"

#include <errno.h>

#include "lib/unit_check.h"
#include "lib/fixture.h"

static bool allowed(enum intake_task task, enum seal_status status, enum seal_reason reason,
                    int sys)
{
    return outcome_is_allowed(task,
                              &(struct fault){.status = status, .reason = reason, .sys = sys});
}

static bool anywhere(enum seal_reason reason)
{
    for (int task = 0; task < INTAKE_TASKS; task++)
        if (allowed((enum intake_task)task, reason_status(reason), reason, 0))
            return true;
    return false;
}

/* Nothing about keys, passphrases, the command line, versions, or the worker's own end. */
static void test_never(void)
{
    for (int i = 1; i < REASON_COUNT; i++) {
        enum seal_status status = reason_status((enum seal_reason)i);

        check_about("reason %d", i);
        if (status == SEAL_BAD_KEY || status == SEAL_WRONG_PASSPHRASE || status == SEAL_NO_KEY ||
            status == SEAL_NEWER || status == SEAL_INTERRUPTED || status == SEAL_BROKE)
            CHECK(!anywhere((enum seal_reason)i));
    }
    CHECK(!anywhere(REASON_WORKER_KILLED));
    CHECK(!anywhere(REASON_STDOUT_TERMINAL));
    CHECK(!anywhere(REASON_LOG_NONE));
    CHECK(!anywhere(REASON_HEADER_ALTERED));
    CHECK(!anywhere(REASON_COUNT));
}

static void test_by_task(void)
{
    CHECK(allowed(INTAKE_BAG, SEAL_HOSTILE, REASON_BAG_OXUM, 0));
    CHECK(!allowed(INTAKE_RAW, SEAL_HOSTILE, REASON_BAG_OXUM, 0));
    CHECK(!allowed(INTAKE_RECHECK, SEAL_HOSTILE, REASON_BAG_OXUM, 0));
    CHECK(allowed(INTAKE_RECHECK, SEAL_USAGE, REASON_BAG_NO_DATA, 0));
    CHECK(!allowed(INTAKE_BAG, SEAL_USAGE, REASON_BAG_NO_DATA, 0));
    CHECK(allowed(INTAKE_EXTRACT, SEAL_USAGE, REASON_PATH_NOT_IN_BAG, 0));
    CHECK(!allowed(INTAKE_LIST, SEAL_USAGE, REASON_PATH_NOT_IN_BAG, 0));
    CHECK(allowed(INTAKE_EXTRACT, SEAL_USAGE, REASON_PATH_OTHER_FORM, 0));
    CHECK(!allowed(INTAKE_LIST, SEAL_USAGE, REASON_PATH_OTHER_FORM, 0));
    CHECK(allowed(INTAKE_LIST, SEAL_IO, REASON_WRITE, ENOSPC)); /* a message */
    CHECK(!allowed(INTAKE_LIST, SEAL_IO, REASON_CREATE, ENOSPC));
}

static void test_status(void)
{
    CHECK(allowed(INTAKE_BAG, SEAL_OK, REASON_NONE, 0));
    CHECK(!allowed(INTAKE_BAG, SEAL_OK, REASON_CUT_SHORT, 0));
    CHECK(!allowed(INTAKE_BAG, SEAL_OK, REASON_NONE, EIO));
    CHECK(!allowed(INTAKE_BAG, SEAL_DAMAGED, REASON_BAG_OXUM, 0));
    CHECK(!allowed(INTAKE_BAG, SEAL_HOSTILE, REASON_CUT_SHORT, 0));
    CHECK(!allowed(INTAKE_BAG, SEAL_HOSTILE, REASON_NONE, 0));
    CHECK(allowed(INTAKE_BAG, SEAL_IO, REASON_READ, EIO));
    CHECK(allowed(INTAKE_BAG, SEAL_NO_MEMORY, REASON_READ, ENOMEM));
    CHECK(!allowed(INTAKE_BAG, SEAL_NO_MEMORY, REASON_READ, 0));
    CHECK(!allowed(INTAKE_BAG, SEAL_NO_MEMORY, REASON_CUT_SHORT, ENOMEM));
}

int main(int argc, char **argv)
{
    check_start("outcomes", argc, argv);
    fixture_start(argc, argv);
    CHECK_CASE(test_never());
    CHECK_CASE(test_by_task());
    CHECK_CASE(test_status());
    return check_done();
}
