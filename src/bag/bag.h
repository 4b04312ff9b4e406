/*
 * bag: what is sealed and the record of it. Walks the source, writes a BagIt bag with manifest and
 * metadata.mtree (format section 5), and checks one on the way out. Knows nothing of encryption or
 * compression.
 */
#ifndef SEAL_BAG_H
#define SEAL_BAG_H

#include "archive/archive.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/status.h"

/* What the record notes beside files and folders. All but links and names mean that something is
 * missing. */
enum bag_remark {
    BAG_MISSING, /* could not be read at all; not in the bag */
    BAG_SKIPPED, /* a special file; not in the bag */
    BAG_DAMAGED, /* parts could not be read; zeros stand there */
    BAG_CHANGED, /* it changed while it was read */
    BAG_LINK,    /* a symbolic link: recorded with its target, not followed */
    BAG_RENAMED, /* the name is not UTF-8; another spelling stands for it */
    BAG_ODD_NAME /* a name that not every system can hold or show; it is in the bag as it is */
};

#define BAG_REMARK_KINDS 7

struct bag_totals {
    uint64_t files, folders;
    uint64_t bytes;       /* of all files */
    uint64_t coded_names; /* files whose name a manifest cannot hold as it is (RFC 8493) */
    uint64_t remarks[BAG_REMARK_KINDS];
};

/* Whether something is missing and was recorded (exit code 3). */
bool bag_is_incomplete(const struct bag_totals *totals);

/* Who is told what happens meanwhile. Both functions may be NULL. */
struct bag_observer {
    void *ctx;
    /* path: in the bag; detail: a few words, the target of a link, or NULL. */
    void (*remark)(void *ctx, enum bag_remark kind, const char *path, const char *detail);
    /* that many bytes of files were dealt with */
    void (*progress)(void *ctx, uint64_t bytes);
};

/* What its sender knows as a path: without data/ before it. NULL: it is not in data/. */
const char *bag_payload_name(const char *path);

/* ---- Names that not every system can hold or show ----------------------------------------- */

/* What is odd about one part of a path, as bits; 0: nothing. */
#define NAME_UNSHOWABLE 1 /* a control, bidirectional or line-separating character */
#define NAME_RESERVED \
    2 /* Windows cannot hold it: CON and the like, a final dot or blank, <>:"|?*\ */

unsigned int bag_name_oddities(const char *name, size_t len);
/* Appends a form of it that is the same for all names that some system takes for one: letter case,
 * normalization and invisible characters are gone. */
MUST_USE enum seal_status bag_name_fold(struct buffer *out, const char *name, size_t len);
/* Appends a spelling that every system can hold and show, and BagIt need not code, with a NUL
 * behind it that is not counted: bytes of what is odd, of % and of braces in hexadecimal between
 * braces, as {3A} for a colon. more: so many characters from the begin of the name on are written
 * so too, to tell it from another name. Undone by decoding what stands between braces. */
MUST_USE enum seal_status bag_name_spell(struct buffer *out, const char *name, size_t len,
                                         size_t more);

/* ---- Sealing ------------------------------------------------------------------------------ */

/* The list of what will be sealed: 72 bytes and the path for each item. */
struct bag_source;

/* Lists everything under the paths given. Each appears as data/<its last part>; the contents of
 * one that ends in . or .. (or is /) appear in data/ itself. Reads no file and follows no link,
 * but one that is given with a final slash. What cannot be listed becomes a remark.
 * SEAL_IO: a path given is not there. SEAL_USAGE: two would have the same name; a path given is a
 * link or a special file. */
MUST_USE enum seal_status bag_source_new(struct bag_source **out, const char *const *paths,
                                         size_t path_count, const struct bag_observer *observer,
                                         struct fault *fault);
void bag_source_totals(const struct bag_source *source, struct bag_totals *totals);

/* One line of bag-info.txt (RFC 8493, 2.2.2) that the sender gave. */
struct bag_label {
    const char *key, *value;
};

/* What is wrong with it, as a clause for the user; NULL: nothing. Keys that seal writes itself are
 * refused, and so is what is no single line of printable UTF-8. */
const char *bag_label_fault(const struct bag_label *label);

/* What bag-info.txt says beside what the bag itself tells. */
struct bag_info {
    const char *software;          /* "seal 0.1.0" */
    const uint8_t *program_digest; /* SHA-256 of the running program; NULL: not known */
    const uint8_t *bag_id;         /* the 16 bytes of params.bundle_id */
    struct timestamp now;          /* Bagging-Date, and the time of tag files */
    bool has_utc_offset;           /* else no place on earth is hinted at */
    int utc_offset;                /* minutes east */
    const struct bag_label *labels;
    size_t label_count;
};

/* Reads and writes it all, and the record behind it. crew, which may be NULL, is whose threads read
 * small files ahead. digest gets D. Totals are final afterwards. */
