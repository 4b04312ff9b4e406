/*
 * sealkey: makes keys, shows what is in a key file, changes a passphrase.
 *
 * A key file is never written in place. What is new stands under a temporary name beside it, has
 * been read back and opened, and only then gets its name: whatever happens before, the old key is
 * as it was, and no half of a new one is left behind.
 */
#include "cli/cli.h"
#include "platform/process.h"
#include "base/text.h"
#include "cli/kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#define COMMANDS "new, show, passwd or kit"

/* ---- What new and passwd share ------------------------------------------------------------ */

static enum seal_status no_memory(struct fault *fault)
{
    return fault_no_memory(fault);
}

/* A new passphrase; all zero if there is to be none. */
static enum seal_status new_passphrase(struct passphrase *out, bool none, const char *fd_number,
                                       struct fault *fault)
{
    *out = (struct passphrase){NULL, 0};
    if (none)
        return SEAL_OK;
    if (fd_number != NULL)
        return passphrase_from_fd(out, fd_number, fault);
    return passphrase_ask_new(out, fault);
}

/* The record of id, locked with p unless that is all zero; for sodium_free. */
static enum seal_status make_record(struct secret_record **out, const struct identity *id,
                                    const struct passphrase *p, struct random *random,
                                    struct fault *fault)
{
    *out = sodium_malloc(sizeof **out);
    if (*out == NULL)
        return no_memory(fault);
    return secret_record_make(*out, id, p->text, p->len, random, fault);
}

/* Does the file hold this secret key, and does the passphrase open it? */
static enum seal_status check_secret_file(const char *path, const struct identity *id,
                                          const struct passphrase *p, struct fault *fault)
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

static enum seal_status check_public_file(const char *path, const struct identity *id,
                                          struct fault *fault)
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

/* name in the folder of path, malloc'ed; NULL for want of memory. */
static char *sibling(const char *path, const char *name)
{
    const char *slash = strrchr(path, '/');
    struct buffer b = {0};

    if (buffer_printf(&b, "%.*s%s", slash == NULL ? 0 : (int)(slash - path + 1), path, name) !=
        SEAL_OK)
        buffer_free(&b);
    return (char *)b.data;
}

/* ---- new ---------------------------------------------------------------------------------- */

struct new_key {
    char *public_name, *secret_name;
    struct passphrase passphrase; /* all zero: none */
    struct identity *id;
    struct secret_record *record;
    struct output public_file, secret_file;
};

static void new_free(struct new_key *k)
{
    output_abort(&k->public_file);
    output_abort(&k->secret_file);
    sodium_free(k->record);
    identity_free(k->id);
    passphrase_free(&k->passphrase);
    free(k->public_name);
    free(k->secret_name);
}

static enum seal_status refuse_existing(const char *name, struct fault *fault)
{
    struct plat_stat st;

    if (plat_stat_at(PLAT_CWD, name, false, &st) == 0)
        return fault_set(fault, REASON_EXISTS, name);
    return SEAL_OK;
}

static enum seal_status new_names(struct new_key *k, const char *name, struct fault *fault)
{
    struct buffer public_name = {0}, secret_name = {0};
    enum seal_status status = SEAL_OK;

    if (buffer_printf(&public_name, "%s.pub", name) != SEAL_OK ||
        buffer_printf(&secret_name, "%s.key", name) != SEAL_OK)
        status = no_memory(fault);
    k->public_name = (char *)public_name.data;
    k->secret_name = (char *)secret_name.data;
    if (status == SEAL_OK)
        status = refuse_existing(k->secret_name, fault);
    if (status == SEAL_OK)
        status = refuse_existing(k->public_name, fault);
    return status;
}

static enum seal_status new_make(struct new_key *k, uint32_t created, uint32_t expires,
                                 struct fault *fault)
{
    struct random random;
    enum seal_status status = random_start(&random, NULL, 0);

    if (status == SEAL_OK)
        status = identity_generate(&k->id, &random, created, expires);
    if (status != SEAL_OK)
        (void)fault_set_status(fault, status);
    else
        status = make_record(&k->record, k->id, &k->passphrase, &random, fault);
    random_end(&random);
    return status;
}

