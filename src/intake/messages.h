/*
 * The messages between the program and its worker, over a channel; private to this room. messages.c
 * and messages_result.c have the writer and the reader of each side by side. In this order:
 *
 *     to the worker    JOB VOLUME* PATH* GO
 *     from it          CAGE (PROGRESS | ITEM | EXTRACTED | CHANGE | NOTE | SALVAGED)* MENDED?
 *                      INFO* REMARKS* DONE
 *
 *     JOB        u8 task, u32 volumes, u8 has_output, u8 check_first, u8 writable, u8 exact_names,
 *                u8 has_record, u8 whole_cage, u8 keeps_user, u32 threads,
 *                u64 limits: bytes, per_byte, room, files
 *     VOLUME     envelope (envelope_pack), u64 size: 0 if it is no file; u64 blocks that its
 *                second head tells, u8 whether that is sure
 *     PATH       text: what INTAKE_EXTRACT is to take out
 *     GO         nothing: the job is complete
 *     CAGE       u32 pieces of the cage that this system lacks
 *     PROGRESS   u64 bytes read since the last one
 *     ITEM       u8 type, u64 size, u64 seconds, u32 nanoseconds, u8 has_digest, [digest],
 *                text path, text target
 *     EXTRACTED  as ITEM, text path on disk
 *     CHANGE     u8 kind, u8 detail, u32 errno, u8 file, u8 other file, u64 line, then as recorded
 *                and on disk: u64 bytes, u64 files, u64 seconds, u32 nanoseconds; text path
 *     NOTE       u8 note, text path
 *     SALVAGED   u8 state, u64 size, u64 bytes there, u8 cut, u8 guess, u32 ranges that are lost,
 * of each u64 offset, u64 length; text path MENDED     u64 blocks that were mended; u32 volumes, of
 * each u64 blocks that it has, 0 if not known; u32 ranges, of each u32 volume, u64 first block, u64
 * count INFO       bytes: a piece of the text of bag-info.txt REMARKS    bytes: a piece of
 * result.remarks DONE       outcome: u8 status, u32 reason, u32 errno, u64 number, u64 limit, text
 * name; then the numbers of struct intake_result
 *
 * The program refuses with SEAL_BROKE a message that does not have this form, and one that a worker
 * with that task may not send (message_is_allowed, outcome_is_allowed). The order is not checked,
 * but the program reads nothing behind DONE.
 */
#ifndef SEAL_INTAKE_MESSAGES_H
#define SEAL_INTAKE_MESSAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "intake/channel.h"
#include "intake/intake.h"

enum message_type {
    MESSAGE_NONE = 0, /* is not sent: the other side closed the channel */
    MESSAGE_JOB,
    MESSAGE_VOLUME,
    MESSAGE_PATH,
    MESSAGE_GO,
    MESSAGE_CAGE,
    MESSAGE_PROGRESS,
    MESSAGE_ITEM,
    MESSAGE_EXTRACTED,
    MESSAGE_CHANGE,
    MESSAGE_NOTE,
    MESSAGE_SALVAGED,
    MESSAGE_MENDED,
    MESSAGE_INFO,
    MESSAGE_REMARKS,
    MESSAGE_DONE,
    MESSAGE_TYPES
};

/* The next message, as channel_receive; SEAL_BROKE also for a type that is not in the list. */
MUST_USE enum seal_status message_receive(struct channel *c, enum message_type *type,
                                          struct fields *fields, struct fault *fault);
/* Whether a worker with this task may send a message of this type. */
bool message_is_allowed(enum intake_task task, enum message_type type);

/* Whether the program reads the volumes for a worker with this task, and feeds them to it. */
bool task_is_fed(enum intake_task task);

/* Names in faults: the worker does not know what its files are called, and uses these. No path of a
 * bag begins with a slash. The volume's number, from 0 on, follows WORKER_INPUT. The program puts
 * the real names in their place. */
#define WORKER_INPUT "/in"
#define WORKER_OUTPUT "/out"
#define INPUT_NAME_SIZE 16
void input_name(char name[static INPUT_NAME_SIZE], size_t number);

/* Every message_write_... puts one whole message into the channel, which sends it with the next
 * channel_flush or before. Every message_read_... returns false if the message is malformed; text
 * points into the message. */