MUST_USE enum seal_status bag_source_write(struct bag_source *source, struct content_writer *to,
                                           struct crew *crew, const struct bag_info *info,
                                           uint8_t digest[static SHA256_LEN], struct fault *fault);
void bag_source_free(struct bag_source *source);

/* ---- Looking without sealing -------------------------------------------------------------- */

/* What sealing would come to. */
struct bag_survey {
    uint64_t around; /* at most so many bytes besides the files: tar, manifests, listing */
    uint64_t entries;
};

/* Opens each file as sealing would, and reads none: what cannot be opened becomes a remark. each is
 * told of all others; path: in the bag. Totals are afterwards those that sealing would have. each
 * NULL: none is opened, and they count as they were listed. */
MUST_USE enum seal_status bag_source_survey(struct bag_source *source, struct bag_survey *survey,
                                            void (*each)(void *ctx, const char *path,
                                                         uint64_t size),
                                            void *ctx, struct fault *fault);
/* Bytes from that place on of all files, joined in their order: how many, at most len; fewer at
 * the end and where they cannot be read. */
size_t bag_source_sample(struct bag_source *source, uint64_t off, void *buf, size_t len);

/* ---- Unsealing ---------------------------------------------------------------------------- */

/* Checks a bag while it streams by: every rule of section 6 about tar entries against each other,
 * manifests and listing. All failures are SEAL_HOSTILE or SEAL_NO_MEMORY. */
struct bag_check;

/* The whole bag; or only its tag files, against each other: then the payload is what they say. */
enum bag_scope { BAG_WHOLE, BAG_RECORD_ALONE };

MUST_USE enum seal_status bag_check_new(struct bag_check **out, enum bag_scope scope,
                                        struct fault *fault);
/* Where an entry stands among those before it. */
struct bag_place {
    size_t known_len; /* so many bytes of its path are a folder that was met or implied before; of
                         the folders between there and the entry none was */
    bool is_known;    /* so is the entry itself, a folder */
};

/* An entry begins. place may be NULL. */
MUST_USE enum seal_status bag_check_entry(struct bag_check *c, const struct tar_entry *entry,
                                          struct bag_place *place, struct fault *fault);
/* All of its data, in order. */
MUST_USE enum seal_status bag_check_data(struct bag_check *c, const void *data, size_t len,
                                         struct fault *fault);
MUST_USE enum seal_status bag_check_entry_end(struct bag_check *c, struct fault *fault);
/* In place of both, for a file of the payload, if they say its digest before any tag file begins:
 * the number of the file that is at hand, and then its digest. */
size_t bag_check_item(const struct bag_check *c);
void bag_check_set_digest(struct bag_check *c, size_t item,
                          const uint8_t digest[static SHA256_LEN]);
/* After the last entry: everything listed is there and everything there is listed; digest gets
 * the D of what was read, which the caller compares with the trailer's. */
MUST_USE enum seal_status bag_check_end(struct bag_check *c, uint8_t digest[static SHA256_LEN],
                                        struct fault *fault);
void bag_check_totals(const struct bag_check *c, struct bag_totals *totals);
/* What the record says of files and names beside the listing: a comment line of metadata.mtree
 * each, links left out. *are_cut: there is more, beyond 16 MiB. */
const char *bag_check_remarks(const struct bag_check *c, bool *are_cut);
/* bag-info.txt, with LF at the end of each line; cut after 2 MiB. */
const char *bag_check_info(const struct bag_check *c);

struct bag_item {
    const char *path;
    enum { BAG_FILE, BAG_FOLDER, BAG_SYMLINK } type;
    uint64_t size;
    struct timestamp mtime;
    const uint8_t *digest; /* BAG_FILE */
    const char *target;    /* BAG_SYMLINK */
    uint64_t entry;        /* its number in the archive, if that is in the order it should be in;
                              links have none */
};

/* After bag_check_end: all there is, in the order of the archive, with links between. Calls each
 * until it returns other than SEAL_OK, which is then returned. */
enum seal_status bag_check_each_item(const struct bag_check *c,
                                     enum seal_status (*each)(void *ctx,
                                                              const struct bag_item *item,
                                                              struct fault *fault),
                                     void *ctx, struct fault *fault);
/* All folders, and those of deep trees from the top down; mtime is NULL for one without an entry of
 * its own. As above. */
enum seal_status bag_check_each_folder(const struct bag_check *c,
                                       enum seal_status (*each)(void *ctx, const char *path,
                                                                const struct timestamp *mtime,
                                                                struct fault *fault),
                                       void *ctx, struct fault *fault);
void bag_check_free(struct bag_check *c);

/* ---- Names as they are spelled on disk ---------------------------------------------------- */

/* Gives each path of a bag one that every system can hold and show, and that differs from all
 * others in more than letter case and normalization. Most are left as they are. */
