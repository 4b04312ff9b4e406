#include "cli/repair_report.h"

#include "base/text.h"

/* What is wrong with repair data, but not with what was read. */
static void show_heads(const struct arrival *a)
{
    static const enum text_id texts[CUSTODY_HEADS_COUNT] = {
        [CUSTODY_FIRST_BAD] = T_UNSEAL_FIRST_BAD,
        [CUSTODY_SECOND_NO_SLOT] = T_UNSEAL_SECOND_NO_SLOT,
        [CUSTODY_SECOND_KEY] = T_UNSEAL_SECOND_KEY,
        [CUSTODY_SECOND_ALTERED] = T_UNSEAL_SECOND_ALTERED,
        [CUSTODY_SECOND_CONTENT] = T_UNSEAL_SECOND_CONTENT};

    if (texts[a->received.heads] != T_NONE)
        warn(texts[a->received.heads], .name = a->path);
}

static void show_mended(const struct arrival *a)
{
    const struct custody_file *f = &a->received;
    uint64_t blocks = 0;

    for (size_t i = 0; i < f->mended_count; i++)
        blocks += f->mended[i].count;
    if (f->mended_is_cut)
        warn(T_UNSEAL_MENDED_MANY, .name = a->path, .count = blocks);
    else if (blocks > 0)
        warn(T_UNSEAL_MENDED, .name = a->path, .count = blocks);
}

void show_repair(const struct set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        show_heads(set->files[i]);
        show_mended(set->files[i]);
    }
}

static enum exit_code show_lost_heads(const struct arrival *a)
{
    if (a->received.heads == CUSTODY_HEADS_RIGHT)
        return EXIT_ALL_DONE;
    warn(a->received.heads == CUSTODY_FIRST_BAD ? T_MEND_FIRST_LOST : T_MEND_SECOND_LOST,
         .name = a->path);
    return EXIT_INCOMPLETE;
}

enum exit_code mend_report(const struct mend_result *result, const char *copy)
{
    const struct arrival *a = result->sets.all[0].files[0];
    const uint64_t blocks = result->found.mended.block_count;
    char hex[2 * SHA256_LEN + 1];
    enum exit_code code;

    if (blocks > 0)
        say(T_MEND_BLOCKS, .count = blocks);
    else if (a->received.heads == CUSTODY_HEADS_RIGHT)
        say(T_MEND_NOTHING, .name = a->path);
    hex_encode(hex, a->received.sha256, SHA256_LEN);
    print(T_MEND_FROM, .name = a->path, .word = hex);
    hex_encode(hex, result->sha256, SHA256_LEN);
    print(T_MEND_TO, .name = copy, .word = hex);
    code = show_lost_heads(a);
    if (code == EXIT_ALL_DONE)
        say(T_MEND_WHOLE, .size = result->size);
    return code;
}
