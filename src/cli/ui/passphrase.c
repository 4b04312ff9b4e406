/*
 * Passphrases: from the terminal or a descriptor, never from an argument, in guarded memory.
 */
#include "cli/ui/passphrase.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

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

/* What editors and PowerShell add: a byte order mark in front, a carriage return behind. */
static enum seal_status trim(struct passphrase *p, struct fault *fault)
{
    static const char mark[] = "\xef\xbb\xbf";
    size_t mark_len = sizeof mark - 1;

    if (p->len > 0 && p->text[p->len - 1] == '\r')
        p->len--;
    if (p->len >= mark_len && memcmp(p->text, mark, mark_len) == 0) {
        p->len -= mark_len;
        memmove(p->text, p->text + mark_len, p->len);
    }
    if (memchr(p->text, '\0', p->len) != NULL ||
        (p->len >= 2 &&
         (memcmp(p->text, "\xff\xfe", 2) == 0 || memcmp(p->text, "\xfe\xff", 2) == 0)))
        return fault_set(fault, REASON_PASSPHRASE_UTF16, NULL);
    return SEAL_OK;
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
    if (status == SEAL_OK)
        status = trim(out, fault);
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

/* What the user can mend by typing another one; T_NONE if nothing. */
static enum text_id mistake_in(const struct passphrase *p)
{
    switch (passphrase_flaw(p->text, p->len)) {
    case REASON_PASSPHRASE_INVISIBLE:
        return T_PASSPHRASE_WAS_INVISIBLE;
    case REASON_PASSPHRASE_BLANK_ENDS:
        return T_PASSPHRASE_HAD_BLANK_ENDS;
    default:
        return p->len == 0 ? T_PASSPHRASE_WAS_EMPTY : T_NONE;
    }
}

/* *mistake: what the user can mend by trying again, T_NONE if nothing. */
static enum seal_status ask_twice(struct passphrase *out, enum text_id *mistake, const char *words,
                                  struct fault *fault)
{
    (void)words;
    struct passphrase again = {NULL, 0};
    enum seal_status status = passphrase_ask(out, plain(T_PASSPHRASE_NEW), fault);

    *mistake = T_NONE;
    if (status != SEAL_OK)
        return status;
    *mistake = mistake_in(out);
    if (*mistake != T_NONE)
        return SEAL_OK;
    status = passphrase_ask(&again, plain(T_PASSPHRASE_AGAIN), fault);
    if (status == SEAL_OK &&
        (again.len != out->len || sodium_memcmp(again.text, out->text, out->len) != 0))
        *mistake = T_PASSPHRASES_DIFFER;
    passphrase_free(&again);
    if (status != SEAL_OK)
        passphrase_free(out);
    return status;
}

/* Asks with one of the two functions until there is no mistake. words: for ask_suggested. */
static enum seal_status ask_until_right(struct passphrase *out,
                                        enum seal_status (*ask)(struct passphrase *, enum text_id *,
                                                                const char *, struct fault *),
                                        const char *words, struct fault *fault)
{
    for (int attempt = 1;; attempt++) {
        enum text_id mistake;
        enum seal_status status = ask(out, &mistake, words, fault);

        if (status != SEAL_OK || mistake == T_NONE)
            return status;
        passphrase_free(out);
        if (attempt == ATTEMPTS)
            return fault_set(fault, REASON_PASSPHRASE_NOT_AGREED, NULL);
        warn(mistake);
    }
}

enum seal_status passphrase_ask_new(struct passphrase *out, struct fault *fault)
{
    return ask_until_right(out, ask_twice, NULL, fault);
}

#define SUGGESTED_PROMPT_SIZE 1024

/* Asks for the words, which it shows. */
static enum seal_status ask_suggested(struct passphrase *out, enum text_id *mistake,
                                      const char *words, struct fault *fault)
{
    char *prompt = sodium_malloc(SUGGESTED_PROMPT_SIZE);
    enum seal_status status;

    *mistake = T_NONE;
    if (prompt == NULL)
        return fault_no_memory(fault);
    (void)text_format(prompt, SUGGESTED_PROMPT_SIZE, ui_catalog(), T_PASSPHRASE_SUGGESTED,
                      TEXT_ARGS(.words = words, .number = PASSPHRASE_SUGGESTED_BITS));
    status = passphrase_ask(out, prompt, fault);
    sodium_free(prompt);
    if (status == SEAL_OK &&
        (out->len != strlen(words) || sodium_memcmp(out->text, words, out->len) != 0))
        *mistake = T_PASSPHRASES_DIFFER;
    return status;
}

enum seal_status passphrase_ask_suggested(struct passphrase *out, struct fault *fault)
{
    char *words = sodium_malloc(PASSPHRASE_SUGGESTED_SIZE);
    struct random random;
    enum seal_status status;

    *out = (struct passphrase){NULL, 0};
    if (words == NULL)
        return fault_no_memory(fault);
    status = random_start(&random, NULL, 0);
    if (status != SEAL_OK) {
        (void)fault_set_status(fault, status);
    } else {
        passphrase_suggest(words, &random);
        status = ask_until_right(out, ask_suggested, words, fault);
    }
    random_end(&random);
    sodium_free(words);
    return status;
}

/* Argon2id follows: nothing moves for some seconds. */
static void tell_work(void)
{
    if (plat_is_terminal(STDERR_FILENO))
        say(T_PASSPHRASE_WORKS);
}

enum seal_status passphrase_judge(const struct passphrase *p, const char *command,
                                  struct fault *fault)
{
    enum seal_reason flaw = passphrase_flaw(p->text, p->len);
    unsigned int bits = passphrase_bits(p->text, p->len);

    if (flaw != REASON_NONE)
        return fault_set(fault, flaw, NULL);
    if (bits < PASSPHRASE_BITS_LEAST)
        warn(T_PASSPHRASE_WEAK, .number = bits, .limit = PASSPHRASE_SUGGESTED_BITS,
             .word = command);
    tell_work();
    return SEAL_OK;
}

/* ---- Opening a key ------------------------------------------------------------------------ */

static enum seal_status open_record(struct identity **out, const struct secret_record *record,
                                    const struct passphrase *p, struct fault *fault)
{
    enum seal_status status;

    tell_work();
    status = secret_record_open(out, record, p->text, p->len, fault);
    if (status == SEAL_WRONG_PASSPHRASE && passphrase_flaw(p->text, p->len) != REASON_NONE)
        fault->reason = REASON_PASSPHRASE_ODD;
    return status;
}

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
        status = open_record(out, record, &p, fault);
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
