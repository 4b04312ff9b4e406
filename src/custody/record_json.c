/*
 * The custody record for machines: written, and read as far as a later check needs it. What is not
 * known is null.
 */
#include "custody/custody.h"
#include "custody/json_value.h"
#include "custody/record_salvage.h"
#include "custody/remarks.h"
#include "custody/verdict.h"
#include "text/catalog.h"

#include <string.h>

#include <jansson.h>

/* ---- Onto the page ------------------------------------------------------------------------ */

/* DEL is the one character that is no printable ASCII and that jansson leaves as it is. */
static int add_piece(const char *s, size_t len, void *ctx)
{
    struct buffer *out = ctx;

    for (size_t i = 0; i < len;) {
        const char *del = memchr(s + i, 0x7f, len - i);
        size_t plain = del == NULL ? len - i : (size_t)(del - s) - i;

        if (buffer_append(out, s + i, plain) != SEAL_OK ||
            (del != NULL && buffer_append(out, "\\u007f", 6) != SEAL_OK))
            return -1;
        i += plain + (del != NULL);
    }
    return 0;
}

/* Appends value (NULL: it could not be made) and takes it over. */
static enum seal_status put(struct buffer *out, json_t *value, size_t flags)
{
    int failed = value == NULL
                     ? -1
                     : json_dump_callback(value, add_piece, out,
                                          flags | JSON_ENSURE_ASCII | JSON_PRESERVE_ORDER);

    json_decref(value);
    return failed != 0 ? SEAL_NO_MEMORY : SEAL_OK;
}

/* ---- The facts ---------------------------------------------------------------------------- */

static json_t *make_heads(enum custody_heads heads)
{
    static const char *const words[CUSTODY_HEADS_COUNT] = {
        [CUSTODY_HEADS_RIGHT] = "right",
        [CUSTODY_FIRST_BAD] = "first-bad",
        [CUSTODY_SECOND_NO_SLOT] = "second-without-slot",
        [CUSTODY_SECOND_KEY] = "second-other-key",
        [CUSTODY_SECOND_ALTERED] = "second-damaged",
        [CUSTODY_SECOND_CONTENT] = "second-other-content"};

    return words[heads] == NULL ? json_null() : json_string(words[heads]);
}

static json_t *make_range(const struct mended_range *r)
{
    struct object o = object_new();

    object_set(&o, "offset", json_of_number(r->first * BLOCK_LEN));
    object_set(&o, "length", json_of_number(r->count * BLOCK_LEN));
    return object_end(&o);
}

static json_t *make_ranges(const struct custody_file *f)
{
    json_t *ranges = json_array();

    for (size_t i = 0; i < f->mended_count; i++)
        if (json_array_append_new(ranges, make_range(&f->mended[i])) != 0) {
            json_decref(ranges);
            return NULL;
        }
    return ranges;
}

static json_t *make_mended(const struct custody_file *f)
{
    struct object o;

    if (f->mended_count == 0 && f->unreadable == 0)
        return json_null();
    o = object_new();
    object_set(&o, "ranges", make_ranges(f));
    object_set(&o, "more_than_listed", json_boolean(f->mended_is_cut));
    object_set(&o, "unreadable_blocks", json_of_number(f->unreadable));
    return object_end(&o);
}

static json_t *make_file(const struct custody_file *f)
{
    struct object o = object_new();

    object_set(&o, "name", json_of_text(f->name));
    object_set(&o, "size", json_of_number(f->size));
    object_set(&o, "mtime", f->has_mtime ? json_of_time(f->mtime, true) : json_null());
    object_set(&o, "sha256", f->has_sha256 ? json_of_hex(f->sha256, SHA256_LEN) : json_null());
    object_set(&o, "headers", make_heads(f->heads));
    object_set(&o, "by_set", json_boolean(f->by_set));
    object_set(&o, "mended", make_mended(f));
    return object_end(&o);
}

