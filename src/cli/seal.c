/*
 * seal: files and folders to one sealed file that only its recipients can open.
 */
#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "archive/archive.h"
#include "bag/collect/collect.h"
#include "platform/crew.h"
#include "platform/process.h"
#include "platform/terminal.h"
#include "base/text.h"
#include "cli/dryrun.h"
#include "cli/kit.h"
#include "cli/labels.h"
#include "cli/limits.h"
#include "cli/outputs.h"
#include "stream/stream.h"

#define STREAM_READ_LEN ((size_t)256 * 1024)
#define RECIPIENTS_READ_MAX 1000
#define NAMES_TOLD_MAX 20

enum option_number {
    OPT_TO,
    OPT_OUTPUT,
    OPT_PAD,
    OPT_SPLIT,
    OPT_ASK_MEDIA,
    OPT_VERIFY,
    OPT_NO_VERIFY,
    OPT_LEVEL,
    OPT_NO_COMPRESS,
    OPT_THREADS,
    OPT_ALLOW_EXPIRED,
    OPT_NOTE,
    OPT_NOTE_FILE,
    OPT_INFO,
    OPT_LOCAL_OFFSET,
    OPT_DRY_RUN,
    OPT_QUIET,
    OPT_VERBOSE
};

static struct option options[] = {
    [OPT_TO] = {.name = "to",
                .letter = 't',
                .value = "KEY.pub",
                .is_path = true,
                .repeatable = true,
                .help = "seal to the keys in this file; 1 to 39 keys in all"},
    [OPT_OUTPUT] = {.name = "output",
                    .letter = 'o',
                    .value = "FILE",
                    .is_path = true,
                    .help = "write to FILE, into a folder, or to standard output (-)"},
    [OPT_PAD] = {.name = "pad",
                 .value = "RULE",
                 .help = "hide the size: padme (default), pow2, or a fixed SIZE"},
    [OPT_SPLIT] = {.name = "split",
                   .value = "SIZE",
                   .help = "cut it into volumes of SIZE at most; fat32 is just under 4 GiB"},
    [OPT_ASK_MEDIA] = {.name = "ask-media",
                       .help = "with --split: ask for another medium where one is full"},
    [OPT_VERIFY] = {.name = "verify",
                    .help = "read back what was written; done without it on removable media"},
    [OPT_NO_VERIFY] = {.name = "no-verify", .help = "do not"},
    [OPT_LEVEL] = {.name = "level",
                   .value = "N",
                   .help = "compress from 1 (fast) to 19 (small); default 2"},
    [OPT_NO_COMPRESS] = {.name = "no-compress", .help = "do not compress"},
    [OPT_THREADS] = {.name = "threads",
                     .value = "N",
                     .help = "work on N processors at most (1 to 64); default: all, up to 16"},
    [OPT_ALLOW_EXPIRED] = {.name = "allow-expired",
                           .help = "seal even to a key whose last day is over"},
    [OPT_NOTE] = {.name = "note", .value = "TEXT", .help = "add a note for whoever opens it"},
    [OPT_NOTE_FILE] = {.name = "note-file",
                       .value = "FILE",
                       .is_path = true,
                       .help = "add the text in FILE (UTF-8, up to 64 KiB) as notes, line by line"},
    [OPT_INFO] = {.name = "info",
                  .value = "LABEL=VALUE",
                  .repeatable = true,
                  .help = "add a line to the record, such as Source-Organization=NAME"},
    [OPT_LOCAL_OFFSET] = {.name = "local-offset",
                          .help = "record how far your clock is from UTC; it hints where you are"},
    [OPT_DRY_RUN] = {.name = "dry-run",
                     .letter = 'n',
                     .help = "show what would be sealed and whether it fits; write nothing"},
    [OPT_QUIET] = {.name = "quiet", .letter = 'q', .help = "no progress, only results and errors"},
    [OPT_VERBOSE] = {.name = "verbose",
                     .letter = 'v',
                     .help = "name every link and every odd name"},
    {.name = NULL},
};

