/* A proxy before the database's Unix socket that can stall, vanish, or cut a connection at a
 * chosen command, and counts the commands that pass.
 *
 * Ownership: proxy_start to proxy_stop; one thread serves it. */
#ifndef AGENTIV_TESTS_DB_PROXY_H
#define AGENTIV_TESTS_DB_PROXY_H

#include <stdbool.h>

struct proxy;

enum proxy_cut {
	CUT_NONE,
	CUT_BEFORE,          /* the command is not passed on */
	CUT_WITHOUT_ANSWER,  /* passed on, and the client cut off at once; the server's answer is awaited */
	CUT_AFTER_ANSWER     /* passed on; when the answer has come, it is dropped */
};

#define COMMAND_QUERY   0x03
#define COMMAND_PREPARE 0x16
#define COMMAND_EXECUTE 0x17
#define COMMAND_BULK    0xfa

struct proxy *proxy_start(const char *server_socket);
void proxy_stop(struct proxy *p);
const char *proxy_hosts(const struct proxy *p);    /* "socket:/…" */
/* At the next command of this kind that begins with text (NULL: any). */
void proxy_cut(struct proxy *p, enum proxy_cut how, int command, const char *text);
bool proxy_has_cut(struct proxy *p);
void proxy_stall(struct proxy *p, bool on);        /* connects and takes, passes nothing on */
void proxy_vanish(struct proxy *p);                /* no socket any more, connections closed */
void proxy_return(struct proxy *p);
unsigned proxy_commands(struct proxy *p);          /* seen so far, the handshake not counted */

#endif