static json_t *make_files(const struct custody *c)
{
    json_t *files = json_array();

    for (size_t i = 0; i < c->file_count; i++) {
        if (json_array_append_new(files, make_file(&c->files[i])) != 0) {
            json_decref(files);
            return NULL;
        }
    }
    return files;
}

static json_t *make_totals(const struct custody *c)
{
    static const char *const keys[BAG_REMARK_KINDS] = {
        [BAG_MISSING] = "missing",    [BAG_SKIPPED] = "skipped",
        [BAG_DAMAGED] = "damaged",    [BAG_CHANGED] = "changed",
        [BAG_LINK] = "links",         [BAG_RENAMED] = "renamed",
        [BAG_ODD_NAME] = "odd_names", [BAG_ROUNDED] = "rounded_times",
        [BAG_UNKEPT] = "unkept",
    };
    struct object o;

    if (!c->was_checked || c->content == CUSTODY_RAW)
        return json_null();
    o = object_new();
    object_set(&o, "bytes", json_of_number(c->totals.bytes));
    if (c->content == CUSTODY_STREAM)
        return object_end(&o);
    object_set(&o, "files", json_of_number(c->totals.files));
    object_set(&o, "folders", json_of_number(c->totals.folders));
    object_set(&o, "coded_names", json_of_number(c->totals.coded_names));
    for (size_t i = 0; i < BAG_REMARK_KINDS; i++)
        object_set(&o, keys[i], json_of_number(c->totals.remarks[i]));
    return object_end(&o);
}

static void set_examination(struct object *o, const struct custody *c)
{
    object_set(o, "step", json_string(c->step == STEP_VERIFIED ? "verified" : "unsealed"));
    object_set(o, "opened", json_of_time(c->opened, false));
    object_set(o, "clock", json_string("unverified: taken from this computer"));
    object_set(o, "program", json_of_text(c->program));
    object_set(o, "program_sha256", json_of_hex(c->program_sha256, SHA256_LEN));
    object_set(o, "operator", json_of_text(c->operator_name));
    object_set(o, "case", json_of_text(c->case_name));
    object_set(o, "received", make_files(c));
    object_set(o, "number", c->number > 1 ? json_of_number(c->number) : json_null());
    object_set(o, "keys_tried", json_of_number(c->keys_tried));
    object_set(o, "slots_differ", json_boolean(c->slots_differ));
}

static json_t *make_times(const struct custody *c)
{
    struct object o;

    if (!c->was_checked || c->content != CUSTODY_BAG || c->output == NULL)
        return json_null();
    o = object_new();
    object_set(&o, "same", json_integer((json_int_t)c->times[BAG_TIME_SAME]));
    object_set(&o, "rounded", json_integer((json_int_t)c->times[BAG_TIME_ROUNDED]));
    object_set(&o, "shifted", json_integer((json_int_t)c->times[BAG_TIME_SHIFTED]));
    object_set(&o, "other", json_integer((json_int_t)c->times[BAG_TIME_OTHER]));
    return object_end(&o);
}

static void set_inside(struct object *o, const struct custody *c)
{
    static const char *const contents[] = {
        [CUSTODY_BAG] = "bag", [CUSTODY_STREAM] = "stream", [CUSTODY_RAW] = "raw"};
    bool opened = c->was_opened, checked = c->was_checked;

    object_set(o, "key_fingerprint", json_of_text(opened ? c->fingerprint : NULL));
    object_set(o, "format_version", opened ? json_integer(c->format_version) : json_null());
    object_set(o, "commitment", json_of_hex(opened ? c->commitment : NULL, sizeof c->commitment));
    object_set(o, "bag_id", json_of_hex(opened ? c->bag_id : NULL, sizeof c->bag_id));
    object_set(o, "content", json_of_text(opened ? contents[c->content] : NULL));
    object_set(o, "receipt", json_of_text(checked ? c->receipt : NULL));
    object_set(o, "digest", json_of_hex(checked ? c->digest : NULL, SHA256_LEN));
    object_set(o, "digest_was_compared", json_boolean(checked && c->content != CUSTODY_RAW));
    object_set(o, "output", json_of_text(c->output));
    object_set(o, "digest_on_disk",
               json_of_hex(checked && c->content == CUSTODY_BAG && c->output != NULL
                               ? c->disk_digest
                               : NULL,
                           SHA256_LEN));
    object_set(o, "output_is_read_only", json_boolean(c->output_is_read_only));
    object_set(o, "times_on_disk", make_times(c));
    object_set(o, "totals", make_totals(c));
}

