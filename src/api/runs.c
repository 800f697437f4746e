/* POST /api/agents/{slug}/run: from the body to an admission, and from what became of it to the answer. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "api/handlers.h"
#include "api/render.h"
#include "api/waiting.h"
#include "base/clock.h"
#include "core/quota.h"
#include "http/response.h"

#define MEMBERS_MAX     8
#define WEBHOOK_URL_MAX 2048      /* the column */
#define KEY_MAX         255
#define ANSWER_MAX      ((8u << 20) + 65536)
#define REPLAYED        "Idempotent-Replayed: true\r\n"

#define ACCEPTED_MAX    384       /* fixed text 124, id 31, slug 63, status 7, figure 20, time 24 */

_Static_assert(ADMISSION_RESPONSE_MAX >= ACCEPTED_MAX, "an answer is kept with its idempotency key");

/* A run on its way, in its request's arena. */
struct run_request {
	struct admit_job job;                 /* first: the admitter gives it back */
	struct waiter    waiter;
	struct read_job  read;
	struct request  *r;
	const struct manifest *agent;
	bool      is_async, replayed;
	int64_t   estimate_ms, deadline_us;
	struct error refusal;                 /* replay_only: the answer to a key that is not known */
	char      accepted[ACCEPTED_MAX];     /* the body of 202 */
};

/* ---- what was asked ---- */

static const struct json_span *find_span(const struct json_span *spans, unsigned n, const char *key)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (spans[i].key_len == strlen(key) && memcmp(spans[i].key, key, spans[i].key_len) == 0)
			return &spans[i];
	return NULL;
}

/* The members beside the input; strings are kept in the arena. */
static bool read_members(struct request *r, struct run_request *q, struct json_object *body,
                         struct error *err)
{
	static const char *const known[] = {"input_payload", "async", "webhook_url", NULL};
	const char *url = NULL;

	if (!json_object_is_type(body, json_type_object))
		return err_set(err, ERR_INVALID_INPUT, "The body must be a JSON object");
	if (!json_only_known(body, "", known, err) || !json_get_bool(body, "", "async", &q->is_async, err) ||
	    !json_get_str(body, "", "webhook_url", &url, err))
		return false;
	if (!url)
		return true;
	if (strlen(url) > WEBHOOK_URL_MAX)
		return err_field(err, "webhook_url", "The URL is longer than %d bytes", WEBHOOK_URL_MAX);
	if (!outbound_check_url(r->app->outbound, url, "webhook_url", err))
		return false;
	q->job.a.webhook_url = arena_strdup(&r->arena, url);
	return true;
}

static bool read_input(struct request *r, struct run_request *q, struct json_object *body,
                       struct json_object **input, struct error *err)
{
	*input = NULL;
	if (!json_get_obj(body, "", "input_payload", input, err))
		return false;
	if (!*input)
		return err_field(err, "input_payload", "It is required: an object, which may be empty");
	q->agent = registry_find(r->app->agents, r->param);
	if (!q->agent)
		return err_set(err, ERR_NOT_FOUND, "There is no such agent; see /api/agents");
	return (!q->agent->input || schema_check(q->agent->input, *input, "input_payload", err)) &&
	       (!q->agent->check || q->agent->check(*input, err));
}

/* The raw text of the input is what is stored: it was checked, and nothing is lost in writing it anew. */
static bool read_body(struct request *r, struct run_request *q, struct json_object **body,
                      struct json_object **input, struct error *err)
{
	struct json_span spans[MEMBERS_MAX];
	unsigned n = MEMBERS_MAX;
	const struct json_span *span;

	if (r->body.len == 0)
		return err_set(err, ERR_INVALID_INPUT, "A JSON body with input_payload is required");
	if (!json_read(r->body.data, r->body.len, JSON_DEPTH_MAX, body, spans, &n, err) ||
	    !read_members(r, q, *body, err) || !read_input(r, q, *body, input, err))
		return false;
	span = find_span(spans, n, "input_payload");
	INVARIANT(span, "an input without its text");
	q->job.a.input = span->p;
	q->job.a.input_len = span->n;
	return true;
}

static void hash_part(struct buf *b, const char *text)
{
	buf_add(b, text, strlen(text) + 1);
}

