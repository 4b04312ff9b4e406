/*
 * sealkey kit: a folder to be copied onto a stick, with the program for each system, the key, and a
 * page that says in three steps what to do.
 *
 * Only the program that seals goes into it: what the others are for is nobody's business there.
 */
#include "cli/kit.h"
#include "platform/process.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FINGERPRINTS "{{FINGERPRINTS}}"
#define PIECE_LEN ((size_t)64 * 1024)
#define PAGE_MAX ((size_t)1024 * 1024)

/* What it is in the kit, and where it lies below the folder of the programs. */
static const struct part {
    const char *name, *from, *system;
} parts[] = {
    {"seal.exe", "windows-x86_64/seal.exe", "Windows"},
    {"seal-linux", "linux-x86_64/seal", "Linux on usual computers"},
    {"seal-linux-arm", "linux-aarch64/seal", "Linux on 64-bit ARM"},
    {"seal.sh", "kit/seal.sh", NULL},
};
#define PAGES "kit"
#define PAGE_BEGIN "READ-ME-FIRST"

struct kit {
    const char *key_name, *path;
    char *programs; /* the folder that has them */
    struct key_file keys;
    struct output_dir dir;
    struct buffer sums, page;
    size_t program_count;
};

static enum seal_status no_memory(struct fault *fault)
{
    return fault_no_memory(fault);
}

/* folder/name, malloc'ed; NULL for want of memory. */
static char *join(const char *folder, const char *name)
{
    struct buffer b = {0};

    if (buffer_printf(&b, "%s/%s", folder, name) != SEAL_OK)
        buffer_free(&b);
    return (char *)b.data;
}

/* ---- Where things are --------------------------------------------------------------------- */

static bool has_pages(const char *folder)
{
    char *pages = join(folder, PAGES);
    bool has = pages != NULL && is_folder(pages);

    free(pages);
    return has;
}

/* Beside this program's own folder, as `make dist` lays it out; or where a package has it. */
static enum seal_status find_programs(struct kit *k, const char *given, struct fault *fault)
{
    static const char *const places[] = {"..", "../share/seal"};
    char *own = given == NULL ? plat_program_folder() : NULL;

    if (given != NULL)
        k->programs = strdup(given);
    for (size_t i = 0; own != NULL && k->programs == NULL && i < 2; i++) {
        k->programs = join(own, places[i]);
        if (k->programs != NULL && !has_pages(k->programs)) {
            free(k->programs);
            k->programs = NULL;
        }
    }
    free(own);
    if (k->programs == NULL || !has_pages(k->programs))
        return fault_set(fault, REASON_KIT_PROGRAMS, given);
    return SEAL_OK;
}

static enum seal_status read_keys(struct kit *k, struct fault *fault)
{
    if (key_file_read(&k->keys, k->key_name, fault) != SEAL_OK)
        return fault->status;
    if (k->keys.public_count == 0)
        return fault_set(fault, REASON_KEY_NO_PUBLIC, k->key_name);
    if (k->keys.marked_public)
        return fault_set(fault, REASON_KEY_EXAMPLE, k->key_name);
    for (size_t i = 0; i < k->keys.public_count; i++)
        if (key_is_expired(k->keys.public_keys[i].expires, date_today()))
            return fault_set(fault, REASON_KEY_EXPIRED, k->key_name);
    return SEAL_OK;
}

/* ---- What is written ---------------------------------------------------------------------- */

static enum seal_status add_sum(struct kit *k, const char *name,
                                const uint8_t digest[static SHA256_LEN], struct fault *fault)
{
    char hex[2 * SHA256_LEN + 1];

    hex_encode(hex, digest, SHA256_LEN);
    return buffer_printf(&k->sums, "%s  %s\n", hex, name) == SEAL_OK ? SEAL_OK : no_memory(fault);
}

static enum seal_status close_file(int fd, const char *name, struct fault *fault)
{
    if (plat_close(fd) != 0 && fault->status == SEAL_OK)
        (void)fault_set_errno(fault, REASON_WRITE, name);
    return fault->status;
}

