/*
 * A clock that is wrong, in front of the system's: CLOCK_SECONDS in the environment is the time.
 */
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *t)
{
    const char *seconds = getenv("CLOCK_SECONDS");
    int result = (int)syscall(SYS_clock_gettime, clock, t);

    if (clock == CLOCK_REALTIME && seconds != NULL)
        t->tv_sec = atoll(seconds);
    return result;
}
