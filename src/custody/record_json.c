/*
 * The custody record for machines: written, and read as far as a later check needs it. What is not
 * known is null.
 */
#include "custody/custody.h"
#include "custody/remarks.h"
#include "custody/verdict.h"
#include "text/catalog.h"

#include <string.h>

#include <jansson.h>

/* ---- Values ------------------------------------------------------------------------------- */

/* Each of these makes a value, or NULL for want of memory. */

static json_t *make_text(struct span s)
{
    struct buffer escaped = {0};
    json_t *value = NULL;

    if (s.len == 0)
        return json_string(""); /* data may be NULL then */
    if (utf8_is_valid(s.data, s.len))
        return json_stringn(s.data, s.len);
    if (text_escape(&escaped, s.data, s.len) == SEAL_OK)
        value = json_stringn((const char *)escaped.data, escaped.len);
    buffer_free(&escaped);
    return value;
}

static json_t *make_string(const char *s)
{
    return s == NULL ? json_null() : make_text((struct span){s, strlen(s)});
}

/* A path of metadata.mtree, without its \ooo. */
static json_t *make_path(struct span path)
{
    struct buffer plain = {0};
    json_t *value = NULL;

    if (remark_path(&plain, path) == SEAL_OK)
        value = make_text((struct span){plain.data, plain.len});
    buffer_free(&plain);
    return value;
}

static json_t *make_number(uint64_t n)
{
    return json_integer(n > INT64_MAX ? INT64_MAX : (json_int_t)n);
}

static json_t *make_hex(const uint8_t *data, size_t len)
{
    char text[2 * SHA256_LEN + 1];

    if (data == NULL)
        return json_null();
    hex_encode(text, data, len);
    return json_string(text);
}

static json_t *make_time(struct timestamp t, bool fraction)
{
    char text[TIME_TEXT_SIZE];

    time_format(text, t, fraction);
    return json_string(text);
}

/* An object in the making: the first failure stays. */
struct object {
    json_t *json;
    bool failed;
};

static struct object object_new(void)
{
    json_t *json = json_object();

    return (struct object){json, json == NULL};
}

static void set(struct object *o, const char *key, json_t *value)
{
    if (value == NULL || json_object_set_new(o->json, key, value) != 0)
        o->failed = true;
}

/* Its value, for the object above; NULL if something failed. */
static json_t *object_end(struct object *o)
{
    if (!o->failed)
        return o->json;
    json_decref(o->json);
    return NULL;
}

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

static json_t *make_file(const struct custody_file *f)
{
    struct object o = object_new();

    set(&o, "name", make_string(f->name));
    set(&o, "size", make_number(f->size));
    set(&o, "mtime", f->has_mtime ? make_time(f->mtime, true) : json_null());
    set(&o, "sha256", f->has_sha256 ? make_hex(f->sha256, SHA256_LEN) : json_null());
    set(&o, "headers", make_heads(f->heads));
    set(&o, "by_set", json_boolean(f->by_set));
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
    set(&o, "bytes", make_number(c->totals.bytes));
    if (c->content == CUSTODY_STREAM)
        return object_end(&o);
    set(&o, "files", make_number(c->totals.files));
    set(&o, "folders", make_number(c->totals.folders));
    set(&o, "coded_names", make_number(c->totals.coded_names));
    for (size_t i = 0; i < BAG_REMARK_KINDS; i++)
        set(&o, keys[i], make_number(c->totals.remarks[i]));
    return object_end(&o);
}

static void set_examination(struct object *o, const struct custody *c)
{
    set(o, "step", json_string(c->step == STEP_VERIFIED ? "verified" : "unsealed"));
    set(o, "opened", make_time(c->opened, false));
    set(o, "clock", json_string("unverified: taken from this computer"));
    set(o, "program", make_string(c->program));
    set(o, "program_sha256", make_hex(c->program_sha256, SHA256_LEN));
    set(o, "operator", make_string(c->operator_name));
    set(o, "case", make_string(c->case_name));
    set(o, "received", make_files(c));
    set(o, "number", c->number > 1 ? make_number(c->number) : json_null());
    set(o, "keys_tried", make_number(c->keys_tried));
    set(o, "slots_differ", json_boolean(c->slots_differ));
}