static enum seal_status write_text(struct kit *k, const char *name, const void *text, size_t len,
                                   struct fault *fault)
{
    uint8_t digest[SHA256_LEN];
    struct sha256 hash;
    int fd = plat_create_file(k->dir.fd, name, PLAT_SHARED, false);

    if (fd < 0)
        return fault_set_errno(fault, REASON_CREATE, name);
    if (fd_write_full(fd, text, len, fault) != SEAL_OK)
        fault_add_name(fault, name);
    if (close_file(fd, name, fault) != SEAL_OK)
        return fault->status;
    sha256_start(&hash);
    sha256_add(&hash, text, len);
    sha256_end(&hash, digest);
    return add_sum(k, name, digest, fault);
}

/* Copies it, and hashes what it copies. */
static enum seal_status copy_bytes(int from, int to, uint8_t digest[static SHA256_LEN],
                                   struct fault *fault)
{
    uint8_t *piece = malloc(PIECE_LEN);
    size_t got = PIECE_LEN;
    struct sha256 hash;

    if (piece == NULL)
        return no_memory(fault);
    sha256_start(&hash);
    while (got == PIECE_LEN && fault->status == SEAL_OK) {
        if (fd_read_full(from, piece, PIECE_LEN, &got, fault) != SEAL_OK)
            break;
        sha256_add(&hash, piece, got);
        (void)!fd_write_full(to, piece, got, fault);
    }
    sha256_end(&hash, digest);
    free(piece);
    return fault->status;
}

static enum seal_status copy_open(struct kit *k, const struct part *part, int from,
                                  struct fault *fault)
{
    uint8_t digest[SHA256_LEN];
    int to = plat_create_file(k->dir.fd, part->name, PLAT_SHARED, true);

    if (to < 0)
        return fault_set_errno(fault, REASON_CREATE, part->name);
    if (copy_bytes(from, to, digest, fault) != SEAL_OK)
        fault_add_name(fault, part->name);
    if (close_file(to, part->name, fault) != SEAL_OK)
        return fault->status;
    return add_sum(k, part->name, digest, fault);
}

/* A system for which there is no program goes without. */
static enum seal_status copy_part(struct kit *k, const struct part *part, struct fault *fault)
{
    char *path = join(k->programs, part->from);
    int from;

    if (path == NULL)
        return no_memory(fault);
    from = plat_open_file(PLAT_CWD, path, true);
    if (from < 0 && errno == ENOENT && part->system != NULL) {
        warn_old("%s is not there: the kit has no program for %s.", shown(path), part->system);
    } else if (from < 0) {
        (void)fault_set_errno(fault, REASON_OPEN, path);
    } else {
        (void)!copy_open(k, part, from, fault);
        k->program_count += part->system != NULL;
        (void)plat_close(from);
    }
    free(path);
    return fault->status;
}

/* ---- Pages -------------------------------------------------------------------------------- */

static enum seal_status append_fingerprints(struct buffer *page, const struct kit *k)
{
    char number[NUMBER_TEXT_SIZE(FINGERPRINT_GROUPS)];
    enum seal_status status = SEAL_OK;

    for (size_t i = 0; i < k->keys.public_count && status == SEAL_OK; i++) {
        fingerprint_text(number, k->keys.public_keys[i].pkh);
        status = buffer_printf(page, "<p class=\"number\">%s</p>\n", number);
    }
    return status;
}

/* The page with the numbers in their place. */
static enum seal_status fill_in(struct kit *k, const char *text, const char *name,
                                struct fault *fault)
{
    const char *place = strstr(text, FINGERPRINTS);

    if (place == NULL)
        return fault_set(fault, REASON_KIT_PAGE, name);
    k->page.len = 0;
    if (buffer_append(&k->page, text, (size_t)(place - text)) != SEAL_OK ||
        append_fingerprints(&k->page, k) != SEAL_OK ||
        buffer_append_text(&k->page, place + strlen(FINGERPRINTS)) != SEAL_OK)
        return no_memory(fault);
    return write_text(k, name, k->page.data, k->page.len, fault);
}

