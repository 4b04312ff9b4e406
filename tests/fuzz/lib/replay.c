/*
 * Runs a target over files, without a fuzzer: each argument is an input, or a folder of inputs. All
 * of them are one test case. Its last line is the one that unit tests have; a crash leaves none.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"
#include "lib/fixture.h"

static unsigned long inputs;

/* The last name said is the one that crashes. */
static void run_file(const char *path)
{
    struct buffer b = fixture_read(path);
    uint8_t *exact = malloc(b.len > 0 ? b.len : 1); /* what reads beyond the end is found out */

    FUZZ_CHECK(exact != NULL);
    if (b.len > 0)
        memcpy(exact, b.data, b.len);
    printf("%s\n", path);
    (void)fflush(stdout);
    (void)LLVMFuzzerTestOneInput(exact, b.len);
    inputs++;
    free(exact);
    buffer_free(&b);
}

static void run_folder(const char *path)
{
    struct dirent **entries;
    int count = scandir(path, &entries, NULL, alphasort);

    FUZZ_CHECK(count >= 0);
    for (int i = 0; i < count; i++) {
        char full[4096];

        (void)snprintf(full, sizeof full, "%s/%s", path, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.')
            run_file(full);
        free(entries[i]);
    }
    free(entries);
}

int main(int argc, char **argv)
{
    const char *slash = strrchr(argv[0], '/');

    for (int i = 1; i < argc; i++) {
        struct stat st;

        if (stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode))
            run_folder(argv[i]);
        else
            run_file(argv[i]);
    }
    printf("%s: %d passed, %d failed (%lu inputs)\n", slash == NULL ? argv[0] : slash + 1,
           inputs > 0, inputs == 0, inputs);
    return inputs > 0 ? 0 : 1;
}
