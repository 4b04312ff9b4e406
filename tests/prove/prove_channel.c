/*
 * The channel to a worker: a message received and one sent, whatever is in the buffers before; and
 * the fields of any message.
 */
#include <string.h>

#include "string_model.h"
#include "prove.h"

#include "base/bytes.c"
#include "base/status.c"
#include "intake/channel.c"

/* The run makes the limits of channel.h small: 24 bytes in a message, 9 in a text. */
#define READS_MAX 3
#define FIELDS_MAX 24 /* more than a text takes */
#define PUT_MAX 40    /* more than a message may have */
#define TEXT_MAX 12   /* more than a text may have, with its NUL */

/* ---- What is supposed of the rest --------------------------------------------------------- */

static struct channel channel;
static size_t reads;

/* The buffer holds any bytes already. */
int64_t plat_read(int fd, void *buf, size_t len)
{
    (void)fd;
    ASSUME(reads++ < READS_MAX);
    PROVE(len > 0 && __CPROVER_w_ok(buf, len));
    errno = nondet_bool() ? ECONNRESET : EINTR;
    return nondet_bool() ? -1 : (int64_t)any_up_to(len);
}

#ifdef __CPROVER__
/* What is copied does not matter here: the bytes of both buffers, and of fields, are any bytes. */
void *memcpy(void *to, const void *from, size_t len)
{
    PROVE(__CPROVER_r_ok(from, len) && __CPROVER_w_ok(to, len));
    return to;
}

void *memmove(void *to, const void *from, size_t len)
{
    PROVE(to == channel.in && __CPROVER_r_ok(from, len) && __CPROVER_w_ok(to, len));
    for (size_t i = 0; i < sizeof channel.in; i++)
        channel.in[i] = nondet_u8();
    return to;
}
#endif

enum seal_status fd_write_full(int fd, const void *data, size_t len, struct fault *fault)
{
    (void)fd;
    PROVE(__CPROVER_r_ok(data, len));
    return nondet_bool() ? SEAL_OK : fault_set(fault, REASON_WRITE, NULL);
}

/* ---- The channel -------------------------------------------------------------------------- */

static void receive_any(void)
{
    struct channel *c = &channel;
    struct fault fault = {.status = SEAL_OK};
    struct fields f = {NULL, 0, false};
    bool more = nondet_bool();
    uint8_t type;
    enum seal_status status;

    for (size_t i = 0; i < sizeof c->in; i++)
        c->in[i] = nondet_u8();
    c->in_len = any_up_to(sizeof c->in);
    c->in_pos = any_up_to(c->in_len);
    status = channel_receive(c, &more, &type, &f, &fault);
    PROVE(status == fault.status);
    PROVE(c->in_pos <= c->in_len && c->in_len <= sizeof c->in);
    if (status == SEAL_OK && more) {
        PROVE(f.left <= MESSAGE_MAX && !f.is_bad);
        PROVE(__CPROVER_r_ok(f.data, f.left) && f.data + f.left == c->in + c->in_pos);
        PROVE(type == f.data[-1]);
    }
    PROVE(IMPLIES(status == SEAL_OK && !more, c->in_pos == c->in_len));
}

static void send_any(void)
{
    struct channel *c = &channel;
    size_t len, begin;
    const uint8_t *data = any_end(PUT_MAX, &len);
    char *text = any_bytes(TEXT_MAX);
    struct fault fault = {.status = SEAL_OK};

    for (size_t i = 0; i < sizeof c->out; i++)
        c->out[i] = nondet_u8();
    text[TEXT_MAX - 1] = '\0';
    c->out_len = begin = any_up_to(MESSAGE_PIECE - 1);
    channel_begin(c, nondet_u8());
    channel_put_text(c, text);
    channel_put_bytes(c, data, len);
    channel_put_u64(c, nondet_u64());
    PROVE(c->out_len <= sizeof c->out);
    if (channel_end(c, &fault) == SEAL_OK) {
        PROVE(c->out_len < MESSAGE_PIECE);
        PROVE(load_u32(c->out + begin) <= MESSAGE_MAX);
        PROVE(load_u32(c->out + begin) >= 4 + 1 + len + 8);
    }
}

/* ---- Fields ------------------------------------------------------------------------------- */

/* Some field of a message. */
static void read_field(struct fields *f)
{
    uint8_t bytes[5];
    const char *text;

    switch (nondet_u8()) {
    case 0:
        (void)field_u8(f);
        break;
    case 1:
        (void)field_u32(f);
        break;
    case 2:
        (void)field_u64(f);
        break;
    case 3:
        field_bytes(f, bytes, sizeof bytes);
        break;
    case 4:
        text = field_text(f);
        PROVE(strlen(text) <= MESSAGE_TEXT_MAX);
        PROVE(IMPLIES(f->is_bad, text[0] == '\0'));
        break;
    default:
        (void)field_bool(f);
    }
}

static void read_fields(void)
{
    size_t len;
    const uint8_t *data = any_end(FIELDS_MAX, &len);
    struct fields f = {data, len, false};
    bool was_bad = false;
    struct span rest;

    for (int i = 0; i < 2; i++) {
        read_field(&f);
        PROVE(f.left <= len && f.data + f.left == data + len);
        PROVE(IMPLIES(was_bad, f.is_bad));
        was_bad = f.is_bad;
    }
    rest = field_rest(&f);
    PROVE(__CPROVER_r_ok(rest.data, rest.len) && fields_end(&f) == !f.is_bad);
}

int main(void)
{
    receive_any();
    send_any();
    read_fields();
    return 0;
}
