/* How an API key looks, over the API and to the operator. Members are always there, null when unknown. */
#include "core/keys.h"

void scopes_put(struct json_out *w, const char *key, unsigned scopes)
{
	unsigned bit;

	json_arr_open(w, key);
	for (bit = 1; bit <= SCOPE_ALL; bit <<= 1)
		if (scopes & bit)
			json_put_str(w, NULL, scope_name((enum scope)bit));
	json_arr_close(w);
}

void key_networks_put(struct json_out *w, const char *key, const struct api_key *k)
{
	char network[NETWORK_TEXT_SIZE];
	unsigned i;

	json_arr_open(w, key);
	for (i = 0; i < k->network_count; i++) {
		network_format(&k->networks[i], network);
		json_put_str(w, NULL, network);
	}
	json_arr_close(w);
}

void key_put(struct json_out *w, const char *key, const struct api_key *k, const char *secret)
{
	json_obj_open(w, key);
	json_put_id(w, "id", ID_KEY, &k->id);
	if (secret)
		json_put_str(w, "key", secret);
	json_put_str(w, "name", k->name);
	json_put_str(w, "shown", k->shown);
	scopes_put(w, "scopes", k->scopes);
	json_put_time(w, "created_at", k->created_at);
	json_put_time(w, "expires_at", k->expires_at);
	json_put_time(w, "revoked_at", k->revoked_at);
	json_put_time(w, "last_used_at", k->last_used);
	key_networks_put(w, "allowed_networks", k);
	json_put_opt_int(w, "tokens_per_month", k->has_budget, k->tokens_per_month);
	json_put_opt_id(w, "replaced_by", k->has_replacement, ID_KEY, &k->replaced_by);
	json_obj_close(w);
}
