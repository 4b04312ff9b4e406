#include "intake/channel.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#define MESSAGE_HEAD 5 /* length and type */

struct channel {
    int from, to;
    size_t begun; /* where the message at hand begins in out */
    size_t out_len;
    size_t in_pos, in_len;
    enum seal_status (*watch)(void *ctx, struct fault *fault); /* or NULL */
    void *watch_ctx;
    double watched; /* when it was last asked */
    uint8_t out[MESSAGE_HEAD + MESSAGE_MAX + MESSAGE_PIECE];
    uint8_t in[MESSAGE_HEAD + MESSAGE_MAX];
};

enum seal_status channel_new(struct channel **out, int from, int to, struct fault *fault)
{
    struct channel *c = sodium_malloc(sizeof *c);

    *out = c;
    if (c == NULL)
        return fault_no_memory(fault);
    c->from = from;
    c->to = to;
    c->begun = c->out_len = c->in_pos = c->in_len = 0;
    c->watch = NULL;
    return SEAL_OK;
}

void channel_watch(struct channel *c, enum seal_status (*watch)(void *ctx, struct fault *fault),
                   void *ctx)
{
    c->watch = watch;
    c->watch_ctx = ctx;
    c->watched = plat_monotonic();
}

void channel_free(struct channel *c)
{
    sodium_free(c);
}

static enum seal_status broken(enum seal_reason reason, struct fault *fault)
{
    return fault_set(fault, reason, NULL);
}

/* ---- Out ---------------------------------------------------------------------------------- */

enum seal_status channel_flush(struct channel *c, struct fault *fault)
{
    size_t len = c->out_len;

    c->out_len = 0;
    return fd_write_full(c->to, c->out, len, fault);
}

/* What does not fit any more is left out: channel_end finds the message too long then. */
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

void channel_begin(struct channel *c, enum message_type type)
{
    c->begun = c->out_len;
    channel_put_u32(c, 0);
    channel_put_u8(c, (uint8_t)type);
}

enum seal_status channel_end(struct channel *c, struct fault *fault)
{
    size_t len = c->out_len - c->begun - MESSAGE_HEAD;

    if (len > MESSAGE_MAX)
        return broken(REASON_JOB_MESSAGE_LONG, fault);
    store_u32(c->out + c->begun, (uint32_t)len);
    /* Behind less than a piece there is room for the largest. */
    return c->out_len < MESSAGE_PIECE ? SEAL_OK : channel_flush(c, fault);
}

/* ---- In ----------------------------------------------------------------------------------- */

#define WATCH_EVERY 200 /* milliseconds */

/* Until there is something to read. */
static enum seal_status wait_watching(struct channel *c, struct fault *fault)
{
    for (;;) {
        bool readable = plat_wait_readable(c->from, WATCH_EVERY);
        double now = plat_monotonic();

        if (stop_requested())
            return fault_set(fault, REASON_INTERRUPTED, NULL);
        if (now - c->watched >= WATCH_EVERY / 1e3) {
            c->watched = now;
            if (c->watch(c->watch_ctx, fault) != SEAL_OK)
                return fault->status;
        }
        if (readable)
            return SEAL_OK;
    }
}

/* Until so many bytes are there. *enough is false where the other side closed it before. */
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

enum seal_status channel_take(struct channel *c, unsigned int *type, struct fields *fields,
                              struct fault *fault)
{
    const enum seal_reason cut = REASON_WORKER_MESSAGE_CUT;
    uint32_t len;
    bool enough;

    *type = 0;
    if (fill(c, MESSAGE_HEAD, &enough, fault) != SEAL_OK)
        return fault->status;
    if (!enough)
        return c->in_len == c->in_pos ? SEAL_OK : broken(cut, fault);
    len = load_u32(c->in + c->in_pos);
    if (len > MESSAGE_MAX)
        return broken(REASON_WORKER_MESSAGE_LONG, fault);
    if (fill(c, MESSAGE_HEAD + len, &enough, fault) != SEAL_OK)
        return fault->status;
    if (!enough)
        return broken(cut, fault);
    *type = c->in[c->in_pos + 4];
    *fields = (struct fields){c->in + c->in_pos + MESSAGE_HEAD, len, false};
    c->in_pos += MESSAGE_HEAD + len;
    return *type > 0 && *type < MESSAGE_TYPES ? SEAL_OK
                                              : broken(REASON_WORKER_MESSAGE_UNKNOWN, fault);
}