/* ---- To the worker ------------------------------------------------------------------------ */

/* Fields of JOB: what a worker has to know of struct intake_job besides volumes and paths. */
struct job_params {
    enum intake_task task;
    uint32_t
        volume_count; /* VOLUME messages that follow; 0 for INTAKE_RECHECK and INTAKE_TRIAL alone */
    bool has_output;
    bool check_first, writable, exact_names, has_record, whole_cage; /* as in struct intake_job */
    bool keeps_user;                                                 /* as in struct plat_cage */
    uint32_t threads;
    struct intake_limits limits;
};

MUST_USE enum seal_status message_write_job(struct channel *c, const struct job_params *params,
                                            struct fault *fault);
bool message_read_job(struct fields *f, struct job_params *params);

MUST_USE enum seal_status message_write_volume(struct channel *c, const struct envelope *env,
                                               uint64_t size, struct told_blocks told,
                                               struct fault *fault);
bool message_read_volume(struct fields *f, struct envelope *env, uint64_t *size,
                         struct told_blocks *told);

MUST_USE enum seal_status message_write_path(struct channel *c, const char *path,
                                             struct fault *fault);
bool message_read_path(struct fields *f, const char **path);

MUST_USE enum seal_status message_write_go(struct channel *c, struct fault *fault);

/* ---- From the worker ---------------------------------------------------------------------- */

MUST_USE enum seal_status message_write_cage(struct channel *c, unsigned int missing,
                                             struct fault *fault);
bool message_read_cage(struct fields *f, unsigned int *missing);

MUST_USE enum seal_status message_write_progress(struct channel *c, uint64_t bytes,
                                                 struct fault *fault);
bool message_read_progress(struct fields *f, uint64_t *bytes);

/* When read, item->digest is NULL or points to digest. */
MUST_USE enum seal_status message_write_item(struct channel *c, const struct bag_item *item,
                                             struct fault *fault);
bool message_read_item(struct fields *f, struct bag_item *item, uint8_t digest[static SHA256_LEN]);

MUST_USE enum seal_status message_write_extracted(struct channel *c, const struct bag_item *item,
                                                  const char *on_disk, struct fault *fault);
bool message_read_extracted(struct fields *f, struct bag_item *item,
                            uint8_t digest[static SHA256_LEN], const char **on_disk);

/* False also for a difference that is none (bag_difference_is_possible). */
MUST_USE enum seal_status message_write_change(struct channel *c,
                                               const struct bag_difference *difference,
                                               struct fault *fault);
bool message_read_change(struct fields *f, struct bag_difference *difference);

MUST_USE enum seal_status message_write_note(struct channel *c, enum bag_note note,
                                             const char *path, struct fault *fault);
bool message_read_note(struct fields *f, enum bag_note *note, const char **path);

MUST_USE enum seal_status
message_write_salvaged(struct channel *c, const struct custody_piece *piece, struct fault *fault);
bool message_read_salvaged(struct fields *f, struct custody_piece *piece);

/* Of result mended, and blocks of so many volumes. */
MUST_USE enum seal_status message_write_mended(struct channel *c,
                                               const struct intake_result *result, size_t volumes,
                                               struct fault *fault);
bool message_read_mended(struct fields *f, struct intake_result *result, size_t volumes);

/* type: MESSAGE_INFO or MESSAGE_REMARKS. Writes as many messages as the text needs. */
MUST_USE enum seal_status message_write_text(struct channel *c, enum message_type type,
                                             const struct buffer *text, struct fault *fault);
/* Appends the piece to text. False also if all pieces together are longer than most, or *no_memory.
 */
bool message_read_text(struct fields *f, struct buffer *text, size_t most, bool *no_memory);

/* outcome: what the task came to. Of the result all is sent that has no message of its own. */
MUST_USE enum seal_status message_write_done(struct channel *c, const struct fault *outcome,
                                             const struct intake_result *result,
                                             struct fault *fault);
/* False also if a worker with that task may not say so. */
bool message_read_done(struct fields *f, enum intake_task task, struct fault *outcome,
                       struct intake_result *result);
/* Whether a worker with this task may end with this outcome (outcomes.c). */
bool outcome_is_allowed(enum intake_task task, const struct fault *outcome);

#endif
