/*
 * A bag on disk, checked again years later.
 */
#include "cli/inspect.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bag/bag.h"
#include "custody/custody.h"

#define RECORD_MAX ((size_t)256 * 1024 * 1024)

static const char *const change_words[BAG_CHANGE_KINDS] = {
    [BAG_GONE] = "missing", [BAG_ALTERED] = "altered",       [BAG_ADDED] = "added",
    [BAG_RETIMED] = "time", [BAG_UNREADABLE] = "unreadable", [BAG_RECORD_OFF] = "record",
};

/* Each change is a result: a line on standard output. */
static void show_change(void *ctx, enum bag_change kind, const char *path, const char *detail)
{
    (void)ctx;
    progress_hide();
    (void)printf("%-10s %s%s%s%s\n", change_words[kind], shown(path), detail != NULL ? " (" : "",
                 detail != NULL ? shown(detail) : "", detail != NULL ? ")" : "");
}

/* ---- The custody record beside it --------------------------------------------------------- */

static enum seal_status read_whole(int fd, struct buffer *out, const char *name,
                                   struct fault *fault)
{
    size_t got = 0;

    do {
        if (out->len > RECORD_MAX)
            return fault_set(fault, SEAL_USAGE, "it is too large for a custody record", name);
        if (buffer_reserve(out, 65536) != SEAL_OK)
            return fault_set(fault, SEAL_NO_MEMORY, NULL, NULL);
        if (fd_read_full(fd, out->data + out->len, 65536, &got, fault) != SEAL_OK) {
            fault_add_name(fault, name);
            return fault->status;
        }
        out->len += got;
    } while (got > 0);
    return SEAL_OK;
}

/* BAG.custody.json; false where there is none or it cannot be used, which is said. */
static bool read_custody(const char *bag, struct custody_known *known)
{
    struct buffer path = {0}, text = {0};
    struct fault fault = {.status = SEAL_OK};
    size_t len = strlen(bag);
    bool found = false;
    int fd = -1;

    while (len > 1 && bag[len - 1] == '/')
        len--;
    if (buffer_printf(&path, "%.*s.custody.json", (int)len, bag) == SEAL_OK)
        fd = plat_open_file(PLAT_CWD, (char *)path.data, true);
    if (fd >= 0) {
        if (read_whole(fd, &text, (char *)path.data, &fault) != SEAL_OK)
            (void)complain(&fault);
        else if (!custody_json_read(known, (char *)text.data, text.len))
            warn("%s: it is no custody record that can be read; the bag is not compared with it.",
                 shown((char *)path.data));
        else
            found = true;
        (void)plat_close(fd);
    }
    buffer_free(&path);
    buffer_free(&text);
    return found;
}

/* True unless the record is of another bag, or the bag's own record is another one now. */
static bool agrees(const char *path, const struct bag_recheck *r)
{
    struct custody_known known;
    char hex[2 * SHA256_LEN + 1];

    if (r->has_digest) {
        hex_encode(hex, r->digest, SHA256_LEN);
        (void)printf("digest     %s\n", hex);
    }
    if (!read_custody(path, &known)) {
        say("no custody record beside it: compared only with the bag's own manifests");
        return true;
    }
    if (r->has_digest && memcmp(known.digest, r->digest, SHA256_LEN) == 0) {
        (void)printf("custody    its lists are those on record of %s, receipt %s\n",
                     shown(known.opened), shown(known.receipt));
        return true;
    }
    hex_encode(hex, known.digest, SHA256_LEN);
    (void)printf("custody    its lists are NOT those on record of %s, with the digest %s\n",
                 shown(known.opened), hex);
    return false;
}

/* ---- The whole ---------------------------------------------------------------------------- */

static uint64_t change_count(const struct bag_recheck *r)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < BAG_CHANGE_KINDS; i++)
        sum += r->changes[i];
    return sum;
}

static enum exit_code show_result(const char *path, const struct bag_recheck *r)
{
    uint64_t changes = change_count(r);
    bool same = agrees(path, r);

    say("%s, %s, read and compared (%s%s)", count_text(r->files, "file"), size_text(r->bytes),
        r->algorithms, r->has_listing ? ", times" : "");
    if (changes == 0 && same) {
        (void)printf("unchanged  %s\n", shown(path));
        return EXIT_ALL_DONE;
    }
    (void)printf("CHANGED    %s: %s\n", shown(path),
                 changes > 0 ? count_text(changes, "difference") : "it is not the bag on record");
    return EXIT_DAMAGED;
}

enum exit_code recheck_bag(const char *path, struct fault *stopped)
{
    struct progress progress;
    struct bag_recheck_observer observer = {&progress, show_change, progress_add};
    struct bag_recheck result;
    struct fault fault = {.status = SEAL_OK};
    enum seal_status status;
    int fd = plat_open_dir(PLAT_CWD, path, true);

    if (fd < 0) {
        if (errno == ENOTDIR)
            (void)fault_set(&fault, SEAL_USAGE, "it is no folder, and so no bag", path);
        else
            (void)fault_set_errno(&fault, "could not be opened", path);
        return complain(&fault);
    }
    progress_start(&progress, 0);
    status = bag_recheck(&result, fd, path, &observer, &fault);
    progress_end(&progress);
    (void)plat_close(fd);
    if (status == SEAL_OK)
        return show_result(path, &result);
    if (status == SEAL_INTERRUPTED)
        *stopped = fault;
    fault_add_name(&fault, path);
    return complain(&fault);
}
