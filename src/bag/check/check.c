/*
 * Checking a bag while it streams by: what comes in goes to the step that judges it.
 */
#include "bag/check/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bag/check/check_state.h"

enum seal_status bag_check_new(struct bag_check **out, enum bag_scope scope, struct fault *fault)
{
    *out = calloc(1, sizeof **out);
    if (*out == NULL)
        return fault_no_memory(fault);
    (*out)->scope = scope;
    table_init(&(*out)->table, true);
    return SEAL_OK;
}

void bag_check_free(struct bag_check *c)
{
    if (c == NULL)
        return;
    table_free(&c->table);
    buffer_free(&c->line);
    buffer_free(&c->remarks.text);
    buffer_free(&c->damaged);
    buffer_free(&c->info.text);
    free(c);
}

/* ---- Entries ------------------------------------------------------------------------------ */

enum seal_status bag_check_entry(struct bag_check *c, const struct tar_entry *e,
                                 struct bag_place *place, struct fault *fault)
{
    struct bag_place ignored;

    if (place == NULL)
        place = &ignored;
    *place = (struct bag_place){0};
    sha256_start(&c->hash);
    return check_entry(c, e, place, fault);
}

enum seal_status bag_check_data(struct bag_check *c, const void *data, size_t len,
                                struct fault *fault)
{
    sha256_add(&c->hash, data, len);
    return c->tag < 0 ? SEAL_OK : check_tag_text(c, data, len, fault);
}

enum seal_status bag_check_entry_end(struct bag_check *c, struct fault *fault)
{
    if (c->tag < 0) {
        sha256_end(&c->hash, c->table.items[c->item].digest);
        return SEAL_OK;
    }
    sha256_end(&c->hash, c->tag_digests[c->tag]);
    return check_tag_end(c, fault);
}

size_t bag_check_item(const struct bag_check *c)
{
    return c->item;
}

void bag_check_set_digest(struct bag_check *c, size_t item, const uint8_t digest[static SHA256_LEN])
{
    memcpy(c->table.items[item].digest, digest, SHA256_LEN);
}

/* ---- The end ------------------------------------------------------------------------------ */

/* Payload-Oxum is "BYTES.FILES" of the payload (RFC 8493, 2.2.2); a bag need not have one. */
static bool oxum_is_right(const struct bag_check *c)
{
    char oxum[OXUM_SIZE];

    (void)snprintf(oxum, sizeof oxum, "%" PRIu64 ".%" PRIu64, c->totals.bytes, c->totals.files);
    return c->oxum[0] == '\0' || strcmp(c->oxum, oxum) == 0;
}

static enum seal_status check_item_listed(const struct bag_check *c, const struct item *item,
                                          struct fault *fault)
{
    const char *name = item_path(&c->table, item);

    if ((item->marks & MARK_LINK_ONLY) != 0)
        return hostile(fault, REASON_BAG_LISTING_LINK_ALONE, name);
    if (item->type == ITEM_LINK || (item->marks & MARK_IMPLIED) != 0)
        return SEAL_OK; /* neither has an entry */
    if (item->type == ITEM_FILE && !(item->marks & MARK_IN_MANIFEST))
        return hostile(fault, REASON_BAG_MANIFEST_LACKS, name);
    if (!(item->marks & MARK_IN_LISTING))
        return hostile(fault, REASON_BAG_LISTING_LACKS, name);
    return SEAL_OK;
}

enum seal_status bag_check_end(struct bag_check *c, uint8_t digest[static SHA256_LEN],
                               struct fault *fault)
{
    for (int i = 0; i < TAG_COUNT; i++) {
        if (!c->tag_seen[i])
            return hostile(fault, REASON_BAG_RECORD_MISSING, tag_file_names[i]);
        if (i == TAG_TAGMANIFEST)
            continue;
        if (!c->tag_is_listed[i] || memcmp(c->tag_listed[i], c->tag_digests[i], SHA256_LEN) != 0)
            return hostile(fault, REASON_BAG_TAGMANIFEST_DIFFERS, tag_file_names[i]);
    }
    if (table_find(&c->table, PAYLOAD_DIR, strlen(PAYLOAD_DIR)) == NULL)
        return hostile(fault, REASON_BAG_DATA_MISSING, NULL);
    if (!oxum_is_right(c))
        return hostile(fault, REASON_BAG_OXUM, NULL);
    for (size_t i = 0; i < c->table.count; i++)
        if (check_item_listed(c, &c->table.items[i], fault) != SEAL_OK)
            return fault->status;
    memcpy(digest, c->tag_digests[TAG_TAGMANIFEST], SHA256_LEN);
    return SEAL_OK;
}

/* ---- What was found ----------------------------------------------------------------------- */

size_t bag_check_item_count(const struct bag_check *c)
{
    return c->table.count;
}

uint64_t bag_check_names_cost(const struct bag_check *c)
{
    return c->names_cost;
}

void bag_check_totals(const struct bag_check *c, struct bag_totals *totals)
{
    *totals = c->totals;
}

static const char *kept_text(const struct kept_lines *kept, bool *is_cut)
{
    *is_cut = kept->is_cut;
    return kept->text.len == 0 ? "" : (const char *)kept->text.data;
}

const char *bag_check_remarks(const struct bag_check *c, bool *are_cut)
{
    return kept_text(&c->remarks, are_cut);
}

const char *bag_check_info(const struct bag_check *c, bool *is_cut)
{
    return kept_text(&c->info, is_cut);
}
