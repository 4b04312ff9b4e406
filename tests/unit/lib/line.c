#include "lib/line.h"

#include <sys/socket.h>
#include <unistd.h>

#include "lib/unit_check.h"

bool line_open(struct line *l)
{
    *l = (struct line){.fault = {.status = SEAL_OK}};
    return CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, l->fds) == 0) &&
           CHECK_INT(SEAL_OK, channel_new(&l->to, l->fds[0], l->fds[0], &l->fault)) &&
           CHECK_INT(SEAL_OK, channel_new(&l->from, l->fds[1], l->fds[1], &l->fault));
}

void line_close(struct line *l)
{
    channel_free(l->to);
    channel_free(l->from);
    (void)close(l->fds[0]);
    (void)close(l->fds[1]);
}

void with_line(void (*test)(struct line *l))
{
    struct line l;

    if (line_open(&l))
        test(&l);
    line_close(&l);
}

bool pass_on(struct line *l, enum message_type wanted, struct fields *f)
{
    enum message_type type;

    return CHECK_INT(SEAL_OK, channel_flush(l->to, &l->fault)) &&
           CHECK_INT(SEAL_OK, message_receive(l->from, &type, f, &l->fault)) &&
           CHECK_INT(wanted, type);
}
