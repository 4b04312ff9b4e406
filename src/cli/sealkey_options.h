/*
 * The command line of sealkey.
 */
#ifndef SEAL_SEALKEY_OPTIONS_H
#define SEAL_SEALKEY_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/ui/message.h"
#include "jobs/key_kit.h"
#include "jobs/key_make.h"
#include "jobs/key_passwd.h"

enum sealkey_command { SEALKEY_NEW, SEALKEY_SHOW, SEALKEY_PASSWD, SEALKEY_KIT };

/* Points into argv. */
struct sealkey_options {
    enum sealkey_command command;
    bool quiet;
    const char *passphrase_fd, *new_passphrase_fd; /* NULL: ask on the terminal */
    bool suggest;                                  /* a new passphrase */
    struct key_make_request make;
    struct key_passwd_request passwd;
    struct key_kit_request kit;
    const char **files; /* show: file_count of them */
    size_t file_count;
};

/* Reads the command line. A mistake is said, and its code returned; --help and --version print and
 * end the program. Free *out with sealkey_options_free in any case. */
enum exit_code sealkey_options_parse(struct sealkey_options *out, int argc, char **argv);
void sealkey_options_free(struct sealkey_options *options);

#endif
