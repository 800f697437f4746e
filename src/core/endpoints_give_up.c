/* Endpoints whose receivers are gone, or do nothing but fail, as senders find them. */
#include "core/endpoints.h"

#include <string.h>

#include "base/clock.h"
#include "core/audit.h"
#include "store/accounts.h"
#include "store/note_payloads.h"

struct giving_up {
	uint64_t account_id;
	struct id id;
	const struct hopeless *found;
	int64_t now_ms;
	struct audit_draft told;
	bool done;
};

/* By mail; the sender, which does this, finds it due. */
static bool tell_owner(struct db_conn *c, const struct giving_up *g, const struct endpoint *e, struct error *err)
{
	unsigned due = 0;
	struct buf b;
	bool ok;

	buf_init(&b, NOTE_PAYLOAD_MAX);
	note_put_endpoint(&b, &g->id, e->url, e->description, endpoint_disabled_name(g->found->why));
	ok = note_write(c, g->account_id, NOTE_ENDPOINT_DISABLED, b.data, b.len, g->now_ms, &due, err);
	buf_release(&b);
	return ok;
}

/* Whether it is still what the sender found: its owner may have changed it, or another attempt have succeeded. */
static bool is_so(const struct giving_up *g, const struct endpoint *e)
{
	if (!e->enabled || strcmp(e->url, g->found->url) != 0)
		return false;
	return g->found->why != DISABLED_FAILING || e->failing_since == g->found->failing_since;
}

static bool disable(struct db_conn *c, struct giving_up *g, struct endpoint *e, struct error *err)
{
	e->enabled = false;
	e->disabled_reason = g->found->why;
	e->disabled_at = e->updated_at = g->now_ms;
	g->done = true;
	return endpoint_update(c, e, err) && endpoint_events_update(c, g->account_id, err) && tell_owner(c, g, e, err) &&
	       audit_write(c, audit_entry(&g->told), err);
}

static bool give_up_body(struct db_conn *c, void *ctx, struct error *err)
{
	struct giving_up *g = ctx;
	struct endpoint e;
	struct arena a;
	bool found, ok;

	g->done = false;
	arena_init(&a);
	ok = account_lock(c, g->account_id, err) && endpoint_find(c, g->account_id, &g->id, true, &a, &e, &found, err) &&
	     (!found || !is_so(g, &e) || disable(c, g, &e, err));
	arena_release(&a);
	return ok;
}

bool endpoints_give_up(struct db *db, uint64_t account_id, const struct id *id, const struct hopeless *found, bool *done,
                       struct error *err)
{
	static const struct actor nobody = {.kind = ACTOR_SYSTEM};
	struct giving_up g = {.account_id = account_id, .id = *id, .found = found, .now_ms = clock_now_ms()};
	char text[ID_TEXT_SIZE];
	bool ok;

	id_format(ID_ENDPOINT, id, text);
	audit_open(&g.told, &nobody, account_id, "webhook.disable", text);
	json_put_str(&g.told.w, "reason", endpoint_disabled_name(found->why));
	/* done twice it is done once */
	ok = db_transaction(db, give_up_body, NULL, &g, err);
	audit_release(&g.told);
	*done = ok && g.done;
	return ok;
}
