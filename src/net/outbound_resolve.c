/* What a URL leads to, for the operator: its form, then each address that its host resolves to, judged as the gate
 * (net/gate.c) judges those that are connected to. */
#include "net/outbound_priv.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
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
	struct outbound_address *a;
	struct address raw;
	bool allowed;

	if (!outbound_address_of(sa, &raw))
		return outbound_check_address(r, sa, err);
	allowed = outbound_judge(r, &raw, "", err);
	if (out->count == OUTBOUND_ADDRESSES_MAX)
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

/* As curl does without asking anybody. It is one machine: to reach it in one way is enough. */
static bool resolve_localhost(const struct outbound_rules *r, struct outbound_verdict *out, struct error *err)
{
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct error other;
	bool by_v4 = judge(r, (struct sockaddr *)&v4, out, err), by_v6 = judge(r, (struct sockaddr *)&v6, out, &other);

	return by_v4 || by_v6;
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
	return outbound_is_localhost(name) ? resolve_localhost(r, out, err) : resolve(r, name, out, err);
}