/* Under its temporary name, complete. */
static enum seal_status write_output(struct output *o, const char *name, enum plat_access access,
                                     const struct buffer *text, struct fault *fault)
{
    enum seal_status status;

    clear_leftovers(name, NULL);
    status = output_create(o, name, access, fault);
    if (status == SEAL_OK)
        status = fd_write_full(o->fd, text->data, text->len, fault);
    if (status != SEAL_OK)
        fault_add_name(fault, name);
    return status;
}

static enum seal_status new_write_secret(struct new_key *k, struct fault *fault)
{
    struct buffer text = {sodium_malloc(KEY_TEXT_MAX), 0, KEY_TEXT_MAX};
    char *temporary = NULL;
    enum seal_status status = text.data == NULL ? SEAL_NO_MEMORY : SEAL_OK;

    if (status == SEAL_OK)
        status = secret_record_text(&text, k->record, k->id->pkh);
    if (status != SEAL_OK)
        (void)fault_set_status(fault, status);
    else
        status = write_output(&k->secret_file, k->secret_name, PLAT_PRIVATE, &text, fault);
    if (status == SEAL_OK) {
        temporary = sibling(k->secret_name, k->secret_file.temporary);
        status = temporary == NULL ? no_memory(fault)
                                   : check_secret_file(temporary, k->id, &k->passphrase, fault);
    }
    free(temporary);
    sodium_free(text.data);
    return status;
}

static enum seal_status new_write_public(struct new_key *k, struct fault *fault)
{
    struct buffer text = {0};
    struct public_key key;
    char *temporary = NULL;
    enum seal_status status;

    identity_public(&key, k->id);
    status = public_key_text(&text, &key);
    if (status != SEAL_OK)
        (void)fault_set_status(fault, status);
    else
        status = write_output(&k->public_file, k->public_name, PLAT_SHARED, &text, fault);
    if (status == SEAL_OK) {
        temporary = sibling(k->public_name, k->public_file.temporary);
        status = temporary == NULL ? no_memory(fault) : check_public_file(temporary, k->id, fault);
    }
    free(temporary);
    buffer_free(&text);
    return status;
}

/* The secret one first: a public key that went out without its secret one would be a trap. */
static enum seal_status new_publish(struct new_key *k, struct fault *fault)
{
    enum seal_status status;

    if (stop_requested())
        return fault_set(fault, REASON_INTERRUPTED, NULL);
    status = output_commit(&k->secret_file, fault);
    if (status != SEAL_OK)
        return status;
    status = output_commit(&k->public_file, fault);
    if (status != SEAL_OK)
        (void)plat_unlink(PLAT_CWD, k->secret_name);
    return status;
}

static void new_report(const struct new_key *k)
{
    char fingerprint[NUMBER_TEXT_SIZE(FINGERPRINT_GROUPS)];

    fingerprint_text(fingerprint, k->id->pkh);
    print_data("public key:  %s\n", shown(k->public_name));
    print_data("secret key:  %s\n", shown(k->secret_name));
    print_data("fingerprint: %s\n", fingerprint);
    print_flush();
    say_old(
        "Give out %s. Whoever gets it types: sealkey show %s, and compares the fingerprint with "
        "you by voice.",
        shown(k->public_name), shown(k->public_name));
    say_old(
        "Guard %s, and keep a copy of it elsewhere: without it, nothing sealed to it can be opened "
        "again.",
        shown(k->secret_name));
    say_old("%s", k->record->locked
                      ? "Its passphrase cannot be recovered by anybody: keep that safe too."
                      : "It has no passphrase: whoever reads that file can open everything.");
}

static enum exit_code new_run(const char *name, uint32_t expires, bool no_passphrase,
                              const char *fd_number)
{
    struct fault fault = {.status = SEAL_OK};
    struct new_key k = {.id = NULL};
    enum exit_code code = EXIT_ALL_DONE;
    enum seal_status status = new_names(&k, name, &fault);

    if (status == SEAL_OK)
        status = new_passphrase(&k.passphrase, no_passphrase, fd_number, &fault);
    if (status == SEAL_OK)
        status = new_make(&k, date_today(), expires, &fault);
    if (status == SEAL_OK)
        status = new_write_secret(&k, &fault);
    if (status == SEAL_OK)
        status = new_write_public(&k, &fault);
    if (status == SEAL_OK)
        status = new_publish(&k, &fault);
    if (status == SEAL_OK)
        new_report(&k);
    else
        code = complain(&fault);
    new_free(&k);
    return code;
}

