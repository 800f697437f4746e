#include "store/durations.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECENT_SIZE 400   /* the column */

struct adding {
	const char    *agent;
	const int64_t *ms;
	unsigned       n;
};

static unsigned parse_recent(const char *text, int64_t *out, unsigned max)
{
	unsigned n = 0;
	char *end;

	while (text && *text && n < max) {
		out[n++] = strtoll(text, &end, 10);
		text = *end == ',' ? end + 1 : "";
	}
	return n;
}

static void format_recent(const int64_t *ms, unsigned n, char out[RECENT_SIZE])
{
	size_t len = 0;
	unsigned i;

	out[0] = '\0';
	/* 25 figures of at most 15 digits fill the column exactly */
	for (i = 0; i < n && len + 17 < RECENT_SIZE; i++)
		len += (size_t)snprintf(out + len, RECENT_SIZE - len, "%s%" PRId64, i ? "," : "",
		                        ms[i] % INT64_C(1000000000000));
}

static int by_value(const void *x, const void *y)
{
	int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;

	return a < b ? -1 : a > b;
}

static int64_t median_of(const int64_t *ms, unsigned n)
{
	int64_t sorted[DURATIONS_KEPT];

	memcpy(sorted, ms, n * sizeof *ms);
	qsort(sorted, n, sizeof *sorted, by_value);
	return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

/* The newest stand first. */
static unsigned merge(const struct adding *a, const int64_t *old, unsigned old_count, int64_t *out)
{
	unsigned n = 0, i;

	for (i = a->n; i > 0 && n < DURATIONS_KEPT; i--)
		out[n++] = a->ms[i - 1];
	for (i = 0; i < old_count && n < DURATIONS_KEPT; i++)
		out[n++] = old[i];
	return n;
}

static bool add_body(struct db_conn *c, void *ctx, struct error *err)
{
	static const char look[] = "SELECT recent FROM agent_durations WHERE agent = ? FOR UPDATE";
	static const char put[] =
		"INSERT INTO agent_durations (agent, recent, median_ms) VALUES (?, ?, ?)"
		" ON DUPLICATE KEY UPDATE recent = VALUES(recent), median_ms = VALUES(median_ms)";
	const struct adding *a = ctx;
	int64_t old[DURATIONS_KEPT], all[DURATIONS_KEPT];
	struct db_arg args[3] = {db_str(a->agent)};
	char recent[RECENT_SIZE];
	unsigned n = 0;
	int got;

	if (!db_query(c, look, args, 1, err))
		return false;
	got = db_next(c, err);
	if (got == 1)
		n = parse_recent(db_col_str(c, 0), old, DURATIONS_KEPT);
	db_end(c);
	if (got < 0)
		return false;
	n = merge(a, old, n, all);
	format_recent(all, n, recent);
	args[1] = db_str(recent);
	args[2] = db_int(median_of(all, n));
	return db_exec(c, put, args, 3, NULL, err);
}

bool durations_add(struct db *db, struct db_conn **c, const char *agent, const int64_t *ms,
		   unsigned n, struct error *err)
{
	struct adding a = {.agent = agent, .ms = ms, .n = n};

	if (n == 0)
		return true;
	if (!*c && !(*c = db_get(db, err)))
		return false;
	return db_transaction_on(db, c, add_body, NULL, &a, err);
}

bool durations_load(struct db_conn *c, struct agent_duration *out, unsigned max, unsigned *count,
                    struct error *err)
{
	struct db_arg limit = db_int(max);
	int got;

	*count = 0;
	if (!db_query(c, "SELECT agent, median_ms FROM agent_durations LIMIT ?", &limit, 1, err))
		return false;
	while ((got = db_next(c, err)) == 1 && *count < max) {
		struct agent_duration *d = &out[(*count)++];
		const char *agent = db_col_str(c, 0);

		memset(d, 0, sizeof *d);
		if (agent)
			strncpy(d->agent, agent, sizeof d->agent - 1);
		d->median_ms = db_col_int(c, 1);
	}
	db_end(c);
	return got >= 0;
}
