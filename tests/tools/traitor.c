/*
 * A library for LD_PRELOAD that does in unseal's worker what somebody would do who has taken it
 * over, and lies: LD_TRAITOR says which lie. It begins when the worker has shut itself in and
 * writes to the program for the second time.
 *
 *     open-line    all is well, and something is missing; the line about it has no end
 *     stay         all is well; but it does not end
 *     leave        nothing more is said; but it does not end
 *     fill         all is well; then it writes until it is stopped
 *     stopped      somebody asked it to stop
 *     many         files that it took out, without end
 *     silence      nothing more is said; but it does not end, either
 *     sleep        the same, but it does not even use the processor
 *     noise        some progress of nothing, without end
 *     claims       more was read, it says now and then, without end
 *     items        items of a list, without end
 *     remarks      remarks, without end
 *     half         half a message
 *     rubbish      random bytes
 *     nodes        it makes empty files until it is stopped
 *     locked       a folder that nobody may enter, with a file in it; and a crash
 *     told         of a bag on disk: something is missing
 *     detail       the same, with a detail that there is not
 *     unfit        the same, with a detail that does not go with it
 *     note         a note that there is not
 *     words        words in the place of a detail
 *     wake         it sleeps, but for a moment now and then
 *     answer       it writes to where it reads from, with a number that the kernel cuts off
 *
 * With LD_TRAITOR_BLOCK a mended copy gets another byte in that block, counted from 0.
 *
 * In the program LD_TRAITOR_HASTE makes the time of its clocks pass so many times as fast: that of
 * the monotonic clock, and ten times as fast that of the worker's processor time. When 800 seconds
 * have passed in this way, it makes the file LD_TRAITOR_LATE. With LD_TRAITOR_ONCE, a file that is
 * made then, only the first worker lies.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "intake/messages.h"

#define FOLDER (PLAT_WORKER_FD_FIRST + 1)

static uint8_t message[1 << 20];
static size_t message_len;

static void put(const void *data, size_t len)
{
    memcpy(message + message_len, data, len);
    message_len += len;
}

static void put_u8(uint8_t value)
{
    put(&value, 1);
}

static void put_bytes(uint8_t value, size_t count)
{
    while (count-- > 0)
        put_u8(value);
}

static void put_number(uint64_t value, size_t len)
{
    for (size_t i = 0; i < len; i++)
        put_u8((uint8_t)(value >> 8 * i));
}

static void put_text(const char *text)
{
    put_number(strlen(text), 4);
    put(text, strlen(text) + 1);
}

static void begin(enum message_type type)
{
    message_len = 0;
    put_number(0, 4);
    put_u8((uint8_t)type);
}

static void end(void)
{
    size_t len = message_len, sent = 0;

    message_len = 0;
    put_number(len - 5, 4);
    while (sent < len) {
        long n = syscall(SYS_write, PLAT_WORKER_FD_OUT, message + sent, len - sent);

        if (n <= 0)
            _exit(1);
        sent += (size_t)n;
    }
}

static void say_done(enum seal_status status, uint64_t missing)
{
    begin(MESSAGE_DONE);
    put_u8((uint8_t)status);
    put_number(status == SEAL_OK ? REASON_NONE : REASON_INTERRUPTED, 4);
    put_number(0, 4); /* errno */
    put_number(0, 8);
    put_number(0, 8);
    put_text("");
    for (int i = 0; i < 4; i++)
        put_number(1, 8);
    for (int i = 0; i < BAG_REMARK_KINDS; i++)
        put_number(i == BAG_MISSING ? missing : 0, 8);
    put_bytes(7, 3 * SHA256_LEN); /* D, that on disk, receipt */
    put_u8(0);                    /* neither remarks nor bag-info.txt were cut */
    put_u8(0);
    put_number(0, 8);
    put_u8(1);
    for (int i = 0; i < BAG_TIME_KINDS; i++)
        put_number(0, 8);
    put_u8(0);
    put_number(0, 8);
    for (int i = 0; i < SALVAGED_STATES + 6; i++)
        put_number(0, 8);
    put_bytes(0, 5);
    put_number(0, 8);
    put_number(0, 8);
    for (int i = 0; i < BAG_CHANGE_KINDS; i++)
        put_number(0, 8);
    put_bytes(0, 2 + 2 * SHA256_LEN + 1);
    put_number(0, 4); /* algorithms */
    put_u8(0);        /* no custody record was read */
    put_number(0, 4);
    put_number(0, 4);
    put_bytes(0, SHA256_LEN + 1 + SHA256_LEN);
    put_text("");
    put_text("");
    end();
}

