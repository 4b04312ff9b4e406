#include "jobs/arrival.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/text.h"
#include "jobs/keyring_private.h"

static bool is_stdin(const struct arrival *a)
{
    return strcmp(a->path, "-") == 0;
}

enum seal_status arrival_find(struct arrival *a, bool many, struct fault *fault)
{
    struct plat_stat st;

    /* Before it is opened: opening a pipe waits until somebody writes into it. */
    if (many && plat_stat_at(PLAT_CWD, a->path, true, &st) == 0 && st.type != PLAT_FILE &&
        st.type != PLAT_DIR)
        return fault_set(fault, REASON_INPUT_NO_FILE, NULL);
    if (volume_open(&a->in, a->path, fault) != SEAL_OK)
        return fault->status;
    volume_stat(a->in, &a->stat);
    if (many && a->stat.type != PLAT_FILE)
        return fault_set(fault, is_stdin(a) ? REASON_INPUT_NO_FILE : REASON_INPUT_NOT_SEEKABLE,
                         NULL);
    a->received.size = a->stat.size;
    a->received.mtime = a->stat.mtime;
    a->received.has_mtime = a->stat.type == PLAT_FILE;
    return SEAL_OK;
}

static enum seal_status tell_work(void *self, const void *data, size_t len, struct fault *fault)
{
    const struct receive_observer *observer = self;

    (void)data;
    (void)fault;
    observer->work_done(observer->ctx, len);
    return SEAL_OK;
}

static enum seal_status read_all(struct arrival *a, const struct receive_observer *observer,
                                 struct fault *fault)
{
    const struct sink to = {tell_work, (void *)(uintptr_t)observer};
    struct custody_file *r = &a->received;
    uint8_t *room = malloc(VOLUME_PIECE_LEN + 1);

    if (room == NULL)
        return fault_no_memory(fault);
    observer->work_begins(observer->ctx, a->stat.size);
    IGNORE_RESULT(volume_read_all(a->in, room, &to, r->sha256, &r->size, fault));
    observer->work_ends(observer->ctx);
    free(room);
    return fault->status;
}

enum seal_status arrival_take_digest(struct arrival *a, const struct receive_observer *observer,
                                     struct fault *fault)
{
    if (a->received.has_sha256)
        return SEAL_OK;
    if (arrival_take_up(a, fault) == SEAL_OK && read_all(a, observer, fault) == SEAL_OK)
        a->received.has_sha256 = arrival_check_unchanged(a, fault) == SEAL_OK;
    arrival_put_aside(a);
    return fault->status;
}

#define RANDOM_LEAST 1024 /* bytes; fewer say nothing of single values */
/* With so many values: one file of random bytes in a hundred million is above this. */
#define EVEN_MOST_256 400
#define EVEN_MOST_49 125
#define EVEN_MOST_16 66

/* Whether all values are about as frequent, by Pearson's chi-squared test. */
static bool are_even(const uint64_t *counts, size_t values, uint64_t most)
{
    uint64_t total = 0, sum = 0;

    for (size_t i = 0; i < values; i++) {
        total += counts[i];
        sum += counts[i] * counts[i];
    }
    return total > 0 && sum * values / total < total + most;
}

/* The bytes of text, programs and pictures are far from it. */
static bool looks_random(const uint8_t *data, size_t len)
{
    uint64_t counts[256] = {0};

    for (size_t i = 0; i < len; i++)
        counts[data[i]]++;
    return len >= RANDOM_LEAST && are_even(counts, 256, EVEN_MOST_256);
}

/* The same of fewer bytes, by their halves. */
static bool looks_random_though_short(const uint8_t *data, size_t len)
{
    uint64_t high[16] = {0}, low[16] = {0};

    for (size_t i = 0; i < len; i++) {
        high[data[i] >> 4]++;
        low[data[i] & 15]++;
    }
    return len >= ARRIVAL_JUDGED_LEAST && len < RANDOM_LEAST && are_even(high, 16, EVEN_MOST_16) &&
           are_even(low, 16, EVEN_MOST_16);
}

/* Whether random bytes were taken for characters, as by > in PowerShell before 7.4, and became
 * UTF-16 or UTF-8: control characters, digits and signs, which all codes have in one place, are
 * about as frequent. Left out are those that programs change (NUL, the ends of lines), and the
 * question mark, which they put in for what they do not know. */
