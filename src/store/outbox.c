/* The outbox: new deliveries, and what claims and records share. */
#include "store/outbox_priv.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[EVENT__MAX] = {
	[EVENT_RUN_SUCCESS] = "agent.execution.success",
	[EVENT_RUN_FAILED] = "agent.execution.failed",
	[EVENT_SCHEDULE_FIRED] = "schedule.fired",
	[EVENT_INTEGRATION_DISCONNECTED] = "integration.disconnected",
	[EVENT_WEBHOOK_TEST] = "webhook.test"};

const char *event_type_name(enum event_type t)
{
	return (unsigned)t < EVENT__MAX ? names[t] : "";
}

/* All of it is told by its execution. */
static bool is_run_own(const struct delivery_new *d)
{
	return d->has_execution && id_cmp(&d->id, &d->execution_id) == 0;
}

static struct db_arg id_or_null(const struct id *id, bool given)
{
	return given ? db_id(id) : db_null();
}

static bool add_rows(struct db_conn *c, const struct delivery_new *d, unsigned n, int64_t now_ms,
                     struct error *err)
{
	static const char sql[] =
		"INSERT INTO deliveries (id, account_id, event, state, attempts, created_at, event_id,"
		" execution_id, endpoint_id, url, payload) VALUES (?, ?, ?, 0, 0, ?, ?, ?, ?, ?, ?)";
	struct db_arg args[DB_LIST_MAX * 9], *at = args;
	unsigned i, rows = 0;

	for (i = 0; i < n; i++) {
		if (is_run_own(&d[i]))
			continue;
		*at++ = db_id(&d[i].id);
		*at++ = db_int((int64_t)d[i].account_id);
		*at++ = db_int(d[i].event);
		*at++ = db_int(now_ms);
		*at++ = db_id(&d[i].event_id);
		*at++ = id_or_null(&d[i].execution_id, d[i].has_execution);
		*at++ = id_or_null(&d[i].endpoint_id, d[i].has_endpoint);
		*at++ = db_str(d[i].url);
		*at++ = db_str(d[i].payload);
		rows++;
	}
	return rows == 0 || db_exec_rows(c, sql, args, 9, rows, NULL, err);
}

static bool add_due(struct db_conn *c, const struct delivery_new *d, unsigned n, int64_t now_ms,
                    struct error *err)
{
	static const char sql[] = "INSERT INTO outbox (due_at, delivery_id) VALUES (?, ?)";
	struct db_arg args[DB_LIST_MAX * 2];
	unsigned i;

	for (i = 0; i < n; i++) {
		args[2 * i] = db_int(now_ms);
		args[2 * i + 1] = db_id(&d[i].id);
	}
	return db_exec_rows(c, sql, args, 2, n, NULL, err);
}

bool outbox_add(struct db_conn *c, const struct delivery_new *d, unsigned n, int64_t now_ms,
                struct error *err)
{
	while (n > 0) {
		unsigned rows = n < DB_LIST_MAX ? n : DB_LIST_MAX;

		if (!add_rows(c, d, rows, now_ms, err) || !add_due(c, d, rows, now_ms, err))
			return false;
		d += rows;
		n -= rows;
	}
	return true;
}

static int by_key(const void *x, const void *y)
{
	const struct outbox_key *a = x, *b = y;

	if (a->due_at != b->due_at)
		return a->due_at < b->due_at ? -1 : 1;
	if (a->token != b->token)
		return a->token < b->token ? -1 : 1;
	return id_cmp(&a->id, &b->id);
}

void outbox_sort(struct outbox_key *k, unsigned n)
{
	qsort(k, n, sizeof *k, by_key);
}

unsigned outbox_group(const struct outbox_key *k, unsigned n)
{
	unsigned size = 1;

	while (size < n && size < DB_LIST_MAX && k[size].due_at == k->due_at && k[size].token == k->token)
		size++;
	return size;
}

unsigned outbox_group_args(struct db_arg *args, const struct outbox_key *k, unsigned n, bool with_token,
                           unsigned *size)
{
	struct db_arg *at = args;

	*at++ = db_int(k->due_at);
	if (with_token)
		*at++ = db_int((int64_t)k->token);
	*size = list_of_keys(at, k, n);
	return (unsigned)(at - args) + *size;
}

unsigned list_of_keys(struct db_arg *args, const struct outbox_key *k, unsigned n)
{
	unsigned size = db_list_size(n), i;

	for (i = 0; i < size; i++)
		args[i] = db_id(&k[i < n ? i : n - 1].id);
	return size;
}
