/* Routes and the order of the checks (http/routes.h, http/steps.h), on a table, keys and limits of their own. */
#include "http_fixture.h"
#include "http_suites.h"

#include <stdio.h>

#include "http/steps.h"

/* ---- the table ---- */

static const char *handled;              /* which handler was called */
static char handled_param[64], handled_body[64];

static void handle(struct request *r, const char *name)
{
	handled = name;
	snprintf(handled_param, sizeof handled_param, "%s", r->param ? r->param : "");
	respond(r, 200, NULL, "text/plain", "ok", 2);
}

static bool handled_by(const char *name)
{
	return handled && strcmp(handled, name) == 0;
}

static void list_things(struct request *r) { handle(r, "list"); }
static void make_thing(struct request *r)
{
	snprintf(handled_body, sizeof handled_body, "%s", buf_str(&r->body));
	handle(r, "make");
}

static void get_thing(struct request *r) { handle(r, "get"); }
static void run_thing(struct request *r) { handle(r, "run"); }
static void settings_thing(struct request *r) { handle(r, "settings"); }
static void open_thing(struct request *r) { handle(r, "open"); }
static void local_thing(struct request *r) { handle(r, "local"); }

static const char *const list_queries[] = {"limit", NULL};

const struct route routes[] = {
	{HTTP_GET, "/things", list_things, ACCESS_ACCOUNT, FEATURE_API, SCOPE_AGENTS_READ, false, list_queries},
	{HTTP_POST, "/things", make_thing, ACCESS_ACCOUNT, FEATURE_API, SCOPE_AGENTS_RUN, true, NULL},
	{HTTP_GET, "/things/{}", get_thing, ACCESS_ACCOUNT, FEATURE_API, SCOPE_AGENTS_READ, false, NULL},
	{HTTP_PATCH, "/things/{}", make_thing, ACCESS_ACCOUNT, FEATURE_API, SCOPE_AGENTS_RUN, true, NULL},
	{HTTP_DELETE, "/things/{}", run_thing, ACCESS_ACCOUNT, FEATURE_API, SCOPE_AGENTS_RUN, false, NULL},
	{HTTP_POST, "/things/{}/run", run_thing, ACCESS_ACCOUNT, FEATURE_WEBHOOKS, SCOPE_AGENTS_RUN, false, NULL},
	{HTTP_GET, "/mcp", get_thing, ACCESS_ACCOUNT, FEATURE_MCP, SCOPE_AGENTS_READ, false, NULL},
	{HTTP_GET, "/brand", get_thing, ACCESS_ACCOUNT, FEATURE_WHITE_LABEL, SCOPE_AGENTS_READ, false, NULL},
	{HTTP_POST, "/settings", settings_thing, ACCESS_SESSION, FEATURE_NONE, 0, true, NULL},
	{HTTP_POST, "/login", open_thing, ACCESS_OPEN, FEATURE_NONE, 0, true, NULL},
	{HTTP_GET, "/open", open_thing, ACCESS_OPEN, FEATURE_NONE, 0, false, NULL},
	{HTTP_GET, "/local", local_thing, ACCESS_LOCAL, FEATURE_NONE, 0, false, NULL},
};
const unsigned route_count = sizeof routes / sizeof *routes;

/* ---- keys and limits ---- */

static struct auth_entry account;
static unsigned references, spent;
static bool minute_used_up;

bool auth_check(struct auth *a, const struct credentials *c, bool fresh, struct auth_entry **out, struct error *err)
{
	*out = NULL;
	if (c->cookie ? strcmp(c->cookie, "good") != 0 : !c->authorization || strcmp(c->authorization, "Bearer good") != 0)
		return err_set(err, ERR_UNAUTHORIZED, "No");
	references++;
	*out = &account;
	return true;
}

void auth_release(struct auth_entry *e)
{
	if (e)
		references--;
}

static bool granted_meanwhile;

bool auth_renew(struct auth *a, const struct credentials *c, struct auth_entry **e)
{
	if (granted_meanwhile)
		account.principal.features.api = true;
	return granted_meanwhile;
}

void ratelimit_none(struct rate_info *info)
{
	*info = (struct rate_info){.limit = -1, .remaining = -1, .reset_s = (fx_now_ms / 60000 + 1) * 60};
}

bool ratelimit_spend(struct ratelimit *r, uint64_t account_id, int64_t limit, struct rate_info *info,
                     struct error *err)
{
	*info = (struct rate_info){.limit = limit, .remaining = limit - 1, .reset_s = fx_now_ms / 1000 + 10};
	if (!minute_used_up) {
		spent++;
		return true;
	}
	info->remaining = 0;
	err_set(err, ERR_RATE_LIMITED, "Used up");
	err->retry_after = 10;
	return false;
}

