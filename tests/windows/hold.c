/*
 * hold FILE: has it open with no right for anybody else, as some programs do, until standard input
 * ends. Built for Windows, for tests/windows.
 */
#include <stdio.h>
#include <windows.h>

int wmain(int argc, wchar_t **argv)
{
    HANDLE file = argc != 2 ? INVALID_HANDLE_VALUE
                            : CreateFileW(argv[1], GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);

    if (file == INVALID_HANDLE_VALUE)
        return 1;
    (void)puts("held");
    (void)fflush(stdout);
    while (getchar() != EOF)
        continue;
    return 0;
}
