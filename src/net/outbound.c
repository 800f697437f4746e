/* Addresses, and the operator's networks. */
#include "net/outbound_priv.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#define NETWORKS_MAX 64

struct outbound_rules {
	unsigned count;
	struct network networks[];
};

struct block { const char *network; unsigned bits; const char *what; };

/* IANA's special-purpose registry of IPv4 (RFC 6890 and its successors), and multicast. Also those of its networks that
 * are globally reachable: anycast, answered by whoever is near, which may be a machine of the operator's own network. */
static const struct block v4_blocks[] = {
	{"0.0.0.0", 8, "an unspecified"},      {"10.0.0.0", 8, "a private"},
	{"100.64.0.0", 10, "a shared"},        {"127.0.0.0", 8, "a loopback"},
	{"169.254.0.0", 16, "a link-local"},   {"172.16.0.0", 12, "a private"},
	{"192.0.0.0", 24, "a reserved"},       {"192.0.2.0", 24, "a documentation"},
	{"192.31.196.0", 24, "a reserved"},    {"192.52.193.0", 24, "a reserved"},
	{"192.88.99.0", 24, "a reserved"},     {"192.168.0.0", 16, "a private"},
	{"192.175.48.0", 24, "a reserved"},    {"198.18.0.0", 15, "a benchmarking"},
	{"198.51.100.0", 24, "a documentation"},
	{"203.0.113.0", 24, "a documentation"}, {"224.0.0.0", 4, "a multicast"},
	{"255.255.255.255", 32, "a broadcast"}, {"240.0.0.0", 4, "a reserved"},
};

/* The same of IPv6 inside 2000::/3, the only global unicast space there is. */
static const struct block v6_blocks[] = {
	{"2001::", 32, "a Teredo"},   {"2001::", 23, "a reserved"},        {"2001:db8::", 32, "a documentation"},
	{"2002::", 16, "a 6to4"},     {"2620:4f:8000::", 48, "a reserved"}, {"3fff::", 20, "a documentation"},
};

/* Those outside of it, for the message only. */
static const struct block v6_names[] = {
	{"::", 128, "an unspecified"}, {"::1", 128, "a loopback"}, {"fe80::", 10, "a link-local"},
	{"fc00::", 7, "a private"},    {"ff00::", 8, "a multicast"},
};

/* RFC 6052: what stands after it is an IPv4 address behind a translator. */
static const struct block nat64 = {"64:ff9b::", 96, NULL};

static bool in_block(const struct address *a, const struct block *b)
{
	struct network net;
	unsigned size;

	INVARIANT(address_parse(b->network, &net.address, &size), "a special block is not an address");
	net.bits = b->bits + (128 - size);
	return network_holds(&net, a);
}

static const char *find_block(const struct address *a, const struct block *blocks, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (in_block(a, &blocks[i]))
			return blocks[i].what;
	return NULL;
}

#define FIND_BLOCK(a, blocks) find_block((a), (blocks), sizeof (blocks) / sizeof *(blocks))

/* NULL for a public address, else what kind it is. */
static const char *special_kind(const struct address *a)
{
	struct address inner;
	const char *what;

	if (address_is_v4(a))
		return FIND_BLOCK(a, v4_blocks);
	if (in_block(a, &nat64)) {
		inner = address_from_v4(a->b + 12);
		return FIND_BLOCK(&inner, v4_blocks);
	}
	if (a->b[0] >> 5 == 1)
		return FIND_BLOCK(a, v6_blocks);
	what = FIND_BLOCK(a, v6_names);
	return what ? what : "a reserved";
}

/* Whoever names ::/0 means IPv6: an IPv4 address is held only by networks of IPv4, though all are of 16 bytes. */
static bool is_named_by(const struct network *net, const struct address *a)
{
	return network_holds(net, a) && (!address_is_v4(a) || (net->bits >= 96 && address_is_v4(&net->address)));
}

static bool allowed_by_operator(const struct outbound_rules *r, const struct address *a)
{
	unsigned i;

	for (i = 0; r && i < r->count; i++)
		if (is_named_by(&r->networks[i], a))
			return true;
	return false;
}

