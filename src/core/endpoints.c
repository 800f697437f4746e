#include "core/endpoints.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "core/audit.h"
#include "store/accounts.h"

#define SEALED_MAX   1024        /* the column */
#define TEXT_CONTROL 0x20

static bool unknown(struct error *err)
{
	return err_set(err, ERR_NOT_FOUND, "There is no such webhook endpoint");
}

/* ---- what an endpoint is given ---- */

bool endpoint_check_url(const struct endpoints *es, const char *url, struct error *err)
{
	return outbound_check_url(es->rules, url, "url", err);
}

/* Valid UTF-8, as whatever was read as JSON; counted in characters, as the column does. */
bool endpoint_check_description(const char *text, struct error *err)
{
	const unsigned char *p;
	size_t chars = 0;

	for (p = (const unsigned char *)text; *p; p++) {
		if (*p < TEXT_CONTROL || *p == 0x7f)
			return err_field(err, "description", "description must hold no control characters");
		chars += (*p & 0xc0) != 0x80;
	}
	return chars <= ENDPOINT_DESCRIPTION_MAX ||
	       err_field(err, "description", "description must not be longer than %d characters", ENDPOINT_DESCRIPTION_MAX);
}

bool endpoint_add_event(const char *name, unsigned *events, struct error *err)
{
	enum event_type t;

	if (!event_type_by_name(name, &t) || !(ENDPOINT_EVENTS_ALL >> t & 1))
		return err_field(err, "events", "There is no event \"%.64s\" to choose; see /api/webhook-events", name);
	*events |= 1u << t;
	return true;
}

/* ---- in a transaction ---- */

struct change {
	const struct endpoints *endpoints;
	uint64_t account_id;
	struct id id;                    /* of the endpoint */
	struct id request;               /* of this change, for a repeat's sake */
	int64_t now_ms;
	struct arena *arena;
	struct audit_draft told;
	struct endpoint *out;
	const struct endpoint_patch *patch;
	struct made_endpoint *made;
	struct once *once;
};

static void describe(struct json_out *w, const struct change *k)
{
	const struct endpoint_patch *p = k->patch;

	if (k->made && k->made->e.url)
		json_put_str(w, "url", k->made->e.url);
	if (p && p->url)
		json_put_str(w, "url", p->url);
	if (p && p->events)
		endpoint_events_put(w, "events", p->events);
	if (p && p->has_enabled)
		json_put_bool(w, "enabled", p->enabled);
}

static bool run(struct change *k, const struct actor *who, const char *action, db_body body, db_applied applied,
                struct error *err)
{
	char id[ID_TEXT_SIZE];
	bool ok;

	id_format(ID_ENDPOINT, &k->id, id);
	audit_open(&k->told, who, k->account_id, action, id);
	describe(&k->told.w, k);
	ok = db_transaction(k->endpoints->db, body, applied, k, err);
	audit_release(&k->told);
	return ok;
}

static bool find_locked(struct db_conn *c, struct change *k, struct error *err)
{
	bool found;

	return endpoint_find(c, k->account_id, &k->id, true, k->arena, k->out, &found, err) && (found || unknown(err));
}

/* Whether it is there; -1: that cannot be told. */
static int look(struct db_conn *c, const struct change *k, struct endpoint *out, struct arena *a)
{
	struct error err;
	bool found;

	return endpoint_find(c, k->account_id, &k->id, false, a, out, &found, &err) ? found : -1;
}

static int is_there(struct db_conn *c, void *ctx)
{
	struct endpoint e;
	struct arena a;
	int there;

	arena_init(&a);
	there = look(c, ctx, &e, &a);
	arena_release(&a);
	return there;
}

static int is_gone(struct db_conn *c, void *ctx)
{
	int there = is_there(c, ctx);

	return there < 0 ? there : !there;
}

static bool tell(struct db_conn *c, struct change *k, struct error *err)
{
	return endpoint_events_update(c, k->account_id, err) && audit_write(c, audit_entry(&k->told), err);
}

