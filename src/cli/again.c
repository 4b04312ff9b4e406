/*
 * A bag on disk, checked again years later.
 */
#include "cli/inspect.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bag/recheck/recheck.h"
#include "platform/crew.h"
#include "custody/custody.h"

/* Nothing comes out; the files are those there may be memory for. Such a bag was taken in once, or
 * made here. */
static const struct intake_limits recheck_limits = {
    .bytes = UINT64_MAX, .room = UINT64_MAX, .files = UINT64_C(4) << 20};

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
    print_data("%-10s %s%s%s%s\n", change_words[kind], shown(path), detail != NULL ? " (" : "",
               detail != NULL ? shown(detail) : "", detail != NULL ? ")" : "");
}

static void show_note(void *ctx, const char *path, const char *what)
{
    (void)ctx;
    say_old("%s: %s", shown(path), what);
}

/* ---- The custody record beside it --------------------------------------------------------- */

static enum seal_status read_whole(int fd, struct buffer *out, const char *name,
                                   struct fault *fault)
{
    size_t got = 0;

    do {
        if (out->len > RECORD_MAX)
            return fault_set(fault, REASON_RECORD_LARGE, name);
        if (buffer_reserve(out, 65536) != SEAL_OK)
            return fault_no_memory(fault);
        if (fd_read_full(fd, out->data + out->len, 65536, &got, fault) != SEAL_OK) {
            fault_add_name(fault, name);
            return fault->status;
        }
        out->len += got;
    } while (got > 0);
    return SEAL_OK;
}

enum custody_state { CUSTODY_NONE, CUSTODY_READ, CUSTODY_UNUSABLE };

/* Whether there cannot be a file of that name, because it is longer than any system takes. */
static bool is_too_long(const char *path)
{
    const char *slash = strrchr(path, '/');

    return errno == ENAMETOOLONG && strlen(slash == NULL ? path : slash + 1) > 255;
}

/* The record of that name. What is no file is never opened: a FIFO would be waited for. */
static enum seal_status read_record(const char *path, struct buffer *text, struct fault *fault)
{
    char *real = plat_real_path(path); /* it may be a link */
    struct plat_stat st;
    enum seal_status status;
    int fd = -1;

    if (real == NULL || plat_stat_at(PLAT_CWD, real, false, &st) != 0)
        status = fault_set_errno(fault, REASON_LOOK, path);
    else if (st.type != PLAT_FILE)
        status = fault_set(fault, REASON_RECORD_NO_FILE, path);
    else if ((fd = plat_open_file(PLAT_CWD, real, false)) < 0)
        status = fault_set_errno(fault, REASON_OPEN, path);
    else
        status = read_whole(fd, text, path, fault);
    if (fd >= 0)
        (void)plat_close(fd);
    free(real);
    return status;
}

static enum custody_state use_record(const char *path, struct custody_known *known,
                                     struct fault *fault)
{
    struct buffer text = {0};
    struct plat_stat st;
    enum custody_state state = CUSTODY_UNUSABLE;

    if (plat_stat_at(PLAT_CWD, path, false, &st) != 0 &&
        (errno == ENOENT || errno == ENOTDIR || is_too_long(path)))
        return CUSTODY_NONE;
    if (read_record(path, &text, fault) == SEAL_OK) {
        if (custody_json_read(known, (char *)text.data, text.len))
            state = CUSTODY_READ;
        else
            (void)fault_set(fault, REASON_RECORD_UNREADABLE, path);
    }
    buffer_free(&text);
    return state;
}

/* REAL-PATH-OF-BAG.custody.json: however the bag was called, its record must not be passed over. */
static enum custody_state read_custody(const char *bag, struct custody_known *known,
                                       struct fault *fault)
{
    struct buffer path = {0};
    char *real = plat_real_path(bag);
    enum custody_state state = CUSTODY_UNUSABLE;

    if (real == NULL)
        (void)fault_set_errno(fault, REASON_LOCATE, bag);
    else if (buffer_printf(&path, "%s.custody.json", real) != SEAL_OK)
        (void)fault_no_memory(fault);
    else
        state = use_record((const char *)path.data, known, fault);
    buffer_free(&path);
    free(real);
    return state;
}

/* ---- The whole ---------------------------------------------------------------------------- */

/* What the comparison with the custody record came to. */
enum custody_result { CUSTODY_SAME, CUSTODY_OTHER, CUSTODY_NOT_KNOWN };

static enum custody_result compare_custody(const char *bag, const struct bag_recheck *r,
                                           struct fault *fault)
{
    struct custody_known known;
    enum custody_state state = read_custody(bag, &known, fault);
    char hex[2 * SHA256_LEN + 1];

