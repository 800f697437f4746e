/* run: an agent, as a caller. */
#include "ctl/caller.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "ctl/progress.h"

#define BODY_MAX     (2u << 20)
#define SYNC_TIME_MS 120000        /* how long a run is waited for in one request; the server answers earlier */
#define PAUSE_MS     2000          /* at least, from one such request to the next */

struct run {
	const char *path, *key;        /* key: the Idempotency-Key, the same over all repeats */
	struct buf body;
	bool later;                    /* delayed */
};

/* ---- the request ---- */

static void put_options(struct ctl *c, struct json_out *w)
{
	const int64_t *tokens = ctl_number_at(c, "max-tokens"), *delay = ctl_number_at(c, "delay");
	const int64_t *run_at = ctl_number_at(c, "run-at");

	if (ctl_given(c, "webhook-url"))
		json_put_str(w, "webhook_url", ctl_text(c, "webhook-url"));
	if (tokens)
		json_put_int(w, "max_tokens", *tokens);
	if (delay)
		json_put_int(w, "delay_seconds", *delay);
	if (run_at)
		json_put_time(w, "run_at", *run_at);
}

static bool not_both(struct ctl *c, const char *one, const char *other)
{
	if (!ctl_given(c, one) || !ctl_given(c, other))
		return true;
	c->status = CTL_USAGE;
	return err_field(&c->err, other, "One of --%s and --%s", one, other);
}

/* A run that is to start later can only be asynchronous; what is followed is, so that its id is known at once. */
static bool make_request(struct ctl *c, struct run *q)
{
	struct json_object *input = NULL;
	struct json_out w;
	struct buf path;
	bool ok;

	q->later = ctl_given(c, "delay") || ctl_given(c, "run-at");
	if (!not_both(c, "delay", "run-at") || !not_both(c, "async", "follow"))
		return false;
	q->key = ctl_given(c, "idempotency-key") ? ctl_text(c, "idempotency-key") : caller_new_key(&c->arena);
	buf_init(&path, 512);
	ok = caller_path(c, &path, "/api/agents/", "slug", "/run") && caller_input(c, "input", &input);
	q->path = arena_strdup(&c->arena, buf_str(&path));
	buf_release(&path);
	json_begin(&w, &q->body);
	json_obj_open(&w, NULL);
	json_put_value(&w, "input_payload", input);
	json_put_bool(&w, "async", ctl_given(c, "async") || ctl_given(c, "follow") || q->later);
	put_options(c, &w);
	json_obj_close(&w);
	json_object_put(input);
	return ok && (!q->body.failed || err_field(&c->err, "input", "--input is larger than a request may be"));
}

/* An error of the way there leaves open whether the run was accepted: then the same key finds it, or makes it. */
static bool ask(struct ctl *c, const struct run *q, int64_t timeout_ms, struct reply *r)
{
	struct question question = {.method = "POST", .path = q->path, .body = buf_str(&q->body), .body_len = q->body.len,
	                            .idempotency_key = q->key, .timeout_ms = timeout_ms};
	char text[512];

	if (caller_ask(c, &question, r))
		return true;
	if (c->caller->interrupted)
		return caller_interrupted(c, NULL, ctl_text(c, "slug"), q->key);
	if (c->err.code == ERR_UNAVAILABLE && r->status == 0) {
		snprintf(text, sizeof text, "%.200s. The run may have been accepted: repeat the command with --idempotency-key %.120s",
		         c->err.message, q->key);
		err_set(&c->err, ERR_UNAVAILABLE, "%s", text);
	}
	return false;
}

/* ---- the three ways to wait ---- */

static void print_data(struct ctl *c, const struct reply *r)
{
	if (c->json)
		show_raw(c, r);
	else
		show_run(c, r->data);
}

static const char *id_of(struct ctl *c, const struct reply *r)
{
	return show_member(c, r->data, &(struct member){"", "execution_id", AS_TEXT});
}

static bool run_async(struct ctl *c, const struct run *q)
{
	struct reply r;
	bool ok = ask(c, q, 0, &r);

	if (ok)
		print_data(c, &r);
	if (ok && !c->json)
		buf_addf(&c->out, "\nIts steps and its result: agentivctl executions follow %s\n", id_of(c, &r));
	reply_release(&r);
	return ok;
}

/* A repeat with the same key waits for the same run: it needs no further scope, and no other request. */
static bool run_and_wait(struct ctl *c, const struct run *q)
{
	const char *id = NULL;
	bool ok, again;
	struct reply r;

	caller_catch_interrupts(c);
	do {
		int64_t began = clock_mono_us();

		progress_say(c->caller->progress, id ? arena_printf(&c->arena, "waiting for %s", id)
		             : arena_printf(&c->arena, "running %.40s", ctl_text(c, "slug")));
		ok = ask(c, q, c->caller->timeout_given ? 0 : SYNC_TIME_MS, &r);
		again = ok && r.status == 202;
		if (again)
			id = id_of(c, &r);
		else if (ok)
			print_data(c, &r);
		reply_release(&r);
		if (again && !caller_pause(c, PAUSE_MS - (clock_mono_us() - began) / 1000))
			ok = again = caller_interrupted(c, id, NULL, NULL);
	} while (again);
	progress_say(c->caller->progress, NULL);
	if (!ok && c->status == CTL_INTERRUPTED && id)
		caller_interrupted(c, id, NULL, NULL);
	return ok;
}

/* As a synchronous run's result has it. */
static void print_result(struct ctl *c, struct json_object *execution)
{
	static const char *const members[] = {"status", "summary", "output", "tokens_used", "duration_ms"};
	struct json_object *value = NULL;
	size_t i;

	if (!c->json) {
		buf_addc(&c->out, '\n');
		show_run(c, execution);
		return;
	}
	json_obj_open(&c->w, NULL);
	json_object_object_get_ex(execution, "id", &value);
	json_put_value(&c->w, "execution_id", value);
	for (i = 0; i < sizeof members / sizeof *members; i++) {
		value = NULL;
		json_object_object_get_ex(execution, members[i], &value);
		json_put_value(&c->w, members[i], value);
	}
	json_obj_close(&c->w);
}

static bool run_and_follow(struct ctl *c, const struct run *q)
{
	struct reply accepted, r = {.status = 0};
	const char *id;
	bool ok;

	caller_catch_interrupts(c);
	ok = ask(c, q, 0, &accepted);
	id = ok ? id_of(c, &accepted) : "";
	reply_release(&accepted);
	ok = ok && caller_follow(c, id) && caller_get(c, arena_printf(&c->arena, "/api/executions/%s", id), &r) &&
	     caller_run_succeeded(c, r.data);
	if (ok)
		print_result(c, r.data);
	else if (c->err.code == ERR_FORBIDDEN && *id)
		err_set(&c->err, ERR_FORBIDDEN, "The run %s goes on, but cannot be followed with this key: it needs the scope"
		        " agents:read", id);
	reply_release(&r);
	return ok;
}

bool cmd_run(struct ctl *c)
{
	struct run q = {.path = NULL};
	bool ok;

	buf_init(&q.body, BODY_MAX);
	ok = make_request(c, &q) && (ctl_given(c, "follow") ? run_and_follow
	                             : ctl_given(c, "async") || q.later ? run_async : run_and_wait)(c, &q);
	buf_release(&q.body);
	return ok;
}