static const struct program program = {
    .name = "seal",
    .usage = "--to KEY.pub [--to KEY.pub ...] [-o FILE] PATH...",
    .about = "Bundles files and folders into one sealed file. It looks like random bytes, names "
             "nobody, and only the holders of the keys can open it; you cannot.",
    .more = "PATH - seals standard input. Without -o, FILE gets a random name here.\n"
            "SIZE is in bytes, or with K, M or G; a multiple of 2048, at least 65536.\n"
            "What is inside photos and documents (GPS position, author, camera) is neither\n"
            "checked nor removed. With --dry-run, --to may be left out.\n"
            "\n"
            "Exit status: 0 all sealed; 1 could not be done; 2 wrong use; 3 sealed, but\n"
            "something could not be read and was recorded; 7 a key of a newer version.\n",
    .options = options,
};

struct job {
    struct public_key *keys;
    size_t key_count;
    int level;
    unsigned int threads;
    struct padding padding;
    struct labels labels;
    const char **paths;
    size_t path_count;
    bool from_stdin;
    struct bag_source *source;
    struct random random;
    char *kit, *kit_key; /* without --to: the folder of the program, and the key in it */
    uint64_t split;      /* 0: one file */
    struct outputs outputs;
    struct crew *crew;
    struct stream_writer *stream;
    struct content_writer *archive;
    struct progress progress;
    size_t names_told; /* and, above NAMES_TOLD_MAX, not told */
    struct bag_totals totals;
    uint64_t sealed_len;
    uint8_t digest[SHA256_LEN];
    uint8_t receipt[32];
};

/* ---- Options ------------------------------------------------------------------------------ */

static enum exit_code parse_padding(const char *text, struct padding *padding)
{
    *padding = (struct padding){PAD_PADME, 0};
    if (text == NULL || strcmp(text, "padme") == 0)
        return EXIT_ALL_DONE;
    if (strcmp(text, "pow2") == 0) {
        padding->rule = PAD_POW2;
        return EXIT_ALL_DONE;
    }
    padding->rule = PAD_FIXED;
    if (!size_parse(text, &padding->size) || padding->size < BLOCK_LEN ||
        padding->size % LENGTH_UNIT != 0 || padding->size > STREAM_BLOCKS_MAX * BLOCK_LEN)
        return complain_usage_old(
            "--pad takes padme, pow2 or a size in bytes (K, M and G may follow) "
            "that is a multiple of 2048 and at least 65536, not %s",
            shown(text));
    return EXIT_ALL_DONE;
}

/* The size of a volume, 0 without. */
static enum exit_code parse_split(uint64_t *size, const struct padding *padding)
{
    const char *text = options[OPT_SPLIT].text;

    *size = SPLIT_FAT32;
    if (text == NULL)
        *size = 0;
    else if (strcmp(text, "fat32") != 0 &&
             (!size_parse(text, size) || *size < BLOCK_LEN || *size % LENGTH_UNIT != 0 ||
              *size > STREAM_BLOCKS_MAX * BLOCK_LEN))
        return complain_usage_old(
            "--split takes fat32 or a size in bytes (K, M and G may follow) that "
            "is a multiple of 2048 and at least 65536, not %s",
            shown(text));
    if (*size > 0 && padding->rule == PAD_FIXED)
        return complain_usage_old(
            "--split and --pad SIZE contradict each other: volumes have one size "
            "already, but the last");
    if (*size > 0 && options[OPT_OUTPUT].text != NULL && strcmp(options[OPT_OUTPUT].text, "-") == 0)
        return complain_usage_old("--split does not go with -o -: volumes are several files");
    if (*size == 0 && options[OPT_ASK_MEDIA].count > 0)
        return complain_usage_old("--ask-media goes only with --split");
    return EXIT_ALL_DONE;
}

static enum exit_code check_read_back(void)
{
    const char *output = options[OPT_OUTPUT].text;

    if (options[OPT_VERIFY].count > 0 && options[OPT_NO_VERIFY].count > 0)
        return complain_usage_old("--verify and --no-verify contradict each other");
    if (options[OPT_VERIFY].count > 0 && output != NULL && strcmp(output, "-") == 0)
        return complain_usage_old("--verify does not go with -o -: there is no file to read back");
    return EXIT_ALL_DONE;
}

