/* Where outbound requests may go (API.md, Webhooks, Outbound rules): http and https, ports 80, 443 and 1024–65535, for
 * mailboxes imap and imaps, ports 143, 993 and 1024–65535; no credentials and no redirects. Decided on the address that is
 * really connected to: public ones only, beside what the operator allows. */
#ifndef AGENTIV_NET_OUTBOUND_H
#define AGENTIV_NET_OUTBOUND_H

#include <stdbool.h>
#include <sys/socket.h>

#include "base/err.h"
#include "base/network.h"

struct outbound_rules;   /* the operator's allowed networks; read-only after making */

/* networks: "127.0.0.0/8,::1/128" or "". */
struct outbound_rules *outbound_rules_new(const char *networks, struct error *err);
void outbound_rules_free(struct outbound_rules *r);

/* Whether the file can be read and holds a certificate: curl finds that out only when it is to trust one. NULL: the
 * system's, true. ERR_INVALID_INPUT. */
bool outbound_check_ca_file(const char *file, struct error *err);

/* The URL's form: scheme, port, no credentials, a host; an address literal in any radix is judged at
 * once. ERR_INVALID_INPUT with the field given. Resolves nothing. */
bool outbound_check_url(const struct outbound_rules *r, const char *url, const char *field,
                        struct error *err);
/* The message names no address: users read it, and what the operator's resolver says of names inside is not theirs. */
bool outbound_check_address(const struct outbound_rules *r, const struct sockaddr *sa,
                            struct error *err);
/* Is it in a network that the operator named? */
bool outbound_names_address(const struct outbound_rules *r, const struct sockaddr *sa);

/* What a URL leads to, with its host resolved. Allowed is what leads to no forbidden address, so that nothing which is
 * sent there can be refused for its address. Where only some are forbidden the verdict is a refusal too, though the
 * gate (net/gate.h), which decides when a connection is made, then connects to one of the others. */
#define OUTBOUND_HOST_SIZE     256
#define OUTBOUND_ADDRESSES_MAX 64
struct outbound_address { char text[ADDRESS_TEXT_SIZE]; bool allowed; char why[sizeof ((struct error *)0)->message]; };
struct outbound_verdict { struct outbound_address addresses[OUTBOUND_ADDRESSES_MAX]; unsigned count; };
/* Waits for the resolver. ERR_INVALID_INPUT says why it is refused; out has the addresses, the first so many of them. */
bool outbound_resolve(const struct outbound_rules *r, const char *url, struct outbound_verdict *out, struct error *err);

/* The same for the URL of a mail server: imaps:// or imap://, ports 143, 993 and 1024–65535, after the host at most a
 * folder's name. */
struct mail_url {
	bool tls;                       /* imaps: from the first byte on */
	unsigned port;
	char host[OUTBOUND_HOST_SIZE];  /* a literal IPv6 address in brackets */
	char folder[512];               /* decoded, UTF-8; "" when none is named */
};
bool outbound_check_mail_url(const struct outbound_rules *r, const char *url, const char *field,
                             struct mail_url *out, struct error *err);

#endif
