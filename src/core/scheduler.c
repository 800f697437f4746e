/* The scheduler's loop: look when the next slot comes, sleep until then, fire what is due. */
#include "core/scheduler.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/bells.h"
#include "core/pace.h"
#include "core/schedule_decide.h"

#define STEP_US     INT64_C(100000)     /* of one scheduler_work: so long who stops it waits */
#define AGAIN_US    INT64_C(50000)      /* what others had in hand, or what is due and cannot be fired */
#define STUCK_US    INT64_C(1000000)    /* … after a pass that fired nothing */
#define AWAY_US     INT64_C(1000000)    /* the database is away */
#define TELL_US     INT64_C(60000000)   /* between two lines about what cannot be fired, which is tried all the time */

struct scheduler {
	struct scheduler_env env;
	struct schedule_judge judge;
	struct fire_rules rules;
	struct db_conn *conn;
	struct fire_cursor cursor;
	struct pace pace;
	bool    looked;                     /* once at least */
	bool    passing;                    /* a pass is to be gone on with */
	bool    moved;                      /* it has fired something */
	unsigned left, alone;               /* of this pass: left to others; to be fired one by one, as together they fail */
	int64_t look_us;                    /* when to look at the latest */
	int64_t tell_us;                    /* when to tell again of what cannot be fired */
	int64_t due_ms;                     /* the next slot, as far as is known */
	struct scheduler_counts counts;
};

struct scheduler *scheduler_new(const struct scheduler_env *env)
{
	struct scheduler *s = mem_zalloc(sizeof *s);

	s->env = *env;
	s->judge = (struct schedule_judge){.agents = env->agents, .zones = zones_new()};
	s->rules = schedule_rules(&s->judge);
	s->due_ms = INT64_MAX;
	pace_init(&s->pace, env->cfg->scheduler_poll_ms, env->cfg->scheduler_idle_poll_ms, clock_mono_us());
	return s;
}

void scheduler_free(struct scheduler *s)
{
	if (!s)
		return;
	db_put(s->env.db, s->conn);
	zones_free(s->judge.zones);
	mem_free(s);
}

void scheduler_counts(const struct scheduler *s, struct scheduler_counts *out)
{
	*out = s->counts;
}

void scheduler_look_again(struct scheduler *s)
{
	pace_told(&s->pace, clock_mono_us());
	s->look_us = 0;
}

void scheduler_due_at(struct scheduler *s, int64_t due_ms)
{
	pace_told(&s->pace, clock_mono_us());
	if (due_ms < s->due_ms)
		s->due_ms = due_ms;
}

static void count(struct scheduler *s, const struct fired *f)
{
	s->counts.transactions++;
	s->counts.fired += f->fired;
	s->counts.skipped += f->skipped;
	s->left += f->left;
	s->moved |= f->picked > f->left;
}

static bool has_moved(const struct fire_cursor *from, const struct fire_cursor *to)
{
	return from->next_at != to->next_at || id_cmp(&from->id, &to->id) != 0;
}

static void tell_refused(struct scheduler *s, const char *what, const struct error *err)
{
	int64_t now_us = clock_mono_us();

	if (now_us < s->tell_us)
		return;
	log_error(what, err);
	s->tell_us = now_us + TELL_US;
}

/* One transaction. What fails in company is tried again one by one, so that a schedule that the database refuses keeps no
 * other from firing. *over: nothing is due behind the cursor. */
static bool fire_some(struct scheduler *s, bool *over, struct error *err)
{
	unsigned max = s->alone > 0 ? 1 : FIRE_BATCH_MAX;
	struct fire_cursor before = s->cursor;
	struct fired f;
	bool ok = schedule_fire(s->env.db, &s->conn, &s->rules, max, clock_now_ms(), &s->cursor, &f, err);

	if (ok) {
		count(s, &f);
		schedule_tell(s->env.ringer, &f);
		*over = f.picked == 0;
		s->alone -= s->alone > 0;
	} else if (!db_error_passes(err) && (max > 1 || has_moved(&before, &s->cursor))) {
		if (max == 1)
			tell_refused(s, "a schedule cannot be fired", err);
		s->left += max == 1;
		s->alone = max == 1 ? s->alone - 1 : FIRE_BATCH_MAX;
		ok = true;
	}
	fired_release(&f);
	return ok;
}

