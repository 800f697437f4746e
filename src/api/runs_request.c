/* What a run's request asks for: its body and headers, checked, and whether the account may have it run. */
#include <string.h>

#include "api/runs_priv.h"
#include "base/clock.h"
#include "base/json.h"
#include "core/once.h"
#include "core/run_rules.h"

#define WEBHOOK_URL_MAX 2048      /* the column */
#define RUN_DELAY_MAX_DAYS 30
#define RUN_DELAY_MAX_MS   (RUN_DELAY_MAX_DAYS * 86400 * INT64_C(1000))

/* ---- what was asked ---- */

/* When the run is to start, if it was said. Whether that is still to come is asked last: a repeat of a request that was
 * accepted in time is answered as it was. */
static bool read_start(struct run_request *q, struct json_object *body, struct error *err)
{
	const char *run_at = NULL, *field;
	int64_t delay = -1;

	if (!json_get_int(body, "", "delay_seconds", 0, RUN_DELAY_MAX_MS / 1000, &delay, err) ||
	    !json_get_str(body, "", "run_at", &run_at, err))
		return false;
	if (delay < 0 && !run_at)
		return true;
	field = run_at ? "run_at" : "delay_seconds";
	if (run_at && delay >= 0)
		return err_field(err, field, "Send either run_at or delay_seconds, not both");
	if (!q->is_async)
		return err_field(err, field, "%s goes with \"async\": true only", field);
	if (run_at && !clock_parse(run_at, &q->run_at))
		return err_field(err, field, "run_at must be a time such as 2025-01-15T06:00:00Z");
	q->delay_ms = delay > 0 ? delay * 1000 : 0;
	q->has_run_at = run_at != NULL;
	return true;
}

/* The members beside the input; strings are kept in the arena. */
static bool read_members(struct request *r, struct run_request *q, struct json_object *body,
                         struct error *err)
{
	static const char *const known[] = {"input_payload", "async", "webhook_url", "delay_seconds", "run_at",
	                                    "max_tokens", NULL};
	const char *url = NULL;

	if (!json_object_is_type(body, json_type_object))
		return err_set(err, ERR_INVALID_INPUT, "The body must be a JSON object");
	if (!json_only_known(body, "", known, err) || !json_get_bool(body, "", "async", &q->is_async, err) ||
	    !json_get_str(body, "", "webhook_url", &url, err) || !read_start(q, body, err) ||
	    !json_get_int(body, "", "max_tokens", 1, BUDGET_TOKENS_MAX, &q->job.a.max_tokens, err))
		return false;
	if (!url)
		return true;
	if (strlen(url) > WEBHOOK_URL_MAX)
		return err_field(err, "webhook_url", "webhook_url is longer than %d bytes", WEBHOOK_URL_MAX);
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
		return err_field(err, "input_payload", "input_payload is required: an object, which may be empty");
	q->agent = registry_find(r->app->agents, r->param);
	if (!q->agent)
		return err_set(err, ERR_NOT_FOUND, "There is no such agent; see /api/agents");
	return run_input_check(q->agent, *input, err);
}

/* The raw text of the input is what is stored: it was checked, and nothing is lost in writing it anew. */
static bool read_body(struct request *r, struct run_request *q, struct json_object **body,
                      struct json_object **input, struct error *err)
{
	static const char *const wanted[] = {"input_payload", NULL};
	struct json_span text;

	if (r->body.len == 0)
		return err_set(err, ERR_INVALID_INPUT, "A JSON body with input_payload is required");
	if (!json_read(r->body.data, r->body.len, JSON_DEPTH_MAX, body, wanted, &text, err) ||
	    !read_members(r, q, *body, err) || !read_input(r, q, *body, input, err))
		return false;
	q->job.a.input = text.p;
	q->job.a.input_len = text.n;
	return true;
}

static void hash_part(struct buf *b, const char *text)
{
	buf_add(b, text, strlen(text) + 1);
}

/* The scope of a key: account, method, path. */
bool run_request_key(struct request *r, struct run_request *q, const char *kind, const char *same, size_t n,
                     struct error *err)
{
	const char *key = r->idempotency_key;
	struct buf scope;

	if (!key)
		return true;
	if (!once_key_valid(key, err))
		return false;
	buf_init(&scope, 1024);
	buf_add_int(&scope, (long long)r->auth->principal.account_id);
	buf_adds(&scope, "\nPOST\n");
	hash_part(&scope, kind);
	hash_part(&scope, q->agent->slug);
	hash_part(&scope, key);
	crypto_sha256(scope.data, scope.len, q->job.a.scope_hash);
	buf_release(&scope);
	crypto_sha256(same, n, q->job.a.body_hash);
	q->job.a.has_key = true;
	q->job.a.key_keep_ms = config_idempotency_ms(&r->app->cfg);
	return true;
}

/* ---- may it run ---- */

/* Times are whole seconds, so the present one is not in the past. */
static bool check_start(const struct run_request *q, struct error *err)
{
	int64_t now = clock_now_ms();

	if (!q->has_run_at)
		return true;
	if (q->run_at / 1000 < now / 1000)
		return err_field(err, "run_at", "run_at is in the past");
	return q->run_at <= now + RUN_DELAY_MAX_MS ||
	       err_field(err, "run_at", "run_at is more than %d days ahead", RUN_DELAY_MAX_DAYS);
}

static bool check_account(const struct principal *p, const struct run_request *q,
                          struct json_object *input, struct error *err)
{
	if (q->job.a.webhook_url && !p->features.webhooks)
		return err_set(err, ERR_FORBIDDEN, "The plan %s does not include webhooks", p->plan);
	return run_allowed(p, q->agent, input, err);
}

static bool may_run(struct request *r, const struct run_request *q, struct json_object *input,
                    struct error *err)
{
	if (!check_start(q, err))
		return false;
	return check_account(&r->auth->principal, q, input, err) ||
	       (auth_renew(r->app->auth, &r->credentials, &r->auth) &&
	        check_account(&r->auth->principal, q, input, err));
}

bool run_request_allowed(struct request *r, struct run_request *q, struct json_object *input, struct error *err)
{
	if (may_run(r, q, input, err))
		return true;
	q->refusal = *err;
	return q->job.a.replay_only = q->job.a.has_key;
}

bool run_request_read(struct request *r, struct run_request *q, struct error *err)
{
	struct json_object *body = NULL, *input;
	bool ok = read_body(r, q, &body, &input, err) &&
	          run_request_key(r, q, "run", r->body.data, r->body.len, err) &&
	          run_request_allowed(r, q, input, err);

	json_object_put(body);
	return ok;
}
