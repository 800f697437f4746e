#include "core/duties.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/threads.h"
#include "store/months.h"
#include "store/retention.h"

#define SECOND_MS INT64_C(1000)
#define HOUR_MS   INT64_C(3600000)
#define DAY_MS    (24 * HOUR_MS)

#define LEASE_MS  (60 * SECOND_MS)            /* what a dead scheduler had is done by another after this */
#define REST_MS   SECOND_MS                   /* … what is left over, after this */
#define LATE      3                           /* periods */
#define PASS_US   INT64_C(2000000)            /* of one duty */
#define PASS_ROWS 20000
#define WALK_MS   DAY_MS                      /* rows that had to be left are looked at again after this */
#define SLEEP_US  INT64_C(900000000)          /* at most: a clock may have been set, a duty have been made due */
#define AWAY_US   INT64_C(5000000)            /* until the database is tried again */

/* ---- the duties ---- */

/* When what is from before which instant goes; INT64_MIN: nothing does, it is kept for ever. */
typedef int64_t (*before_fn)(const struct config *cfg, int64_t now_ms);

struct duty {
	const char *name;
	int64_t     period_ms;
	before_fn   before;
	prune_fn    work;
	/* Its rows come in order of time: a walk goes on where the one before it ended. Others begin at the beginning. */
	bool        goes_on;
	bool        monthly;              /* due with each month; period_ms is how soon it should be done then */
};

static int64_t days_ago(int days, int64_t now_ms)
{
	return days == 0 ? INT64_MIN : now_ms - days * DAY_MS;
}

static int64_t old_executions(const struct config *cfg, int64_t now_ms)
{
	return days_ago(cfg->executions_days, now_ms);
}

static int64_t old_steps(const struct config *cfg, int64_t now_ms)
{
	return days_ago(cfg->steps_days, now_ms);
}

static int64_t old_deliveries(const struct config *cfg, int64_t now_ms)
{
	return days_ago(cfg->deliveries_days, now_ms);
}

static int64_t old_audit(const struct config *cfg, int64_t now_ms)
{
	return days_ago(cfg->audit_days, now_ms);
}

static int64_t old_keys(const struct config *cfg, int64_t now_ms)
{
	return now_ms - config_idempotency_ms(cfg);
}

static int64_t present(const struct config *cfg, int64_t now_ms)
{
	(void)cfg;
	return now_ms;
}

static int64_t yesterday(const struct config *cfg, int64_t now_ms)
{
	(void)cfg;
	return now_ms - DAY_MS;
}

/* The first month that is kept. */
static int64_t old_months(const struct config *cfg, int64_t now_ms)
{
	int64_t month = clock_month_start(now_ms);
	unsigned i;

	(void)cfg;
	for (i = 0; i < MONTHS_KEPT; i++)
		month = clock_month_start(month - 1);
	return month;
}

static const struct duty duties[] = {
	{"months", HOUR_MS, present, months_close_some, false, true},
	{"executions", HOUR_MS, old_executions, prune_executions, true, false},
	{"execution_steps", HOUR_MS, old_steps, prune_steps, true, false},
	{"deliveries", HOUR_MS, old_deliveries, prune_deliveries, true, false},
	{"events", HOUR_MS, old_deliveries, prune_events, true, false},
	{"idempotency_keys", HOUR_MS, old_keys, prune_idempotency, true, false},
	{"kept_answers", HOUR_MS, old_keys, prune_answers, true, false},
	{"audit_log", DAY_MS, old_audit, prune_audit, false, false},
	{"schedule_slots", DAY_MS, old_executions, prune_slots, false, false},
	{"account_months", DAY_MS, old_months, prune_months, false, false},
	{"sessions", DAY_MS, present, prune_sessions, false, false},
	{"login_failures", DAY_MS, yesterday, prune_failures, false, false},
	{"request_minutes", DAY_MS, yesterday, prune_minutes, false, false},
	{"processes", DAY_MS, yesterday, prune_processes, false, false},
};

#define DUTY_COUNT (sizeof duties / sizeof *duties)

_Static_assert(DUTY_COUNT <= DUTIES_MAX, "more duties than a look has room for");

static const struct duty *duty_of(const char *name)
{
	unsigned i;

	for (i = 0; i < DUTY_COUNT; i++)
		if (strcmp(duties[i].name, name) == 0)
			return &duties[i];
	return NULL;
}

static int64_t next_due(const struct duty *d, int64_t now_ms)
{
	/* most accounts begin the new month by themselves meanwhile */
	return d->monthly ? clock_next_month(now_ms) + 5 * 60 * SECOND_MS : now_ms + d->period_ms;
}

/* ---- one pass of one duty ---- */

struct pass {
	const struct duties_env *env;
	struct db_conn *conn;
	struct duties_counts *counts;
	atomic_bool *stopping;            /* NULL: nobody stops it */
	int64_t until_us;
	int64_t rest_ms;                  /* until what is left over is due */
	bool    away;                     /* the database is: nothing more is tried */
};

