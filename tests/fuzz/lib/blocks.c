/*
 * Large blocks of memory are kept from one input to the next. AddressSanitizer and libsodium make a
 * mapping for each and remove it again, and that took nearly all of the time: readers have buffers
 * of megabytes, and inputs are small. So in fuzzers the linker puts the functions here in the place
 * of malloc and of what else gives out large blocks (fuzz_main in the Makefile). The programs that
 * run over the kept inputs are not linked with this.
 *
 * A block that was freed is poisoned, and so is what lies behind each block: touching it is an
 * error, as it is with AddressSanitizer's own blocks. No block is given out twice within one input.
 * A block that is still in use when the next input begins ends the run: memory was lost. As the
 * report does not say who made a block, run the input again in build/asan/fuzz.
 */
#include "fuzz.h"

#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <sodium.h>
#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define IS_ASAN 1
#endif
#endif
#ifdef IS_ASAN
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(data, len) ((void)(data), (void)(len))
#define ASAN_UNPOISON_MEMORY_REGION(data, len) ((void)(data), (void)(len))
#endif

/* From where on a block is large. Of those of libsodium the smaller ones are secrets, some of them
 * read-only, which stay what they are. */
#define LARGE ((size_t)16 * 1024)
#define LARGE_SODIUM ((size_t)2 * 1024)
#define BEHIND 64 /* poisoned, at least */
#define BLOCKS_MAX 1024
#define ROOM ((size_t)1 << 30) /* of addresses; only what was touched is memory */
#define FILLED 4096            /* that much of a new block is made to look unlike zeros */

struct block {
    uint8_t *data;
    size_t room, len;
    enum { BLOCK_READY, BLOCK_USED, BLOCK_FREED } state;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct block blocks[BLOCKS_MAX];
static size_t block_count, room_used;
static uint8_t *room;

/* Under the names that the linker gives: its __real_ is what the system has, its __wrap_ what is
 * called instead. */
#define REAL(name) __real_##name
#define WRAP(name) __wrap_##name

void *REAL(malloc)(size_t len);
void *REAL(calloc)(size_t count, size_t len);
void *REAL(realloc)(void *data, size_t len);
void REAL(free)(void *data);
void *REAL(sodium_malloc)(size_t len);
void REAL(sodium_free)(void *data);
int REAL(sodium_mprotect_readonly)(void *data);

void *WRAP(malloc)(size_t len);
void *WRAP(calloc)(size_t count, size_t len);
void *WRAP(realloc)(void *data, size_t len);
void WRAP(free)(void *data);
void *WRAP(sodium_malloc)(size_t len);
void WRAP(sodium_free)(void *data);
int WRAP(sodium_mprotect_readonly)(void *data);
ZSTD_CCtx *WRAP(ZSTD_createCCtx)(void);
ZSTD_DCtx *WRAP(ZSTD_createDCtx)(void);

/* ---- Blocks ------------------------------------------------------------------------------- */

static size_t room_for(size_t len)
{
    size_t result = LARGE_SODIUM;

    while (result < len + BEHIND)
        result *= 2;
    return result;
}

/* A new block at the end of the room; NULL: there is no place left. */
static struct block *make_block(size_t wanted)
{
    struct block *b = &blocks[block_count];

    if (room == NULL) {
        room = mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                    -1, 0);
        FUZZ_CHECK(room != MAP_FAILED);
    }
    if (block_count == BLOCKS_MAX || wanted > ROOM - room_used)
        return NULL;
    *b = (struct block){.data = room + room_used, .room = wanted};
    room_used += wanted;
    block_count++;
    ASAN_POISON_MEMORY_REGION(b->data, b->room);
    return b;
}

static struct block *find_ready(size_t wanted)
{
    for (size_t i = 0; i < block_count; i++)
        if (blocks[i].room == wanted && blocks[i].state == BLOCK_READY)
            return &blocks[i];
    return make_block(wanted);
}

static void *take(size_t len)
{
    struct block *b;

    if (len > ROOM / 4)
        return NULL;
    (void)pthread_mutex_lock(&lock);
    b = find_ready(room_for(len));
    if (b != NULL) {
        b->state = BLOCK_USED;
        b->len = len;
    }
    (void)pthread_mutex_unlock(&lock);
    if (b == NULL)
        return NULL;
    ASAN_UNPOISON_MEMORY_REGION(b->data, len);
    memset(b->data, 0xbe, len < FILLED ? len : FILLED);
    return b->data;
}

