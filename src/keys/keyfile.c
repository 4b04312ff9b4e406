/*
 * Key files: a text with any number of key blocks, which is read whole into guarded memory.
 */
#include "keys/record.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/text.h"
#include "platform/files.h"

/* ---- Reading ------------------------------------------------------------------------------ */

/* What a text holds. */
struct tally {
    size_t count[BLOCK_KIND_COUNT];
    size_t data_max; /* bytes of the largest block, at most */
    bool marked;     /* with KEY_PUBLIC_MARK */
    bool has_stray;  /* something like a key stands outside of the blocks */
    size_t stray;
};

static void look_between(struct tally *t, const char *text, size_t from, size_t to)
{
    if (!t->has_stray)
        t->has_stray = mangled_find_body(text, from, to, &t->stray);
}

/* The first pass over the text counts. So memory can be taken at once, and the second pass need not
 * move secrets to make room. */
static enum seal_status count_blocks(struct tally *t, const char *text, size_t len,
                                     struct flaw *flaw)
{
    size_t pos = 0;

    for (;;) {
        struct block block;
        bool found;
        size_t from = pos;
        enum seal_status status = block_next(text, len, &pos, &block, &found, &t->marked, flaw);

        if (status != SEAL_OK)
            return status;
        look_between(t, text, from, found ? block.start : len);
        if (!found)
            return SEAL_OK;
        t->count[block.kind]++;
        if (BLOCK_DATA_MAX(&block) > t->data_max)
            t->data_max = BLOCK_DATA_MAX(&block);
    }
}

/* Takes the line before a block if it is a fingerprint as append_key writes it. */
static void take_note(char out[static FINGERPRINT_SIZE], const char *text,
                      const struct block *block)
{
    const char *line = text + block->before;
    size_t len = block->start - block->before;

    while (len > 0 && memchr(" \t\r\n", line[len - 1], 4) != NULL)
        len--;
    if (len != FINGERPRINT_SIZE - 1)
        return;
    for (size_t i = 0; i < len; i++)
        if (i % 5 == 4 ? line[i] != ' ' : line[i] < '0' || line[i] > '9')
            return;
    memcpy(out, line, len);
    out[len] = '\0';
}

static enum seal_status read_block(struct key_file *out, const char *text,
                                   const struct block *block, uint8_t *data, struct flaw *flaw)
{
    enum seal_status status;
    size_t len;

    if (!block_decode(data, &len, text, block, flaw))
        return SEAL_BAD_KEY;
    flaw->at = block->start;
    if (block->kind == BLOCK_PUBLIC) {
        status = public_record_read(&out->public_keys[out->public_count], data, len, &flaw->reason);
        out->public_count += status == SEAL_OK;
    } else {
        status = secret_record_read(&out->secrets[out->secret_count], data, len, &flaw->reason);
        if (status == SEAL_OK)
            take_note(out->secrets[out->secret_count++].noted, text, block);
    }
    return status;
}

static enum seal_status read_blocks(struct key_file *out, const char *text, size_t len,
                                    uint8_t *data, struct flaw *flaw)
{
    size_t pos = 0;

    for (;;) {
        struct block block;
        bool found, marked = false;
        enum seal_status status = block_next(text, len, &pos, &block, &found, &marked, flaw);

        if (status != SEAL_OK || !found)
            return status;
        status = read_block(out, text, &block, data, flaw);
        if (status != SEAL_OK)
            return status;
    }
}

static uint64_t line_number(const char *text, size_t at)
{
    uint64_t number = 1;

    for (size_t i = 0; i < at; i++)
        number += text[i] == '\n';
    return number;
}

/* Of a text without keys. */
static void tell_instead(struct key_file *out, const struct tally *t, const char *text, size_t len)
{
    out->instead = mangled_kind(text, len);
    if (out->instead == REASON_NONE && t->has_stray) {
        out->instead = REASON_KEY_LINE_STRAY;
        out->instead_line = line_number(text, t->stray);
    }
}

static enum seal_status make_room(struct key_file *out, const struct tally *t, uint8_t **data)
{
    *data = secret_alloc(t->data_max);
    out->public_keys = calloc(t->count[BLOCK_PUBLIC] + 1, sizeof *out->public_keys);
    if (t->count[BLOCK_SECRET] > 0)
        out->secrets = secret_alloc(t->count[BLOCK_SECRET] * sizeof *out->secrets);
    return *data == NULL || out->public_keys == NULL ||
                   (t->count[BLOCK_SECRET] > 0 && out->secrets == NULL)
               ? SEAL_NO_MEMORY
               : SEAL_OK;
}

