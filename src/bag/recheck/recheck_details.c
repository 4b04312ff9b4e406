/*
 * Which differences there can be: a table of kinds of change, details and fields.
 */
#include "bag/recheck/recheck.h"

/* ---- Names -------------------------------------------------------------------------------- */

const char *bag_record_file_name(enum bag_record_file file)
{
    static const char *const names[BAG_RECORD_FILES] = {
        [BAG_RECORD_NO_FILE] = "",
        [BAG_RECORD_MANIFEST + DIGEST_MD5] = "manifest-md5.txt",
        [BAG_RECORD_MANIFEST + DIGEST_SHA1] = "manifest-sha1.txt",
        [BAG_RECORD_MANIFEST + DIGEST_SHA224] = "manifest-sha224.txt",
        [BAG_RECORD_MANIFEST + DIGEST_SHA256] = "manifest-sha256.txt",
        [BAG_RECORD_MANIFEST + DIGEST_SHA384] = "manifest-sha384.txt",
        [BAG_RECORD_MANIFEST + DIGEST_SHA512] = "manifest-sha512.txt",
        [BAG_RECORD_TAGMANIFEST + DIGEST_MD5] = "tagmanifest-md5.txt",
        [BAG_RECORD_TAGMANIFEST + DIGEST_SHA1] = "tagmanifest-sha1.txt",
        [BAG_RECORD_TAGMANIFEST + DIGEST_SHA224] = "tagmanifest-sha224.txt",
        [BAG_RECORD_TAGMANIFEST + DIGEST_SHA256] = "tagmanifest-sha256.txt",
        [BAG_RECORD_TAGMANIFEST + DIGEST_SHA384] = "tagmanifest-sha384.txt",
        [BAG_RECORD_TAGMANIFEST + DIGEST_SHA512] = "tagmanifest-sha512.txt",
        [BAG_RECORD_FETCH] = "fetch.txt",
        [BAG_RECORD_LISTING] = "metadata.mtree",
        [BAG_RECORD_SEALED_MANIFEST] = BAG_AS_SEALED_DIR "/manifest-sha256.txt",
        [BAG_RECORD_SEALED_LISTING] = BAG_AS_SEALED_DIR "/metadata.mtree",
    };

    return names[file];
}

/* ---- What goes together ------------------------------------------------------------------- */

/* Kinds and fields, as details.def has them. */
#define GONE (1U << BAG_GONE)
#define ALTERED (1U << BAG_ALTERED)
#define ADDED (1U << BAG_ADDED)
#define RETIMED (1U << BAG_RETIMED)
#define UNREADABLE (1U << BAG_UNREADABLE)
#define RECORD_OFF (1U << BAG_RECORD_OFF)

#define SYS 1U
#define ONE_FILE 2U
#define OTHER_FILE 4U
#define LINE 8U
#define BYTES 16U
#define FILES 32U
#define TIME 64U

static const struct {
    unsigned int kinds, fields;
} rules[BAG_DETAILS] = {
    [BAG_DETAIL_NONE] = {GONE | ALTERED | ADDED | UNREADABLE, 0},
#define DETAIL(name, kinds, fields) [BAG_DETAIL_##name] = {kinds, fields},
#include "bag/recheck/details.def"
#undef DETAIL
};

static bool file_fits(enum bag_record_file file, bool belongs)
{
    return belongs ? file > BAG_RECORD_NO_FILE && file < BAG_RECORD_FILES
                   : file == BAG_RECORD_NO_FILE;
}

static bool facts_fit(const struct bag_facts *facts, unsigned int fields)
{
    if (!(fields & BYTES) && facts->bytes != 0)
        return false;
    if (!(fields & FILES) && facts->files != 0)
        return false;
    return fields & TIME ? facts->time.nsec < 1000000000
                         : facts->time.sec == 0 && facts->time.nsec == 0;
}

#define ERRNO_MAX 4095 /* of any system */

bool bag_difference_is_possible(const struct bag_difference *d)
{
    unsigned int fields;

    if (d->kind >= BAG_CHANGE_KINDS || d->detail >= BAG_DETAILS ||
        !(rules[d->detail].kinds & 1U << d->kind))
        return false;
    fields = rules[d->detail].fields;
    return d->sys >= 0 && d->sys <= (fields & SYS ? ERRNO_MAX : 0) &&
           (d->line != 0) == ((fields & LINE) != 0) && file_fits(d->file, fields & ONE_FILE) &&
           file_fits(d->other, fields & OTHER_FILE) && facts_fit(&d->was, fields) &&
           facts_fit(&d->is, fields);
}
