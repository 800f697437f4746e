/* events_tests: streams of events (api/events.c) in a real waiting room, of runs that this file makes up. So it is
 * linked without core's runs and reader, and counts what they are asked. */
#include <stdio.h>
#include <string.h>

#include "../run_suites.h"
#include "api/handlers.h"
#include "api/waiting.h"
#include "base/log.h"
#include "base/mem.h"
#include "http/response.h"

#define RUNS_MAX    700
#define CLIENTS_MAX 700
#define ACCOUNT     7
#define OUT_MAX     (8u << 20)

/* A run that has all its steps, unless it grows by one each time it is watched until it has them. */
static struct run { struct id id; unsigned steps, grown; bool grows; } runs[RUNS_MAX];
static unsigned run_count;

/* Who asked for a stream, and what came. */
static struct client {
	struct request r;
	struct buf out;
	unsigned finished;
	unsigned full;                   /* so many times it takes nothing */
	bool     chokes, gone;           /* chokes: it takes nothing after each piece, once */
} clients[CLIENTS_MAX];
static unsigned client_count;

static struct {
	unsigned watches, reads, ends;   /* statements */
	unsigned places;                 /* most of one statement */
	unsigned reads_fail, ends_fail;
	const char *detail;
} db;

static struct app app;

/* ---- what core would say ---- */

static struct run *find(const struct id *id)
{
	unsigned i;

	for (i = 0; i < run_count; i++)
		if (id_cmp(&runs[i].id, id) == 0)
			return &runs[i];
	return NULL;
}

static struct execution_watch watched(struct run *run)
{
	if (run->grown < run->steps)
		run->grown = run->grows ? run->grown + 1 : run->steps;
	return (struct execution_watch){.id = run->id, .account_id = ACCOUNT, .last_step = run->grown,
	                                .status = run->grown == run->steps ? EXEC_SUCCESS : EXEC_RUNNING};
}

bool runs_watch(struct runs *r, const struct id *ids, unsigned n, struct execution_watch *out, unsigned *count,
                struct error *err)
{
	db.watches++;
	for (*count = 0; *count < n; (*count)++)
		out[*count] = watched(find(&ids[*count]));
	return true;
}

bool run_watch(struct runs *r, uint64_t account_id, const struct id *id, struct execution_watch *out,
               struct error *err)
{
	*out = watched(find(id));
	return true;
}

bool runs_steps(struct runs *r, struct execution_steps *of, unsigned n, struct arena *a, struct error *err)
{
	unsigned i, share = EXECUTION_STEPS_ROWS / n;

	db.reads++;
	db.places = n > db.places ? n : db.places;
	if (db.reads_fail > 0) {
		db.reads_fail--;
		return err_set(err, ERR_UNAVAILABLE, "away");
	}
	for (i = 0; i < n; i++, of++) {
		if (of->last - of->after > share)
			of->last = of->after + share;
		of->steps = arena_alloc(a, share * sizeof *of->steps);
		for (of->count = 0; of->after + of->count < of->last; of->count++)
			of->steps[of->count] = (struct execution_step){
				.seq = of->after + of->count + 1, .kind = "log", .name = "x", .detail = db.detail,
				.detail_len = db.detail ? strlen(db.detail) : 0};
	}
	return true;
}

/* only an output would be read so, which streams of steps have not */
bool run_find(struct runs *r, uint64_t account_id, const struct id *id, struct arena *a, struct execution *out,
              struct error *err)
{
	CU_FAIL("an execution was read alone");
	return false;
}

void reader_submit(struct reader *rd, struct read_job *job)
{
	struct execution e = {.id = job->id, .agent = "echo", .status = EXEC_SUCCESS};
	struct error err = {0};

	db.ends++;
	if (db.ends_fail == 0) {
		job->done(job, &e, NULL);
		return;
	}
	db.ends_fail--;
	err_set(&err, ERR_UNAVAILABLE, "away");
	job->done(job, NULL, &err);
}

static char revoked[] = "Bearer revoked";

bool auth_go_on(struct auth *a, const struct credentials *c, struct auth_entry **e)
{
	return c->authorization != revoked;
}

bool auth_renew(struct auth *a, const struct credentials *c, struct auth_entry **e)
{
	return false;
}

/* ---- clients ---- */

static bool client_write(struct request *r, const void *p, size_t n)
{
	struct client *c = r->connection;

	if (c->gone)
		return false;
	c->full = c->chokes;
	return buf_add(&c->out, p, n);
}

static bool client_flush(struct request *r)
{
	return true;
}

