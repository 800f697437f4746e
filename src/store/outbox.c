/* The outbox: new deliveries, and what claims and records share. */
#include "store/outbox_priv.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[EVENT__MAX] = {
	[EVENT_RUN_SUCCESS] = "agent.execution.success",
	[EVENT_RUN_FAILED] = "agent.execution.failed",
	[EVENT_SCHEDULE_FIRED] = "schedule.fired",
	[EVENT_INTEGRATION_DISCONNECTED] = "integration.disconnected",
	[EVENT_WEBHOOK_TEST] = "webhook.test",
	[EVENT_MAIL] = "mail"};

const char *event_type_name(enum event_type t)
{
	return (unsigned)t < EVENT__MAX ? names[t] : "";
}

bool event_type_by_name(const char *name, enum event_type *out)
{
	unsigned t;

	for (t = 0; t < EVENT__MAX; t++)
		if (strcmp(names[t], name) == 0) {
			*out = (enum event_type)t;
			return true;
		}
	return false;
}

static struct db_arg id_or_null(const struct id *id, bool given)
{
	return given ? db_id(id) : db_null();
}

bool deliveries_insert(struct db_conn *c, const struct delivery_new *d, unsigned n, int64_t now_ms, struct error *err)
{
	static const char sql[] =
		"INSERT INTO deliveries (id, account_id, event, state, attempts, created_at, event_id,"
		" execution_id, endpoint_id, url) VALUES (?, ?, ?, 0, 0, ?, ?, ?, ?, ?)";
	struct db_arg args[DB_LIST_MAX * 8], *at = args;
	unsigned i;

	for (i = 0; i < n; i++) {
		*at++ = db_id(&d[i].id);
		*at++ = db_int((int64_t)d[i].account_id);
		*at++ = db_int(d[i].event);
		*at++ = db_int(now_ms);
		*at++ = db_id(&d[i].event_id);
		*at++ = id_or_null(&d[i].execution_id, d[i].has_execution);
		*at++ = id_or_null(&d[i].endpoint_id, d[i].has_endpoint);
		*at++ = db_str(d[i].url);
	}
	return db_exec_rows(c, sql, args, 8, n, NULL, err);
}

static bool put_some(struct db_conn *c, const struct outbox_due *d, unsigned n, int64_t now_ms, struct error *err)
{
	static const char sql[] = "INSERT INTO outbox (due_at, delivery_id, fanout, token) VALUES (?, ?, ?, ?)";
	struct db_arg args[DB_LIST_MAX * 4];
	unsigned i;

	for (i = 0; i < n; i++) {
		args[4 * i] = db_int(d[i].due_at ? d[i].due_at : now_ms);
		args[4 * i + 1] = db_id(&d[i].id);
		args[4 * i + 2] = db_int(d[i].fanout);
		args[4 * i + 3] = db_opt_int((int64_t)d[i].token);
	}
	return db_exec_rows(c, sql, args, 4, n, NULL, err);
}

bool outbox_put(struct db_conn *c, const struct outbox_due *d, unsigned n, int64_t now_ms, struct error *err)
{
	unsigned from, some;

	for (from = 0; from < n; from += some) {
		some = n - from < DB_LIST_MAX ? n - from : DB_LIST_MAX;
		if (!put_some(c, d + from, some, now_ms, err))
			return false;
	}
	return true;
}

bool outbox_add(struct db_conn *c, const struct delivery_new *d, unsigned n, int64_t now_ms,
                struct error *err)
{
	struct outbox_due due[DB_LIST_MAX];
	unsigned from, some, i;

	for (from = 0; from < n; from += some) {
		some = n - from < DB_LIST_MAX ? n - from : DB_LIST_MAX;
		for (i = 0; i < some; i++)
			due[i] = (struct outbox_due){.id = d[from + i].id, .due_at = d[from + i].due_at};
		if (!deliveries_insert(c, d + from, some, now_ms, err) || !put_some(c, due, some, now_ms, err))
			return false;
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
