/*
 * What a worker says that was taken over: any bytes on the socket. What is believed of it has the
 * form it must have, and what was said is told as it was said, no more.
 */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/base.h"
#include "base/text.h"
#include "intake/messages.h"
#include "intake/receiver.h"
#include "lib/fuzz.h"

#define SALVAGES 64 /* in the first byte: the task */
#define RAW 128     /* in the first byte: what follows is not cut into messages here */

struct heard {
    uint64_t items, extracted, changes, notes, progress, salvaged;
    bool stops; /* the caller has had enough after the first item */
};

static void check_text(const char *text)
{
    FUZZ_CHECK(strlen(text) <= MESSAGE_TEXT_MAX);
}

static void check_item(const struct bag_item *item)
{
    check_text(item->path);
    FUZZ_CHECK((item->digest != NULL) == (item->type == BAG_FILE));
    FUZZ_CHECK((item->target != NULL) == (item->type == BAG_SYMLINK));
    FUZZ_CHECK(item->mtime.nsec < 1000000000);
}

static enum seal_status on_item(void *ctx, const struct bag_item *item, struct fault *fault)
{
    struct heard *h = ctx;

    (void)fault;
    check_item(item);
    FUZZ_CHECK(utf8_is_valid(item->path, strlen(item->path)));
    h->items++;
    return h->stops ? SEAL_IO : SEAL_OK;
}

static void on_extracted(void *ctx, const struct bag_item *item, const char *on_disk)
{
    struct heard *h = ctx;

    check_item(item);
    check_text(on_disk);
    FUZZ_CHECK(item->type == BAG_FILE);
    h->extracted++;
}

static enum seal_status on_salvaged(void *ctx, const struct custody_piece *piece,
                                    struct fault *fault)
{
    struct heard *h = ctx;

    (void)fault;
    check_text(piece->path);
    FUZZ_CHECK(utf8_is_valid(piece->path, strlen(piece->path)));
    FUZZ_CHECK(piece->state < SALVAGED_STATES && piece->lost_count <= CUSTODY_RANGES_MAX);
    h->salvaged++;
    return SEAL_OK;
}

static void on_change(void *ctx, const struct bag_difference *d)
{
    struct heard *h = ctx;

    FUZZ_CHECK(bag_difference_is_possible(d));
    check_text(d->path);
    h->changes++;
}

static void on_note(void *ctx, enum bag_note note, const char *path)
{
    struct heard *h = ctx;

    check_text(path);
    FUZZ_CHECK(note < BAG_NOTES);
    h->notes++;
}

static void on_progress(void *ctx, uint64_t bytes)
{
    struct heard *h = ctx;

    h->progress += bytes;
}

static void on_uncaged(void *ctx, unsigned int missing)
{
    (void)ctx;
    FUZZ_CHECK(missing != 0 && (missing & ~(unsigned int)PLAT_CAGE_ALL) == 0);
}

/* Each message is a type, two bytes of length and its fields; or all of it as it is. */
static struct buffer make_stream(struct input *in, bool raw)
{
    struct buffer b = {0};
    struct span rest;

    while (!raw && in->len > 0) {
        uint8_t head[5], type = input_byte(in);

        rest = input_take(in, input_u16(in));
        store_u32(head, (uint32_t)rest.len);
        head[4] = type;
        FUZZ_OK(buffer_append(&b, head, sizeof head));
        FUZZ_OK(buffer_append(&b, rest.data, rest.len));
    }
    rest = input_take(in, in->len);
    FUZZ_OK(buffer_append(&b, rest.data, rest.len));
    return b;
}

