/* What a URL leads to, for the operator: its form, then each address that its host resolves to, judged as the gate
 * (net/gate.c) judges those that are connected to. */
#include "net/outbound_priv.h"

#include <netdb.h>
#include <netinet/in.h>
#include <string.h>

static void add(const struct outbound_rules *r, const struct sockaddr *sa, struct outbound_verdict *out)
{
	struct outbound_address *a;
	struct error err = {0};
	struct address raw;
	unsigned i;

	if (!outbound_address_of(sa, &raw) || out->count == OUTBOUND_ADDRESSES_MAX)
		return;
	a = &out->addresses[out->count];
	address_format(&raw, a->text);
	for (i = 0; i < out->count; i++)
		if (strcmp(out->addresses[i].text, a->text) == 0)
			return;
	a->allowed = outbound_check_address(r, sa, &err);
	memcpy(a->why, err.message, sizeof a->why);
	out->count++;
}

static bool resolve(const struct outbound_rules *r, const char *host, struct outbound_verdict *out, struct error *err)
{
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *list = NULL, *at;
	int code = getaddrinfo(host, NULL, &hints, &list);

	if (code != 0)
		return err_set(err, ERR_INVALID_INPUT, "%s cannot be resolved: %s", host, gai_strerror(code));
	for (at = list; at; at = at->ai_next)
		add(r, at->ai_addr, out);
	freeaddrinfo(list);
	return true;
}

bool outbound_resolve(const struct outbound_rules *r, const char *url, struct outbound_verdict *out, struct error *err)
{
	char host[OUTBOUND_HOST_SIZE], *name = host;
	unsigned i;
	size_t n;

	memset(out, 0, sizeof *out);
	if (!outbound_check_url(r, url, "", err) || !outbound_host(url, host, err))
		return false;
	n = strlen(host);
	if (host[0] == '[' && host[n - 1] == ']') {
		host[n - 1] = '\0';
		name++;
	}
	if (!resolve(r, name, out, err))
		return false;
	for (i = 0; i < out->count; i++)
		if (out->addresses[i].allowed)
			return true;
	return err_set(err, ERR_INVALID_INPUT, "%s",
	               out->count > 0 ? out->addresses[0].why : "The host has no address");
}
