/*
 * What checking a drop can come to, in a word for machines and in a sentence for people.
 */
#include "custody/verdict.h"

static const struct {
    const char *word;
    enum text_id sentence;
    enum text_id mended; /* the same of files that had to be mended, where that matters */
} verdicts[VERDICT_COUNT] = {
    [VERDICT_ACCEPTED] = {"accepted", T_CUSTODY_ACCEPTED, T_CUSTODY_ACCEPTED_MENDED},
    [VERDICT_INCOMPLETE] = {"incomplete", T_CUSTODY_INCOMPLETE, T_CUSTODY_INCOMPLETE_MENDED},
    [VERDICT_UNCHECKED] = {"not-unpacked", T_CUSTODY_NOT_UNPACKED, T_CUSTODY_NOT_UNPACKED_MENDED},
    [VERDICT_NO_KEY] = {"no-key", T_CUSTODY_NO_KEY, T_NONE},
    [VERDICT_DAMAGED] = {"damaged", T_CUSTODY_DAMAGED, T_NONE},
    [VERDICT_HOSTILE] = {"breaks-rules", T_CUSTODY_BREAKS_RULES, T_NONE},
    [VERDICT_NEWER] = {"newer", T_CUSTODY_NEWER, T_NONE},
    [VERDICT_BROKE] = {"broke-reader", T_CUSTODY_BROKE_READER, T_NONE},
    [VERDICT_SALVAGED] = {"salvaged", T_CUSTODY_SALVAGED, T_NONE},
};

const char *custody_verdict_word(enum custody_verdict verdict)
{
    return verdicts[verdict].word;
}

static bool was_mended(const struct custody *c)
{
    for (size_t i = 0; i < c->file_count; i++)
        if (c->files[i].mended_count > 0)
            return true;
    return false;
}

enum text_id verdict_text(const struct custody *c)
{
    const enum text_id mended = verdicts[c->verdict].mended;

    return mended != T_NONE && was_mended(c) ? mended : verdicts[c->verdict].sentence;
}

enum text_id double_text(enum custody_double seen)
{
    static const enum text_id sentences[SEEN_COUNT] = {
        [NOT_SEEN] = T_NONE,
        [SEEN_FILE] = T_CUSTODY_SEEN_FILE,
        [SEEN_HEAD] = T_CUSTODY_SEEN_HEADER,
        [SEEN_BAG] = T_CUSTODY_SEEN_BAG,
        [SEEN_NUMBER] = T_CUSTODY_SEEN_NUMBER,
        [SEEN_CONTENT] = T_CUSTODY_SEEN_CONTENT,
    };

    return sentences[seen];
}
