#include "jobs/key_store_private.h"

#include <string.h>

#include <sodium.h>

enum seal_status key_record_make(struct secret_record **out, const struct identity *id,
                                 const struct new_passphrase *p, struct random *random,
                                 struct fault *fault)
{
    *out = sodium_malloc(sizeof **out);
    if (*out == NULL)
        return fault_no_memory(fault);
    return secret_record_make(*out, id, p->text, p->len, random, fault);
}

enum seal_status key_secret_check(const char *path, const struct identity *id,
                                  const struct new_passphrase *p, struct fault *fault)
{
    struct key_file file;
    struct identity *again = NULL;
    enum seal_status status = key_file_read(&file, path, fault);
    bool same;

    if (status != SEAL_OK)
        return status;
    if (file.secret_count == 1)
        status = secret_record_open(&again, &file.secrets[0], p->text, p->len, fault);
    same = again != NULL && sodium_memcmp(again->master, id->master, MASTER_LEN) == 0 &&
           again->created == id->created && again->expires == id->expires;
    if (status == SEAL_OK && !same)
        status = fault_set(fault, REASON_READ_BACK, path);
    identity_free(again);
    key_file_free(&file);
    return status;
}

enum seal_status key_public_check(const char *path, const struct identity *id, struct fault *fault)
{
    struct key_file file;
    enum seal_status status = key_file_read(&file, path, fault);

    if (status != SEAL_OK)
        return status;
    if (file.public_count != 1 || memcmp(file.public_keys[0].pk, id->pk, PK_LEN) != 0)
        status = fault_set(fault, REASON_READ_BACK, path);
    key_file_free(&file);
    return status;
}

char *key_sibling(const char *path, const char *name)
{
    const char *slash = strrchr(path, '/');
    struct buffer b = {0};

    if (buffer_printf(&b, "%.*s%s", slash == NULL ? 0 : (int)(slash - path + 1), path, name) !=
        SEAL_OK)
        buffer_free(&b);
    return (char *)b.data;
}