    if (state == CUSTODY_NONE) {
        print_data("custody    none beside it\n");
        return CUSTODY_SAME;
    }
    if (state == CUSTODY_UNUSABLE || r->has_unread_digest) {
        print_data("custody    its lists could not be compared with a record\n");
        return CUSTODY_NOT_KNOWN;
    }
    if (r->has_digest && memcmp(known.digest, r->digest, SHA256_LEN) == 0) {
        print_data("custody    its lists are those on record of %s, receipt %s\n",
                   shown(known.opened), shown(known.receipt));
        return CUSTODY_SAME;
    }
    hex_encode(hex, known.digest, SHA256_LEN);
    print_data("custody    its lists are NOT those on record of %s, with the digest %s\n",
               shown(known.opened), hex);
    return CUSTODY_OTHER;
}

static void show_changed(const char *bag, uint64_t changes, bool is_other)
{
    print_data(
        "CHANGED    %s: %s%s%s\n", shown(bag), changes > 0 ? count_text(changes, "difference") : "",
        changes > 0 && is_other ? ", and " : "", is_other ? "it is not the bag on record" : "");
}

/* The last line: what it all comes to. */
static enum exit_code show_verdict(const char *bag, const struct bag_recheck *r,
                                   enum custody_result custody)
{
    uint64_t times = r->changes[BAG_RETIMED], unread = r->changes[BAG_UNREADABLE], all = 0;

    for (size_t i = 0; i < BAG_CHANGE_KINDS; i++)
        all += r->changes[i];
    if (all > times + unread || custody == CUSTODY_OTHER) {
        show_changed(bag, all, custody == CUSTODY_OTHER);
        return EXIT_DAMAGED;
    }
    if (unread > 0) {
        print_data("UNCHECKED  %s: %s could not be read; what was read is as its lists say\n",
                   shown(bag), count_text(unread, "file"));
        return EXIT_NOT_DONE;
    }
    if (custody == CUSTODY_NOT_KNOWN) {
        print_data("UNCHECKED  %s: every byte is as its lists say; the custody record could not "
                   "be used\n",
                   shown(bag));
        return EXIT_NOT_DONE;
    }
    if (times > 0) {
        print_data("TIMES      %s: %s %s; every byte is as on record\n", shown(bag),
                   count_text(times, "time"), times == 1 ? "differs" : "differ");
        return EXIT_INCOMPLETE;
    }
    print_data("unchanged  %s\n", shown(bag));
    return EXIT_ALL_DONE;
}

static enum exit_code show_result(const char *bag, const struct bag_recheck *r)
{
    struct fault fault = {.status = SEAL_OK};
    char hex[2 * SHA256_LEN + 1];
    enum custody_result custody;
    enum exit_code code;

    say_old("%s, %s, read and compared (%s%s)", count_text(r->files, "file"), size_text(r->bytes),
            r->algorithms, r->has_listing ? ", times" : "");
    if (r->has_digest) {
        hex_encode(hex, r->digest, SHA256_LEN);
        print_data("digest     %s\n", hex);
    }
    custody = compare_custody(bag, r, &fault);
    code = show_verdict(bag, r, custody);
    if (fault.status == SEAL_OK)
        return code;
    (void)complain(&fault);
    return EXIT_NOT_DONE; /* whatever differs: the record beside it must be looked at */
}

static enum seal_status run_recheck(struct intake_result *result, int fd, const char *path,
                                    const struct asked_limits *limits, struct fault *fault)
{
    struct progress progress;
    const struct intake_observer observer = {.ctx = &progress,
                                             .progress = progress_add,
                                             .uncaged = limits_uncaged,
                                             .change = show_change,
                                             .note = show_note};
    const struct intake_job job = {.task = INTAKE_RECHECK,
                                   .output = fd,
                                   .output_name = path,
                                   .whole_cage = limits->require_sandbox,
                                   .limits = recheck_limits};

    progress_start(&progress, 0);
    (void)!intake_run(result, &job, &observer, fault);
    progress_end(&progress);
    return fault->status;
}

enum exit_code recheck_bag(const char *path, const struct asked_limits *limits,
                           struct fault *stopped)
{
    struct intake_result result;
    struct fault fault = {.status = SEAL_OK};
    enum seal_status status;
    int fd = plat_open_dir(PLAT_CWD, path, true);

    if (fd < 0) {
        if (errno == ENOTDIR)
            (void)fault_set(&fault, REASON_BAG_NO_FOLDER, path);
        else
            (void)fault_set_errno(&fault, REASON_OPEN, path);
        return complain(&fault);
    }
    status = run_recheck(&result, fd, path, limits, &fault);
    (void)plat_close(fd);
    intake_result_free(&result);
    if (status == SEAL_OK)
        return show_result(path, &result.recheck);
    if (status == SEAL_INTERRUPTED)
        *stopped = fault;
    limits_explain(&fault, limits, &recheck_limits, &result);
    fault_add_name(&fault, path);
    return complain(&fault);
}
