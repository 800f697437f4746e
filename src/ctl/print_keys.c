/* API keys as agentivctl prints them. */
#include "ctl/print.h"

#include <inttypes.h>

#include "base/clock.h"

#define SCOPES_SIZE 160       /* all of them, with commas between */

static const char *key_state(const struct api_key *k, enum table_colour *colour)
{
	*colour = RED;
	if (k->revoked_at)
		return "revoked";
	if (k->expires_at && k->expires_at <= clock_now_ms())
		return k->has_replacement ? "replaced" : "expired";
	*colour = k->has_replacement ? YELLOW : GREEN;
	if (k->has_replacement)
		return "overlaps";
	return "valid";
}

static void add_networks(struct table *t, const struct api_key *k)
{
	char network[NETWORK_TEXT_SIZE];
	struct buf all;
	unsigned i;

	buf_init(&all, API_KEY_NETWORKS_MAX * NETWORK_TEXT_SIZE);
	for (i = 0; i < k->network_count; i++) {
		network_format(&k->networks[i], network);
		buf_addf(&all, "%s%s", i ? "," : "", network);
	}
	table_add(t, "%s", k->network_count > 0 ? buf_str(&all) : "anywhere");
	buf_release(&all);
}

void print_key(struct ctl *c, const struct api_key *k, const char *key)
{
	char scopes[SCOPES_SIZE];
	enum table_colour colour;
	const char *state = key_state(k, &colour);
	struct table t;

	if (c->json) {
		key_put(&c->w, NULL, k, key);
		return;
	}
	table_init(&t, &c->arena, c->colour, NULL);
	print_id(&t, "Id", ID_KEY, &k->id);
	if (key) {
		table_add(&t, "Key");
		table_add_secret(&t, BOLD, key);
	}
	scopes_format(k->scopes, scopes, sizeof scopes);
	print_text(&t, "Name", k->name);
	print_text(&t, "Scopes", scopes);
	table_add(&t, "State");
	table_add_coloured(&t, colour, state);
	print_time(&t, "Expires", k->expires_at);
	table_add(&t, "Usable from");
	add_networks(&t, k);
	table_print(&t, "", &c->out);
	if (key)
		buf_adds(&c->out, "\nThe key is shown this once. Only a hash of it is stored.\n");
}

static void key_json(struct json_out *w, const void *row)
{
	key_put(w, NULL, row, NULL);
}

static void key_cells(struct table *t, const void *row)
{
	const struct api_key *k = row;
	enum table_colour colour;
	const char *state = key_state(k, &colour);
	char scopes[SCOPES_SIZE];

	scopes_format(k->scopes, scopes, sizeof scopes);
	table_add_id(t, ID_KEY, &k->id);
	table_add(t, "%s", k->name);
	table_add(t, "%s…", k->shown);
	table_add_coloured(t, colour, state);
	table_add(t, "%s", scopes);
	table_add_time(t, k->expires_at);
	table_add_time(t, k->last_used);
	add_networks(t, k);
	if (k->has_budget)
		table_add(t, "%" PRId64, k->tokens_per_month);
	else
		table_add(t, "-");
	if (k->has_replacement)
		table_add_id(t, ID_KEY, &k->replaced_by);
	else
		table_add(t, "-");
}

void print_keys(struct ctl *c, const struct api_key *k, unsigned n)
{
	static const char *const heads[] = {"ID", "NAME", "KEY", "STATE", "SCOPES", "EXPIRES", "LAST USED",
	                                    "USABLE FROM", "TOKENS/MONTH", "REPLACED BY", NULL};
	static const struct listing listing = {heads, "This user has no keys: agentivctl key create",
	                                       sizeof *k, key_json, key_cells};

	print_list(c, &listing, k, n);
}
