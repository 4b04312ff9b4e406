/*
 * custody: what the receiving side writes down about a drop, for people and for machines: the
 * custody record in text and JSON, and the log of all drops. Knows facts, not how they were found:
 * no keys, no bytes of the format.
 */
#ifndef SEAL_CUSTODY_H
#define SEAL_CUSTODY_H

#include "bag/bag.h"
#include "output/output.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/status.h"
#include "base/text.h"
#include "stream/stream.h"

/* ---- The facts ---------------------------------------------------------------------------- */

enum custody_verdict {
    VERDICT_ACCEPTED,   /* all there, all checked */
    VERDICT_INCOMPLETE, /* likewise; the sender recorded that something is missing */
    VERDICT_UNCHECKED,  /* the seal is good; what is inside was not looked into (CUSTODY_RAW) */
    VERDICT_NO_KEY,
    VERDICT_DAMAGED,
    VERDICT_HOSTILE, /* intact, but what is inside breaks the rules */
    VERDICT_NEWER,
    VERDICT_BROKE,    /* what reads the content was stopped, or crashed, on it */
    VERDICT_SALVAGED, /* damaged beyond repair; what is authentic of it came out */
    VERDICT_COUNT
};

/* "accepted", "incomplete", "not-unpacked", "no-key", "damaged", "breaks-rules", "newer",
 * "broke-reader", "salvaged": for the log and JSON. */
const char *custody_verdict_word(enum custody_verdict verdict);

/* The headers of a sealed file. With repair data there are two, and one is enough. */
enum custody_heads {
    CUSTODY_HEADS_UNKNOWN,  /* or there is only one */
    CUSTODY_HEADS_RIGHT,    /* both are */
    CUSTODY_FIRST_BAD,      /* the second opened it */
    CUSTODY_SECOND_NO_SLOT, /* the first opened it; the second is damaged, or made for others */
    CUSTODY_SECOND_KEY,     /* ...says another file key, or other parameters */
    CUSTODY_SECOND_ALTERED, /* ...is damaged, or missing */
    CUSTODY_SECOND_CONTENT, /* ...says another length, or another first header */
    CUSTODY_HEADS_COUNT
};

/* A sealed file as it was received. */
struct custody_file {
    const char *name; /* as given; "-" is standard input */
    uint64_t size;
    bool has_mtime;
    struct timestamp mtime;
    bool has_sha256; /* all of it was read: */
    uint8_t sha256[SHA256_LEN];
    enum custody_heads heads;
    bool by_set; /* a volume that no key opened, but another volume of its set */
    /* What was mended with its repair data: */
    const struct mended_range *mended;
    size_t mended_count;
    bool mended_is_cut;  /* there were more than are listed */
    uint64_t unreadable; /* blocks that could not be read: they are zeros in the digest */
};

/* Whether a drop like it was received before: what says more comes first. */
enum custody_double {
    NOT_SEEN,
    SEEN_FILE,    /* the very same bytes */
    SEEN_HEAD,    /* the same sealed file by its commitment, but other bytes */
    SEEN_BAG,     /* the same bag, in another sealed file */
    SEEN_CONTENT, /* a stream of the same bytes, in another sealed file */
    SEEN_NUMBER,  /* the same bag id, which its sender chose; D is another, or not known */
    SEEN_COUNT
};

/* ---- What was salvaged ---- */

enum custody_salvaged {
    SALVAGED_WHOLE,      /* a file of which all is there, and has the digest that the record has */
    SALVAGED_UNVERIFIED, /* all is there, but the record, which has its digest, is lost */
    SALVAGED_FOUND,      /* likewise; and its header was looked for, and may be part of evidence */
    SALVAGED_DIFFERS, /* all is there, and the record, which is there, has another digest or none */
    SALVAGED_PART,    /* parts of it are there */
    SALVAGED_NAME,    /* only the record has it */
    SALVAGED_STATES
};

/* For machines. */
const char *custody_salvaged_word(enum custody_salvaged state);

#define CUSTODY_SIZE_UNKNOWN UINT64_MAX
#define CUSTODY_RANGES_MAX 32

struct custody_range {
    uint64_t off, len;
};

