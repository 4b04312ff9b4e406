#include "cli/seal_remarks.h"

#include <errno.h>

#include "base/text.h"
#include "cli/ui/message.h"
#include "platform/files.h"

#define NAMES_TOLD_MAX 20
#define LINES_TOLD_MAX 40 /* of each other kind; as many as unseal shows */

const char *path_as_known(const char *path)
{
    const char *name = bag_payload_name(path);

    return name != NULL ? name : path;
}

/* Whether a remark is told or only counted. */
static bool is_told(struct seal_remarks *r, const struct bag_notice *n)
{
    if (r->verbose)
        return true;
    if (n->kind == BAG_UNKEPT)
        return false;
    /* A link that leads to somewhere in the same tree is nothing special; where one leads that
     * begins at the root may tell about the sender's own computer. */
    if (n->kind == BAG_LINK && n->target[0] != '/')
        return false;
    if (n->kind != BAG_RENAMED && n->kind != BAG_ODD_NAME && n->kind != BAG_LINK)
        return r->seen[n->kind]++ < LINES_TOLD_MAX;
    return r->names_seen++ < NAMES_TOLD_MAX;
}

static enum text_id text_of(const struct bag_notice *n)
{
    static const enum text_id kinds[BAG_REMARK_KINDS] = {
        [BAG_DAMAGED] = T_SEAL_DAMAGED, [BAG_LINK] = T_SEAL_LINK,
        [BAG_RENAMED] = T_SEAL_RENAMED, [BAG_ODD_NAME] = T_SEAL_ODD_NAME,
        [BAG_ROUNDED] = T_SEAL_ROUNDED,
    };
    /* Of those that have a cause; the second where a changed file was read again. */
    static const enum text_id causes[BAG_CAUSES][2] = {
        [BAG_CAUSE_SYSTEM] = {T_SEAL_MISSING},
        [BAG_CAUSE_LISTING] = {T_SEAL_MISSING_LISTING},
        [BAG_CAUSE_PATH_LONG] = {T_SEAL_MISSING_PATH_LONG},
        [BAG_CAUSE_NESTED_DEEP] = {T_SEAL_MISSING_NESTED_DEEP},
        [BAG_CAUSE_LINK_EMPTY] = {T_SEAL_MISSING_LINK_EMPTY},
        [BAG_CAUSE_LOST] = {T_SEAL_MISSING_LOST},
        [BAG_CAUSE_NO_FILE] = {T_SEAL_MISSING_NO_FILE},
        [BAG_CAUSE_FIFO] = {T_SEAL_SKIPPED_FIFO},
        [BAG_CAUSE_SOCKET] = {T_SEAL_SKIPPED_SOCKET},
        [BAG_CAUSE_DEVICE] = {T_SEAL_SKIPPED_DEVICE},
        [BAG_CAUSE_STREAM] = {T_SEAL_SKIPPED_STREAM},
        [BAG_CAUSE_OWN] = {T_SEAL_SKIPPED_OWN},
        [BAG_CAUSE_SHORT] = {T_SEAL_CHANGED_SHORT, T_SEAL_REREAD_SHORT},
        [BAG_CAUSE_LONGER] = {T_SEAL_CHANGED_LONGER, T_SEAL_REREAD_LONGER},
        [BAG_CAUSE_RETIMED] = {T_SEAL_CHANGED_RETIMED, T_SEAL_REREAD_RETIMED},
        [BAG_CAUSE_ATTRIBUTES] = {T_SEAL_ATTRIBUTES},
        [BAG_CAUSE_HOLES] = {T_SEAL_HOLES},
        [BAG_CAUSE_NOTHING_READ] = {T_SEAL_DAMAGED_WHOLE},
        [BAG_CAUSE_TIME_ONLY] = {T_SEAL_CHANGED_TIME_ONLY, T_SEAL_CHANGED_TIME_ONLY},
    };

    return n->cause == BAG_CAUSE_NONE ? kinds[n->kind] : causes[n->cause][n->digest_now != NULL];
}

#define ODDITIES_SIZE (TEXT_NAME_SIZE + 2048)

/* Appends a text to a list. */
static size_t add_oddity(char out[static ODDITIES_SIZE], size_t len, enum text_id text,
                         const char *name)
{
    if (len > 0)
        len += text_format(out + len, ODDITIES_SIZE - len, ui_catalog(), T_LIST_SEMICOLON, NULL);
    return len +
           text_format(out + len, ODDITIES_SIZE - len, ui_catalog(), text, TEXT_ARGS(.name = name));
}