static _Noreturn void stay(void)
{
    for (;;)
        ;
}

/* As long as nothing ends it. */
static _Noreturn void sleep_on(const struct timespec *pause)
{
    static uint32_t word;

    for (;;)
        (void)syscall(SYS_futex, &word, FUTEX_WAIT, 0, pause, NULL, 0);
}

/* Files without end, full or empty. */
static _Noreturn void make_files(bool full)
{
    static char much[1 << 20];
    char name[32];

    (void)syscall(SYS_fchmod, FOLDER, 0700); /* it may be read-only already */
    for (unsigned int i = 0;; i++) {
        long fd;

        (void)snprintf(name, sizeof name, "%u", i);
        fd = syscall(SYS_openat, FOLDER, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
        if (fd < 0)
            stay();
        while (full && syscall(SYS_write, fd, much, sizeof much) > 0)
            ;
        (void)syscall(SYS_close, fd);
    }
}

static _Noreturn void lock_up(void)
{
    long folder, fd;

    (void)syscall(SYS_fchmod, FOLDER, 0700);
    (void)syscall(SYS_mkdirat, FOLDER, "locked", 0700);
    folder = syscall(SYS_openat, FOLDER, "locked", O_RDONLY | O_DIRECTORY);
    fd = syscall(SYS_openat, folder, "file", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    (void)syscall(SYS_close, fd);
    (void)syscall(SYS_fchmod, folder, 0);
    __builtin_trap();
}

static void list(void)
{
    begin(MESSAGE_ITEM);
    put_u8(BAG_FOLDER);
    put_number(0, 8);
    put_number(0, 8);
    put_number(0, 4);
    put_u8(0);
    put_text("data/folder");
    put_text("");
    end();
}

static void remark(void)
{
    begin(MESSAGE_REMARKS);
    for (int i = 0; i < 10000; i++)
        put("# more\n", 7);
    end();
}

static void take_out(const char *path)
{
    begin(MESSAGE_EXTRACTED);
    put_u8(BAG_FILE);
    put_number(0, 8);
    put_number(0, 8);
    put_number(0, 4);
    put_u8(1);
    for (int i = 0; i < 32; i++)
        put_u8(0);
    put_text(path);
    put_text("");
    put_text(path);
    end();
}

/* A difference of a bag on disk, its path and no more. */
static void tell_missing(uint8_t detail)
{
    begin(MESSAGE_CHANGE);
    put_u8(BAG_GONE);
    put_u8(detail);
    put_number(0, 4); /* errno */
    put_u8(0);
    put_u8(0);
    put_number(0, 8);
    for (int i = 0; i < 2; i++) { /* as recorded, on disk */
        put_number(0, 8);
        put_number(0, 8);
        put_number(0, 8);
        put_number(0, 4);
    }
    put_text("data/lie");
    end();
    say_done(SEAL_OK, 0);
}

static void say_words(void)
{
    begin(MESSAGE_CHANGE);
    put_u8(BAG_GONE);
    put_u8(1);
    put_text("data/lie");
    put_text("get the new version");
    end();
}

static void note_unknown(void)
{
    begin(MESSAGE_NOTE);
    put_u8(BAG_NOTES);
    put_text("data/lie");
    end();
}

/* Lies about a bag on disk. */
static void betray_recheck(const char *how)
{
    if (strcmp(how, "told") == 0)
        tell_missing(BAG_DETAIL_NONE);
    else if (strcmp(how, "detail") == 0)
        tell_missing(BAG_DETAILS);
    else if (strcmp(how, "unfit") == 0)
        tell_missing(BAG_DETAIL_BYTE_ORDER_MARK);
    else if (strcmp(how, "note") == 0)
        note_unknown();
    else if (strcmp(how, "words") == 0)
        say_words();
}

static _Noreturn void claim(void)
{
    static uint32_t word;

    for (;;) {
        begin(MESSAGE_PROGRESS);
        put_number(1 << 20, 8);
        end();
        (void)syscall(SYS_futex, &word, FUTEX_WAIT, 0, &(struct timespec){.tv_sec = 1}, NULL, 0);
    }
}

/* Does nothing more, and says nothing of use. */
static void betray_by_waiting(const char *how)
{
    if (strcmp(how, "silence") == 0)
        stay();
    else if (strcmp(how, "sleep") == 0)
        sleep_on(NULL);
    else if (strcmp(how, "wake") == 0)
        sleep_on(&(struct timespec){.tv_nsec = 1000000});
    else if (strcmp(how, "claims") == 0)
        claim();
}

static void betray(const char *how)
{
    static const char line[] = "# missing ./open";
    char path[1000];

    betray_by_waiting(how);
    if (strcmp(how, "open-line") == 0) {
        begin(MESSAGE_REMARKS);
        put(line, strlen(line));
        end();
        say_done(SEAL_OK, 1);
    } else if (strcmp(how, "stay") == 0) {
        say_done(SEAL_OK, 0);
        stay();
    } else if (strcmp(how, "leave") == 0) {
        (void)syscall(SYS_close, PLAT_WORKER_FD_OUT);
        stay();
    } else if (strcmp(how, "fill") == 0) {
        say_done(SEAL_OK, 0);
        make_files(true);
    } else if (strcmp(how, "stopped") == 0) {
        say_done(SEAL_INTERRUPTED, 0);
    } else if (strcmp(how, "many") == 0) {
        memset(path, 'a', sizeof path - 1);
        path[sizeof path - 1] = '\0';
        for (;;)
            take_out(path);
    } else if (strcmp(how, "noise") == 0) {
        for (;;) {
            begin(MESSAGE_PROGRESS);
            put_number(0, 8);
            end();
        }
    } else if (strcmp(how, "items") == 0) {
        for (;;)
            list();
    } else if (strcmp(how, "remarks") == 0) {
        for (;;)
            remark();
    } else if (strcmp(how, "half") == 0) {
        (void)syscall(SYS_write, PLAT_WORKER_FD_OUT, "\100\0\0\0\6aaa", 8);
    } else if (strcmp(how, "rubbish") == 0) {
        for (;;) {
            message_len = 0;
            for (int i = 0; i < 4096; i++)
                put_u8((uint8_t)rand());
            if (syscall(SYS_write, PLAT_WORKER_FD_OUT, message, message_len) <= 0)
                break;
        }
    } else if (strcmp(how, "nodes") == 0) {
        make_files(false);
    } else if (strcmp(how, "locked") == 0) {
        lock_up();
    } else if (strcmp(how, "answer") == 0) {
        (void)syscall(SYS_write, (INT64_C(1) << 32) + PLAT_WORKER_FD_FIRST, "x", 1L);
    }
    betray_recheck(how);
    _exit(0);
}

static bool make_file(const char *variable)
{
    const char *path = getenv(variable);
    int fd = path == NULL ? -1 : open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);

    if (fd >= 0)
        (void)close(fd);
    return fd >= 0;
}

static bool is_worker(void)
{
    return strcmp(program_invocation_short_name, PLAT_WORKER_NAME) == 0;
}

static bool is_honest;

__attribute__((constructor)) static void choose(void)
{
    is_honest = !is_worker() || getenv("LD_TRAITOR") == NULL ||
                (getenv("LD_TRAITOR_ONCE") != NULL && !make_file("LD_TRAITOR_ONCE"));
}

static void note_time(double seconds)
{
    static double first;

    if (first == 0)
        first = seconds;
    if (seconds > first + 800)
        (void)make_file("LD_TRAITOR_LATE");
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    const char *haste = getenv("LD_TRAITOR_HASTE");
    int result =
        ((int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime"))(clock, now);
    double factor, seconds;

    if (haste == NULL || clock == CLOCK_REALTIME || is_worker())
        return result;
    factor = atof(haste) * (clock < 0 ? 10 : 1); /* clocks of processes have negative numbers */
    seconds = ((double)now->tv_sec + (double)now->tv_nsec / 1e9) * factor;
    if (clock == CLOCK_MONOTONIC)
        note_time(seconds);
    now->tv_sec = (time_t)seconds;
    now->tv_nsec = (long)((seconds - (double)now->tv_sec) * 1e9);
    return result;
}

#define OUTPUT_FD (PLAT_WORKER_FD_FIRST + 1)

/* Blocks go there one by one. */
static const void *other_block(const void *block, size_t len)
{
    static uint8_t changed[65536];
    const char *which = getenv("LD_TRAITOR_BLOCK");
    static int count;

    if (which == NULL || len != sizeof changed || count++ != atoi(which))
        return block;
    memcpy(changed, block, len);
    changed[40] ^= 1;
    return changed;
}

ssize_t write(int fd, const void *data, size_t len)
{
    static int told;

    if (fd == OUTPUT_FD && is_worker())
        data = other_block(data, len);
    if (!is_honest && fd == PLAT_WORKER_FD_OUT && told++ > 0)
        betray(getenv("LD_TRAITOR"));
    return ((ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write"))(fd, data, len);
}
