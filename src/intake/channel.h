/*
 * Framing: the socket between the program and its worker, or the pipes in place of one. Private to
 * this room. This layer knows lengths, types and fields; messages.h says which messages there are.
 *
 * A message is its length (u32, of what follows the type), its type (u8) and its fields. Numbers
 * are little endian. Text is its length (u32), its bytes, none of them NUL, and a NUL.
 */
#ifndef SEAL_INTAKE_CHANNEL_H
#define SEAL_INTAKE_CHANNEL_H

#include "base/bytes.h"
#include "base/status.h"

/* Bytes of all fields of one message, at most. */
#define MESSAGE_MAX ((size_t)1024 * 1024)
/* Bytes of one text, at most; channel_put_text cuts longer ones. A message has room for two. */
#define MESSAGE_TEXT_MAX ((size_t)500 * 1024)
/* Bytes of each piece of a text that is sent in several messages. */
#define MESSAGE_PIECE ((size_t)64 * 1024)

struct channel;

/* Reads from one descriptor and writes to the other, which may be the same; both stay the caller's
 * to close. */
MUST_USE enum seal_status channel_new(struct channel **out, int from, int to, struct fault *fault);
/* Wipes the buffers, through which file keys went. May be NULL. */
void channel_free(struct channel *c);
/* From here on channel_receive calls watch several times a second, both while it waits and while
 * messages come in. If watch returns anything but SEAL_OK, channel_receive returns that. */
void channel_watch(struct channel *c, enum seal_status (*watch)(void *ctx, struct fault *fault),
                   void *ctx);

/* ---- Sending ------------------------------------------------------------------------------ */

/* One message: begin it, put its fields, end it. It is sent by the next flush at the latest, or
 * earlier when the buffer is full. channel_end fails with SEAL_BROKE if the fields are longer than
 * MESSAGE_MAX. */
void channel_begin(struct channel *c, uint8_t type);
void channel_put_u8(struct channel *c, uint8_t value);
void channel_put_u32(struct channel *c, uint32_t value);
void channel_put_u64(struct channel *c, uint64_t value);
void channel_put_bytes(struct channel *c, const void *data, size_t len);
void channel_put_text(struct channel *c, const char *text);
MUST_USE enum seal_status channel_end(struct channel *c, struct fault *fault);
MUST_USE enum seal_status channel_flush(struct channel *c, struct fault *fault);

/* ---- Receiving ---------------------------------------------------------------------------- */

/* The fields of a message that are not read yet. Reading beyond the last one, or a field that is
 * malformed, gives zeros and sets is_bad. */
struct fields {
    const uint8_t *data;
    size_t left;
    bool is_bad;
};

/* Gets the next message, whose fields are valid until the next call. *more is false when the other
 * side closed the channel behind a whole message. SEAL_BROKE: the message is too long or cut short.
 * SEAL_INTERRUPTED; SEAL_IO; or what the watch returned. */
MUST_USE enum seal_status channel_receive(struct channel *c, bool *more, uint8_t *type,
                                          struct fields *fields, struct fault *fault);

uint8_t field_u8(struct fields *f);
uint32_t field_u32(struct fields *f);
uint64_t field_u64(struct fields *f);
/* A u8 that is 0 or 1. */
bool field_bool(struct fields *f);
void field_bytes(struct fields *f, void *out, size_t len);
/* Points into the message; "" if it is malformed. */
const char *field_text(struct fields *f);
/* All bytes that are left. */
struct span field_rest(struct fields *f);
/* Whether every field was well formed and nothing is left. */
bool fields_end(const struct fields *f);

#endif
