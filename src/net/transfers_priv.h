/* A transfer, as the clients of a protocol start it: the first member of theirs. */
#ifndef AGENTIV_NET_TRANSFERS_PRIV_H
#define AGENTIV_NET_TRANSFERS_PRIV_H

#include <curl/curl.h>

#include "net/transfers.h"

struct transfer {
	CURL *easy;                        /* its CURLOPT_PRIVATE is this transfer */
	struct transfer *next, **link;     /* of those under way, or of its client's spares */
	int64_t started_us;
	/* It is out of the multi. stopped: not by itself, code means nothing then. */
	void (*ended)(struct transfer *t, CURLcode code, const char *stopped);
};

/* false: ended is not called. */
bool transfer_begin(struct transfers *s, struct transfer *t);
/* Ends it: its ended is called, with the error "stopped". Not from within one of curl's calls. */
void transfer_stop(struct transfers *s, struct transfer *t);
void transfer_link(struct transfer **list, struct transfer *t);
void transfer_unlink(struct transfer *t);

#endif
