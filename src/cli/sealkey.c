/*
 * sealkey: makes keys, shows what is in a key file, changes a passphrase, makes the kit for
 * senders.
 */
#include <sodium.h>

#include "cli/sealkey_options.h"
#include "cli/sealkey_report.h"
#include "cli/ui/message.h"
#include "cli/ui/passphrase.h"
#include "cli/ui/window.h"
#include "platform/process.h"

/* ---- Passphrases -------------------------------------------------------------------------- */

/* Where they come from, and the new one, which lives until the job has returned. */
struct passphrases {
    const char *fd, *new_fd; /* numbers of descriptors; NULL: the terminal */
    bool suggest;            /* the new one */
    const char *command;     /* that asks for it */
    bool is_second;          /* --passphrase-fd is another one's option */
    struct passphrase chosen;
};

static enum seal_status unlock(void *ctx, struct identity **out, const struct secret_record *record,
                               const char *name, struct fault *fault)
{
    const struct passphrases *p = ctx;

    return identity_unlock(out, record, name, p->fd, fault);
}

static enum seal_status choose(void *ctx, const char **text, size_t *len, struct fault *fault)
{
    struct passphrases *p = ctx;
    enum seal_status status = p->new_fd != NULL ? passphrase_from_fd(&p->chosen, p->new_fd, fault)
                              : p->suggest      ? passphrase_ask_suggested(&p->chosen, fault)
                                                : passphrase_ask_new(&p->chosen, fault);

    if (status != SEAL_OK && fault->reason == REASON_PASSPHRASE_NO_TERMINAL && p->is_second)
        fault->reason = REASON_PASSPHRASE_NEW_NO_TERMINAL;
    if (status == SEAL_OK)
        status = passphrase_judge(&p->chosen, p->command, fault);
    *text = p->chosen.text;
    *len = p->chosen.len;
    return status;
}

static void show_exposed(const char *name, bool locked)
{
    warn(locked ? T_KEY_EXPOSED_LOCKED : T_KEY_EXPOSED_PLAIN, .name = name);
}

static struct key_dialog dialog_about(struct passphrases *p)
{
    return (struct key_dialog){.ctx = p,
                               .unlock = unlock,
                               .choose = choose,
                               .exposed = show_exposed,
                               .leftover = show_leftover};
}

/* ---- Commands ----------------------------------------------------------------------------- */

static enum exit_code run_new(const struct sealkey_options *options)
{
    struct passphrases p = {
        .new_fd = options->passphrase_fd, .suggest = options->suggest, .command = "new"};
    struct key_dialog dialog = dialog_about(&p);
    struct fault fault = {.status = SEAL_OK};
    enum exit_code code = EXIT_ALL_DONE;
    struct key_make_result result;

    warn_of_clock(NULL, 0); /* the key gets its day */
    if (key_make(&result, &options->make, &dialog, &fault) == SEAL_OK)
        report_new_key(&result);
    else
        code = complain(&fault);
    key_make_result_free(&result);
    passphrase_free(&p.chosen);
    return code;
}

static enum exit_code run_show(const struct sealkey_options *options)
{
    struct passphrases p = {.fd = options->passphrase_fd};
    struct key_dialog dialog = dialog_about(&p);
    bool any = false;
    struct key_show_observer observer = report_keys(&any);

    for (size_t i = 0; i < options->file_count; i++) {
        struct fault fault = {.status = SEAL_OK};
        struct key_show_request request = {.name = options->files[i],
                                           .may_stay_locked = p.fd == NULL};

        tell_pipes(&request.name, 1);
        if (key_show(&request, &dialog, &observer, &fault) != SEAL_OK) {
            print_flush();
            return complain(&fault);
        }
    }
    return EXIT_ALL_DONE;
}

static enum exit_code run_passwd(const struct sealkey_options *options)
{
    struct passphrases p = {.fd = options->passphrase_fd,
                            .new_fd = options->new_passphrase_fd,
                            .suggest = options->suggest,
                            .command = "passwd",
                            .is_second = true};
    struct key_dialog dialog = dialog_about(&p);
    struct fault fault = {.status = SEAL_OK};
    enum exit_code code = EXIT_ALL_DONE;

    if (key_passwd(&options->passwd, &dialog, &fault) == SEAL_OK)
        report_passwd(&options->passwd);
    else
        code = complain(&fault);
    passphrase_free(&p.chosen);
    return code;
}

static enum exit_code run_kit(const struct sealkey_options *options)
{
    struct key_kit_observer observer = report_kit_events();
    struct fault fault = {.status = SEAL_OK};
    enum exit_code code = EXIT_ALL_DONE;
    struct key_file keys;

    if (key_kit(&keys, &options->kit, &observer, &fault) == SEAL_OK)
        report_kit(options->kit.path, &keys);
    else
        code = complain(&fault);
    key_file_free(&keys);
    return code;
}

static enum exit_code run(const struct sealkey_options *options)
{
    static enum exit_code (*const commands[])(const struct sealkey_options *) = {
        [SEALKEY_NEW] = run_new,
        [SEALKEY_SHOW] = run_show,
        [SEALKEY_PASSWD] = run_passwd,
        [SEALKEY_KIT] = run_kit,
    };

    ui_setup("sealkey", options->quiet);
    return commands[options->command](options);
}

int main(int argc, char **argv)
{
    struct sealkey_options options;
    enum exit_code code;

    plat_process_setup();
    window_hold_at_end();
    plat_process_restrict(false);
    ui_setup("sealkey", false);
    if (sodium_init() < 0)
        return (int)complain(&(struct fault){.status = SEAL_NO_MEMORY});
    code = sealkey_options_parse(&options, argc, argv);
    if (code == EXIT_ALL_DONE)
        code = run(&options);
    sealkey_options_free(&options);
    if (code != EXIT_ALL_DONE && stop_requested())
        plat_die_by_signal();
    return (int)finish_output(code);
}
