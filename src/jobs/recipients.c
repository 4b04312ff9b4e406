#include "jobs/recipients_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

/* Copies of one key count, too; envelope_make knows how many different ones there may be. */
#define KEYS_READ_MAX 1000

static enum seal_status add_keys(struct recipients *r, const struct key_file *file,
                                 const char *name, struct fault *fault)
{
    size_t count = r->count + file->public_count;
    struct public_key *keys;

    if (file->public_count == 0)
        return key_file_lacks(file, REASON_KEY_NO_PUBLIC, name, fault);
    if (count > KEYS_READ_MAX)
        return fault_set(fault, REASON_RECIPIENT_COUNT, NULL);
    keys = realloc(r->keys, count * sizeof *keys);
    if (keys == NULL)
        return fault_no_memory(fault);
    memcpy(keys + r->count, file->public_keys, file->public_count * sizeof *keys);
    r->keys = keys;
    r->count = count;
    return SEAL_OK;
}

static void tell(const struct seal_observer *o, enum seal_event_kind kind, const char *name,
                 const struct public_key *key)
{
    o->event(o->ctx, &(struct seal_event){.kind = kind, .name = name, .key = key});
}

/* ---- Fingerprints ------------------------------------------------------------------------- */

/* Whether the key's fingerprint begins with these digits; blanks do not count. */
static bool has_fingerprint(const struct public_key *key, const char *digits)
{
    char text[NUMBER_TEXT_SIZE(FINGERPRINT_GROUPS)];
    const char *own = text;

    fingerprint_text(text, key->pkh);
    for (; *digits != '\0'; digits++) {
        if (*digits == ' ')
            continue;
        while (*own == ' ')
            own++;
        if (*own++ != *digits)
            return false;
    }
    return true;
}

static bool is_expected(const struct public_key *key, const struct seal_request *request)
{
    for (size_t i = 0; i < request->fingerprint_count; i++)
        if (has_fingerprint(key, request->fingerprints[i]))
            return true;
    return request->fingerprint_count == 0;
}

/* Each fingerprint that was given is that of a key. */
static enum seal_status check_all_given(const struct recipients *r,
                                        const struct seal_request *request, struct fault *fault)
{
    for (size_t i = 0; i < request->fingerprint_count; i++) {
        bool found = false;

        for (size_t k = 0; k < r->count; k++)
            found |= has_fingerprint(&r->keys[k], request->fingerprints[i]);
        if (!found)
            return fault_set(fault, REASON_FINGERPRINT_NO_KEY, request->fingerprints[i]);
    }
    return SEAL_OK;
}

/* ---- Keys --------------------------------------------------------------------------------- */

static enum seal_status check_key(const struct public_key *key, const char *name,
                                  const struct seal_request *request,
                                  const struct seal_observer *observer, struct fault *fault)
{
    tell(observer, SEAL_EVENT_RECIPIENT, name, key);
    if (!is_expected(key, request))
        return fault_set(fault, REASON_FINGERPRINT_OTHER, name);
    if (!key_is_expired(key->expires, date_today()))
        return SEAL_OK;
    if (!request->allow_expired) {
        (void)fault_set(fault, REASON_RECIPIENT_EXPIRED, name);
        fault_add_numbers(fault, key->expires, date_today());
        return fault->status;
    }
    tell(observer, SEAL_EVENT_EXPIRED, name, key);
    return SEAL_OK;
}

static enum seal_status read_one(struct recipients *r, const char *name,
                                 const struct seal_request *request,
                                 const struct seal_observer *observer, struct fault *fault)
{
    size_t first = r->count;
    struct key_file file;
    enum seal_status status = key_file_read(&file, name, fault);

    if (status != SEAL_OK)
        return status;
    status = add_keys(r, &file, name, fault);
    if (status == SEAL_OK && file.marked_public)
        tell(observer, SEAL_EVENT_EXAMPLE_KEY, name, NULL);
    key_file_free(&file);
    for (size_t k = first; status == SEAL_OK && k < r->count; k++)
        status = check_key(&r->keys[k], name, request, observer, fault);
    return status;
}

/* A key behind the one for --to, as where a shell makes a list of *.pub. */
static enum seal_status refuse_as_content(const struct seal_request *request, struct fault *fault)
{
    for (size_t i = 0; i < request->path_count; i++)
        if (key_file_is_meant(request->paths[i], ".pub"))
            return fault_set(fault, REASON_SOURCE_KEY, request->paths[i]);
    return SEAL_OK;
}

enum seal_status recipients_read(struct recipients *r, const struct seal_request *request,
                                 const struct seal_observer *observer, struct fault *fault)
{
    *r = (struct recipients){.count = 0};
    for (size_t i = 0; i < request->key_file_count; i++)
        if (read_one(r, request->key_files[i], request, observer, fault) != SEAL_OK)
            return fault->status;
    if (refuse_as_content(request, fault) != SEAL_OK)
        return fault->status;
    return check_all_given(r, request, fault);
}

void recipients_free(struct recipients *r)
{
    free(r->keys);
    *r = (struct recipients){.count = 0};
}