/* A sentence about what is wrong with the name of a new key, or NULL. */
static const char *wrong_name(const char *name)
{
    const char *slash = strrchr(name, '/');
    const char *last = slash == NULL ? name : slash + 1;
    size_t len = strlen(last);

    if (len == 0 || strcmp(last, ".") == 0 || strcmp(last, "..") == 0)
        return "--output needs the name of a file, to which .pub and .key are added";
    if (strcmp(name, "-") == 0)
        return "keys are written to files only, not to standard output";
    if (len > 4 && (strcmp(last + len - 4, ".pub") == 0 || strcmp(last + len - 4, ".key") == 0))
        return "give --output without .pub or .key: both files are made and named so";
    return NULL;
}

static enum exit_code command_new(int argc, char **argv)
{
    enum { OUTPUT, EXPIRES, NO_PASSPHRASE, PASSPHRASE_FD, QUIET, OPTION_COUNT };
    struct option options[OPTION_COUNT + 1] = {
        [OUTPUT] = {.name = "output",
                    .letter = 'o',
                    .value = "NAME",
                    .is_path = true,
                    .help = "write NAME.pub and NAME.key"},
        [EXPIRES] = {.name = "expires",
                     .letter = 'e',
                     .value = "DATE",
                     .help = "last day on which the key is to be used, as YYYY-MM-DD; what was "
                             "sealed to it can be opened for ever"},
        [NO_PASSPHRASE] = {.name = "no-passphrase",
                           .help = "leave the secret key unlocked, for machines"},
        [PASSPHRASE_FD] = {.name = "passphrase-fd",
                           .value = "N",
                           .help = "read the passphrase from descriptor N, one line, instead of "
                                   "asking"},
        [QUIET] = {.name = "quiet", .letter = 'q', .help = "no advice"},
    };
    const struct program program = {
        .name = "sealkey new",
        .usage = "-o NAME [--expires DATE] [--no-passphrase]",
        .about = "Makes a pair of keys: NAME.pub to give out, NAME.key to guard. Nothing that "
                 "exists is overwritten.",
        .options = options,
    };
    const char **operands;
    size_t operand_count;
    uint32_t expires = 0;
    enum exit_code code;

    options_parse(&program, argc, argv, &operands, &operand_count);
    message_setup("sealkey", options[QUIET].count > 0);
    if (operand_count > 0)
        code = complain_usage_old("new takes no %s; name the key with -o", shown(operands[0]));
    else if (options[OUTPUT].count == 0)
        code = complain_usage_old("say how to name the key: -o NAME");
    else if (wrong_name(options[OUTPUT].text) != NULL)
        code = complain_usage_old("%s", wrong_name(options[OUTPUT].text));
    else if (options[EXPIRES].count > 0 && !date_parse(options[EXPIRES].text, &expires))
        code = complain_usage_old("%s is no date; write it as 2031-12-31",
                                  shown(options[EXPIRES].text));
    else if (options[EXPIRES].count > 0 && key_is_expired(expires, date_today()))
        code = complain_usage_old("%s is in the past: nobody could use this key",
                                  shown(options[EXPIRES].text));
    else if (options[NO_PASSPHRASE].count > 0 && options[PASSPHRASE_FD].count > 0)
        code = complain_usage_old("--no-passphrase and --passphrase-fd contradict each other");
    else
        code = new_run(options[OUTPUT].text, expires, options[NO_PASSPHRASE].count > 0,
                       options[PASSPHRASE_FD].text);
    free(operands);
    options_free(&program);
    return code;
}

/* ---- show --------------------------------------------------------------------------------- */

static void show_date(const char *label, uint32_t days, const char *remark)
{
    struct date d = date_from_days(days);

    print_data("%s%04d-%02d-%02d%s\n", label, d.year, d.month, d.day, remark);
}

static void show_common(const char *name, const char *kind, uint32_t created, uint32_t expires)
{
    print_data("file:        %s\n", shown(name));
    print_data("kind:        %s\n", kind);
    show_date("created:     ", created, "");
    if (expires == 0)
        print_data("expires:     never\n");
    else
        show_date("expires:     ", expires,
                  key_is_expired(expires, date_today()) ? " (expired)" : "");
}