static bool looks_made_text(const uint8_t *data, size_t len)
{
    bool is_utf16 = len >= 2 && data[0] == 0xff && data[1] == 0xfe;
    uint64_t counts['?' - '\r' - 1] = {0};
    size_t n, total = 0;

    for (size_t i = 0; i + 4 <= len; i += n) { /* the last character may be cut */
        n = is_utf16 ? 2 : utf8_char_len(data + i, len - i);
        if (n == 0)
            return false;
        if (data[i] <= '\r' || data[i] >= '?' || (is_utf16 && data[i + 1] != 0))
            continue;
        counts[data[i] - '\r' - 1]++;
        total++;
    }
    return total >= RANDOM_LEAST &&
           are_even(counts, sizeof counts / sizeof counts[0], EVEN_MOST_49);
}

#define CONVERTED_LEAST 16384 /* bytes; in fewer a value may be rare, or frequent, by chance */

/* Whether the bytes are random but for NUL and the ends of lines, as where git or FTP took the file
 * for text and converted it: one of these is missing, or there are far too many. */
static bool looks_converted(const uint8_t *data, size_t len)
{
    const uint64_t usual = len / 256;
    uint64_t counts[256] = {0};
    bool is_off = false;
    size_t kept = 0;

    for (size_t i = 0; i < len; i++)
        counts[data[i]]++;
    for (size_t value = 0; value < 256; value++)
        if (value != '\0' && value != '\n' && value != '\r')
            counts[kept++] = counts[value];
        else
            is_off |= counts[value] < usual / 2 || counts[value] > usual + usual / 2;
    return len >= CONVERTED_LEAST && is_off && are_even(counts, kept, EVEN_MOST_256);
}

/* Whether only zeros are there, or ones, as where a medium or a copy lost what was written. */
static bool looks_lost(const uint8_t *data, size_t len)
{
    return len >= RANDOM_LEAST && (data[0] == 0 || data[0] == 0xff) &&
           memcmp(data, data + 1, len - 1) == 0;
}

/* No sealed file has such a size, unless it was cut short. */
static bool has_other_size(const struct arrival *a)
{
    return a->stat.size < BLOCK_LEN || a->stat.size % 2048 != 0;
}

#define SAMPLES 8

/* Blocks all over the file. */
static bool has_sealed_blocks(const struct arrival *a)
{
    struct volume_piece piece = {.blocks = malloc(BLOCK_LEN + 1)};
    const uint64_t blocks = (a->stat.size + BLOCK_LEN - 1) / BLOCK_LEN;
    bool found = piece.blocks == NULL;

    for (uint64_t i = 1; i <= SAMPLES && !found; i++) {
        struct fault ignored = {.status = SEAL_OK};

        found = volume_read(a->in, (blocks - 1) * i / SAMPLES, 1, &piece, &ignored) != SEAL_OK ||
                looks_random(piece.blocks, piece.len) || looks_lost(piece.blocks, piece.len);
    }
    free(piece.blocks);
    return found;
}

/* Whether a sealed file was here: one that was damaged or cut short has blocks that are random, or
 * empty where they were lost. In photos and videos, all but the begin is as random, so a file whose
 * size is no sealed file's is judged by its begin alone. */
static bool may_be_sealed(const struct arrival *a, const uint8_t *head, size_t len)
{
    if (a->stat.type != PLAT_FILE || looks_random(head, len) || looks_lost(head, len) ||
        looks_random_though_short(head, len))
        return true;
    return !has_other_size(a) && has_sealed_blocks(a);
}

/* Says more of a file that no key opens, if its bytes tell more: where no key could open it, nobody
 * is to look for other keys. */
static void judge_unopened(struct arrival *a, const uint8_t *head, size_t len, struct fault *fault)
{
    bool was_converted = fault->reason == REASON_NO_KEY && looks_converted(head, len);

    a->may_be_sealed = was_converted || may_be_sealed(a, head, len);
    if (was_converted) {
        fault->reason = REASON_MADE_TEXT;
    } else if (fault->reason == REASON_NO_KEY && looks_lost(head, len)) {
        fault->reason = REASON_BEGIN_LOST;
    } else if (fault->reason == REASON_NO_KEY && len < BLOCK_LEN) {
        fault->reason = REASON_TOO_SHORT;
        fault_add_numbers(fault, len, BLOCK_LEN);
    }
}

/* How many blocks the file has when nothing is missing, as its second header says; 0: it is not
 * this file's. */