/* ---- Fields ------------------------------------------------------------------------------- */

/* NULL: there are not so many. */
static const uint8_t *take(struct fields *f, size_t len)
{
    const uint8_t *p = f->data;

    if (f->bad || len > f->left) {
        f->bad = true;
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
    f->bad = true;
    return "";
}

struct span field_rest(struct fields *f)
{
    struct span rest = {f->data, f->bad ? 0 : f->left};

    f->left = 0;
    return rest;
}

bool fields_end(const struct fields *f)
{
    return !f->bad && f->left == 0;
}

static bool field_bool(struct fields *f)
{
    uint8_t value = field_u8(f);

    f->bad |= value > 1;
    return value == 1;
}

/* ---- What is to be done ------------------------------------------------------------------- */

static void put_envelope(struct channel *c, const struct envelope *env)
{
    channel_put_bytes(c, env->file_key, sizeof env->file_key);
    channel_put_bytes(c, env->commitment, sizeof env->commitment);
    channel_put_u8(c, env->params.slot_count);
    channel_put_u8(c, env->params.flags);
    channel_put_u8(c, (uint8_t)env->params.type);
    channel_put_u32(c, env->params.index);
    channel_put_bytes(c, env->params.bundle_id, sizeof env->params.bundle_id);
    channel_put_u32(c, (uint32_t)env->head_len);
}

static void take_envelope(struct fields *f, struct envelope *env)
{
    field_bytes(f, env->file_key, sizeof env->file_key);
    field_bytes(f, env->commitment, sizeof env->commitment);
    env->params.slot_count = field_u8(f);
    env->params.flags = field_u8(f);
    env->params.type = field_u8(f) == CONTENT_BAG ? CONTENT_BAG : CONTENT_STREAM;
    env->params.index = field_u32(f);
    field_bytes(f, env->params.bundle_id, sizeof env->params.bundle_id);
    env->head_len = field_u32(f);
}

static void put_options(struct channel *c, const struct intake_job *job)
{
    channel_put_u8(c, job->output >= 0);
    channel_put_u8(c, job->check_first);
    channel_put_u8(c, job->writable);
    channel_put_u8(c, job->exact_names);
    channel_put_u8(c, job->whole_cage);
    channel_put_u32(c, job->threads);
    channel_put_u64(c, job->limits.bytes);
    channel_put_u64(c, job->limits.per_byte);
    channel_put_u64(c, job->limits.room);
    channel_put_u64(c, job->limits.files);
}

static void take_options(struct fields *f, struct errand *e)
{
    e->has_output = field_bool(f);
    e->job.check_first = field_bool(f);
    e->job.writable = field_bool(f);
    e->job.exact_names = field_bool(f);
    e->job.whole_cage = field_bool(f);
    e->job.threads = field_u32(f);
    e->job.limits.bytes = field_u64(f);
    e->job.limits.per_byte = field_u64(f);
    e->job.limits.room = field_u64(f);
    e->job.limits.files = field_u64(f);
}

void input_name(char name[static INPUT_NAME_SIZE], size_t number)
{
    (void)snprintf(name, INPUT_NAME_SIZE, WORKER_INPUT "%u", (unsigned int)number);
}

enum seal_status send_job(struct channel *c, const struct intake_job *job, struct fault *fault)
{
    channel_begin(c, MESSAGE_JOB);
    channel_put_u8(c, (uint8_t)job->task);
    channel_put_u32(c, (uint32_t)job->volume_count);
    put_options(c, job);
    if (channel_end(c, fault) != SEAL_OK)
        return fault->status;
    for (size_t i = 0; i < job->volume_count; i++) {
        channel_begin(c, MESSAGE_VOLUME);
        put_envelope(c, job->volumes[i].env);
        channel_put_bytes(c, job->volumes[i].mark_key, sizeof job->volumes[i].mark_key);
        if (channel_end(c, fault) != SEAL_OK)
            return fault->status;
    }
    return SEAL_OK;
}

bool take_job(struct fields *f, struct errand *e)
{
    uint8_t task = field_u8(f);

    e->volume_count = field_u32(f);
    take_options(f, e);
    e->job.task = (enum intake_task)task;
    return fields_end(f) && task < INTAKE_TASKS && e->volume_count <= INTAKE_VOLUMES_MAX &&
           (e->volume_count == 0) == (task == INTAKE_RECHECK);
}

bool take_volume(struct fields *f, struct envelope *env, uint8_t mark_key[static VOLUME_KEY_LEN])
{
    take_envelope(f, env);
    field_bytes(f, mark_key, VOLUME_KEY_LEN);
    return fields_end(f);
}

/* ---- One item ----------------------------------------------------------------------------- */

void put_item(struct channel *c, const struct bag_item *item)
{
    channel_put_u8(c, (uint8_t)item->type);
    channel_put_u64(c, item->size);
    channel_put_u64(c, (uint64_t)item->mtime.sec);
    channel_put_u32(c, item->mtime.nsec);
    channel_put_u8(c, item->digest != NULL);
    if (item->digest != NULL)
        channel_put_bytes(c, item->digest, SHA256_LEN);
    channel_put_text(c, item->path);
    channel_put_text(c, item->target == NULL ? "" : item->target);
}

bool take_item(struct fields *f, struct bag_item *item, uint8_t digest[static SHA256_LEN])
{
    uint8_t type = field_u8(f);

    *item = (struct bag_item){.size = field_u64(f)};
    item->mtime.sec = (int64_t)field_u64(f);
    item->mtime.nsec = field_u32(f);
    if (field_bool(f)) {
        field_bytes(f, digest, SHA256_LEN);
        item->digest = digest;
    }
    item->path = field_text(f);
    item->target = field_text(f);
    switch (type) {
    case BAG_FILE:
        item->type = BAG_FILE;
        break;
    case BAG_FOLDER:
        item->type = BAG_FOLDER;
        break;
    case BAG_SYMLINK:
        item->type = BAG_SYMLINK;
        break;
    default:
        f->bad = true;
    }
    if (item->type != BAG_SYMLINK)
        item->target = NULL;
    return !f->bad && item->mtime.nsec < 1000000000 &&
           (item->type == BAG_FILE) == (item->digest != NULL);
}

/* ---- What came of it ---------------------------------------------------------------------- */

static enum seal_status send_text(struct channel *c, enum message_type type,
                                  const struct buffer *text, struct fault *fault)
{
    for (size_t pos = 0; pos < text->len; pos += MESSAGE_PIECE) {
        size_t left = text->len - pos;

        channel_begin(c, type);
        channel_put_bytes(c, text->data + pos, left < MESSAGE_PIECE ? left : MESSAGE_PIECE);
        if (channel_end(c, fault) != SEAL_OK)
            return fault->status;
    }
    return SEAL_OK;
}

/* More than the worker would ever send. */
#define TEXT_IN_PIECES_MAX ((size_t)64 * 1024 * 1024)

bool take_piece(struct fields *f, struct buffer *to, bool *no_memory)
{
    struct span piece = field_rest(f);

    if (f->bad || piece.len > TEXT_IN_PIECES_MAX - to->len ||
        memchr(piece.data, 0, piece.len) != NULL)
        return false;
    *no_memory = buffer_append(to, piece.data, piece.len) != SEAL_OK ||
                 buffer_append_text(to, "") != SEAL_OK;
    return !*no_memory;
}

/* The numbers of a result, in the one order that both sides know. */
static void put_recheck(struct channel *c, const struct bag_recheck *r)
{
    channel_put_u64(c, r->files);
    channel_put_u64(c, r->bytes);
    for (size_t i = 0; i < BAG_CHANGE_KINDS; i++)
        channel_put_u64(c, r->changes[i]);
    channel_put_u8(c, r->has_listing);
    channel_put_u8(c, r->has_digest);
    channel_put_bytes(c, r->digest, sizeof r->digest);
    channel_put_u8(c, r->has_unread_digest);
    channel_put_text(c, r->algorithms);
}

static void take_recheck(struct fields *f, struct bag_recheck *r)
{
    const char *algorithms;

    r->files = field_u64(f);
    r->bytes = field_u64(f);
    for (size_t i = 0; i < BAG_CHANGE_KINDS; i++)
        r->changes[i] = field_u64(f);
    r->has_listing = field_bool(f);
    r->has_digest = field_bool(f);
    field_bytes(f, r->digest, sizeof r->digest);
    r->has_unread_digest = field_bool(f);
    algorithms = field_text(f);
    if (strlen(algorithms) < sizeof r->algorithms)
        memcpy(r->algorithms, algorithms, strlen(algorithms) + 1);
    else
        f->bad = true;
}

static void put_numbers(struct channel *c, const struct intake_result *r)
{
    channel_put_u64(c, r->totals.files);
    channel_put_u64(c, r->totals.folders);
    channel_put_u64(c, r->totals.bytes);
    channel_put_u64(c, r->totals.coded_names);
    for (size_t i = 0; i < BAG_REMARK_KINDS; i++)
        channel_put_u64(c, r->totals.remarks[i]);
    channel_put_bytes(c, r->digest, sizeof r->digest);
    channel_put_bytes(c, r->receipt, sizeof r->receipt);
    channel_put_u8(c, r->remarks_are_cut);
    channel_put_u64(c, r->spelled);
    channel_put_u8(c, r->is_read_only);
    channel_put_u8(c, r->is_last);
    channel_put_u64(c, r->content_len);
    channel_put_u64(c, r->sealed_len);
    channel_put_bytes(c, r->sealed_digest, sizeof r->sealed_digest);
    put_recheck(c, &r->recheck);
}

static void take_numbers(struct fields *f, struct intake_result *r)
{
    r->totals.files = field_u64(f);
    r->totals.folders = field_u64(f);
    r->totals.bytes = field_u64(f);
    r->totals.coded_names = field_u64(f);
    for (size_t i = 0; i < BAG_REMARK_KINDS; i++)
        r->totals.remarks[i] = field_u64(f);
    field_bytes(f, r->digest, sizeof r->digest);
    field_bytes(f, r->receipt, sizeof r->receipt);
    r->remarks_are_cut = field_bool(f);
    r->spelled = field_u64(f);
    r->is_read_only = field_bool(f);
    r->is_last = field_bool(f);
    r->content_len = field_u64(f);
    r->sealed_len = field_u64(f);
    field_bytes(f, r->sealed_digest, sizeof r->sealed_digest);
    take_recheck(f, &r->recheck);
}

enum seal_status send_result(struct channel *c, const struct intake_result *result,
                             const struct fault *outcome, struct fault *fault)
{
    if (outcome->status == SEAL_OK &&
        (send_text(c, MESSAGE_INFO, &result->bag_info, fault) != SEAL_OK ||
         send_text(c, MESSAGE_REMARKS, &result->remarks, fault) != SEAL_OK))
        return fault->status;
    channel_begin(c, MESSAGE_DONE);
    channel_put_u8(c, (uint8_t)outcome->status);
    channel_put_u32(c, (uint32_t)outcome->reason);
    channel_put_u32(c, (uint32_t)outcome->sys);
    channel_put_u64(c, outcome->number);
    channel_put_u64(c, outcome->limit);
    channel_put_text(c, outcome->name);
    put_numbers(c, result);
    return channel_end(c, fault) == SEAL_OK ? channel_flush(c, fault) : fault->status;
}

bool take_done(struct fields *f, enum intake_task task, struct intake_result *result,
               struct fault *outcome)
{
    unsigned int status = field_u8(f);
    uint32_t reason = field_u32(f), sys = field_u32(f);
    const char *name;

    *outcome = (struct fault){.status = SEAL_OK};
    if (sys > 4095 || reason >= REASON_COUNT)
        return false;
    outcome->status = (enum seal_status)status;
    outcome->reason = (enum seal_reason)reason;
    outcome->sys = (int)sys;
    outcome->number = field_u64(f);
    outcome->limit = field_u64(f);
    name = field_text(f);
    if (strlen(name) >= sizeof outcome->name)
        return false;
    fault_add_name(outcome, name);
    if (!outcome_is_allowed(task, outcome))
        return false;
    take_numbers(f, result);
    return fields_end(f);
}