/* A file, or all of a stream. */
struct custody_piece {
    enum custody_salvaged state;
    const char *path; /* on disk, in whole/ or parts/; of a name alone, as sealed */
    uint64_t size;    /* as sealed; maybe CUSTODY_SIZE_UNKNOWN */
    uint64_t there;   /* bytes */
    struct custody_range lost[CUSTODY_RANGES_MAX];
    size_t lost_count;
    bool lost_is_cut; /* there are more */
    bool is_guess;    /* its header was looked for, and may be part of evidence */
};

struct custody_salvage_counts {
    uint64_t files[SALVAGED_STATES];
    uint64_t whole_bytes;         /* of files of which all is there */
    uint64_t part_bytes;          /* of others, as far as they are there */
    uint64_t unnamed_bytes;       /* that belong to no file that is known */
    uint64_t blocks, lost_blocks; /* of the sealed file, with data */
    uint64_t missing_volumes;     /* in front of the last one that is there */
    bool has_more_volumes;        /* and behind it */
    bool has_tables;              /* it is known where each file was */
    bool has_record;              /* the digests of files are there */
    bool record_is_bad;           /* it is there, and breaks the rules */
    bool gave_up;                 /* looking for more took too long */
};

/* Pieces of each state that are kept. */
#define CUSTODY_PIECES_MAX 1000

struct custody_salvage {
    struct custody_salvage_counts counts;
    struct custody_piece *pieces; /* in the order in which they were found */
    size_t piece_count;
    bool is_cut; /* there were more than CUSTODY_PIECES_MAX of a state */
};

enum custody_step { STEP_UNSEALED, STEP_VERIFIED };
enum custody_content { CUSTODY_BAG, CUSTODY_STREAM, CUSTODY_RAW };

/* All text may hold any bytes, but NUL; what is NULL is not known or not given. */
struct custody {
    enum custody_step step;
    struct timestamp opened;       /* by this machine's clock */
    const char *program;           /* "unseal 0.1.0" */
    const uint8_t *program_sha256; /* of the running program, or NULL */
    const char *operator_name, *case_name;
    const struct custody_file *files;
    size_t file_count;
    size_t number; /* 2, 3, ...: of the record, since another of the run has its name */
    uint64_t keys_tried;
    bool slots_differ; /* slots that the keys open contradict each other */

    enum custody_verdict verdict;
    const struct fault *refusal; /* what was found, with a verdict that refuses */

    bool was_opened; /* a key opened it: what follows is known, as far as the verdict goes */
    char fingerprint[NUMBER_TEXT_SIZE(FINGERPRINT_GROUPS)];
    int format_version;
    uint8_t commitment[32];
    uint8_t bag_id[16];
    enum custody_content content;

    const struct custody_salvage *salvage; /* VERDICT_SALVAGED; else NULL */

    bool was_checked; /* nothing was refused: what follows is known */
    char receipt[NUMBER_TEXT_SIZE(RECEIPT_GROUPS)];
    uint8_t digest[SHA256_LEN];      /* D; with CUSTODY_RAW the sender's word, not compared */
    uint8_t disk_digest[SHA256_LEN]; /* CUSTODY_BAG: of the tagmanifest beside data/ in output */
    const char *output;              /* path of the bag or file made; NULL if none */
    bool output_is_read_only;
    uint64_t times[BAG_TIME_KINDS]; /* items by how their times are there */
    struct bag_totals totals;       /* CUSTODY_BAG; CUSTODY_STREAM: bytes alone */
    const char *bag_info;           /* text of bag-info.txt */
    bool info_is_cut;               /* it has more than could be held */
    /* Comment lines of metadata.mtree, each "# WORD ./PATH DETAIL\n", with
     * "# spelled ./ON-DISK ./AS-SEALED\n" for names spelled differently here. */
    const char *remarks;
    bool remarks_are_cut; /* there were more than could be held; metadata.mtree has all */

    uint64_t spelled; /* names spelled differently on disk: there is as-sealed/ */

    enum custody_double seen; /* by the log */
    const char *first_seen;   /* then the time of the first, else NULL */
};

/* What a record is called: its bag or file, and one of these. */
#define CUSTODY_TEXT_ENDING ".custody.txt"
#define CUSTODY_JSON_ENDING ".custody.json"

/* ---- The record --------------------------------------------------------------------------- */

/* Appends the record for people, in English: UTF-8, LF, at most 79 columns where names allow it;
 * nothing in it can change what a terminal shows. A NUL stands behind it that is not counted. */
