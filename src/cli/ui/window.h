/*
 * window: a window that was opened for this program alone, because somebody dropped a folder on
 * it. It would close before anybody has read what it says.
 */
#ifndef SEAL_WINDOW_H
#define SEAL_WINDOW_H

/* Where the program has such a window, keeps it open at exit until somebody presses Enter. */
void window_hold_at_end(void);
/* Prints a number in digits five lines high; number is groups of digits with blanks between. */
void print_large(const char *number);

#endif