static void check_outcome(const struct receiver *r, const struct fault *fault,
                          const struct heard *h)
{
    FUZZ_CHECK(fault->status == SEAL_OK || fault->status == SEAL_BROKE ||
               (fault->status == SEAL_IO && r->observer_ended));
    FUZZ_CHECK(!r->observer_ended || (h->stops && h->items == 1));
    FUZZ_CHECK(h->items == 0 || r->task == INTAKE_LIST);
    FUZZ_CHECK(h->extracted == 0 || r->task == INTAKE_EXTRACT);
    FUZZ_CHECK(h->changes + h->notes == 0 || r->task == INTAKE_RECHECK);
    FUZZ_CHECK(h->salvaged == 0 || r->task == INTAKE_SALVAGE);
    FUZZ_CHECK(r->result->bag_info.len + r->result->remarks.len == 0 || r->task == INTAKE_BAG ||
               r->task == INTAKE_SALVAGE);
    if (r->result->remarks.len > 0)
        FUZZ_CHECK(strlen((char *)r->result->remarks.data) == r->result->remarks.len);
    FUZZ_CHECK(!r->is_done || outcome_is_allowed(r->task, &r->outcome));
}

/* What our own worker sends is understood as it was meant. */
static void check_again(const struct receiver *r)
{
    struct intake_result again = {.spelled = 0};
    struct fault fault = {.status = SEAL_OK}, outcome;
    struct channel *c;
    struct fields f;
    enum message_type type;
    int pair[2];

    FUZZ_CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    FUZZ_OK(channel_new(&c, pair[0], pair[0], &fault));
    FUZZ_OK(message_write_done(c, &r->outcome,
                               &(struct intake_result){.totals = r->result->totals,
                                                       .recheck = r->result->recheck,
                                                       .spelled = r->result->spelled},
                               &fault));
    FUZZ_OK(channel_flush(c, &fault));
    channel_free(c);
    FUZZ_OK(channel_new(&c, pair[1], pair[1], &fault));
    FUZZ_OK(message_receive(c, &type, &f, &fault));
    FUZZ_CHECK(type == MESSAGE_DONE && message_read_done(&f, r->task, &outcome, &again));
    FUZZ_CHECK(outcome.status == r->outcome.status && outcome.sys == r->outcome.sys);
    FUZZ_CHECK(strcmp(outcome.name, r->outcome.name) == 0);
    FUZZ_CHECK(outcome.reason == r->outcome.reason && outcome.number == r->outcome.number &&
               outcome.limit == r->outcome.limit);
    FUZZ_CHECK(memcmp(&again.totals, &r->result->totals, sizeof again.totals) == 0);
    FUZZ_CHECK(again.spelled == r->result->spelled);
    channel_free(c);
    (void)close(pair[0]);
    (void)close(pair[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    uint8_t first;
    struct heard heard = {0};
    const struct intake_observer observer = {.ctx = &heard,
                                             .progress = on_progress,
                                             .uncaged = on_uncaged,
                                             .item = on_item,
                                             .extracted = on_extracted,
                                             .salvaged = on_salvaged,
                                             .change = on_change,
                                             .note = on_note};
    struct intake_result result = {.spelled = 0};
    struct receiver r = {.observer = &observer, .result = &result};
    struct fault fault = {.status = SEAL_OK};
    struct buffer stream;
    int pair[2];

    fuzz_start();
    first = input_byte(&in);
    r.task = (first & SALVAGES) != 0 ? INTAKE_SALVAGE : (enum intake_task)(first & 7);
    r.whole_cage = (first & 8) != 0;
    heard.stops = (first & 16) != 0;
    stream = make_stream(&in, (first & RAW) != 0);
    FUZZ_CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    /* What the socket does not hold at once is cut: also an end. */
    if (stream.len > 0)
        IGNORE_RESULT(send(pair[0], stream.data, stream.len, MSG_DONTWAIT));
    (void)close(pair[0]);
    FUZZ_OK(channel_new(&r.channel, pair[1], pair[1], &fault));
    IGNORE_RESULT(receiver_run(&r, &fault));
    channel_free(r.channel);
    (void)close(pair[1]);
    check_outcome(&r, &fault, &heard);
    if (r.is_done)
        check_again(&r);
    intake_result_free(&result);
    buffer_free(&stream);
    return 0;
}
