/* The report: one mapped file for the program and its worker. It is mapped, because the sandbox may
 * forbid that any file grows. The program's lines fill the first part and the workers' the second;
 * what is not written yet is spaces, which no line begins with. */
#include "probe.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define REPORT_LEN ((size_t)64 * 1024)
#define REPORT_MAIN_LEN ((size_t)16 * 1024)

static char *report_text;
static size_t report_pos, report_end;

void report_open(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) != 0 || ftruncate(fd, (off_t)REPORT_LEN) != 0)
        abort();
    report_text = mmap(NULL, REPORT_LEN, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (report_text == MAP_FAILED)
        abort();
    (void)close(fd);
    if (st.st_size == 0) {
        memset(report_text, ' ', REPORT_LEN);
        report_text[REPORT_MAIN_LEN - 1] = report_text[REPORT_LEN - 1] = '\n';
    }
    report_pos = is_worker() ? REPORT_MAIN_LEN : 0;
    report_end = is_worker() ? REPORT_LEN - 1 : REPORT_MAIN_LEN - 1;
    /* Behind the lines of an earlier worker. */
    while (report_pos < report_end && report_text[report_pos] != ' ')
        report_pos += strcspn(report_text + report_pos, "\n") + 1;
}

bool report_is_open(void)
{
    return report_text != NULL;
}

void report(const char *format, ...)
{
    char line[1024];
    va_list args;
    size_t len;

    va_start(args, format);
    (void)vsnprintf(line, sizeof line, format, args);
    va_end(args);
    len = strlen(line);
    if (report_text == NULL || len > report_end - report_pos)
        return;
    memcpy(report_text + report_pos, line, len);
    report_pos += len;
}
