#include "base/status.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

_Static_assert((int)REASON_BROKE == (int)SEAL_BROKE, "a reason for each status, in its order");

enum seal_status reason_status(enum seal_reason reason)
{
    static const enum seal_status statuses[REASON_COUNT] = {
#define FAULT(reason, status) [REASON_##reason] = (status),
#include "base/reasons.def"
#undef FAULT
    };

    return (unsigned int)reason < REASON_COUNT ? statuses[reason] : SEAL_OK;
}

static void copy_name(char out[static FAULT_NAME_SIZE], const char *name)
{
    size_t len = strnlen(name, FAULT_NAME_SIZE - 1);

    memcpy(out, name, len);
    out[len] = '\0';
}

void fault_add_name(struct fault *fault, const char *name)
{
    if (fault != NULL && fault->name[0] == '\0')
        copy_name(fault->name, name);
}

void fault_add_item(struct fault *fault, const char *item)
{
    if (fault != NULL && fault->item[0] == '\0')
        copy_name(fault->item, item);
}

void fault_add_numbers(struct fault *fault, uint64_t number, uint64_t limit)
{
    if (fault == NULL)
        return;
    fault->number = number;
    fault->limit = limit;
}

/* sys is errno, or 0. */
static enum seal_status note(struct fault *fault, enum seal_status status, enum seal_reason reason,
                             int sys, const char *name)
{
    if (fault == NULL || fault->status != SEAL_OK)
        return status;
    fault->status = status;
    fault->reason = reason;
    fault->sys = sys;
    if (name != NULL)
        fault_add_name(fault, name);
    return status;
}

enum seal_status fault_set(struct fault *fault, enum seal_reason reason, const char *name)
{
    return note(fault, reason_status(reason), reason, 0, name);
}

enum seal_status fault_set_status(struct fault *fault, enum seal_status status)
{
    return status == SEAL_OK ? SEAL_OK : note(fault, status, (enum seal_reason)status, 0, NULL);
}

enum seal_status fault_no_memory(struct fault *fault)
{
    return fault_set(fault, REASON_NO_MEMORY, NULL);
}

enum seal_status fault_set_errno(struct fault *fault, enum seal_reason reason, const char *name)
{
    int sys = errno;
    enum seal_status status = reason_status(reason);

    if (sys == ENOMEM)
        status = SEAL_NO_MEMORY;
    else if (sys == EINTR && stop_requested())
        status = SEAL_INTERRUPTED;
    return note(fault, status, reason, sys, name);
}

bool is_medium_gone(int sys)
{
    static const int errors[] = {
        ENODEV,    ENXIO, ENOTCONN,
#ifdef ESTALE /* not on Windows, nor the next */
        ESTALE,
#endif
#ifdef ESHUTDOWN
        ESHUTDOWN,
#endif
    };

    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
        if (errors[i] == sys)
            return true;
    return false;
}

/* Set by the handler of a signal, and read by all threads. */
static atomic_bool stop_flag;
_Static_assert(ATOMIC_BOOL_LOCK_FREE == 2, "a handler may set it");

void stop_request(void)
{
    atomic_store(&stop_flag, true);
}

bool stop_requested(void)
{
    return atomic_load(&stop_flag);
}