/* ---- secrets ---- */

/* sealed: begun by the caller, who releases it. */
static bool seal(struct db_conn *c, const struct change *k, struct buf *sealed, struct error *err)
{
	char context[WEBHOOK_CONTEXT_SIZE];

	webhook_endpoint_context(&k->id, context);
	return secrets_seal(k->endpoints->secrets, c, context, k->made->secret, strlen(k->made->secret), sealed, err);
}

static void forget_unmade(const struct change *k, bool ok)
{
	if (!ok || (k->once && k->once->replayed))
		mem_wipe(k->made->secret, sizeof k->made->secret);
}

/* ---- create ---- */

static bool has_room(struct db_conn *c, const struct change *k, struct error *err)
{
	int64_t n;

	return endpoint_count(c, k->account_id, &n, err) &&
	       (n < ENDPOINTS_MAX || err_set(err, ERR_CONFLICT, "At most %d webhook endpoints can be registered; delete one first",
	                                     ENDPOINTS_MAX));
}

static bool create_body(struct db_conn *c, void *ctx, struct error *err)
{
	struct change *k = ctx;
	struct buf sealed;
	bool answered, ok;

	if (!account_lock(c, k->account_id, err) || !once_begin(c, k->once, &k->id, &answered, err))
		return false;
	if (answered)
		return true;
	buf_init(&sealed, SEALED_MAX);
	ok = has_room(c, k, err) && seal(c, k, &sealed, err) &&
	     endpoint_insert(c, &k->made->e, sealed.data, sealed.len, err) && tell(c, k, err) &&
	     once_keep(c, k->once, k->made, err);
	buf_release(&sealed);
	return ok;
}

bool endpoints_create(const struct endpoints *es, const struct actor *who, uint64_t account_id, bool enabled,
                      struct made_endpoint *m, struct once *once, struct error *err)
{
	int64_t now_ms = clock_now_ms();
	struct change k = {.endpoints = es, .account_id = account_id, .id = id_make_at(now_ms), .now_ms = now_ms, .made = m,
	                   .once = once};
	bool ok;

	m->e.id = k.id;
	m->e.account_id = account_id;
	m->e.enabled = enabled;
	m->e.disabled_at = enabled ? 0 : now_ms;
	m->e.created_at = m->e.updated_at = now_ms;
	webhook_secret_make(m->secret);
	ok = run(&k, who, "webhook.create", create_body, is_there, err);
	forget_unmade(&k, ok);
	return ok;
}

/* ---- update ---- */

static void apply(const struct endpoint_patch *p, struct endpoint *e, int64_t now_ms)
{
	if (p->url && strcmp(p->url, e->url) != 0) {
		e->url = p->url;
		e->failing_since = 0;
	}
	if (p->description)
		e->description = p->description;
	if (p->events)
		e->events = p->events;
	if (p->has_enabled && p->enabled) {
		e->failing_since = e->enabled ? e->failing_since : 0;
		e->disabled_at = 0;
		e->disabled_reason = DISABLED_BY_HAND;
		e->enabled = true;
	} else if (p->has_enabled && e->enabled) {
		e->disabled_at = now_ms;
		e->disabled_reason = DISABLED_BY_HAND;
		e->enabled = false;
	}
	e->updated_at = now_ms;
}

static bool update_body(struct db_conn *c, void *ctx, struct error *err)
{
	struct change *k = ctx;

	if (!account_lock(c, k->account_id, err) || !find_locked(c, k, err))
		return false;
	apply(k->patch, k->out, k->now_ms);
	return endpoint_update(c, k->out, err) && tell(c, k, err);
}