/* ---- a request from "METHOD target", with the key where it says so ---- */

static const char *body_sent;

static void serve_env(const char *const *env)
{
	struct request *r;

	handled = NULL;
	r = fx_request(env);
	if (body_sent)
		fx_body(body_sent, strlen(body_sent), 0);
	request_serve(r);
}

static void serve(const char *method, const char *target, const char *more)
{
	static char lines[3][256];
	const char *env[] = {lines[0], lines[1], lines[2], "REMOTE_ADDR=192.0.2.1",
	                     more ? more : "HTTP_X=", "HTTP_AUTHORIZATION=Bearer good", NULL};

	snprintf(lines[0], sizeof lines[0], "REQUEST_METHOD=%s", method);
	snprintf(lines[1], sizeof lines[1], "REQUEST_URI=%s", target);
	snprintf(lines[2], sizeof lines[2], "CONTENT_LENGTH=%zu", body_sent ? strlen(body_sent) : 0);
	serve_env(env);
}

static void allow_all(void)
{
	account.principal = (struct principal){.scopes = SCOPE_ALL, .features = {true, true, true, true},
	                                       .requests_per_minute = 120, .plan = "pro"};
	minute_used_up = granted_meanwhile = false;
	body_sent = NULL;
	spent = 0;
	fx_app.metrics_token = NULL;
}

/* ---- routes ---- */

static void a_request_reaches_its_handler_with_its_parameter(void)
{
	allow_all();
	serve("GET", "/things/a%20b", NULL);
	CU_ASSERT_TRUE(handled_by("get"));
	CU_ASSERT_STRING_EQUAL(handled_param, "a b");
	serve("POST", "/things/7/run", NULL);
	CU_ASSERT_TRUE(handled_by("run"));
	CU_ASSERT_STRING_EQUAL(handled_param, "7");
	CU_ASSERT_EQUAL(references, 0);
}

static void head_is_answered_as_get(void)
{
	allow_all();
	serve("HEAD", "/things", NULL);
	CU_ASSERT_TRUE(handled_by("list"));
	CU_ASSERT_STRING_EQUAL(fx_answer_body(), "");
}

static void paths_that_are_nearly_right_are_not_found(void)
{
	static const char *const paths[] = {"/", "", "/thing", "/thingsx", "/things/", "/things//run",
	                                    "/things/7/run/", "/things/7/8", "/things/7/run/9", "//things"};
	unsigned i;

	allow_all();
	for (i = 0; i < sizeof paths / sizeof *paths; i++) {
		serve("GET", paths[i], NULL);
		CU_ASSERT_PTR_NULL(handled);
		CU_ASSERT_TRUE(fx_status("404 Not Found"));
	}
}

static void another_method_is_told_what_the_path_takes(void)
{
	allow_all();
	serve("DELETE", "/things", NULL);
	CU_ASSERT_TRUE(fx_status("405 Method Not Allowed"));
	CU_ASSERT_TRUE(fx_has("\r\nAllow: GET, HEAD, POST, OPTIONS\r\n"));
	serve("BREW", "/things/7/run", NULL);
	CU_ASSERT_TRUE(fx_has("\r\nAllow: POST, OPTIONS\r\n"));
	serve("HEAD", "/things/7/run", NULL);
	CU_ASSERT_TRUE(fx_status("405 Method Not Allowed"));
}

static void options_tells_what_the_path_takes(void)
{
	allow_all();
	serve("OPTIONS", "/things", NULL);
	CU_ASSERT_TRUE(fx_status("204 No Content"));
	CU_ASSERT_TRUE(fx_has("\r\nAllow: GET, HEAD, POST, OPTIONS\r\n"));
	serve("OPTIONS", "/nothing", NULL);
	CU_ASSERT_TRUE(fx_status("404 Not Found"));
}

static void a_valid_key_counts_on_unknown_paths_too(void)
{
	allow_all();
	serve("GET", "/nothing", NULL);
	CU_ASSERT_EQUAL(spent, 1);
	CU_ASSERT_TRUE(fx_has("\r\nX-RateLimit-Limit: 120\r\n"));
	minute_used_up = true;
	serve("GET", "/nothing", NULL);
	CU_ASSERT_TRUE(fx_status("404 Not Found"));
}

/* ---- the order: what comes first answers, though all that follows is wrong as well ---- */