static enum exit_code parse_level(int *level)
{
    const char *text = options[OPT_LEVEL].text;
    size_t digits;

    *level = options[OPT_NO_COMPRESS].count > 0 ? LEVEL_STORE : LEVEL_DEFAULT;
    if (text == NULL)
        return EXIT_ALL_DONE;
    if (*level == LEVEL_STORE)
        return complain_usage_old("--level and --no-compress contradict each other");
    digits = strspn(text, "0123456789");
    if (digits > 0 && digits <= 2 && text[digits] == '\0')
        *level = (int)strtol(text, NULL, 10);
    else
        *level = 0;
    if (*level < LEVEL_MIN || *level > LEVEL_MAX)
        return complain_usage_old("--level takes a number from %d to %d, not %s", LEVEL_MIN,
                                  LEVEL_MAX, shown(text));
    return EXIT_ALL_DONE;
}

static enum exit_code parse_paths(struct job *job)
{
    if (job->path_count == 0)
        return complain_usage_old(
            "nothing to seal was named; name files or folders, or - for standard "
            "input");
    for (size_t i = 0; i < job->path_count; i++)
        job->from_stdin |= strcmp(job->paths[i], "-") == 0;
    if (job->from_stdin && job->path_count > 1)
        return complain_usage_old("- (standard input) is sealed by itself, not with other files");
    if (job->from_stdin && plat_is_terminal(STDIN_FILENO))
        return complain_usage_old("standard input is a terminal; direct something to seal into it");
    return EXIT_ALL_DONE;
}

static bool is_dry_run(void)
{
    return options[OPT_DRY_RUN].count > 0;
}

/* On a stick that sealkey kit made, the key lies beside the program; and there goes what is sealed.
 */
static enum exit_code look_for_kit(struct job *job)
{
    struct buffer path = {0};
    struct plat_stat st;

    if (options[OPT_TO].count > 0 || is_dry_run())
        return EXIT_ALL_DONE;
    job->kit = plat_program_folder();
    if (job->kit != NULL && buffer_printf(&path, "%s/" KIT_RECIPIENT, job->kit) == SEAL_OK &&
        plat_stat_at(PLAT_CWD, (char *)path.data, true, &st) == 0 && st.type == PLAT_FILE) {
        job->kit_key = (char *)path.data;
        return EXIT_ALL_DONE;
    }
    buffer_free(&path);
    return complain_usage_old("--to is missing: the public key of who is to open it");
}

/* A stream is sealed without a record, and is read only once. */
static enum exit_code parse_for_stdin(void)
{
    static const enum option_number refused[] = {OPT_NOTE, OPT_NOTE_FILE, OPT_INFO,
                                                 OPT_LOCAL_OFFSET};

    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        if (options[refused[i]].count > 0)
            return complain_usage_old("--%s does not go with - (standard input), which is sealed "
                                      "without a record",
                                      options[refused[i]].name);
    if (is_dry_run())
        return complain_usage_old(
            "--dry-run does not go with - (standard input), which cannot be read "
            "twice");
    return EXIT_ALL_DONE;
}

static enum exit_code parse_record(struct job *job)
{
    enum exit_code code = job->from_stdin ? parse_for_stdin() : EXIT_ALL_DONE;

    for (size_t i = 0; i < options[OPT_INFO].count && code == EXIT_ALL_DONE; i++)
        code = labels_add_info(&job->labels, options[OPT_INFO].all[i]);
    if (code == EXIT_ALL_DONE && options[OPT_NOTE].count > 0)
        code = labels_add_note(&job->labels, options[OPT_NOTE].text);
    if (code == EXIT_ALL_DONE && options[OPT_NOTE_FILE].count > 0)
        code = labels_add_note_file(&job->labels, options[OPT_NOTE_FILE].text);
    return code;
}

static enum exit_code parse_job(struct job *job)
{
    enum exit_code code = parse_paths(job);

