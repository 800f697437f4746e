/* Where outbound requests may go (API.md, Webhooks, Outbound rules): http and https, ports 80, 443 and 1024–65535,
 * no credentials, no redirects, and, decided on the address really connected to, public addresses only,
 * beside what the operator allows. */
#ifndef AGENTIV_NET_OUTBOUND_H
#define AGENTIV_NET_OUTBOUND_H

#include <stdbool.h>
#include <sys/socket.h>

#include "base/err.h"

struct outbound_rules;   /* the operator's allowed networks; read-only after making */

/* networks: "127.0.0.0/8,::1/128" or "". */
struct outbound_rules *outbound_rules_new(const char *networks, struct error *err);
void outbound_rules_free(struct outbound_rules *r);

/* The URL's form: scheme, port, no credentials, a host; an address literal in any radix is judged at
 * once. ERR_INVALID_INPUT with the field given. Resolves nothing. */
bool outbound_check_url(const struct outbound_rules *r, const char *url, const char *field,
                        struct error *err);
bool outbound_check_address(const struct outbound_rules *r, const struct sockaddr *sa,
                            struct error *err);

#endif