struct bag_spelling;

MUST_USE enum seal_status bag_spelling_new(struct bag_spelling **out, struct fault *fault);
/* Settles the spelling of the path of an entry, and of the folders above it; of these the first
 * known_len bytes are settled (bag_place). */
MUST_USE enum seal_status bag_spelling_add(struct bag_spelling *s, const char *path,
                                           size_t path_len, size_t known_len, struct fault *fault);
/* What is settled from now on is only listed: a spelling may have any length. */
void bag_spelling_no_limit(struct bag_spelling *s);
/* The spelling of a path that was settled, or lies in a folder that was: valid until the next call
 * of either function. NULL for want of memory. */
const char *bag_spelling_of(struct bag_spelling *s, const char *path, size_t path_len);
/* How many parts of paths are spelled differently. */
uint64_t bag_spelling_count(const struct bag_spelling *s);
/* Appends a comment line "# spelled ./<on disk> ./<as sealed>" for an entry that is spelled
 * differently itself, or for lack of an entry for a folder above it that is; for others nothing. */
MUST_USE enum seal_status bag_spelling_line(struct bag_spelling *s, const char *path,
                                            size_t path_len, struct buffer *out);
void bag_spelling_free(struct bag_spelling *s);

/* Where the record as it was sealed stands in a bag with such names. Manifest and listing beside
 * data/ then have the names that are on disk, and the listing those comment lines. */
#define BAG_AS_SEALED_DIR "as-sealed"

/* Links, which are only listed, get spellings after all else, so that none has that of another
 * path. After bag_check_end, where there are other spellings at all. */
MUST_USE enum seal_status bag_check_settle_links(struct bag_check *c, struct bag_spelling *s,
                                                 struct fault *fault);
/* How many files have a name on disk that manifests code. */
uint64_t bag_check_coded(const struct bag_check *c, struct bag_spelling *s);
/* Appends the lines for all entries, in their order; *are_cut: some are left out, beyond limit
 * bytes.
 */
MUST_USE enum seal_status bag_check_spelled(const struct bag_check *c, struct bag_spelling *s,
                                            size_t limit, struct buffer *out, bool *are_cut,
                                            struct fault *fault);
/* Hands manifest-sha256.txt, metadata.mtree and tagmanifest-sha256.txt for the names on disk to the
 * sinks, after bag_check_end. Sinks are called in this order. */
MUST_USE enum seal_status bag_check_respell(const struct bag_check *c, struct bag_spelling *s,
                                            const struct sink *manifest, const struct sink *listing,
                                            const struct sink *tagmanifest, struct fault *fault);

/* ---- A bag on disk, checked again --------------------------------------------------------- */

enum bag_change {
    BAG_GONE,       /* the record lists it, and it is not there */
    BAG_ALTERED,    /* its bytes are others now */
    BAG_ADDED,      /* it is there, and the record does not list it */
    BAG_RETIMED,    /* its time is another (only where there is a metadata.mtree) */
    BAG_UNREADABLE, /* it could not be read, so nothing is known */
    BAG_RECORD_OFF, /* a file of the record contradicts another, or is malformed */
    BAG_CHANGE_KINDS
};

/* What checking came to. */
struct bag_recheck {
    uint64_t files, bytes; /* that were read and compared */
    uint64_t changes[BAG_CHANGE_KINDS];
    bool has_listing;           /* metadata.mtree: times were compared too */
    bool has_digest;            /* there is a tagmanifest-sha256.txt: */
    uint8_t digest[SHA256_LEN]; /* D, its SHA-256; that of as-sealed/ where there is one */
    bool has_unread_digest;     /* there is one, and it could not be read */
    char algorithms[64];        /* of the manifests, "sha256" or "md5, sha512" */
};

struct bag_recheck_observer {
    void *ctx;
    /* path: in the bag; detail: a few words, or NULL. */
    void (*change)(void *ctx, enum bag_change kind, const char *path, const char *detail);
    /* What is worth saying, and no change. */
    void (*note)(void *ctx, const char *path, const char *what);
    void (*progress)(void *ctx, uint64_t bytes); /* of files read */
};

/* Checks any BagIt bag, of version 0.93 to 1.0: every manifest that is there (md5, sha1, sha224,
 * sha256, sha384, sha512), completeness, Payload-Oxum, and metadata.mtree and as-sealed/ where they
 * are; in a bag of ours, also that nothing is beside data/ but what it lists. dirfd is the open
 * bag, name what the user called it. Writes nothing. SEAL_OK: it was checked, and what differs was
 * told; SEAL_USAGE: it is no bag; SEAL_IO, SEAL_NO_MEMORY. */
MUST_USE enum seal_status bag_recheck(struct bag_recheck *result, int dirfd, const char *name,
                                      const struct bag_recheck_observer *observer,
                                      struct fault *fault);

#endif