/* The keys of a text that has some. */
static enum seal_status read_keys(struct key_file *out, const struct tally *t, const char *text,
                                  size_t len, struct flaw *flaw)
{
    uint8_t *data = NULL;
    enum seal_status status = make_room(out, t, &data);

    if (status != SEAL_OK)
        flaw->reason = REASON_NO_MEMORY;
    else
        status = read_blocks(out, text, len, data, flaw);
    if (status == SEAL_OK && t->has_stray) {
        *flaw = (struct flaw){REASON_KEY_LINE_STRAY, t->stray};
        status = SEAL_BAD_KEY;
    }
    if (out->secrets != NULL)
        (void)sodium_mprotect_readonly(out->secrets);
    sodium_free(data);
    return status;
}

enum seal_status key_file_parse(struct key_file *out, const char *text, size_t len,
                                const char *name, struct fault *fault)
{
    struct tally tally = {.marked = false};
    struct flaw flaw = {REASON_NONE, 0};
    enum seal_status status;

    *out = (struct key_file){0};
    status = count_blocks(&tally, text, len, &flaw);
    out->marked_public = tally.marked;
    if (status == SEAL_OK && tally.count[BLOCK_PUBLIC] + tally.count[BLOCK_SECRET] == 0)
        tell_instead(out, &tally, text, len);
    else if (status == SEAL_OK)
        status = read_keys(out, &tally, text, len, &flaw);
    if (status == SEAL_OK)
        return SEAL_OK;
    key_file_free(out);
    if (status == SEAL_BAD_KEY && mangled_kind(text, len) != REASON_NONE)
        flaw.reason = mangled_kind(text, len);
    if (fault->status == SEAL_OK)
        fault_add_numbers(fault, line_number(text, flaw.at), 0);
    return fault_set(fault, flaw.reason, name);
}

enum seal_status key_file_lacks(const struct key_file *file, enum seal_reason reason,
                                const char *name, struct fault *fault)
{
    if (file->instead == REASON_NONE)
        return fault_set(fault, reason, name);
    fault_add_numbers(fault, file->instead_line, 0);
    return fault_set(fault, file->instead, name);
}

void key_file_free(struct key_file *file)
{
    free(file->public_keys);
    sodium_free(file->secrets);
    *file = (struct key_file){0};
}

void key_text_free(struct key_text *text)
{
    sodium_free(text->data);
    *text = (struct key_text){0};
}

enum seal_status key_file_not_opened(const char *name, struct fault *fault)
{
    enum seal_reason reason = mangled_name(name);

    return reason != REASON_NONE ? fault_set(fault, reason, NULL)
                                 : fault_set_errno(fault, REASON_OPEN, name);
}

/* Reads one byte more than a file has or, of a pipe, than is allowed: if it is there, the file has
 * grown or is too large. */
static enum seal_status read_whole(struct key_text *out, int fd, const struct plat_stat *st,
                                   struct fault *fault)
{
    size_t room =
        st->type == PLAT_FILE && st->size < KEY_FILE_MAX ? (size_t)st->size + 1 : KEY_FILE_MAX + 1;
    enum seal_status status;

    out->data = secret_alloc(room);
    if (out->data == NULL)
        return fault_no_memory(fault);
    status = fd_read_full(fd, out->data, room, &out->len, fault);
    if (status == SEAL_OK && out->len == room)
        status = fault_set(
            fault, room > KEY_FILE_MAX ? REASON_KEY_FILE_LARGE : REASON_KEY_FILE_GREW, NULL);
    return status;
}

/* Only the owner may have rights on a secret key, if its medium keeps rights. */
static enum seal_status check_rights(struct key_file *file, int fd, const struct plat_stat *st,
                                     struct fault *fault)
{
    if (file->secret_count == 0 || file->marked_public || !st->others_may_read)
        return SEAL_OK;
    file->is_exposed = !plat_can_restrict(fd);
    return file->is_exposed ? SEAL_OK : fault_set(fault, REASON_KEY_LOOSE, NULL);
}

enum seal_status key_file_read_text(struct key_file *out, struct key_text *text, const char *name,
                                    struct fault *fault)
{
    struct plat_stat st;
    enum seal_status status;
    int fd = plat_open_file(PLAT_CWD, name, true);

