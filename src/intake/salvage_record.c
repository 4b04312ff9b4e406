#include "intake/salvage_record.h"

#include <stdlib.h>
#include <string.h>

/* Files of a record that are read. */
struct trial {
    struct bag_check *check; /* NULL: none was begun, or it breaks the rules */
    struct record_places places;
    bool has_digests;
};

struct reading {
    struct salvage_record *record;
    struct torn *from;
    struct quota *quota;
    const uint8_t *digest; /* D; NULL: lost */
    struct trial certain;  /* told by the tables, or by all that is in front */
    struct trial guess;    /* that was looked for: one after the other */
};

static enum seal_status feed(struct reading *g, struct bag_check *check, const struct tar_entry *e,
                             uint64_t off, struct fault *broken, struct fault *fault)
{
    const uint64_t end = off + e->size;

    while (off < end && broken->status == SEAL_OK) {
        const uint8_t *data;
        size_t len;

        if (torn_peek(g->from, off, &data, &len, fault) != SEAL_OK || data == NULL)
            return fault->status;
        if (len > end - off)
            len = (size_t)(end - off);
        IGNORE_RESULT(bag_check_data(check, data, len, broken));
        if (quota_add_listed(g->quota, len, check, fault) != SEAL_OK)
            return fault->status;
        off += len;
    }
    return SEAL_OK;
}

/* Whether all data are there. */
static enum seal_status is_there(struct torn *from, uint64_t off, uint64_t size, bool *there,
                                 struct fault *fault)
{
    const uint64_t end = off + size;

    for (*there = size == 0 || end <= torn_stretch_end(from, off); *there && off < end;) {
        const uint8_t *data;
        size_t len;

        if (torn_peek(from, off, &data, &len, fault) != SEAL_OK)
            return fault->status;
        *there = data != NULL;
        off += len;
    }
    return SEAL_OK;
}

static bool lists_digests(const char *path)
{
    return strcmp(path, "manifest-sha256.txt") == 0 || strcmp(path, "metadata.mtree") == 0;
}

/* Reads a file of a record, which is all there. broken: it breaks a rule. */
static enum seal_status read_file(struct reading *g, struct trial *t, const struct tar_entry *e,
                                  uint64_t data_off, struct fault *broken, struct fault *fault)
{
    if (bag_check_entry(t->check, e, NULL, broken) == SEAL_OK &&
        feed(g, t->check, e, data_off, broken, fault) != SEAL_OK)
        return fault->status;
    if (broken->status == SEAL_OK)
        IGNORE_RESULT(bag_check_entry_end(t->check, broken));
    if (broken->status == SEAL_OK && t->places.count < RECORD_ENTRIES)
        t->places.offs[t->places.count++] = data_off;
    t->has_digests |= broken->status == SEAL_OK && lists_digests(e->path);
    if (broken->status != SEAL_OK && broken->status != SEAL_HOSTILE)
        *fault = *broken;
    return fault->status;
}

static void adopt(struct salvage_record *r, struct trial *t)
{
    bag_check_free(r->check);
    r->check = t->check;
    r->places = t->places;
    r->has_digests = t->has_digests;
    t->check = NULL;
}

/* At the last file of one: whether it is the record that was sealed. */
static void end_guess(struct reading *g)
{
    struct fault broken = {.status = SEAL_OK};
    uint8_t found[SHA256_LEN];

    if (bag_check_end(g->guess.check, found, &broken) != SEAL_OK || g->digest == NULL ||
        memcmp(g->digest, found, sizeof found) != 0)
        return;
    adopt(g->record, &g->guess);
    g->record->is_all = true;
}

/* Each record begins with its manifest. */
static enum seal_status take_guess(struct reading *g, const struct tar_entry *e, uint64_t data_off,
                                   struct fault *fault)
{
    struct fault broken = {.status = SEAL_OK};

