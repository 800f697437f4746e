/* waiting_tests: the waiting room alone (api/waiting.h). How far executions have come is this file's to say, so the
 * room is linked without core's runs and auth. */
#include "../run_suites.h"
#include "api/waiting.h"

#define MANY (2 * WAITING_BATCH_MAX + 2)

struct guest {
	struct waiter waiter;            /* first */
	unsigned looks, stays, left;     /* stays: looks after which it goes on waiting */
	unsigned fed, wants;             /* of those who follow: how often */
	bool     knows;                  /* when it was looked at first, it was known that its run is over */
	struct guest *brings;            /* enters when this one is looked at first, or fed if it follows */
};

static struct waiting *room;
static unsigned statements;
static const struct guest *done[4 * MANY];   /* who was looked at or fed, in order */
static unsigned done_count;
static unsigned batches[16], batch_count;

/* All runs are over. */
bool runs_watch(struct runs *r, const struct id *ids, unsigned n, struct execution_watch *out, unsigned *count,
                struct error *err)
{
	statements++;
	for (*count = 0; *count < n; (*count)++)
		out[*count] = (struct execution_watch){.id = ids[*count], .status = EXEC_SUCCESS};
	return true;
}

void presence_look(struct presence *p)
{
}

void auth_forget(struct auth *a)
{
}

static void enter(struct guest *g);

static enum look look(struct waiter *w, int64_t now_us)
{
	struct guest *g = (struct guest *)w;

	done[done_count++] = g;
	if (g->looks == 0)
		g->knows = w->status == EXEC_SUCCESS;
	if (g->looks++ == 0 && g->brings && g->wants == 0)
		enter(g->brings);
	return g->looks <= g->stays ? LOOK_STAYS : g->fed < g->wants ? LOOK_FEED : LOOK_LEAVES;
}

static void feed(struct waiter *const *batch, unsigned n, enum look *next)
{
	unsigned i;

	batches[batch_count++] = n;
	for (i = 0; i < n; i++) {
		struct guest *g = (struct guest *)batch[i];

		done[done_count++] = g;
		if (g->fed++ == 0 && g->brings)
			enter(g->brings);
		next[i] = g->fed < g->wants ? LOOK_FEED : LOOK_LEAVES;
	}
}

static void leave(struct waiter *w)
{
	((struct guest *)w)->left++;
}

static const struct waiter_ops ops = {.look = look, .leave = leave};
static const struct waiter_ops follower_ops = {.look = look, .feed = feed, .leave = leave};

static void enter(struct guest *g)
{
	g->waiter.ops = g->wants > 0 ? &follower_ops : &ops;
	g->waiter.id = id_make();
	waiting_enter(room, &g->waiter, true);
}

static void open_room(void)
{
	static struct app app;
	struct error err;

	statements = done_count = batch_count = 0;
	app.doorbell.fd = -1;
	room = waiting_start(&app, false, &err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(room);
}

static void who_enters_between_two_looks_is_looked_at_once_and_leaves_once(void)
{
	struct guest late = {.stays = 0}, first = {.stays = 1, .brings = &late};

	open_room();
	enter(&first);
	waiting_pump(room);
	waiting_pump(room);
	CU_ASSERT_EQUAL(first.left, 1);
	CU_ASSERT_EQUAL(late.looks, 1);
	CU_ASSERT_EQUAL(late.left, 1);
	waiting_stop(room);
}

static void who_stays_is_looked_at_again(void)
{
	struct guest patient = {.stays = 3};

	open_room();
	enter(&patient);
	waiting_pump(room);
	CU_ASSERT_EQUAL(patient.looks, 4);
	CU_ASSERT_EQUAL(patient.left, 1);
	CU_ASSERT_EQUAL(waiting_count(room), 0);
	waiting_stop(room);
}

static void those_who_follow_are_fed_in_batches_in_turn(void)
{
	static struct guest g[MANY];
	unsigned i;

	open_room();
	for (i = 0; i < MANY; i++) {
		g[i] = (struct guest){.wants = i == 0 ? 2 : 1};
		enter(&g[i]);
	}
	waiting_pump(room);
	CU_ASSERT_EQUAL_FATAL(batch_count, 3);
	CU_ASSERT_EQUAL(batches[0], WAITING_BATCH_MAX);
	CU_ASSERT_EQUAL(batches[1], WAITING_BATCH_MAX);
	CU_ASSERT_EQUAL(batches[2], 3);
	/* who wants more comes behind those who had nothing yet */
	CU_ASSERT_PTR_EQUAL(done[done_count - 1], &g[0]);
	for (i = 0; i < MANY; i++)
		CU_ASSERT_TRUE(g[i].fed == g[i].wants && g[i].left == 1);
	waiting_stop(room);
}

static void those_who_follow_are_asked_for_in_batches_before_their_look(void)
{
	static struct guest g[MANY];
	unsigned i;

	open_room();
	for (i = 0; i < MANY; i++) {
		g[i] = (struct guest){.wants = 1};
		enter(&g[i]);
	}
	waiting_pump(room);
	CU_ASSERT_EQUAL(statements, 3);
	for (i = 0; i < MANY; i++)
		CU_ASSERT_TRUE(g[i].knows && g[i].looks == 1);
	waiting_stop(room);
}

static void who_waits_for_the_end_is_looked_at_before_those_who_follow(void)
{
	struct guest follows = {.stays = 1, .wants = 1}, waits = {.stays = 1};

	open_room();
	enter(&follows);
	enter(&waits);
	waiting_pump(room);
	CU_ASSERT_EQUAL_FATAL(done_count, 5);
	/* a look for having entered, and one at all */
	CU_ASSERT_PTR_EQUAL(done[0], &waits);
	CU_ASSERT_PTR_EQUAL(done[1], &waits);
	CU_ASSERT_PTR_EQUAL(done[2], &follows);
	CU_ASSERT_PTR_EQUAL(done[3], &follows);
	CU_ASSERT_PTR_EQUAL(done[4], &follows);        /* is fed */
	waiting_stop(room);
}

static void who_waits_for_the_end_is_looked_at_between_two_batches(void)
{
	static struct guest g[WAITING_BATCH_MAX + 1];
	struct guest waits = {.stays = 0};
	unsigned i;

	open_room();
	for (i = 0; i <= WAITING_BATCH_MAX; i++) {
		g[i] = (struct guest){.wants = 1, .brings = i == 0 ? &waits : NULL};
		enter(&g[i]);
	}
	waiting_pump(room);
	CU_ASSERT_EQUAL_FATAL(batch_count, 2);
	CU_ASSERT_PTR_EQUAL(done[done_count - 2], &waits);
	CU_ASSERT_PTR_EQUAL(done[done_count - 1], &g[WAITING_BATCH_MAX]);
	waiting_stop(room);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"who enters between two looks is looked at once and leaves once",
		 who_enters_between_two_looks_is_looked_at_once_and_leaves_once},
		{"who stays is looked at again", who_stays_is_looked_at_again},
		{"those who follow are fed in batches, in turn", those_who_follow_are_fed_in_batches_in_turn},
		{"those who follow are asked for in batches before their look",
		 those_who_follow_are_asked_for_in_batches_before_their_look},
		{"who waits for the end is looked at before those who follow",
		 who_waits_for_the_end_is_looked_at_before_those_who_follow},
		{"who waits for the end is looked at between two batches",
		 who_waits_for_the_end_is_looked_at_between_two_batches},
		CU_TEST_INFO_NULL};
	CU_SuiteInfo suites[] = {{.pName = "waiting room", .pTests = tests}, CU_SUITE_INFO_NULL};

	return run_suites(suites);
}