static uint64_t blocks_told(const struct arrival *a, const uint8_t *second, struct identity *id)
{
    struct identity *const keys[] = {id};
    struct envelope *env = sodium_malloc(sizeof *env);
    struct fault ignored = {.status = SEAL_OK};
    uint64_t blocks = 0;
    size_t which;

    if (env == NULL ||
        envelope_open_second(env, second, keys, 1, &which, &blocks, &ignored) != SEAL_OK ||
        envelope_check_second(a->env, second, id, blocks) != SECOND_HEAD_RIGHT)
        blocks = 0;
    sodium_free(env);
    return blocks;
}

/* What can be known of the second header of a file that the first one opened. */
static enum seal_status look_at_second(struct arrival *a, struct identity *id,
                                       struct sealed_heads *heads, struct fault *fault)
{
    const uint8_t *second;

    if (a->env->params.parity == 0)
        return SEAL_OK;
    if (!volume_is_file(a->in)) {
        a->last = malloc(BLOCK_LEN);
        if (a->last == NULL ||
            identity_from_master(&a->reader, id->master, id->created, id->expires) != SEAL_OK)
            return fault_no_memory(fault);
        return SEAL_OK;
    }
    second = sealed_heads_second(heads);
    /* Its slot is what has to be looked at while the key is there; the rest, when all is read. */
    if (second != NULL)
        a->told.count = blocks_told(a, second, id);
    if (a->told.count != 0)
        a->second = SECOND_HEAD_RIGHT;
    else if (second == NULL)
        a->second = SECOND_HEAD_ALTERED;
    else
        a->second = envelope_check_second(a->env, second, id, volume_size(a->in) / BLOCK_LEN);
    return SEAL_OK;
}

/* Takes what opening it gave. */
static enum seal_status take_opened(struct arrival *a, const struct keyring_found *found,
                                    struct sealed_heads *heads, struct fault *fault)
{
    memcpy(a->pkh, found->id->pkh, sizeof a->pkh);
    a->by_second = found->by_second;
    a->told = (struct told_blocks){found->blocks, found->by_second};
    if (a->by_second) {
        a->received.heads = CUSTODY_FIRST_BAD;
        return SEAL_OK;
    }
    return look_at_second(a, found->id, heads, fault);
}

static enum seal_status open_with_keys(struct arrival *a, struct keyring *ring,
                                       const struct receive_observer *observer, struct fault *fault)
{
    struct sealed_heads heads = sealed_heads_of(a->in);
    struct keyring_found found = {.env = a->env};

    if (keyring_open(ring, &found, &heads, observer, fault) == SEAL_OK)
        IGNORE_RESULT(take_opened(a, &found, &heads, fault));
    a->keys_tried = found.tried;
    if (fault->status == SEAL_NO_KEY &&
        a->head_is_unread) /* there may be nothing wrong with keys */
        *fault = *volume_head_fault(a->in);
    sealed_heads_free(&heads);
    return fault->status;
}

enum seal_status arrival_open_header(struct arrival *a, struct keyring *ring,
                                     const struct receive_observer *observer, struct fault *fault)
{
    size_t len;
    const uint8_t *block = volume_head(a->in, &len);

    a->opened = clock_now();
    sha256_of(a->head_sha256, block, len);
    a->head_is_unread = volume_head_fault(a->in)->status != SEAL_OK;
    if (len == 0 && !a->head_is_unread)
        return fault_set(fault, REASON_EMPTY, NULL);
    if (looks_made_text(block, len)) {
        a->may_be_sealed = true;
        return fault_set(fault, REASON_MADE_TEXT, NULL);
    }
    if (len < BLOCK_LEN && !a->head_is_unread) {
        (void)fault_set(fault, REASON_NO_KEY, NULL);
        judge_unopened(a, block, len, fault);
        return fault->status;
    }
    a->env = sodium_malloc(sizeof *a->env);
    if (a->env == NULL)
        return fault_no_memory(fault);
    memset(a->env, 0, sizeof *a->env);
    a->was_opened = open_with_keys(a, ring, observer, fault) == SEAL_OK;
    a->opened = clock_now(); /* again: typing a passphrase takes time */
    if (!a->was_opened) {
        judge_unopened(a, block, len, fault);
        sodium_free(a->env); /* guarded memory is scarce, and there may be many files */
        a->env = NULL;
    }
    return fault->status;
}