MUST_USE enum seal_status custody_text(struct buffer *out, const struct custody *c);
/* The same facts as one JSON object (RFC 8259), in ASCII: exact, whatever names hold; bytes that
 * are no UTF-8 are escaped as in text. */
MUST_USE enum seal_status custody_json(struct buffer *out, const struct custody *c);

/* What a later check compares with. */
struct custody_known {
    uint8_t digest[SHA256_LEN];      /* D */
    bool has_disk_digest;            /* it is on record which lists the bag has on disk: */
    uint8_t disk_digest[SHA256_LEN]; /* the SHA-256 of the tagmanifest beside data/ */
    char opened[TIME_TEXT_SIZE];
    char receipt[NUMBER_TEXT_SIZE(RECEIPT_GROUPS)];
};

/* Whether the texts are of the characters that such texts have: they may be shown. */
bool custody_known_is_clean(const struct custody_known *known);

/* The member "schema" of each. */
#define CUSTODY_SCHEMA "seal-custody-1"
/* No record of ours is larger, in bytes. */
#define CUSTODY_JSON_MAX ((size_t)16 * 1024 * 1024)

/* Reads a record that custody_json made, from its text. Anybody may have changed it meanwhile, so
 * unseal calls this in its worker. False: it is none, has no D, or has more values than any of
 * ours.
 */
bool custody_json_read(struct custody_known *out, const char *text, size_t len);

/* One item of a listing as a JSON object in ASCII on one line, without a line end, appended; a NUL
 * stands behind it. type is "file", "dir" or "link"; sha256 NULL and target NULL where there is
 * none. */
MUST_USE enum seal_status custody_item_json(struct buffer *out, const char *path, const char *type,
                                            uint64_t size, struct timestamp mtime,
                                            const uint8_t *sha256, const char *target);

/* The same as a line of CSV (RFC 4180, but with LF alone for its end), with the line end: text is
 * escaped as by text_escape_cell, what is not there is empty. The first line is to be
 * CUSTODY_CSV_HEAD. */
#define CUSTODY_CSV_HEAD "type,size,mtime,sha256,path,target\n"
MUST_USE enum seal_status custody_item_csv(struct buffer *out, const char *path, const char *type,
                                           uint64_t size, struct timestamp mtime,
                                           const uint8_t *sha256, const char *target);

/* ---- The log ------------------------------------------------------------------------------ */

/* A plain text file, a line a drop, that only grows. Locked from opening to closing, so that of two
 * programs at once one waits. */
struct custody_log;

/* Opens or makes it (for its owner alone) and waits for the lock; waits is called if another
 * program has it for longer than a second. SEAL_IO, SEAL_INTERRUPTED; SEAL_USAGE: it is no log of
 * drops. */
MUST_USE enum seal_status custody_log_open(struct custody_log **out, const char *path,
                                           void (*waits)(void *ctx), void *ctx,
                                           struct fault *fault);

/* Whether other users can write to it: they may add lines, and take some away. */
bool custody_log_is_exposed(const struct custody_log *log);

/* Looks for the drop among all lines whose verdict was none of refusal. The first of those that
 * match best counts: seen is how it matches, when gets its time. */
MUST_USE enum seal_status custody_log_find(struct custody_log *log, const struct custody *c,
                                           enum custody_double *seen,
                                           char when[static TIME_TEXT_SIZE], struct fault *fault);
/* The same among lines of drops that were unsealed: not of those that were only checked, or not
 * unpacked. Only commitment and files of c are compared. */
MUST_USE enum seal_status custody_log_find_unsealed(struct custody_log *log,
                                                    const struct custody *c,
                                                    enum custody_double *seen,
                                                    char when[static TIME_TEXT_SIZE],
                                                    struct fault *fault);
/* odd: how many lines are not as custody_log_add writes them, so that they cannot be compared in
 * full. last gets the time of the last line of a drop, "" if there is none. */
MUST_USE enum seal_status custody_log_survey(struct custody_log *log, uint64_t *odd,
                                             char last[static TIME_TEXT_SIZE], struct fault *fault);
/* Appends a line for the drop, and waits until it is on the medium. If that fails, the log is as it
 * was before. */
MUST_USE enum seal_status custody_log_add(struct custody_log *log, const struct custody *c,
                                          struct fault *fault);
void custody_log_close(struct custody_log *log);

#endif
