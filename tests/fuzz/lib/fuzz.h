/*
 * fuzz: what all targets share. A target is one file tests/fuzz/fuzz_NAME.c with this function in
 * it; libFuzzer, AFL++ or lib/replay.c call it with one input after the other. What must hold and
 * does not, aborts.
 */
#ifndef SEAL_FUZZ_H
#define SEAL_FUZZ_H

#include "base/bytes.h"
#include "base/status.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libsodium is ready; to be called first by each target. */
void fuzz_start(void);
/* What it calls where blocks.c is linked: the blocks of the last input can be used again. */
void fuzz_next_blocks(void) __attribute__((weak));

#define FUZZ_CHECK(condition) fuzz_check((condition), #condition, __FILE__, __LINE__)
void fuzz_check(bool holds, const char *text, const char *file, int line);
/* A call that can fail for want of memory alone. */
#define FUZZ_OK(status) FUZZ_CHECK((status) == SEAL_OK)
/* All of got is text that is safe to show, line ends and backslashes aside. */
void fuzz_check_shown(const struct buffer *got);

/* ---- Taking an input apart ---------------------------------------------------------------- */

/* What is left of it; behind its end everything is zero, so that each input means something. */
struct input {
    const uint8_t *data;
    size_t len;
};

uint8_t input_byte(struct input *in);
/* Little-endian. */
uint32_t input_u16(struct input *in);
uint64_t input_u64(struct input *in);
void input_fill(struct input *in, void *out, size_t len);
/* At most len bytes, in place. */
struct span input_take(struct input *in, size_t len);
/* Up to the next line "%%", which is taken, too. False: the input has ended. */
bool input_section(struct input *in, struct span *out);
/* That as text, cut at the first NUL; to be freed. NULL: the input has ended. */
char *input_text(struct input *in);

/* The rest of the input says how to alter b: bytes changed, pieces taken out, doubled, put in. */
void input_edit(struct input *in, struct buffer *b);
/* Appends text with each "@N" (a digit) in the place of the SHA-256 of files[N]. */
void fuzz_expand(struct buffer *out, struct span text, const struct span *files, size_t count);

/* ---- Folders ------------------------------------------------------------------------------ */

/* A folder of that name, new and empty, in memory where the system has such a place; a path that
 * is valid until the next call. All are removed at the end of the program. */
const char *fuzz_folder(const char *name);
/* The path alone. */
const char *fuzz_folder_path(const char *name);
void fuzz_folder_remove(const char *name);
/* Writes a file and the folders above it; false if there is something in the way. */
bool fuzz_put(int dirfd, const char *path, const void *data, size_t len);

#endif
