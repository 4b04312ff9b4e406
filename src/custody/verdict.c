/*
 * What checking a drop can come to, in a word for machines and in a sentence for people.
 */
#include "custody/custody.h"

static const struct {
    const char *word, *sentence;
} verdicts[VERDICT_COUNT] = {
    [VERDICT_ACCEPTED] = {"accepted",
                          "Accepted: it arrived whole and unaltered, and every check of "
                          "what is inside was passed."},
    [VERDICT_INCOMPLETE] = {"incomplete",
                            "Accepted, with gaps that the sender recorded: what was sealed arrived "
                            "whole and unaltered, and every check was passed, but something could "
                            "not be sealed as it was."},
    [VERDICT_UNCHECKED] = {"not-unpacked", "Taken out as it is: the sealed file arrived whole and "
                                           "unaltered; what is inside was not looked into."},
    [VERDICT_NO_KEY] = {"no-key", "Refused: no key that was tried opens it, or its beginning is "
                                  "damaged; nothing is known of what is inside."},
    [VERDICT_DAMAGED] = {"damaged", "Refused: a key opens it, but it was altered or cut short; "
                                    "nothing of what is inside was kept."},
    [VERDICT_HOSTILE] = {"breaks-rules",
                         "Refused: it arrived as it was sealed, but what is inside breaks the "
                         "rules; nothing of it was kept, and its source should be treated with "
                         "suspicion."},
    [VERDICT_NEWER] = {"newer", "Refused: it was made by a newer version of the program, and can "
                                "be opened with that version only."},
    [VERDICT_BROKE] = {"broke-reader",
                       "Refused: the part of the program that reads what is inside crashed on it, "
                       "or tried what it may not do and was stopped; nothing of it was kept, and "
                       "its source should be treated with suspicion."},
};

const char *custody_double_sentence(enum custody_double seen)
{
    static const char *const sentences[SEEN_COUNT] = {
        [SEEN_FILE] = "This very file, byte for byte, was received before.",
        [SEEN_HEAD] =
            "A sealed file with the same beginning, but other bytes, was received before.",
        [SEEN_BAG] = "The same bag was received before, in another sealed file.",
        [SEEN_NUMBER] =
            "A sealed file with the same number of the bag was received before; that it "
            "holds the same is not known.",
        [SEEN_CONTENT] = "The same content was received before, in another sealed file.",
    };

    return sentences[seen];
}

const char *custody_verdict_word(enum custody_verdict verdict)
{
    return verdicts[verdict].word;
}

const char *custody_verdict_sentence(enum custody_verdict verdict)
{
    return verdicts[verdict].sentence;
}