    if (strcmp(e->path, "manifest-sha256.txt") == 0) {
        bag_check_free(g->guess.check);
        g->guess = (struct trial){.check = NULL};
        if (bag_check_new(&g->guess.check, BAG_RECORD_ALONE, fault) != SEAL_OK)
            return fault->status;
    }
    if (g->guess.check == NULL || g->record->is_all ||
        read_file(g, &g->guess, e, data_off, &broken, fault) != SEAL_OK)
        return fault->status;
    if (broken.status == SEAL_OK && strcmp(e->path, "tagmanifest-sha256.txt") == 0)
        end_guess(g);
    return SEAL_OK;
}

static enum seal_status take_entry(void *ctx, const struct tar_entry *e, uint64_t data_off,
                                   bool is_certain, struct fault *fault)
{
    struct reading *g = ctx;
    struct fault broken = {.status = SEAL_OK};
    const bool is_payload = bag_payload_name(e->path) != NULL || e->is_dir;
    bool there;

    /* One that repeats costs time, its header at least. */
    if (quota_add_bytes(g->quota, 512 + (is_payload ? 0 : e->size), fault) != SEAL_OK || is_payload)
        return fault->status;
    if (is_there(g->from, data_off, e->size, &there, fault) != SEAL_OK || !there)
        return fault->status;
    if (!is_certain)
        return take_guess(g, e, data_off, fault);
    IGNORE_RESULT(read_file(g, &g->certain, e, data_off, &broken, fault));
    g->record->is_bad |= broken.status == SEAL_HOSTILE;
    return fault->status;
}

static enum seal_status take_stray(void *ctx, uint64_t number, uint64_t off, uint64_t end,
                                   struct fault *fault)
{
    struct salvage_record *r = ((struct reading *)ctx)->record;

    if (number == TORN_NO_NUMBER)
        return SEAL_OK;
    if (r->lost_count == r->lost_cap) {
        const size_t cap = r->lost_cap == 0 ? 64 : 2 * r->lost_cap;
        struct lost_entry *lost = realloc(r->lost, cap * sizeof *lost);

        if (lost == NULL)
            return fault_no_memory(fault);
        r->lost = lost;
        r->lost_cap = cap;
    }
    r->lost[r->lost_count++] = (struct lost_entry){number, off, end};
    return SEAL_OK;
}

/* What D covers has to be what D says. Files that are missing are no fault. */
static enum seal_status judge(struct reading *g, struct fault *fault)
{
    struct salvage_record *r = g->record;
    struct fault broken = {.status = SEAL_OK};
    uint8_t found[SHA256_LEN];

    if (r->is_all)
        return SEAL_OK;
    if (bag_check_end(g->certain.check, found, &broken) == SEAL_OK) {
        r->is_all = g->digest == NULL || memcmp(g->digest, found, sizeof found) == 0;
        r->is_bad |= !r->is_all;
    } else if (broken.status != SEAL_HOSTILE) {
        *fault = broken;
    } else {
        r->is_bad |= broken.reason != REASON_BAG_RECORD_MISSING;
    }
    adopt(r, &g->certain);
    if (r->is_bad)
        r->is_all = r->has_digests = false;
    return fault->status;
}

enum seal_status salvage_record_read(struct salvage_record *r, struct torn *from,
                                     struct quota *quota, const uint8_t *digest,
                                     struct fault *fault)
{
    struct reading reading = {.record = r, .from = from, .quota = quota, .digest = digest};
    const struct torn_listener listener = {&reading, take_entry, take_stray};

    *r = (struct salvage_record){.check = NULL};
    if (bag_check_new(&reading.certain.check, BAG_RECORD_ALONE, fault) == SEAL_OK &&
        torn_walk(from, &listener, fault) == SEAL_OK)
        IGNORE_RESULT(judge(&reading, fault));
    bag_check_free(reading.certain.check);
    bag_check_free(reading.guess.check);
    return fault->status;
}

bool salvage_record_has(const struct salvage_record *r, uint64_t data_off)
{
    for (size_t i = 0; i < r->places.count; i++)
        if (r->places.offs[i] == data_off)
            return true;
    return false;
}

void salvage_record_free(struct salvage_record *r)
{
    bag_check_free(r->check);
    free(r->lost);
}
