/* The dashboard's session: logging in and out, whose it is, its password. */
#include <stdio.h>
#include <string.h>

#include "api/app.h"
#include "api/handlers.h"
#include "base/mem.h"
#include "core/logins.h"
#include "http/response.h"

#define BODY_MAX     8192         /* of a body with passwords */
#define ANSWER_MAX   8192
#define EMAIL_MAX    254
#define PASSWORD_LEN 1024         /* bytes that are looked at at all */

/* ---- bodies with passwords ---- */

struct member { const char *name; size_t max; const char *value; };

/* Exactly these members, all of them texts that are not empty; they live as long as *body. */
static bool read_texts(struct request *r, struct member *m, unsigned n, struct json_object **body, struct error *err)
{
	const char *known[4] = {NULL};
	unsigned i;

	*body = NULL;
	/* who asks may be anybody: a larger one is not worth parsing */
	if (r->body.len > BODY_MAX)
		return err_set(err, ERR_PAYLOAD_TOO_LARGE, "The body is larger than %d bytes", BODY_MAX);
	for (i = 0; i < n; i++)
		known[i] = m[i].name;
	if (!json_read_members(buf_str(&r->body), r->body.len, known, body, err))
		return false;
	for (i = 0; i < n; i++) {
		if (!json_get_str(*body, "", m[i].name, &m[i].value, err))
			return false;
		if (!m[i].value || !*m[i].value)
			return err_field(err, m[i].name, "%s is required", m[i].name);
		if (strlen(m[i].value) > m[i].max)
			return err_field(err, m[i].name, "%s is longer than %zu bytes", m[i].name, m[i].max);
	}
	return true;
}

static void forget_texts(struct request *r, const struct member *m, unsigned n, struct json_object *body)
{
	unsigned i;

	for (i = 0; i < n; i++)
		json_wipe_str(body, m[i].name);
	json_object_put(body);
	if (r->body.data)
		mem_wipe(r->body.data, r->body.len);
}

static const char *address_of(const struct request *r)
{
	return r->remote_addr ? r->remote_addr : "";
}

/* ---- who it is ---- */

static void put_features(struct json_out *w, const struct plan_features *f)
{
	json_obj_open(w, "features");
	json_put_bool(w, "api", f->api);
	json_put_bool(w, "webhooks", f->webhooks);
	json_put_bool(w, "mcp", f->mcp);
	json_put_bool(w, "white_label", f->white_label);
	json_obj_close(w);
}

static void put_credentials(struct json_out *w, const struct principal *p)
{
	json_obj_open(w, "auth");
	json_put_str(w, "kind", p->session ? "session" : "api_key");
	json_put_id(w, "id", p->session ? ID_SESSION : ID_KEY, p->session ? &p->session_id : &p->key_id);
	scopes_put(w, "scopes", p->scopes);
	json_put_time(w, "expires_at", p->expires_at);
	json_obj_close(w);
}

static void answer_me(struct request *r, const char *extra)
{
	const struct principal *p = &r->auth->principal;
	struct error err = {0};
	struct account a;
	struct json_out w;
	struct buf b;

	if (!login_account(r->app->logins, p, &a, &err)) {
		respond_error_extra(r, &err, extra);
		return;
	}
	buf_init(&b, ANSWER_MAX);
	envelope_open(&w, &b);
	json_obj_open(&w, "data");
	json_put_id(&w, "id", ID_USER, &p->user_id);
	json_put_str(&w, "email", a.email);
	json_put_str(&w, "name", a.name);
	json_put_str(&w, "plan", a.plan);
	json_put_str(&w, "timezone", a.timezone);
	json_put_time(&w, "created_at", a.created_at);
	put_features(&w, &p->features);
	put_credentials(&w, p);
	json_obj_close(&w);
	envelope_close(&w);
	respond_json(r, 200, extra, &b);
	buf_release(&b);
}

void me_get(struct request *r)
{
	answer_me(r, NULL);
}

/* ---- in and out ---- */

/* The Set-Cookie header (RFC 6265). token "": the cookie is to be forgotten. */
static void cookie_header(const struct request *r, const char *token, char *out, size_t size)
{
	bool secure = request_over_tls(r, &r->app->cfg);
	const char *path = *r->app->cfg.base_path ? r->app->cfg.base_path : "/";
	int n = snprintf(out, size,
	                 "Set-Cookie: " SESSION_COOKIE "=%s; Path=%s; Max-Age=%lld; HttpOnly; SameSite=Lax%s\r\n",
	                 token, path, *token ? (long long)(SESSION_MOST_MS / 1000) : 0LL, secure ? "; Secure" : "");

	INVARIANT(n > 0 && (size_t)n < size, "a cookie is too long");
}

/* The answer is that of GET /api/me, as the new session is given it. */
static void answer_opened(struct request *r, const char *token)
{
	char cookie[sizeof SESSION_COOKIE "=" + SESSION_TOKEN_LEN], header[512];
	struct credentials c = {.cookie = cookie};
	struct error err = {0};

	snprintf(cookie, sizeof cookie, SESSION_COOKIE "=%s", token);
	cookie_header(r, token, header, sizeof header);
	if (auth_check(r->app->auth, &c, true, &r->auth, &err))
		answer_me(r, header);
	else
		respond_error_extra(r, &err, header);      /* the session was made: it is handed out */
	mem_wipe(cookie, sizeof cookie);
	mem_wipe(header, sizeof header);
}

void session_create(struct request *r)
{
	struct member m[] = {{.name = "email", .max = EMAIL_MAX}, {.name = "password", .max = PASSWORD_LEN}};
	char token[SESSION_TOKEN_LEN + 1];
	struct json_object *body;
	struct error err = {0};
	bool ok = read_texts(r, m, 2, &body, &err) &&
	          login_open(r->app->logins, m[0].value, m[1].value, address_of(r), token, &err);

	forget_texts(r, m, 2, body);
	if (ok)
		answer_opened(r, token);
	else
		respond_error(r, &err);
	mem_wipe(token, sizeof token);
}

void session_delete(struct request *r)
{
	struct error err = {0};
	char header[512];

	cookie_header(r, "", header, sizeof header);
	if (login_close(r->app->logins, &r->auth->principal, address_of(r), r->credentials.cookie, &err))
		respond_done(r, header);
	else
		respond_error(r, &err);
}

void me_password(struct request *r)
{
	struct member m[] = {{.name = "current_password", .max = PASSWORD_LEN},
	                     {.name = "new_password", .max = PASSWORD_LEN}};
	char token[SESSION_TOKEN_LEN + 1], header[512];
	struct json_object *body;
	struct error err = {0};
	bool ok = read_texts(r, m, 2, &body, &err) &&
	          login_change_password(r->app->logins, &r->auth->principal, address_of(r), m[0].value, m[1].value, token,
		                        &err);

	forget_texts(r, m, 2, body);
	if (ok) {
		cookie_header(r, token, header, sizeof header);
		respond_done(r, header);
		mem_wipe(header, sizeof header);
	} else {
		respond_error(r, &err);
	}
	mem_wipe(token, sizeof token);
}
