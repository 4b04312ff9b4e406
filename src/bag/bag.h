/*
 * bag: the formats of the record that is sealed with the evidence (format section 5): manifests and
 * bag-info.txt as in BagIt (RFC 8493), the listing metadata.mtree, and how a name is written in
 * them and on a disk that cannot hold it. Knows nothing of where a bag comes from or goes to:
 * bag/collect makes one, bag/check checks one while it streams by, bag/recheck one on disk.
 */
#ifndef SEAL_BAG_H
#define SEAL_BAG_H

#include "base/bytes.h"
#include "base/clock.h"
#include "base/status.h"

/* ---- What is in a bag --------------------------------------------------------------------- */

/* What the record notes besides files and folders. Missing, skipped, damaged and changed mean that
 * something of the source is not in the bag as it was. */
enum bag_remark {
    BAG_MISSING,  /* could not be read at all; not in the bag */
    BAG_SKIPPED,  /* a special file; not in the bag */
    BAG_DAMAGED,  /* parts could not be read; zeros stand there */
    BAG_CHANGED,  /* it changed while it was read */
    BAG_LINK,     /* a symbolic link: recorded with its target, not followed */
    BAG_RENAMED,  /* the name is not UTF-8; another spelling stands for it */
    BAG_ODD_NAME, /* a name that not every system can hold or show; it is in the bag as it is */
    BAG_ROUNDED,  /* a time that a tar cannot hold; the one before it that it can stands there */
    BAG_UNKEPT /* it has what a bag cannot hold: extended attributes, holes; its content is there */
};

#define BAG_REMARK_KINDS 9

/* How much of what the sender wrote is kept for people, in bytes: of bag-info.txt, and of comment
 * lines of the listing. The files have all of it. A drop of a few KiB could fill a disk with
 * records, since this compresses well. */
#define BAG_INFO_KEPT_MAX ((size_t)512 * 1024)
#define BAG_REMARKS_KEPT_MAX ((size_t)1024 * 1024)
#define BAG_LINES_KEPT_MAX 20000 /* of each; likewise of "# spelled" */

struct bag_totals {
    uint64_t files, folders;
    uint64_t bytes;       /* of all files */
    uint64_t unread;      /* files of which zeros stand for every byte; while sealing only */
    uint64_t coded_names; /* files whose name a manifest cannot hold as it is (RFC 8493) */
    uint64_t remarks[BAG_REMARK_KINDS];
};

/* How the time of an item on disk is to the one that was sealed. */
enum bag_time_kind {
    BAG_TIME_SAME,    /* as far as this system has times at all (PLAT_TIME_UNIT) */
    BAG_TIME_ROUNDED, /* rounded to the steps of a file system: 2 s, 1 s, 10 ms, 100 ns */
    BAG_TIME_SHIFTED, /* whole hours away: a medium that keeps the time of a place (FAT) */
    BAG_TIME_OTHER
};

#define BAG_TIME_KINDS 4

enum bag_time_kind bag_time_compare(struct timestamp was, struct timestamp is);

/* Whether the record has a remark of something missing, skipped, damaged or changed: exit code 3.
 */
bool bag_is_incomplete(const struct bag_totals *totals);

/* The path that the sender knows, without the data/ before it; NULL if path is not in data/. */
const char *bag_payload_name(const char *path);

/* The folder of an unpacked bag that holds the record as it was sealed. It is there where names on
 * disk differ from those that were sealed: manifest and listing beside data/ then have the names on
 * disk, and the listing has a comment line "# spelled" for each that differs. */
#define BAG_AS_SEALED_DIR "as-sealed"

/* ---- bag-info.txt ------------------------------------------------------------------------- */

/* One line of bag-info.txt (RFC 8493, 2.2.2) that the sender gave. */
struct bag_label {
    const char *key, *value;
};

/* What is wrong with a label: the keys that seal writes itself are refused, and a value that is not
 * a single line of printable UTF-8. */
enum bag_label_fault {
    BAG_LABEL_GOOD = 0,
    BAG_LABEL_EMPTY,     /* the key is */
    BAG_LABEL_CHARACTER, /* the key holds something other than printable ASCII, or a colon */
    BAG_LABEL_BLANK,     /* the key begins or ends with one */
    BAG_LABEL_RESERVED,  /* seal writes this label itself */
    BAG_VALUE_NOT_UTF8,
    BAG_VALUE_CONTROL /* the value holds a control character, or more than one line */
};