static struct network elsewhere = {.bits = 128};

static void spoil_all(void)
{
	allow_all();
	account.principal.features = (struct plan_features){.api = false};
	account.principal.scopes = 0;
	account.principal.networks = &elsewhere;
	account.principal.network_count = 1;
	minute_used_up = true;
	body_sent = "not even JSON";
	fx_app.cfg.max_body = 4;
}

static void the_checks_come_in_the_documented_order(void)
{
	const char *wrong = "CONTENT_TYPE=text/plain";

	spoil_all();
	serve("POST", "/nothing?bad=%", wrong);
	CU_ASSERT_TRUE(fx_status("404 Not Found"));
	serve("PUT", "/things?bad=%", wrong);
	CU_ASSERT_TRUE(fx_status("405 Method Not Allowed"));
	serve("POST", "/things?bad=%", "HTTP_AUTHORIZATION=Bearer bad");
	CU_ASSERT_TRUE(fx_status("401 Unauthorized"));
	serve("POST", "/things?bad=%", wrong);
	CU_ASSERT_TRUE(fx_status("429 Too Many Requests"));
	minute_used_up = false;
	serve("POST", "/things?bad=%", wrong);
	CU_ASSERT_TRUE(fx_status("403 Forbidden"));
	CU_ASSERT_TRUE(fx_has("may not be used from 192.0.2.1"));
	account.principal.network_count = 0;
	serve("POST", "/things?bad=%", wrong);
	CU_ASSERT_TRUE(fx_status("403 Forbidden"));
	CU_ASSERT_TRUE(fx_has("The plan pro does not include API access"));
	account.principal.features.api = true;
	serve("POST", "/things?bad=%", wrong);
	CU_ASSERT_TRUE(fx_status("403 Forbidden"));
	CU_ASSERT_TRUE(fx_has("lacks the scope agents:run"));
	account.principal.scopes = SCOPE_ALL;
	serve("POST", "/things?bad=%", wrong);
	CU_ASSERT_TRUE(fx_status("413 Content Too Large"));
	fx_app.cfg.max_body = 1024;
	serve("POST", "/things?bad=%", wrong);
	CU_ASSERT_TRUE(fx_status("400 Bad Request"));
	CU_ASSERT_TRUE(fx_has("Content-Type"));
	serve("POST", "/things?bad=%", "CONTENT_TYPE=application/json; charset=utf-8");
	CU_ASSERT_TRUE(fx_status("400 Bad Request"));
	CU_ASSERT_TRUE(fx_has("query string"));
	serve("POST", "/things", "CONTENT_TYPE=application/json");
	CU_ASSERT_TRUE(handled_by("make"));
	CU_ASSERT_EQUAL(references, 0);
}

static void a_refused_minute_says_when_to_try_again(void)
{
	allow_all();
	minute_used_up = true;
	serve("GET", "/things", NULL);
	CU_ASSERT_TRUE(fx_has("\r\nX-RateLimit-Remaining: 0\r\n"));
	CU_ASSERT_TRUE(fx_has("\r\nRetry-After: 10\r\n"));
}

static void an_unknown_query_parameter_is_named(void)
{
	allow_all();
	serve("GET", "/things?limit=3", NULL);
	CU_ASSERT_TRUE(handled_by("list"));
	serve("GET", "/things?limit=3&ofset=4", NULL);
	CU_ASSERT_TRUE(fx_status("400 Bad Request"));
	CU_ASSERT_TRUE(fx_has("\"field\":\"ofset\""));
	serve("GET", "/things/1?limit=3", NULL);
	CU_ASSERT_TRUE(fx_status("400 Bad Request"));
}

static void a_path_without_a_body_takes_none(void)
{
	allow_all();
	body_sent = "{\"a\":1}";
	serve("POST", "/things/1/run", NULL);
	CU_ASSERT_TRUE(fx_status("400 Bad Request"));
	body_sent = "{}";
	serve("POST", "/things/1/run", NULL);
	CU_ASSERT_TRUE(handled_by("run"));
	body_sent = " \n";
	serve("POST", "/things/1/run", NULL);
	CU_ASSERT_TRUE(handled_by("run"));
}

