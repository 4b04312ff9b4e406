#include "jobs/key_make.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "jobs/key_store_private.h"

struct key_make {
    const struct key_dialog *dialog;
    struct key_make_result *names; /* those of the two files */
    struct new_passphrase passphrase;
    struct identity *id;
    struct secret_record *record;
    struct output public_file, secret_file;
    bool is_exposed; /* the medium of the secret key lets others read it */
};

static enum seal_status choose_names(struct key_make_result *out, const char *name,
                                     struct fault *fault)
{
    struct buffer public_name = {0}, secret_name = {0};
    enum seal_status status = SEAL_OK;

    if (buffer_printf(&public_name, "%s.pub", name) != SEAL_OK ||
        buffer_printf(&secret_name, "%s.key", name) != SEAL_OK)
        status = fault_no_memory(fault);
    out->public_name = (char *)public_name.data;
    out->secret_name = (char *)secret_name.data;
    if (status == SEAL_OK)
        status = output_refuse_taken(PLAT_CWD, out->secret_name, out->secret_name, fault);
    if (status == SEAL_OK)
        status = output_refuse_taken(PLAT_CWD, out->public_name, out->public_name, fault);
    return status;
}

static enum seal_status generate(struct key_make *k, uint32_t created, uint32_t expires,
                                 struct fault *fault)
{
    struct random random;
    enum seal_status status = random_start(&random, NULL, 0);

    if (status == SEAL_OK)
        status = identity_generate(&k->id, &random, created, expires);
    if (status != SEAL_OK)
        (void)fault_set_status(fault, status);
    else
        status = key_record_make(&k->record, k->id, &k->passphrase, &random, fault);
    random_end(&random);
    return status;
}

/* ---- Writing ------------------------------------------------------------------------------ */

/* Complete, under a temporary name. */
static enum seal_status write_output(struct key_make *k, struct output *o, const char *name,
                                     enum plat_access access, const struct buffer *text,
                                     struct fault *fault)
{
    enum seal_status status;

    leftovers_remove(name, NULL, k->dialog->leftover);
    status = output_create(o, name, access, fault);
    if (status == SEAL_OK)
        status = fd_write_full(o->fd, text->data, text->len, fault);
    if (status != SEAL_OK)
        fault_add_name(fault, name);
    return status;
}

static enum seal_status write_secret(struct key_make *k, struct fault *fault)
{
    struct buffer text = {sodium_malloc(KEY_TEXT_MAX), 0, KEY_TEXT_MAX};
    enum seal_status status = text.data == NULL ? SEAL_NO_MEMORY : SEAL_OK;

    if (status == SEAL_OK)
        status = secret_record_text(&text, k->record, k->id->pkh);
    if (status != SEAL_OK)
        (void)fault_set_status(fault, status);
    else
        status =
            write_output(k, &k->secret_file, k->names->secret_name, PLAT_PRIVATE, &text, fault);
    sodium_free(text.data);
    if (status == SEAL_OK)
        status = key_secret_check(k->names->secret_name, k->secret_file.temporary, k->id,
                                  &k->passphrase, &k->is_exposed, fault);
    return status;
}

static enum seal_status write_public(struct key_make *k, struct fault *fault)
{
    struct buffer text = {0};
    struct public_key key;
    enum seal_status status;

    identity_public(&key, k->id);
    status = public_key_text(&text, &key);
    if (status != SEAL_OK)
        (void)fault_set_status(fault, status);
    else
        status = write_output(k, &k->public_file, k->names->public_name, PLAT_SHARED, &text, fault);
    buffer_free(&text);
    if (status == SEAL_OK)
        status = key_public_check(k->names->public_name, k->public_file.temporary, k->id, fault);
    return status;
}

/* What it is to leave a file with the secret key behind. */
static enum leftover_fate secret_fate(const struct key_make *k)
{
    return k->names->locked ? LEFTOVER_OWN : LEFTOVER_OWN_SECRET;
}

/* The secret key gets its name first: nobody could open what is sealed to a public key that was
 * given out without it. */
static enum seal_status publish(struct key_make *k, struct fault *fault)
{
    enum seal_status status;

    if (stop_requested())
        return fault_set(fault, REASON_INTERRUPTED, NULL);
    status = output_commit(&k->secret_file, fault);
    if (status != SEAL_OK)
        return status;
    status = output_commit(&k->public_file, fault);
    if (status != SEAL_OK && plat_unlink(PLAT_CWD, k->names->secret_name) != 0 && errno != ENOENT)
        k->dialog->leftover(k->names->secret_name, secret_fate(k), errno);
    return status;
}

/* ---- All of it ---------------------------------------------------------------------------- */

static void release(struct key_make *k)
{
    output_abort(&k->public_file, LEFTOVER_OWN, k->dialog->leftover);
    output_abort(&k->secret_file, secret_fate(k), k->dialog->leftover);
    sodium_free(k->record);
    identity_free(k->id);
}

enum seal_status key_make(struct key_make_result *out, const struct key_make_request *request,
                          const struct key_dialog *dialog, struct fault *fault)
{
    struct key_make k = {.dialog = dialog, .names = out};
    enum seal_status status;

    *out = (struct key_make_result){.locked = !request->no_passphrase};
    status = choose_names(out, request->name, fault);
    if (status == SEAL_OK && !request->no_passphrase)
        status = dialog->choose(dialog->ctx, &k.passphrase.text, &k.passphrase.len, fault);
    if (status == SEAL_OK)
        status = generate(&k, request->created, request->expires, fault);
    if (status == SEAL_OK)
        status = write_secret(&k, fault);
    if (status == SEAL_OK)
        status = write_public(&k, fault);
    if (status == SEAL_OK)
        status = publish(&k, fault);
    if (status == SEAL_OK)
        memcpy(out->pkh, k.id->pkh, HASH_LEN);
    if (status == SEAL_OK && k.is_exposed)
        dialog->exposed(out->secret_name, true);
    release(&k);
    return status;
}

void key_make_result_free(struct key_make_result *result)
{
    free(result->public_name);
    free(result->secret_name);
    *result = (struct key_make_result){0};
}
