/* What a URL leads to, for the operator: its form, then each address that its host resolves to, judged as the gate
 * (net/gate.c) judges those that are connected to. */
#include "net/outbound_priv.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>

static bool is_known(const struct outbound_verdict *v, const char *text)
{
	unsigned i;

	for (i = 0; i < v->count; i++)
		if (strcmp(v->addresses[i].text, text) == 0)
			return true;
	return false;
}

/* false with err: it is forbidden. Every address is judged, also where there are more than can be told. */
static bool judge(const struct outbound_rules *r, const struct sockaddr *sa, struct outbound_verdict *out, struct error *err)
{
	bool allowed = outbound_check_address(r, sa, err);
	struct outbound_address *a;
	struct address raw;

	if (!outbound_address_of(sa, &raw) || out->count == OUTBOUND_ADDRESSES_MAX)
		return allowed;
	a = &out->addresses[out->count];
	address_format(&raw, a->text);
	if (is_known(out, a->text))
		return allowed;
	a->allowed = allowed;
	snprintf(a->why, sizeof a->why, "%s", allowed ? "" : err->message);
	out->count++;
	return allowed;
}

static bool resolve(const struct outbound_rules *r, const char *host, struct outbound_verdict *out, struct error *err)
{
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *list = NULL, *at;
	int code = getaddrinfo(host, NULL, &hints, &list);
	struct error other;
	bool ok = true;

	if (code != 0)
		return err_set(err, ERR_INVALID_INPUT, "%s cannot be resolved: %s", host, gai_strerror(code));
	for (at = list; at; at = at->ai_next)
		ok = judge(r, at->ai_addr, out, ok ? err : &other) && ok;
	freeaddrinfo(list);
	return ok;
}

bool outbound_resolve(const struct outbound_rules *r, const char *url, struct outbound_verdict *out, struct error *err)
{
	char host[OUTBOUND_HOST_SIZE], *name = host;
	size_t n;

	memset(out, 0, sizeof *out);
	if (!outbound_check_url(r, url, "", err) || !outbound_host(url, host, err))
		return false;
	n = strlen(host);
	if (host[0] == '[' && host[n - 1] == ']') {
		host[n - 1] = '\0';
		name++;
	}
	return resolve(r, name, out, err);
}