    if (code == EXIT_ALL_DONE)
        code = look_for_kit(job);
    if (code == EXIT_ALL_DONE)
        code = parse_padding(options[OPT_PAD].text, &job->padding);
    if (code == EXIT_ALL_DONE)
        code = parse_split(&job->split, &job->padding);
    if (code == EXIT_ALL_DONE)
        code = check_read_back();
    if (code == EXIT_ALL_DONE)
        code = parse_level(&job->level);
    if (code == EXIT_ALL_DONE)
        code = threads_parse(options[OPT_THREADS].text, &job->threads);
    if (code == EXIT_ALL_DONE)
        code = parse_record(job);
    if (code == EXIT_ALL_DONE && options[OPT_OUTPUT].text != NULL &&
        strcmp(options[OPT_OUTPUT].text, "-") == 0 && !is_dry_run() &&
        plat_is_terminal(STDOUT_FILENO))
        code = complain_usage_old(
            "standard output is a terminal, and a sealed file is no text; direct "
            "it into a file or a pipe");
    return code;
}

/* ---- Recipients --------------------------------------------------------------------------- */

static enum seal_status add_keys(struct job *job, const struct key_file *file, const char *name,
                                 struct fault *fault)
{
    size_t count = job->key_count + file->public_count;
    struct public_key *keys;

    if (file->public_count == 0)
        return fault_set(fault, REASON_KEY_NO_PUBLIC, name);
    if (count > RECIPIENTS_READ_MAX)
        return fault_set(fault, REASON_RECIPIENT_COUNT, NULL);
    keys = realloc(job->keys, count * sizeof *keys);
    if (keys == NULL)
        return fault_no_memory(fault);
    memcpy(keys + job->key_count, file->public_keys, file->public_count * sizeof *keys);
    job->keys = keys;
    job->key_count = count;
    return SEAL_OK;
}

/* Says to whom, so that the number can be compared; and whether the key may still be used. */
static enum seal_status check_key(const struct public_key *key, const char *name,
                                  struct fault *fault)
{
    char fingerprint[NUMBER_TEXT_SIZE(FINGERPRINT_GROUPS)];
    struct date last = date_from_days(key->expires);

    fingerprint_text(fingerprint, key->pkh);
    say_old("to %s  (%s)", fingerprint, shown(name));
    if (!key_is_expired(key->expires, date_today()))
        return SEAL_OK;
    if (options[OPT_ALLOW_EXPIRED].count == 0)
        return fault_set(fault, REASON_RECIPIENT_EXPIRED, name);
    warn_old("%s: the last day of this key was %04d-%02d-%02d; its owner asked not to use it any "
             "longer.",
             shown(name), last.year, last.month, last.day);
    return SEAL_OK;
}

static enum seal_status read_recipient(struct job *job, const char *name, struct fault *fault)
{
    size_t first = job->key_count;
    struct key_file file;
    enum seal_status status = key_file_read(&file, name, fault);

    if (status != SEAL_OK)
        return status;
    status = add_keys(job, &file, name, fault);
    if (status == SEAL_OK && file.marked_public)
        warn_old(
            "%s: this is an example, its secret key is public: anybody can open what is sealed to "
            "it.",
            shown(name));
    key_file_free(&file);
    for (size_t k = first; status == SEAL_OK && k < job->key_count; k++)
        status = check_key(&job->keys[k], name, fault);
    return status;
}

static enum seal_status read_recipients(struct job *job, struct fault *fault)
{
    if (job->kit_key != NULL)
        return read_recipient(job, job->kit_key, fault);
    for (size_t i = 0; i < options[OPT_TO].count; i++)
        if (read_recipient(job, options[OPT_TO].all[i], fault) != SEAL_OK)
            return fault->status;
    return SEAL_OK;
}

/* ---- What happens meanwhile --------------------------------------------------------------- */