/* The scope of a key: account, method, path. */
static bool read_key(struct request *r, struct run_request *q, struct error *err)
{
	const char *key = r->idempotency_key, *p;
	struct buf scope;

	if (!key)
		return true;
	for (p = key; *p >= ' ' && *p < 0x7f; p++)
		;
	if (*p || p == key || p - key > KEY_MAX)
		return err_field(err, "Idempotency-Key", "It must be 1 to %d printable ASCII characters", KEY_MAX);
	buf_init(&scope, 1024);
	buf_add_int(&scope, (long long)r->auth->principal.account_id);
	hash_part(&scope, "\nPOST\nrun");
	hash_part(&scope, q->agent->slug);
	hash_part(&scope, key);
	crypto_sha256(scope.data, scope.len, q->job.a.scope_hash);
	buf_release(&scope);
	crypto_sha256(r->body.data, r->body.len, q->job.a.body_hash);
	q->job.a.has_key = true;
	return true;
}

/* ---- may it run ---- */

/* "google-calendar" is "Google Calendar". */
static void integration_title(const char *slug, char *out, size_t size)
{
	static const char *const own[][2] = {
		{"quickbooks", "QuickBooks"}, {"youtube", "YouTube"}, {"linkedin", "LinkedIn"}};
	bool first = true;
	size_t n = 0, i;

	for (i = 0; i < sizeof own / sizeof *own; i++)
		if (strcmp(own[i][0], slug) == 0)
			slug = own[i][1];
	for (; *slug && n + 1 < size; slug++) {
		out[n] = *slug == '-' ? ' ' : *slug;
		if (first && out[n] >= 'a' && out[n] <= 'z')
			out[n] = (char)(out[n] - 'a' + 'A');
		first = out[n++] == ' ';
	}
	out[n] = '\0';
}

static bool check_subscription(const struct principal *p, const struct manifest *m, struct error *err)
{
	int64_t trial_ends_at;
	enum subscription_status s = principal_subscription(p, m->slug, clock_now_ms(), &trial_ends_at);

	if (s == SUB_ACTIVE || s == SUB_TRIALING)
		return true;
	return err_set(err, ERR_FORBIDDEN, "The subscription to %s is %s; it must be active or trialing",
	               m->name, s == SUB_NONE ? "missing" : subscription_name(s));
}

/* Data that comes with the input needs no connection. */
static bool has_inline_data(const struct manifest *m, struct json_object *input)
{
	unsigned i;

	for (i = 0; i < m->inline_count; i++)
		if (json_object_object_get_ex(input, m->inline_data[i], NULL))
			return true;
	return false;
}

static bool check_connections(const struct principal *p, const struct manifest *m,
                              struct json_object *input, struct error *err)
{
	char title[64];
	unsigned i;

	if (m->required_count == 0 || has_inline_data(m, input))
		return true;
	for (i = 0; i < m->required_count; i++) {
		if (principal_connected(p, m->required[i]))
			continue;
		integration_title(m->required[i], title, sizeof title);
		err_set(err, ERR_INTEGRATION_NOT_CONNECTED,
		        "%s not connected. User must connect at /connections", title);
		snprintf(err->integration, sizeof err->integration, "%s", m->required[i]);
		return false;
	}
	return true;
}

static bool check_account(const struct principal *p, const struct run_request *q,
                          struct json_object *input, struct error *err)
{
	if (q->job.a.webhook_url && !p->webhooks)
		return err_set(err, ERR_FORBIDDEN, "The plan %s does not include webhooks", p->plan);
	return check_subscription(p, q->agent, err) && check_connections(p, q->agent, input, err);
}

static bool may_run(struct request *r, const struct run_request *q, struct json_object *input,
                    struct error *err)
{
	return check_account(&r->auth->principal, q, input, err) ||
	       (auth_renew(r->app->auth, r->authorization, &r->auth) &&
	        check_account(&r->auth->principal, q, input, err));
}

/* ---- answers ---- */

