/* Where requests may go. */
#include "ctl/print.h"

#include <string.h>

#include "base/json.h"
#include "net/outbound.h"

static void put_json(struct ctl *c, const char *url, bool allowed, const struct outbound_verdict *v, const char *why)
{
	unsigned i;

	json_obj_open(&c->w, NULL);
	/* a shell passes any bytes, JSON does not */
	json_put_str(&c->w, "url", json_utf8_valid(url, strlen(url)) ? url : NULL);
	json_put_bool(&c->w, "allowed", allowed);
	json_put_str(&c->w, "reason", why);
	json_arr_open(&c->w, "addresses");
	for (i = 0; i < v->count; i++) {
		json_obj_open(&c->w, NULL);
		json_put_str(&c->w, "address", v->addresses[i].text);
		json_put_bool(&c->w, "allowed", v->addresses[i].allowed);
		json_put_str(&c->w, "reason", v->addresses[i].allowed ? NULL : v->addresses[i].why);
		json_obj_close(&c->w);
	}
	json_arr_close(&c->w);
	json_obj_close(&c->w);
}

static void put_text(struct ctl *c, const char *url, bool allowed, const struct outbound_verdict *v, const char *why)
{
	struct table t;
	unsigned i;

	table_init(&t, &c->arena, c->colour, NULL);
	table_add(&t, "URL");
	table_add(&t, "%s", url);
	table_add(&t, "Verdict");
	table_add_coloured(&t, allowed ? GREEN : RED, allowed ? "allowed" : "refused");
	if (why)
		print_text(&t, "Reason", why);
	for (i = 0; i < v->count; i++)
		print_text(&t, i == 0 ? "Addresses" : "",
		           arena_printf(&c->arena, "%s%s%s", v->addresses[i].text, v->addresses[i].allowed ? "" : ": refused, ",
		                        v->addresses[i].allowed ? "" : v->addresses[i].why));
	table_print(&t, "", &c->out);
}

/* The strict verdict needs no configuration, whose networks are not looked at. */
bool cmd_outbound_check(struct ctl *c)
{
	bool strict = ctl_given(c, "strict"), allowed;
	const char *url = ctl_text(c, "url");
	struct outbound_verdict v;
	struct outbound_rules *rules;

	if (!strict && !ctl_open(c, NEED_CONFIG))
		return false;
	rules = outbound_rules_new(strict ? "" : c->cfg.allow_networks, &c->err);
	if (!rules) {
		c->status = CTL_CONFIGURATION;
		return false;
	}
	allowed = outbound_resolve(rules, url, &v, &c->err);
	outbound_rules_free(rules);
	(c->json ? put_json : put_text)(c, url, allowed, &v, allowed ? NULL : c->err.message);
	if (!allowed)
		c->status = CTL_REFUSED;
	return true;
}