bool endpoints_update(const struct endpoints *es, const struct actor *who, uint64_t account_id, const struct id *id,
                      const struct endpoint_patch *patch, struct arena *a, struct endpoint *out, struct error *err)
{
	struct change k = {.endpoints = es, .account_id = account_id, .id = *id, .now_ms = clock_now_ms(), .arena = a,
	                   .out = out, .patch = patch};

	/* nothing to change is nothing to tell of */
	if (!patch->url && !patch->description && !patch->events && !patch->has_enabled)
		return endpoints_find(es, account_id, id, a, out, err);
	return run(&k, who, "webhook.update", update_body, NULL, err);
}

/* ---- rotate ---- */

static bool rotate(struct db_conn *c, struct change *k, struct error *err)
{
	struct endpoint *e = &k->made->e;
	struct buf sealed;
	bool ok;

	buf_init(&sealed, SEALED_MAX);
	e->updated_at = k->now_ms;
	e->previous_until = k->now_ms + WEBHOOK_OVERLAP_MS;
	ok = seal(c, k, &sealed, err) && endpoint_set_secret(c, e, sealed.data, sealed.len, e->previous_until, err) &&
	     tell(c, k, err) && once_keep(c, k->once, k->made, err);
	buf_release(&sealed);
	return ok;
}

static bool rotate_body(struct db_conn *c, void *ctx, struct error *err)
{
	struct change *k = ctx;
	bool answered;

	if (!account_lock(c, k->account_id, err) || !once_begin(c, k->once, &k->request, &answered, err))
		return false;
	return answered || (find_locked(c, k, err) && rotate(c, k, err));
}

/* Twice would leave nothing of the secret that receivers have. */
static int rotate_applied(struct db_conn *c, void *ctx)
{
	struct change *k = ctx;
	struct endpoint e;
	struct arena a;
	int there;

	arena_init(&a);
	there = look(c, k, &e, &a);
	if (there == 1)
		there = e.previous_until == k->now_ms + WEBHOOK_OVERLAP_MS;
	arena_release(&a);
	return there;
}

bool endpoints_rotate(const struct endpoints *es, const struct actor *who, uint64_t account_id, const struct id *id,
                      struct arena *a, struct made_endpoint *m, struct once *once, struct error *err)
{
	struct change k = {.endpoints = es, .account_id = account_id, .id = *id, .request = id_make(), .now_ms = clock_now_ms(),
	                   .arena = a, .out = &m->e, .made = m, .once = once};
	bool ok;

	webhook_secret_make(m->secret);
	ok = run(&k, who, "webhook.rotate_secret", rotate_body, rotate_applied, err);
	forget_unmade(&k, ok);
	return ok;
}

/* ---- delete ---- */

static bool delete_body(struct db_conn *c, void *ctx, struct error *err)
{
	struct change *k = ctx;

	return account_lock(c, k->account_id, err) && find_locked(c, k, err) && endpoint_delete(c, k->out, err) &&
	       tell(c, k, err);
}

bool endpoints_delete(const struct endpoints *es, const struct actor *who, uint64_t account_id, const struct id *id,
                      struct error *err)
{
	struct endpoint e;
	struct arena a;
	struct change k = {.endpoints = es, .account_id = account_id, .id = *id, .arena = &a, .out = &e};
	bool ok;

	arena_init(&a);
	ok = run(&k, who, "webhook.delete", delete_body, is_gone, err);
	arena_release(&a);
	return ok;
}

/* ---- reading ---- */

bool endpoints_list(const struct endpoints *es, uint64_t account_id, const struct id *after, unsigned limit,
                    struct arena *a, struct endpoint **out, unsigned *count, struct error *err)
{
	struct db_conn *c = db_get(es->db, err);
	bool ok = c && endpoint_list(c, account_id, after, limit, a, out, count, err);

	db_put(es->db, c);
	return ok;
}

bool endpoints_find(const struct endpoints *es, uint64_t account_id, const struct id *id, struct arena *a,
                    struct endpoint *out, struct error *err)
{
	struct db_conn *c = db_get(es->db, err);
	bool found, ok = c && endpoint_find(c, account_id, id, false, a, out, &found, err) && (found || unknown(err));

	db_put(es->db, c);
	return ok;
}
