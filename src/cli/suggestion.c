/*
 * The nearest of some known words to one that is not known: by how many letters must be added, left
 * out, replaced or exchanged with the next (optimal string alignment).
 */
#include "cli/options.h"

#include <string.h>

/* All options and commands are shorter; nothing is near to a longer word. */
#define WORD_MAX ((size_t)24)

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* before and last are the rows of the table above row; each has one column more than b letters. */
static void fill_row(size_t *row, const size_t *last, const size_t *before, const char *a, size_t i,
                     const char *b, size_t b_len)
{
    row[0] = i;
    for (size_t k = 1; k <= b_len; k++) {
        bool is_same = a[i - 1] == b[k - 1];

        row[k] = least(least(row[k - 1], last[k]) + 1, last[k - 1] + (is_same ? 0 : 1));
        if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
            row[k] = least(row[k], before[k - 2] + 1);
    }
}

static size_t distance_between(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t rows[3][WORD_MAX + 1] = {{0}};

    for (size_t k = 0; k <= b_len; k++)
        rows[0][k] = k;
    for (size_t i = 1; i <= a_len; i++)
        fill_row(rows[i % 3], rows[(i + 2) % 3], rows[(i + 1) % 3], a, i, b, b_len);
    return rows[a_len % 3][b_len];
}

/* The beginning of a word counts as near: somebody took it that commands may be shortened, as
 * options may. */
static bool is_begin(const struct suggestion *s, const char *word)
{
    return s->wrong_len >= 3 && strncmp(word, s->wrong, s->wrong_len) == 0;
}

void suggestion_consider(struct suggestion *s, const char *word)
{
    size_t len = strlen(word), limit = s->wrong_len < 5 ? 1 : 2, distance;

    if (s->wrong_len == 0 || s->wrong_len > WORD_MAX || len > WORD_MAX)
        return;
    distance = is_begin(s, word) ? 1 : distance_between(s->wrong, s->wrong_len, word, len);
    /* A word that has nothing in common with it is none that somebody meant. */
    if (distance > limit || distance >= len || (s->nearest != NULL && distance >= s->distance))
        return;
    s->nearest = word;
    s->distance = distance;
}
