/*
 * Passphrases: from the terminal or a descriptor, never from an argument, in guarded memory.
 */
#include "cli/ui/passphrase.h"

#include <limits.h>
#include <string.h>

#include <sodium.h>

#include "platform/terminal.h"
#include "base/text.h"
#include "cli/ui/message.h"
#include "cli/ui/progress.h"
#include "platform/files.h"

#define ATTEMPTS 3

static enum seal_status passphrase_alloc(struct passphrase *p, struct fault *fault)
{
    *p = (struct passphrase){NULL, 0};
    if (sodium_init() >= 0)
        p->text = sodium_malloc(PASSPHRASE_MAX + 1);
    return p->text != NULL ? SEAL_OK : fault_no_memory(fault);
}

void passphrase_free(struct passphrase *p)
{
    sodium_free(p->text);
    *p = (struct passphrase){NULL, 0};
}

/* ---- From a descriptor -------------------------------------------------------------------- */

static enum seal_status fd_parse(int *fd, const char *text, struct fault *fault)
{
    struct plat_stat st;
    long value = 0;

    for (const char *c = text; *c != '\0'; c++) {
        if (*c < '0' || *c > '9' || value > INT_MAX / 10 - 1)
            return fault_set(fault, REASON_PASSPHRASE_FD_NUMBER, text);
        value = value * 10 + (*c - '0');
    }
    *fd = (int)value;
    if (text[0] == '\0' || plat_stat_fd(*fd, &st) != 0)
        return fault_set(fault, REASON_PASSPHRASE_FD_CLOSED, text);
    if (plat_is_terminal(*fd))
        return fault_set(fault, REASON_PASSPHRASE_FD_TERMINAL, text);
    return SEAL_OK;
}

enum seal_status passphrase_fd_check(const char *fd_number, struct fault *fault)
{
    int fd;

    return fd_parse(&fd, fd_number, fault);
}

/* Byte by byte: what stands behind the line is for whoever reads the descriptor next. */
static enum seal_status read_line(struct passphrase *p, int fd, struct fault *fault)
{
    enum seal_status status = SEAL_OK;
    size_t got = 1;
    char c = 0;

    for (;;) {
        status = fd_read_full(fd, &c, 1, &got, fault);
        if (status != SEAL_OK || got == 0 || c == '\n')
            break;
        /* One byte more is allowed if it is a carriage return: it may belong to the line's end. */
        if (p->len > PASSPHRASE_MAX || (p->len == PASSPHRASE_MAX && c != '\r')) {
            status = fault_set(fault, REASON_PASSPHRASE_LONG, NULL);
            break;
        }
        p->text[p->len++] = c;
    }
    sodium_memzero(&c, sizeof c);
    return status;
}

enum seal_status passphrase_from_fd(struct passphrase *out, const char *fd_number,
                                    struct fault *fault)
{
    enum seal_status status;
    int fd = -1;

    *out = (struct passphrase){NULL, 0};
    status = fd_parse(&fd, fd_number, fault);
    if (status == SEAL_OK)
        status = passphrase_alloc(out, fault);
    if (status == SEAL_OK)
        status = read_line(out, fd, fault);
    if (status == SEAL_OK && out->len > 0 && out->text[out->len - 1] == '\r')
        out->len--;
    if (status == SEAL_OK && out->len == 0)
        status = fault_set(fault, REASON_PASSPHRASE_EMPTY, fd_number);
    if (status != SEAL_OK)
        passphrase_free(out);
    return status;
}

/* ---- From the terminal -------------------------------------------------------------------- */

enum seal_status passphrase_ask(struct passphrase *out, const char *prompt, struct fault *fault)
{
    enum seal_status status = passphrase_alloc(out, fault);

