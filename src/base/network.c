#include "base/network.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define V4_MAPPED 96     /* bits before the IPv4 address */

_Static_assert(ADDRESS_TEXT_SIZE >= INET6_ADDRSTRLEN, "an address fits its text");

struct address address_from_v4(const void *v4)
{
	struct address a = {.b = {[10] = 0xff, [11] = 0xff}};

	memcpy(a.b + 12, v4, 4);
	return a;
}

bool address_parse(const char *text, struct address *out, unsigned *bits)
{
	struct in_addr v4;
	bool v6 = inet_pton(AF_INET6, text, out->b) == 1;

	if (!v6 && inet_pton(AF_INET, text, &v4) != 1)
		return false;
	if (!v6)
		*out = address_from_v4(&v4);
	if (bits)
		*bits = v6 ? 128 : 32;
	return true;
}

bool address_is_v4(const struct address *a)
{
	static const struct network mapped = {.address = {.b = {[10] = 0xff, [11] = 0xff}}, .bits = V4_MAPPED};

	return network_holds(&mapped, a);
}

void address_format(const struct address *a, char out[ADDRESS_TEXT_SIZE])
{
	if (address_is_v4(a))
		inet_ntop(AF_INET, a->b + 12, out, ADDRESS_TEXT_SIZE);
	else
		inet_ntop(AF_INET6, a->b, out, ADDRESS_TEXT_SIZE);
}

bool network_holds(const struct network *net, const struct address *a)
{
	unsigned whole = net->bits / 8, rest = net->bits % 8;

	if (memcmp(a->b, net->address.b, whole) != 0)
		return false;
	return rest == 0 || (a->b[whole] ^ net->address.b[whole]) >> (8 - rest) == 0;
}

static void clear_rest(struct network *net)
{
	unsigned i;

	for (i = net->bits; i < 128; i++)
		net->address.b[i / 8] &= (uint8_t)~(0x80 >> i % 8);
}

struct network network_of_client(const struct address *a, unsigned v6_bits)
{
	struct network net = {.address = *a, .bits = address_is_v4(a) ? 128 : v6_bits};

	clear_rest(&net);
	return net;
}

bool network_parse(const char *text, size_t n, struct network *out)
{
	char copy[NETWORK_TEXT_SIZE], *slash, *end;
	unsigned size;
	long bits;

	if (n == 0 || n >= sizeof copy)
		return false;
	memcpy(copy, text, n);
	copy[n] = '\0';
	slash = strchr(copy, '/');
	if (slash)
		*slash++ = '\0';
	if (strlen(copy) + (slash ? strlen(slash) + 1 : 0) != n || !address_parse(copy, &out->address, &size))
		return false;
	bits = (long)size;
	if (slash) {
		if (!isdigit((unsigned char)*slash))
			return false;
		bits = strtol(slash, &end, 10);
		if (*end || bits < 0 || bits > (long)size)
			return false;
	}
	out->bits = (unsigned)bits + (128 - size);
	clear_rest(out);
	return true;
}

void network_format(const struct network *net, char out[NETWORK_TEXT_SIZE])
{
	bool v4 = address_is_v4(&net->address) && net->bits >= V4_MAPPED;
	char text[ADDRESS_TEXT_SIZE];

	if (v4)
		inet_ntop(AF_INET, net->address.b + 12, text, sizeof text);
	else
		inet_ntop(AF_INET6, net->address.b, text, sizeof text);
	if (net->bits == 128)
		snprintf(out, NETWORK_TEXT_SIZE, "%s", text);
	else
		snprintf(out, NETWORK_TEXT_SIZE, "%s/%u", text, v4 ? net->bits - V4_MAPPED : net->bits);
}
