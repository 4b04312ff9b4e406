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

/* The header to be opened, and what opening it gives. */
struct attempt {
    const uint8_t *block;
    struct envelope *env;
    uint8_t *pkh;
    size_t *tried;
};

/* Consecutive keys, which one thread tries. */
struct range {
    struct task task; /* first, so that a task's address is its range's */
    const uint8_t *block;
    struct identity *const *keys;
    size_t count;
    struct envelope env;
    size_t which; /* of them opens it, or would if the header were right */
    enum seal_status status;
    struct fault fault;
};

static void try_range(struct task *t)
{
    struct range *r = (struct range *)t;

    r->status = envelope_open(&r->env, r->block, r->keys, r->count, &r->which, &r->fault);
}

/* Puts what a range came to behind what those before it came to. SEAL_NO_KEY, without a fault: none
 * of them opens it. Else what the first key says, but a key that opens it goes before one that says
 * why it is not right. */
static enum seal_status add_range(struct attempt *a, struct range *r, enum seal_status before,
                                  struct fault *fault)
{
    if (r->status == SEAL_NO_KEY)
        return before;
    if (before != SEAL_NO_KEY && (before == SEAL_OK || r->status != SEAL_OK)) {
        a->env->others_differ |= before == SEAL_OK && r->status != SEAL_OK;
        return before;
    }
    memcpy(a->pkh, r->keys[r->which]->pkh, HASH_LEN);
    *a->env = r->env;
    a->env->others_differ |= before != SEAL_NO_KEY;
    *fault = r->fault;
    return r->status;
}

#define RANGE_LEAST (KEYS_FOR_THREADS / 2) /* keys that are worth a thread */

/* Tries the opened keys from that one on, all of them in any case. fault: what the keys that were
 * tried before say. */
static enum seal_status try_keys(struct keyring *ring, struct attempt *a, size_t first,
                                 struct fault *fault)
{
    enum seal_status status = fault->status != SEAL_OK ? fault->status : SEAL_NO_KEY;
    size_t keys = ring->key_count - first, threads = crew_size(ring->crew);
    size_t count = keys / RANGE_LEAST < threads ? keys / RANGE_LEAST + 1 : threads;
    struct range *ranges = sodium_malloc(count * sizeof *ranges);
    struct lane lane = {.busy = false};

    *a->tried = ring->key_count;
    if (ranges == NULL)
        return fault_no_memory(fault);
    for (size_t i = 0; i < count; i++) {
        size_t begin = first + keys * i / count;

        ranges[i] = (struct range){.task = {.work = try_range},
                                   .block = a->block,
                                   .keys = ring->keys + begin,
                                   .count = first + keys * (i + 1) / count - begin};
        crew_post(ring->crew, &lane, &ranges[i].task);
    }
    for (size_t i = 0; i < count; i++) {
        crew_await(ring->crew, &ranges[i].task);
        status = add_range(a, &ranges[i], status, fault);
    }
    sodium_free(ranges);
    return status;
}

/* Has one key after the other unlocked, until one opens the file as it should be. A key that stays
 * locked is skipped, and never asked for again. fault: what the keys that were tried before say. */
static enum seal_status try_locked(struct keyring *ring, struct attempt *a,
                                   const struct receive_observer *observer, struct fault *fault)
{
    enum seal_status status = fault->status != SEAL_OK ? fault->status : SEAL_NO_KEY;

    if (ring->locked_count > 1 && !ring->locked[0].was_tried)
        observer->event(observer->ctx, &(struct receive_event){.kind = RECEIVE_KEYS_LOCKED,
                                                               .number = ring->locked_count});
    for (size_t i = 0; i < ring->locked_count && status != SEAL_OK; i++) {
        struct locked_key *c = &ring->locked[i];
        struct fault why = {.status = SEAL_OK};
        struct identity *id;

        if (c->was_tried)
            continue;
        if (stop_requested()) {
            *fault = (struct fault){.status = SEAL_OK};
            return fault_set(fault, REASON_INTERRUPTED, NULL);
        }
        c->was_tried = true;
        if (observer->unlock(observer->ctx, &id, &c->record, c->name, &why) != SEAL_OK) {
            if (ring->locked_count > 1 && why.status == SEAL_WRONG_PASSPHRASE)
                tell_name(observer, RECEIVE_KEY_SKIPPED, c->name);
            if (ring->unopened.status == SEAL_OK)
                ring->unopened = why;
            continue;
        }
        if (!secret_record_note_fits(&c->record, id))
            tell_name(observer, RECEIVE_KEY_NOTE_OTHER, c->name);
        if (add_identity(ring, id, &why) != SEAL_OK) {
            *fault = why;
            return why.status;
        }
        status = try_keys(ring, a, ring->key_count - 1, fault);
    }
    return status;
}

enum seal_status keyring_open(struct keyring *ring, struct envelope *env,
                              const uint8_t block[static BLOCK_LEN],
                              const struct receive_observer *observer, uint8_t pkh[static HASH_LEN],
                              size_t *tried, struct fault *fault)
{
    struct attempt a = {block, env, pkh, tried};
    struct fault latest = {.status = SEAL_OK};
    enum seal_status status;

    *tried = 0;
    status = try_keys(ring, &a, 0, &latest);
    if (status != SEAL_OK && status != SEAL_NO_MEMORY)
        status = try_locked(ring, &a, observer, &latest);
    /* A key that stays locked may be the right one: its fault is the better explanation. */
    if (status == SEAL_NO_KEY && ring->unopened.status != SEAL_OK)
        latest = ring->unopened;
    else if (status == SEAL_NO_KEY)
        (void)fault_set(&latest, REASON_NO_KEY, NULL);
    if (latest.status != SEAL_OK && fault->status == SEAL_OK)
        *fault = latest;
    return latest.status;
}