static void show_remark(void *ctx, enum bag_remark kind, const char *path, const char *detail)
{
    static const char *const words[BAG_REMARK_KINDS] = {
        [BAG_MISSING] = "could not be read and is left out",
        [BAG_SKIPPED] = "is no file and is left out",
        [BAG_DAMAGED] = "could not be read in parts, where zeros stand now",
        [BAG_CHANGED] = "changed while it was read",
        [BAG_LINK] = "is a link; it is not followed, and where it points is recorded",
        [BAG_RENAMED] = "stands for a name that is not UTF-8; the record has both",
        [BAG_ODD_NAME] = "has a name that not every system can hold, show or tell from others",
    };

    struct job *job = ctx;

    path = path_as_known(path);
    if (options[OPT_VERBOSE].count == 0) {
        /* Where a link points may tell of the sender's own computer. */
        if (kind == BAG_LINK && detail[0] != '/')
            return;
        if ((kind == BAG_RENAMED || kind == BAG_ODD_NAME || kind == BAG_LINK) &&
            job->names_told++ >= NAMES_TOLD_MAX)
            return;
    }
    if (detail != NULL)
        warn_old("%s %s (%.200s%s).", shown(path), words[kind], detail,
                 strlen(detail) > 200 ? "..." : "");
    else
        warn_old("%s %s.", shown(path), words[kind]);
}

static void show_names_left_out(const struct job *job)
{
    if (job->names_told > NAMES_TOLD_MAX)
        warn_old("and %s more; the record has all.",
                 count_text(job->names_told - NAMES_TOLD_MAX, "such name"));
}

static void add_progress(void *ctx, uint64_t bytes)
{
    struct job *job = ctx;

    progress_add(&job->progress, bytes);
}

static void summarize(const struct job *job)
{
    const struct bag_totals *t = &job->totals;

    if (job->from_stdin)
        say_old("%s from standard input", size_text(t->bytes));
    else
        say_old("%s and %s, %s", count_text(t->files, "file"), count_text(t->folders, "folder"),
                size_text(t->bytes));
    if (options[OPT_VERBOSE].count > 0)
        return;
    if (t->remarks[BAG_LINK] > 0)
        say_old("%s recorded, not followed", count_text(t->remarks[BAG_LINK], "symbolic link"));
}

/* ---- Where to ----------------------------------------------------------------------------- */

/* Before the source is listed, so that it has nothing in it that goes away then. */
static enum seal_status choose_output(struct job *job, struct fault *fault)
{
    struct outputs *o = &job->outputs;

    o->keys = job->keys;
    o->key_count = job->key_count;
    o->random = &job->random;
    if (outputs_init(o,
                     options[OPT_OUTPUT].text != NULL ? options[OPT_OUTPUT].text
                     : job->kit_key != NULL           ? job->kit
                                                      : NULL,
                     fault) != SEAL_OK)
        return fault->status;
    if (job->split > 0 && !outputs_split(o, job->split))
        return fault_set(fault, REASON_SPLIT_NEEDS_FOLDER, o->path);
    o->read_back = options[OPT_VERIFY].count > 0      ? READ_BACK_ALWAYS
                   : options[OPT_NO_VERIFY].count > 0 ? READ_BACK_NEVER
                                                      : READ_BACK_REMOVABLE;
    o->asks = options[OPT_ASK_MEDIA].count > 0;
    if (o->asks && !plat_has_terminal())
        return fault_set(fault, REASON_ASK_MEDIA_NO_TERMINAL, NULL);
    outputs_clear_leftovers(o);
    return SEAL_OK;
}

static struct dry_run plan_of(const struct job *job)
{
    return (struct dry_run){.source = job->source,
                            .level = job->level,
                            .padding = job->padding,
                            .split = job->split,
                            .key_count = job->key_count,
                            .output = options[OPT_OUTPUT].text};
}

/* Where a file cannot grow as large as this one may, it becomes a set of volumes. */
static enum seal_status split_for_fat(struct job *job, struct fault *fault)
{
    struct outputs *o = &job->outputs;
    const struct dry_run plan = plan_of(job);
    uint64_t file_max, most = UINT64_MAX; /* of standard input nobody knows */

