/*
 * Checking a bag on disk: which paths there are, for manifests whose lines can be read in two ways.
 * They are found by one walk: to look for each path by itself costs as many calls as it has parts,
 * and a manifest may have many lines that lead deep down.
 */
#include "bag/recheck/recheck_steps.h"

#include <string.h>

static enum seal_status note(struct recheck *r, const char *path, size_t len, struct fault *fault)
{
    return table_add(&r->on_disk, path, len) != NULL ? SEAL_OK : too_many(fault);
}

static enum seal_status note_entry(void *ctx, const struct disk_entry *e, struct fault *fault)
{
    return note(ctx, e->path, e->path_len, fault);
}

/* Told when what is there is compared. */
static enum seal_status pass_over(void *ctx, const char *path, size_t path_len,
                                  enum bag_detail detail, int sys, struct fault *fault)
{
    (void)ctx;
    (void)path;
    (void)path_len;
    (void)detail;
    (void)sys;
    (void)fault;
    return SEAL_OK;
}

/* An entry of the bag's own folder, and all below it. */
static enum seal_status note_all(struct recheck *r, const char *name, struct fault *fault)
{
    const struct disk_visitor visitor = {r, note_entry, note_entry, pass_over};
    struct plat_stat st;

    if (plat_stat_at(r->dirfd, name, false, &st) != 0)
        return SEAL_OK;
    return st.type == PLAT_DIR ? disk_walk(r->dirfd, name, &visitor, fault)
                               : note(r, name, strlen(name), fault);
}

static enum seal_status find_all(struct recheck *r, struct fault *fault)
{
    struct disk_names names;

    table_init(&r->on_disk, true);
    r->knows_disk = true;
    (void)disk_names_read(&names, r->dirfd); /* what cannot be read is told elsewhere */
    if (names.no_memory)
        (void)fault_no_memory(fault);
    for (size_t i = 0; i < names.count && fault->status == SEAL_OK; i++)
        IGNORE_RESULT(note_all(r, names.list[i], fault));
    disk_names_free(&names);
    return fault->status;
}

enum seal_status recheck_is_on_disk(struct recheck *r, const char *path, size_t len, bool *is,
                                    struct fault *fault)
{
    if (!r->knows_disk && find_all(r, fault) != SEAL_OK)
        return fault->status;
    *is = table_find(&r->on_disk, path, len) != NULL;
    return SEAL_OK;
}
