/*
 * Whether each sealing has keys of its own when the state of the machine comes back: a virtual
 * machine that is resumed twice from one snapshot. Here the system gives the same bytes and the
 * same time as often as wanted.
 */
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "envelope/envelope.h"
#include "lib/fixture.h"
#include "lib/unit_check.h"

/* ---- A system that can be stopped --------------------------------------------------------- */

struct system_state {
    uint8_t byte; /* all that it gives for random */
    time_t wall, uptime;
};

static const struct system_state *stopped; /* NULL: it goes on */

/* Instead of the C library's. */
int clock_gettime(clockid_t id, struct timespec *now)
{
    if (stopped == NULL)
        return (int)syscall(SYS_clock_gettime, id, now);
    *now = (struct timespec){id == CLOCK_REALTIME ? stopped->wall : stopped->uptime, 0};
    return 0;
}

static const char *stopped_name(void)
{
    return "stopped";
}

static uint32_t stopped_random(void)
{
    return stopped->byte;
}

static void stopped_bytes(void *const out, const size_t len)
{
    memset(out, stopped->byte, len);
}

static struct randombytes_implementation stopped_system = {
    .implementation_name = stopped_name, .random = stopped_random, .buf = stopped_bytes};

/* ---- Sealing ------------------------------------------------------------------------------ */

#define VOLUMES 2

/* What a sealing meets. */
struct course {
    const char *name, *listing;
    struct system_state start, volumes[VOLUMES];
};

struct made {
    struct envelope envelopes[VOLUMES];
    uint8_t heads[VOLUMES][HEAD_LEN_MAX];
};

static void seal(struct made *made, const struct course *course, const struct public_key *key)
{
    struct fault fault = {.status = SEAL_OK};
    struct random random;

    stopped = &course->start;
    CHECK_INT(SEAL_OK, random_start(&random,
                                    (struct span[]){{key, sizeof *key},
                                                    {course->listing, strlen(course->listing)}},
                                    2));
    for (size_t i = 0; i < VOLUMES; i++) {
        stopped = &course->volumes[i];
        made->envelopes[i] = (struct envelope){
            .params = {.type = CONTENT_BAG, .flags = FLAG_VOLUME, .index = (uint32_t)i}};
        if (i > 0)
            memcpy(made->envelopes[i].set_key, made->envelopes[0].set_key, KEY_LEN);
        CHECK_INT(SEAL_OK,
                  envelope_make(&made->envelopes[i], made->heads[i], key, 1, &random, &fault));
    }
}

static void check_differs(const struct made *a, size_t i, const struct made *b, size_t k,
                          bool differs)
{
    CHECK_INT(differs, memcmp(a->heads[i], b->heads[k], 32) != 0);
    CHECK_INT(differs, memcmp(a->envelopes[i].file_key, b->envelopes[k].file_key, KEY_LEN) != 0);
    CHECK_INT(differs, memcmp(a->heads[i] + SLOTS_OFF, b->heads[k] + SLOTS_OFF, SLOT_LEN) != 0);
}

static void test_courses(void)
{
#define SAME        \
    {               \
        7, 1000, 10 \
    }
    static const struct {
        struct course course;
        bool differs[VOLUMES]; /* from the first */
    } rows[] = {
        {{"nothing changed", "a", SAME, {SAME, SAME}}, {false, false}},
        {{"another listing", "b", SAME, {SAME, SAME}}, {true, true}},
        {{"other bytes at the start", "a", {8, 1000, 10}, {SAME, SAME}}, {true, true}},
        {{"another time at the start", "a", {7, 1001, 10}, {SAME, SAME}}, {true, true}},
        {{"another uptime at the start", "a", {7, 1000, 11}, {SAME, SAME}}, {true, true}},
        {{"other bytes at the first volume", "a", SAME, {{8, 1000, 10}, SAME}}, {true, true}},
        {{"another time at the first volume", "a", SAME, {{7, 1001, 10}, SAME}}, {true, true}},
        {{"other bytes at the second volume", "a", SAME, {SAME, {8, 1000, 10}}}, {false, true}},
        {{"another time at the second volume", "a", SAME, {SAME, {7, 1001, 10}}}, {false, true}},
        {{"another uptime at the second", "a", SAME, {SAME, {7, 1000, 11}}}, {false, true}},
    };
#undef SAME
    struct made first, other;
    struct identity *id;
    struct public_key key;

    fixture_identities(&id, &key, 1);
    CHECK_INT(0, randombytes_set_implementation(&stopped_system));
    seal(&first, &rows[0].course, &key);
    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        check_about("%s", rows[row].course.name);
        seal(&other, &rows[row].course, &key);
        for (size_t i = 0; i < VOLUMES; i++)
            check_differs(&first, i, &other, i, rows[row].differs[i]);
    }
    check_about("the volumes of one set");
    check_differs(&first, 0, &first, 1, true);
    CHECK_INT(0, randombytes_set_implementation(&randombytes_sysrandom_implementation));
    stopped = NULL;
    identity_free(id);
}

int main(int argc, char **argv)
{
    check_start("freshness", argc, argv);
    fixture_start(argc, argv);
    CHECK_CASE(test_courses());
    return check_done();
}