static json_t *make_facts(const struct custody *c)
{
    static const char *const seen[SEEN_COUNT] = {[SEEN_FILE] = "file",
                                                 [SEEN_HEAD] = "head",
                                                 [SEEN_BAG] = "bag",
                                                 [SEEN_NUMBER] = "number",
                                                 [SEEN_CONTENT] = "content"};
    char reason[TEXT_FAULT_SIZE];
    struct object o = object_new();

    object_set(&o, "schema", json_string(CUSTODY_SCHEMA));
    object_set(&o, "verdict", json_string(custody_verdict_word(c->verdict)));
    (void)text_reason(reason, sizeof reason, catalog_english(), c->refusal);
    object_set(&o, "reason", reason[0] != '\0' ? json_of_text(reason) : json_null());
    object_set(&o, "sentence", json_string(text_plain(catalog_english(), verdict_text(c))));
    object_set(&o, "first_seen", json_of_text(c->first_seen));
    object_set(&o, "first_seen_as", json_of_text(seen[c->first_seen == NULL ? NOT_SEEN : c->seen]));
    set_examination(&o, c);
    set_inside(&o, c);
    object_set(&o, "salvage", salvage_json(c->salvage));
    object_set(&o, "bag_info_is_cut", json_boolean(c->info_is_cut));
    object_set(&o, "remarks_are_cut", json_boolean(c->remarks_are_cut));
    return object_end(&o);
}

/* ---- Rows that may be very long ------------------------------------------------------------ */

static json_t *make_remark(const struct remark *r)
{
    struct object o = object_new();

    object_set(&o, "kind", json_string(r->word));
    object_set(&o, "path", json_of_path(r->path));
    object_set(&o, "detail", r->detail_is_path ? json_of_path(r->detail) : json_of_span(r->detail));
    return object_end(&o);
}

/* Appends one to a row, a line each. */
static enum seal_status put_row(struct buffer *out, bool *begins, json_t *value)
{
    const char *before = *begins ? "\n    " : ",\n    ";

    *begins = false;
    if (buffer_append_text(out, before) != SEAL_OK) {
        json_decref(value);
        return SEAL_NO_MEMORY;
    }
    return put(out, value, 0);
}

static enum seal_status put_rows_end(struct buffer *out, bool is_empty)
{
    return buffer_append_text(out, is_empty ? "]" : "\n  ]");
}

static enum seal_status put_remarks(struct buffer *out, const char *text)
{
    struct remark r;
    bool begins = true;

    if (buffer_append_text(out, ",\n  \"remarks\": [") != SEAL_OK)
        return SEAL_NO_MEMORY;
    while (remark_next(&text, &r))
        if (put_row(out, &begins, make_remark(&r)) != SEAL_OK)
            return SEAL_NO_MEMORY;
    return put_rows_end(out, begins);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct span trimmed(struct span s)
{
    const char *p = s.data;

    while (s.len > 0 && is_blank(p[0])) {
        p++;
        s.len--;
    }
    while (s.len > 0 && (is_blank(p[s.len - 1]) || p[s.len - 1] == '\r'))
        s.len--;
    return (struct span){p, s.len};
}

static json_t *make_info(struct span label, const struct buffer *value)
{
    struct object o = object_new();

    object_set(&o, "label", json_of_span(label));
    object_set(&o, "value", json_of_span((struct span){value->data, value->len}));
    return object_end(&o);
}

/* Takes a line apart; without a colon it is a value with an empty label. */
static enum seal_status info_begin(struct span line, struct span *label, struct buffer *value)
{
    const char *colon = memchr(line.data, ':', line.len);
    struct span rest = line;