static void show_fingerprint(const uint8_t pkh[static HASH_LEN])
{
    char fingerprint[NUMBER_TEXT_SIZE(FINGERPRINT_GROUPS)];

    fingerprint_text(fingerprint, pkh);
    print_data("fingerprint: %s\n", fingerprint);
}

static enum seal_status show_secret(const char *name, const struct secret_record *record,
                                    const char *fd_number, struct fault *fault)
{
    struct identity *id;
    struct fault unlocking = {.status = SEAL_OK};
    enum seal_status status;

    show_common(name, "secret key", record->created, record->expires);
    print_data("passphrase:  %s\n", record->locked ? "yes" : "no");
    print_flush(); /* the question comes after what it is about */
    status = identity_unlock(&id, record, name, fd_number, &unlocking);
    if (status == SEAL_OK) {
        show_fingerprint(id->pkh);
        identity_free(id);
        return SEAL_OK;
    }
    print_data("fingerprint: needs the passphrase\n");
    /* Nobody there to give it is no failure: all else has been shown. */
    if (status == SEAL_USAGE && fd_number == NULL)
        return SEAL_OK;
    *fault = unlocking;
    return status;
}

static enum seal_status show_file(const char *name, bool *first, const char *fd_number,
                                  struct fault *fault)
{
    struct key_file file;
    enum seal_status status = key_file_read(&file, name, fault);

    if (status != SEAL_OK)
        return status;
    if (file.public_count + file.secret_count == 0)
        status = fault_set(fault, REASON_KEY_NONE, name);
    for (size_t i = 0; i < file.public_count; i++) {
        const struct public_key *key = &file.public_keys[i];

        print_data("%s", *first ? "" : "\n");
        *first = false;
        show_common(name, "public key", key->created, key->expires);
        show_fingerprint(key->pkh);
    }
    for (size_t i = 0; i < file.secret_count && status == SEAL_OK; i++) {
        print_data("%s", *first ? "" : "\n");
        *first = false;
        status = show_secret(name, &file.secrets[i], fd_number, fault);
    }
    key_file_free(&file);
    return status;
}

static enum exit_code command_show(int argc, char **argv)
{
    enum { PASSPHRASE_FD, OPTION_COUNT };
    struct option options[OPTION_COUNT + 1] = {
        [PASSPHRASE_FD] = {.name = "passphrase-fd",
                           .value = "N",
                           .help = "read the passphrase of a locked secret key from descriptor N "
                                   "instead of asking"},
    };
    const struct program program = {
        .name = "sealkey show",
        .usage = "[--passphrase-fd N] FILE...",
        .about = "Shows the keys in a file: kind, dates and fingerprint. Compare fingerprints by "
                 "voice. That of a locked secret key needs its passphrase; an empty line leaves "
                 "it out.",
        .options = options,
    };
    const char **operands;
    size_t operand_count;
    bool first = true;
    enum exit_code code = EXIT_ALL_DONE;

    options_parse(&program, argc, argv, &operands, &operand_count);
    if (operand_count == 0)
        code = complain_usage_old("say which key file to show");
    for (size_t i = 0; i < operand_count && code == EXIT_ALL_DONE; i++) {
        struct fault fault = {.status = SEAL_OK};

        if (show_file(operands[i], &first, options[PASSPHRASE_FD].text, &fault) != SEAL_OK) {
            print_flush();
            code = complain(&fault);
        }
    }
    free(operands);
    options_free(&program);
    return code;
}

/* ---- passwd ------------------------------------------------------------------------------- */

struct passwd {
    const char *name;
    struct key_file file;
    struct key_text old_text, new_text;
    struct identity *id;
    struct passphrase passphrase; /* the new one; all zero: none */
    struct secret_record *record;
    int dirfd;
    int lock;        /* keeps the temporary file from being taken for left over */
    char *temporary; /* in the folder; malloc'ed */
    bool made;       /* the temporary file exists */
};

static void passwd_free(struct passwd *p)
{
    if (p->made)
        (void)plat_unlink(p->dirfd, p->temporary);
    if (p->lock >= 0)
        (void)plat_close(p->lock);
    if (p->dirfd >= 0)
        (void)plat_close(p->dirfd);
    free(p->temporary);
    sodium_free(p->record);
    passphrase_free(&p->passphrase);
    identity_free(p->id);
    key_text_free(&p->new_text);
    key_text_free(&p->old_text);
    key_file_free(&p->file);
}

