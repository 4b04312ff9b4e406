/*
 * Remarks as comment lines of metadata.mtree.
 */
#include "bag/collect/remark_lines.h"

#include <inttypes.h>

#include "bag/mtree.h"
#include "base/text.h"
#include "platform/process.h"

/* ---- What is missing or was skipped ------------------------------------------------------- */

static const char *const cause_words[BAG_CAUSES] = {
    [BAG_CAUSE_NONE] = "",
    [BAG_CAUSE_SYSTEM] = "", /* the system has words */
    [BAG_CAUSE_LISTING] = "only a part of what is in it could be listed: ",
    [BAG_CAUSE_PATH_LONG] = "its path is too long",
    [BAG_CAUSE_NESTED_DEEP] = "it is nested too deeply",
    [BAG_CAUSE_LINK_EMPTY] = "a link to nothing",
    [BAG_CAUSE_LOST] = "it can no longer be looked at",
    [BAG_CAUSE_NO_FILE] = "it is no longer a file",
    [BAG_CAUSE_FIFO] = "fifo",
    [BAG_CAUSE_SOCKET] = "socket",
    [BAG_CAUSE_DEVICE] = "device",
    [BAG_CAUSE_STREAM] = "an alternate data stream",
    [BAG_CAUSE_OWN] = "the sealing program wrote into it",
    [BAG_CAUSE_SHORT] = "", /* it has numbers */
    [BAG_CAUSE_LONGER] = "it is longer than it was said to be; the rest is not here",
    [BAG_CAUSE_RETIMED] = "its size or time is another now",
    [BAG_CAUSE_ATTRIBUTES] = "", /* they have names */
    [BAG_CAUSE_HOLES] = "holes; zeros stand there",
    [BAG_CAUSE_NOTHING_READ] = "", /* the ranges say it */
    [BAG_CAUSE_TIME_ONLY] = "its time changed; read again, its content is what was sealed",
};

static enum seal_status add_cause(struct buffer *out, const struct bag_notice *n)
{
    if (n->cause == BAG_CAUSE_SYSTEM || n->cause == BAG_CAUSE_LISTING)
        return buffer_printf(out, "%s%s", cause_words[n->cause], plat_strerror(n->sys));
    if (n->cause == BAG_CAUSE_SHORT)
        return buffer_printf(out, "it ended after %" PRIu64 " of %" PRIu64 " bytes; zeros follow",
                             n->len, n->size);
    if (n->cause == BAG_CAUSE_ATTRIBUTES)
        return buffer_append_text(out, n->attributes);
    return buffer_append_text(out, cause_words[n->cause]);
}

/* ---- What changed ------------------------------------------------------------------------- */

static enum seal_status add_change(struct buffer *out, const struct bag_notice *n)
{
    char hex[2 * SHA256_LEN + 1];

    if (add_cause(out, n) != SEAL_OK)
        return SEAL_NO_MEMORY;
    if (n->digest_now == NULL || n->cause == BAG_CAUSE_TIME_ONLY)
        return SEAL_OK;
    hex_encode(hex, n->digest_now, SHA256_LEN);
    return buffer_printf(out, "; read again, it has %" PRIu64 " bytes and SHA-256 %s", n->size_now,
                         hex);
}

/* ---- Names -------------------------------------------------------------------------------- */

/* Appends a reason, with a semicolon if there is one already. */
static enum seal_status add_reason(struct buffer *out, const char *reason)
{
    return buffer_printf(out, "%s%s", out->len > 0 ? "; " : "", reason);
}

static enum seal_status add_twin(struct buffer *out, const struct bag_notice *n)
{
    static const char *const words[BAG_TWINS] = {
        [BAG_TWIN_NORMALIZATION] = "it differs only by Unicode normalization from ",
        [BAG_TWIN_CASE] = "it differs only in letter case from ",
        [BAG_TWIN_INVISIBLE] =
            "it differs only in characters that do not show, and perhaps in letter case, from ",
    };

    if (add_reason(out, words[n->twin]) != SEAL_OK)
        return SEAL_NO_MEMORY;
    return mtree_escape(out, n->twin_name);
}

static enum seal_status add_oddities(struct buffer *out, const struct bag_notice *n)
{
    if ((n->oddities & NAME_UNSHOWABLE) != 0 &&
        add_reason(out, "it holds control, bidirectional or invisible characters") != SEAL_OK)
        return SEAL_NO_MEMORY;
    if ((n->oddities & NAME_BLANK_END) != 0 &&
        add_reason(out, "it has a blank at an end") != SEAL_OK)
        return SEAL_NO_MEMORY;
    if ((n->oddities & NAME_GAP) != 0 && add_reason(out, "it has many blanks in a row") != SEAL_OK)
        return SEAL_NO_MEMORY;
    if ((n->oddities & NAME_RESERVED) != 0 && add_reason(out, "Windows cannot hold it") != SEAL_OK)
        return SEAL_NO_MEMORY;
    if ((n->oddities & NAME_LONG) != 0 &&
        add_reason(out, "it is too long for most disks of Linux") != SEAL_OK)
        return SEAL_NO_MEMORY;
    return n->twin == BAG_TWIN_NONE ? SEAL_OK : add_twin(out, n);
}

/* ---- The line ----------------------------------------------------------------------------- */

static enum seal_status add_words(struct buffer *out, const struct bag_notice *n)
{
    switch (n->kind) {
    case BAG_DAMAGED:
        return buffer_append_text(out, n->ranges);
    case BAG_CHANGED:
        return add_change(out, n);
    case BAG_ODD_NAME:
        return add_oddities(out, n);
    case BAG_ROUNDED:
        /* Counted as people do: half a second before 1970 is -0.5. */
        return buffer_printf(out, "its time is -0.%09" PRIu32 " s", NSEC_IN_SEC - n->time.nsec);
    case BAG_MISSING:
    case BAG_SKIPPED:
    case BAG_LINK:
    case BAG_RENAMED:
    case BAG_UNKEPT:
    default:
        return add_cause(out, n);
    }
}

enum seal_status remark_line(struct buffer *out, const struct bag_notice *notice)
{
    struct buffer words = {0};
    enum seal_status status = add_words(&words, notice);

    if (status == SEAL_OK)
        status = buffer_append_text(&words, ""); /* for the NUL */
    if (status == SEAL_OK)
        status = mtree_remark(out, notice->kind, notice->path, (const char *)words.data);
    buffer_free(&words);
    return status;
}