static enum seal_status copy_page(struct kit *k, int folder, const char *name, struct fault *fault)
{
    char *text = malloc(PAGE_MAX + 1);
    size_t len = 0;
    int fd = text == NULL ? -1 : plat_open_file(folder, name, false);

    if (text == NULL)
        (void)no_memory(fault);
    else if (fd < 0)
        (void)fault_set_errno(fault, REASON_OPEN, name);
    else if (fd_read_full(fd, text, PAGE_MAX, &len, fault) != SEAL_OK)
        fault_add_name(fault, name);
    if (fd >= 0)
        (void)plat_close(fd);
    if (fault->status == SEAL_OK) {
        text[len] = '\0';
        (void)!fill_in(k, text, name, fault);
    }
    free(text);
    return fault->status;
}

/* Names of pages, in the order in which SHA256SUMS is to have them. */
struct page_names {
    char **all;
    size_t count;
};

static int note_page(void *ctx, const char *name)
{
    struct page_names *names = ctx;
    char **all;

    if (strncmp(name, PAGE_BEGIN, strlen(PAGE_BEGIN)) != 0)
        return 0;
    all = realloc(names->all, (names->count + 1) * sizeof *all);
    if (all == NULL)
        return -1;
    names->all = all;
    all[names->count] = strdup(name);
    return all[names->count++] == NULL ? -1 : 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static enum seal_status copy_pages_from(struct kit *k, int folder, struct fault *fault)
{
    struct page_names names = {NULL, 0};

    if (plat_list_dir(folder, note_page, &names) != 0)
        (void)fault_set_errno(fault, REASON_LIST, k->programs);
    if (names.count > 0)
        qsort(names.all, names.count, sizeof *names.all, by_name);
    for (size_t i = 0; i < names.count; i++) {
        if (fault->status == SEAL_OK)
            (void)!copy_page(k, folder, names.all[i], fault);
        free(names.all[i]);
    }
    free(names.all);
    return fault->status;
}

static enum seal_status copy_pages(struct kit *k, struct fault *fault)
{
    char *path = join(k->programs, PAGES);
    int folder = path == NULL ? -1 : plat_open_dir(PLAT_CWD, path, true);

    if (path == NULL)
        (void)no_memory(fault);
    else if (folder < 0)
        (void)fault_set_errno(fault, REASON_OPEN, path);
    else
        (void)!copy_pages_from(k, folder, fault);
    if (folder >= 0)
        (void)plat_close(folder);
    free(path);
    return fault->status;
}

/* ---- All of it ---------------------------------------------------------------------------- */

static enum seal_status write_key(struct kit *k, struct fault *fault)
{
    struct buffer text = {0};
    enum seal_status status = buffer_reserve(&text, k->keys.public_count * KEY_TEXT_MAX);

    for (size_t i = 0; i < k->keys.public_count && status == SEAL_OK; i++)
        status = public_key_text(&text, &k->keys.public_keys[i]);
    status = status == SEAL_OK ? write_text(k, KIT_RECIPIENT, text.data, text.len, fault)
                               : no_memory(fault);
    buffer_free(&text);
    return status;
}

static enum seal_status fill_kit(struct kit *k, struct fault *fault)
{
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (copy_part(k, &parts[i], fault) != SEAL_OK)
            return fault->status;
    if (k->program_count == 0)
        return fault_set(fault, REASON_KIT_NO_PROGRAM, k->programs);
    if (write_key(k, fault) != SEAL_OK || copy_pages(k, fault) != SEAL_OK)
        return fault->status;
    return write_text(k, "SHA256SUMS", k->sums.data, k->sums.len, fault);
}

/* Some file systems lose what is in a folder that gets another name: the kit is looked at once more
 * where it lies now. */
static enum seal_status check_file(const char *path, const char *want, struct fault *fault)
{
    uint8_t digest[SHA256_LEN];
    char hex[2 * SHA256_LEN + 1] = "";
    int fd = plat_open_file(PLAT_CWD, path, false);

    if (fd >= 0 && file_digest(fd, digest))
        hex_encode(hex, digest, SHA256_LEN);
    if (fd >= 0)
        (void)plat_close(fd);
    if (memcmp(hex, want, 2 * SHA256_LEN) != 0)
        return fault_set(fault, REASON_READ_BACK, path);
    return SEAL_OK;
}

static enum seal_status check_kit(const struct kit *k, struct fault *fault)
{
    const char *line = (const char *)k->sums.data;

    while (*line != '\0' && fault->status == SEAL_OK) {
        const char *name = line + 2 * SHA256_LEN + 2, *end = strchr(name, '\n');
        struct buffer path = {0};

        if (buffer_printf(&path, "%s/%.*s", k->path, (int)(end - name), name) != SEAL_OK)
            (void)no_memory(fault);
        else
            (void)!check_file((char *)path.data, line, fault);
        buffer_free(&path);
        line = end + 1;
    }
    return fault->status;
}

static enum seal_status make_kit(struct kit *k, const char *programs, struct fault *fault)
{
    if (read_keys(k, fault) != SEAL_OK || find_programs(k, programs, fault) != SEAL_OK ||
        output_dir_create(&k->dir, k->path, fault) != SEAL_OK)
        return fault->status;
    if (fill_kit(k, fault) == SEAL_OK && output_dir_commit(&k->dir, fault) == SEAL_OK &&
        check_kit(k, fault) == SEAL_OK)
        output_dir_keep(&k->dir);
    else if (!output_dir_abort(&k->dir))
        warn_old("%s: this unfinished folder could not be removed; remove it by hand.",
                 shown(k->path));
    return fault->status;
}

static void show_kit(const struct kit *k)
{
    char number[NUMBER_TEXT_SIZE(FINGERPRINT_GROUPS)];

    print_data("kit     %s\n", shown(k->path));
    for (size_t i = 0; i < k->keys.public_count; i++) {
        fingerprint_text(number, k->keys.public_keys[i].pkh);
        print_data("key     %s\n", number);
    }
    say_old("Copy all that is in it onto a stick. Whoever gets it compares this number with you by "
            "voice; it stands in " PAGE_BEGIN " as well.");
}

static enum exit_code run_kit(const char *key, const char *programs, const char *path)
{
    struct kit k = {.key_name = key, .path = path};
    struct fault fault = {.status = SEAL_OK};
    enum exit_code code = EXIT_ALL_DONE;

    if (make_kit(&k, programs, &fault) == SEAL_OK)
        show_kit(&k);
    else
        code = complain(&fault);
    key_file_free(&k.keys);
    buffer_free(&k.sums);
    buffer_free(&k.page);
    free(k.programs);
    return code;
}

enum exit_code command_kit(int argc, char **argv)
{
    enum { TO, PROGRAMS, QUIET, OPTION_COUNT };
    struct option options[OPTION_COUNT + 1] = {
        [TO] = {.name = "to",
                .letter = 't',
                .value = "KEY.pub",
                .is_path = true,
                .help = "the key that what is sealed with the kit will be sealed to"},
        [PROGRAMS] = {.name = "programs",
                      .value = "DIR",
                      .is_path = true,
                      .help = "where the programs for the stick are, if not beside this one"},
        [QUIET] = {.name = "quiet", .letter = 'q', .help = "only results and errors"},
    };
    const struct program program = {
        .name = "sealkey kit",
        .usage = "--to KEY.pub DIR",
        .about = "Makes the folder DIR, to be copied onto a stick for who is to seal to this key: "
                 "the program for Windows and Linux, the key, and a page that says in three steps "
                 "what to do.",
        .options = options,
    };
    const char **operands;
    size_t operand_count;
    enum exit_code code;

    options_parse(&program, argc, argv, &operands, &operand_count);
    message_setup("sealkey", options[QUIET].count > 0);
    if (options[TO].count == 0)
        code = complain_usage_old("--to is missing: the public key that the stick is for");
    else if (operand_count != 1)
        code = complain_usage_old("kit wants one folder, which it makes");
    else
        code = run_kit(options[TO].text, options[PROGRAMS].text, operands[0]);
    free(operands);
    options_free(&program);
    return code;
}