    if (job->split > 0 || !outputs_file_max(o, &file_max))
        return SEAL_OK;
    if (!job->from_stdin && dry_run_most(&plan, &most, fault) != SEAL_OK)
        return fault->status;
    if (most <= file_max || (job->from_stdin && o->path != NULL))
        return SEAL_OK;
    if (job->padding.rule == PAD_FIXED)
        return fault_set(fault, REASON_FAT_PAD, NULL);
    if (!outputs_split(o, SPLIT_FAT32))
        return fault_set(fault, REASON_FAT_SPLIT, o->path);
    job->split = SPLIT_FAT32;
    say_old("files on FAT end at 4 GiB: what becomes larger is cut into volumes");
    return SEAL_OK;
}

/* ---- Sealing ------------------------------------------------------------------------------ */

static enum seal_status seal_stdin(struct job *job, struct fault *fault)
{
    uint8_t *buf = malloc(STREAM_READ_LEN);
    enum seal_status status = SEAL_OK;
    struct sha256 hash;
    size_t got;

    if (buf == NULL)
        return fault_no_memory(fault);
    sha256_start(&hash);
    do {
        status = fd_read_full(STDIN_FILENO, buf, STREAM_READ_LEN, &got, fault);
        if (status != SEAL_OK) {
            fault_add_name(fault, NAME_STDIN);
            break;
        }
        sha256_add(&hash, buf, got);
        job->totals.bytes += got;
        status = content_write_data(job->archive, buf, got, fault);
        progress_add(&job->progress, got);
    } while (status == SEAL_OK && got > 0);
    sha256_end(&hash, job->digest);
    free(buf);
    return status;
}

static enum seal_status seal_bag(struct job *job, struct fault *fault)
{
    struct bag_info info = {.software = "seal " SEAL_VERSION,
                            .program_digest = program_digest(),
                            .bag_id = job->outputs.params.bundle_id,
                            .now = clock_now(),
                            .labels = job->labels.list,
                            .label_count = job->labels.count};

    if (options[OPT_LOCAL_OFFSET].count > 0) {
        info.has_utc_offset = plat_utc_offset(info.now.sec, &info.utc_offset);
        if (!info.has_utc_offset)
            warn_old("the system does not say how far its clock is from UTC; it is not recorded.");
    }
    return bag_source_write(job->source, job->archive, job->crew, &info, job->digest, fault);
}

static enum seal_status seal_content(struct job *job, struct fault *fault)
{
    enum seal_status status = job->from_stdin ? seal_stdin(job, fault) : seal_bag(job, fault);

    if (status == SEAL_OK)
        status = content_writer_finish(job->archive, fault);
    if (status == SEAL_OK)
        status = stream_writer_finish(job->stream, job->digest, &job->random, job->receipt, fault);
    job->sealed_len = stream_written(job->stream);
    if (job->source != NULL)
        bag_source_totals(job->source, &job->totals);
    return status;
}

static enum seal_status seal_all(struct job *job, struct fault *fault)
{
    enum content_type type = job->from_stdin ? CONTENT_STREAM : CONTENT_BAG;
    struct stream_out first;
    enum seal_status status = crew_new(&job->crew, job->threads, fault);

    if (status == SEAL_OK)
        status = outputs_start(&job->outputs, type, &first, fault);
    if (status == SEAL_OK)
        status = stream_writer_new(&job->stream, first.env, first.head, job->padding, job->crew,
                                   first.fd, fault);
    if (status == SEAL_OK && job->split > 0)
        stream_writer_split(job->stream, &job->outputs.split);
    if (status == SEAL_OK)
        status = content_writer_new(&job->archive, type, job->level, job->crew, job->stream, fault);
    if (status == SEAL_OK)
        status = seal_content(job, fault);
    content_writer_free(job->archive);
    stream_writer_free(job->stream);
    crew_free(job->crew);
    /* What is left without a name by now is the output. */
    if (status != SEAL_OK && status != SEAL_NO_ROOM)
        fault_add_name(fault, outputs_name(&job->outputs));
    return status;
}

static enum seal_status start_random(struct job *job, struct fault *fault)
{
    struct span hedge = {job->keys, job->key_count * sizeof *job->keys};

    if (random_start(&job->random, &hedge, 1) != SEAL_OK)
        return fault_set(fault, REASON_RANDOM, NULL);
    return SEAL_OK;
}