/* Until nothing is due behind the cursor; *over false: the time was over first. */
static bool go_on(struct scheduler *s, int64_t until_us, bool *over, struct error *err)
{
	*over = false;
	while (!*over && clock_mono_us() < until_us)
		if (!fire_some(s, over, err))
			return false;
	s->passing = !*over;
	return true;
}

static void begin_pass(struct scheduler *s)
{
	s->passing = true;
	s->moved = false;
	s->left = s->alone = 0;
	s->cursor = (struct fire_cursor){0};
}

static bool look(struct scheduler *s, int64_t after_ms, int64_t *next_ms, struct error *err)
{
	if (!s->conn && !(s->conn = db_get(s->env.db, err)))
		return false;
	return schedule_look(s->conn, after_ms, next_ms, err);
}

/* When to come back, by what is known: the next slot, or the next look. */
static int64_t next_call(const struct scheduler *s, int64_t now_us)
{
	int64_t wait_ms = s->due_ms == INT64_MAX ? INT64_MAX : s->due_ms - clock_now_ms();
	int64_t due_us;

	if (s->passing)
		return now_us;
	if (wait_ms >= (s->look_us - now_us) / 1000)
		return s->look_us;
	due_us = now_us + (wait_ms > 0 ? wait_ms * 1000 : 0);
	return due_us < s->look_us ? due_us : s->look_us;
}

/* A look. What it finds to be due earlier than was known came from another host. */
static bool look_around(struct scheduler *s, struct error *err)
{
	int64_t known_ms = s->due_ms, now_us = clock_mono_us();

	if (!look(s, INT64_MIN, &s->due_ms, err))
		return false;
	s->look_us = pace_next(&s->pace, s->looked && s->due_ms < known_ms, now_us);
	s->looked = true;
	if (s->due_ms <= clock_now_ms())
		begin_pass(s);
	return true;
}

/* After a pass: what is still due is in other hands, or cannot be fired, and is not looked at all the time. What comes next
 * does not wait for that. */
static bool end_pass(struct scheduler *s, struct error *err)
{
	int64_t now_us = clock_mono_us(), now_ms;

	if (!look(s, INT64_MIN, &s->due_ms, err))
		return false;
	now_ms = clock_now_ms();
	if (s->due_ms > now_ms || s->left == 0)
		return true;
	pace_told(&s->pace, now_us);
	s->look_us = now_us + (s->moved ? AGAIN_US : STUCK_US);
	return look(s, now_ms, &s->due_ms, err);
}

static bool work(struct scheduler *s, struct error *err)
{
	int64_t now_us = clock_mono_us();
	bool over = false;

	if (!s->passing && now_us < s->look_us && clock_now_ms() < s->due_ms)
		return true;
	if (!s->passing && !look_around(s, err))
		return false;
	if (!s->passing)
		return true;
	return go_on(s, now_us + STEP_US, &over, err) && (!over || end_pass(s, err));
}

int64_t scheduler_work(struct scheduler *s)
{
	int64_t now_us = clock_mono_us();
	struct error err = {0};

	if (work(s, &err))
		return next_call(s, now_us);
	/* a transaction that may have been applied finds nothing left when it is repeated */
	if (!db_error_passes(&err))
		log_error("schedules cannot be looked at", &err);
	db_put(s->env.db, s->conn);
	s->conn = NULL;
	s->look_us = now_us + AWAY_US;
	s->due_ms = INT64_MAX;
	s->passing = false;
	return s->look_us;
}

bool scheduler_pass(const struct scheduler_env *env, int64_t until_us, struct scheduler_counts *out, struct error *err)
{
	struct scheduler *s = scheduler_new(env);
	int64_t next_ms;
	bool over = true, ok = look(s, INT64_MIN, &next_ms, err);

	if (ok && next_ms <= clock_now_ms()) {
		begin_pass(s);
		ok = go_on(s, until_us, &over, err);
	}
	*out = s->counts;
	scheduler_free(s);
	return ok;
}
