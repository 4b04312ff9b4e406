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

/* Reads the file with the name temporary in the folder of path. */
static enum seal_status read_beside(struct key_file *file, const char *path, const char *temporary,
                                    struct fault *fault)
{
    const char *slash = strrchr(path, '/');
    struct fault of_temporary = {.status = SEAL_OK};
    struct buffer b = {0};

    *file = (struct key_file){0};
    if (buffer_printf(&b, "%.*s%s", slash == NULL ? 0 : (int)(slash - path + 1), path, temporary) !=
        SEAL_OK)
        (void)fault_no_memory(&of_temporary);
    else
        IGNORE_RESULT(key_file_read(file, (char *)b.data, &of_temporary));
    buffer_free(&b);
    if (of_temporary.status == SEAL_OK)
        return SEAL_OK;
    *fault = of_temporary;
    fault->name[0] = '\0';
    fault_add_name(fault, path);
    return fault->status;
}

static bool is_same(const struct identity *a, const struct identity *b)
{
    return sodium_memcmp(a->master, b->master, MASTER_LEN) == 0 && a->created == b->created &&
           a->expires == b->expires;
}

enum seal_status key_secret_check(const char *path, const char *temporary,
                                  const struct identity *id, const struct new_passphrase *p,
                                  bool *exposed, struct fault *fault)
{
    struct key_file file;
    struct identity *again = NULL;
    enum seal_status status = read_beside(&file, path, temporary, fault);

    if (status != SEAL_OK)
        return status;
    *exposed = file.is_exposed;
    if (file.secret_count == 1)
        status = secret_record_open(&again, &file.secrets[0], p->text, p->len, fault);
    if (status == SEAL_OK && (again == NULL || !is_same(again, id)))
        status = fault_set(fault, REASON_READ_BACK, path);
    identity_free(again);
    key_file_free(&file);
    return status;
}

enum seal_status key_public_check(const char *path, const char *temporary,
                                  const struct identity *id, struct fault *fault)
{
    struct key_file file;
    enum seal_status status = read_beside(&file, path, temporary, fault);

    if (status != SEAL_OK)
        return status;
    if (file.public_count != 1 || memcmp(file.public_keys[0].pk, id->pk, PK_LEN) != 0)
        status = fault_set(fault, REASON_READ_BACK, path);
    key_file_free(&file);
    return status;
}