/* The seed's body. Every text in it is known to need no quoting. Returns its length. */
static size_t accepted_body(const struct run_request *q, const char *status, char *out, size_t size)
{
	char id[ID_TEXT_SIZE], at[CLOCK_TEXT_SIZE], *p = out;

	INVARIANT(size >= ACCEPTED_MAX, "no room for an accepted run's answer");
	id_format(ID_EXECUTION, &q->waiter.id, id);
	clock_format(id_time_ms(&q->waiter.id), at);
	p = stpcpy(p, "{\"success\":true,\"data\":{\"execution_id\":\"");
	p = stpcpy(p, id);
	p = stpcpy(p, "\",\"agent_slug\":\"");
	p = stpcpy(p, q->agent->slug);
	p = stpcpy(p, "\",\"status\":\"");
	p = stpcpy(p, status);
	p = stpcpy(p, "\",\"estimated_duration_ms\":");
	p += sprintf(p, "%lld", (long long)q->estimate_ms);
	p = stpcpy(p, ",\"created_at\":\"");
	p = stpcpy(p, at);
	p = stpcpy(p, "\"}}");
	return (size_t)(p - out);
}

static const char *replay_header(const struct run_request *q)
{
	return q->replayed ? REPLAYED : NULL;
}

static void answer_accepted(struct run_request *q, const char *status)
{
	size_t n = accepted_body(q, status, q->accepted, sizeof q->accepted);

	respond(q->r, 202, replay_header(q), "application/json", q->accepted, n);
}

static void answer_success(struct run_request *q, const struct execution *e)
{
	char id[ID_TEXT_SIZE];
	struct json_out w;
	struct buf b;

	buf_init(&b, ANSWER_MAX);
	buf_reserve(&b, 1024 + e->output_len);
	envelope_open(&w, &b);
	json_obj_open(&w, "data");
	id_format(ID_EXECUTION, &e->id, id);
	json_put_str(&w, "execution_id", id);
	json_put_str(&w, "status", exec_status_name(e->status));
	json_put_str(&w, "summary", e->summary);
	if (e->output)
		json_put_raw(&w, "output", e->output, e->output_len);
	else
		json_put_null(&w, "output");
	json_put_int(&w, "tokens_used", e->tokens_used);
	json_put_int(&w, "duration_ms", e->duration_ms);
	json_obj_close(&w);
	envelope_close(&w);
	respond_json(q->r, 200, replay_header(q), &b);
	buf_release(&b);
}

static void answer_failure(struct run_request *q, const struct execution *e)
{
	struct error err = {0};

	err_set(&err, ERR_EXECUTION_FAILED, "%s", e->error_message ? e->error_message : "The run failed");
	id_format(ID_EXECUTION, &e->id, err.execution_id);
	respond_error_extra(q->r, &err, replay_header(q));
}

static void wait_on(struct run_request *q, enum exec_status status)
{
	q->waiter.status = status;
	q->waiter.rung = false;
	waiting_enter(q->r->app->waiting, &q->waiter, false);
}

static void answer_ended(struct run_request *q, const struct execution *e)
{
	if (e->status == EXEC_SUCCESS)
		answer_success(q, e);
	else if (e->status == EXEC_FAILED)
		answer_failure(q, e);
	else
		wait_on(q, e->status);
}

static void answer_unread(struct run_request *q, const struct error *err)
{
	if (err->code == ERR_UNAVAILABLE)
		wait_on(q, EXEC_QUEUED);
	else
		respond_error(q->r, err);
}

/* On a thread that may wait for the peer: an output too large for a batch. */
static void answer_large(struct request *r)
{
	struct run_request *q = r->state;
	struct error err = {0};
	struct execution e;
	struct arena a;

	arena_init(&a);
	if (run_find(r->app->runs, q->read.account_id, &q->read.id, &a, &e, &err))
		answer_ended(q, &e);
	else
		answer_unread(q, &err);
	arena_release(&a);
}

static void run_read(struct read_job *job, const struct execution *e, const struct error *err)
{
	struct run_request *q = (struct run_request *)((char *)job - offsetof(struct run_request, read));

	if (err)
		answer_unread(q, err);
	else if (!e->output && e->output_len > 0)
		q->r->transport->later(q->r, answer_large);
	else
		answer_ended(q, e);
}

/* ---- waiting for a synchronous run ---- */

static struct run_request *of_waiter(struct waiter *w)
{
	return w->r->state;
}

static bool run_look(struct waiter *w, int64_t now_us)
{
	return !w->rung && !run_over(w->status) && now_us < of_waiter(w)->deadline_us;
}

