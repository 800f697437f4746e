/* Domains, and what may be told from them. Hosts and names in lower case. */
#ifndef AGENTIV_AGENTS_EMAIL_TRIAGE_DOMAIN_H
#define AGENTIV_AGENTS_EMAIL_TRIAGE_DOMAIN_H

#include <stdbool.h>

/* The part of a host name that one registers ("mail.example.co.uk": "example.co.uk"). */
const char *triage_domain(const char *host);
/* The host of an address, "" when it has none. */
const char *triage_host(const char *addr);

bool domain_same(const char *host, const char *other);
/* Does anybody get an address there? */
bool domain_is_freemail(const char *host);
/* A brand in a domain that is not the brand's: "paypal-secure.com", "paypa1.com", "paypal.com.example.net". */
bool domain_imitates_brand(const char *host);
/* Is the name of a brand whose domains the host is none of? */
bool domain_brand_of_another(const char *name, const char *host);

#endif
