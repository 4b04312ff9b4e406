/*
 * passphrase: asks for passphrases on the terminal, or reads them from a descriptor
 * (--passphrase-fd). They are never arguments, which other users can see.
 */
#ifndef SEAL_PASSPHRASE_H
#define SEAL_PASSPHRASE_H

#include <stddef.h>

#include "base/status.h"
#include "keys/keys.h"

/* A passphrase in locked memory. */
struct passphrase {
    char *text; /* sodium_malloc, PASSPHRASE_MAX + 1 */
    size_t len;
};

/* From a descriptor: the next line, up to PASSPHRASE_MAX bytes; the line end (LF or CRLF) and a
 * byte order mark are not part of it. In UTF-16: SEAL_BAD_KEY. Reads no further, so that a second
 * call gets the second line. An empty line, a terminal, or no such descriptor: SEAL_USAGE. */
MUST_USE enum seal_status passphrase_from_fd(struct passphrase *out, const char *fd_number,
                                             struct fault *fault);
/* Whether that is the number of a descriptor that may be read so. SEAL_USAGE. */
MUST_USE enum seal_status passphrase_fd_check(const char *fd_number, struct fault *fault);
/* Asked once on the terminal. SEAL_USAGE if there is none, or nothing was typed but ^D. */
MUST_USE enum seal_status passphrase_ask(struct passphrase *out, const char *prompt,
                                         struct fault *fault);
/* Asked twice; asks again while the two differ, or nobody could type it again (three times at
 * most).
 */
MUST_USE enum seal_status passphrase_ask_new(struct passphrase *out, struct fault *fault);
/* Shows one that was drawn at random, on the terminal alone, until it is typed (likewise). */
MUST_USE enum seal_status passphrase_ask_suggested(struct passphrase *out, struct fault *fault);
/* Refuses a new passphrase that nobody could type again (SEAL_BAD_KEY), and warns of one that is
 * easily guessed. command: that of sealkey which proposes a better one. */
MUST_USE enum seal_status passphrase_judge(const struct passphrase *p, const char *command,
                                           struct fault *fault);
void passphrase_free(struct passphrase *p);

/* Opens one record: with fd_number (--passphrase-fd, may be NULL) or by asking up to three times
 * on the terminal. name is the key file's, for the prompt. SEAL_USAGE if there was no passphrase to
 * try: no terminal, or an empty line. */
MUST_USE enum seal_status identity_unlock(struct identity **out, const struct secret_record *record,
                                          const char *name, const char *fd_number,
                                          struct fault *fault);

#endif
