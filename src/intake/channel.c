#include "intake/channel.h"

#include <errno.h>
#include <string.h>

#include <sodium.h>

#include "platform/files.h"
#include "platform/process.h"
#include "platform/worker.h"

#define HEADER_LEN 5 /* length and type */

struct channel {
    int from, to;
    size_t message_off; /* in out: where the message begins whose fields are being put */
    size_t out_len;
    size_t in_pos, in_len; /* in[in_pos..in_len): received and not taken yet */
    enum seal_status (*watch)(void *ctx, struct fault *fault); /* or NULL */
    void *watch_ctx;
    double watched_at; /* plat_monotonic, when watch was last called */
    uint8_t out[HEADER_LEN + MESSAGE_MAX + MESSAGE_PIECE];
    uint8_t in[HEADER_LEN + MESSAGE_MAX];
};

enum seal_status channel_new(struct channel **out, int from, int to, struct fault *fault)
{
    struct channel *c = sodium_malloc(sizeof *c);

    *out = c;
    if (c == NULL)
        return fault_no_memory(fault);
    c->from = from;
    c->to = to;
    c->message_off = c->out_len = c->in_pos = c->in_len = 0;
    c->watch = NULL;
    return SEAL_OK;
}

void channel_watch(struct channel *c, enum seal_status (*watch)(void *ctx, struct fault *fault),
                   void *ctx)
{
    c->watch = watch;
    c->watch_ctx = ctx;
    c->watched_at = plat_monotonic();
}

void channel_free(struct channel *c)
{
    sodium_free(c);
}

static enum seal_status broken(enum seal_reason reason, struct fault *fault)
{
    return fault_set(fault, reason, NULL);
}

/* ---- Sending ------------------------------------------------------------------------------ */

enum seal_status channel_flush(struct channel *c, struct fault *fault)
{
    size_t len = c->out_len;

    c->out_len = 0;
    return fd_write_full(c->to, c->out, len, fault);
}

/* Bytes that do not fit into the buffer are dropped: then the message is longer than MESSAGE_MAX,
 * and channel_end refuses it. */
void channel_put_bytes(struct channel *c, const void *data, size_t len)
{
    if (len > sizeof c->out - c->out_len)
        len = sizeof c->out - c->out_len;
    if (len > 0)
        memcpy(c->out + c->out_len, data, len);
    c->out_len += len;
}

void channel_put_u8(struct channel *c, uint8_t value)
{
    channel_put_bytes(c, &value, 1);
}

void channel_put_u32(struct channel *c, uint32_t value)
{
    uint8_t bytes[4];

    store_u32(bytes, value);
    channel_put_bytes(c, bytes, sizeof bytes);
}

void channel_put_u64(struct channel *c, uint64_t value)
{
    uint8_t bytes[8];

    store_u64(bytes, value);
    channel_put_bytes(c, bytes, sizeof bytes);
}

void channel_put_text(struct channel *c, const char *text)
{
    size_t len = strnlen(text, MESSAGE_TEXT_MAX);

    channel_put_u32(c, (uint32_t)len);
    channel_put_bytes(c, text, len);
    channel_put_u8(c, 0);
}

void channel_begin(struct channel *c, uint8_t type)
{
    c->message_off = c->out_len;
    channel_put_u32(c, 0);
    channel_put_u8(c, type);
}

enum seal_status channel_end(struct channel *c, struct fault *fault)
{
    size_t len = c->out_len - c->message_off - HEADER_LEN;

    if (len > MESSAGE_MAX)
        return broken(REASON_JOB_MESSAGE_LONG, fault);
    store_u32(c->out + c->message_off, (uint32_t)len);
    /* With less than a piece in it, the buffer still has room for the longest message. */
    return c->out_len < MESSAGE_PIECE ? SEAL_OK : channel_flush(c, fault);
}

/* ---- Receiving ---------------------------------------------------------------------------- */

#define WATCH_INTERVAL 200 /* milliseconds */