static void read_run(struct run_request *q)
{
	q->read.id = q->waiter.id;
	q->read.account_id = q->r->auth->principal.account_id;
	q->read.done = run_read;
	reader_submit(q->r->app->reader, &q->read);
}

static void run_leave(struct waiter *w)
{
	struct run_request *q = of_waiter(w);

	/* a run that is known to be over is answered as it ended, however late */
	if (run_over(w->status) || (w->rung && clock_mono_us() < q->deadline_us))
		read_run(q);
	else
		answer_accepted(q, exec_status_name(w->status));
}

static const struct waiter_ops run_ops = {.look = run_look, .leave = run_leave};

static void wait_for_end(struct run_request *q, bool look)
{
	q->deadline_us = q->r->started_us + q->r->app->cfg.sync_wait_s * INT64_C(1000000);
	waiting_enter(q->r->app->waiting, &q->waiter, look);
}

/* ---- what became of the admission ---- */

static void replay(struct run_request *q)
{
	const struct admission *a = &q->job.a;

	q->replayed = true;
	q->waiter.id = a->existing;
	if (!q->is_async)
		wait_for_end(q, true);
	else if (a->replay_len > 0)
		respond(q->r, 202, REPLAYED, "application/json", a->replay, a->replay_len);
	else
		answer_accepted(q, exec_status_name(EXEC_QUEUED));
}

static void refuse(struct run_request *q, const struct error *err)
{
	struct error mine = {0};

	if (!err && q->job.a.outcome == ADMIT_UNKNOWN_KEY)
		err = &q->refusal;
	if (!err) {
		quota_error(&q->job.a, clock_now_ms(), &mine);
		err = &mine;
	}
	respond_error(q->r, err);
}

static void run_admitted(struct admit_job *job, const struct error *err)
{
	struct run_request *q = (struct run_request *)job;
	struct app *app = q->r->app;
	bool accepted = !err && job->a.outcome == ADMIT_ACCEPTED;
	struct id id = q->waiter.id;

	if (!q->is_async && !accepted)
		waiting_withdraw(app->waiting, &q->waiter);
	if (!err && job->a.outcome == ADMIT_REPLAYED) {
		replay(q);
	} else if (!accepted) {
		refuse(q, err);
	} else if (q->is_async) {
		respond(q->r, 202, NULL, "application/json", job->a.response, job->a.response_len);
	} else {
		wait_for_end(q, false);
		app_run_here(app, &id);
	}
}

/* ---- the handler ---- */

static void fill_admission(struct request *r, struct run_request *q)
{
	struct admission *a = &q->job.a;

	a->queued_at = clock_now_ms();
	a->id = id_make_at(a->queued_at);
	a->account_id = r->auth->principal.account_id;
	a->key_id = r->auth->principal.key_id;
	a->agent = q->agent->slug;
	a->trigger = TRIGGER_API;
	a->lane = q->is_async ? LANE_ASYNC : LANE_SYNC;
	q->estimate_ms = runs_estimate(r->app->runs, q->agent);
	q->waiter = (struct waiter){.r = r, .id = a->id, .ops = &run_ops, .status = EXEC_QUEUED};
	if (q->is_async) {
		a->response_len = accepted_body(q, exec_status_name(EXEC_QUEUED), q->accepted,
		                                sizeof q->accepted);
		a->response = q->accepted;
	} else if (!r->app->cgi) {
		a->waiter = r->app->doorbell.name;
	}
}

/* false: err says why it is refused. With an idempotency key, whether it is known is asked first. */
static bool prepare(struct request *r, struct run_request *q, struct error *err)
{
	struct json_object *body = NULL, *input;
	bool ok = read_body(r, q, &body, &input, err) && read_key(r, q, err);

	if (ok && !may_run(r, q, input, err)) {
		q->refusal = *err;
		ok = q->job.a.replay_only = q->job.a.has_key;
	}
	json_object_put(body);
	return ok;
}

void agents_run(struct request *r)
{
	struct run_request *q = arena_alloc(&r->arena, sizeof *q);
	struct error err = {0};

	q->r = r;
	q->job.done = run_admitted;
	r->state = q;
	if (!prepare(r, q, &err)) {
		respond_error(r, &err);
		return;
	}
	fill_admission(r, q);
	if (!q->is_async)
		waiting_announce(r->app->waiting, &q->waiter);
	admitter_submit(r->app->admitter, &q->job);
}