static void whatever_changes_something_has_its_body_read(void)
{
	allow_all();
	body_sent = "{\"a\":1}";
	serve("PATCH", "/things/1", NULL);
	CU_ASSERT_TRUE(handled_by("make"));
	CU_ASSERT_STRING_EQUAL(handled_body, "{\"a\":1}");
	serve("DELETE", "/things/1", NULL);
	CU_ASSERT_TRUE(fx_status("400 Bad Request"));
	CU_ASSERT_TRUE(fx_has("This path takes no body"));
	body_sent = NULL;
	serve("DELETE", "/things/1", NULL);
	CU_ASSERT_TRUE(handled_by("run"));
	fx_app.cfg.max_body = 4;
	body_sent = "longer";
	serve("DELETE", "/things/1", NULL);
	CU_ASSERT_TRUE(fx_status("413 Content Too Large"));
	fx_app.cfg.max_body = 1024;
}

static void a_plan_without_a_feature_is_told_so(void)
{
	static const struct { const char *method, *path, *said; struct plan_features all_but; } cases[] = {
		{"GET", "/things", "does not include API access", {.webhooks = true, .mcp = true, .white_label = true}},
		{"POST", "/things/1/run", "does not include webhooks", {.api = true, .mcp = true, .white_label = true}},
		{"GET", "/mcp", "does not include MCP", {.api = true, .webhooks = true, .white_label = true}},
		{"GET", "/brand", "does not include white-label", {.api = true, .webhooks = true, .mcp = true}},
	};
	unsigned i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		allow_all();
		serve(cases[i].method, cases[i].path, NULL);
		CU_ASSERT_PTR_NOT_NULL(handled);
		account.principal.features = cases[i].all_but;
		serve(cases[i].method, cases[i].path, NULL);
		CU_ASSERT_TRUE(fx_status("403 Forbidden"));
		CU_ASSERT_TRUE(fx_has(cases[i].said));
	}
}

static void what_was_granted_a_moment_ago_counts(void)
{
	allow_all();
	account.principal.features.api = false;
	granted_meanwhile = true;
	serve("GET", "/things", NULL);
	CU_ASSERT_TRUE(handled_by("list"));
}

/* ---- sessions ---- */

/* A session's request, with one more line. */
static void serve_session(const char *method, const char *target, const char *more)
{
	static char lines[2][256];

	allow_all();
	account.principal.session = true;
	account.principal.features.api = false;
	snprintf(lines[0], sizeof lines[0], "REQUEST_METHOD=%s", method);
	snprintf(lines[1], sizeof lines[1], "REQUEST_URI=%s", target);
	serve_env((const char *[]){lines[0], lines[1], "HTTP_COOKIE=good", "HTTP_HOST=agents.example:8443", more, NULL});
}

static void a_session_needs_no_api_access(void)
{
	serve_session("GET", "/things", NULL);
	CU_ASSERT_TRUE(handled_by("list"));
}

static void a_key_cannot_do_what_takes_a_session(void)
{
	allow_all();
	serve("POST", "/settings", NULL);
	CU_ASSERT_TRUE(fx_status("403 Forbidden"));
	CU_ASSERT_TRUE(fx_has("takes a session"));
	serve_session("POST", "/settings", NULL);
	CU_ASSERT_TRUE(handled_by("settings"));
}

static void a_page_of_another_site_changes_nothing_with_a_session(void)
{
	static const char *const refused[] = {
		"HTTP_ORIGIN=https://evil.example", "HTTP_ORIGIN=null", "HTTP_ORIGIN=https://agents.example",
		"HTTP_ORIGIN=https://agents.example:8443.evil.example", "HTTP_SEC_FETCH_SITE=cross-site",
		"HTTP_SEC_FETCH_SITE=same-site"};
	static const char *const taken[] = {"HTTP_ORIGIN=https://agents.example:8443", "HTTP_ORIGIN=https://Agents.Example:8443",
	                                    "HTTP_SEC_FETCH_SITE=same-origin", "HTTP_SEC_FETCH_SITE=none", NULL};
	unsigned i;

	for (i = 0; i < sizeof refused / sizeof *refused; i++) {
		serve_session("POST", "/things", refused[i]);
		CU_ASSERT_TRUE(fx_status("403 Forbidden"));
		CU_ASSERT_EQUAL(spent, 0);
		serve_session("GET", "/things", refused[i]);
		CU_ASSERT_TRUE(handled_by("list"));
	}
	for (i = 0; i < sizeof taken / sizeof *taken; i++) {
		serve_session("POST", "/things", taken[i]);
		CU_ASSERT_TRUE(handled_by("make"));
	}
}

static void a_page_of_another_site_logs_nobody_in(void)
{
	allow_all();
	serve("POST", "/login", "HTTP_ORIGIN=https://evil.example");
	CU_ASSERT_TRUE(fx_status("403 Forbidden"));
	serve("POST", "/login", NULL);
	CU_ASSERT_TRUE(handled_by("open"));
}