/* Waits until something can be read, and calls watch meanwhile. */
static enum seal_status wait_watching(struct channel *c, struct fault *fault)
{
    for (;;) {
        bool readable = plat_wait_readable(c->from, WATCH_INTERVAL);
        double now = plat_monotonic();

        if (stop_requested())
            return fault_set(fault, REASON_INTERRUPTED, NULL);
        if (now - c->watched_at >= WATCH_INTERVAL / 1e3) {
            c->watched_at = now;
            if (c->watch(c->watch_ctx, fault) != SEAL_OK)
                return fault->status;
        }
        if (readable)
            return SEAL_OK;
    }
}

/* Reads until wanted bytes can be taken. *enough is false when the other side closed the channel
 * before. A worker that dies with unread input resets the socket, which is the same. */
static enum seal_status fill(struct channel *c, size_t wanted, bool *enough, struct fault *fault)
{
    if (c->in_pos > 0 && c->in_len - c->in_pos < wanted) {
        memmove(c->in, c->in + c->in_pos, c->in_len - c->in_pos);
        c->in_len -= c->in_pos;
        c->in_pos = 0;
    }
    while (c->in_len - c->in_pos < wanted) {
        int64_t n;

        if (c->watch != NULL && wait_watching(c, fault) != SEAL_OK)
            return fault->status;
        n = plat_read(c->from, c->in + c->in_len, sizeof c->in - c->in_len);
        if (stop_requested())
            return fault_set(fault, REASON_INTERRUPTED, NULL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno != ECONNRESET)
            return fault_set_errno(fault, REASON_READ, NULL);
        if (n <= 0)
            break;
        c->in_len += (size_t)n;
    }
    *enough = c->in_len - c->in_pos >= wanted;
    return SEAL_OK;
}

enum seal_status channel_receive(struct channel *c, bool *more, uint8_t *type,
                                 struct fields *fields, struct fault *fault)
{
    const enum seal_reason cut = REASON_WORKER_MESSAGE_CUT;
    uint32_t len;

    if (fill(c, HEADER_LEN, more, fault) != SEAL_OK)
        return fault->status;
    if (!*more)
        return c->in_len == c->in_pos ? SEAL_OK : broken(cut, fault);
    len = load_u32(c->in + c->in_pos);
    if (len > MESSAGE_MAX)
        return broken(REASON_WORKER_MESSAGE_LONG, fault);
    if (fill(c, HEADER_LEN + len, more, fault) != SEAL_OK)
        return fault->status;
    if (!*more)
        return broken(cut, fault);
    *type = c->in[c->in_pos + 4];
    *fields = (struct fields){c->in + c->in_pos + HEADER_LEN, len, false};
    c->in_pos += HEADER_LEN + len;
    return SEAL_OK;
}

/* ---- Fields ------------------------------------------------------------------------------- */

/* The next len bytes; NULL if fewer are left. */
static const uint8_t *take(struct fields *f, size_t len)
{
    const uint8_t *p = f->data;

    if (f->is_bad || len > f->left) {
        f->is_bad = true;
        return NULL;
    }
    f->data += len;
    f->left -= len;
    return p;
}

uint8_t field_u8(struct fields *f)
{
    const uint8_t *p = take(f, 1);

    return p == NULL ? 0 : *p;
}

uint32_t field_u32(struct fields *f)
{
    const uint8_t *p = take(f, 4);

    return p == NULL ? 0 : load_u32(p);
}

uint64_t field_u64(struct fields *f)
{
    const uint8_t *p = take(f, 8);

    return p == NULL ? 0 : load_u64(p);
}

void field_bytes(struct fields *f, void *out, size_t len)
{
    const uint8_t *p = take(f, len);

    if (p == NULL)
        memset(out, 0, len);
    else
        memcpy(out, p, len);
}

const char *field_text(struct fields *f)
{
    uint32_t len = field_u32(f);
    const uint8_t *p = len <= MESSAGE_TEXT_MAX ? take(f, (size_t)len + 1) : NULL;

    if (p != NULL && memchr(p, 0, (size_t)len + 1) == p + len)
        return (const char *)p;
    f->is_bad = true;
    return "";
}

struct span field_rest(struct fields *f)
{
    struct span rest = {f->data, f->is_bad ? 0 : f->left};

    f->left = 0;
    return rest;
}

bool fields_end(const struct fields *f)
{
    return !f->is_bad && f->left == 0;
}

bool field_bool(struct fields *f)
{
    uint8_t value = field_u8(f);

    f->is_bad |= value > 1;
    return value == 1;
}