/* ---- The second header, at the end -------------------------------------------------------- */

static enum custody_heads heads_with(enum second_head second)
{
    static const enum custody_heads words[] = {[SECOND_HEAD_RIGHT] = CUSTODY_HEADS_RIGHT,
                                               [SECOND_HEAD_NO_SLOT] = CUSTODY_SECOND_NO_SLOT,
                                               [SECOND_HEAD_KEY] = CUSTODY_SECOND_KEY,
                                               [SECOND_HEAD_ALTERED] = CUSTODY_SECOND_ALTERED,
                                               [SECOND_HEAD_CONTENT] = CUSTODY_SECOND_CONTENT};

    return words[second];
}

void arrival_judge_heads(struct arrival *a, enum second_head seen, uint64_t blocks)
{
    if (a->by_second || a->env->params.parity == 0)
        return;
    if (a->reader != NULL)
        a->second = envelope_check_second(a->env, a->last, a->reader, a->received.size / BLOCK_LEN);
    if (a->told.count != 0 && blocks != 0 && a->told.count != blocks)
        a->second = SECOND_HEAD_CONTENT;
    /* What the slot holds was seen once, of the same slots if seen says that C' is right. */
    a->received.heads = heads_with(a->second != SECOND_HEAD_RIGHT ? a->second : seen);
}

bool arrival_has_set_key(const struct arrival *a)
{
    bool has_one = a->was_opened && !sodium_is_zero(a->env->set_key, KEY_LEN);

    declassify(&has_one, sizeof has_one); /* it is a volume, which params say */
    return has_one;
}

static void become_opened(struct arrival *a, const struct arrival *known)
{
    a->was_opened = a->by_set = a->received.by_set = true;
    a->opened = clock_now();
    memcpy(a->pkh, known->pkh, sizeof a->pkh);
    a->fault = (struct fault){.status = SEAL_OK};
}

enum seal_status arrival_open_with_set(struct arrival *a, const struct arrival *known,
                                       uint32_t indexes, struct fault *fault)
{
    const uint8_t *block;
    size_t len;

    if (arrival_take_up(a, fault) != SEAL_OK)
        return fault->status;
    block = volume_head(a->in, &len);
    a->env = sodium_malloc(sizeof *a->env);
    if (a->env == NULL)
        return fault_no_memory(fault);
    if (len == BLOCK_LEN && envelope_open_with_set(a->env, block, known->env, indexes) == SEAL_OK) {
        become_opened(a, known);
    } else {
        sodium_free(a->env);
        a->env = NULL;
    }
    arrival_put_aside(a);
    return SEAL_OK;
}

uint64_t arrival_number(const struct arrival *a)
{
    return (uint64_t)a->env->params.index + 1;
}

void arrival_put_aside(struct arrival *a)
{
    if (a->stat.type != PLAT_FILE || is_stdin(a))
        return;
    volume_close(a->in);
    a->in = NULL;
}

/* What could not be read once may be read another time. */
static bool has_its_head(const struct arrival *a)
{
    uint8_t digest[SHA256_LEN];
    size_t len;
    const uint8_t *block = volume_head(a->in, &len);

    sha256_of(digest, block, len);
    return a->head_is_unread || memcmp(digest, a->head_sha256, sizeof digest) == 0;
}

enum seal_status arrival_take_up(struct arrival *a, struct fault *fault)
{
    if (a->in != NULL)
        return SEAL_OK;
    if (volume_open(&a->in, a->path, fault) != SEAL_OK ||
        arrival_check_unchanged(a, fault) != SEAL_OK)
        return fault->status;
    return has_its_head(a) ? SEAL_OK : fault_set(fault, REASON_CHANGED, NULL);
}

enum seal_status arrival_check_unchanged(const struct arrival *a, struct fault *fault)
{
    struct plat_stat now;

    if (a->stat.type != PLAT_FILE)
        return SEAL_OK;
    volume_stat(a->in, &now);
    if (now.size != a->stat.size || !timestamp_equal(now.mtime, a->stat.mtime))
        return fault_set(fault, REASON_CHANGED, NULL);
    return SEAL_OK;
}

void arrival_close(struct arrival *a)
{
    sodium_free(a->env);
    identity_free(a->reader);
    volume_close(a->in);
    free(a->last);
    free(a->path);
    *a = (struct arrival){.path = NULL};
}
