/*
 * What checking a drop can come to, in a word for machines and in a sentence for people.
 */
#include "custody/verdict.h"

static const struct {
    const char *word;
    enum text_id sentence;
} verdicts[VERDICT_COUNT] = {
    [VERDICT_ACCEPTED] = {"accepted", T_CUSTODY_ACCEPTED},
    [VERDICT_INCOMPLETE] = {"incomplete", T_CUSTODY_INCOMPLETE},
    [VERDICT_UNCHECKED] = {"not-unpacked", T_CUSTODY_NOT_UNPACKED},
    [VERDICT_NO_KEY] = {"no-key", T_CUSTODY_NO_KEY},
    [VERDICT_DAMAGED] = {"damaged", T_CUSTODY_DAMAGED},
    [VERDICT_HOSTILE] = {"breaks-rules", T_CUSTODY_BREAKS_RULES},
    [VERDICT_NEWER] = {"newer", T_CUSTODY_NEWER},
    [VERDICT_BROKE] = {"broke-reader", T_CUSTODY_BROKE_READER},
};

const char *custody_verdict_word(enum custody_verdict verdict)
{
    return verdicts[verdict].word;
}

enum text_id verdict_text(enum custody_verdict verdict)
{
    return verdicts[verdict].sentence;
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
