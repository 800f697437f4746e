/* What a schedule's request asks for: its body, checked. */
#include <string.h>

#include "api/app.h"
#include "api/schedules_priv.h"
#include "base/clock.h"
#include "core/run_rules.h"

#define TIMEZONE_MAX 64      /* the column */

static bool read_time(struct json_object *body, const char *name, int64_t *ms, struct error *err)
{
	const char *text = NULL;

	if (!json_get_str(body, "", name, &text, err))
		return false;
	if (text && !clock_parse(text, ms))
		return err_field(err, name, "%s must be a time such as 2027-01-15T06:00:00Z", name);
	if (text && *ms == 0)   /* what is 0 is not given */
		*ms = 1;
	return true;
}

static bool read_bounds(struct json_object *body, struct schedule *s, struct error *err)
{
	int64_t failures = 0;

	if (!read_time(body, "starts_at", &s->starts_at, err) || !read_time(body, "ends_at", &s->ends_at, err) ||
	    !json_get_int(body, "", "pause_after_failures", 1, SCHEDULE_FAILURES_MAX, &failures, err))
		return false;
	s->pause_after_failures = (unsigned)failures;
	return schedule_bounds_check(s, err);
}

static bool read_policies(struct json_object *body, struct schedule *s, struct error *err)
{
	const char *catch_up = NULL, *overlap = NULL;

	if (!json_get_str(body, "", "catch_up", &catch_up, err) || !json_get_str(body, "", "overlap", &overlap, err))
		return false;
	if (catch_up && !catch_up_by_name(catch_up, &s->catch_up))
		return err_field(err, "catch_up", "catch_up must be latest or none");
	return !overlap || overlap_by_name(overlap, &s->overlap) ||
	       err_field(err, "overlap", "overlap must be queue, skip or cancel_previous");
}

static bool read_rule(struct request *r, struct json_object *body, struct schedule *s, struct schedule_rule *rule,
                      struct error *err)
{
	const char *cron = NULL, *zone = NULL;

	if (!json_get_str(body, "", "cron_expr", &cron, err) || !json_get_str(body, "", "timezone", &zone, err))
		return false;
	if (!cron)
		return err_field(err, "cron_expr", "cron_expr is required: a cron expression such as \"0 6 * * *\"");
	if (!zone)
		return err_field(err, "timezone", "timezone is required: an IANA time zone such as \"Asia/Kolkata\"");
	if (strlen(zone) > TIMEZONE_MAX)
		return err_field(err, "timezone", "timezone is longer than %d bytes", TIMEZONE_MAX);
	s->cron_expr = arena_strdup(&r->arena, cron);
	s->timezone = arena_strdup(&r->arena, zone);
	return schedule_rule_open(rule, s->cron_expr, s->timezone, err);
}

/* The input is stored as it was sent, as a run's is. */
static bool read_input(struct request *r, struct json_object *body, const struct json_span *span, struct schedule *s,
                       struct error *err)
{
	struct json_object *given = NULL, *input;
	const struct manifest *m;
	bool ok;

	if (!json_get_obj(body, "", "input_payload", &given, err) ||
	    !schedules_agent(&r->app->schedules, r->param, &m, err))
		return false;
	s->agent = m->slug;
	s->input = given ? span->p : "{}";
	s->input_len = given ? span->n : 2;
	input = given ? json_object_get(given) : json_object_new_object();
	ok = run_input_check(m, input, err);
	json_object_put(input);
	return ok;
}

static bool read_members(struct request *r, struct json_object *body, const struct json_span *input, struct schedule *s,
                         struct schedule_rule *rule, struct error *err)
{
	static const char *const known[] = {"cron_expr", "timezone", "enabled", "input_payload", "catch_up", "overlap",
	                                    "starts_at", "ends_at", "pause_after_failures", NULL};

	if (!json_object_is_type(body, json_type_object))
		return err_set(err, ERR_INVALID_INPUT, "The body must be a JSON object");
	return json_only_known(body, "", known, err) && json_get_bool(body, "", "enabled", &s->enabled, err) &&
	       read_policies(body, s, err) && read_bounds(body, s, err) && read_rule(r, body, s, rule, err) &&
	       read_input(r, body, input, s, err);
}

bool schedule_request_read(struct request *r, struct schedule_view *v, struct schedule_rule *rule, struct error *err)
{
	static const char *const wanted[] = {"input_payload", NULL};
	struct json_object *body = NULL;
	struct json_span input;
	bool ok;

	memset(v, 0, sizeof *v);
	rule->zone = NULL;
	v->s.account_id = r->auth->principal.account_id;
	v->s.enabled = true;
	if (r->body.len == 0)
		return err_set(err, ERR_INVALID_INPUT, "A JSON body with cron_expr and timezone is required");
	ok = json_read(r->body.data, r->body.len, JSON_DEPTH_MAX, &body, wanted, &input, err) &&
	     read_members(r, body, &input, &v->s, rule, err);
	json_object_put(body);
	return ok;
}