static bool out_of_time(const struct pass *p, int64_t until_us)
{
	return (p->stopping && atomic_load(p->stopping)) || clock_mono_us() >= until_us;
}

static bool work(struct pass *p, const struct duty *d, struct prune *w, struct error *err)
{
	int64_t until_us = clock_mono_us() + PASS_US;

	if (w->before == INT64_MIN)
		w->over = true;
	if (until_us > p->until_us)
		until_us = p->until_us;
	while (!w->over && w->rows < PASS_ROWS && !out_of_time(p, until_us))
		if (!d->work(p->env->db, &p->conn, w, err))
			return false;
	return true;
}

/* A walk that goes on begins again after a while, for what it had to leave behind. */
static void begin(const struct duty *d, const struct duty_row *row, int64_t now_ms, struct prune *w, struct duty_end *e)
{
	bool ended = row->since == row->due_at;
	bool again = ended && (!d->goes_on || now_ms >= row->restart_at || now_ms < row->restart_at - WALK_MS);

	w->at = again ? (struct table_walk){0} : row->at;
	e->restart_at = again ? now_ms + WALK_MS : row->restart_at;
}

static bool report(struct pass *p, const struct duty_row *row, const struct id *token, struct duty_end *e,
                   struct error *err)
{
	/* the connection may be what failed */
	return (p->conn || (p->conn = db_get_patient(p->env->db, err))) && duty_end(p->conn, row->name, token, e, err);
}

static void fail(struct pass *p, const char *name, const struct error *err)
{
	p->counts->failed++;
	p->away = db_error_passes(err);
	/* that it is away is told by those who need it */
	if (!p->away)
		log_write(LOG_ERROR, "a duty failed", "duty=%s error=\"%s\"", name, err->message);
}

static bool do_duty(struct pass *p, const struct duty *d, const struct duty_row *row)
{
	int64_t now_ms = clock_now_ms();
	struct prune w = {.before = d->before(p->env->cfg, now_ms)};
	struct duty_end e = {.now_ms = now_ms};
	struct id token = id_make();
	struct error err = {0}, lost = {0};
	bool taken = false, ok;

	if (!duty_take(p->conn, row, &token, now_ms + LEASE_MS, &taken, &err)) {
		fail(p, d->name, &err);
		return false;
	}
	if (!taken)
		return false;
	begin(d, row, now_ms, &w, &e);
	ok = work(p, d, &w, &err);
	e.now_ms = clock_now_ms();
	e.done = ok && w.over;
	e.at = w.at;
	e.rows = (int64_t)w.rows;
	e.error = ok ? NULL : err.message;
	/* one that is refused has time until its next turn */
	e.due_at = e.done ? next_due(d, e.now_ms) : e.now_ms + (ok ? p->rest_ms : d->period_ms);
	p->counts->rows += w.rows;
	p->counts->done += e.done;
	if (!ok)
		fail(p, d->name, &err);
	if (!p->away && !report(p, row, &token, &e, &lost))
		fail(p, d->name, &lost);
	if (w.rows > 0)
		log_write(LOG_INFO, "duty", "duty=%s rows=%" PRIu64 " over=%d", d->name, w.rows, e.done);
	return ok && !e.done;
}

/* ---- what is due ---- */

struct agenda {
	struct duty_row rows[DUTIES_MAX];
	unsigned n;
};

static bool known(const struct agenda *a, const char *name)
{
	unsigned i;

	for (i = 0; i < a->n; i++)
		if (strcmp(a->rows[i].name, name) == 0)
			return true;
	return false;
}

/* Makes those that the table does not know yet. */
static bool read_agenda(struct db_conn *c, struct agenda *a, struct error *err)
{
	bool made = false;
	unsigned i;

	if (!duty_list(c, a->rows, DUTIES_MAX, &a->n, err))
		return false;
	for (i = 0; i < DUTY_COUNT; i++) {
		if (known(a, duties[i].name))
			continue;
		if (!duty_make(c, duties[i].name, clock_now_ms(), err))
			return false;
		made = true;
	}
	return !made || duty_list(c, a->rows, DUTIES_MAX, &a->n, err);
}

/* Does what is due once. *left: some of it has more to do; *next_ms: when the next one is due. */
static bool turn(struct pass *p, bool *left, int64_t *next_ms, struct error *err)
{
	struct agenda a;
	int64_t now_ms;
	unsigned i;

	*left = false;
	*next_ms = INT64_MAX;
	if ((!p->conn && !(p->conn = db_get_patient(p->env->db, err))) || !read_agenda(p->conn, &a, err)) {
		p->away = true;
		return false;
	}
	for (i = 0; i < a.n; i++) {
		const struct duty *d = duty_of(a.rows[i].name);

		now_ms = clock_now_ms();
		if (d && a.rows[i].due_at <= now_ms && !p->away && p->conn && !out_of_time(p, p->until_us))
			*left |= do_duty(p, d, &a.rows[i]);
		else if (d && a.rows[i].due_at < *next_ms)
			*next_ms = a.rows[i].due_at;
	}
	if (p->away)
		return err_set(err, ERR_UNAVAILABLE, "The database is not available");
	return true;
}

