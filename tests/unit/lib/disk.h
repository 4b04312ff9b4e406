/*
 * disk: bags on disk, written by hand into the folder "bag" of the scratch folder, and checked
 * again; what the check told is kept. What cannot fail in a sound test aborts.
 */
#ifndef SEAL_DISK_H
#define SEAL_DISK_H

#include "bag/mtree.h"
#include "bag/manifest.h"
#include "bag/recheck/digests.h"
#include "bag/bag_layout.h"
#include "bag/recheck/recheck.h"

/* ---- What was told ---- */

/* One line a change: "WORD PATH" or "WORD PATH: DETAIL", the detail as in details.def, and behind
 * it the fields that it has. A note is "note NUMBER PATH". */
struct told {
    struct buffer text;
    size_t count;
    uint64_t progress;
    struct bag_recheck result;
    struct fault fault;
    enum seal_status status;
};

extern struct told disk_told;

/* Checks the bag of that name again; what it told is in disk_told until the next call. */
enum seal_status disk_recheck(const char *bag);
const char *disk_told_text(void);
void disk_expect(const char *about, const char *text);

/* ---- Bags ---- */

const char *disk_in_bag(const char *path);
void disk_put(const char *path, const char *text);
void disk_folder(const char *path);
void disk_set_time(const char *path, int64_t sec, long nsec);

/* Appends a manifest line for a file that holds text. */
void disk_line_for(struct buffer *out, enum digest_kind kind, const char *text, const char *between,
                   const char *path);
void disk_put_buffer(const char *path, struct buffer *b);
#define BAGIT_1_0 "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
void disk_fresh(const char *bagit);

/* A bag with one manifest for data/a ("alpha") and data/sub/b ("beta"). */
void disk_small_bag(const char *bagit, enum digest_kind kind, const char *between);
struct buffer disk_read_text(const char *path);
void disk_append_to(const char *path, const char *text);

/* A tag manifest for these tag files as they are now. */
void disk_put_tagmanifest(const char *in, const char *const *names, size_t count);
void disk_listing_file(struct buffer *out, const char *path, const char *text, const char *time);
void disk_listing_text(struct buffer *out, const char *text);
#define TIME_1 "1700000000.123456789"
#define TIME_OF_1 1700000000, 123456789

/* As seal writes it: SHA-256, and the path with percent codes. */
void disk_coded_line_for(struct buffer *out, const char *text, const char *path);

/* The small bag as seal makes it, with the names first and second for the files. */
void disk_put_record(const char *in, const char *first, const char *sub, const char *second,
                     const char *comments);
void disk_set_times(void);
void disk_sealed_bag(void);

/* ---- The record as it was sealed ---- */

#define SPELLED_FILE "# spelled ./data/A{3A} ./data/A:\n"
#define SPELLED_FOLDER "# spelled ./data/{63}on ./data/con\n"
#define COMMENTS SPELLED_FILE SPELLED_FOLDER
#define AS_SEALED(name) BAG_AS_SEALED_DIR "/" name

/* What the tag manifest beside data/ lists, and behind it what some tests add. */
extern const char *const disk_outer_tags[];

/* As somebody does who changed what it lists. */
void disk_redo_tagmanifest(void);
void disk_put_outer_record(const char *comments);
void disk_set_times_respelled(void);

/* The files were sealed as data/A: and data/con/b. */
void disk_respelled_bag(void);

#endif
