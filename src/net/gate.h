/* Where every use of curl passes: the outbound rules are applied to the address that is really connected to, and what
 * must hold of each connection is set in one place.
 *
 * Ownership: a gate is its user's and outlives the handle that it was set on. */
#ifndef AGENTIV_NET_GATE_H
#define AGENTIV_NET_GATE_H

#include <curl/curl.h>

#include "net/outbound.h"

struct gate {
	const struct outbound_rules *rules;   /* NULL: none but public addresses */
	bool     operators_own;          /* the URL is of the configuration, no user's: any address */
	bool     only_named;             /* nothing but the networks that the operator named */
	unsigned opened, refused;        /* addresses */
	char     why[sizeof ((struct error *)0)->message];   /* of the last one that was refused */
};

/* Before another connection. */
void gate_reset(struct gate *g);

/* protocols as of CURLOPT_PROTOCOLS_STR. No proxy, no .netrc, no signals, certificates verified against ca_file, or
 * the system's where that is NULL. */
CURLcode gate_set_up(CURL *easy, struct gate *g, const char *protocols, const char *ca_file);

/* What curl or a peer said, as one line of ASCII, in place. */
void gate_printable(char *text);

#endif