/* NULL: it may be connected to. */
static const char *forbidden_kind(const struct outbound_rules *r, const struct address *a)
{
	return allowed_by_operator(r, a) ? NULL : special_kind(a);
}

static const char *where_else(const struct outbound_rules *r)
{
	return r && r->count > 0 ? ", in no network that outbound.allow_networks names"
	                         : "; only public addresses are allowed while outbound.allow_networks names no network";
}

bool outbound_judge(const struct outbound_rules *r, const struct address *a, const char *field,
                    struct error *err)
{
	const char *what = forbidden_kind(r, a);
	char text[ADDRESS_TEXT_SIZE];

	if (!what)
		return true;
	address_format(a, text);
	return err_field(err, field, "%s%s%s is %s address%s", field ? field : "", field && *field ? ": " : "", text, what,
	                 where_else(r));
}

bool outbound_address_of(const struct sockaddr *sa, struct address *out)
{
	if (sa->sa_family == AF_INET)
		*out = address_from_v4(&((const struct sockaddr_in *)sa)->sin_addr);
	else if (sa->sa_family == AF_INET6)
		memcpy(out->b, &((const struct sockaddr_in6 *)sa)->sin6_addr, sizeof out->b);
	else
		return false;
	return true;
}

bool outbound_check_address(const struct outbound_rules *r, const struct sockaddr *sa,
                            struct error *err)
{
	const char *what;
	struct address a;

	if (!outbound_address_of(sa, &a))
		return err_field(err, "", "Only IPv4 and IPv6 addresses are allowed");
	what = forbidden_kind(r, &a);
	return !what || err_field(err, "", "The host leads to %s address%s", what, where_else(r));
}

bool outbound_names_address(const struct outbound_rules *r, const struct sockaddr *sa)
{
	struct address a;

	return outbound_address_of(sa, &a) && allowed_by_operator(r, &a);
}

struct outbound_rules *outbound_rules_new(const char *networks, struct error *err)
{
	struct outbound_rules *r = mem_zalloc(sizeof *r + NETWORKS_MAX * sizeof *r->networks);
	static const char space[] = ", \t";
	const char *p = networks ? networks : "";

	for (p += strspn(p, space); *p; p += strspn(p, space)) {
		size_t n = strcspn(p, space);

		if (r->count == NETWORKS_MAX) {
			err_set(err, ERR_INVALID_INPUT, "outbound.allow_networks: at most %d networks can be allowed",
			        NETWORKS_MAX);
			goto bad;
		}
		if (!network_parse(p, n, &r->networks[r->count])) {
			err_set(err, ERR_INVALID_INPUT,
			        "outbound.allow_networks: \"%.*s\" is no network; one reads 10.0.0.0/8 or fd00::/8",
			        n < 60 ? (int)n : 60, p);
			goto bad;
		}
		r->count++;
		p += n;
	}
	return r;
bad:
	outbound_rules_free(r);
	return NULL;
}

void outbound_rules_free(struct outbound_rules *r)
{
	mem_free(r);
}

/* ---- certificates ---- */

/* A line that begins a certificate: "CERTIFICATE", "TRUSTED CERTIFICATE" or "X509 CERTIFICATE". */
static bool begins_certificate(const char *line)
{
	return strncmp(line, "-----BEGIN ", 11) == 0 && strstr(line, "CERTIFICATE-----");
}

bool outbound_check_ca_file(const char *file, struct error *err)
{
	char line[256];
	bool found = false;
	FILE *f;

	if (!file)
		return true;
	f = fopen(file, "re");
	if (!f)
		return err_set(err, ERR_INVALID_INPUT, "The file of outbound.ca_file cannot be read: %s: %s", file, strerror(errno));
	while (!found && fgets(line, sizeof line, f))
		found = begins_certificate(line);
	fclose(f);
	return found || err_set(err, ERR_INVALID_INPUT, "The file of outbound.ca_file holds no certificate (PEM): %s", file);
}
