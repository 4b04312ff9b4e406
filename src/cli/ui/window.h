/*
 * window: a window that was opened for this program alone, because somebody dropped a folder on
 * it. It would close before anybody has read what it says.
 */
#ifndef SEAL_WINDOW_H
#define SEAL_WINDOW_H

/* Where the program has a window of its own, that stays open until somebody has pressed Enter. */
void window_hold_at_end(void);
/* A number of groups of digits, in digits that are five lines high. */
void print_large(const char *number);

#endif