static bool client_writable(struct request *r)
{
	struct client *c = r->connection;

	if (c->full == 0)
		return true;
	c->full--;
	return false;
}

static bool client_gone(struct request *r)
{
	(void)r;
	return false;      /* it is noticed when something is sent */
}

static void client_finish(struct request *r)
{
	((struct client *)r->connection)->finished++;
}

static const struct transport transport = {.write = client_write, .flush = client_flush,
                                           .writable = client_writable, .gone = client_gone, .finish = client_finish};

static void begin(void)
{
	struct error err;

	memset(&db, 0, sizeof db);
	run_count = client_count = 0;
	app.doorbell.fd = -1;
	app.waiting = waiting_start(&app, false, &err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(app.waiting);
}

static void end(void)
{
	unsigned i;

	waiting_stop(app.waiting);
	for (i = 0; i < client_count; i++) {
		arena_release(&clients[i].r.arena);
		buf_release(&clients[i].out);
	}
}

static struct run *make_run(unsigned steps)
{
	struct run *run = &runs[run_count++];

	*run = (struct run){.id = id_make(), .steps = steps};
	return run;
}

/* last: the step that this client has seen already. */
static struct client *follow(const struct run *run, unsigned last)
{
	static struct auth_entry auth = {.principal = {.account_id = ACCOUNT}};
	struct client *c = &clients[client_count++];
	char id[ID_TEXT_SIZE], seen[16];

	*c = (struct client){.r = {.transport = &transport, .connection = c, .app = &app, .auth = &auth,
	                           .body_done = true, .target = "/", .method_name = "GET"}};
	arena_init(&c->r.arena);
	buf_init(&c->out, OUT_MAX);
	id_format(ID_EXECUTION, &run->id, id);
	snprintf(seen, sizeof seen, "%u", last);
	c->r.param = arena_strdup(&c->r.arena, id);
	c->r.last_event_id = arena_strdup(&c->r.arena, seen);
	executions_events(&c->r);
	return c;
}

/* Each step after `after` up to `last` came once and in order, then the end, and that was all. */
static bool was_told(const struct client *c, unsigned after, unsigned last)
{
	const char *at = strstr(buf_str(&c->out), "\n\nid: ");
	char event[16];
	unsigned id;

	for (; at; at = strstr(at + 1, "\n\nid: ")) {
		if (sscanf(at, "\n\nid: %u\nevent: %15s\n", &id, event) != 2)
			return false;
		if (strcmp(event, "step") != 0)
			break;
		if (id != ++after)
			return false;
	}
	return at && strcmp(event, "end") == 0 && after == last && id == last && !strstr(at + 2, "\nid: ") &&
	       c->finished == 1;
}

/* ---- tests ---- */

static void streams_of_many_runs_get_every_step_once_and_in_order(void)
{
	unsigned i;

	begin();
	for (i = 0; i < 300; i++)
		make_run(i == 150 ? 2000 : i % 40);
	for (i = 0; i < 600; i++)
		follow(&runs[i / 2], i % 2 ? runs[i / 2].steps / 2 : 0);
	waiting_pump(app.waiting);
	for (i = 0; i < 600; i++)
		CU_ASSERT_TRUE(was_told(&clients[i], i % 2 ? runs[i / 2].steps / 2 : 0, runs[i / 2].steps));
	CU_ASSERT_EQUAL(db.places, WAITING_BATCH_MAX);
	end();
}

static void statements_grow_with_batches_and_not_with_streams(void)
{
	static const unsigned sizes[] = {1, WAITING_BATCH_MAX, WAITING_BATCH_MAX + 1, 10 * WAITING_BATCH_MAX};
	unsigned i, k, batches;

	for (k = 0; k < sizeof sizes / sizeof *sizes; k++) {
		begin();
		for (i = 0; i < sizes[k]; i++)
			follow(make_run(3), 0);
		waiting_pump(app.waiting);
		batches = (sizes[k] + WAITING_BATCH_MAX - 1) / WAITING_BATCH_MAX;
		CU_ASSERT_EQUAL(db.watches, batches);
		CU_ASSERT_EQUAL(db.reads, batches);
		CU_ASSERT_EQUAL(db.ends, sizes[k]);       /* the reader makes batches of them */
		end();
	}
}

static void streams_at_one_place_of_a_run_read_it_once(void)
{
	unsigned i;

	begin();
	make_run(5);
	for (i = 0; i < WAITING_BATCH_MAX; i++)
		follow(&runs[0], i % 2);
	waiting_pump(app.waiting);
	CU_ASSERT_EQUAL(db.reads, 1);
	CU_ASSERT_EQUAL(db.places, 2);
	for (i = 0; i < WAITING_BATCH_MAX; i++)
		CU_ASSERT_TRUE(was_told(&clients[i], i % 2, 5));
	end();
}

static void steps_come_as_they_are_logged(void)
{
	begin();
	make_run(4)->grows = true;
	follow(&runs[0], 0);
	waiting_pump(app.waiting);
	CU_ASSERT_TRUE(was_told(&clients[0], 0, 4));
	CU_ASSERT_TRUE(db.reads > 1);
	end();
}

static void for_a_client_that_takes_nothing_nothing_is_read(void)
{
	struct client *c;

	begin();
	c = follow(make_run(3), 0);
	c->full = 3;
	waiting_pump(app.waiting);
	CU_ASSERT_EQUAL(db.watches, 4);
	CU_ASSERT_EQUAL(db.reads, 1);
	CU_ASSERT_TRUE(was_told(c, 0, 3));
	end();
}

static void a_client_that_chokes_on_large_steps_gets_each_once(void)
{
	static char detail[12001] = "\"";
	struct client *c;

	begin();
	memset(detail + 1, 'x', sizeof detail - 3);
	detail[sizeof detail - 2] = '"';
	db.detail = detail;
	c = follow(make_run(5), 0);
	c->chokes = true;
	waiting_pump(app.waiting);
	CU_ASSERT_TRUE(was_told(c, 0, 5));
	CU_ASSERT_TRUE(db.reads > 1);
	end();
}

static void a_client_that_has_gone_disturbs_none_of_its_batch(void)
{
	begin();
	make_run(3);
	follow(&runs[0], 0);
	follow(&runs[0], 0)->gone = true;
	follow(&runs[0], 0);
	waiting_pump(app.waiting);
	CU_ASSERT_TRUE(was_told(&clients[0], 0, 3));
	CU_ASSERT_TRUE(was_told(&clients[2], 0, 3));
	CU_ASSERT_EQUAL(clients[1].finished, 1);
	CU_ASSERT_EQUAL(db.ends, 2);
	end();
}

static void who_is_not_let_in_any_more_is_told_nothing_more(void)
{
	begin();
	make_run(3)->grows = true;
	follow(&runs[0], 0);
	follow(&runs[0], 0)->r.credentials.authorization = revoked;
	follow(make_run(0), 0)->r.credentials.authorization = revoked;
	waiting_pump(app.waiting);
	CU_ASSERT_TRUE(was_told(&clients[0], 0, 3));
	CU_ASSERT_PTR_NULL(strstr(buf_str(&clients[1].out), "event:"));
	CU_ASSERT_EQUAL(clients[1].finished, 1);
	/* nor of the end, where there are no steps */
	CU_ASSERT_PTR_NULL(strstr(buf_str(&clients[2].out), "event:"));
	CU_ASSERT_EQUAL(clients[2].finished, 1);
	end();
}

static void what_the_database_does_not_answer_comes_when_it_does(void)
{
	unsigned i;

	begin();
	db.reads_fail = db.ends_fail = 2;
	for (i = 0; i < 3; i++)
		follow(make_run(3), 0);
	waiting_pump(app.waiting);
	for (i = 0; i < 3; i++)
		CU_ASSERT_TRUE(was_told(&clients[i], 0, 3));
	CU_ASSERT_EQUAL(db.reads, 3);
	CU_ASSERT_EQUAL(db.ends, 5);
	end();
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"streams of many runs get every step once and in order",
		 streams_of_many_runs_get_every_step_once_and_in_order},
		{"statements grow with batches and not with streams",
		 statements_grow_with_batches_and_not_with_streams},
		{"streams at one place of a run read it once", streams_at_one_place_of_a_run_read_it_once},
		{"steps come as they are logged", steps_come_as_they_are_logged},
		{"for a client that takes nothing nothing is read", for_a_client_that_takes_nothing_nothing_is_read},
		{"a client that chokes on large steps gets each once",
		 a_client_that_chokes_on_large_steps_gets_each_once},
		{"a client that has gone disturbs none of its batch",
		 a_client_that_has_gone_disturbs_none_of_its_batch},
		{"who is not let in any more is told nothing more", who_is_not_let_in_any_more_is_told_nothing_more},
		{"what the database does not answer comes when it does",
		 what_the_database_does_not_answer_comes_when_it_does},
		CU_TEST_INFO_NULL};
	CU_SuiteInfo suites[] = {{.pName = "streams of events", .pTests = tests}, CU_SUITE_INFO_NULL};

	log_open("events_tests");
	log_set_level(LOG_ERROR);
	return run_suites(suites);
}
