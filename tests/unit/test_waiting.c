/* waiting_tests: the waiting room alone (api/waiting.h). How far executions have come is this file's to say, so the
 * room is linked without core's runs and auth. */
#include <CUnit/Basic.h>

#include "api/waiting.h"

struct guest {
	struct waiter waiter;            /* first */
	unsigned looks, stays, left;     /* stays: looks after which it goes on waiting */
	struct guest *brings;            /* enters when this one is looked at first */
};

static struct waiting *room;

bool runs_watch(struct runs *r, const struct id *ids, unsigned n, struct execution_watch *out, unsigned *count,
                struct error *err)
{
	*count = 0;
	return true;
}

void auth_forget(struct auth *a)
{
}

static void enter(struct guest *g);

static bool look(struct waiter *w, int64_t now_us)
{
	struct guest *g = (struct guest *)w;

	if (g->looks++ == 0 && g->brings)
		enter(g->brings);
	return g->looks <= g->stays;
}

static void leave(struct waiter *w)
{
	((struct guest *)w)->left++;
}

static const struct waiter_ops ops = {.look = look, .leave = leave};

static void enter(struct guest *g)
{
	g->waiter.ops = &ops;
	g->waiter.id = id_make();
	waiting_enter(room, &g->waiter, true);
}

static void open_room(void)
{
	static struct app app;
	struct error err;

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

int main(void)
{
	CU_TestInfo tests[] = {
		{"who enters between two looks is looked at once and leaves once",
		 who_enters_between_two_looks_is_looked_at_once_and_leaves_once},
		{"who stays is looked at again", who_stays_is_looked_at_again},
		CU_TEST_INFO_NULL};
	CU_SuiteInfo suites[] = {{.pName = "waiting room", .pTests = tests}, CU_SUITE_INFO_NULL};
	unsigned failed;

	if (CU_initialize_registry() != CUE_SUCCESS || CU_register_suites(suites) != CUE_SUCCESS)
		return 1;
	CU_basic_set_mode(CU_BRM_VERBOSE);
	CU_basic_run_tests();
	failed = CU_get_number_of_failures() + CU_get_number_of_suites_failed();
	CU_cleanup_registry();
	return failed > 0;
}