/* All that is odd about a name. */
static void list_oddities(char out[static ODDITIES_SIZE], const struct bag_notice *n)
{
    static const enum text_id twins[BAG_TWINS] = {
        [BAG_TWIN_NORMALIZATION] = T_SEAL_TWIN_NORMALIZATION,
        [BAG_TWIN_CASE] = T_SEAL_TWIN_CASE,
        [BAG_TWIN_INVISIBLE] = T_SEAL_TWIN_INVISIBLE,
    };
    size_t len = 0;

    out[0] = '\0';
    if ((n->oddities & NAME_UNSHOWABLE) != 0)
        len = add_oddity(out, len, T_SEAL_ODD_UNSHOWABLE, NULL);
    if ((n->oddities & NAME_BLANK_END) != 0)
        len = add_oddity(out, len, T_SEAL_ODD_BLANK, NULL);
    if ((n->oddities & NAME_GAP) != 0)
        len = add_oddity(out, len, T_SEAL_ODD_GAP, NULL);
    if ((n->oddities & NAME_RESERVED) != 0)
        len = add_oddity(out, len, T_SEAL_ODD_RESERVED, NULL);
    if ((n->oddities & NAME_LONG) != 0)
        len = add_oddity(out, len, T_SEAL_ODD_LONG, NULL);
    if (n->twin != BAG_TWIN_NONE)
        (void)add_oddity(out, len, twins[n->twin], n->twin_name);
}

static const char *other_of(const struct bag_notice *n)
{
    return n->kind == BAG_LINK ? n->target : n->kind == BAG_UNKEPT ? n->attributes : n->ranges;
}

/* Of all such files it is said once. */
static void warn_of_cannot(struct seal_remarks *r, const struct bag_notice *n)
{
    bool cannot = n->kind == BAG_MISSING && (n->sys == EOPNOTSUPP || n->sys == ENOSYS);

    if (cannot && !r->cannot_told)
        warn(T_SEAL_SOURCE_CANNOT);
    r->cannot_told |= cannot;
}

void seal_remarks_show(struct seal_remarks *r, const struct bag_notice *n)
{
    char oddities[ODDITIES_SIZE], digest[2 * SHA256_LEN + 1] = "";

    if (!is_told(r, n))
        return;
    list_oddities(oddities, n);
    if (n->digest_now != NULL)
        hex_encode(digest, n->digest_now, SHA256_LEN);
    message_warn(text_of(n), TEXT_ARGS(.name = path_as_known(n->path), .other = other_of(n),
                                       .word = digest, .words = oddities, .number = n->len,
                                       .limit = n->size, .count = n->size_now, .error = n->sys));
    warn_of_cannot(r, n);
}

static void show_left_out(size_t count)
{
    if (count > 0)
        warn(T_SEAL_LINES_LEFT_OUT, .count = count);
}

static size_t beyond(size_t seen, size_t most)
{
    return seen > most ? seen - most : 0;
}

void seal_remarks_end_names(const struct seal_remarks *r)
{
    show_left_out(beyond(r->names_seen, NAMES_TOLD_MAX));
}

/* Where what was given cannot even be looked at any more, one reason stands for all the lines. Of
 * several one is enough: mostly they lie on one medium. */
static void warn_of_gone(const char *const *paths, size_t count)
{
    struct plat_stat st;

    for (size_t i = 0; i < count; i++) {
        if (plat_stat_at(PLAT_CWD, paths[i], false, &st) != 0) {
            warn(T_SEAL_SOURCE_GONE, .name = paths[i], .error = errno);
            return;
        }
    }
}

void seal_remarks_end(const struct seal_remarks *r, const struct seal_request *request,
                      const struct bag_totals *totals)
{
    const uint64_t *remarks = totals->remarks;
    size_t left_out = 0;

    for (size_t i = 0; i < BAG_REMARK_KINDS; i++)
        left_out += beyond(r->seen[i], LINES_TOLD_MAX);
    show_left_out(left_out);
    if (!bag_is_incomplete(totals))
        return;
    warn(T_SEAL_INCOMPLETE, .number = remarks[BAG_MISSING] + remarks[BAG_SKIPPED],
         .limit = remarks[BAG_DAMAGED], .count = remarks[BAG_CHANGED]);
    warn_of_gone(request->paths, request->path_count);
}
