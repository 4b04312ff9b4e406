/*
 * A library for LD_PRELOAD that makes a worker of unseal one that was taken over and talks or ends
 * as it should not. It begins when the worker has shut itself in. LD_IMPOSTOR says how:
 *
 *     silence     says nothing more, and does not end
 *     leave       closes the channel, and does not end
 *     stay        says everything, and does not end
 *     noise       says for ever that nothing was done
 *     items       lists items for ever
 *     remarks     sends remarks for ever
 *     half        ends in the middle of a message
 *     rubbish     sends random bytes
 *     interrupt   says that it was interrupted, instead of what came of it
 *     answer      writes to its input, with a number that the kernel cuts off
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "intake/channel.h"

#define CHANNEL 3
#define INPUT 4

static const char *mode = "";

static bool is_mode(const char *name)
{
    return strcmp(mode, name) == 0;
}

static _Noreturn void last_for_ever(void)
{
    for (volatile int i = 0;; i++)
        continue;
}

static void send(const void *data, size_t len)
{
    if (syscall(SYS_write, CHANNEL, data, len) < 0)
        _exit(0);
}

static void send_for_ever(const struct buffer *text, unsigned int type)
{
    uint8_t head[5];

    store_u32(head, (uint32_t)text->len);
    head[4] = (uint8_t)type;
    for (;;) {
        send(head, sizeof head);
        send(text->data, text->len);
    }
}

static void put(struct buffer *b, const void *data, size_t len)
{
    if (buffer_append(b, data, len) != SEAL_OK)
        _exit(0);
}

static void play(void)
{
    static const uint8_t zeros[64], text[] = "\2\0\0\0aa";
    static const uint8_t folder = BAG_FOLDER;
    struct buffer b = {0};

    if (is_mode("silence"))
        last_for_ever();
    if (is_mode("leave")) {
        (void)close(CHANNEL);
        last_for_ever();
    }
    if (is_mode("noise")) {
        put(&b, zeros, 8);
        send_for_ever(&b, MESSAGE_PROGRESS);
    }
    if (is_mode("items")) {
        put(&b, &folder, 1);
        put(&b, zeros, 8 + 8 + 4 + 1);
        put(&b, text, sizeof text);
        put(&b, zeros, 5);
        send_for_ever(&b, MESSAGE_ITEM);
    }
    if (is_mode("remarks")) {
        for (int i = 0; i < 10000; i++)
            put(&b, "remark\n", 7);
        send_for_ever(&b, MESSAGE_REMARKS);
    }
    if (is_mode("half")) {
        send("\100\0\0\0\6aaa", 8);
        _exit(0);
    }
    if (is_mode("rubbish"))
        for (uint8_t rubbish[4096];;) {
            for (size_t i = 0; i < sizeof rubbish; i++)
                rubbish[i] = (uint8_t)rand();
            send(rubbish, sizeof rubbish);
        }
    if (is_mode("answer"))
        (void)syscall(SYS_write, (INT64_C(1) << 32) + INPUT, "x", 1L);
}

/* The result's message comes last, begins a buffer or stands behind others. */
static void change_result(uint8_t *data, size_t len)
{
    for (size_t pos = 0; len - pos >= 6; pos += 5 + load_u32(data + pos)) {
        if (data[pos + 4] == MESSAGE_DONE)
            data[pos + 5] = SEAL_INTERRUPTED;
        if (load_u32(data + pos) > len - pos - 5)
            break;
    }
}

ssize_t write(int fd, const void *buf, size_t len)
{
    static bool has_begun;
    ssize_t (*real)(int, const void *, size_t) =
        (ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
    ssize_t n;

    if (*mode == '\0' || fd != CHANNEL)
        return real(fd, buf, len);
    if (is_mode("interrupt"))
        change_result((uint8_t *)(uintptr_t)buf, len);
    n = real(fd, buf, len);
    if (!has_begun) {
        has_begun = true;
        play();
    }
    return n;
}

__attribute__((constructor)) static void begin(void)
{
    const char *wanted = getenv("LD_IMPOSTOR");

    if (wanted != NULL && strcmp(program_invocation_short_name, "unseal-worker") == 0)
        mode = wanted;
}

__attribute__((destructor)) static void end(void)
{
    if (is_mode("stay"))
        last_for_ever();
}