static void a_key_is_used_by_any_page(void)
{
	allow_all();
	serve("POST", "/things", "HTTP_ORIGIN=https://app.example");
	CU_ASSERT_TRUE(handled_by("make"));
}

/* ---- access without a key ---- */

static void an_open_path_needs_no_key_and_counts_nothing(void)
{
	allow_all();
	serve("GET", "/open", "HTTP_AUTHORIZATION=");
	CU_ASSERT_TRUE(handled_by("open"));
	CU_ASSERT_EQUAL(spent, 0);
}

static void a_local_path_is_for_this_host(void)
{
	static const char *const near[] = {"REMOTE_ADDR=127.0.0.1", "REMOTE_ADDR=127.8.8.8", "REMOTE_ADDR=::1",
	                                   "REMOTE_ADDR=unix:"};
	static const char *const far[] = {"REMOTE_ADDR=10.0.0.1", "REMOTE_ADDR=", "REMOTE_ADDR=::2"};
	const char *env[] = {"REQUEST_METHOD=GET", "REQUEST_URI=/local", NULL, NULL, NULL};
	unsigned i;

	allow_all();
	for (i = 0; i < sizeof near / sizeof *near; i++) {
		env[2] = near[i];
		request_serve(fx_request(env));
		CU_ASSERT_TRUE(fx_status("200 OK"));
	}
	for (i = 0; i < sizeof far / sizeof *far; i++) {
		env[2] = far[i];
		request_serve(fx_request(env));
		CU_ASSERT_TRUE(fx_status("403 Forbidden"));
	}
	env[2] = near[0];
	env[3] = "HTTP_X_FORWARDED_FOR=192.0.2.7";
	request_serve(fx_request(env));
	CU_ASSERT_TRUE(fx_status("403 Forbidden"));
}

static void the_operator_s_token_opens_a_local_path(void)
{
	char token[] = "sesame-sesame-sesame";

	allow_all();
	fx_app.metrics_token = token;
	serve("GET", "/local", "HTTP_AUTHORIZATION=Bearer sesame-sesame-sesame");
	CU_ASSERT_TRUE(handled_by("local"));
	serve("GET", "/local", "HTTP_AUTHORIZATION=Bearer sesame-sesame-sesamE");
	CU_ASSERT_TRUE(fx_status("403 Forbidden"));
	serve("GET", "/local", "HTTP_AUTHORIZATION=Bearer sesame");
	CU_ASSERT_TRUE(fx_status("403 Forbidden"));
	fx_app.metrics_token = NULL;
}

static CU_TestInfo tests[] = {
	{"a request reaches its handler with its parameter", a_request_reaches_its_handler_with_its_parameter},
	{"HEAD is answered as GET", head_is_answered_as_get},
	{"paths that are nearly right are not found", paths_that_are_nearly_right_are_not_found},
	{"another method is told what the path takes", another_method_is_told_what_the_path_takes},
	{"OPTIONS tells what the path takes", options_tells_what_the_path_takes},
	{"a valid key counts on unknown paths too", a_valid_key_counts_on_unknown_paths_too},
	{"the checks come in the documented order", the_checks_come_in_the_documented_order},
	{"a refused minute says when to try again", a_refused_minute_says_when_to_try_again},
	{"an unknown query parameter is named", an_unknown_query_parameter_is_named},
	{"a path without a body takes none", a_path_without_a_body_takes_none},
	{"whatever changes something has its body read", whatever_changes_something_has_its_body_read},
	{"a plan without a feature is told so", a_plan_without_a_feature_is_told_so},
	{"what was granted a moment ago counts", what_was_granted_a_moment_ago_counts},
	{"a session needs no API access", a_session_needs_no_api_access},
	{"a key cannot do what takes a session", a_key_cannot_do_what_takes_a_session},
	{"a page of another site changes nothing with a session", a_page_of_another_site_changes_nothing_with_a_session},
	{"a page of another site logs nobody in", a_page_of_another_site_logs_nobody_in},
	{"a key is used by any page", a_key_is_used_by_any_page},
	{"an open path needs no key and counts nothing", an_open_path_needs_no_key_and_counts_nothing},
	{"a local path is for this host", a_local_path_is_for_this_host},
	{"the operator's token opens a local path", the_operator_s_token_opens_a_local_path},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo steps_suite = {"http: routes and steps", fx_open, fx_close, NULL, NULL, tests};
