#include "jobs/key_passwd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "jobs/key_store_private.h"

struct key_passwd {
    const char *name;
    struct key_file file;
    struct key_text old_text, new_text;
    struct identity *id;
    struct new_passphrase passphrase;
    struct secret_record *record;
    int dirfd;
    int lock;        /* tells other runs that somebody is at work on the temporary file */
    char *temporary; /* its name in the folder; malloc'ed */
    bool made;       /* the temporary file exists */
};

static void release(struct key_passwd *p, const struct key_dialog *dialog)
{
    if (p->made && plat_unlink(p->dirfd, p->temporary) != 0 && errno != ENOENT)
        leftover_tell(p->name, p->temporary, p->record->locked ? LEFTOVER_OWN : LEFTOVER_OWN_SECRET,
                      errno, dialog->leftover);
    if (p->lock >= 0)
        (void)plat_close(p->lock);
    if (p->dirfd >= 0)
        (void)plat_close(p->dirfd);
    free(p->temporary);
    sodium_free(p->record);
    identity_free(p->id);
    key_text_free(&p->new_text);
    key_text_free(&p->old_text);
    key_file_free(&p->file);
}

/* The file is replaced by another one, which a link would not lead to. */
static enum seal_status read_file(struct key_passwd *p, bool passphrase_given, struct fault *fault)
{
    struct plat_stat st;
    enum seal_status status;

    if (plat_stat_at(PLAT_CWD, p->name, false, &st) != 0)
        return key_file_not_opened(p->name, fault);
    if (st.type != PLAT_FILE)
        return fault_set(fault, st.type == PLAT_LINK ? REASON_PASSWD_LINK : REASON_PASSWD_KIND,
                         p->name);
    status = key_file_read_text(&p->file, &p->old_text, p->name, fault);
    if (status != SEAL_OK)
        return status;
    if (p->file.secret_count == 0)
        return key_file_lacks(&p->file, REASON_KEY_NO_SECRET, p->name, fault);
    if (p->file.secret_count > 1)
        return fault_set(fault, REASON_PASSWD_SEVERAL, p->name);
    if (passphrase_given && !p->file.secrets[0].locked)
        return fault_set(fault, REASON_PASSWD_PLAIN, p->name);
    return SEAL_OK;
}

static enum seal_status make_text(struct key_passwd *p, struct fault *fault)
{
    struct random random;
    enum seal_status status = random_start(&random, NULL, 0);

    if (status == SEAL_OK)
        status = key_record_make(&p->record, p->id, &p->passphrase, &random, fault);
    if (status == SEAL_OK)
        status = key_text_replace_secret(&p->new_text, &p->old_text, p->record);
    if (status != SEAL_OK)
        (void)fault_set_status(fault, status);
    random_end(&random);
    return status;
}

/* ---- The new file ------------------------------------------------------------------------- */

/* *fd gets the new file, locked, beside the old one. */
static enum seal_status create_temporary(struct key_passwd *p, int *fd, struct fault *fault)
{
    char *dir = NULL;
    const char *last;

    if (!path_split(p->name, &dir, &last))
        return fault_no_memory(fault);
    p->dirfd = plat_open_dir(PLAT_CWD, dir, true);
    free(dir);
    if (p->dirfd < 0)
        return fault_set_errno(fault, REASON_FOLDER_OPEN, p->name);
    *fd = partial_create_file(p->dirfd, last, PLAT_PRIVATE, &p->temporary);
    if (*fd < 0)
        return fault_set_errno(fault, REASON_TEMPORARY_CREATE, p->name);
    p->made = true;
    p->lock = plat_duplicate(*fd);
    if (p->lock < 0)
        return fault_set_errno(fault, REASON_LOCK, p->name);
    /* Of root's changes, too: nobody is to be locked out of his key. */
    return plat_give_owner(*fd, p->dirfd, last) != 0
               ? fault_set_errno(fault, REASON_TEMPORARY_CREATE, p->name)
               : SEAL_OK;
}

/* Whole, and on the medium. */
static enum seal_status write_temporary(struct key_passwd *p, struct fault *fault)
{
    int fd = -1;
    enum seal_status status = create_temporary(p, &fd, fault);

    if (status == SEAL_OK)
        status = fd_write_full(fd, p->new_text.data, p->new_text.len, fault);
    if (status == SEAL_OK && plat_sync(fd) != 0)
        status = fault_set_errno(fault, REASON_WRITE, NULL);
    if (fd >= 0 && plat_close(fd) != 0 && status == SEAL_OK)
        status = fault_set_errno(fault, REASON_WRITE, NULL);
    return status;
}

static enum seal_status replace(struct key_passwd *p, struct fault *fault)
{
    const char *slash = strrchr(p->name, '/');
    bool exposed;
    enum seal_status status =
        key_secret_check(p->name, p->temporary, p->id, &p->passphrase, &exposed, fault);

    if (status != SEAL_OK)
        return status;
    if (stop_requested())
        return fault_set(fault, REASON_INTERRUPTED, NULL);
    if (plat_rename_over(p->dirfd, p->temporary, slash == NULL ? p->name : slash + 1) != 0)
        return fault_set_errno(fault, REASON_REPLACE, p->name);
    p->made = false;
    if (plat_sync(p->dirfd) != 0)
        return fault_set_errno(fault, REASON_REPLACE_SYNC, p->name);
    return SEAL_OK;
}

static enum seal_status write_key(struct key_passwd *p, const struct key_dialog *dialog,
                                  struct fault *fault)
{
    enum seal_status status = make_text(p, fault);

    if (status != SEAL_OK)
        return status;
    leftovers_remove(p->name, NULL, dialog->leftover);
    status = write_temporary(p, fault);
    return status == SEAL_OK ? replace(p, fault) : status;
}

/* ---- All of it ---------------------------------------------------------------------------- */

static enum seal_status unlock(struct key_passwd *p, const struct key_dialog *dialog,
                               struct fault *fault)
{
    const struct secret_record *record = &p->file.secrets[0];
    enum seal_status status;

    if (p->file.is_exposed)
        dialog->exposed(p->name, record->locked);
    status = dialog->unlock(dialog->ctx, &p->id, record, p->name, fault);
    if (status == SEAL_OK && !secret_record_note_fits(record, p->id))
        status = fault_set(fault, REASON_KEY_NOTE_OTHER, p->name);
    return status;
}

enum seal_status key_passwd(const struct key_passwd_request *request,
                            const struct key_dialog *dialog, struct fault *fault)
{
    struct key_passwd p = {.name = request->name, .dirfd = -1, .lock = -1};
    enum seal_status status = read_file(&p, request->passphrase_given, fault);

    if (status == SEAL_OK)
        status = unlock(&p, dialog, fault);
    if (status == SEAL_OK && !request->no_passphrase)
        status = dialog->choose(dialog->ctx, &p.passphrase.text, &p.passphrase.len, fault);
    if (status == SEAL_OK)
        status = write_key(&p, dialog, fault);
    if (status == SEAL_IO)
        fault_add_name(fault, p.name);
    release(&p, dialog);
    return status;
}
