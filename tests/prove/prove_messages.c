/*
 * Messages of a fixed form, between the program and a worker: any fields, and more than belong to
 * them.
 */
#include <string.h>

#include "string_model.h"
#include "prove.h"
#include "sodium_model.h"

#include "base/bytes.c"
#include "base/status.c"
#include "envelope/params.c"
#include "bag/recheck/recheck_details.c"
#include "intake/channel.c"
#include "intake/messages.c"

bool utf8_is_valid(const void *text, size_t len)
{
    PROVE(__CPROVER_r_ok(text, len));
    return nondet_bool();
}

static struct fields any_fields(size_t most)
{
    size_t len;
    const uint8_t *data = any_end(most, &len);

    return (struct fields){data, len, false};
}

static void read_job(void)
{
    struct fields f = any_fields(70);
    size_t len = f.left;
    struct job_params p;

    if (message_read_job(&f, &p)) {
        PROVE(len == 1 + 4 + 7 + 4 + 6 * 8);
        PROVE(p.task < INTAKE_TASKS && p.volume_count <= INTAKE_VOLUMES_MAX);
        PROVE((p.volume_count == 0) == (p.task == INTAKE_RECHECK || p.task == INTAKE_TRIAL));
    }
}

static void read_volume(void)
{
    struct fields f = any_fields(ENVELOPE_PACKED_LEN + 17 + 4);
    size_t len = f.left;
    struct told_blocks told;
    uint64_t size;
    struct envelope env;

    if (message_read_volume(&f, &env, &size, &told)) {
        PROVE(len == ENVELOPE_PACKED_LEN + 17);
        PROVE(env.params.slot_count == SLOTS_FEW || env.params.slot_count == SLOTS_MANY);
    }
}

static void read_item(void)
{
    struct fields f = any_fields(90);
    uint8_t digest[SHA256_LEN];
    struct bag_item item;

    if (message_read_item(&f, &item, digest)) {
        PROVE(item.type == BAG_FILE || item.type == BAG_FOLDER || item.type == BAG_SYMLINK);
        PROVE((item.digest == digest) == (item.type == BAG_FILE));
        PROVE((item.target != NULL) == (item.type == BAG_SYMLINK));
        PROVE(item.mtime.nsec < 1000000000 && strlen(item.path) <= MESSAGE_TEXT_MAX);
    }
}

static void read_change(void)
{
    struct fields f = any_fields(90);
    struct bag_difference d;

    if (message_read_change(&f, &d)) {
        PROVE(d.kind < BAG_CHANGE_KINDS && d.detail < BAG_DETAILS);
        PROVE(d.file < BAG_RECORD_FILES && d.other < BAG_RECORD_FILES);
        PROVE(d.sys >= 0 && d.sys <= 4095);
        PROVE(bag_record_file_name(d.file) != NULL && bag_record_file_name(d.other) != NULL);
        PROVE(d.was.time.nsec < 1000000000 && d.is.time.nsec < 1000000000);
        PROVE(strlen(d.path) <= MESSAGE_TEXT_MAX);
    }
}

static void read_note(void)
{
    struct fields f = any_fields(20);
    enum bag_note note;
    const char *path;

    if (message_read_note(&f, &note, &path))
        PROVE(note < BAG_NOTES && strlen(path) <= MESSAGE_TEXT_MAX);
}

int main(void)
{
    read_job();
    read_volume();
    read_item();
    read_change();
    read_note();
    return 0;
}
