/* What the two files of the outbound rules share. */
#ifndef AGENTIV_NET_OUTBOUND_PRIV_H
#define AGENTIV_NET_OUTBOUND_PRIV_H

#include <stdint.h>

#include "net/outbound.h"

/* IPv6; an IPv4 address in its mapped form. */
struct address { uint8_t b[16]; };

struct address outbound_from_v4(const void *v4);      /* four bytes in network order */
bool outbound_judge(const struct outbound_rules *r, const struct address *a, const char *field,
                    struct error *err);

#endif
