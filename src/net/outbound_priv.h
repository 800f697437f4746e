/* What the files of the outbound rules share. */
#ifndef AGENTIV_NET_OUTBOUND_PRIV_H
#define AGENTIV_NET_OUTBOUND_PRIV_H

#include "base/network.h"
#include "net/outbound.h"

bool outbound_judge(const struct outbound_rules *r, const struct address *a, const char *field,
                    struct error *err);
bool outbound_address_of(const struct sockaddr *sa, struct address *out);   /* false: neither IPv4 nor IPv6 */
/* RFC 6761: the name is the loopback's, of both kinds, whatever a resolver says. */
bool outbound_is_localhost(const char *host);
/* The host of a URL that was checked, as it is looked up; IPv6 in brackets. */
bool outbound_host(const char *url, char out[OUTBOUND_HOST_SIZE], struct error *err);

#endif