bool duties_pass(const struct duties_env *env, int64_t until_us, struct duties_counts *out, struct error *err)
{
	struct pass p = {.env = env, .counts = out, .until_us = until_us};
	int64_t next_ms;
	bool ok = true, left = true;

	*out = (struct duties_counts){0};
	while (ok && left && !out_of_time(&p, until_us))
		ok = turn(&p, &left, &next_ms, err);
	db_put(env->db, p.conn);
	return ok;
}

/* ---- the thread ---- */

struct duties {
	struct duties_env env;
	pthread_t thread;
	atomic_bool stopping;

	pthread_mutex_t lock;
	pthread_cond_t  wake;
	bool working;
	struct duties_counts counts;
};

static void add_counts(struct duties_counts *to, const struct duties_counts *more)
{
	to->done += more->done;
	to->rows += more->rows;
	to->failed += more->failed;
}

/* Returns when to come back (clock_mono_us). Between turns no connection is held. */
static int64_t work_once(struct duties *d, struct duties_counts *counts)
{
	struct pass p = {.env = &d->env, .counts = counts, .stopping = &d->stopping, .until_us = INT64_MAX,
	                 .rest_ms = REST_MS};
	struct error err = {0};
	int64_t next_ms, wait_us = SLEEP_US;
	bool left, ok = turn(&p, &left, &next_ms, &err);

	db_put(d->env.db, p.conn);
	if (!ok)
		return clock_mono_us() + AWAY_US;
	if (left)
		next_ms = 0;
	if (next_ms != INT64_MAX && next_ms < clock_now_ms() + SLEEP_US / 1000)
		wait_us = (next_ms - clock_now_ms()) * 1000;
	return clock_mono_us() + (wait_us > REST_MS * 1000 ? wait_us : REST_MS * 1000);
}

static void *duties_main(void *arg)
{
	struct duties *d = arg;
	int64_t next_us = 0;

	pthread_mutex_lock(&d->lock);
	while (!atomic_load(&d->stopping)) {
		struct duties_counts counts = {0};

		if (clock_mono_us() < next_us) {
			cond_wait_until(&d->wake, &d->lock, next_us);
			continue;
		}
		d->working = true;
		pthread_mutex_unlock(&d->lock);
		next_us = work_once(d, &counts);
		pthread_mutex_lock(&d->lock);
		add_counts(&d->counts, &counts);
		d->working = false;
	}
	pthread_cond_signal(&d->wake);
	pthread_mutex_unlock(&d->lock);
	return NULL;
}

struct duties *duties_start(const struct duties_env *env, struct error *err)
{
	struct duties *d = mem_zalloc(sizeof *d);

	d->env = *env;
	atomic_init(&d->stopping, false);
	pthread_mutex_init(&d->lock, NULL);
	cond_init_mono(&d->wake);
	if (thread_start(&d->thread, STACK_SIZE, duties_main, d))
		return d;
	pthread_cond_destroy(&d->wake);
	pthread_mutex_destroy(&d->lock);
	mem_free(d);
	err_set(err, ERR_INTERNAL, "No thread for the duties");
	return NULL;
}

bool duties_stop(struct duties *d)
{
	int64_t until_us;
	bool working;

	if (!d)
		return true;
	until_us = clock_mono_us() + d->env.cfg->db_read_timeout_s * INT64_C(1000000);
	pthread_mutex_lock(&d->lock);
	atomic_store(&d->stopping, true);
	pthread_cond_signal(&d->wake);
	while (d->working && clock_mono_us() < until_us)
		cond_wait_until(&d->wake, &d->lock, until_us);
	working = d->working;
	pthread_mutex_unlock(&d->lock);
	if (working)
		return false;
	pthread_join(d->thread, NULL);
	pthread_cond_destroy(&d->wake);
	pthread_mutex_destroy(&d->lock);
	mem_free(d);
	return true;
}

void duties_counts(struct duties *d, struct duties_counts *out)
{
	pthread_mutex_lock(&d->lock);
	*out = d->counts;
	pthread_mutex_unlock(&d->lock);
}

/* ---- looking ---- */

bool duties_look(struct db_conn *c, struct duty_state out[DUTIES_MAX], unsigned *count, struct error *err)
{
	struct agenda a;
	int64_t now_ms = clock_now_ms();
	unsigned i, k;

	*count = 0;
	if (!duty_list(c, a.rows, DUTIES_MAX, &a.n, err))
		return false;
	for (i = 0; i < DUTY_COUNT; i++) {
		struct duty_state *s = &out[(*count)++];

		*s = (struct duty_state){.period_ms = duties[i].period_ms};
		for (k = 0; k < a.n && strcmp(a.rows[k].name, duties[i].name) != 0; k++)
			;
		if (k < a.n)
			s->row = a.rows[k];
		else
			snprintf(s->row.name, sizeof s->row.name, "%s", duties[i].name);
		s->late_ms = k < a.n && s->row.since < now_ms ? now_ms - s->row.since : 0;
		s->late = s->late_ms > LATE * s->period_ms;
	}
	return true;
}
