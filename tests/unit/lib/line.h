/*
 * line: a channel with both ends in this process, for tests of messages.
 */
#ifndef SEAL_TEST_LINE_H
#define SEAL_TEST_LINE_H

#include "intake/messages.h"

/* Both ends of a socket. */
struct line {
    int fds[2];
    struct channel *from, *to;
    struct fault fault;
};

bool line_open(struct line *l);
void line_close(struct line *l);
/* Runs a test on a line of its own. */
void with_line(void (*test)(struct line *l));
/* What was written is sent, and received as a message of that type. */
bool pass_on(struct line *l, enum message_type wanted, struct fields *f);

#endif