/* The block that begins there; NULL: it is none of these. */
static struct block *block_at(const void *data)
{
    const uint8_t *at = data;
    struct block *found = NULL;

    if (room == NULL || at < room || at >= room + ROOM)
        return NULL;
    (void)pthread_mutex_lock(&lock);
    for (size_t i = 0; i < block_count && found == NULL; i++)
        if (blocks[i].data == at)
            found = &blocks[i];
    (void)pthread_mutex_unlock(&lock);
    /* Else it was freed twice, or does not begin there. */
    FUZZ_CHECK(found != NULL && found->state == BLOCK_USED);
    return found;
}

/* False: it is none of these. */
static bool give_back(void *data)
{
    struct block *b = block_at(data);

    if (b == NULL)
        return false;
    ASAN_POISON_MEMORY_REGION(b->data, b->len);
    b->state = BLOCK_FREED;
    return true;
}

void fuzz_next_blocks(void)
{
    for (size_t i = 0; i < block_count; i++) {
        FUZZ_CHECK(blocks[i].state != BLOCK_USED); /* memory is lost */
        blocks[i].state = BLOCK_READY;
    }
}

/* ---- In the place of others --------------------------------------------------------------- */

void *WRAP(malloc)(size_t len)
{
    void *data = len < LARGE ? NULL : take(len);

    return data == NULL ? REAL(malloc)(len) : data;
}

void *WRAP(calloc)(size_t count, size_t len)
{
    size_t all;
    void *data;

    if (__builtin_mul_overflow(count, len, &all) || all < LARGE || (data = take(all)) == NULL)
        return REAL(calloc)(count, len);
    return memset(data, 0, all);
}

void *WRAP(realloc)(void *data, size_t len)
{
    const struct block *b = block_at(data);
    size_t had;
    void *grown;

    if (data == NULL || (b == NULL && len < LARGE))
        return data == NULL ? WRAP(malloc)(len) : REAL(realloc)(data, len);
    had = b == NULL ? malloc_usable_size(data) : b->len;
    grown = WRAP(malloc)(len);
    if (grown == NULL)
        return NULL;
    memcpy(grown, data, had < len ? had : len);
    WRAP(free)(data);
    return grown;
}

void WRAP(free)(void *data)
{
    if (!give_back(data))
        REAL(free)(data);
}

void *WRAP(sodium_malloc)(size_t len)
{
    void *data = len < LARGE_SODIUM ? NULL : take(len);

    return data == NULL ? REAL(sodium_malloc)(len) : data;
}

void WRAP(sodium_free)(void *data)
{
    if (!give_back(data))
        REAL(sodium_free)(data);
}

/* What is none of libsodium's it must not touch: the blocks stay writable. */
int WRAP(sodium_mprotect_readonly)(void *data)
{
    return block_at(data) != NULL ? 0 : REAL(sodium_mprotect_readonly)(data);
}

static void *zstd_malloc(void *ctx, size_t len)
{
    (void)ctx;
    return WRAP(malloc)(len);
}

static void zstd_free(void *ctx, void *data)
{
    (void)ctx;
    WRAP(free)(data);
}

static const ZSTD_customMem zstd_memory = {zstd_malloc, zstd_free, NULL};

ZSTD_CCtx *WRAP(ZSTD_createCCtx)(void)
{
    return ZSTD_createCCtx_advanced(zstd_memory);
}

ZSTD_DCtx *WRAP(ZSTD_createDCtx)(void)
{
    return ZSTD_createDCtx_advanced(zstd_memory);
}

#ifdef IS_ASAN
const char *__asan_default_options(void);

/* Mapping the shadow of a large block anew costs more than clearing it, where the block stays. An
 * input leaves less than 16 MB of freed small blocks; more would not stay in the processor's cache.
 */
const char *__asan_default_options(void)
{
    return "clear_shadow_mmap_threshold=1073741824:quarantine_size_mb=16";
}
#endif