static enum seal_status list_source(struct job *job, struct fault *fault)
{
    struct bag_observer observer = {job, show_remark, add_progress};

    if (job->from_stdin)
        return SEAL_OK;
    if (bag_source_new(&job->source, job->paths, job->path_count, &observer, fault) != SEAL_OK)
        return fault->status;
    show_names_left_out(job);
    bag_source_totals(job->source, &job->totals);
    return SEAL_OK;
}

static enum seal_status run_dry(struct job *job, bool *fits, struct fault *fault)
{
    enum seal_status status = read_recipients(job, fault);
    struct dry_run plan;

    if (status == SEAL_OK)
        status = start_random(job, fault);
    if (status == SEAL_OK)
        status = list_source(job, fault);
    if (status != SEAL_OK)
        return status;
    plan = plan_of(job);
    return dry_run(&plan, &job->totals, fits, fault);
}

static enum seal_status run(struct job *job, struct fault *fault)
{
    enum seal_status status = read_recipients(job, fault);

    if (status == SEAL_OK)
        status = start_random(job, fault);
    if (status == SEAL_OK)
        status = choose_output(job, fault);
    if (status == SEAL_OK)
        status = list_source(job, fault);
    if (status == SEAL_OK)
        status = split_for_fat(job, fault);
    if (status != SEAL_OK)
        return status;
    progress_start(&job->progress, job->totals.bytes);
    status = seal_all(job, fault);
    progress_end(&job->progress);
    return status == SEAL_OK ? outputs_commit(&job->outputs, fault) : status;
}

/* The receipt goes where the sealed file does not. */
static void show_result(const struct job *job)
{
    const struct outputs *o = &job->outputs;
    bool is_beside = strcmp(o->files[0].path, "-") == 0;
    char receipt[NUMBER_TEXT_SIZE(RECEIPT_GROUPS)];

    if (is_beside)
        print_beside();
    number_text(receipt, job->receipt, RECEIPT_GROUPS);
    summarize(job);
    for (size_t i = 0; !is_beside && i < o->count; i++) {
        uint64_t before = i * job->split;
        bool is_last = i + 1 == o->count;

        print_data("sealed  %s  (%s)\n", shown(o->files[i].path),
                   size_text(is_last ? job->sealed_len - before : job->split));
    }
    if (o->count > 1)
        print_data("volumes %zu; all of them are needed to open it\n", o->count);
    if (o->was_in_memory)
        warn_old(
            "what was written was read back and is as it should be; but the system read it, at "
            "least in part, from memory and not from the medium.");
    else if (o->was_read_back)
        say_old("read back from the medium: all is as it was written");
    limits_foresee(job->totals.bytes, job->sealed_len);
    print_data("receipt %s\n", receipt);
    if (plat_owns_console_window())
        print_large(receipt);
}

static enum exit_code do_job(struct job *job, struct fault *fault)
{
    bool fits = true;

    if ((is_dry_run() ? run_dry(job, &fits, fault) : run(job, fault)) != SEAL_OK)
        return complain(fault);
    if (!is_dry_run())
        show_result(job);
    if (!fits)
        return EXIT_NOT_DONE;
    return bag_is_incomplete(&job->totals) ? EXIT_INCOMPLETE : EXIT_ALL_DONE;
}

int main(int argc, char **argv)
{
    struct job job = {.totals = {0}};
    struct fault fault = {.status = SEAL_OK};
    enum exit_code code;

    plat_process_setup();
    window_hold_at_end();
    plat_process_restrict(false);
    message_setup(program.name, false);
    options_parse(&program, argc, argv, &job.paths, &job.path_count);
    message_setup(program.name, options[OPT_QUIET].count > 0);
    code = parse_job(&job);
    if (code == EXIT_ALL_DONE)
        code = do_job(&job, &fault);
    labels_free(&job.labels);
    bag_source_free(job.source);
    outputs_end(&job.outputs);
    random_end(&job.random);
    free(job.kit);
    free(job.kit_key);
    free(job.keys);
    free(job.paths);
    options_free(&program);
    if (fault.status == SEAL_INTERRUPTED)
        plat_die_by_signal();
    return (int)finish_output(code);
}
