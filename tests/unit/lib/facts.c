#include "facts.h"

#include <errno.h>
#include <string.h>

#include "output/output.h"
#include "base/text.h"
#include "lib/unit_check.h"
#include "lib/fixture.h"

/* ---- Facts -------------------------------------------------------------------------------- */

static const char facts_bag_info[] = "Bagging-Date: 2026-11-19\n"
                                     "Bag-Software-Agent: seal 0.1.0\n"
                                     "Payload-Oxum: 48302211.3\n"
                                     "Seal-Format-Version: 1\n"
                                     "Contact-Name: ask for\n"
                                     "  the second reader\n";

const char facts_remarks[] =
    "# missing ./data/case/tape\\0402.mp3 Input/output error\n"
    "# damaged ./data/case/IMG_0412.jpg zeros stand at 65536-131071\n"
    "# renamed ./data/case/%CF%EE.txt ./data/case/\\317\\356.txt\n"
    "# name ./data/case/\\320\\220:1.txt Windows cannot hold it\n"
    "# spelled ./data/case/\\320\\220{3A}1.txt ./data/case/\\320\\220:1.txt\n";

struct custody_file facts_file(void)
{
    struct custody_file f = {.name = "parcel.bin",
                             .size = 49283072,
                             .has_mtime = true,
                             .mtime = {1795246812, 250000000},
                             .has_sha256 = true};

    hash_H(f.sha256, &(struct span){"sealed", 6}, 1);
    return f;
}

struct custody facts_sample(const struct custody_file *files, size_t count)
{
    static uint8_t program[SHA256_LEN];
    struct custody c = {.step = STEP_UNSEALED,
                        .opened = {1795378553, 123},
                        .program = "unseal 0.1.0",
                        .program_sha256 = program,
                        .operator_name = "M. Keller",
                        .case_name = "2026/118",
                        .files = files,
                        .file_count = count,
                        .keys_tried = 2,
                        .verdict = VERDICT_ACCEPTED,
                        .was_opened = true,
                        .fingerprint = "4488 4266 9646 0256 5144 2202 3238 5288 0655",
                        .format_version = 1,
                        .content = CUSTODY_BAG,
                        .was_checked = true,
                        .receipt = "3596 4536 5254 3193 9516",
                        .output = "parcel",
                        .output_is_read_only = true,
                        .bag_info = facts_bag_info,
                        .remarks = ""};

    hash_H(program, &(struct span){"program", 7}, 1);
    hash_H(c.commitment, &(struct span){"commitment", 10}, 1);
    hash_H(c.digest, &(struct span){"digest", 6}, 1);
    memcpy(c.bag_id, c.digest + 16, sizeof c.bag_id);
    hash_H(c.digest, &(struct span){"D", 1}, 1);
    hash_H(c.disk_digest, &(struct span){"on disk", 7}, 1);
    c.totals = (struct bag_totals){.files = 3, .folders = 2, .bytes = 48302211};
    return c;
}

struct custody facts_with_gaps(const struct custody_file *files)
{
    struct custody c = facts_sample(files, 1);

    c.verdict = VERDICT_INCOMPLETE;
    c.remarks = facts_remarks;
    c.spelled = 1;
    c.totals.remarks[BAG_MISSING] = c.totals.remarks[BAG_DAMAGED] = 1;
    c.totals.remarks[BAG_RENAMED] = c.totals.remarks[BAG_ODD_NAME] = 1;
    c.totals.remarks[BAG_LINK] = 1;
    return c;
}

struct custody facts_refusal(const struct custody_file *files, enum custody_verdict verdict)
{
    static const struct fault refusal = {.status = SEAL_HOSTILE, .reason = REASON_PADDING_NOT_ZERO};
    struct custody c = {.opened = {1795378553, 0},
                        .program = "unseal 0.1.0",
                        .files = files,
                        .file_count = 1,
                        .keys_tried = 2,
                        .verdict = verdict};

    if (verdict == VERDICT_NO_KEY)
        return c;
    c.was_opened = true;
    c.refusal = &refusal;
    memcpy(c.fingerprint, "4488 4266 9646 0256 5144 2202 3238 5288 0655", sizeof c.fingerprint);
    c.format_version = 1;
    return c;
}

char *facts_text(const struct custody *c)
{
    struct buffer out = {0};

    CHECK_INT(SEAL_OK, custody_text(&out, c));
    CHECK_INT(strlen((const char *)out.data), out.len);
    return (char *)out.data;
}

size_t facts_count(const char *text, const char *part)
{
    size_t count = 0, len = strlen(part);

    for (const char *s = text; *s != '\0'; s++)
        count += *s == *part && strncmp(s, part, len) == 0;
    return count;
}

/* ---- The record in text ------------------------------------------------------------------- */

bool facts_is_safe(const char *text)
{
    struct text_look look = TEXT_LOOK_SHOWN;

    for (size_t i = 0, len = strlen(text); i < len;) {
        char piece[TEXT_PIECE_SIZE];
        size_t columns, n = text_piece(text + i, len - i, &look, piece, &columns);

        if (text[i] != '\n' && (strlen(piece) != n || memcmp(piece, text + i, n) != 0))
            return false;
        i += n;
    }
    return true;
}

struct custody facts_evil(struct custody_file *file)
{
    struct custody c;

    file->name = EVIL;
    c = facts_sample(file, 1);
    c.program = c.operator_name = c.case_name = c.output = c.first_seen = EVIL;
    c.bag_info = "L: " EVIL "\n" EVIL "\nno colon \xff\x1b\n";
    c.remarks = "# missing ./a\x1b\xff " EVIL "\n"
                "# renamed ./b\\012c\\033\\377 ./d\\012e\x1b\\\n"
                "# spelled ./\\0\\400\\000 ./\\\n"
                "# missing ./\n"
                "# other ./x y\n"
                "#\n"
                "no remark\n"
                "# missing ./cut";
    return c;
}
