/* Which fault is due, and what then happens. */
#include "interpose.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *fault_variable(const char *name)
{
    const char *which = getenv("FAULT_IN_PROCESS");

    if (which != NULL && (strcmp(which, "worker") == 0) != is_worker())
        return NULL;
    return getenv(name);
}

bool fault(const char *what, enum fault_place place)
{
    static bool is_done[FAULT_PLACE_COUNT];

    if (strncmp(what, "errno:", 6) == 0) {
        errno = atoi(what + 6);
        return true;
    }
    if (is_done[place])
        return false;
    is_done[place] = true;
    if (strncmp(what, "signal:", 7) == 0)
        helper_signal(atoi(what + 7));
    else if (strncmp(what, "run:", 4) == 0)
        helper_run(what + 4);
    return false;
}

bool fault_of_call(const char *call)
{
    static long long call_count;
    const char *spec = fault_variable("FAULT_CALL"), *nth = fault_variable("FAULT_NTH");
    size_t len = strlen(call);

    if (spec == NULL || strncmp(spec, call, len) != 0 || spec[len] != ' ')
        return false;
    if (nth != NULL && ++call_count != atoll(nth))
        return false;
    return fault(spec + len + 1, FAULT_AT_CALL);
}

bool fault_after(const char *spec, long long done, enum fault_place place)
{
    const char *what = spec == NULL ? NULL : strchr(spec, ' ');

    return what != NULL && done >= atoll(spec) && fault(what + 1, place);
}
