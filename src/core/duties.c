/* Doing what is due. */
#include "core/duties_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

#define LEASE_MS  (60 * SECOND_MS)            /* what a dead scheduler had is done by another after this */
#define LATE      3                           /* periods */
#define PASS_US   INT64_C(2000000)            /* of one duty */
#define PASS_ROWS 20000
#define WALK_MS   DAY_MS                      /* rows that had to be left are looked at again after this */

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
	e.due_at = e.done ? duty_next_due(d, e.now_ms) : e.now_ms + (ok ? p->rest_ms : d->period_ms);
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
	for (i = 0; i < duty_count; i++) {
		if (known(a, duties[i].name))
			continue;
		if (!duty_make(c, duties[i].name, clock_now_ms(), err))
			return false;
		made = true;
	}
	return !made || duty_list(c, a->rows, DUTIES_MAX, &a->n, err);
}

bool duties_turn(struct pass *p, bool *left, int64_t *next_ms, struct error *err)
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
		ok = duties_turn(&p, &left, &next_ms, err);
	db_put(env->db, p.conn);
	return ok;
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
	for (i = 0; i < duty_count; i++) {
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
