#include "cli/ui/window.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/status.h"
#include "cli/ui/message.h"
#include "platform/terminal.h"

/* ---- Large digits ------------------------------------------------------------------------- */

#define ROWS 5
#define GROUPS_IN_A_LINE 3 /* windows have 80 columns at least */

static const char *const digits[10][ROWS] = {
    {" ### ", "#   #", "#   #", "#   #", " ### "}, {"  #  ", " ##  ", "  #  ", "  #  ", " ### "},
    {" ### ", "#   #", "  ## ", " #   ", "#####"}, {"#### ", "    #", " ### ", "    #", "#### "},
    {"#  # ", "#  # ", "#####", "   # ", "   # "}, {"#####", "#    ", "#### ", "    #", "#### "},
    {" ### ", "#    ", "#### ", "#   #", " ### "}, {"#####", "    #", "   # ", "  #  ", "  #  "},
    {" ### ", "#   #", " ### ", "#   #", " ### "}, {" ### ", "#   #", " ####", "    #", " ### "},
};

/* len characters, digits and the blanks between groups. */
static void print_large_line(const char *number, size_t len)
{
    for (size_t row = 0; row < ROWS; row++) {
        for (size_t i = 0; i < len; i++) {
            bool is_digit = number[i] >= '0' && number[i] <= '9';

            print_data("%s ", is_digit ? digits[number[i] - '0'][row] : " ");
        }
        print_data("\n");
    }
}

void print_large(const char *number)
{
    print_data("\n");
    while (*number != '\0') {
        size_t len = 0, groups = 0;

        for (; number[len] != '\0'; len++)
            if (number[len] == ' ' && ++groups == GROUPS_IN_A_LINE)
                break;
        print_large_line(number, len);
        print_data("\n");
        number += len + (number[len] == ' ');
    }
}

/* ---- The end ------------------------------------------------------------------------------ */

static void hold(void)
{
    char prompt[512], line[16];

    if (stop_requested())
        return;
    print_flush();
    (void)snprintf(prompt, sizeof prompt, "\n%s", text_plain(ui_catalog(), T_WINDOW_ENTER));
    (void)plat_prompt_line(prompt, line, sizeof line);
}

void window_hold_at_end(void)
{
    if (plat_owns_console_window())
        (void)atexit(hold);
}