static json_t *make_times(const struct custody *c)
{
    struct object o;

    if (!c->was_checked || c->content != CUSTODY_BAG || c->output == NULL)
        return json_null();
    o = object_new();
    set(&o, "same", json_integer((json_int_t)c->times[BAG_TIME_SAME]));
    set(&o, "rounded", json_integer((json_int_t)c->times[BAG_TIME_ROUNDED]));
    set(&o, "shifted", json_integer((json_int_t)c->times[BAG_TIME_SHIFTED]));
    set(&o, "other", json_integer((json_int_t)c->times[BAG_TIME_OTHER]));
    return object_end(&o);
}

static void set_inside(struct object *o, const struct custody *c)
{
    static const char *const contents[] = {
        [CUSTODY_BAG] = "bag", [CUSTODY_STREAM] = "stream", [CUSTODY_RAW] = "raw"};
    bool opened = c->was_opened, checked = c->was_checked;

    set(o, "key_fingerprint", make_string(opened ? c->fingerprint : NULL));
    set(o, "format_version", opened ? json_integer(c->format_version) : json_null());
    set(o, "commitment", make_hex(opened ? c->commitment : NULL, sizeof c->commitment));
    set(o, "bag_id", make_hex(opened ? c->bag_id : NULL, sizeof c->bag_id));
    set(o, "content", make_string(opened ? contents[c->content] : NULL));
    set(o, "receipt", make_string(checked ? c->receipt : NULL));
    set(o, "digest", make_hex(checked ? c->digest : NULL, SHA256_LEN));
    set(o, "digest_was_compared", json_boolean(checked && c->content != CUSTODY_RAW));
    set(o, "output", make_string(c->output));
    set(o, "digest_on_disk",
        make_hex(checked && c->content == CUSTODY_BAG && c->output != NULL ? c->disk_digest : NULL,
                 SHA256_LEN));
    set(o, "output_is_read_only", json_boolean(c->output_is_read_only));
    set(o, "times_on_disk", make_times(c));
    set(o, "totals", make_totals(c));
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

    set(&o, "schema", json_string(CUSTODY_SCHEMA));
    set(&o, "verdict", json_string(custody_verdict_word(c->verdict)));
    (void)text_reason(reason, sizeof reason, catalog_english(), c->refusal);
    set(&o, "reason", reason[0] != '\0' ? make_string(reason) : json_null());
    set(&o, "sentence", json_string(text_plain(catalog_english(), verdict_text(c->verdict))));
    set(&o, "first_seen", make_string(c->first_seen));
    set(&o, "first_seen_as", make_string(seen[c->first_seen == NULL ? NOT_SEEN : c->seen]));
    set_examination(&o, c);
    set_inside(&o, c);
    set(&o, "bag_info_is_cut", json_boolean(c->info_is_cut));
    set(&o, "remarks_are_cut", json_boolean(c->remarks_are_cut));
    return object_end(&o);
}

/* ---- Rows that may be very long ------------------------------------------------------------ */

static json_t *make_remark(const struct remark *r)
{
    struct object o = object_new();

    set(&o, "kind", json_string(r->word));
    set(&o, "path", make_path(r->path));
    set(&o, "detail", r->detail_is_path ? make_path(r->detail) : make_text(r->detail));
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

    set(&o, "label", make_text(label));
    set(&o, "value", make_text((struct span){value->data, value->len}));
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
    bool has_bag = c->was_checked && c->content == CUSTODY_BAG;

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

    set(&o, "path", make_string(path));
    set(&o, "type", make_string(type));
    if (strcmp(type, "file") == 0)
        set(&o, "size", make_number(size));
    set(&o, "mtime", make_time(mtime, true));
    if (sha256 != NULL)
        set(&o, "sha256", make_hex(sha256, SHA256_LEN));
    if (target != NULL)
        set(&o, "target", make_string(target));
    if (put(out, object_end(&o), 0) != SEAL_OK)
        return SEAL_NO_MEMORY;
    return buffer_append_text(out, "");
}