/* The file is replaced by another, so its name must be the file's own. */
static enum seal_status passwd_read(struct passwd *p, bool passphrase_given, struct fault *fault)
{
    struct plat_stat st;
    enum seal_status status;

    if (plat_stat_at(PLAT_CWD, p->name, false, &st) != 0)
        return fault_set_errno(fault, REASON_OPEN, p->name);
    if (st.type != PLAT_FILE)
        return fault_set(fault, st.type == PLAT_LINK ? REASON_PASSWD_LINK : REASON_PASSWD_KIND,
                         p->name);
    status = key_file_read_text(&p->file, &p->old_text, p->name, fault);
    if (status != SEAL_OK)
        return status;
    if (p->file.secret_count == 0)
        return fault_set(fault, REASON_KEY_NO_SECRET, p->name);
    if (p->file.secret_count > 1)
        return fault_set(fault, REASON_PASSWD_SEVERAL, p->name);
    if (passphrase_given && !p->file.secrets[0].locked)
        return fault_set(fault, REASON_PASSWD_PLAIN, p->name);
    return SEAL_OK;
}

static enum seal_status passwd_make(struct passwd *p, struct fault *fault)
{
    struct random random;
    enum seal_status status = random_start(&random, NULL, 0);

    if (status == SEAL_OK)
        status = make_record(&p->record, p->id, &p->passphrase, &random, fault);
    if (status == SEAL_OK)
        status = key_text_replace_secret(&p->new_text, &p->old_text, p->record);
    if (status != SEAL_OK)
        (void)fault_set_status(fault, status);
    random_end(&random);
    return status;
}

/* Beside the old one, whole and on the medium. */
static enum seal_status passwd_write(struct passwd *p, struct fault *fault)
{
    char *dir = NULL;
    const char *last;
    enum seal_status status;
    int fd;

    clear_leftovers(p->name, NULL);
    if (!path_split(p->name, &dir, &last))
        return no_memory(fault);
    p->dirfd = plat_open_dir(PLAT_CWD, dir, true);
    free(dir);
    if (p->dirfd < 0)
        return fault_set_errno(fault, REASON_FOLDER_OPEN, p->name);
    fd = partial_create_file(p->dirfd, last, PLAT_PRIVATE, &p->temporary);
    if (fd < 0)
        return fault_set_errno(fault, REASON_TEMPORARY_CREATE, p->name);
    p->made = true;
    p->lock = plat_duplicate(fd);
    status = p->lock < 0 ? fault_set_errno(fault, REASON_LOCK, p->name) : SEAL_OK;
    if (status == SEAL_OK)
        status = fd_write_full(fd, p->new_text.data, p->new_text.len, fault);
    if (status == SEAL_OK && plat_sync(fd) != 0)
        status = fault_set_errno(fault, REASON_WRITE, NULL);
    if (plat_close(fd) != 0 && status == SEAL_OK)
        status = fault_set_errno(fault, REASON_WRITE, NULL);
    return status;
}

static enum seal_status passwd_swap(struct passwd *p, struct fault *fault)
{
    char *path = sibling(p->name, p->temporary);
    const char *slash = strrchr(p->name, '/');
    enum seal_status status;

