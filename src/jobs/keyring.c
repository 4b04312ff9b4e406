#include "jobs/keyring_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "platform/files.h"
#include "jobs/receive_relay_private.h"

/* ---- Reading key files -------------------------------------------------------------------- */

static enum seal_status add_identity(struct keyring *ring, struct identity *id, struct fault *fault)
{
    struct identity **keys = realloc(ring->keys, (ring->key_count + 1) * sizeof *keys);

    if (keys == NULL) {
        identity_free(id);
        return fault_no_memory(fault);
    }
    keys[ring->key_count++] = id;
    ring->keys = keys;
    return SEAL_OK;
}

static enum seal_status add_locked(struct keyring *ring, const struct secret_record *record,
                                   const char *name, struct fault *fault)
{
    struct locked_key *locked = realloc(ring->locked, (ring->locked_count + 1) * sizeof *locked);
    char *copy = strdup(name);

    if (locked != NULL)
        ring->locked = locked;
    if (locked == NULL || copy == NULL) {
        free(copy);
        return fault_no_memory(fault);
    }
    locked += ring->locked_count++;
    locked->record = *record;
    locked->name = copy;
    locked->was_tried = false;
    return SEAL_OK;
}

static enum seal_status add_key_file(struct keyring *ring, const char *name, bool must_have_one,
                                     const struct receive_observer *observer, struct fault *fault)
{
    struct key_file file;
    enum seal_status status = key_file_read(&file, name, fault);

    if (status == SEAL_OK && file.secret_count == 0 && must_have_one)
        status = key_file_lacks(&file, REASON_KEY_NO_SECRET, name, fault);
    if (status == SEAL_OK && file.is_exposed)
        tell_name(observer, RECEIVE_KEY_EXPOSED, name);
    for (size_t i = 0; status == SEAL_OK && i < file.secret_count; i++) {
        struct identity *id;

        if (file.secrets[i].locked) {
            status = add_locked(ring, &file.secrets[i], name, fault);
            continue;
        }
        status = secret_record_open(&id, &file.secrets[i], NULL, 0, fault);
        if (status == SEAL_OK)
            status = add_identity(ring, id, fault);
    }
    key_file_free(&file);
    return status;
}

/* Names in a folder, each malloc'ed. */
struct names {
    char **list;
    size_t count;
};