    *label = (struct span){line.data, 0};
    if (colon != NULL) {
        label->len = (size_t)(colon - (const char *)line.data);
        rest = (struct span){colon + 1, line.len - label->len - 1};
    }
    *label = trimmed(*label);
    rest = trimmed(rest);
    value->len = 0;
    return buffer_append(value, rest.data, rest.len);
}

/* A line that begins with a blank goes on with the one before (RFC 8493, 2.2.2). */
static enum seal_status info_go_on(struct span line, struct buffer *value)
{
    struct span rest = trimmed(line);

    if (value->len > 0 && rest.len > 0 && buffer_append(value, " ", 1) != SEAL_OK)
        return SEAL_NO_MEMORY;
    return buffer_append(value, rest.data, rest.len);
}

static enum seal_status put_infos(struct buffer *out, const char *text, struct buffer *value)
{
    struct span line, label;
    bool begins = true, has_one = false;
    enum seal_status status = SEAL_OK;

    while (status == SEAL_OK && line_next(&text, &line)) {
        if (has_one && line.len > 0 && is_blank(*(const char *)line.data)) {
            status = info_go_on(line, value);
            continue;
        }
        if (has_one)
            status = put_row(out, &begins, make_info(label, value));
        if (status == SEAL_OK)
            status = info_begin(line, &label, value);
        has_one = true;
    }
    if (has_one && status == SEAL_OK)
        status = put_row(out, &begins, make_info(label, value));
    return status == SEAL_OK ? put_rows_end(out, begins) : status;
}

static enum seal_status put_bag_info(struct buffer *out, const char *text)
{
    struct buffer value = {0};
    enum seal_status status = buffer_append_text(out, ",\n  \"bag_info\": [");

    if (status == SEAL_OK)
        status = put_infos(out, text, &value);
    buffer_free(&value);
    return status;
}

/* ---- All of it ---------------------------------------------------------------------------- */

/* Rows of remarks may have a million lines: they are never held as JSON values all at once, but
 * put behind the other facts one by one. */
enum seal_status custody_json(struct buffer *out, const struct custody *c)
{
    static const char object_end_text[] = "\n}";
    bool has_bag = (c->was_checked || c->salvage != NULL) && c->content == CUSTODY_BAG;

    if (put(out, make_facts(c), JSON_INDENT(2)) != SEAL_OK)
        return SEAL_NO_MEMORY;
    out->len -= strlen(object_end_text);
    if (put_bag_info(out, has_bag ? c->bag_info : NULL) != SEAL_OK ||
        put_remarks(out, has_bag ? c->remarks : NULL) != SEAL_OK)
        return SEAL_NO_MEMORY;
    return buffer_append_text(out, "\n}\n");
}

enum seal_status custody_item_json(struct buffer *out, const char *path, const char *type,
                                   uint64_t size, struct timestamp mtime, const uint8_t *sha256,
                                   const char *target)
{
    struct object o = object_new();

    object_set(&o, "path", json_of_text(path));
    object_set(&o, "type", json_of_text(type));
    if (strcmp(type, "file") == 0)
        object_set(&o, "size", json_of_number(size));
    object_set(&o, "mtime", json_of_time(mtime, true));
    if (sha256 != NULL)
        object_set(&o, "sha256", json_of_hex(sha256, SHA256_LEN));
    if (target != NULL)
        object_set(&o, "target", json_of_text(target));
    if (put(out, object_end(&o), 0) != SEAL_OK)
        return SEAL_NO_MEMORY;
    return buffer_append_text(out, "");
}
