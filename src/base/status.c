#include "base/status.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

void fault_add_name(struct fault *fault, const char *name)
{
    size_t len = strlen(name);

    if (fault == NULL || fault->name[0] != '\0')
        return;
    if (len >= sizeof fault->name)
        len = sizeof fault->name - 1;
    memcpy(fault->name, name, len);
    fault->name[len] = '\0';
}

enum seal_status fault_set(struct fault *fault, enum seal_status status, const char *what,
                           const char *name)
{
    if (fault == NULL || fault->status != SEAL_OK)
        return status;
    fault->status = status;
    fault->what = what;
    if (name != NULL)
        fault_add_name(fault, name);
    return status;
}

enum seal_status fault_set_errno(struct fault *fault, const char *what, const char *name)
{
    int sys = errno;
    enum seal_status status = SEAL_IO;

    if (sys == ENOMEM)
        status = SEAL_NO_MEMORY;
    else if (sys == EINTR && stop_requested())
        status = SEAL_INTERRUPTED;
    if (fault != NULL && fault->status == SEAL_OK)
        fault->sys = sys;
    return fault_set(fault, status, what, name);
}

static volatile sig_atomic_t stop_flag;

void stop_request(void)
{
    stop_flag = 1;
}

bool stop_requested(void)
{
    return stop_flag != 0;
}