enum bag_label_fault bag_label_check(const struct bag_label *label);

/* What bag-info.txt says beside what the bag itself tells. */
struct bag_info {
    const char *software;          /* "seal 0.1.0" */
    const uint8_t *program_digest; /* SHA-256 of the running program; NULL: not known */
    const uint8_t *bag_id;         /* the 16 bytes of params.bundle_id */
    struct timestamp now;          /* Bagging-Date, and the time of tag files */
    bool has_utc_offset;           /* false: the time zone, which hints at a place, is left out */
    int utc_offset;                /* minutes east */
    const struct bag_label *labels;
    size_t label_count;
};

/* ---- Names that not every system can hold or show ----------------------------------------- */

/* What is odd about one part of a path, as bits; 0: nothing. */
#define NAME_UNSHOWABLE 1 /* a control, bidirectional or invisible character */
#define NAME_RESERVED                                                                           \
    2 /* Windows cannot hold it, or has it for another: CON and the like, a final dot or blank, \
         <>:"|?*\, LONGNA~1.TXT */

#define NAME_BLANK_END 4
#define NAME_GAP 8 /* NAME_GAP_LEN blanks in a row: what follows is out of sight */
#define NAME_GAP_LEN 4
#define NAME_LONG 16 /* over NAME_LEN_MAX; bag_name_oddities does not look for it */

/* Bytes of a name that most file systems take. */
#define NAME_LEN_MAX 255

unsigned int bag_name_oddities(const char *name, size_t len);
/* Appends a form of the name that is the same for all names that some system takes for one: letter
 * case, Unicode normalization and invisible characters make no difference to it. */
MUST_USE enum seal_status bag_name_fold(struct buffer *out, const char *name, size_t len);
/* Appends a spelling of the name that every system can hold and show and that a manifest need not
 * code, then a NUL that the length does not count. Odd bytes, % and braces are written as
 * hexadecimal digits between braces: {3A} for a colon, {3Ax9} for nine. So are the first
 * coded_count characters, odd or not: this tells the name from another one. Decoding the braces
 * gives the name back. */
MUST_USE enum seal_status bag_name_spell(struct buffer *out, const char *name, size_t len,
                                         size_t coded_count);
/* Whether the path on_disk is, part by part, a spelling of the path as_sealed by bag_name_spell, or
 * the same. A part whose characters are all coded may end with any number of {00}, by which
 * bag_spelling tells it from others. */
bool bag_path_is_spelling(const char *on_disk, const char *as_sealed);

/* ---- Names as they are spelled on disk ---------------------------------------------------- */

/* Gives each path of a bag a spelling that every system can hold and show, and that differs from
 * all others in more than letter case and normalization. Most paths are left as they are. */
struct bag_spelling;

MUST_USE enum seal_status bag_spelling_new(struct bag_spelling **out, struct fault *fault);
/* SEAL_TOO_MUCH: too many names differ only in what some systems do not tell apart. Settles the
 * spelling of the path of an entry, and of the folders above it. The first known_len
 * bytes of the path are a folder whose spelling is settled already; bag_place (bag/check) tells. */
MUST_USE enum seal_status bag_spelling_add(struct bag_spelling *s, const char *path,
                                           size_t path_len, size_t known_len, struct fault *fault);
/* Paths added from now on only stand in the listing and are not made on disk, so their spellings
 * may be longer than a file system takes. */
void bag_spelling_no_limit(struct bag_spelling *s);
/* The spelling of a path that was added, or lies in a folder that was: valid until the next call
 * of bag_spelling_of or bag_spelling_line. NULL for want of memory. */
const char *bag_spelling_of(struct bag_spelling *s, const char *path, size_t path_len);
/* How many parts of paths are spelled differently. */
uint64_t bag_spelling_count(const struct bag_spelling *s);
/* Appends a comment line "# spelled ./<on disk> ./<as sealed>" if the path is spelled differently
 * itself, or if a folder above it is that has no entry (and so no line) of its own. */
MUST_USE enum seal_status bag_spelling_line(struct bag_spelling *s, const char *path,
                                            size_t path_len, struct buffer *out);
void bag_spelling_free(struct bag_spelling *s);

#endif