    if (path == NULL)
        return no_memory(fault);
    status = check_secret_file(path, p->id, &p->passphrase, fault);
    free(path);
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

static enum exit_code passwd_run(const char *name, bool no_passphrase, const char *fd_number,
                                 const char *new_fd_number)
{
    struct fault fault = {.status = SEAL_OK};
    struct passwd p = {.name = name, .dirfd = -1, .lock = -1};
    enum exit_code code = EXIT_ALL_DONE;
    enum seal_status status = passwd_read(&p, fd_number != NULL, &fault);

    if (status == SEAL_OK)
        status = identity_unlock(&p.id, &p.file.secrets[0], name, fd_number, &fault);
    if (status == SEAL_OK)
        status = new_passphrase(&p.passphrase, no_passphrase, new_fd_number, &fault);
    if (status == SEAL_OK)
        status = passwd_make(&p, &fault);
    if (status == SEAL_OK)
        status = passwd_write(&p, &fault);
    if (status == SEAL_OK)
        status = passwd_swap(&p, &fault);
    if (status == SEAL_OK) {
        say_old(no_passphrase ? "%s has no passphrase now: whoever reads it can open everything."
                              : "%s has its new passphrase.",
                shown(name));
        say_old("Copies of it that were made before are as they were.");
    } else {
        if (status == SEAL_IO)
            fault_add_name(&fault, name);
        code = complain(&fault);
    }
    passwd_free(&p);
    return code;
}

static enum exit_code command_passwd(int argc, char **argv)
{
    enum { NO_PASSPHRASE, PASSPHRASE_FD, NEW_PASSPHRASE_FD, QUIET, OPTION_COUNT };
    struct option options[OPTION_COUNT + 1] = {
        [NO_PASSPHRASE] = {.name = "no-passphrase",
                           .help = "take the passphrase away and leave the key unlocked"},
        [PASSPHRASE_FD] = {.name = "passphrase-fd",
                           .value = "N",
                           .help = "read the present passphrase from descriptor N, one line, "
                                   "instead of asking"},
        [NEW_PASSPHRASE_FD] = {.name = "new-passphrase-fd",
                               .value = "N",
                               .help = "likewise the new one; it may be the same descriptor, and "
                                       "is then its second line"},
        [QUIET] = {.name = "quiet", .letter = 'q', .help = "say nothing when all went well"},
    };
    const struct program program = {
        .name = "sealkey passwd",
        .usage = "[--no-passphrase] FILE",
        .about = "Changes the passphrase of a secret key: writes a new file, checks that it opens, "
                 "and puts it in the place of the old one.",
        .options = options,
    };
    const char **operands;
    size_t operand_count;
    enum exit_code code;

    options_parse(&program, argc, argv, &operands, &operand_count);
    message_setup("sealkey", options[QUIET].count > 0);
    if (operand_count != 1)
        code = complain_usage_old("passwd wants exactly one key file");
    else if (options[NO_PASSPHRASE].count > 0 && options[NEW_PASSPHRASE_FD].count > 0)
        code = complain_usage_old("--no-passphrase and --new-passphrase-fd contradict each other");
    else
        code = passwd_run(operands[0], options[NO_PASSPHRASE].count > 0,
                          options[PASSPHRASE_FD].text, options[NEW_PASSPHRASE_FD].text);
    free(operands);
    options_free(&program);
    return code;
}

/* ---- The program -------------------------------------------------------------------------- */

static const struct command {
    const char *name;
    enum exit_code (*run)(int argc, char **argv);
} commands[] = {
    {"new", command_new}, {"show", command_show}, {"passwd", command_passwd}, {"kit", command_kit}};

/* Without a command there are only --help and --version. */
static enum exit_code no_command(int argc, char **argv)
{
    struct option none[1] = {{.name = NULL}};
    const struct program program = {
        .name = "sealkey",
        .usage = "new -o NAME [OPTIONS]\nshow FILE...\npasswd [OPTIONS] FILE\nkit --to KEY.pub DIR",
        .about = "Makes keys, shows what is in a key file, changes a passphrase, makes what is put "
                 "on a stick for others. For the options of one command: sealkey COMMAND --help.",
        .more = "Example:\n"
                "  sealkey new -o org        writes org.pub to give out and org.key to guard\n"
                "  sealkey show org.pub      shows its fingerprint, to be compared by voice\n"
                "\n"
                "Exit status: 0 done; 1 could not be done, nothing left behind; 2 wrong command\n"
                "line, key or passphrase; 7 the key was made by a newer version.\n",
        .options = none,
    };
    const char **operands;
    size_t operand_count;

    if (argc > 1 && argv[1][0] != '-')
        return complain_usage_old("there is no command %s, but " COMMANDS, shown(argv[1]));
    options_parse(&program, argc, argv, &operands, &operand_count);
    free(operands);
    return complain_usage_old("say first what to do: " COMMANDS);
}

int main(int argc, char **argv)
{
    enum exit_code (*run)(int, char **) = no_command;
    enum exit_code code;

    plat_process_setup();
    window_hold_at_end();
    plat_process_restrict(false);
    message_setup("sealkey", false);
    if (sodium_init() < 0)
        return (int)complain(&(struct fault){.status = SEAL_NO_MEMORY});
    for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            run = commands[i].run;
    code = run == no_command ? run(argc, argv) : run(argc - 1, argv + 1);
    if (code != EXIT_ALL_DONE && stop_requested())
        plat_die_by_signal();
    return (int)finish_output(code);
}
