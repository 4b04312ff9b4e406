/*
 * Threads that share work: all of it is done, in its order, however many they are.
 */
#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "lib/unit_check.h"
#include "platform/crew.h"

#define TASKS 7
#define ROUNDS 2000

/* Two lanes: what settles in the first is work for the second, as frames are for batches. */
struct piece {
    struct task task; /* first, so that it leads here */
    struct works *works;
    unsigned int number;
    bool worked;
};

struct works {
    struct crew *crew;
    struct lane outer, inner;
    struct piece pieces[TASKS], parts[TASKS];
    size_t inner_at;
    unsigned int outer_settled, inner_settled;
    atomic_uint at_work, most_at_work;
    atomic_bool out_of_order, not_worked; /* tasks of both lanes settle at once */
};

static void work(struct task *t)
{
    struct piece *p = (struct piece *)t;
    struct works *w = p->works;
    unsigned int now = atomic_fetch_add(&w->at_work, 1) + 1;
    unsigned int most = atomic_load(&w->most_at_work);

    while (now > most && !atomic_compare_exchange_weak(&w->most_at_work, &most, now))
        continue;
    for (volatile unsigned int i = 0; i < p->number * 7919 % 3000; i++) /* each takes its time */
        continue;
    p->worked = true;
    (void)atomic_fetch_sub(&w->at_work, 1);
}

static void settle_inner(struct task *t)
{
    struct piece *p = (struct piece *)t;

    p->works->not_worked |= !p->worked;
    p->works->out_of_order |= p->number != p->works->inner_settled++;
}

static void settle_outer(struct task *t)
{
    struct piece *p = (struct piece *)t;
    struct works *w = p->works;

    w->not_worked |= !p->worked;
    w->out_of_order |= p->number != w->outer_settled++;
    for (unsigned int i = 0; i < 3; i++) {
        struct piece *part = &w->parts[w->inner_at++ % TASKS];

        crew_await(w->crew, &part->task);
        part->number = p->number * 3 + i;
        part->worked = false;
        crew_post(w->crew, &w->inner, &part->task);
    }
}

static void run_all(struct works *w)
{
    for (size_t i = 0; i < TASKS; i++) {
        w->pieces[i] = (struct piece){{.work = work, .settle = settle_outer}, w, 0, false};
        w->parts[i] = (struct piece){{.work = work, .settle = settle_inner}, w, 0, false};
    }
    for (unsigned int n = 0; n < ROUNDS; n++) {
        struct piece *p = &w->pieces[n % TASKS];

        crew_await(w->crew, &p->task);
        p->number = n;
        p->worked = false;
        crew_post(w->crew, &w->outer, &p->task);
    }
    for (size_t i = 0; i < TASKS; i++)
        crew_await(w->crew, &w->pieces[i].task);
    for (size_t i = 0; i < TASKS; i++)
        crew_await(w->crew, &w->parts[i].task);
}

static void check_all(const struct works *w)
{
    CHECK_INT(ROUNDS, w->outer_settled);
    CHECK_INT(3 * ROUNDS, w->inner_settled);
    CHECK(!w->out_of_order);
    CHECK(!w->not_worked);
}

static void test_order(void)
{
    static const unsigned int counts[] = {1, 2, 3, 8};

    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct fault fault = {.status = SEAL_OK};
        struct works w = {.outer_settled = 0};

        check_about("%u threads", counts[i]);
        CHECK_INT(SEAL_OK, crew_new(&w.crew, counts[i], &fault));
        CHECK_INT(counts[i], crew_size(w.crew));
        run_all(&w);
        check_all(&w);
        CHECK(atomic_load(&w.most_at_work) <= counts[i]);
        crew_free(w.crew);
    }
}

static void test_nobody(void)
{
    struct works w = {.outer_settled = 0};

    check_about("no crew");
    CHECK_INT(1, crew_size(NULL));
    run_all(&w);
    check_all(&w);
    crew_free(NULL);
}

/* Several threads do work side by side, or there would be no use in them. */
static void meet(struct task *t)
{
    struct piece *p = (struct piece *)t;

    (void)atomic_fetch_add(&p->works->at_work, 1);
    while (atomic_load(&p->works->at_work) < 2)
        continue;
    p->worked = true;
}

static void test_side_by_side(void)
{
    struct fault fault = {.status = SEAL_OK};
    struct works w = {.outer_settled = 0};

    check_about("side by side");
    CHECK_INT(SEAL_OK, crew_new(&w.crew, 2, &fault));
    for (unsigned int i = 0; i < 2; i++) {
        w.pieces[i] = (struct piece){{.work = meet, .settle = settle_inner}, &w, i, false};
        crew_post(w.crew, &w.outer, &w.pieces[i].task);
    }
    for (unsigned int i = 0; i < 2; i++)
        crew_await(w.crew, &w.pieces[i].task);
    CHECK_INT(2, w.inner_settled);
    CHECK(!w.out_of_order);
    crew_free(w.crew);
}

/* A task that waits for a pipe in which nothing comes, until nobody needs it. */
struct listener {
    struct task task; /* first, so that it leads here */
    int from;
    atomic_bool is_over, has_read;
};

static void listen_to(struct task *t)
{
    struct listener *l = (struct listener *)t;
    char byte;

    while (!atomic_load(&l->is_over))
        if (read(l->from, &byte, 1) >= 0 || errno != EINTR)
            atomic_store(&l->has_read, true);
}

/* One of them has the only helper and the other one waits: the caller does neither. */
static void test_may_wait(void)
{
    struct fault fault = {.status = SEAL_OK};
    struct works w = {.outer_settled = 0};
    struct listener listeners[2];
    struct lane lane = {.first = NULL};
    int ends[2];

    check_about("tasks that may wait");
    CHECK_INT(0, pipe(ends));
    CHECK_INT(SEAL_OK, crew_new(&w.crew, 2, &fault));
    for (size_t i = 0; i < 2; i++) {
        listeners[i] =
            (struct listener){{.work = listen_to, .may_wait = true}, ends[0], false, false};
        crew_post(w.crew, &lane, &listeners[i].task);
    }
    w.pieces[0] = (struct piece){{.work = work, .settle = settle_inner}, &w, 0, false};
    crew_post(w.crew, &w.outer, &w.pieces[0].task);
    crew_await(w.crew, &w.pieces[0].task);
    CHECK_INT(1, w.inner_settled);
    for (size_t i = 0; i < 2; i++)
        atomic_store(&listeners[i].is_over, true);
    for (size_t i = 0; i < 2; i++) {
        crew_await_end(w.crew, &listeners[i].task);
        CHECK(!atomic_load(&listeners[i].has_read));
    }
    crew_free(w.crew);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

int main(int argc, char **argv)
{
    check_start("crew", argc, argv);
    CHECK_CASE(test_order());
    CHECK_CASE(test_nobody());
    CHECK_CASE(test_side_by_side());
    CHECK_CASE(test_may_wait());
    return check_done();
}
