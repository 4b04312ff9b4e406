/*
 * The socket between the program and its worker, and the messages on it; private to this room.
 *
 * A message is its length (u32, of what follows), its type (u8) and its fields. Numbers are little
 * endian; text is its length (u32), its bytes, none of them NUL, and a NUL. Nothing may follow the
 * last field. The order is fixed:
 *
 *     to the worker    JOB VOLUME* AHEAD* PATH* GO
 *     from it          CAGE (PROGRESS | ITEM | EXTRACTED | CHANGE | NOTE)* INFO* REMARKS* DONE
 *
 * Whatever is not so is a fault of SEAL_BROKE.
 */
#ifndef SEAL_INTAKE_CHANNEL_H
#define SEAL_INTAKE_CHANNEL_H

#include "intake/intake.h"

#define MESSAGE_MAX ((size_t)1024 * 1024)
/* Text that is longer is cut. Two of them fit. */
#define MESSAGE_TEXT_MAX ((size_t)500 * 1024)
/* Of a text that is sent in pieces. */
#define MESSAGE_PIECE ((size_t)64 * 1024)

enum message_type {
    MESSAGE_JOB = 1,
    MESSAGE_VOLUME,
    MESSAGE_AHEAD,
    MESSAGE_PATH,
    MESSAGE_GO,
    MESSAGE_CAGE,
    MESSAGE_PROGRESS,
    MESSAGE_ITEM,
    MESSAGE_EXTRACTED,
    MESSAGE_CHANGE,
    MESSAGE_NOTE,
    MESSAGE_INFO,
    MESSAGE_REMARKS,
    MESSAGE_DONE,
    MESSAGE_TYPES
};

/* What the worker calls the files it was given: no path of a bag begins with a slash. Behind the
 * first comes the volume's number, from 0 on. */
#define WORKER_INPUT "/in"
#define WORKER_OUTPUT "/out"
#define INPUT_NAME_SIZE 16
void input_name(char name[static INPUT_NAME_SIZE], size_t number);

/* ---- The fields of one message that came in ----------------------------------------------- */

/* Reads on past the end as zero, and notes that. */
struct fields {
    const uint8_t *data;
    size_t left;
    bool bad;
};

uint8_t field_u8(struct fields *f);
uint32_t field_u32(struct fields *f);
uint64_t field_u64(struct fields *f);
void field_bytes(struct fields *f, void *out, size_t len);
/* Points into the message; "" if it is malformed. */
const char *field_text(struct fields *f);
/* All that is left. */
struct span field_rest(struct fields *f);
/* Whether all was well formed and nothing is left. */
bool fields_end(const struct fields *f);

/* ---- The channel -------------------------------------------------------------------------- */

struct channel;

/* fd stays the caller's to close. */
MUST_USE enum seal_status channel_new(struct channel **out, int from, int to, struct fault *fault);
/* Wipes what went through it: the file key did. */
void channel_free(struct channel *c);
/* watch is asked several times a second, while the other side is waited for and while it talks;
 * what else than SEAL_OK it returns ends channel_take. */
void channel_watch(struct channel *c, enum seal_status (*watch)(void *ctx, struct fault *fault),
                   void *ctx);

/* One message is begun, its fields put, and ended. It goes out with the next flush, or before. */
void channel_begin(struct channel *c, enum message_type type);
void channel_put_u8(struct channel *c, uint8_t value);
void channel_put_u32(struct channel *c, uint32_t value);
void channel_put_u64(struct channel *c, uint64_t value);
void channel_put_bytes(struct channel *c, const void *data, size_t len);
void channel_put_text(struct channel *c, const char *text);
MUST_USE enum seal_status channel_end(struct channel *c, struct fault *fault);
MUST_USE enum seal_status channel_flush(struct channel *c, struct fault *fault);

/* The next message, valid until the next call. *type is 0 at the end, where the other side closed
 * it. SEAL_BROKE: it is too long, or cut short. SEAL_INTERRUPTED; SEAL_IO. */
MUST_USE enum seal_status channel_take(struct channel *c, unsigned int *type, struct fields *fields,
                                       struct fault *fault);

/* ---- The messages that are more than a field or two ---------------------------------------- */

/* What the worker is told; paths, output_fd and names of the job stay with the program. */
struct errand {
    struct intake_job job;
    bool has_output;
    size_t volume_count; /* so many VOLUME messages follow */
};

MUST_USE enum seal_status send_job(struct channel *c, const struct intake_job *job,
                                   struct fault *fault);
/* False: malformed. */
bool take_job(struct fields *f, struct errand *errand);
bool take_volume(struct fields *f, struct envelope *env, uint8_t mark_key[static VOLUME_KEY_LEN]);

void put_item(struct channel *c, const struct bag_item *item);
/* digest has room for one. Text points into the message. */
bool take_item(struct fields *f, struct bag_item *item, uint8_t digest[static SHA256_LEN]);

/* In INFO, REMARKS and DONE. */
MUST_USE enum seal_status send_result(struct channel *c, const struct intake_result *result,
                                      const struct fault *outcome, struct fault *fault);
/* False also if a worker with that task may not say so (outcomes.c). */
bool take_done(struct fields *f, enum intake_task task, struct intake_result *result,
               struct fault *outcome);
bool outcome_is_allowed(enum intake_task task, const struct fault *outcome);
/* A piece of text is appended; false: it is no text, or too much. */
bool take_piece(struct fields *f, struct buffer *to, bool *no_memory);

/* ---- Listening to a worker (run.c) --------------------------------------------------------- */

struct run {
    const struct intake_job *job;
    const struct intake_observer *observer;
    struct intake_result *result;
    struct channel *channel;
    struct fault outcome; /* what the worker says it came to */
    bool is_done;
    bool gave_up;                   /* the caller wants no more */
    uint64_t keep_free, keep_files; /* room where it writes to: bytes and files; 0: not watched */
    uint64_t heard, extracted;      /* bytes that it said, files that it named as taken out */
};

/* Until it is done, or the channel is closed, which is no failure here. */
MUST_USE enum seal_status hear_worker(struct run *r, struct fault *fault);

#endif
