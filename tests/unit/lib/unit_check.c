#include "unit_check.h"

#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RING 4
#define PATH_SIZE 4096

static struct {
    const char *name;
    const char *vectors;
    char scratch[PATH_SIZE / 2];
    unsigned long checks;
    unsigned int passed, failed, skipped; /* cases that have ended */
    /* The case that runs. Its name is empty before the first. */
    char case_name[256];
    char about[256];
    unsigned long case_checks, case_failures;
    bool case_skipped;
} state = {.name = "test", .vectors = "tests/vectors"};

void check_start(const char *name, int argc, char **argv)
{
    state.name = name;
    if (argc > 1)
        state.vectors = argv[1];
    state.checks = state.case_checks = state.case_failures = 0;
    state.passed = state.failed = state.skipped = 0;
    state.case_name[0] = state.about[0] = '\0';
}

static void end_case(void)
{
    if (state.case_name[0] == '\0')
        return;
    if (state.case_failures > 0) {
        state.failed++;
    } else if (state.case_skipped) {
        state.skipped++;
    } else if (state.case_checks > 0) {
        state.passed++;
    } else {
        fprintf(stderr, "%s: the case %s checks nothing\n", state.name, state.case_name);
        state.failed++;
    }
    state.checks += state.case_checks;
}

void check_case(const char *format, ...)
{
    va_list args;

    end_case();
    va_start(args, format);
    (void)vsnprintf(state.case_name, sizeof state.case_name, format, args);
    va_end(args);
    state.about[0] = '\0';
    state.case_checks = state.case_failures = 0;
    state.case_skipped = false;
}

void check_skip(const char *why)
{
    state.case_skipped = true;
    printf("%s: [%s] skipped: %s\n", state.name, state.case_name, why);
}

void check_about(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(state.about, sizeof state.about, format, args);
    va_end(args);
}

/* Counts, and for a failure begins the line that the caller goes on with. */
static bool count(bool holds, const char *file, int line)
{
    if (state.case_name[0] == '\0')
        check_case("%s", state.name);
    state.case_checks++;
    if (holds)
        return true;
    state.case_failures++;
    fprintf(stderr, "%s:%d: [%s%s%s] ", file, line, state.case_name,
            state.about[0] != '\0' ? ": " : "", state.about);
    return false;
}

bool check_that(bool holds, const char *text, const char *file, int line)
{
    if (!count(holds, file, line))
        fprintf(stderr, "does not hold: %s\n", text);
    return holds;
}

bool check_int(long long want, long long got, const char *text, const char *file, int line)
{
    if (count(want == got, file, line))
        return true;
    fprintf(stderr, "%s is %lld, not %lld\n", text, got, want);
    return false;
}

bool check_text(const char *want, const char *got, const char *text, const char *file, int line)
{
    bool holds = want == got || (want != NULL && got != NULL && strcmp(want, got) == 0);

    if (count(holds, file, line))
        return true;
    fprintf(stderr, "%s is \"%s\", not \"%s\"\n", text, got == NULL ? "(null)" : got,
            want == NULL ? "(null)" : want);
    return false;
}

static void print_hex(const char *before, const uint8_t *data, size_t len)
{
    fprintf(stderr, "    %s ", before);
    for (size_t i = 0; i < len && i < 64; i++)
        fprintf(stderr, "%02x", (unsigned)data[i]);
    fprintf(stderr, "%s\n", len > 64 ? "..." : "");
}

bool check_bytes(const void *want, const void *got, size_t len, const char *text, const char *file,
                 int line)
{
    if (count(memcmp(want, got, len) == 0, file, line))
        return true;
    fprintf(stderr, "%s differs in %zu bytes:\n", text, len);
    print_hex("want", want, len);
    print_hex("got ", got, len);
    return false;
}

bool check_hex(const char *want, const void *got, size_t len, const char *text, const char *file,
               int line)
{
    char *digits = malloc(2 * len + 1);
    bool holds;

    if (digits == NULL)
        abort();
    for (size_t i = 0; i < len; i++)
        (void)sprintf(digits + 2 * i, "%02x", (unsigned)((const uint8_t *)got)[i]);
    digits[2 * len] = '\0';
    holds = want != NULL && strcmp(want, digits) == 0;
    if (!count(holds, file, line))
        fprintf(stderr, "%s is %.128s, not %.128s\n", text, digits, want == NULL ? "(null)" : want);
    free(digits);
    return holds;
}

static const char *join(const char *folder, const char *file)
{
    static char ring[RING][PATH_SIZE];
    static unsigned next;
    char *path = ring[next++ % RING];

    if ((size_t)snprintf(path, PATH_SIZE, "%s/%s", folder, file) >= PATH_SIZE)
        abort();
    return path;
}

const char *check_vector(const char *file)
{
    return join(state.vectors, file);
}

const char *check_scratch(const char *file)
{
    const char *tmp = getenv("TMPDIR");

    if (state.scratch[0] == '\0') {
        (void)snprintf(state.scratch, sizeof state.scratch, "%s/seal-test-XXXXXX",
                       tmp != NULL && tmp[0] != '\0' ? tmp : "/tmp");
        if (mkdtemp(state.scratch) == NULL) {
            perror(state.scratch);
            abort();
        }
    }
    return file[0] == '\0' ? state.scratch : join(state.scratch, file);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

int check_done(void)
{
    if (state.scratch[0] != '\0' && nftw(state.scratch, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
        count(false, __FILE__, __LINE__), perror(state.scratch);
    end_case();
    printf("%s: %u passed, %u failed", state.name, state.passed, state.failed);
    if (state.skipped > 0)
        printf(", %u skipped", state.skipped);
    printf(" (%lu checks)\n", state.checks);
    return state.failed == 0 && state.passed + state.skipped > 0 ? 0 : 1;
}