    if (status != SEAL_OK)
        return status;
    progress_hide();
    switch (plat_prompt_secret(prompt, out->text, PASSPHRASE_MAX + 1)) {
    case PLAT_PROMPT_OK:
        out->len = strlen(out->text);
        return SEAL_OK;
    case PLAT_PROMPT_NO_TERMINAL:
        status = fault_set(fault, REASON_PASSPHRASE_NO_TERMINAL, NULL);
        break;
    case PLAT_PROMPT_TOO_LONG:
        status = fault_set(fault, REASON_PASSPHRASE_LONG, NULL);
        break;
    case PLAT_PROMPT_STOPPED:
        if (stop_requested())
            status = fault_set(fault, REASON_INTERRUPTED, NULL);
        else
            status = fault_set(fault, REASON_PASSPHRASE_NONE, NULL);
        break;
    default:
        status = fault_set_errno(fault, REASON_PASSPHRASE_READ, NULL);
        break;
    }
    passphrase_free(out);
    return status;
}

static const char *plain(enum text_id id)
{
    return text_plain(ui_catalog(), id);
}

/* *mistake: what the user can mend by trying again, T_NONE if nothing. */
static enum seal_status ask_twice(struct passphrase *out, enum text_id *mistake,
                                  struct fault *fault)
{
    struct passphrase again = {NULL, 0};
    enum seal_status status = passphrase_ask(out, plain(T_PASSPHRASE_NEW), fault);

    *mistake = T_NONE;
    if (status != SEAL_OK)
        return status;
    if (out->len == 0) {
        *mistake = T_PASSPHRASE_WAS_EMPTY;
        return SEAL_OK;
    }
    status = passphrase_ask(&again, plain(T_PASSPHRASE_AGAIN), fault);
    if (status == SEAL_OK &&
        (again.len != out->len || sodium_memcmp(again.text, out->text, out->len) != 0))
        *mistake = T_PASSPHRASES_DIFFER;
    passphrase_free(&again);
    if (status != SEAL_OK)
        passphrase_free(out);
    return status;
}

enum seal_status passphrase_ask_new(struct passphrase *out, struct fault *fault)
{
    for (int attempt = 1;; attempt++) {
        enum text_id mistake;
        enum seal_status status = ask_twice(out, &mistake, fault);

        if (status != SEAL_OK || mistake == T_NONE)
            return status;
        passphrase_free(out);
        if (attempt == ATTEMPTS)
            return fault_set(fault, REASON_PASSPHRASE_NOT_AGREED, NULL);
        warn(mistake);
    }
}

/* ---- Opening a key ------------------------------------------------------------------------ */

/* One attempt. After a wrong passphrase the caller may discard the fault and try again. */
static enum seal_status try_unlock(struct identity **out, const struct secret_record *record,
                                   const char *name, const char *fd_number, struct fault *fault)
{
    struct passphrase p;
    enum seal_status status;
    char prompt[1024];

    (void)text_format(prompt, sizeof prompt, ui_catalog(), T_PASSPHRASE_FOR,
                      TEXT_ARGS(.name = name));
    status = fd_number != NULL ? passphrase_from_fd(&p, fd_number, fault)
                               : passphrase_ask(&p, prompt, fault);
    if (status != SEAL_OK)
        return status;
    if (p.len == 0)
        status = fault_set(fault, REASON_PASSPHRASE_NONE, NULL);
    else
        status = secret_record_open(out, record, p.text, p.len, fault);
    passphrase_free(&p);
    return status;
}

enum seal_status identity_unlock(struct identity **out, const struct secret_record *record,
                                 const char *name, const char *fd_number, struct fault *fault)
{
    enum seal_status status = SEAL_OK;

    *out = NULL;
    if (!record->locked)
        return secret_record_open(out, record, NULL, 0, fault);
    for (int attempt = 1;; attempt++) {
        struct fault latest = {.status = SEAL_OK};

        status = try_unlock(out, record, name, fd_number, &latest);
        if (status != SEAL_WRONG_PASSPHRASE || fd_number != NULL || attempt == ATTEMPTS) {
            /* A mistake in the option or in the typing is not about the key: it gets no name. */
            if (status == SEAL_WRONG_PASSPHRASE || status == SEAL_NO_MEMORY)
                fault_add_name(&latest, name);
            if (status != SEAL_OK && fault->status == SEAL_OK)
                *fault = latest;
            return status;
        }
        warn(T_PASSPHRASE_WRONG, .name = name);
    }
}
