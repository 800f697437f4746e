/* A mail server that says what a test wants, on a thread of its own, and a mailbox that is connected to it. */
#ifndef IMAP_FAKE_H
#define IMAP_FAKE_H

#include <pthread.h>

#include "base/buf.h"
#include "integrations/mailbox.h"
#include "net/outbound.h"

/* The first reply is given whose pattern (an extended regular expression) the command begins with, and that is not used up,
 * else the usual one. TAG in an answer is the command's; NULL ends the connection. times 0: as often as it is asked for. */
struct fake_reply { const char *pattern, *answer; unsigned times; };

struct fake {
	int fd, port;
	pthread_t thread;
	pthread_mutex_t lock;
	const struct fake_reply *replies;
	unsigned used[40];
	struct buf said;               /* the commands, a line each, without tags */
	struct outbound_rules *rules;
	struct mailbox box;
	bool want_tls;                 /* the connection does not say that it may be in clear */
};

/* capabilities beside IMAP4rev1 and AUTH=PLAIN: "MOVE UIDPLUS". replies end with a NULL pattern. */
void fake_start(struct fake *f, const char *capabilities, const struct fake_reply *replies);
/* Connects to its folder ("/Sent"; "" the inbox). */
bool fake_open(struct fake *f, const char *folder, struct error *err);
void fake_end(struct fake *f);
/* How many commands began so. */
unsigned fake_heard(struct fake *f, const char *words);

#endif
