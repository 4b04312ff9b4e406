#include "cli/sealkey_report.h"

#include "base/clock.h"
#include "base/text.h"
#include "cli/ui/message.h"

static void print_fingerprint(enum text_id id, const uint8_t pkh[static HASH_LEN])
{
    char fingerprint[NUMBER_TEXT_SIZE(FINGERPRINT_GROUPS)];

    fingerprint_text(fingerprint, pkh);
    print(id, .word = fingerprint);
}

/* ---- new and passwd ----------------------------------------------------------------------- */

void report_new_key(const struct key_make_result *result)
{
    print(T_SEALKEY_PUBLIC_FILE, .name = result->public_name);
    print(T_SEALKEY_SECRET_FILE, .name = result->secret_name);
    print_fingerprint(T_SEALKEY_FINGERPRINT, result->pkh);
    print_flush();
    say(T_SEALKEY_GIVE_OUT, .name = result->public_name);
    say(result->locked ? T_SEALKEY_GUARD_LOCKED : T_SEALKEY_GUARD_PLAIN,
        .name = result->secret_name);
}

void report_passwd(const struct key_passwd_request *request)
{
    say(request->no_passphrase ? T_SEALKEY_PASSWD_REMOVED : T_SEALKEY_PASSWD_CHANGED,
        .name = request->name);
    say(T_SEALKEY_PASSWD_COPIES);
}

/* ---- show --------------------------------------------------------------------------------- */

static void print_dates(const char *name, uint32_t created, uint32_t expires)
{
    char date[DATE_TEXT_SIZE];

    warn_of_clock(name, created);
    date_text(date, created);
    print(T_SEALKEY_CREATED, .word = date);
    date_text(date, expires);
    if (expires == 0)
        print(T_SEALKEY_EXPIRES_NEVER);
    else if (key_is_expired(expires, date_today()))
        print(T_SEALKEY_EXPIRED, .word = date);
    else
        print(T_SEALKEY_EXPIRES, .word = date);
}

/* A blank line stands between two keys. */
static void begin_key(bool *any, const char *name)
{
    if (*any)
        print_data("\n");
    *any = true;
    print(T_SEALKEY_FILE, .name = name);
}

static void show_public(void *ctx, const char *name, const struct public_key *key)
{
    begin_key(ctx, name);
    print(T_SEALKEY_KIND_PUBLIC);
    print_dates(name, key->created, key->expires);
    print_fingerprint(T_SEALKEY_FINGERPRINT, key->pkh);
}

static void show_secret(void *ctx, const char *name, const struct secret_record *record)
{
    begin_key(ctx, name);
    print(T_SEALKEY_KIND_SECRET);
    print_dates(name, record->created, record->expires);
    print(record->locked ? T_SEALKEY_PASSPHRASE_YES : T_SEALKEY_PASSPHRASE_NO);
    print_flush(); /* the key is to be seen before its passphrase is asked for */
}

static void show_fingerprint(void *ctx, const char *digits, bool is_checked)
{
    (void)ctx;
    if (digits == NULL)
        print(T_SEALKEY_FINGERPRINT_LOCKED);
    else
        print(T_SEALKEY_FINGERPRINT, .word = digits);
    if (digits != NULL && !is_checked)
        print(T_SEALKEY_FINGERPRINT_NOTED);
}

struct key_show_observer report_keys(bool *any)
{
    return (struct key_show_observer){.ctx = any,
                                      .public_key = show_public,
                                      .secret_key = show_secret,
                                      .fingerprint = show_fingerprint};
}

/* ---- kit ---------------------------------------------------------------------------------- */

void report_kit(const char *path, const struct key_file *keys)
{
    print(T_SEALKEY_KIT, .name = path);
    for (size_t i = 0; i < keys->public_count; i++)
        print_fingerprint(T_SEALKEY_KIT_KEY, keys->public_keys[i].pkh);
    say(T_SEALKEY_KIT_ADVICE, .count = keys->public_count);
}

static void warn_kit(void *ctx, enum key_kit_event event, const char *name)
{
    static const enum text_id texts[] = {
        [KEY_KIT_NO_WINDOWS] = T_SEALKEY_KIT_NO_WINDOWS,
        [KEY_KIT_NO_LINUX] = T_SEALKEY_KIT_NO_LINUX,
        [KEY_KIT_NO_LINUX_ARM] = T_SEALKEY_KIT_NO_LINUX_ARM,
    };

    (void)ctx;
    warn(texts[event], .name = name);
}

struct key_kit_observer report_kit_events(void)
{
    return (struct key_kit_observer){.event = warn_kit, .leftover = show_leftover};
}