static int add_name(void *ctx, const char *name)
{
    struct names *n = ctx;
    char **list = realloc(n->list, (n->count + 1) * sizeof *list);

    if (list != NULL)
        n->list = list;
    if (list == NULL || (list[n->count] = strdup(name)) == NULL) {
        errno = ENOMEM;
        return -1;
    }
    n->count++;
    return 0;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted, so that passphrases are asked for in the order that people expect. */
static enum seal_status list_names(struct names *names, const char *path, struct fault *fault)
{
    int fd = plat_open_dir(PLAT_CWD, path, true);
    enum seal_status status = SEAL_OK;

    if (fd < 0 || plat_list_dir(fd, add_name, names) != 0)
        status = fault_set_errno(fault, REASON_READ, path);
    if (fd >= 0)
        (void)plat_close(fd);
    if (names->count > 1)
        qsort(names->list, names->count, sizeof *names->list, compare_names);
    return status;
}

/* A folder of keys may hold public keys and other files as well: these are skipped. */
static enum seal_status add_listed_key(struct keyring *ring, const char *folder, const char *name,
                                       const struct receive_observer *observer, struct fault *fault)
{
    struct buffer path = {0};
    struct plat_stat st;
    enum seal_status status = SEAL_OK;

    if (buffer_printf(&path, "%s/%s", folder, name) != SEAL_OK)
        status = fault_no_memory(fault);
    else if (plat_stat_at(PLAT_CWD, (char *)path.data, true, &st) == 0 && st.type == PLAT_FILE &&
             st.size <= KEY_FILE_MAX)
        status = add_key_file(ring, (char *)path.data, false, observer, fault);
    buffer_free(&path);
    return status;
}

static enum seal_status add_key_folder(struct keyring *ring, const char *path,
                                       const struct receive_observer *observer, struct fault *fault)
{
    size_t before = ring->key_count + ring->locked_count;
    struct names names = {NULL, 0};
    enum seal_status status = list_names(&names, path, fault);

    for (size_t i = 0; i < names.count; i++) {
        if (status == SEAL_OK)
            status = add_listed_key(ring, path, names.list[i], observer, fault);
        free(names.list[i]);
    }
    free(names.list);
    if (status != SEAL_OK)
        return status;
    if (ring->key_count + ring->locked_count == before)
        return fault_set(fault, REASON_KEY_NO_SECRET, path);
    return SEAL_OK;
}

enum seal_status keyring_add(struct keyring *ring, const char *path,
                             const struct receive_observer *observer, struct fault *fault)
{
    struct plat_stat st;

    if (plat_stat_at(PLAT_CWD, path, true, &st) == 0 && st.type == PLAT_DIR)
        return add_key_folder(ring, path, observer, fault);
    return add_key_file(ring, path, true, observer, fault);
}

#define KEYS_FOR_THREADS 16

void keyring_use_threads(struct keyring *ring, unsigned int threads)
{
    if (ring->key_count >= KEYS_FOR_THREADS && ring->crew == NULL)
        ring->crew = crew_try_new(threads);
}

void keyring_free(struct keyring *ring)
{
    for (size_t i = 0; i < ring->key_count; i++)
        identity_free(ring->keys[i]);
    for (size_t i = 0; i < ring->locked_count; i++)
        free(ring->locked[i].name);
    free(ring->keys);
    free(ring->locked);
    crew_free(ring->crew);
    *ring = (struct keyring){0};
}

/* ---- Opening a header --------------------------------------------------------------------- */

/* One header that keys are tried on. */
struct attempt {
    const uint8_t *block; /* NULL: there is none */
    bool is_second;
    struct envelope *env; /* sodium_malloc */
    struct identity *id;
    uint64_t blocks;
    struct fault said; /* what the keys that were tried say; SEAL_NO_KEY is not noted */
};

/* Consecutive keys, which one thread tries. */
struct range {
    struct task task; /* first, so that a task's address is its range's */
    const struct attempt *attempt;
    struct identity *const *keys;
    size_t count;
    struct envelope env;
    uint64_t blocks;
    size_t which; /* of them opens it, or would if the header were right */
    enum seal_status status;
    struct fault fault;
};

static void try_range(struct task *t)
{
    struct range *r = (struct range *)t;
    const struct attempt *a = r->attempt;

    if (a->is_second)
        r->status = envelope_open_second(&r->env, a->block, r->keys, r->count, &r->which,
                                         &r->blocks, &r->fault);
    else
        r->status = envelope_open(&r->env, a->block, r->keys, r->count, &r->which, &r->fault);
}

/* Puts what a range came to behind what those before it came to. SEAL_NO_KEY, without a fault: none
 * of them opens it. Else what the first key says, but a key that opens it goes before one that says
 * why it is not right. */
static enum seal_status add_range(struct attempt *a, struct range *r, enum seal_status before)
{
    if (r->status == SEAL_NO_KEY)
        return before;
    if (before != SEAL_NO_KEY && (before == SEAL_OK || r->status != SEAL_OK)) {
        a->env->others_differ |= before == SEAL_OK && r->status != SEAL_OK;
        return before;
    }
    a->id = r->keys[r->which];
    *a->env = r->env;
    a->blocks = r->blocks;
    a->env->others_differ |= before != SEAL_NO_KEY;
    a->said = r->fault;
    return r->status;
}

#define RANGE_LEAST (KEYS_FOR_THREADS / 2) /* keys that are worth a thread */

/* What the keys came to that were tried on it so far. */
static enum seal_status said_by(const struct attempt *a)
{
    return a->said.status != SEAL_OK ? a->said.status : SEAL_NO_KEY;
}

/* Tries the opened keys from that one on, all of them in any case. */
static enum seal_status try_keys(struct keyring *ring, struct attempt *a, size_t first)
{
    enum seal_status status = said_by(a);
    size_t keys = ring->key_count - first, threads = crew_size(ring->crew);
    size_t count = keys / RANGE_LEAST < threads ? keys / RANGE_LEAST + 1 : threads;
    struct range *ranges = sodium_malloc(count * sizeof *ranges);
    struct lane lane = {.busy = false};

    if (ranges == NULL)
        return fault_no_memory(&a->said);
    for (size_t i = 0; i < count; i++) {
        size_t begin = first + keys * i / count;

        ranges[i] = (struct range){.task = {.work = try_range},
                                   .attempt = a,
                                   .keys = ring->keys + begin,
                                   .count = first + keys * (i + 1) / count - begin};
        crew_post(ring->crew, &lane, &ranges[i].task);
    }
    for (size_t i = 0; i < count; i++) {
        crew_await(ring->crew, &ranges[i].task);
        status = add_range(a, &ranges[i], status);
    }
    sodium_free(ranges);
    return status;
}

/* Both headers of one file. */
struct attempts {
    struct attempt first, second;
    struct sealed_heads *heads;
    struct attempt *best; /* that opened it, or says more of why it cannot be opened */
};

/* Where a box of the first opens, the file has a second only if that says so. */
static bool may_have_second(const struct attempt *first, enum seal_status status)
{
    return status == SEAL_NO_KEY || (status == SEAL_DAMAGED && first->env->params.parity > 0);
}

/* Makes the second header ready to be tried. False: there is none. */
static bool take_second(struct attempts *a)
{
    if (a->second.env != NULL)
        return true;
    a->second.block = sealed_heads_second(a->heads);
    if (a->second.block == NULL)
        return false;
    a->second.env = sodium_malloc(sizeof *a->second.env);
    if (a->second.env == NULL)
        return false;
    memset(a->second.env, 0, sizeof *a->second.env);
    return true;
}

/* Tries the opened keys from that one on, on the first header, and then on the second. */
static enum seal_status try_heads(struct keyring *ring, struct attempts *a, size_t first)
{
    enum seal_status status =
        a->first.block != NULL ? try_keys(ring, &a->first, first) : SEAL_NO_KEY;
    enum seal_status second;

    a->best = &a->first;
    if (!may_have_second(&a->first, status) || !take_second(a))
        return status;
    second = try_keys(ring, &a->second, first);
    if (second == SEAL_NO_KEY || (second != SEAL_OK && status != SEAL_NO_KEY))
        return status;
    a->best = &a->second;
    return second;
}

/* Has the next waiting key unlocked. False: it stays locked, and is skipped. */
static bool unlock(struct keyring *ring, struct locked_key *c,
                   const struct receive_observer *observer, struct fault *fault)
{
    struct fault why = {.status = SEAL_OK};
    struct identity *id;

    c->was_tried = true;
    if (observer->unlock(observer->ctx, &id, &c->record, c->name, &why) != SEAL_OK) {
        if (ring->locked_count > 1 && why.status == SEAL_WRONG_PASSPHRASE)
            tell_name(observer, RECEIVE_KEY_SKIPPED, c->name);
        if (ring->unopened.status == SEAL_OK)
            ring->unopened = why;
        return false;
    }
    if (!secret_record_note_fits(&c->record, id))
        tell_name(observer, RECEIVE_KEY_NOTE_OTHER, c->name);
    return add_identity(ring, id, fault) == SEAL_OK;
}

/* Has one key after the other unlocked, until one opens the file as it should be. A key that stays
 * locked is never asked for again. status: what the keys that were tried before came to. fault: it
 * could not go on. */
static enum seal_status try_locked(struct keyring *ring, struct attempts *a,
                                   const struct receive_observer *observer, enum seal_status status,
                                   struct fault *fault)
{
    if (ring->locked_count > 1 && !ring->locked[0].was_tried)
        observer->event(observer->ctx, &(struct receive_event){.kind = RECEIVE_KEYS_LOCKED,
                                                               .number = ring->locked_count});
    for (size_t i = 0; i < ring->locked_count && status != SEAL_OK; i++) {
        if (ring->locked[i].was_tried)
            continue;
        if (stop_requested())
            return fault_set(fault, REASON_INTERRUPTED, NULL);
        if (unlock(ring, &ring->locked[i], observer, fault))
            status = try_heads(ring, a, ring->key_count - 1);
        if (fault->status != SEAL_OK)
            return fault->status;
    }
    return status;
}

/* Why no key opens it, or the one that does finds it not right. */
static void explain(const struct keyring *ring, const struct attempts *a, enum seal_status status,
                    struct fault *fault)
{
    if (fault->status != SEAL_OK)
        return;
    if (status != SEAL_NO_KEY)
        *fault = a->best->said;
    else if (ring->unopened.status != SEAL_OK) /* it may be the right key: that explains more */
        *fault = ring->unopened;
    else
        (void)fault_set(fault, REASON_NO_KEY, NULL);
}

static void take_found(struct keyring_found *found, const struct attempt *a)
{
    found->id = a->id;
    found->by_second = a->is_second;
    found->blocks = a->blocks;
    if (a->is_second)
        *found->env = *a->env;
}

enum seal_status keyring_open(struct keyring *ring, struct keyring_found *found,
                              struct sealed_heads *heads, const struct receive_observer *observer,
                              struct fault *fault)
{
    struct attempts a = {.first = {.block = heads->first, .env = found->env},
                         .second = {.is_second = true},
                         .heads = heads};
    struct fault stopped = {.status = SEAL_OK};
    enum seal_status status = try_heads(ring, &a, 0);

    if (status != SEAL_OK && status != SEAL_NO_MEMORY)
        status = try_locked(ring, &a, observer, status, &stopped);
    *found = (struct keyring_found){.env = found->env, .tried = ring->key_count};
    if (status == SEAL_OK)
        take_found(found, a.best);
    else if (fault->status == SEAL_OK) {
        *fault = stopped;
        explain(ring, &a, status, fault);
    }
    sodium_free(a.second.env);
    return status == SEAL_OK ? SEAL_OK : fault->status;
}