    *out = (struct key_file){0};
    *text = (struct key_text){0};
    if (fd < 0)
        return key_file_not_opened(name, fault);
    if (plat_stat_fd(fd, &st) != 0)
        status = fault_set_errno(fault, REASON_READ, name);
    else if (st.type == PLAT_DIR)
        status = fault_set(fault, REASON_KEY_FOLDER, NULL);
    else
        status = read_whole(text, fd, &st, fault);
    if (status == SEAL_OK)
        status = key_text_to_utf8(text, fault);
    if (status == SEAL_OK)
        status = key_file_parse(out, text->data, text->len, name, fault);
    if (status == SEAL_OK)
        status = check_rights(out, fd, &st, fault);
    (void)plat_close(fd); /* only read from: nothing can be lost */
    if (status != SEAL_OK) {
        fault_add_name(fault, name);
        key_file_free(out);
        key_text_free(text);
    }
    return status;
}

enum seal_status key_file_read(struct key_file *out, const char *name, struct fault *fault)
{
    struct key_text text;
    enum seal_status status = key_file_read_text(out, &text, name, fault);

    key_text_free(&text);
    for (size_t i = 0; status == SEAL_OK && i < out->secret_count && out->is_exposed; i++)
        if (!out->secrets[i].locked)
            status = fault_set(fault, REASON_KEY_NO_RIGHTS, name);
    if (status != SEAL_OK)
        key_file_free(out);
    return status;
}

bool key_file_is_meant(const char *name, const char *ending)
{
    size_t len = strlen(name), ending_len = strlen(ending);
    struct fault ignored = {.status = SEAL_OK};
    struct plat_stat st;
    struct key_file file;
    bool has_keys;

    if (len < ending_len || strcmp(name + len - ending_len, ending) != 0 ||
        plat_stat_at(PLAT_CWD, name, true, &st) != 0 || st.type != PLAT_FILE)
        return false;
    has_keys = key_file_read(&file, name, &ignored) == SEAL_OK &&
               file.public_count + file.secret_count > 0;
    key_file_free(&file);
    return has_keys;
}

/* ---- Writing ------------------------------------------------------------------------------ */

/* Never lets the buffer grow: that would leave a copy of what may be secret. */
static enum seal_status append_key(struct buffer *out, const char *comment,
                                   const uint8_t pkh[static HASH_LEN], enum block_kind kind,
                                   const uint8_t *record, size_t len)
{
    char fingerprint[FINGERPRINT_SIZE];
    size_t block_len = block_text_len(kind, len);

    if (out->cap - out->len < KEY_TEXT_MAX)
        return SEAL_NO_MEMORY;
    fingerprint_text(fingerprint, pkh);
    if (buffer_printf(out, "%s\n%s\n", comment, fingerprint) != SEAL_OK)
        return SEAL_NO_MEMORY;
    block_write((char *)out->data + out->len, kind, record, len);
    out->len += block_len;
    return SEAL_OK;
}

enum seal_status public_key_text(struct buffer *out, const struct public_key *key)
{
    uint8_t record[PUBLIC_RECORD_LEN];

    if (buffer_reserve(out, KEY_TEXT_MAX) != SEAL_OK)
        return SEAL_NO_MEMORY;
    public_record_write(record, key);
    return append_key(out,
                      "Seal public key: give it out. Whoever gets it compares this number with "
                      "you by voice:",
                      key->pkh, BLOCK_PUBLIC, record, sizeof record);
}

enum seal_status secret_record_text(struct buffer *out, const struct secret_record *record,
                                    const uint8_t pkh[static HASH_LEN])
{
    return append_key(out,
                      "Seal secret key: guard it, and keep a copy of it elsewhere. Its public key "
                      "has this number:",
                      pkh, BLOCK_SECRET, record->bytes, sizeof record->bytes);
}

enum seal_status key_text_replace_secret(struct key_text *out, const struct key_text *old,
                                         const struct secret_record *record)
{
    size_t block_len = block_text_len(BLOCK_SECRET, SECRET_RECORD_LEN);
    size_t pos = 0;
    struct block block = {0};
    bool found, marked = false;
    struct flaw flaw;

    *out = (struct key_text){0};
    do {
        if (block_next(old->data, old->len, &pos, &block, &found, &marked, &flaw) != SEAL_OK ||
            !found)
            return SEAL_BAD_KEY;
    } while (block.kind != BLOCK_SECRET);
    out->len = old->len - (block.end - block.start) + block_len;
    out->data = secret_alloc(out->len + 1);
    if (out->data == NULL)
        return SEAL_NO_MEMORY;
    memcpy(out->data, old->data, block.start);
    block_write(out->data + block.start, BLOCK_SECRET, record->bytes, SECRET_RECORD_LEN);
    memcpy(out->data + block.start + block_len, old->data + block.end, old->len - block.end);
    return SEAL_OK;
}
