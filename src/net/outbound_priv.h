/* What the two files of the outbound rules share. */
#ifndef AGENTIV_NET_OUTBOUND_PRIV_H
#define AGENTIV_NET_OUTBOUND_PRIV_H

#include "base/network.h"
#include "net/outbound.h"

bool outbound_judge(const struct outbound_rules *r, const struct address *a, const char *field,
                    struct error *err);

#endif
